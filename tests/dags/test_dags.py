"""What every DAG file must have, and what reading one must not cost."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(300)]

DAGS = Path(__file__).parents[2] / "dags"
NIGHT = [
    "plan",
    "crawl",
    "check_inventory",
    "shards",
    "classify",
    "check_readings",
    "decide",
    "check_decisions",
    "lots",
    "restrict",
    "check_custody",
    "queue",
    "report",
]
HEAVY = {"sklearn", "great_expectations", "pandas", "pdfminer", "boto3"}


@pytest.fixture(scope="module")
def bag():
    """Every DAG of the project, read once."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(str(DAGS))


@pytest.fixture(scope="module")
def nightly(bag):
    """The DAG of the night."""
    return bag.dags["nightly"]


def test_every_file_is_read_without_error(bag):
    """No DAG file is faulty, and each holds the DAG of its own name."""
    assert bag.import_errors == {}
    assert {path.stem for path in DAGS.glob("*.py")} - {"wiring"} == set(bag.dags)


def test_every_dag_explains_itself(bag):
    """In Airflow's pages each DAG has a description, documentation, tags and an owner with a link."""
    for dag in bag.dags.values():
        assert dag.description
        assert dag.doc_md
        assert "strongroom" in dag.tags
        assert {task.owner for task in dag.tasks} == set(dag.owner_links)


def test_every_task_is_documented_limited_and_retried(bag):
    """No task can hang for ever, give up at the first fault, or stand in Airflow's pages without an explanation."""
    for task in (task for dag in bag.dags.values() for task in dag.tasks):
        about = (task.task_id, task.doc_md, task.execution_timeout, task.retries)
        assert task.doc_md, about
        assert task.execution_timeout is not None, about
        assert task.retries == 2, about
        assert type(task.retry_policy).__name__ == "NoHopelessRetry", about


def test_tasks_and_stages_share_their_names(nightly):
    """Each task of the night is called like the stage that it runs, and comes in the night's order."""
    from retention import stages

    assert sorted(NIGHT) == sorted(nightly.task_ids)
    assert [name for name in NIGHT if not callable(getattr(stages, name, None))] == []
    order = {task.task_id: number for number, task in enumerate(nightly.topological_sort())}
    assert sorted(NIGHT, key=order.__getitem__) == NIGHT


def test_tasks_that_touch_storage_wait_for_a_slot(nightly):
    """Crawling and reading share one pool, moving has its own, and the launcher makes exactly these."""
    from retention.launch.processes import POOLS

    pools = {task.task_id: task.pool for task in nightly.tasks if task.pool != "default_pool"}
    assert pools == {"crawl": "share_io", "classify": "share_io", "restrict": "store_io"}
    assert set(POOLS) == set(pools.values())


def test_nothing_moves_past_a_gate(nightly):
    """Every gate stands before the moves, each task before them waits for success, and only the report is written anyway."""
    before = nightly.get_task("restrict").get_flat_relative_ids(upstream=True)
    assert {"check_inventory", "check_readings", "check_decisions"} <= before
    rules = {task.task_id: task.trigger_rule.value for task in nightly.tasks}
    assert {rules.pop("report")} == {"all_done_setup_success"}
    assert {name for name, rule in rules.items() if rule == "none_failed"} == {
        "check_inventory",
        "check_readings",
        "check_custody",
        "queue",
    }
    assert {rule for rule in rules.values() if rule != "none_failed"} == {"all_success"}


def test_a_disposal_executes_only_what_is_named_as_authorised(bag):
    """The lists are found before any is executed, each is a task of its own, and nothing runs past a failure."""
    disposal = bag.dags["disposal"]
    execute = disposal.get_task("execute")
    assert [task.task_id for task in disposal.topological_sort()] == ["chase", "find", "authorised", "execute"]
    assert execute.is_mapped
    assert execute.get_flat_relative_ids(upstream=True) == {"chase", "find", "authorised"}
    assert {task.trigger_rule.value for task in disposal.tasks} == {"all_success"}
    assert (disposal.max_active_runs, disposal.catchup) == (1, False)


def test_a_disposal_runs_only_when_asked(bag):
    """Unless a council sets a time for it, nothing starts a disposal by itself."""
    assert not bag.dags["disposal"].timetable.can_be_scheduled


def test_the_report_cannot_turn_a_failed_night_green(nightly):
    """The state of a run is that of its last gate; the report is a teardown, which does not count."""
    assert nightly.get_task("report").is_teardown
    assert not nightly.get_task("report").on_failure_fail_dagrun


def test_a_night_begins_at_one_in_london_and_never_overlaps(nightly):
    """At most one run at a time, none for missed nights, and none at once when the DAG is switched on."""
    assert nightly.max_active_runs == 1
    assert not nightly.catchup
    assert nightly.start_date is None
    assert nightly.timetable.expression == "0 1 * * *"
    assert str(nightly.timetable.timezone) == "Europe/London"


@pytest.mark.parametrize("cron", ["", "30 22 * * 1-5"])
@pytest.mark.parametrize(
    ("name", "variable"), [("nightly", "STRONGROOM_AIRFLOW_SCHEDULE"), ("disposal", "STRONGROOM_AIRFLOW_DISPOSAL")]
)
def test_the_launcher_sets_the_schedule(name, variable, cron):
    """The launcher's variable is the schedule, and empty means that a run only begins when asked."""
    program = f"""
from airflow.dag_processing.dagbag import DagBag
dag = DagBag({str(DAGS / name) + ".py"!r}).dags[{name!r}]
print("cron:" + getattr(dag.timetable, "expression", ""))
"""
    assert _in_python(program, **{variable: cron}).splitlines()[-1] == f"cron:{cron}"


def test_hopeless_faults_are_not_tried_again(nightly):
    """A gate, a wrong configuration and a missing permission fail at once; anything else is tried again."""
    from airflow.sdk import RetryAction

    from retention.config import ConfigError
    from retention.stages import GateFailedError, NightError

    policy = nightly.get_task("crawl").retry_policy
    hopeless = [GateFailedError("no"), NightError("no"), ConfigError(("no",)), PermissionError(13, "no")]
    assert [policy.evaluate(fault, 1, 2).action for fault in hopeless] == [RetryAction.FAIL] * 4
    assert policy.evaluate(ConnectionError(), 1, 2).action == RetryAction.DEFAULT


@pytest.mark.parametrize(
    ("run_id", "key"),
    [
        ("asked-2026-11-22T19-02-22", "asked-2026-11-22T19-02-22"),
        ("scheduled__2026-11-22T01:00:00+00:00", "scheduled__2026-11-22T01-00-00-00-00-de466680"),
    ],
)
def test_a_run_has_one_safe_key(run_id, key):
    """The catalogue's key for a run depends on nothing but its id, and can stand in a file name."""
    program = f"""
from dags import wiring
wiring.get_current_context = lambda: {{"run_id": {run_id!r}}}
print(wiring.run_key())
"""
    assert _in_python(program).splitlines()[-1] == key


def test_upkeep_runs_what_is_called_like_its_tasks(bag):
    """Each task of upkeep is called like the function that it runs, and nothing is cleared away after damage was found."""
    from retention import upkeep

    dag = bag.dags["upkeep"]
    rules = {task.task_id: (task.trigger_rule.value, sorted(task.upstream_task_ids)) for task in dag.tasks}

    assert rules == {
        "fixity": ("all_success", []),
        "janitor": ("all_success", ["fixity"]),
        "prune_logs": ("all_done_setup_success", ["janitor"]),
    }
    assert [name for name in rules if not callable(getattr(upkeep, name, None))] == []
    assert dag.get_task("prune_logs").is_teardown
    assert dag.timetable.expression == "0 12 * * 0"


def test_an_alarm_is_not_tried_again(bag):
    """Damage in the vault does not heal by waiting; a vault that did not answer may."""
    from airflow.sdk import RetryAction

    from retention.upkeep import AlarmError
    from retention.vault import VaultError

    policy = bag.dags["upkeep"].get_task("fixity").retry_policy

    assert policy.evaluate(AlarmError("no"), 1, 2).action == RetryAction.FAIL
    assert policy.evaluate(VaultError("no"), 1, 2).action == RetryAction.DEFAULT


def test_reading_the_dag_files_loads_nothing_heavy():
    """The DAG processor reads these files all day: none of the heavy libraries, and far below two seconds beyond Airflow."""
    program = f"""
import sys, time, json
from airflow.sdk import DAG, task, Param, CronTriggerTimetable, RetryPolicy
began, before = time.process_time(), set(sys.modules)
import {", ".join(sorted(path.stem for path in DAGS.glob("*.py")))}
print(json.dumps([time.process_time() - began, sorted(set(sys.modules) - before)]))
"""
    seconds, loaded = json.loads(_in_python(program).splitlines()[-1])
    assert {name.partition(".")[0] for name in loaded} & HEAVY == set()
    assert [name for name in loaded if name.startswith(("retention", "classifier"))] == []
    assert seconds < 2


def _in_python(program: str, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name != "STRONGROOM_AIRFLOW_SCHEDULE"}
    clean |= {"PYTHONPATH": os.pathsep.join([str(DAGS), str(DAGS.parent)]), **environment}
    done = subprocess.run(
        [sys.executable, "-c", program], env=clean, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
