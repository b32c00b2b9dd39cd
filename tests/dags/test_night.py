"""A whole night in a real Airflow over a small share: what it leaves behind, and what clearing its tasks changes."""

import sqlite3
import time
from contextlib import closing
from io import StringIO

import pytest
from rich.console import Console

from retention import config, launch, stages
from retention.launch import night as nights
from retention.launch.processes import client
from retention.launch.rest import quoted
from tests.dags.small_share import CANARY, TELLING_NAME
from tests.dags.test_dags import NIGHT

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(900)]

KEPT = ("reading", "label", "decision", "move")


def test_every_task_of_a_night_succeeds(night, place):
    """The launcher reports the run and each of its tasks as Airflow knows them."""
    assert night.state == "success", night
    assert night.ok
    assert {task.task for task in night.tasks} == set(NIGHT)
    assert {task.state for task in night.tasks} == {"success"}, "a night with something to move skips no task"
    assert (place / "share" / "bins.txt").exists()


def test_airflow_keeps_no_text_and_no_name(night, up):
    """Neither XCom nor any log nor Airflow's database holds a sentence or a file's name."""
    rest = client(up.home, up.address)
    told = [
        str(
            rest.get(
                f"/dags/nightly/dagRuns/{quoted(night.run_id)}/taskInstances/{task}/xcomEntries/return_value",
                map_index=index,
            )
        )
        for task, index in {(task.task, task.index) for task in night.tasks}
    ]
    kept = [file.read_bytes() for file in up.home.folder.rglob("*") if file.is_file()]
    assert len(told) >= len(NIGHT)
    for secret in (CANARY, "heron", TELLING_NAME, "opening-hours", "broken.pdf"):
        assert [value for value in told if secret in value] == []
        assert [len(data) for data in kept if secret.encode() in data] == []


@pytest.mark.parametrize("task", NIGHT)
def test_clearing_a_task_of_a_finished_night_changes_nothing(task, night, up, place):
    """Each task can be cleared and run again; no row appears, changes its number or goes."""
    rest = client(up.home, up.address)
    before = _rows(place), _files(place)
    rest.post(
        "/dags/nightly/clearTaskInstances",
        {
            "dry_run": False,
            "task_ids": [task],
            "dag_run_id": night.run_id,
            "only_failed": False,
            "reset_dag_runs": True,
        },
    )
    said = StringIO()
    state = nights.follow(rest, night.run_id, Console(file=said), time.sleep)
    again = [one for one in nights.outcome(rest, night.run_id) if one.task == task]
    assert state == "success", said.getvalue()
    assert {one.state for one in again} == {"success"}
    assert min(one.tries for one in again) > 1
    assert (_rows(place), _files(place)) == before


@pytest.mark.usefixtures("night")
def test_a_second_night_finds_nothing_to_do(up, place):
    """On an unchanged share nothing is opened and nothing is moved; the lots are empty and that is no fault."""
    before = _rows(place)
    second = _nightly(place, up)
    assert second.ok, second
    assert {task.state for task in second.tasks if task.task == "restrict"} == {"skipped"}
    after = _rows(place)
    assert [after[table] for table in KEPT] == [before[table] for table in KEPT]
    assert stages.status(config.load(place / "strongroom.toml"))["opened"] == 0


@pytest.mark.usefixtures("night")
def test_a_red_gate_stops_the_night_and_says_why(up, place):
    """When most files cannot be read, the gate over the readings fails once and nothing moves; the report is written."""
    for number in range(40):
        (place / "share" / f"scan{number}.pdf").write_bytes(b"%PDF-1.7\n" + bytes([65 + number]) * 50)
    before = _files(place)
    stopped = _nightly(place, up)
    states = {task.task: task.state for task in stopped.tasks}
    assert stopped.state == "failed"
    assert not stopped.ok
    assert {states[name] for name in ("decide", "lots", "restrict", "check_custody")} == {"upstream_failed"}
    assert states["report"] == "success"
    assert [(task.task, task.tries) for task in stopped.failures] == [("check_readings", 1)]
    assert stopped.failures[0].said.endswith(".")
    assert _files(place) == before


def _nightly(place, up):
    said = StringIO()
    result = launch.nightly(config.load(place / "strongroom.toml"), console=Console(file=said, width=200))
    assert up.address in said.getvalue()
    return result


def _rows(place):
    """How many rows each table of the catalogue holds."""
    with closing(sqlite3.connect(place / "state" / "catalogue.db")) as catalogue:
        names = [
            name for (name,) in catalogue.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        return {name: catalogue.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def _files(place):
    """Every file of the share and of the vault."""
    return sorted(
        str(path) for root in ("share", "state/vault") for path in (place / root).rglob("*") if path.is_file()
    )
