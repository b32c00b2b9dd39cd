"""A catalogue with people of every role and families of several kinds, and the real app before it."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from retention.catalogue import open_catalogue, people
from retention.config import Config, parse
from retention.review import login
from retention.review.app import create_app
from retention.review.people import Role
from tests.retention.queue_rows import NOW, Rows

PASSWORD = "four odd words together"
SECRET = login.seal(PASSWORD)
ADDRESS = "http://127.0.0.1"
ZONES = [
    {
        "name": "Licensing",
        "path": "Licensing",
        "owner": "Licensing Manager",
        "clearance": "T3",
        "record_classes": {"Drivers": "LI-01"},
    },
    {
        "name": "Temp",
        "path": "Temp",
        "owner": "Head of IT",
        "clearance": "T1",
        "mode": "approve",
        "open_to_all": True,
    },
]
# Who signs in, as what, and in which zones; "nobody" has a login and no role, as an Airflow operator has.
PEOPLE: dict[str, tuple[list[Role], list[str]]] = {
    "viewer": ([Role.VIEWER], ["Licensing"]),
    "reviewer": ([Role.REVIEWER], ["Licensing"]),
    "owner": ([Role.OWNER], ["Licensing"]),
    "manager": ([Role.RECORDS_MANAGER], ["*"]),
    "approver": ([Role.APPROVER], ["Licensing"]),
    "auditor": ([Role.AUDITOR], ["*"]),
    "nobody": ([], []),
}


def add_people(catalogue: Any) -> None:
    """Let everybody sign in."""
    with catalogue.begin() as connection:
        for name, (roles, zones) in PEOPLE.items():
            people.add(
                connection,
                name,
                shown=name.title(),
                roles=[str(role) for role in roles],
                zones=zones,
                secret=SECRET,
                added_by="test",
                at=NOW,
            )


@dataclass
class World:
    """A configuration, its catalogue's rows, and the app."""

    config: Config
    rows: Rows
    app: FastAPI
    browsers: dict[str, TestClient] = field(default_factory=dict)

    def browser(self, name: str = "") -> TestClient:
        """A browser in which somebody has signed in; nobody has without a name."""
        if name not in self.browsers:
            made = TestClient(self.app, base_url=ADDRESS, follow_redirects=False)
            if name:
                # What the login gives; the tests of the login itself go through its form.
                room = self.app.state.room
                made.cookies.set(login.COOKIE, login.issue(room.key, {"name": name, "epoch": 1}, room.clock()))
            self.browsers[name] = made
        return self.browsers[name]

    def family(self, number: int) -> dict[str, Any]:
        """One family as it is now."""
        return next(one for one in self.rows.families() if one["id"] == number)

    def of(self, item: int) -> int:
        """The family of an item."""
        return next(int(one["id"]) for one in self.rows.families() if item in one["members"])

    def choose(self, name: str, number: int, verb: str, **more: Any) -> Any:
        """Decide on a family as the form of its card does; ``version`` and ``once`` may be given."""
        browser = self.browser(name)
        fields = {
            "token": token(browser),
            "once": os.urandom(16).hex(),
            "version": str(self.family(number)["version"]),
            "verb": verb,
        }
        return browser.post(f"/family/{number}/choose", data={**fields, **more})


def token(browser: TestClient) -> str:
    """The form token of the person who is signed in."""
    found = re.search(r'name="token" value="([0-9a-f]+)"', browser.get("/queue").text)
    assert found
    return found[1]


def configured(place: Path, zones: list[dict[str, Any]] | None = None, **more: Any) -> Config:
    """A configuration of one share at ``place/share``."""
    table = {
        "state": str(place / "state"),
        "council": "Testshire District Council",
        "share": [{"name": "main", "root": str(place / "share"), "mode": "approve"}],
        "zone": ZONES if zones is None else zones,
        **more,
    }
    made = parse(table, {}, place / "strongroom.toml")
    return dataclasses.replace(made, state=place / "state")


@dataclass(frozen=True)
class Master:
    """A catalogue that was made once, to be copied for each test."""

    file: Path
    rows: Rows

    def copy(self, place: Path) -> World:
        """A world of one's own."""
        (place / "share").mkdir()
        (place / "state").mkdir()
        shutil.copy(self.file, place / "state" / "catalogue.db")
        config = configured(place)
        app = create_app(config, clock=clock())
        rows = copy.copy(self.rows)
        rows.catalogue = app.state.room.catalogue
        rows.folders = dict(self.rows.folders)
        return World(config, rows, app)


def master(place: Path, fill: Callable[[Rows], None]) -> Master:
    """Make a catalogue with everybody in it."""
    catalogue = open_catalogue(f"sqlite:///{place / 'master.db'}")
    add_people(catalogue)
    rows = Rows(catalogue)
    fill(rows)
    with catalogue.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    catalogue.close()
    return Master(place / "master.db", rows)


@pytest.fixture(scope="session")
def empty_master(tmp_path_factory: pytest.TempPathFactory) -> Master:
    """Nothing waits."""
    return master(tmp_path_factory.mktemp("empty"), lambda _rows: None)


@pytest.fixture(scope="session")
def world_master(tmp_path_factory: pytest.TempPathFactory) -> Master:
    """Three notes of licensing that are due, and in Temp a misplaced strategy paper in two copies."""

    def fill(rows: Rows) -> None:
        for number in (1, 2, 3):
            rows.add(f"Licensing/Drivers/Case {number}/note.docx", class_by="suggested")
        for name in ("strategy.docx", "copy of strategy.docx"):
            told = {"lane": "A", "action": "restrict", "tier": 4, "primary": "sensitive"}
            rows.add(f"Temp/{name}", "one and the same text of a strategy meeting about a child", rule="CS-01", **told)
        rows.refresh()

    return master(tmp_path_factory.mktemp("world"), fill)


@pytest.fixture
def empty(empty_master: Master, tmp_path: Path) -> Iterator[World]:
    """Nothing waits, but everybody may sign in."""
    made = empty_master.copy(tmp_path)
    yield made
    made.app.state.room.close()


@pytest.fixture
def world(world_master: Master, tmp_path: Path) -> Iterator[World]:
    """Two families wait."""
    made = world_master.copy(tmp_path)
    yield made
    made.app.state.room.close()


def clock() -> Callable[[], dt.datetime]:
    """A clock that goes on by itself from nine in the morning of the day of the rows."""
    begun = dt.datetime.now(dt.UTC)
    return lambda: NOW + dt.timedelta(hours=9) + (dt.datetime.now(dt.UTC) - begun)
