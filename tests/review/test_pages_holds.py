"""Holds on the pages: placed by one, confirmed by another, released by two, shown in full only to some, counted before and after."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import select

from retention.catalogue import holds as kept
from retention.catalogue.tables import event
from tests.review.pages_world import HOSTILE, World

FORM = {"title": "Matter A", "kind": "litigation", "authority": "CPR PD 31B", "reason": "A claim by Q", "verb": "place"}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Files in two zones, one of them a copy that lies in the other."""
    made = World(tmp_path_factory.mktemp("holds"))
    made.file("Licensing/Drivers/one.txt", b"one", bytes="same")
    made.file("Licensing/Drivers/two.txt", b"two")
    made.file("Temp/copy of one.txt", b"one", bytes="same")
    made.file("Temp/Elsewhere/three.txt", b"three")
    yield made
    made.close()


def placed(world, ref, **more):
    """Place a hold as the records manager."""
    return world.post("manager", "/holds/new", **{**FORM, "ref": ref, "paths": "Licensing/Drivers", **more})


def hold(world, ref):
    """The hold as it stands."""
    with world.catalogue.read() as connection:
        return kept.named(connection, ref)


def logged(world, ref):
    """What the log says of a hold, with who did it."""
    with world.catalogue.read() as connection:
        rows = connection.execute(
            select(event.c.actor, event.c.action).where(event.c.subject == ref).order_by(event.c.id)
        )
        return [tuple(row) for row in rows]


def counted(world, who, path):
    """The count of a hold once it is made."""
    for _ in range(200):
        text = world.get(who, path, **{"hx-request": "true"}).text
        if "Counting" not in text:
            return text
        time.sleep(0.05)
    raise AssertionError(text)


def test_a_hold_goes_from_one_person_to_the_next(world):
    """Placed, confirmed by another, asked to be released and agreed to by a third hand, with each step in the log once."""
    for _ in range(2):
        assert placed(world, "h/1").status_code == 303
    assert world.post("manager", "/holds/approve", ref="h/1").status_code == 409
    for _ in range(2):
        assert world.post("approver", "/holds/approve", ref="h/1").status_code == 303
    for who in ("manager", "manager", "approver"):
        assert world.post(who, "/holds/release", ref="h/1").status_code == 303

    found = hold(world, "h/1")
    assert [one.by for one in (found.placed, found.approved, *found.releases)] == [
        *("manager", "approver", "manager", "approver")
    ]
    assert found.released_on is not None
    assert logged(world, "h/1") == [
        ("person:manager", "hold-placed"),
        ("person:approver", "hold-approved"),
        ("person:manager", "hold-release"),
        ("person:approver", "hold-release"),
    ]
    assert "h/1" in world.get("viewer", "/holds?ended=1").text


def test_another_hold_of_the_same_reference_is_not_placed(world):
    """Whoever takes a reference that is used is shown what stands there, and nothing is changed."""
    placed(world, "h-2")
    answer = placed(world, "h-2", title="Matter B")

    assert answer.status_code == 409
    assert hold(world, "h-2").title == "Matter A"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 201),
        ("authority", " "),
        ("paths", ""),
        ("kind", "gossip"),
        ("ref", "a b"),
        ("ref", "../etc"),
        ("since", "yesterday"),
        ("items", "12; x"),
        ("hashes", "abc"),
        ("keywords", ";".join("abcdef" for _ in range(1001))),
    ],
)
def test_a_form_that_cannot_be_used_places_nothing(world, field, value):
    """What is missing or cannot be read is said, what was typed stays in the form, and no hold is placed."""
    answer = world.post("manager", "/holds/new", **{**FORM, "ref": "h-bad", "paths": "Licensing", field: value})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "holds.fault" not in answer.text
    assert hold(world, "h-bad" if field != "ref" else value) is None


def test_what_a_hold_is_about_is_not_for_everybody(world):
    """Reason, kind and scope are shown to those who place, confirm or audit; an access list narrows that to whom it names."""
    placed(world, "h-secret")
    world.hold()
    page = "/holds/one?ref=h-secret"

    for who in ("manager", "second", "approver", "auditor"):
        assert "A claim by Q" in world.get(who, page).text
    for who in ("viewer", "reviewer", "owner"):
        assert not {"A claim by Q", "CPR PD 31B", "Licensing/Drivers"} & {
            word for word in ("A claim by Q", "CPR PD 31B", "Licensing/Drivers") if word in world.get(who, page).text
        }
    inquiry = "/holds/one?ref=inquiry-grooming-gangs"
    assert "Grooming" in world.get("manager", inquiry).text
    assert "Grooming" not in world.get("approver", inquiry).text
    assert world.post("approver", "/holds/approve", ref="inquiry-grooming-gangs").status_code == 403


def test_what_a_hold_covers_is_counted_by_zone(world):
    """A count has whole folders and copies elsewhere in it; who answers for one zone sees the others as one number."""
    placed(world, "h-count")
    page = "/holds/covers?ref=h-count"

    assert ">Temp<" in counted(world, "manager", page)
    mine = counted(world, "owner", page)
    assert ">Temp<" not in mine
    assert "1 file in a zone that is not yours" in mine


def test_a_count_before_placing_places_nothing(world):
    """Counting first shows what would be covered, keeps what was typed, and only its asker may look at it."""
    answer = placed(world, "h-draft", verb="count", title=HOSTILE)
    draft = answer.text.split("covers?draft=")[1].split('"')[0]

    assert answer.status_code == 200
    assert "&lt;img" in answer.text
    assert "<img" not in answer.text
    assert ">Licensing<" in counted(world, "manager", f"/holds/covers?draft={draft}")
    assert world.get("second", f"/holds/covers?draft={draft}").status_code == 404
    assert hold(world, "h-draft") is None


def test_a_review_date_lies_ahead_and_ends_nothing(world):
    """A review may be set to a day that comes; days that are over, far off or none are refused."""
    placed(world, "h-review")
    far = {"2001-01-01": 409, "9999-01-01": 409, "soon": 409}

    for day, status in far.items():
        assert world.post("manager", "/holds/review", ref="h-review", review=day).status_code == status
    assert world.post("manager", "/holds/review", ref="nothing", review="2001-01-01").status_code == 404


def test_the_templates_are_offered_until_they_stand(world):
    """A ready-made hold is placed with one press, and then no longer offered."""
    assert "UK Covid-19 Inquiry" in world.get("manager", "/holds").text
    for _ in range(2):
        assert world.post("manager", "/holds/template", template="covid-19").status_code == 303
    assert world.post("manager", "/holds/template", template="nothing").status_code == 400
    assert 'value="covid-19"' not in world.get("manager", "/holds").text
