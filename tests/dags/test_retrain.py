"""From a decision to a better label, through a real Airflow: people decide, a night tells of it, and the next one labels by it."""

import signal
import time
from io import StringIO

import pytest
from rich.console import Console
from sqlalchemy import insert, select, update

from retention import config, launch, stages
from retention.catalogue.tables import item, label
from retention.launch.processes import client, free_port
from tests.dags.airflows import Up, first_port

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(1800)]

SETTINGS = """
[strongroom]
state = "state"

[[share]]
name = "pier"
root = "share"
mode = "report"

[[zone]]
name = "everything"
share = "pier"
owner = "Pier Master"
clearance = "T1"

[gates]
flagged = 1.0
drift = 1.0
floor = 1

# Only an Airflow that begins nights by itself begins anything else by itself; the first of January is far enough.
[airflow]
schedule = "0 3 1 1 *"
"""
TILL = "kiosk float and till reconciliation sheet, agreed with the pier concession, number {n}. Takings {n}40, float {n}5, {more}."
GATE = "rota for the allotment gate, week {n}. The gate is opened at eight and closed at dusk, {more}."
MORE = (
    "counted twice",
    "signed at noon",
    "left in the safe",
    "no change",
    "checked by the warden",
    "for the file",
    "as agreed",
)


@pytest.fixture
def place(tmp_path):
    """A share of a council's own papers, which the starter model takes for routine."""
    share = tmp_path / "share"
    share.mkdir()
    for n in range(30):
        more = " and ".join(MORE[(n * k) % 7] for k in range(1, 5))
        (share / f"till {n}.txt").write_text(TILL.format(n=n, more=more))
        (share / f"gate {n}.txt").write_text(GATE.format(n=n, more=more))
    (tmp_path / "strongroom.toml").write_text(SETTINGS)
    return tmp_path


@pytest.fixture
def up(place):
    """An Airflow of this test's own."""
    airflow = Up(place / "strongroom.toml", free_port(first_port(18980)))
    yield airflow
    airflow.signal(signal.SIGINT)
    airflow.end()


def night(place, up):
    """One night in the Airflow that is up."""
    said = StringIO()
    result = launch.nightly(config.load(place / "strongroom.toml"), console=Console(file=said, width=200))
    assert result.ok, said.getvalue()
    assert up.address in said.getvalue()


def labels(place, start):
    """The labels that the machine gave papers whose name starts so, and nobody has judged."""
    with stages.opened(config.load(place / "strongroom.toml")) as catalogue, catalogue.read() as connection:
        rows = connection.execute(
            select(item.c.name, label.c.primary, label.c.by).join(label, item.c.label_id == label.c.id)
        )
        return [row.primary for row in rows if row.name.startswith(start) and not row.by.startswith("person:")]


def people_say(place):
    """A person labels two thirds of the papers: what holds takings is sensitive here."""
    with stages.opened(config.load(place / "strongroom.toml")) as catalogue, catalogue.begin() as connection:
        for start, primary, tier in ((b"till", "sensitive", 3), (b"gate", "official", 1)):
            rows = connection.execute(select(item.c.id, item.c.name, item.c.reading_id).order_by(item.c.id)).all()
            for row in [one for one in rows if one.name.startswith(start)][:20]:
                values = {
                    "item_id": row.id,
                    "reading_id": row.reading_id,
                    "primary": primary,
                    "tier": tier,
                    "by": "person:ann",
                }
                values |= {"sensitive": float(tier == 3), "personal": 0.0, "because": [], "made_at": stages.now()}
                values |= {"flags": ["sensitive"] if tier == 3 else []}
                made = connection.execute(insert(label).values(**values).returning(label.c.id)).scalar_one()
                connection.execute(update(item).where(item.c.id == row.id).values(label_id=made))


def trained(up):
    """Wait until the training that nobody asked for is over; gives its state and what started it."""
    rest = client(up.home, up.address)
    deadline = time.monotonic() + 900
    while time.monotonic() < deadline:
        runs = rest.get("/dags/retrain/dagRuns")["dag_runs"]
        if runs and runs[0]["state"] in ("success", "failed"):
            return [(one["state"], one["run_type"]) for one in runs]
        time.sleep(1)
    return []


def test_a_decision_makes_a_better_label_the_next_night(place, up):
    """Nobody asks for the training: the night after the decisions tells of them, and the night after that labels by them."""
    night(place, up)
    assert {"official"} == set(labels(place, b"till"))

    people_say(place)
    night(place, up)
    assert [("success", "asset_triggered")] == trained(up)
    assert {"official"} == set(labels(place, b"till")), "nothing changes before the next night"

    night(place, up)
    assert ["sensitive"] * 10 == labels(place, b"till")
    assert ["official"] * 10 == labels(place, b"gate")
