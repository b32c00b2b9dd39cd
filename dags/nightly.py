"""The DAG ``nightly``: wiring only. What each task does is the function of the same name in ``retention.stages``."""

from __future__ import annotations

import datetime as dt
import os
from typing import Any

from airflow.sdk import DAG, AssetAlias, Param, get_current_context, task

from dags.wiring import ANSWERS, NoHopelessRetry, at_configured, named, run_key, told

GUIDE = """\
### One night: find, read, judge, and lock away what lies in the wrong place

`plan` → `crawl` each share → gate → `classify` in shards → gate → `decide` → gate → `restrict` in lots → gate, `queue` → `report`

| What you see | What it means | What to do |
|---|---|---|
| a `check_…` task is red | a gate stopped the night; its log says why; nothing was moved after it | cure it, then clear the task |
| any other task is red | its log says why | cure it, then clear the task |
| `restrict` is skipped | nothing had to be moved | nothing |
| a task is yellow (up for retry) | it failed once and is tried again by itself | wait |
| the night is done | what needs a person waits in a queue | open *Review* in the navigation |

**Clearing any task, of any run, is safe.** A task works on what is still to do; where all is done it ends in seconds and
changes nothing. To read every document again on purpose, start a run with *Read again* switched on.

Logs and XComs hold run ids, names of shares, shard numbers and counts: never a path, a title or a text.
"""

OWNER = "records management"
SHARE_IO = {"pool": "share_io"}
STORE_IO = {"pool": "store_io"}
ONE_AT_NIGHT = "0 1 * * *"
MINUTES = dt.timedelta(minutes=1)
HOURS = dt.timedelta(hours=1)

# Trying again cannot cure these: a person has to do something first. Known by name, since Airflow's own rules would import
# the modules that define them, and all that those import, whenever this file is read.
HOPELESS = {
    "GateFailedError": "A gate has stopped the night.",
    "ScheduleError": "The retention schedule must be put right.",
    "NightError": "A person must do first what the message says.",
    "ModelRefusedError": "The model must be put right.",
    "ConfigError": "The configuration must be put right.",
    "PermissionError": "This account may not do that.",
}


PARAMS = {
    "report_only": Param(
        "as configured",
        enum=["as configured", "yes", "no"],
        title="Report only",
        description_md="**yes**: move nothing this night. **no**: move what the zones' modes allow.",
    ),
    "shares": Param(
        [],
        type="array",
        items={"type": "string"},
        title="Shares",
        description_md="Names of shares as in `strongroom.toml`, one a line. Empty: every share.",
    ),
    "force": Param(
        False,
        type="boolean",
        title="Read again",
        description_md="Read every document again, also those that have not changed. Takes as long as the first night.",
    ),
}


@task(execution_timeout=1 * HOURS)
def plan() -> list[str]:
    """Fix what this night does: which shares, which versions of the schedule and the model, and whether anything may move."""
    from retention import config, stages

    params: dict[str, Any] = dict(get_current_context()["params"])
    report_only = {"yes": True, "no": False}.get(params["report_only"])
    planned = stages.plan(
        config.load(), run_key(), report_only=report_only, force=params["force"], shares=params["shares"] or None
    )
    return list(planned["shares"])


@task(**SHARE_IO, execution_timeout=8 * HOURS, map_index_template="{{ label }}")
def crawl(share: str) -> dict[str, int]:
    """Walk one share and note what is new, changed, moved or gone. Opens no file."""
    from retention import config, stages

    named(share)
    return stages.crawl(config.load(), run_key(), share)


@task(execution_timeout=1 * HOURS, trigger_rule="none_failed")
def check_inventory() -> dict[str, int]:
    """Gate: every share is there, was listed to its end, and is about as large as last night."""
    from retention import config, stages

    return stages.check_inventory(config.load(), run_key())


@task(execution_timeout=30 * MINUTES)
def shards() -> list[dict[str, int]]:
    """Deal the items that must be read into shards; an item stays in its shard however often this is cleared."""
    from retention import config, stages

    return stages.shards(config.load(), run_key())


@task(**SHARE_IO, execution_timeout=12 * HOURS, map_index_template="{{ label }}")
def classify(shard: int) -> dict[str, int]:
    """Read and judge the items of one shard. The text never leaves the process that reads it."""
    from retention import config, stages

    named(f"shard {shard}")
    return stages.classify(config.load(), run_key(), shard)


@task(execution_timeout=1 * HOURS, trigger_rule="none_failed")
def check_readings() -> dict[str, int]:
    """Gate: every item has one label or one reason, and the labels look like those of the last good night."""
    from retention import config, stages

    return stages.check_readings(config.load(), run_key())


@task(execution_timeout=2 * HOURS)
def decide() -> dict[str, int]:
    """Apply the zones and the retention schedule: one decision with its reasons for every labelled item."""
    from retention import config, stages

    return stages.decide(config.load(), run_key())


@task(execution_timeout=1 * HOURS)
def check_decisions() -> dict[str, int]:
    """Gate: the decisions are whole and valid, and ask for no more than one night may move."""
    from retention import config, stages

    return stages.check_decisions(config.load(), run_key())


@task(execution_timeout=30 * MINUTES)
def lots() -> list[int]:
    """Deal what must be moved into at most eight lots; none when nothing must be moved."""
    from retention import config, stages

    return stages.lots(config.load(), run_key())


@task(**STORE_IO, execution_timeout=8 * HOURS, map_index_template="{{ label }}")
def restrict(lot: int) -> dict[str, int]:
    """Move the items of one lot into restricted storage: copy, read back, and only then remove the original."""
    from retention import config, stages

    named(f"lot {lot}")
    return stages.restrict(config.load(), run_key(), lot)


@task(execution_timeout=1 * HOURS, trigger_rule="none_failed")
def check_custody() -> dict[str, int]:
    """Gate: every receipt has its verified copy, and no original is gone without one."""
    from retention import config, stages

    return stages.check_custody(config.load(), run_key())


@task(execution_timeout=2 * HOURS, trigger_rule="none_failed", outlets=[AssetAlias(ANSWERS.name)])
def queue() -> dict[str, int]:
    """Put what waits for a person into families, draw the samples, and tell `retrain` when people have answered enough to learn from."""
    from retention import config, stages
    from retention.models import ENOUGH

    counts = stages.queue(config.load(), run_key())
    if counts["answers"] >= ENOUGH:
        get_current_context()["outlet_events"][AssetAlias(ANSWERS.name)].add(ANSWERS)
    return counts


@task(execution_timeout=1 * HOURS)
def report() -> dict[str, int]:
    """Write the night's report and figures; also for a night that a gate has stopped."""
    from retention import config, stages

    return stages.report(config.load(), run_key())


with DAG(
    "nightly",
    dag_display_name="Nightly",
    description="Find, read and judge what is on the shares; lock away what lies in the wrong place; report.",
    doc_md=GUIDE,
    schedule=at_configured("STRONGROOM_AIRFLOW_SCHEDULE", ONE_AT_NIGHT),
    catchup=False,
    max_active_runs=1,
    # An Airflow that Strongroom starts sets the variable; there, a run that is asked for must not wait to be switched on.
    is_paused_upon_creation="STRONGROOM_AIRFLOW_SCHEDULE" not in os.environ,
    dagrun_timeout=dt.timedelta(hours=20),
    params=PARAMS,
    tags=["strongroom", "records", "nightly"],
    owner_links={OWNER: os.environ.get("STRONGROOM_CONTACT", "mailto:records.management@localhost")},
    default_args={
        "owner": OWNER,
        "retries": 2,
        "retry_delay": dt.timedelta(seconds=30),
        "retry_policy": NoHopelessRetry(HOPELESS),
    },
):
    found = told(crawl).expand(share=plan())
    inventory = check_inventory()
    dealt = shards()
    read = told(classify).expand_kwargs(dealt)
    readings = check_readings()
    decided = decide()
    decisions = check_decisions()
    moving = lots()
    moved = told(restrict).expand(lot=moving)
    found >> inventory >> dealt
    read >> readings >> decided >> decisions >> moving
    custody = check_custody()
    # As a teardown the report is also written when something failed, and cannot turn a failed night green.
    # Also when the custody gate stops the night: who comes in at nine finds the queue as it is.
    waiting = queue()
    moved >> [custody, waiting] >> report().as_teardown()
