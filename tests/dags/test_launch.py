"""The launcher against a real Airflow: who may do what, where it listens, and that nothing outlives it."""

import contextlib
import datetime as dt
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from retention import config, launch
from retention.launch import processes, settings
from retention.launch.processes import free_port
from retention.launch.rest import Rest, RestError
from tests.dags.airflows import Up, first_port

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A configuration with a state folder of its own."""
    file = tmp_path_factory.mktemp("launch") / "strongroom.toml"
    file.write_text('[strongroom]\nstate = "state"\n')
    return file


def test_only_this_machine_can_reach_it(up):
    """Every listening socket of every process is bound to 127.0.0.1."""
    listening = [
        connection.laddr.ip
        for number in up.processes()
        for connection in psutil.Process(number).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert set(listening) == {"127.0.0.1"}


def test_roles_hold(up):
    """The first passwords work; the auditor may look and not trigger; the reviewer may trigger; only op may make a pool."""
    known = settings.passwords(up.home)
    shown = up.said.read_text()
    assert [name for name in settings.USERS if known[name] not in shown] == []
    auditor, reviewer, operator = (Rest(up.address, name, known[name]) for name in ("auditor", "reviewer", "op"))
    assert auditor.get("/dags/nightly")["dag_id"] == "nightly"
    assert _refused(auditor, "/dags/nightly/dagRuns", {"dag_run_id": "x", "logical_date": None}) == 403
    assert _refused(reviewer, "/pools", {"name": "x", "slots": 1}) == 403
    assert operator.post("/pools", {"name": "x", "slots": 1, "include_deferred": False})["name"] == "x"


def test_wrong_parameters_are_refused_before_a_run_begins(up):
    """The form's schema holds at the API as well."""
    admin = Rest(up.address, "admin", settings.passwords(up.home)["admin"])
    body = {"dag_run_id": "wrong", "logical_date": None, "conf": {"report_only": "perhaps"}}
    assert _refused(admin, "/dags/nightly/dagRuns", body) == 400


def test_nothing_is_open_without_a_login(up):
    """Without a password there is no DAG, no run and no log, and no page to try the API from."""
    assert [_status(f"{up.address}/api/v2/{path}") for path in ("dags", "dags/nightly/dagRuns", "eventLogs")] == [
        401
    ] * 3
    with urllib.request.urlopen(f"{up.address}/docs") as answer:
        assert b"swagger" not in answer.read().lower()


def test_the_pools_are_there(up):
    """The DAG's pools exist before its first run."""
    admin = Rest(up.address, "admin", settings.passwords(up.home)["admin"])
    assert {"share_io", "store_io"} <= {pool["name"] for pool in admin.get("/pools")["pools"]}


def test_secrets_are_for_one_pair_of_eyes(up, place):
    """Airflow's folder and everything secret in it is closed to other users, and nothing is written to the home folder."""
    assert stat.S_IMODE(up.home.folder.stat().st_mode) == 0o700
    for name in ("secrets.json", "passwords.json", "airflow.cfg"):
        assert stat.S_IMODE((up.home.folder / name).stat().st_mode) == 0o600
    assert not (place / "home").exists()


def test_it_does_not_start_twice(up, place):
    """A second start says where the first one listens, and harms nothing."""
    with pytest.raises(launch.AlreadyUpError, match=up.address):
        launch.up(config.load(place / "strongroom.toml"))
    assert up.process.poll() is None


def test_no_kill_leaves_a_process(told):
    """After SIGKILL of launcher and guard the next start clears the ground; after SIGKILL of its launcher a guard does."""
    first = Up(told, free_port(first_port(18080)))
    second = None
    try:
        before = first.processes()
        assert len(before) > 5
        os.kill(first.process.pid, signal.SIGSTOP)
        os.kill(first.guard(), signal.SIGKILL)
        first.signal(signal.SIGKILL)
        second = Up(told, free_port(first_port(18080)))
        assert first.living(before) == set()
        assert "First login" not in second.said.read_text()
        before = second.processes()
        second.signal(signal.SIGKILL)
        assert second.gone() == set()
        assert second.living(before) == set()
    finally:
        for airflow in filter(None, (first, second)):
            airflow.end()


def test_a_taken_port_is_stepped_over():
    """The next free port is chosen when the wanted one is in use."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert free_port(taken) > taken


def test_another_airflow_of_the_same_person_is_not_mixed_in(tmp_path):
    """Variables of another Airflow do not reach ours, and bytecode may be written."""
    told = config.parse({"state": str(tmp_path / "state")}, {}, tmp_path / "strongroom.toml")
    home = settings.prepare(told)
    foreign = {
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW_CONN_X": "y",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C",
    }
    made = settings.environment(told, home, 8080, foreign)
    assert made["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert set(foreign) & set(made) == {"AIRFLOW__CORE__EXECUTOR", "LANG"}
    assert Path(made["AIRFLOW_HOME"]).is_relative_to(tmp_path)


def _refused(rest: Rest, path: str, body: object) -> int:
    with pytest.raises(RestError) as refusal:
        rest.post(path, body)
    return refusal.value.status


def _status(address: str) -> int:
    try:
        with urllib.request.urlopen(address) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.timeout(300)
def test_old_rows_leave_the_database_and_new_ones_stay(tmp_path):
    """The command that the launcher runs once a week removes old runs and log rows from a real database of Airflow."""
    database = tmp_path / "airflow.db"
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{database}?timeout=60",
    }
    now = dt.datetime.now(dt.UTC)
    subprocess.run([sys.executable, *processes.MIGRATE], env=environment, check=True, capture_output=True, timeout=120)
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        for name, days in (("old", 61), ("new", 59)):
            then = (now - dt.timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S.%f")
            connection.execute(
                "INSERT INTO dag_run (dag_id, run_id, run_type, state, start_date, run_after, clear_number)"
                " VALUES ('nightly', ?, 'manual', 'success', ?, ?, 0)",
                (name, then, then),
            )
            connection.execute("INSERT INTO log (dttm, event) VALUES (?, ?)", (then, name))
    command = processes.clean_command(60, now.timestamp())
    subprocess.run([sys.executable, *command], env=environment, check=True, capture_output=True, timeout=120)
    with contextlib.closing(sqlite3.connect(database)) as connection:
        runs = connection.execute("SELECT run_id FROM dag_run").fetchall()
        rows = connection.execute("SELECT event FROM log WHERE event IN ('old', 'new')").fetchall()

    assert (runs, rows) == ([("new",)], [("new",)])
