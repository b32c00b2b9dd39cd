"""Families in the catalogue: what a night finds, what lasts over nights, and what brings a settled item back."""

import datetime as dt

import pytest
from sqlalchemy import update

from retention.catalogue.tables import item, reading
from tests.retention.queue_rows import TODAY, Rows

TEXT = "the licence was reviewed after complaints by residents about the noise of the yard in the early hours of the morning"
OTHER = (
    "an entirely different sheet about the cleaning rota of the depot with the names of all who are on it this month"
)


@pytest.fixture
def rows(catalogue):
    """A catalogue with one night and no items."""
    return Rows(catalogue)


def shape(rows):
    """The open families as (kind, members)."""
    return sorted((one["kind"], one["members"]) for one in rows.families() if one["state"] == "open")


def test_a_second_night_changes_nothing(rows):
    """Families keep ids, keys and versions, however often the stage runs."""
    for number in range(5):
        rows.add(f"Licensing/Drivers/Case {number}/note.docx", rule="LI-01")
    rows.add("Temp/scan.pdf", lane="D", tier=None, primary=None, problem="no-text", class_by="default")
    first = rows.refresh()
    before = rows.families()

    assert {"items": 6, "families": 2, "new": 2, "changed": 0, "gone": 0} == first
    assert {"items": 6, "families": 2, "new": 0, "changed": 0, "gone": 0} == rows.refresh()
    assert before == rows.families()


def test_strictest_label_and_longest_retention_win(rows):
    """A family is shown by its strictest label and ends when its last member does."""
    early, late = dt.date(2020, 3, 31), dt.date(2031, 3, 31)
    rows.add("Temp/plan v1.docx", TEXT, tier=2, primary="personal", due=early, rule="GEN-01", lane="E")
    rows.add("Temp/plan v2.docx", TEXT + " Amen", tier=4, primary="sensitive", due=early, rule="DE-13", lane="A")
    rows.add("Temp/plan v3.docx", TEXT + " So be it", tier=3, primary="sensitive", due=late, rule="CF-04", lane="E")
    rows.refresh()

    (one,) = rows.families()
    told = {name: one[name] for name in ("kind", "tier", "primary", "lane", "rule", "due", "files", "leader_item_id")}
    assert told == {
        "kind": "versions",
        "tier": 4,
        "primary": "sensitive",
        "lane": "A",
        "rule": "CF-04",
        "due": late,
        "files": 3,
        "leader_item_id": 2,
    }


def test_permanent_outlasts_every_date(rows):
    """What is kept for good makes its family permanent."""
    rows.add("Temp/plan v1.docx", TEXT, due=dt.date(2090, 1, 1), rule="GEN-01")
    rows.add("Temp/plan v2.docx", TEXT, bytes="other", permanent=True, rule="DE-02")
    rows.refresh()

    (one,) = rows.families()
    assert (True, None, "DE-02") == (one["permanent"], one["due"], one["rule"])


def test_no_family_reaches_beyond_its_zone(rows):
    """The same bytes in two zones are two questions, for two owners."""
    rows.add("Temp/plan.docx", TEXT)
    rows.add("Licensing/plan.docx", TEXT)
    rows.refresh()

    assert [("single", [1]), ("single", [2])] == shape(rows)
    assert {"Licensing", "Temp"} == {one["zone"] for one in rows.families()}


def test_another_member_raises_the_version(rows):
    """Whoever looks at a family that has grown since is told so."""
    rows.add("Temp/plan v1.docx", TEXT)
    rows.refresh()
    rows.add("Temp/plan v2.docx", TEXT + " Amen")
    counts = rows.refresh()

    (one,) = rows.families()
    assert (2, [1, 2], 1) == (one["version"], one["members"], counts["changed"])


def test_what_waits_no_more_is_taken_out(rows):
    """An item that its decision takes out of the queue leaves its family; one that comes again finds it as it was."""
    rows.add("Temp/plan.docx", TEXT)
    rows.refresh()
    rows.decide(1, lane="")
    assert {"items": 0, "families": 0, "new": 0, "changed": 0, "gone": 1} == rows.refresh()
    assert [("gone", [])] == [(one["state"], one["members"]) for one in rows.families()]

    rows.decide(1, lane="E")
    rows.refresh()
    assert [(1, "open", [1])] == [(one["id"], one["state"], one["members"]) for one in rows.families()]


def test_settled_families_stay_settled(rows):
    """What a person has answered for is not asked again, night after night."""
    for number in range(3):
        rows.add(f"Licensing/Drivers/Case {number}/note.docx")
    rows.refresh()
    rows.settle(rows.families()[0]["id"])
    before = rows.families()

    assert {"items": 0, "families": 0, "new": 0, "changed": 0, "gone": 0} == rows.refresh()
    assert before == rows.families()


def test_a_new_item_does_not_open_what_is_settled(rows):
    """It comes before a person alone, in a family of its own."""
    rows.add("Licensing/Drivers/Case 1/note.docx")
    rows.refresh()
    rows.settle(1)
    rows.add("Licensing/Drivers/Case 2/note.docx")
    rows.refresh()

    done, new = rows.families()
    assert ("done", [1], "open", [2]) == (done["state"], done["members"], new["state"], new["members"])
    assert new["key"].partition(".")[0] == done["key"]
    rows.refresh()
    assert [done, new] == rows.families()


def edited(rows):
    """Other bytes lie at the place."""
    with rows.catalogue.begin() as connection:
        connection.execute(update(reading).where(reading.c.id == 1).values(sha256="f" * 64))


def moved(rows):
    """The item lies in another zone."""
    with rows.catalogue.begin() as connection:
        of = rows._folder(connection, b"Temp")
        connection.execute(update(item).where(item.c.id == 1).values(folder_id=of))


@pytest.mark.parametrize(
    "change",
    [
        edited,
        moved,
        lambda rows: rows.decide(1, tier=4),
        lambda rows: rows.decide(1, rule="LI-09"),
        lambda rows: rows.decide(1, lane="A"),
        lambda rows: rows.decide(1, rule="GEN-01", class_by="default"),
    ],
    ids=["bytes", "zone", "tier", "rule", "lane", "class lost"],
)
def test_a_change_brings_a_settled_item_back(rows, change):
    """Other bytes, another zone, a higher tier, another rule or another question: a person must look again, at this item alone."""
    rows.add("Licensing/Drivers/Case 1/note.docx", TEXT)
    rows.add("Licensing/Drivers/Case 2/other.docx", OTHER)
    rows.refresh()
    rows.settle(1)
    change(rows)
    rows.refresh()

    assert [("single", [1])] == shape(rows)
    assert [2] == rows.families()[0]["members"]


@pytest.mark.parametrize(
    "answer",
    [
        lambda rows: rows.decide(1, tier=1),
        lambda rows: (rows.relabel(1, by="person:ann", tier=4, primary="sensitive"), rows.decide(1, tier=4)),
        lambda rows: (rows.relabel(1, by="person:ann", tier=1, primary="official"), rows.decide(1, tier=1, lane="G")),
        lambda rows: rows.decide(1, rule="HR-02", class_by="owner"),
    ],
    ids=["lower tier", "person's label", "trace of a label", "person's class"],
)
def test_an_answer_is_no_new_question(rows, answer):
    """What a person has said of a label or a class changes the decision, and asks nothing anew."""
    rows.add("Licensing/Drivers/Case 1/note.docx", TEXT)
    rows.refresh()
    rows.settle(1)
    answer(rows)

    assert 0 == rows.refresh()["items"]


def test_what_was_left_comes_back_on_its_day(rows):
    """Left until a date means until that date, and not a day before."""
    rows.add("Temp/plan.docx", TEXT)
    rows.refresh()
    rows.settle(1, "left", review_on=dt.date(2027, 1, 31))

    assert 0 == rows.refresh(dt.date(2027, 1, 30))["items"]
    assert 1 == rows.refresh(dt.date(2027, 1, 31))["items"]


def test_a_tenth_is_drawn_at_random_and_stays_drawn(rows):
    """Which families are drawn does not change from night to night, and is about one in ten."""
    for number in range(300):
        rows.add(f"Temp/Sub {chr(97 + number % 26)}{chr(97 + number // 26)}/plan.docx", class_by="default")
    rows.refresh()
    drawn = {one["key"] for one in rows.families() if one["drawn"] == "random"}
    rows.refresh(TODAY + dt.timedelta(days=30))

    assert 12 <= len(drawn) <= 50
    assert drawn == {one["key"] for one in rows.families() if one["drawn"] == "random"}


def test_more_risk_comes_first(rows):
    """T4 where everybody can read it stands before T3 there, and both before what is due in its own place."""
    rows.add("Licensing/Drivers/Case 1/note.docx", tier=3, primary="sensitive", lane="E")
    rows.add("Temp/b.docx", tier=3, primary="sensitive", lane="A", class_by="default")
    rows.add("Temp/c.docx", tier=4, primary="sensitive", lane="A", class_by="default")
    rows.refresh()

    assert [[3], [2], [1]] == [one["members"] for one in sorted(rows.families(), key=lambda one: -one["risk"])]
