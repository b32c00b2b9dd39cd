"""A look at the text of an item: with a purpose, logged first, text only, kept nowhere."""

import pytest
from sqlalchemy import select, update

from retention.catalogue.tables import event, folder
from tests import made
from tests.review.conftest import token

WORDS = "Zebraquartz lanterns were discussed <b>at length</b>."


@pytest.fixture
def real(world):
    """The world with a real document behind the first family."""
    path = world.config.share[0].root / "Licensing" / "Drivers" / "Case 1" / "note.docx"
    path.parent.mkdir(parents=True)
    path.write_bytes(made.docx_bytes([WORDS]))
    return world


def look(world, name="reviewer", number=1, purpose="checking the label"):
    """Ask for a preview."""
    browser = world.browser(name)
    return browser.post(f"/family/{number}/preview", data={"token": token(browser), "purpose": purpose})


def logged(world):
    """Who looked at what, and what for."""
    with world.rows.catalogue.read() as connection:
        rows = connection.execute(select(event.c.actor, event.c.subject, event.c.detail)).all()
    return [(row.actor, row.subject, row.detail.get("purpose")) for row in rows]


def test_the_text_is_shown_under_the_persons_name(real):
    """Text only, escaped, with who looked and when, never stored by the browser, and the log tells of it."""
    answer = look(real)

    assert 200 == answer.status_code
    assert "Zebraquartz lanterns" in answer.text
    assert "&lt;b&gt;at length" in answer.text
    assert "Shown to Reviewer" in answer.text
    assert 'class="watermark"' in answer.text
    assert "no-store" == answer.headers["cache-control"]
    assert [("person:reviewer", "item:1", "checking the label")] == logged(real)


def test_a_look_at_what_is_gone_is_logged_too(world):
    """The log comes before the first byte, so a look that failed stands in it as well."""
    answer = look(world)

    assert "cannot be read now" in answer.text
    assert [("person:reviewer", "item:1", "checking the label")] == logged(world)


@pytest.mark.parametrize("purpose", ["", "   ", "a\nb", "x" * 301])
def test_without_a_purpose_nothing_is_read(real, purpose):
    """What for is asked in one line, and nothing is read before it is told."""
    answer = look(real, purpose=purpose)

    assert 422 == answer.status_code
    assert "Zebraquartz" not in answer.text
    assert [] == logged(real)


def test_a_sealed_place_is_never_opened(real):
    """A zone that was sealed since stays shut, whatever the role."""
    with real.rows.catalogue.begin() as connection:
        connection.execute(update(folder).values(sealed=True))

    answer = look(real, "manager")

    assert 403 == answer.status_code
    assert "Zebraquartz" not in answer.text
    assert [] == logged(real)


def test_nothing_of_the_text_is_kept(real):
    """After a look no file of ours holds a word of it."""
    look(real)

    kept = [path for path in real.config.state.rglob("*") if path.is_file()]
    assert kept
    assert [] == [path.name for path in kept if b"ebraquartz" in path.read_bytes()]
