"""The DAG ``retrain``: wiring only. What its task does is the function of the same name in ``retention.retraining``."""

from __future__ import annotations

import datetime as dt
import os
from typing import Any

from airflow.sdk import DAG, Param, get_current_context, task

from dags.wiring import ANSWERS, NoHopelessRetry, run_key

GUIDE = """\
### Learn from what people have decided

`retrain`: read what people have labelled again, train, try on decisions held back, and let the new model in if it is not worse

| What you see | What it means | What to do |
|---|---|---|
| a run that nobody asked for | people have given twenty new labels, and a night has told of it | nothing |
| `promoted` is 1 | the next night judges with the new model | see what changed with `strongroom retrain --list` |
| `promoted` is 0 | the new model was worse, or there was too little to tell; the present one stays | the same shows why |
| `retrain` is red | its log says why | cure it, then clear the task |

**Clearing the task is safe.** A training that was done says again what it counted. To go back to the model that was configured:
`strongroom retrain --withdraw`.

Documents are read in the same locked processes as at night, and T4 is left out. Logs and XComs hold counts: never a path or a text.
"""

OWNER = "records management"
SHARE_IO = {"pool": "share_io"}

# Known by name, since importing them would load all that the tasks load whenever this file is read.
HOPELESS = {
    "TooFewError": "People have not labelled enough of each kind yet.",
    "NightError": "A person must do first what the message says.",
    "ModelRefusedError": "The model must be put right.",
    "ConfigError": "The configuration must be put right.",
    "PermissionError": "This account may not do that.",
}

PARAMS = {
    "anyway": Param(
        False,
        type="boolean",
        title="Train anyway",
        description_md="Also when people have labelled little since the last training.",
    ),
}


@task(**SHARE_IO, execution_timeout=dt.timedelta(hours=6))
def retrain() -> dict[str, int]:
    """Learn from people's labels, and let the new model in if it is not worse on decisions that neither model has seen."""
    from retention import config, retraining

    params: dict[str, Any] = dict(get_current_context()["params"])
    return retraining.retrain(config.load(), run_key("retrain"), anyway=params["anyway"])


with DAG(
    "retrain",
    dag_display_name="Retrain",
    description="Learn from what people have decided; let the new model in if it is not worse.",
    doc_md=GUIDE,
    schedule=[ANSWERS],
    catchup=False,
    max_active_runs=1,
    # An Airflow that Strongroom starts sets the variable; elsewhere an operator switches the DAG on.
    is_paused_upon_creation="STRONGROOM_AIRFLOW_SCHEDULE" not in os.environ,
    dagrun_timeout=dt.timedelta(hours=8),
    params=PARAMS,
    tags=["strongroom", "records", "model"],
    owner_links={OWNER: os.environ.get("STRONGROOM_CONTACT", "mailto:records.management@localhost")},
    default_args={
        "owner": OWNER,
        "retries": 2,
        "retry_delay": dt.timedelta(minutes=1),
        "retry_policy": NoHopelessRetry(HOPELESS),
    },
):
    retrain()
