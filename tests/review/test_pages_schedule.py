"""The schedule on the pages: searched, explained, and a draft tried out without ever being in force."""

from __future__ import annotations

import time

import pytest

from retention import schedule
from tests.review.pages_world import World


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Some files of a class, and the schedule that comes with the product."""
    made = World(tmp_path_factory.mktemp("schedule"))
    for number in range(3):
        made.file(f"Licensing/Drivers/{number}.txt", b"%d" % number)
    yield made
    made.close()


def sent(world, text, who="manager", **more):
    """Send a draft as a file."""
    return world.post(who, "/schedule/draft", {"draft": ("draft.csv", text, "text/csv")}, **more)


def draft():
    """The shipped schedule with one class changed and one left out."""
    lines = schedule.dump(schedule.shipped()).splitlines()
    lines = [line.replace(",P", ",P1", 1) if line.startswith("LI-01,") else line for line in lines]
    return "\n".join(line for line in lines if not line.startswith("AC-07,")) + "\n"


def test_the_schedule_is_searched_in_words(world):
    """Every word must stand somewhere in the row; classes are explained in words, with how many files are theirs."""
    page = world.get("viewer", "/schedule?q=LI-01").text

    assert "/schedule/rule?ref=LI-01" in page
    assert "/schedule/rule?ref=AC-01" not in page
    assert "3 files" in world.get("viewer", "/schedule/rule?ref=LI-01").text
    assert "No class says that." in world.get("viewer", "/schedule?q=%3Cimg%3E+zzz").text


def test_a_draft_is_compared_and_tried_out(world):
    """A draft shows what it changes and, when asked, what it would do; it is never in force."""
    where = sent(world, draft()).headers["location"]
    page = world.get("manager", where).text
    assert "AC-07" in page
    assert "removed" in page
    assert sent(world, draft()).headers["location"] == where
    name = where.partition("name=")[2]

    assert world.post("manager", "/schedule/what-if", name=name).status_code == 303
    for _ in range(400):
        page = world.get("manager", where).text
        if "files compared" in page:
            break
        time.sleep(0.05)

    assert "3 files compared." in page
    assert world.get("manager", "/schedule").text.count(f"name={name}") == 1
    assert "AC-07" in world.get("viewer", "/schedule").text
    assert world.get("viewer", where).status_code == 403


@pytest.mark.parametrize(
    "text",
    ["/etc/passwd", "ref,function\nX-1,a\n", '<img src=x onerror="alert(1)">', "\x00\x01", "ref;a\n" * 3, '"unclosed'],
)
def test_what_is_no_schedule_is_said_to_be_none(world, text):
    """Anything else than a schedule is read as a schedule with faults, never as a path, and shown as letters."""
    page = world.get("manager", sent(world, text).headers["location"])

    assert page.status_code == 200
    assert "cannot be read" in page.text
    assert "root:" not in page.text
    assert "<img" not in page.text


def test_an_upload_needs_the_right_and_the_token(world):
    """Others may not send drafts; without its token, empty or too large, nothing is kept."""
    folder = world.config.state / "review" / "drafts"
    before = sorted(folder.glob("*"))

    assert sent(world, draft() + "#", who="viewer").status_code == 403
    assert sent(world, draft() + "##", token="x").status_code == 403
    assert sent(world, "").status_code == 400
    assert sent(world, "a" * 1_100_000).status_code == 413
    assert sorted(folder.glob("*")) == before


def test_a_draft_in_the_state_folder_is_for_us_alone(world):
    """Drafts lie in files that no other login can read."""
    sent(world, draft())
    folder = world.config.state / "review" / "drafts"

    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
