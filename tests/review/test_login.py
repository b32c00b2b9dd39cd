"""The door: without a person nothing answers, and what a browser gets is guarded."""

import datetime as dt

import pytest
from sqlalchemy import select, update
from starlette.routing import Mount
from starlette.testclient import TestClient

from retention.catalogue.tables import event, person
from retention.review import login
from retention.review.app import create_app
from tests.review.conftest import ADDRESS, NOW, PASSWORD, token


def paths(app):
    """Every route of the app as (method, path with numbers put in)."""
    found = []
    for route in app.routes:
        if isinstance(route, Mount):
            continue
        for one in getattr(route, "effective_routes", None) or [route]:
            found += [(method, numbered(one.path)) for method in sorted(one.methods or ()) if method != "HEAD"]
    return found


def numbered(path):
    """A path with 1 for each of its parameters."""
    parts = ["1" if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


def test_there_are_routes(empty):
    """What the next tests go through is the whole of the app."""
    found = paths(empty.app)

    assert {("GET", "/queue"), ("POST", "/family/1/choose"), ("POST", "/choices/1/undo"), ("GET", "/log")} <= set(found)
    assert 15 <= len(found)


def test_without_a_login_nothing_answers(world):
    """Every route sends a stranger to the login or says 401; neither tells of anything that is there."""
    stranger = world.browser()

    for method, path in paths(world.app):
        if path == "/login":
            continue
        answer = stranger.request(method, path)
        assert (method, path, True) == (method, path, answer.status_code in (303, 401, 403, 411, 413))
        assert answer.headers.get("location", "/login") == "/login"
        assert "strategy" not in answer.text
    assert 303 == stranger.get("/no/such/page").status_code
    assert 401 == stranger.get("/queue", headers={"hx-request": "true"}).status_code


def test_the_style_may_be_seen_by_all(empty):
    """The login page needs its style."""
    assert 200 == empty.browser().get("/static/style.css").status_code
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py"):
        answer = empty.browser().get(path)
        assert answer.status_code in (303, 404)
        assert "create_app" not in answer.text


def test_wrong_passwords_tell_nothing_and_end_in_a_pause(world):
    """A known login and an unknown one get the same answer; the sixth try waits even with the right password."""
    stranger = TestClient(world.app, base_url=ADDRESS, follow_redirects=False)
    known, unknown = (stranger.post("/login", data={"name": name, "password": "x"}) for name in ("owner", "nemo"))

    assert (401, 401) == (known.status_code, unknown.status_code)
    assert known.text.replace("owner", "nemo") == unknown.text
    for _ in range(4):
        stranger.post("/login", data={"name": "owner", "password": "x"})
    assert 429 == stranger.post("/login", data={"name": "owner", "password": PASSWORD}).status_code
    with world.rows.catalogue.read() as connection:
        assert "login.paused" in set(connection.scalars(select(event.c.action)))


@pytest.mark.parametrize("change", [{"active": False}, {"epoch": 9}])
def test_a_disabled_person_is_out_at_once(world, change):
    """A session ends when the person is disabled or their password is changed."""
    browser = world.browser("viewer")
    assert 200 == browser.get("/queue").status_code

    with world.rows.catalogue.begin() as connection:
        connection.execute(update(person).where(person.c.name == "viewer").values(**change))

    assert 303 == browser.get("/queue").status_code


def test_a_session_ends(empty):
    """After ten hours one signs in again."""
    row = {"name": "viewer", "epoch": 1}
    browser = TestClient(empty.app, base_url=ADDRESS, follow_redirects=False)
    browser.cookies.set(login.COOKIE, login.issue(empty.app.state.room.key, row, NOW - dt.timedelta(hours=2)))

    assert 303 == browser.get("/queue").status_code


def test_signing_out_needs_the_token_and_forgets_the_cookie(empty):
    """Another site cannot sign anybody out; the person can."""
    browser = empty.browser("viewer")

    assert 403 == browser.post("/logout", data={}).status_code
    told = browser.post("/logout", data={"token": token(browser)})
    assert 303 == told.status_code
    assert "max-age=0" in told.headers["set-cookie"].lower()


def test_every_answer_is_guarded(world):
    """The policy lets nothing but our own files in, and nothing is stored."""
    for path in ("/queue", "/login", "/nowhere", "/family/1"):
        headers = world.browser("manager").get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "no-store" == headers["cache-control"]
        assert ("nosniff", "no-referrer") == (headers["x-content-type-options"], headers["referrer-policy"])


def test_the_cookie_is_for_us_alone(empty):
    """No script may read it and no other site sends it."""
    browser = TestClient(empty.app, base_url=ADDRESS, follow_redirects=False)

    told = browser.post("/login", data={"name": "viewer", "password": PASSWORD}).headers["set-cookie"].lower()

    assert "httponly" in told
    assert "samesite=strict" in told


def test_other_sites_cannot_post(world):
    """A form that another site sends is refused by its origin, whatever it carries."""
    browser = world.browser("manager")

    answer = browser.post("/logout", data={"token": token(browser)}, headers={"sec-fetch-site": "cross-site"})

    assert 403 == answer.status_code


def test_a_strange_host_is_refused(empty):
    """A name that somebody else's server points at this machine opens nothing."""
    app = create_app(empty.config, hosts=("127.0.0.1",))

    assert 400 == TestClient(app, base_url="http://evil.test").get("/login").status_code
    assert 200 == TestClient(app, base_url=ADDRESS).get("/login").status_code
    app.state.room.close()


def test_too_much_is_refused_before_it_is_read(empty):
    """A form of megabytes is none of ours."""
    assert 413 == empty.browser("manager").post("/queue/choose", content=b"x" * (2 << 20)).status_code
