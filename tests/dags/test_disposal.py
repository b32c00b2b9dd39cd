"""The DAG ``disposal`` in a real Airflow: it carries out the list that people authorised, leaves the other, and can be run again."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from sqlalchemy import insert, select

from retention import config, dispose, disposing, hold, stages
from retention.catalogue import disposal as lists
from retention.catalogue import holds as kept_holds
from retention.catalogue.tables import certificate, disposal, disposal_item, fact, item, label
from retention.launch.processes import client, free_port
from retention.launch.rest import quoted
from tests import made
from tests.dags.airflows import Up, first_port
from tests.retention.rules import CSV

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(1_200)]

TASKS = ("chase", "find", "authorised", "execute")
LETTER = (
    "The licensing office wrote about the renewal of the vehicle badge and the fee that was paid at the counter. {}"
)
SETTINGS = """
[strongroom]
state = "state"
council = "Testshire District Council"

[[share]]
name = "main"
root = "share"
mode = "report"

[[zone]]
name = "Licensing"
path = "Licensing"
owner = "Head of Licensing"
clearance = "T3"
record_classes = { Badges = "HO-01" }

[[zone]]
name = "Housing"
path = "Housing"
owner = "Head of Housing"
clearance = "T3"
record_classes = { Tenants = "HO-01" }

[schedule]
file = "rules.csv"

[model]
folder = "MODEL"

[gates]
flagged = 1.0
"""


@pytest.fixture(scope="module")
def council(tmp_path_factory, starter_model):
    """Two due case folders in two zones, each on a list; only the first list has all its approvals."""
    place = tmp_path_factory.mktemp("disposal")
    for name in ("Licensing/Badges/A1/letter.docx", "Licensing/Badges/A1/reply.docx", "Housing/Tenants/B2/letter.docx"):
        path = place / "share" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made.docx_bytes([LETTER.format(name)]))
    (place / "rules.csv").write_text(CSV)
    (place / "rules.toml").write_text('version = "v1"\nadopted = 2025-04-01\nexpires = 2099-03-31\n')
    (place / "strongroom.toml").write_text(SETTINGS.replace("MODEL", str(starter_model)))
    settings = config.load(place / "strongroom.toml")
    _night(settings)
    with stages.opened(settings) as catalogue, catalogue.begin() as connection:
        connection.execute(label.update().values(flags=[]))
        for row in connection.execute(select(item.c.id)).all():
            told = {"item_id": row.id, "kind": "contract_end", "value": "2010-03-01", "source": "feed", "by": "feed"}
            connection.execute(insert(fact).values(**told, confidence=1.0, made_at=stages.now()))
        for one in kept_holds.everything(connection):
            gone = hold.release(hold.release(one, "m.officer", disposing.today()), "r.manager", disposing.today())
            kept_holds.change(connection, one, gone)
    _night(settings, "n2")
    _lists(settings)
    return place


def _night(settings, key="n1"):
    for share in stages.plan(settings, key)["shares"]:
        stages.crawl(settings, key, share)
    for one in stages.shards(settings, key):
        stages.classify(settings, key, one["shard"])
    stages.decide(settings, key)


def _lists(settings):
    made_lists = {batch.zone: batch for batch in disposing.propose(settings, by="clerk")}
    assert set(made_lists) == {"Licensing", "Housing"}
    batch, today = made_lists["Licensing"], disposing.today()
    for by, role in (("head.licensing", dispose.Role.OWNER), ("r.manager", dispose.Role.RECORDS_MANAGER)):
        change = _approval(by, role, batch.list_hash, today)
        batch = disposing.step(settings, batch.id, by=by, action="disposal-approved", change=change)
    assert batch.state is dispose.State.AUTHORISED


def _approval(by, role, seen, today):
    return lambda batch: dispose.approve(batch, by=by, role=role, seen_hash=seen, today=today)


@pytest.fixture(scope="module")
def airflow(council):
    """An Airflow of this council's own."""
    running = Up(council / "strongroom.toml", free_port(first_port(18580)))
    yield running
    running.end()


@pytest.fixture(scope="module")
def ended(airflow):
    """One run of the DAG, followed to its end: its client and its state."""
    rest = client(airflow.home, airflow.address)
    rest.patch("/dags/disposal", {"is_paused": False})
    rest.post("/dags/disposal/dagRuns", {"dag_run_id": "asked-1", "logical_date": None, "conf": {}})
    return rest, _followed(rest)


def _followed(rest):
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        state = rest.get(f"/dags/disposal/dagRuns/{quoted('asked-1')}")["state"]
        if state in ("success", "failed"):
            return state
        time.sleep(1)
    raise AssertionError("the run did not end")


def _tasks(rest):
    found = rest.get(f"/dags/disposal/dagRuns/{quoted('asked-1')}/taskInstances", limit=100)["task_instances"]
    return {one["task_id"]: one["state"] for one in found}


def _standing(council):
    """All that a run may change: what became of items, lists, certificates, and the files on the share."""
    with stages.opened(config.load(council / "strongroom.toml")) as catalogue, catalogue.read() as connection:
        rows = [
            [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in (disposal, disposal_item, certificate)
        ]
    return rows, sorted(str(path.relative_to(council)) for path in (council / "share").rglob("*") if path.is_file())


def test_what_people_authorised_is_carried_out_and_certified(ended, council):
    """The authorised folder is gone with a certificate in order, and the list that waits has lost nothing."""
    rest, state = ended

    assert (state, _tasks(rest)) == ("success", dict.fromkeys(TASKS, "success"))
    assert _standing(council)[1] == ["share/Housing/Tenants/B2/letter.docx"]
    settings = config.load(council / "strongroom.toml")
    with stages.opened(settings) as catalogue, catalogue.read() as connection:
        (waiting,) = [batch for batch, _ in lists.open_lists(connection)]
        (body,) = lists.chain(connection)
    assert (waiting.zone, waiting.state) == ("Housing", dispose.State.OWNER_REVIEW)
    assert b'"destroyed":2' in body
    assert len(list((council / "state" / "certificates").glob("*.json"))) == 1


def test_airflow_keeps_no_path(ended, airflow):
    """Neither an XCom nor a log nor Airflow's database names a file or a folder of the share."""
    assert ended[1] == "success"
    kept = [file.read_bytes() for file in airflow.home.folder.rglob("*") if file.is_file()]

    assert [len(data) for data in kept if b"Badges" in data or b"letter.docx" in data] == []


@pytest.mark.parametrize("task", TASKS)
def test_a_cleared_task_changes_nothing(ended, council, task):
    """Each task can be cleared and run again: no row appears, changes or goes, and nothing more is removed."""
    rest, _ = ended
    before = _standing(council)
    body = {"dry_run": False, "task_ids": [task], "dag_run_id": "asked-1", "only_failed": False, "reset_dag_runs": True}
    rest.post("/dags/disposal/clearTaskInstances", body)

    assert _followed(rest) == "success"
    assert _standing(council) == before


def test_silence_is_no_approval(ended, council):
    """Long after, chasing retains what nobody answered about; the file is still there."""
    assert ended[1] == "success"
    settings = config.load(council / "strongroom.toml")

    counts = disposing.chase(settings, disposing.today() + dt.timedelta(days=60))

    assert counts["retained"] == 1
    assert (council / "share" / "Housing" / "Tenants" / "B2" / "letter.docx").exists()
