"""The pages beside the queue in a real Chromium: nothing serious for axe, nothing wider than the window, no name that does anything."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.review.browsing import browser, needs_browser, served
from tests.review.pages_world import HOSTILE, PEOPLE, World

pytestmark = needs_browser
PATHS = (
    "/morning",
    "/moves",
    "/moves/1",
    "/moves/run/1",
    "/holds",
    "/holds/one?ref=inquiry-grooming-gangs",
    "/holds/new",
    "/schedule?q=licence",
    "/schedule/rule?ref=LI-01",
    "/disposal",
    "/disposal/list?ref=D-20261122-AAAAAA",
    "/log?every=1",
    "/log/chain",
    "/nights",
    "/nights/1",
    "/search?q=onerror",
)
# 1,280 pixels, and the same window at 200 % zoom.
WIDTHS = (1280, 640)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A council whose files have the worst of names."""
    made = World(tmp_path_factory.mktemp("browser"))
    made.moved(f"Licensing/Drivers/{HOSTILE}")
    made.moved("Licensing/Drivers/" + "nobreak" * 30 + ".txt", b"b")
    made.file(f"Temp/{HOSTILE}/{HOSTILE}", b"c")
    made.rows.refresh()
    made.hold()
    made.list("D-20261122-AAAAAA", "Licensing", f"Licensing/{HOSTILE}", "Licensing/" + "x" * 200)
    yield made
    made.close()


def test_every_page_is_sound_in_a_browser(world):
    """At full width and at 200 % zoom no page scrolls sideways, breaks the policy, opens a dialog, or asks for anything of others."""
    odd, wide, serious = [], [], []
    assert "manager" in PEOPLE
    with served(world) as address, browser() as started:
        for width in WIDTHS:
            context = started.new_context(
                viewport={"width": width, "height": 900}, extra_http_headers={"x-who": "manager"}
            )
            page = context.new_page()
            page.on("dialog", lambda dialog: (odd.append(dialog.message), dialog.dismiss()))
            page.on("pageerror", lambda error: odd.append(str(error)))
            page.on("console", lambda said: odd.append(said.text) if said.type == "error" else None)
            page.on("request", lambda asked: None if asked.url.startswith(address) else odd.append(asked.url))
            for path in PATHS:
                page.goto(address + path)
                page.wait_for_selector("html.scripted")
                over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                wide += [(path, width, over)] if over > 0 else []
                found = Axe().run(page).response["violations"]
                serious += [(path, width, one["id"]) for one in found if one["impact"] in ("serious", "critical")]
            context.close()

    assert (odd, wide, serious) == ([], [], [])


def test_a_run_is_undone_in_a_browser(world):
    """By keyboard and with a tick, a run is put back; the page itself goes on to say when nothing is left."""
    with served(world) as address, browser() as started:
        page = started.new_context(extra_http_headers={"x-who": "manager"}).new_page()
        page.goto(f"{address}/moves/run/1")
        page.focus("input[name=sure]")
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Nothing of this run is left", timeout=30_000)

        assert page.url.startswith(f"{address}/moves/run/1")
