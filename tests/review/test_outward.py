"""The way from a night's page to its run in Airflow, and who gets a login of Airflow's."""

import hashlib
import json
import os
import re
import stat

import pytest

from retention.config import parse
from retention.launch import logins, settings
from retention.launch.logins import Login
from retention.review.outward import airflow_address, run_id, run_page
from tests.dags.small_share import add_people
from tests.dags.small_share import make as make_share

RUNS = (
    "scheduled__2026-11-22T01:00:00+00:00",
    "manual__2026-11-22T22:25:10.123456+00:00",
    "manual__2026-11-22T22:25:10.123456+00:00_AbCd12Ef",
    "asset_triggered__2026-11-22T22:25:10.123456+00:00_x-y_Z",
    "asked-2026-11-22T19-02-22",
)


def key_of(run):
    """The catalogue's key for a run, as the DAG makes it."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", run)[:80]
    return plain if plain == run else f"{plain}-{hashlib.sha256(run.encode()).hexdigest()[:8]}"


@pytest.mark.parametrize("run", RUNS)
def test_a_key_leads_back_to_its_run(run):
    """What Airflow called a run is found again from what the catalogue calls it."""
    assert run == run_id(key_of(run))


@pytest.mark.parametrize("key", ["manual-20261122T222717", "manual__2026-11-22T22-25-10-123456-00-00-00000000"])
def test_what_is_no_run_of_airflows_has_no_page(key):
    """A night run without Airflow, and a key whose digest is another's, lead nowhere."""
    assert "" == run_id(key)
    assert "" == run_page(key)


def test_the_page_of_a_run_is_quoted():
    """Signs that mean something in an address do not in a run's name."""
    assert "/dags/nightly/runs/scheduled__2026-11-22T01%3A00%3A00%2B00%3A00" == run_page(key_of(RUNS[0]))


def test_the_address_is_the_named_one_or_that_of_the_airflow_that_is_up(tmp_path):
    """A variable wins; else the Airflow of this state folder, as long as its launcher lives; else there is no link."""
    told = parse({"state": str(tmp_path / "state")}, {}, tmp_path / "strongroom.toml")
    running = told.state / "airflow" / "running.json"
    assert airflow_address(told, {}) == ""
    running.parent.mkdir(parents=True)

    running.write_text(json.dumps({"launcher": os.getpid(), "address": "http://127.0.0.1:8081"}))
    alive = airflow_address(told, {})
    running.write_text(json.dumps({"launcher": 2**22 + 1, "address": "http://127.0.0.1:8081"}))

    assert ("http://127.0.0.1:8081", "") == (alive, airflow_address(told, {}))
    assert "https://airflow.test/a" == airflow_address(told, {"STRONGROOM_AIRFLOW_URL": "https://airflow.test/a/"})
    assert "" == airflow_address(told, {"AIRFLOW__API__BASE_URL": "javascript:alert(1)"})


def test_only_people_without_a_password_get_a_login_of_airflows(tmp_path):
    """Airflow's four are always there; whoever has a password, or has left, is not added; a missing catalogue knows nobody."""
    told = make_share(tmp_path)
    from retention import config

    before = logins.known(config.load(told))
    add_people(told)
    after = logins.known(config.load(told))

    assert before == logins.OWN
    assert after[:4] == logins.OWN
    assert {Login("looker", "viewer", ("viewer",)), Login("records", "viewer", ("records_manager",))} == set(after[4:])


def test_new_people_get_a_password_and_old_ones_keep_theirs(tmp_path):
    """A password is made once, readable by one account alone."""
    told = parse({"state": str(tmp_path / "state")}, {}, tmp_path / "strongroom.toml")
    home = settings.prepare(told)
    first = settings.passwords(home)

    settings.prepare(told, (*logins.OWN, Login("records", "viewer")))

    assert first.items() < settings.passwords(home).items()
    assert {"records"} == set(settings.passwords(home)) - set(first)
    assert 0o600 == stat.S_IMODE(home.passwords.stat().st_mode)
