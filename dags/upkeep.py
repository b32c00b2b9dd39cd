"""The DAG ``upkeep``: wiring only. What each task does is the function of the same name in ``retention.upkeep``."""

from __future__ import annotations

import datetime as dt
import os

from airflow.sdk import DAG, task

from dags.wiring import NoHopelessRetry, at, run_key

GUIDE = """\
### Once a week: is everything in restricted storage still there and whole?

`fixity` → `janitor` → `prune_logs`

| What you see | What it means | What to do |
|---|---|---|
| `fixity` is red | stored objects are absent or damaged; they were frozen | get them back from its backups, then `strongroom vault thaw` |
| `janitor` is red | its log says why: a record has lost its object, or the vault did not answer | as above, or clear it |
| `janitor` is not run | `fixity` failed: nothing is cleared away while something is damaged | cure that, then clear `janitor` |
| `prune_logs` alone is red | old logs could not be removed | cure what its log says, then clear it |

**Clearing any task is safe.** A task that was done says again what it counted; a new run goes on where the last one ended.

Logs and XComs hold references and counts: never a path, a title or a text.
"""

OWNER = "records management"
STORE_IO = {"pool": "store_io"}
SUNDAY_NOON = "0 12 * * 0"

# Known by name, since importing them would load all that the tasks load whenever this file is read.
HOPELESS = {
    "AlarmError": "Something in restricted storage is damaged or missing.",
    "ConfigError": "The configuration must be put right.",
    "PermissionError": "This account may not do that.",
}


@task(**STORE_IO, execution_timeout=dt.timedelta(hours=10))
def fixity() -> dict[str, int]:
    """Read this week's part of restricted storage again and freeze what does not match its hash."""
    from retention import config, upkeep

    return upkeep.fixity(config.load(), run_key("upkeep"))


@task(**STORE_IO, execution_timeout=dt.timedelta(hours=4))
def janitor() -> dict[str, int]:
    """Clear away what killed runs left behind; count everything else that is odd and leave it alone."""
    from retention import config, upkeep

    return upkeep.janitor(config.load(), run_key("upkeep"))


@task(execution_timeout=dt.timedelta(hours=1))
def prune_logs() -> dict[str, int]:
    """Remove Airflow's task logs that are older than the configuration says."""
    from retention import config, upkeep

    return upkeep.prune_logs(config.load(), run_key("upkeep"))


with DAG(
    "upkeep",
    dag_display_name="Upkeep",
    description="Read restricted storage again, clear away what killed runs left, and prune old logs.",
    doc_md=GUIDE,
    # Between two nights; only when asked where the night itself only begins when asked.
    schedule=at(SUNDAY_NOON) if os.environ.get("STRONGROOM_AIRFLOW_SCHEDULE", SUNDAY_NOON) else None,
    catchup=False,
    max_active_runs=1,
    # As for the night: an Airflow that Strongroom starts sets the variable.
    is_paused_upon_creation="STRONGROOM_AIRFLOW_SCHEDULE" not in os.environ,
    dagrun_timeout=dt.timedelta(hours=12),
    tags=["strongroom", "records", "upkeep"],
    owner_links={OWNER: os.environ.get("STRONGROOM_CONTACT", "mailto:records.management@localhost")},
    default_args={
        "owner": OWNER,
        "retries": 2,
        "retry_delay": dt.timedelta(minutes=5),
        "retry_policy": NoHopelessRetry(HOPELESS),
    },
):
    # As a teardown the last one also runs when something failed, and cannot turn a failed run green.
    fixity() >> janitor() >> prune_logs().as_teardown()
