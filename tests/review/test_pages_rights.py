"""Every page beside the queue, asked by everybody: who gets what, and that nobody gets anything without signing in."""

from __future__ import annotations

import pytest

from retention.review.pages import disposal, exports, holds, log, morning, moves, nights, schedule, search
from tests.review.pages_world import HOSTILE, PEOPLE, World

ROLES = ("viewer", "reviewer", "owner", "manager", "approver", "auditor")
WHOLE = ("manager", "approver", "auditor")
# Path and who may open it. Markers: MINE and OTHER are a move, a list and an item in one's own zone and in another's.
PAGES = {
    "/": (*ROLES, "nobody"),
    "/morning": (*ROLES, "nobody"),
    "/nights": (*ROLES, "nobody"),
    "/nights/1": (*ROLES, "nobody"),
    "/moves": ROLES,
    "/moves?state=restricted&run=1&after=99": ROLES,
    "/moves/{mine}": ROLES,
    "/moves/{other}": WHOLE,
    "/moves/run/1": ("manager",),
    "/holds": ROLES,
    "/holds?ended=1": ROLES,
    "/holds/one?ref=inquiry-grooming-gangs": ROLES,
    "/holds/covers?ref=inquiry-grooming-gangs": ROLES,
    "/holds/new": ("manager",),
    "/schedule": ROLES,
    "/schedule?q=licence": ROLES,
    "/schedule/rule?ref=LI-01": ROLES,
    "/disposal": ROLES,
    "/disposal?ended=1": ROLES,
    "/disposal/list?ref=D-20261122-AAAAAA": ROLES,
    "/disposal/list?ref=D-20261122-BBBBBB": WHOLE,
    "/log": ("manager", "auditor"),
    "/log?every=1&actor=x&action=move&subject=y": ("manager", "auditor"),
    "/log/chain": ("manager", "auditor"),
    "/search": ROLES,
    "/search?q=letter": ROLES,
    "/search?class=LI-01&zone=Licensing&tier=2&label=personal&format=docx&lane=E": ROLES,
}
GONE = (
    "/nights/0",
    "/nights/99999999999999999999",
    "/nights/1/report",
    "/nights/docs/../../../strongroom.toml",
    "/nights/docs/%2e%2e/%2e%2e/catalogue.db",
    "/nights/docs/a%00b",
    "/holds/one?ref=nothing",
    "/holds/covers?draft=nothing",
    "/schedule/rule?ref=nothing",
    "/schedule/draft?name=../../strongroom",
    "/disposal/list?ref=nothing",
    "/disposal/certificate?ref=D-20261122-AAAAAA",
)
FORMS = {
    "/moves/{mine}/restore": ("manager",),
    "/moves/run/1/undo": ("manager",),
    "/holds/new": ("manager",),
    "/holds/template": ("manager",),
    "/holds/approve": ("manager", "approver"),
    "/holds/release": ("manager", "approver"),
    "/holds/review": ("manager",),
    "/schedule/draft": ("manager",),
    "/schedule/what-if": ("manager",),
    "/disposal/propose": ("manager",),
    "/disposal/approve": ROLES,
    "/disposal/withdraw": ROLES,
    "/export/queue": ("owner", "manager", "auditor"),
    "/export/log": ("owner", "manager", "auditor"),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Moves, holds, lists and items in one's own zone and in another's, with names that would deceive."""
    made = World(tmp_path_factory.mktemp("rights"))
    made.mine = made.moved(f"Licensing/Drivers/letter {HOSTILE}")
    made.other = made.moved("Temp/letter list.txt", b"other words")
    made.file(f"Licensing/Drivers/{HOSTILE}", b"more words")
    made.file("Temp/letter secret.txt", b"words of others")
    made.sealed("Licensing/Sealed/letter sealed.docx")
    made.rows.refresh()
    made.hold()
    made.list("D-20261122-AAAAAA", "Licensing", f"Licensing/{HOSTILE}")
    made.list("D-20261122-BBBBBB", "Temp", "Temp/letter elsewhere.txt")
    yield made
    made.close()


def filled(world, path):
    """A path with its numbers."""
    return path.replace("{mine}", str(world.mine)).replace("{other}", str(world.other))


@pytest.mark.parametrize("path", PAGES)
def test_each_page_opens_for_whom_it_is_meant(world, path):
    """A page answers those whose role and zones allow it; the others are told that they may not, or that nothing is there."""
    answers = {who: world.get(who, filled(world, path)) for who in PEOPLE if who != "second"}

    opened = {who for who, answer in answers.items() if answer.status_code in (200, 303)}
    assert set(PAGES[path]) == opened
    assert {answer.status_code for who, answer in answers.items() if who not in opened} <= {403, 404}
    assert world.get("", filled(world, path)).status_code == 401


@pytest.mark.parametrize("path", PAGES)
def test_no_page_lets_a_name_be_more_than_letters(world, path):
    """No answer holds markup, direction or terminal characters out of a name, nor an inline script, handler or style."""
    text = world.get("manager", filled(world, path)).text

    for bad in ("<img", "\u202e", "\x1b", "<script>", " style=", "onerror=alert(1)>", "javascript:"):
        assert bad not in text.replace("onerror=alert(1)&gt;", "")


@pytest.mark.parametrize("path", PAGES)
def test_who_answers_for_one_zone_sees_nothing_of_another(world, path):
    """On no page does an owner, reviewer or viewer find a name of another zone or of a sealed one."""
    for who in ("viewer", "reviewer", "owner", "nobody"):
        text = world.get(who, filled(world, path)).text
        assert [word for word in ("list.txt", "secret.txt", "elsewhere.txt", "sealed.docx") if word in text] == []
    assert "letter" not in world.get("nobody", filled(world, path)).text


@pytest.mark.parametrize("path", GONE)
def test_what_is_not_there_is_404(world, path):
    """Unknown references, numbers that are too large and ways out of a folder are all the same: nothing."""
    assert world.get("manager", path).status_code == 404


@pytest.mark.parametrize("path", FORMS)
def test_each_form_is_for_whom_it_is_meant(world, path):
    """A form of somebody without the right is refused, and so is everybody's without the form token."""
    with world.catalogue.read() as connection:
        before = world.head(connection)
    for who in PEOPLE:
        if who not in (*FORMS[path], "second"):
            assert world.post(who, filled(world, path), ref="D-20261122-BBBBBB", kind="csv").status_code in (403, 404)
        if who != "second":
            assert world.post(who, filled(world, path), token="forged", kind="csv").status_code == 403
    with world.catalogue.read() as connection:
        assert world.head(connection) == before


def test_an_owner_without_the_log_cannot_take_it_away(world):
    """The right to export is not the right to what is exported."""
    assert world.post("owner", "/export/log", kind="csv").status_code == 403
    assert world.post("owner", "/export/disposal", kind="csv", ref="D-20261122-BBBBBB").status_code == 404
    assert world.post("owner", "/export/nothing", kind="csv").status_code == 404


def test_every_route_of_these_pages_is_asked(world):
    """No route was added to these pages without standing in one of the tables above."""
    modules = (morning, moves, holds, schedule, disposal, log, nights, search, exports)
    asked = [("GET", filled(world, path).partition("?")[0]) for path in (*PAGES, *GONE)]
    asked += [("POST", filled(world, path)) for path in FORMS]

    routes = [route for module in modules for route in module.router(world.app.state.room).routes]
    left = [
        (method, route.path)
        for route in routes
        for method in route.methods
        if not any(method == one and route.path_regex.match(path) for one, path in asked)
    ]
    assert len(routes) > 30
    assert left == []
