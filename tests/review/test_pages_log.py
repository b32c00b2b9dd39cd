"""The audit log on the pages, with its chain; and the nights with their gates, reports and data docs."""

from __future__ import annotations

import os
import time

import pytest
from sqlalchemy import insert, update

from retention.catalogue import events
from retention.catalogue.tables import event, gate, run
from tests.review.pages_world import HOSTILE, World


@pytest.fixture
def world(tmp_path):
    """Looks at content among other events."""
    made = World(tmp_path)
    with made.catalogue.begin() as connection:
        for number in range(60):
            action = "access.preview" if number % 2 else "login"
            detail = {"purpose": f"purpose {number} {HOSTILE}", "login": "x"}
            told = {"actor": "person:reviewer", "action": action, "subject": f"item:{number}", "detail": detail}
            events.append(connection, **told, at=made.app.state.room.clock())
    yield made
    made.close()


def walked(world, path="/log/chain"):
    """What the walk over the chain says once it is done."""
    text = world.get("auditor", path).text
    for _ in range(200):
        if "being checked" not in text:
            return text
        time.sleep(0.05)
        text = world.get("auditor", "/log/chain").text
    raise AssertionError(text)


def test_who_looked_at_what_and_why(world):
    """The first view has looks at content alone, with their purposes; the other has everything."""
    looks = world.get("manager", "/log").text
    every = world.get("manager", "/log?every=1").text

    assert "purpose 59" in looks
    assert "purpose 58" not in looks
    assert "purpose 58" in every
    assert "purpose 5 " not in every
    assert "<img" not in looks + every
    assert "purpose 5 " in world.get("manager", "/log?every=1&after=11").text
    assert "purpose 7 " in world.get("manager", "/log?subject=item:7&actor=reviewer").text
    assert "Nothing of this stands" in world.get("manager", "/log?actor=nobody").text


def test_the_chain_is_walked_and_a_change_is_seen(world):
    """A chain that holds is said to hold; one changed row breaks it from there on, found by a walk from the start."""
    assert "holds over 60 events" in walked(world)
    with world.catalogue.begin() as connection:
        connection.execute(update(event).where(event.c.id == 30).values(actor="person:other"))

    assert "breaks at event 30" in walked(world, "/log/chain?start=1")
    assert "breaks at event 30" in world.get("manager", "/log").text


def test_a_later_walk_goes_on_from_the_last(world):
    """New events are checked from where the chain was last found to hold."""
    walked(world)
    with world.catalogue.begin() as connection:
        told = {"actor": "a", "action": "b", "subject": "c", "detail": {}}
        events.append(connection, **told, at=world.app.state.room.clock())

    assert "holds over 61 events" in walked(world)


def test_a_night_says_what_its_gates_said(world):
    """A run's page has the sentences of its gates, its counts, and its report to save; the front page has them, too."""
    now, state = world.app.state.room.clock(), world.config.state
    figures = {"found": 9, "labelled": 6, "problems": 2, "excluded": 1, "queued": 1, "moved": 0, "report": "night.html"}
    (state / "reports").mkdir(parents=True)
    (state / "reports" / "night.html").write_text("<p>the report</p>")
    docs = state / "gates/gx/uncommitted/data_docs/local_site"
    docs.mkdir(parents=True)
    (docs / "index.html").write_text("<p>the docs</p>")
    (docs / "secret.db").write_text("x")
    with world.catalogue.begin() as connection:
        connection.execute(update(run).values(figures=figures, ended_at=now))
        told = {"figures": {}, "checked_at": now}
        said = insert(gate).values(run_id=1, name="readings", passed=False, sentence=f"Two {HOSTILE}", **told)
        connection.execute(said)

    for page in ("/nights/1", "/morning"):
        text = world.get("nobody", page).text
        assert "stopped" in text
        assert "Two &#34;&gt;&lt;img" in text
    assert "66.7 %" in world.get("viewer", "/morning").text
    saved = world.get("nobody", "/nights/1/report")
    assert (saved.text, saved.headers["content-disposition"].split(";")[0]) == ("<p>the report</p>", "attachment")
    assert world.get("viewer", "/nights/docs/index.html").text == "<p>the docs</p>"
    assert world.get("viewer", "/nights/docs/secret.db").status_code == 404
    assert "script-src 'self'" in world.get("viewer", "/nights/docs/index.html").headers["content-security-policy"]


def test_a_run_is_linked_where_airflow_is(world):
    """Inside Airflow the link goes to its own pages; alone to where the launcher says that it serves, and to nowhere else."""
    assert 'href="/dags/nightly/runs/night"' in world.get("viewer", "/nights/1").text
    world.app.state.room.login_here = True
    place = world.config.state / "airflow"
    place.mkdir(parents=True)
    for address, linked in (("http://127.0.0.1:8080", True), ("javascript:alert(1)//", False), ("http://a b", False)):
        (place / "running.json").write_text(f'{{"address": "{address}", "launcher": {os.getpid()}}}')
        text = world.get("viewer", "/nights/1").text
        assert (f'href="{address}/dags/nightly/runs/night"' in text) == linked
        assert "javascript:" not in text
