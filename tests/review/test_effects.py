"""What a person decided in the morning is what the next night does: on a real share, through the stages."""

import datetime as dt
import os

import pytest
from sqlalchemy import select

from retention import judging, stages
from retention.catalogue.tables import decision, folder, item, label, member
from retention.review import choosing
from retention.review.choosing import Order, Rules, Verb
from retention.review.people import Person, Role
from tests import made
from tests.conftest import ZONES, share_config

SECRET = (
    "OFFICIAL-SENSITIVE\n\nStrategy meeting under section 47 of the Children Act. "
    "The child, Aisha Example, born 3 March 2015, disclosed sexual abuse by the alleged perpetrator. "
    "Police and LADO informed."
)
MANAGER = Person("records", roles=frozenset({Role.RECORDS_MANAGER}))
MINUTES = "Minutes of the parks committee. The committee agreed to repaint the benches before the spring."


@pytest.fixture(scope="module")
def first(tmp_path_factory, starter_model):
    """A share after its first night, in zones where people approve moves, ready to be copied."""
    place = tmp_path_factory.mktemp("first")
    files = {
        "Committees/minutes.docx": made.docx_bytes([MINUTES]),
        "Temp/strategy meeting.docx": made.docx_bytes(SECRET.split("\n\n")),
        "Temp/locked.pdf": made.pdf_bytes(["secret"], password="x"),
    }
    for name, body in files.items():
        path = place / "share" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    config = configured(place, starter_model)
    night(config, "n1")
    return place


def configured(place, model):
    """The share's configuration; nothing moves unless a person approves."""
    zones = [{**zone, "mode": "approve"} for zone in ZONES]
    return share_config(place, f"sqlite:///{place / 'catalogue.db'}", model, zone=zones)


@pytest.fixture
def config(first, tmp_path, starter_model):
    """A copy of that share of one's own."""
    os.system(f"cp -a {first}/. {tmp_path}/")
    return configured(tmp_path, starter_model)


def night(config, key, today=None, *, move=False, force=False):
    """The stages of a night; with the gates only where something is to be moved."""
    stages.plan(config, key, force=force)
    stages.crawl(config, key, "main")
    if move:
        stages.check_inventory(config, key)
    for one in stages.shards(config, key):
        stages.classify(config, key, one["shard"])
    if move:
        stages.check_readings(config, key)
    stages.decide(config, key, today=today)
    if move:
        stages.check_decisions(config, key)
        for lot in stages.lots(config, key):
            stages.restrict(config, key, lot)
    stages.queue(config, key)


def seen(config, name):
    """The decision and label in force of a file, and whether it waits in an open family."""
    with stages.opened(config) as catalogue, catalogue.read() as connection:
        return (
            connection.execute(
                select(
                    item.c.id,
                    item.c.state,
                    decision.c.action,
                    decision.c.lane,
                    decision.c.rule,
                    decision.c.class_by,
                    decision.c.automatic,
                    decision.c.because,
                    label.c.primary,
                    label.c.tier,
                    label.c.by,
                )
                .select_from(
                    item.join(folder)
                    .join(decision, item.c.decision_id == decision.c.id)
                    .outerjoin(label, item.c.label_id == label.c.id)
                )
                .where(item.c.name == name)
            )
            .mappings()
            .one()
        )


def family(catalogue, number):
    """The family of an item: its id, version and state."""
    from retention.catalogue.tables import family as table

    with catalogue.read() as connection:
        return connection.execute(
            select(table.c.id, table.c.version, table.c.state).join(member).where(member.c.item_id == number)
        ).first()


def choose(config, name, verb, **detail):
    """Decide on a file's family as the records manager."""
    number = seen(config, name)["id"]
    with stages.opened(config) as catalogue:
        found = family(catalogue, number)
        order = Order(found.id, found.version, os.urandom(16).hex(), Verb(verb), detail)
        zones = judging.zone_maps(config)
        rules = Rules(stages.load_schedule(config), zones, (), stages.now().date())
        return choosing.apply(catalogue, MANAGER, order, rules, stages.now())


def waits(config, name):
    """Whether a file waits for a person."""
    with stages.opened(config) as catalogue:
        found = family(catalogue, seen(config, name)["id"])
    return found is not None and found.state == "open"


def test_a_misplaced_paper_waits(config):
    """Before anybody decides, the paper is flagged, is not moved, and waits."""
    one = seen(config, b"strategy meeting.docx")

    assert ("restrict", False, 4) == (one["action"], one["automatic"], one["tier"])
    assert waits(config, b"strategy meeting.docx")


def test_a_persons_label_decides_the_next_night(config):
    """Called routine by a person, the paper is kept and waits no more, even when everything is read again."""
    choose(config, b"strategy meeting.docx", "label", primary="official", tier="1")

    night(config, "n2", force=True)

    one = seen(config, b"strategy meeting.docx")
    assert ("keep", "", "person:records", 1) == (one["action"], one["lane"], one["by"], one["tier"])
    assert not waits(config, b"strategy meeting.docx")


def test_an_undone_label_decides_nothing(config):
    """Taken back before the night, the label is the machine's again, also when everything is read again."""
    before = seen(config, b"strategy meeting.docx")
    outcome = choose(config, b"strategy meeting.docx", "label", primary="official", tier="1")
    with stages.opened(config) as catalogue:
        choosing.undo(catalogue, MANAGER, outcome.choice, "u" * 32, stages.now())

    night(config, "n2", force=True)

    one = seen(config, b"strategy meeting.docx")
    assert (before["action"], before["lane"], before["tier"]) == (one["action"], one["lane"], one["tier"])
    assert not one["by"].startswith("person:")
    assert waits(config, b"strategy meeting.docx")


def test_an_approved_move_is_made_by_the_next_night(config, tmp_path):
    """What a person approved is moved, verified, with a note in its place; the rest stays."""
    choose(config, b"strategy meeting.docx", "move")

    night(config, "n2", move=True)

    assert 2 == seen(config, b"strategy meeting.docx")["state"]
    left = sorted(path.name for path in (tmp_path / "share" / "Temp").iterdir())
    assert ["locked.pdf", "strategy meeting.docx – moved to restricted storage.txt"] == left


def test_an_approval_is_for_those_bytes_only(config, tmp_path):
    """Edited after the approval, the paper is not moved: it waits for a person again."""
    choose(config, b"strategy meeting.docx", "move")
    path = tmp_path / "share" / "Temp" / "strategy meeting.docx"
    path.write_bytes(made.docx_bytes([*SECRET.split("\n\n"), "A line that nobody has seen when it was approved."]))

    night(config, "n2")

    one = seen(config, b"strategy meeting.docx")
    assert ("restrict", False) == (one["action"], one["automatic"])
    assert waits(config, b"strategy meeting.docx")


def test_what_was_left_stays_until_its_day(config):
    """Left with a reason, the paper is kept where it lies; on the day that was named it comes back and says why."""
    until = stages.now().date() + dt.timedelta(days=90)
    choose(config, b"strategy meeting.docx", "leave", reason="wanted by the panel", until=until.isoformat())

    night(config, "n2")
    one = seen(config, b"strategy meeting.docx")
    assert ("keep", "") == (one["action"], one["lane"])
    assert not waits(config, b"strategy meeting.docx")

    night(config, "n3", today=until)
    one = seen(config, b"strategy meeting.docx")
    assert ("review", "G") == (one["action"], one["lane"])
    assert f"wanted to see it again on {until}" in one["because"][0] + one["because"][1] + one["because"][2]


def test_other_bytes_bring_a_settled_paper_back(config, tmp_path):
    """Left where it lies, but edited since: it waits again, and says that its bytes have changed."""
    until = stages.now().date() + dt.timedelta(days=90)
    choose(config, b"strategy meeting.docx", "leave", reason="wanted by the panel", until=until.isoformat())
    path = tmp_path / "share" / "Temp" / "strategy meeting.docx"
    path.write_bytes(made.docx_bytes([*SECRET.split("\n\n"), "A line that nobody has seen when it was settled."]))

    night(config, "n2")

    one = seen(config, b"strategy meeting.docx")
    assert ("review", "G") == (one["action"], one["lane"])
    assert any("bytes have changed" in reason for reason in one["because"])
    assert waits(config, b"strategy meeting.docx")


def test_a_persons_class_and_date_decide_the_next_night(config):
    """The class and date that a person set are those that retention is counted by."""
    number = seen(config, b"locked.pdf")
    assert "D" == number["lane"]
    choose(config, b"locked.pdf", "trigger", **{"class": "LI-01", "trigger": "licence_expiry", "date": "2024-03-31"})

    night(config, "n2")

    one = seen(config, b"locked.pdf")
    assert ("LI-01", "owner") == (one["rule"], one["class_by"])


def test_what_nobody_can_read_is_labelled_by_a_person(config):
    """A locked file that a person called sensitive is treated as such from the next night on."""
    choose(config, b"locked.pdf", "label", primary="sensitive", tier="4")

    night(config, "n2")

    one = seen(config, b"locked.pdf")
    assert ("restrict", "person:records", 4) == (one["action"], one["by"], one["tier"])
