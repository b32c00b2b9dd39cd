"""A decision in the catalogue: once, on what was seen, with a way back, and never more than was asked."""

import datetime as dt
import threading

import pytest
from sqlalchemy import func, select, update

from retention import judging
from retention.catalogue import events
from retention.catalogue.tables import (
    choice,
    choice_item,
    event,
    fact,
    family,
    item,
    label,
    member,
    sample,
    sample_item,
)
from tests.review.conftest import token

TEMP, LICENSING = 2, 1
CHOICES = [
    ("confirm", {}),
    ("label:official:1", {}),
    ("label:personal:3", {}),
    ("class", {"class": "LI-02"}),
    ("trigger", {"class": "LI-01", "trigger": "licence_expiry", "date": "2015-06-30"}),
    ("owner", {"owner": "Head of IT"}),
    ("leave", {"leave_reason": "used by the appeal panel", "until": "2027-05-01"}),
    ("refer", {"to": "legal", "refer_reason": "privileged?"}),
    ("wrong", {"label": "official:1"}),
]


def rows(world, table, *columns):
    """What a table holds, without ids and times."""
    with world.rows.catalogue.read() as connection:
        wanted = [table.c[name] for name in columns]
        return sorted(map(repr, connection.execute(select(*wanted)).all()))


def standing(world):
    """All that a decision may change and undo must bring back."""
    families = [{name: one[name] for name in one if name != "version"} for one in world.rows.families()]
    with world.rows.catalogue.read() as connection:
        labels = connection.execute(
            select(item.c.id, label.c.primary, label.c.tier, label.c.by).join(label, item.c.label_id == label.c.id)
        ).all()
    facts = rows(world, fact, "item_id", "kind", "value", "source", "by")
    kept = [one for one in families if one["state"] != "gone"]
    return kept, sorted(map(tuple, labels)), facts


def undo(world, name, number=1):
    """Take a decision back."""
    browser = world.browser(name)
    return browser.post(f"/choices/{number}/undo", data={"token": token(browser), "once": f"{number:032d}"})


@pytest.mark.parametrize(("verb", "more"), CHOICES)
def test_undo_restores_what_stood_before(world, verb, more):
    """Whatever was decided, taking it back leaves labels, facts and family as they were, and the log tells of both."""
    before = standing(world)

    assert 303 == world.choose("manager", LICENSING, verb, **more).status_code
    assert before != standing(world)
    assert 303 == undo(world, "manager").status_code

    assert before == standing(world)
    with world.rows.catalogue.read() as connection:
        told = list(connection.scalars(select(event.c.action).order_by(event.c.id)))
        assert events.verify(connection) is None
    assert [f"choice.{verb.partition(':')[0]}", "choice.undo"] == told


@pytest.mark.parametrize(("verb", "more"), CHOICES)
def test_a_form_sent_twice_is_one_decision(world, verb, more):
    """The same form again, as a double click sends it, changes nothing more."""
    sent = {"once": "f" * 32, "version": "1"}
    first = world.choose("manager", LICENSING, verb, **sent, **more)
    stood = standing(world)

    second = world.choose("manager", LICENSING, verb, **sent, **more)

    assert (303, 303) == (first.status_code, second.status_code)
    assert stood == standing(world)
    assert 1 == len(rows(world, choice, "verb"))


def test_two_clicks_at_once_are_one_decision(world):
    """Two threads with the same form: one choice, one label a file."""
    world.browser("manager").get("/queue")
    answers = []
    sent = {"once": "a" * 32, "version": "1"}
    threads = [
        threading.Thread(target=lambda: answers.append(world.choose("manager", TEMP, "confirm", **sent).status_code))
        for _ in range(2)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert [303, 303] == answers
    assert 1 == len(rows(world, choice, "verb"))
    with world.rows.catalogue.read() as connection:
        assert 2 == connection.scalar(select(func.count()).where(label.c.by == "person:manager"))


def test_what_changed_since_it_was_seen_is_shown_first(world):
    """A second person's form is answered with the newer state and does nothing."""
    assert 303 == world.choose("owner", LICENSING, "label:official:1").status_code
    before = standing(world)

    answer = world.choose("manager", LICENSING, "confirm", version="1")

    assert 409 == answer.status_code
    assert "Somebody changed this since you saw it" in answer.text
    assert "Official" in answer.text
    assert before == standing(world)


def test_one_decision_covers_the_family_and_spares_the_exceptions(world):
    """Two of three notes are decided; the third waits by itself, and undo puts it back."""
    before = standing(world)

    assert 303 == world.choose("manager", LICENSING, "label:official:1", spared="2").status_code

    with world.rows.catalogue.read() as connection:
        by_person = select(label.c.item_id).where(label.c.by == "person:manager")
        assert [1, 3] == sorted(connection.scalars(by_person))
    apart = world.family(world.of(2))
    assert ("open", "single", 1, "Licensing") == tuple(apart[name] for name in ("state", "kind", "files", "zone"))
    assert 303 == undo(world, "manager").status_code
    assert before == standing(world)


def test_an_exception_of_everything_decides_nothing(world):
    """When every file is spared there is nothing to decide."""
    answer = world.choose("manager", LICENSING, "confirm", spared=["1", "2", "3"])

    assert 422 == answer.status_code
    assert [] == rows(world, choice, "verb")


def test_another_familys_item_cannot_be_spared(world):
    """An id that is not of this family is passed over."""
    assert 303 == world.choose("manager", LICENSING, "confirm", spared="4").status_code
    assert TEMP == world.of(4)


def test_a_move_is_approved_for_these_very_bytes(world):
    """Approving a move enters the hash of what was seen."""
    assert 303 == world.choose("manager", TEMP, "move").status_code

    told = rows(world, fact, "kind", "value")
    assert 2 == len(told)
    assert all(judging.APPROVED in one for one in told)


def test_what_was_moved_is_not_undone_here(world):
    """Once the night has moved the files, the way back is the page of moves."""
    assert 303 == world.choose("manager", TEMP, "move").status_code
    with world.rows.catalogue.begin() as connection:
        connection.execute(update(item).where(item.c.id == 4).values(state=2))

    answer = undo(world, "manager")

    assert 409 == answer.status_code
    assert "page Moves" in answer.text


def test_only_the_newest_decision_is_taken_back(world):
    """An older decision on the same files waits until the newer one is taken back; twice is refused."""
    world.choose("manager", LICENSING, "owner", owner="Head of IT")
    world.choose("manager", LICENSING, "confirm")

    assert 409 == undo(world, "manager", 1).status_code
    assert 303 == undo(world, "manager", 2).status_code
    assert (
        409
        == world.browser("manager")
        .post("/choices/2/undo", data={"token": token(world.browser("manager")), "once": "z" * 32})
        .status_code
    )
    assert 303 == undo(world, "manager", 1).status_code


WRONG = [
    ("label:official:4", {}),
    ("label:secret:4", {}),
    ("label", {}),
    ("class", {"class": "NO-99"}),
    ("class", {}),
    ("trigger", {"class": "LI-01", "trigger": "case_closed", "date": "2015-06-30"}),
    ("trigger", {"class": "LI-01", "trigger": "licence_expiry", "date": "2199-01-01"}),
    ("trigger", {"class": "LI-01", "trigger": "licence_expiry", "date": "1899-12-31"}),
    ("leave", {"until": "2027-05-01"}),
    ("leave", {"leave_reason": "x", "until": "2026-11-22"}),
    ("leave", {"leave_reason": "x", "until": "2099-01-01"}),
    ("leave", {"leave_reason": "x" * 501, "until": "2027-05-01"}),
    ("refer", {"to": "the press"}),
    ("owner", {"owner": "Somebody else"}),
    ("move", {}),
]


@pytest.mark.parametrize(("verb", "more"), WRONG)
def test_what_makes_no_sense_is_refused_in_a_sentence(world, verb, more):
    """A tier that no such label has, an unknown class, a date to come, no reason: nothing changes and the card says why."""
    before = standing(world)

    answer = world.choose("manager", LICENSING, verb, **more)

    assert 422 == answer.status_code
    assert 'role="alert"' in answer.text
    assert before == standing(world)


def test_a_wrong_rule_is_named_in_the_choice(world):
    """What learns from decisions must know which rule a person called wrong."""
    world.choose("manager", TEMP, "wrong", label="official:1")

    (told,) = rows(world, choice, "verb", "detail")
    assert "'rule': 'model:m'" in told


def test_a_batch_decides_several_families_at_once(world):
    """Each picked family is one decision, bound to the version that was seen."""
    browser = world.browser("manager")
    form = {"token": token(browser), "once": "b" * 32, "verb": "label:official:1", "pick": ["1:1", "2:7"]}

    answer = browser.post("/queue/choose", data=form, headers={"hx-request": "true"})

    assert 200 == answer.status_code
    assert '{"decided": {"families": [1]}}' == answer.headers["hx-trigger"]
    assert "One was not decided" in answer.text
    assert ["done", "open"] == [one["state"] for one in world.rows.families()]


def test_a_label_answers_the_random_sample(world):
    """An item that was drawn to bound what was missed is answered by the decision on it, and the answer goes with undo."""
    with world.rows.catalogue.begin() as connection:
        told = {"run_id": 1, "zone": "Licensing", "pile": "personal", "population": 3, "seed": "s"}
        at = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
        number = connection.execute(sample.insert().values(**told, drawn_at=at).returning(sample.c.id)).scalar_one()
        connection.execute(sample_item.insert().values(sample_id=number, item_id=1))

    world.choose("manager", LICENSING, "label:official:1")
    assert ["('official', 'person:manager')"] == rows(world, sample_item, "answer", "by")

    undo(world, "manager")
    assert ["(None, '')"] == rows(world, sample_item, "answer", "by")


def test_a_choice_holds_no_name(world):
    """Names of files stand in folder and item only: neither choices nor the log repeat them."""
    for verb, more in CHOICES:
        world.choose("manager", LICENSING, verb, **more)
        undo(world, "manager", len(rows(world, choice, "verb")))

    told = rows(world, choice, "detail") + rows(world, choice_item, "before") + rows(world, event, "subject", "detail")
    assert not [one for one in told if "note.docx" in one or "Drivers" in one]


def test_the_next_card_comes_with_the_answer(world):
    """One request decides and brings the next card, the tally and the words for a screen reader."""
    answer = world.browser("manager").post(
        "/family/2/choose",
        data={
            "token": token(world.browser("manager")),
            "once": "n" * 32,
            "version": "1",
            "verb": "confirm",
            "next": "1",
        },
        headers={"hx-request": "true"},
    )

    assert 'data-family="1"' in answer.text
    assert "1 decided today" in answer.text
    assert 'role="status" aria-live="polite" hx-swap-oob="true"' in answer.text


def test_the_days_decisions_can_be_seen_and_taken_back(world):
    """The page of today lists them with a way back each."""
    world.choose("manager", LICENSING, "confirm")

    told = world.browser("manager").get("/choices").text

    assert "Confirm" in told
    assert "/choices/1/undo" in told


def test_members_stay_with_their_family(world):
    """A decision without exceptions moves nobody."""
    world.choose("manager", LICENSING, "confirm")

    assert ["(1, 1, False)", "(2, 1, False)", "(3, 1, False)"] == rows(
        world, member, "item_id", "family_id", "excepted"
    )[:3]
    assert 2 == world.family(LICENSING)["version"]
    with world.rows.catalogue.read() as connection:
        assert "done" == connection.scalar(select(family.c.state).where(family.c.id == LICENSING))
