"""The DAG ``disposal``: wiring only. What each task does is a function in ``retention.disposing``."""

from __future__ import annotations

import datetime as dt
import os

from airflow.sdk import DAG, Param, get_current_context, task

from dags.wiring import NoHopelessRetry, at_configured

GUIDE = """\
### Disposal: remind, list what is due, and carry out only what people have authorised

`chase` → `find` → `authorised` → `execute` each list

| What you see | What it means | What to do |
|---|---|---|
| `find` counts lists | new lists wait for their owners | look at them with `strongroom dispose list` |
| `execute` is skipped | no list has all its approvals | nothing |
| `execute` is red | its log says why; what it removed is recorded, the rest is kept | cure it, then clear the task |

**No run of this DAG decides anything.** A list is executed only when its owner, the records manager and, where they are asked,
a second records manager and the archivist have approved exactly this list, and each item is examined again before it is removed.
Silence retains. Clearing any task, of any run, is safe.

Logs and XComs hold references of lists and counts: never a path, a title or a text.
"""

OWNER = "records management"
STORE_IO = {"pool": "store_io"}
HOURS = dt.timedelta(hours=1)

# Trying again cannot cure these: a person has to do something first. Known by name, so that reading this file imports nothing.
HOPELESS = {
    "DisposalError": "The list may not be executed as it is.",
    "ScheduleError": "The retention schedule must be put right.",
    "NightError": "A person must do first what the message says.",
    "ConfigError": "The configuration must be put right.",
    "PermissionError": "This account may not do that.",
}


PARAMS = {
    "listed": Param(
        True,
        type="boolean",
        title="Make lists",
        description_md="Put what is due on lists for people to judge. Off: only count it.",
    ),
    "execute": Param(
        True,
        type="boolean",
        title="Execute authorised lists",
        description_md="Carry out lists that have all their approvals. Off: leave them waiting.",
    ),
}


@task(execution_timeout=1 * HOURS)
def chase() -> dict[str, int]:
    """Remind and escalate; retain what nobody answered about and what was approved too long ago."""
    from retention import config, disposing

    return disposing.chase(config.load())


@task(execution_timeout=4 * HOURS)
def find() -> dict[str, int]:
    """Decide afresh on what the last night found due, and put whole case folders on lists for people to judge."""
    from retention import config, disposing

    return disposing.find(config.load(), listed=bool(get_current_context()["params"]["listed"]))


@task(execution_timeout=1 * HOURS)
def authorised() -> list[str]:
    """Name the lists whose approvals stand in the catalogue, and those whose execution was interrupted."""
    from retention import config, disposing

    return disposing.authorised(config.load()) if get_current_context()["params"]["execute"] else []


@task(**STORE_IO, execution_timeout=12 * HOURS, map_index_template="{{ label }}")
def execute(ref: str) -> dict[str, int]:
    """Carry out one authorised list: examine each item again, remove it, and issue the certificate."""
    from retention import config, disposing

    get_current_context()["label"] = ref  # type: ignore[typeddict-unknown-key]
    return disposing.carry_out(config.load(), ref)


with DAG(
    "disposal",
    dag_display_name="Disposal",
    description="Remind people of lists, list what is due, and carry out what they have authorised.",
    doc_md=GUIDE,
    schedule=at_configured("STRONGROOM_AIRFLOW_DISPOSAL", ""),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation="STRONGROOM_AIRFLOW_SCHEDULE" not in os.environ,
    dagrun_timeout=dt.timedelta(hours=20),
    params=PARAMS,
    tags=["strongroom", "records", "disposal"],
    owner_links={OWNER: os.environ.get("STRONGROOM_CONTACT", "mailto:records.management@localhost")},
    default_args={
        "owner": OWNER,
        "retries": 2,
        "retry_delay": dt.timedelta(seconds=30),
        "retry_policy": NoHopelessRetry(HOPELESS),
    },
):
    waiting = authorised()
    chase() >> find() >> waiting
    # Airflow shows the docstrings of plain tasks by itself, those of mapped ones only when told.
    execute.override(doc_md=execute.function.__doc__).expand(ref=waiting)
