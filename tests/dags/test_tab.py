"""The review pages as a tab of a real Airflow: its login is the only door, and Strongroom's roles are the only rights."""

import json
import re
import subprocess
import sys
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import sync_playwright

from retention import config
from retention.launch import settings
from retention.launch.logins import USERS
from retention.launch.processes import client
from retention.review.app import create_app
from tests.dags.small_share import CANARY, PEOPLE, TEXTS

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(600)]

NAMES = ("broken.pdf", "report.docx", *TEXTS)


@pytest.fixture(scope="module")
def signed_in(up):
    """Gives a browser's session for a login of Airflow's, as its cookie makes one."""
    words = settings.passwords(up.home)
    sessions = []

    def session(name):
        with httpx.Client(base_url=up.address, timeout=120) as door:
            told = door.post("/auth/token", json={"username": name, "password": words[name]})
        assert told.status_code == 201, name
        made = httpx.Client(base_url=up.address, timeout=120, cookies={"_token": told.json()["access_token"]})
        sessions.append(made)
        return made

    yield session
    for one in sessions:
        one.close()


@pytest.fixture(scope="module")
def routes(place):
    """Every address of the pages with the methods that it takes; what is named in it stands for the first of its kind."""
    app = create_app(config.load(place / "strongroom.toml"), lambda _request: None)
    found = {
        (method, re.sub(r"\{[^}]+\}", "1", route.path))
        for route in app.routes
        for method in getattr(route, "methods", ())
    }
    assert {("GET", "/queue"), ("POST", "/queue/choose")} <= found
    return sorted(found)


def test_the_launcher_gives_logins_to_those_who_have_no_other(up):
    """People without a password get a login with the least role in Airflow, told once; others and those who left get none."""
    said = up.said.read_text()

    assert set(settings.passwords(up.home)) == {*USERS, "records", "looker"}
    assert re.search(r"records +\S+ +role viewer, on the review pages records manager\n", said)
    assert re.search(r"admin +\S+ +role admin, on the review pages none\n", said)
    assert f"{up.address}/plugin/review" in said
    assert "alone" in PEOPLE


def test_airflow_reads_the_plugin_without_fault(up):
    """Airflow knows the plugin and the entry in its navigation, and found nothing wrong."""
    rest = client(up.home, up.address)
    views = [view for plugin in rest.get("/plugins")["plugins"] for view in plugin["external_views"]]

    assert rest.get("/plugins/importErrors")["total_entries"] == 0
    assert [("Review", "nav", "review")] == [(view["name"], view["destination"], view["url_route"]) for view in views]


def test_reading_the_plugin_loads_no_page():
    """The scheduler and the DAG processor read the plugin too: of Strongroom it loads itself, and nothing heavy at all."""
    program = """
import sys, json, airflow.plugins_manager
before = set(sys.modules)
import retention.review.tab
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)

    assert ["retention", "retention.review", "retention.review.tab"] == json.loads(done.stdout.splitlines()[-1])


def test_nothing_answers_without_a_login(up, routes):
    """Each address refuses who is not signed in, or whose cookie is none of Airflow's, styles and unknown addresses included."""
    extra = [("GET", "/static/style.css"), ("GET", "/nowhere"), ("GET", "/login"), ("POST", "/login"), ("GET", "/")]
    forged = "eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiJyZWNvcmRzIiwicm9sZSI6IkFETUlOIn0.c2lnbmVk"
    with httpx.Client(base_url=up.address, timeout=120) as nobody:
        for cookies in ({}, {"_token": forged}, {"_token": "x"}, {"strongroom": forged}):
            nobody.cookies = httpx.Cookies(cookies)
            answers = {nobody.request(method, f"/records{path}").status_code for method, path in [*routes, *extra]}
            assert answers == {401}, cookies
        bearer = nobody.get("/records/queue", headers={"authorization": f"Bearer {forged}"})
        page = nobody.get("/records/queue?lane=A", headers={"sec-fetch-dest": "iframe"})

    assert bearer.status_code == 401
    assert (page.status_code, page.headers["location"]) == (
        303,
        "/api/v2/auth/login?next=%2Frecords%2Fqueue%3Flane%3DA",
    )


@pytest.mark.usefixtures("night")
@pytest.mark.parametrize("name", ["op", "admin"])
def test_a_user_of_airflow_without_a_role_sees_no_name(name, signed_in, routes):
    """Whoever runs Airflow, its administrator too, gets references and counts: no page says a name, a folder or a word of a text."""
    browser = signed_in(name)
    queue = browser.get("/records/queue")
    told = {path: browser.get(f"/records{path}") for method, path in routes if method == "GET"}

    assert queue.status_code == 200
    assert re.search(r"Family \d+", queue.text)
    assert {one.status_code for one in told.values()} <= {200, 303, 403, 404, 422}
    assert 403 == told["/family/1"].status_code
    assert [(path, secret) for path, one in told.items() for secret in (*NAMES, CANARY) if secret in one.text] == []


@pytest.mark.usefixtures("night")
@pytest.mark.parametrize("name", ["looker", "op", "admin"])
def test_a_viewer_cannot_decide(name, signed_in, routes):
    """A viewer sees names and no way to decide; a form that is sent all the same is refused for the lack of the right."""
    browser = signed_in(name)
    queue = browser.get("/records/queue").text
    refused = {
        path: browser.post(f"/records{path}", data={"verb": "confirm", "pick": "1:1"})
        for method, path in routes
        if method == "POST"
    }

    assert ("report.docx" in queue) == (name == "looker")
    assert 'name="verb"' not in queue
    assert {"/queue/choose", "/family/1/choose", "/choices/1/undo"} <= set(refused)
    assert {403} == {one.status_code for one in refused.values()}
    assert "Your role does not allow this" in refused["/queue/choose"].text


@pytest.mark.usefixtures("night")
def test_a_records_manager_decides_and_takes_it_back(signed_in):
    """The same forms do it for somebody with the role: what Airflow lets them do, which is to look, plays no part."""
    browser = signed_in("records")
    number, version, token = _first(browser.get("/records/queue").text)
    form = {"token": token, "once": "e" * 32, "version": version, "verb": "refer", "to": "dpo"}
    airflow = browser.post("/api/v2/dags/nightly/dagRuns", json={"logical_date": None})

    chosen = browser.post(f"/records/family/{number}/choose", data=form)
    mine = re.findall(r"/choices/(\d+)/undo", browser.get("/records/choices").text)
    back = browser.post(f"/records/choices/{mine[0]}/undo", data={"token": token, "once": "f" * 32})

    assert [403, 303, 303] == [airflow.status_code, chosen.status_code, back.status_code]
    assert 1 == len(mine)
    assert _first(browser.get("/records/queue").text)[0] == number


@pytest.mark.usefixtures("night")
def test_another_site_cannot_send_a_form(signed_in):
    """A form from elsewhere is refused though the browser sends Airflow's cookie with it, and one without our token as well."""
    browser = signed_in("records")
    number, version, token = _first(browser.get("/records/queue").text)
    form = {"once": "9" * 32, "version": version, "verb": "refer", "to": "dpo"}
    where = f"/records/family/{number}/choose"

    elsewhere = browser.post(where, data={**form, "token": token}, headers={"sec-fetch-site": "same-site"})
    without = browser.post(where, data=form)

    assert [403, 403] == [elsewhere.status_code, without.status_code]


def test_only_a_page_of_airflow_may_frame_the_pages(signed_in):
    """The policy lets Airflow's own pages frame these and nobody else's, and nothing is kept by the browser."""
    headers = signed_in("op").get("/records/queue").headers

    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "x-frame-options" not in headers
    assert headers["cache-control"] == "no-store"


@pytest.mark.browser
@pytest.mark.usefixtures("night")
def test_the_tab_opens_behind_airflows_login(up):
    """In Chromium: Airflow's login, its navigation, the queue in the frame, no fault of the policy, and a link back to Airflow."""
    faults, hosts = [], set()
    with sync_playwright() as player:
        chromium = player.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1360, "height": 850})
        page.set_default_timeout(90_000)
        page.on("console", lambda one: faults.append(one.text) if "Content Security Policy" in one.text else None)
        page.on("dialog", lambda one: faults.append(one.message))
        page.on("request", lambda one: hosts.add(urlsplit(one.url).netloc))
        page.goto(up.address)
        page.fill('input[name="username"]', "records")
        page.fill('input[name="password"]', settings.passwords(up.home)["records"])
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Review").first.click()
        frame = page.frame_locator("iframe")
        frame.get_by_role("heading", name="Queue").wait_for()
        assert frame.locator("#rows .name", has_text="report.docx").is_visible()
        assert frame.locator('button[name="verb"][value="confirm"]').first.is_visible()
        page.wait_for_url("**/plugin/review/records/queue")
        inner = next(one for one in page.frames if "/records/" in one.url)
        inner.evaluate(
            "const link = document.createElement('a'); link.href = '/dags/nightly'; document.body.append(link); link.click()"
        )
        page.wait_for_url(re.compile(r"/dags/nightly"))
        page.get_by_text("Nightly").first.wait_for()
        assert page.locator("iframe").count() == 0
        chromium.close()

    assert faults == []
    assert {host for host in hosts if host} == {urlsplit(up.address).netloc}


def _first(queue):
    """The first family of the queue, its version, and the token of the page's forms."""
    number, version = re.search(r'name="pick" value="(\d+):(\d+)"', queue).groups()
    return number, version, re.search(r'name="token" value="(\w+)"', queue).group(1)
