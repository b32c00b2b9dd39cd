"""The pages in Chromium: by keyboard alone, for everybody, at any size, and deaf to hostile names."""

import re

import pytest
from sqlalchemy import func, select

from retention.catalogue.tables import choice
from tests.review.browsing import Watched, browser, needs_browser, served
from tests.review.conftest import Master, master
from tests.review.test_escaping import hostile, hostile_master

pytestmark = [needs_browser, pytest.mark.browser]
__all__ = ["hostile", "hostile_master"]  # fixtures of another file


@pytest.fixture(scope="module")
def chromium():
    """One Chromium for all tests of this file."""
    with browser() as started:
        yield started


@pytest.fixture(scope="session")
def long_master(tmp_path_factory) -> Master:
    """Sixty families wait."""

    def fill(rows):
        lanes = ({"lane": "A", "action": "restrict", "tier": 4, "primary": "sensitive"}, {"lane": "C"}, {"lane": "E"})
        for number in range(60):
            rows.add(
                f"Temp/Case {number}/paper.docx",
                rule=f"LI-{number:02}",
                by=f"rule:{number}",
                **lanes[number % 3],
            )
        rows.refresh()

    return master(tmp_path_factory.mktemp("long"), fill)


@pytest.fixture
def long(long_master, tmp_path):
    """The app with a morning's work."""
    made = long_master.copy(tmp_path)
    yield made
    made.app.state.room.close()


def decided(world):
    """How many choices stand."""
    with world.rows.catalogue.read() as connection:
        return connection.scalar(
            select(func.count()).select_from(choice).where(choice.c.undone_by.is_(None), choice.c.undoes.is_(None))
        )


def current(page):
    """The family whose card is open."""
    return page.locator("#card [data-family]").first.get_attribute("data-family")


def press(page, *keys):
    """Press keys, and wait until another card is there."""
    before = current(page)
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_function(
        "before => document.querySelector('#card [data-family]')?.dataset.family !== before", arg=before
    )


def test_fifty_families_are_decided_by_keyboard_alone(chromium, long):
    """Confirm, correct, move, refer: no mouse, the count runs, and nothing odd happens on the way."""
    with served(long) as address:
        seen = Watched(chromium, long, address, viewport={"width": 1280, "height": 800})
        page = seen.open("/queue")
        waiting = len(long.rows.families())
        assert 50 < waiting
        for number in range(50):
            if number % 10 == 7:
                page.keyboard.press("r")
                page.keyboard.press("Tab")
                press(page, *"see", "Enter")
            else:
                press(page, ("c", "2", "c", "1")[number % 4])

        assert 50 == decided(long)
        assert "50 decided today" in page.inner_text("#tally")
        assert "Next" in page.text_content("#said")
        assert [] == seen.odd
        assert waiting - 50 == page.locator("#rows > .row").count()
        assert page.locator("#rows > .row.current").count() == 1


def test_undo_help_exceptions_and_batches_have_keys(chromium, long):
    """Undo has z; ? shows the keys, j and k go on and back, x picks several that c then decides together."""
    with served(long) as address:
        seen = Watched(chromium, long, address, viewport={"width": 1280, "height": 800})
        page = seen.open("/queue")
        first = current(page)
        press(page, "c")
        assert 1 == decided(long)
        press(page, "z")
        assert (0, first) == (decided(long), current(page))

        page.keyboard.press("?")
        assert page.locator("dialog#keys").is_visible()
        page.keyboard.press("Escape")
        assert not page.locator("dialog#keys").is_visible()

        page.goto(f"{address}/queue")
        page.wait_for_selector("html.scripted")
        press(page, "j")
        page.keyboard.press("x")
        press(page, "j")
        page.keyboard.press("x")
        assert "2 picked" in page.inner_text("#picked")
        page.keyboard.press("c")
        page.wait_for_function("() => document.querySelector('#tally').dataset.choices === '2'")
        assert 2 == decided(long)
        assert [] == seen.odd


def test_a_panel_opens_by_key_and_enter_does_what_it_says(chromium, long):
    """v, a reason, Enter: left until a day; without a reason the card says what is missing."""
    with served(long) as address:
        seen = Watched(chromium, long, address)
        page = seen.open("/queue")
        page.keyboard.press("v")
        page.keyboard.press("Enter")
        page.wait_for_selector(".fault[role=alert]")
        assert "Say why" in page.inner_text(".fault")
        page.keyboard.press("v")
        page.keyboard.type("wanted by the panel")
        press(page, "Enter")

        assert 1 == decided(long)
        assert not [one for one in seen.odd if "422" not in one]


@pytest.mark.parametrize("width", [1280, 640, 320])
@pytest.mark.parametrize("path", ["/queue", "/choices", "/family/1"])
def test_nothing_scrolls_sideways(chromium, long, width, path):
    """At 1,280 pixels, at 200 % of that, and at 400 %, every page fits its window."""
    with served(long) as address:
        seen = Watched(chromium, long, address, viewport={"width": width, "height": 800})
        page = seen.open(path)

        assert width == page.evaluate("document.documentElement.scrollWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(chromium, long, scheme):
    """WCAG 2.2 AA, as far as a machine can tell: the login, the queue with open panels, a card, the day, in both schemes."""
    from axe_playwright_python.sync_playwright import Axe

    found = []
    with served(long) as address:
        seen = Watched(chromium, long, address, color_scheme=scheme)
        for path in ("/login", "/queue", "/family/1", "/choices"):
            page = seen.open(path)
            page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
            told = Axe().run(page).response
            found += [
                (path, one["id"], one["nodes"][0]["html"])
                for one in told["violations"]
                if one["impact"] in ("serious", "critical")
            ]

    assert [] == found


def test_hostile_names_do_nothing(chromium, hostile):
    """Every card of a hostile name: no dialog, no request elsewhere, no breach of the policy, no element that is not ours."""
    with served(hostile) as address:
        seen = Watched(chromium, hostile, address, viewport={"width": 1280, "height": 800})
        page = seen.open("/queue")
        elements = page.evaluate("[...new Set([...document.querySelectorAll('*')].map(e => e.localName))]")
        assert not {"img", "iframe", "object", "embed", "base", "marquee", "style"} & set(elements)
        for _ in range(min(60, page.locator("#rows > .row").count() - 1)):
            press(page, "j")
            name = page.inner_text("#card-title")
            assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b\u200b]", name)
        assert 1280 == page.evaluate("document.documentElement.scrollWidth")

    assert [] == seen.odd


def test_without_a_script_the_forms_still_work(chromium, long):
    """Where scripts are off, links open cards and buttons decide."""
    with served(long) as address:
        seen = Watched(chromium, long, address, java_script_enabled=False)
        seen.page.goto(f"{address}/queue")
        seen.page.click("#card button[value=confirm]")

        assert 1 == decided(long)
        assert seen.page.url.startswith(f"{address}/queue")
