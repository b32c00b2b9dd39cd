"""Upkeep in a real Airflow: it reads what a night has moved, fails loudly once an object is damaged, and is well again once thawed."""

import time

import pytest

from retention import config, custody, stages
from retention.launch.processes import client
from retention.launch.rest import quoted
from retention.vault import Step
from tests.dags.small_share import CANARY, TELLING_NAME

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(900)]
TASKS = ("fixity", "janitor", "prune_logs")


@pytest.mark.usefixtures("night")
def test_upkeep_checks_custody_alarms_and_goes_on(up, place):
    """A whole round is green; with a damaged object fixity is red and the janitor waits; cleared, it says the same; then all is green."""
    rest = client(up.home, up.address)
    rest.patch("/dags/upkeep", {"is_paused": False})
    assert run(rest, "upkeep-whole") == ("success", dict.fromkeys(TASKS, "success"))

    victim = objects(place)[0]
    spoil(victim)
    states = [run(rest, f"upkeep-damaged-{number}") for number in range(20) if not frozen(place)]
    assert states[-1] == ("failed", {"fixity": "failed", "janitor": "upstream_failed", "prune_logs": "success"})
    assert frozen(place) == 1
    again = clear(rest, f"upkeep-damaged-{len(states) - 1}", "fixity")
    assert again["fixity"] == "failed", "clearing the task says again what it found"

    spoil(victim)
    assert run(rest, "upkeep-after") == ("success", dict.fromkeys(TASKS, "success"))
    kept = [file.read_bytes() for file in (up.home.folder / "logs").rglob("dag_id=upkeep/**/*") if file.is_file()]
    assert [data for data in kept if CANARY.encode() in data or TELLING_NAME.encode() in data] == []


def run(rest, run_id):
    """Run the DAG to its end; gives its state and each task's."""
    rest.post("/dags/upkeep/dagRuns", {"dag_run_id": run_id, "logical_date": None, "conf": {}})
    return ended(rest, run_id), tasks(rest, run_id)


def ended(rest, run_id):
    """Wait until a run has ended and give its state."""
    deadline = time.monotonic() + 300
    while (state := rest.get(f"/dags/upkeep/dagRuns/{quoted(run_id)}")["state"]) in ("queued", "running"):
        assert time.monotonic() < deadline, "the run did not end"
        time.sleep(0.5)
    return state


def tasks(rest, run_id):
    """How each task of a run ended."""
    found = rest.get(f"/dags/upkeep/dagRuns/{quoted(run_id)}/taskInstances")["task_instances"]
    return {one["task_id"]: one["state"] for one in found}


def clear(rest, run_id, task):
    """Clear one task and wait; gives how each ended."""
    rest.post(
        "/dags/upkeep/clearTaskInstances",
        {"dry_run": False, "task_ids": [task], "dag_run_id": run_id, "only_failed": False, "reset_dag_runs": True},
    )
    ended(rest, run_id)
    return tasks(rest, run_id)


def objects(place):
    """The files of the vault's objects, without their manifests."""
    found = (place / "state" / "vault" / "objects").rglob("*.*")
    return sorted(path for path in found if path.is_file() and path.suffix != ".manifest")


def spoil(path):
    """Flip one bit, or flip it back."""
    data = bytearray(path.read_bytes())
    data[3] ^= 1
    path.write_bytes(data)


def frozen(place):
    """How many moves stand frozen."""
    with stages.opened(config.load(place / "strongroom.toml")) as catalogue:
        bench = custody.bench(config.load(place / "strongroom.toml"), catalogue)
        return sum(move.step is Step.FROZEN for move in bench.journal.in_custody())
