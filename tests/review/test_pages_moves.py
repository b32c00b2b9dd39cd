"""Moves on the pages: who sees which, the way back of one and of a run, and names that would deceive."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import select

from retention.catalogue.tables import event, move
from tests.review.pages_world import HOSTILE, World

SEES = ("viewer", "reviewer", "owner", "manager", "approver", "auditor")


@pytest.fixture(scope="module")
def still(tmp_path_factory):
    """A council that the tests only look at: two moves in one's own zone and one in another's."""
    made = filled(tmp_path_factory.mktemp("moves"))
    yield made
    made.close()


@pytest.fixture
def world(tmp_path):
    """The same for one test, to change."""
    made = filled(tmp_path)
    yield made
    made.close()


def filled(base):
    """Make the council."""
    made = World(base)
    made.mine = made.moved("Licensing/Drivers/letter.txt")
    made.odd = made.moved(f"Licensing/Drivers/{HOSTILE}")
    made.other = made.moved("Temp/list.txt", b"other words")
    return made


def step(world, number):
    """How far a move has come."""
    with world.catalogue.read() as connection:
        return connection.execute(select(move.c.step).where(move.c.id == number)).scalar_one()


@pytest.mark.parametrize("who", SEES)
def test_moves_are_listed_by_the_zones_of_the_person(still, who):
    """Who has a role sees the moves of their zones, and no sign of the others."""
    page = still.get(who, "/moves").text

    assert "letter.txt" in page
    assert ("list.txt" in page) == (who in ("manager", "approver", "auditor"))
    assert still.get(who, f"/moves/{still.mine}").status_code == 200
    assert still.get(who, f"/moves/{still.other}").status_code == (
        200 if who in ("manager", "approver", "auditor") else 404
    )


def test_without_a_role_no_move_is_shown(still):
    """An operator without a role gets no list and no card; nobody gets anything without signing in."""
    assert still.get("nobody", "/moves").status_code == 403
    assert still.get("nobody", f"/moves/{still.mine}").status_code == 403
    assert still.get("", "/moves").status_code == 401


@pytest.mark.parametrize("number", ["0", "99999", "99999999999999999999999", "x", "-1"])
def test_a_move_that_is_not_there_is_404(still, number):
    """Numbers that stand for nothing, however large, are answered in words."""
    assert still.get("manager", f"/moves/{number}").status_code in (404, 422)
    assert still.get("manager", f"/moves/run/{number}").status_code in (404, 422)


def test_a_hostile_name_is_shown_as_letters(still):
    """A name with markup, direction and terminal characters is text on the page."""
    for page in ("/moves", f"/moves/{still.odd}"):
        text = still.get("manager", page).text
        assert "<img" not in text
        assert "\u202e" not in text
        assert "\x1b" not in text
        assert "{{7*7}}" in text


@pytest.mark.parametrize("who", ["viewer", "reviewer", "owner", "approver", "auditor", "nobody"])
def test_only_a_records_manager_puts_back(still, who):
    """No other role restores or undoes, and nothing happens."""
    assert still.post(who, f"/moves/{still.mine}/restore", seen="removed", sure="yes").status_code == 403
    assert still.post(who, f"/moves/run/{still.rows.run}/undo", seen="3", sure="yes").status_code == 403
    assert still.get(who, f"/moves/run/{still.rows.run}").status_code == 403
    assert step(still, still.mine) == "removed"


def test_a_move_is_put_back_once(world):
    """Restored with a confirmation, the file lies at its place; the form sent twice changes nothing more."""
    for _ in range(2):
        answer = world.post("manager", f"/moves/{world.mine}/restore", seen="removed", sure="yes")
        assert answer.status_code == 303

    assert (world.base / "share/Licensing/Drivers/letter.txt").read_bytes() == b"some words of a record"
    page = world.get("manager", answer.headers["location"]).text
    assert "It lies at its old place again." in page
    with world.catalogue.read() as connection:
        done = connection.execute(select(event.c.actor).where(event.c.action == "move.returned")).scalars().all()
    assert done == ["person:manager"]


def test_a_restore_needs_token_confirmation_and_what_was_seen(still):
    """A form without its token, its tick or the state that was shown is refused."""
    path = f"/moves/{still.mine}/restore"

    assert still.post("manager", path, seen="removed", sure="yes", token="x").status_code == 403
    assert still.post("manager", path, seen="removed").status_code == 409
    assert still.post("manager", path, seen="taken", sure="yes").status_code == 409
    assert step(still, still.mine) == "removed"


def test_a_run_is_undone_whole(world):
    """Undoing a run puts every file of it back, says so in the log, and asking again does nothing."""
    path = f"/moves/run/{world.rows.run}"
    assert "3 files return" in world.get("manager", path).text
    assert world.post("manager", f"{path}/undo", seen="2", sure="yes").status_code == 409

    assert world.post("manager", f"{path}/undo", seen="3", sure="yes").status_code == 303
    for _ in range(200):
        if "Nothing of this run is left" in world.get("manager", path).text:
            break
        time.sleep(0.05)

    assert [step(world, number) for number in (world.mine, world.odd, world.other)] == ["returned"] * 3
    assert world.post("manager", f"{path}/undo", seen="3", sure="yes").headers["location"].endswith("moves.undone")
    with world.catalogue.read() as connection:
        assert connection.execute(select(event.c.detail).where(event.c.action == "run-undo")).scalars().all() == [
            {"moves": 3}
        ]


def test_the_list_goes_on_where_it_stopped(world):
    """More moves than a page has are reached by going on, each once."""
    for number in range(55):
        world.moved(f"Licensing/Many/{number}.txt", b"%d" % number)
    first = world.get("viewer", "/moves").text
    onward = first.split('class="onward"><a class="button" href="')[1].split('"')[0].replace("&amp;", "&")
    second = world.get("viewer", onward).text

    def names(page):
        return {number for number in range(55) if f">{number}.txt<" in page}

    assert len(names(first)) == 50
    assert names(first) | names(second) == set(range(55))
    assert names(first) & names(second) == set()
