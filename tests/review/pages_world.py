"""A council's morning for the pages beside the queue: a real share, vault and catalogue, the real app, and a person of every role."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert, select, update
from starlette.testclient import TestClient

from classifier.item import Tier
from retention import custody, dispose, hold_templates, schedule
from retention.catalogue import Catalogue, disposal, events, open_catalogue
from retention.catalogue import holds as kept_holds
from retention.catalogue.tables import folder, item, move
from retention.clock import london_date
from retention.config import Config
from retention.restrict import Order
from retention.review import login
from retention.review.app import create_app
from retention.review.people import EVERYWHERE, Person, Role
from tests.conftest import share_config
from tests.retention.queue_rows import Rows

ZONES = [
    {"name": "Licensing", "path": "Licensing", "owner": "Licensing Manager", "clearance": "T3", "mode": "move"},
    {"name": "Temp", "path": "Temp", "owner": "Head of IT", "clearance": "T1", "mode": "move", "open_to_all": True},
]
EVERY, MINE = frozenset({EVERYWHERE}), frozenset({"Licensing"})
PEOPLE: Mapping[str, Person] = {
    "nobody": Person("operator", "An operator"),
    "viewer": Person("viewer", "V", frozenset({Role.VIEWER}), MINE),
    "reviewer": Person("reviewer", "R", frozenset({Role.REVIEWER}), MINE),
    "owner": Person("owner", "O", frozenset({Role.OWNER}), MINE),
    "manager": Person("manager", "M", frozenset({Role.RECORDS_MANAGER})),
    "second": Person("second", "M2", frozenset({Role.RECORDS_MANAGER})),
    "approver": Person("approver", "P", frozenset({Role.APPROVER}), EVERY),
    "auditor": Person("auditor", "A", frozenset({Role.AUDITOR})),
}
TODAY = london_date(time.time_ns())
HOSTILE = '"><img src=x onerror=alert(1)>\u202egpj.\x1b[31m{{7*7}}.docx'


class World:
    """The council: ``get`` and ``post`` ask as one of ``PEOPLE``."""

    def __init__(self, base: Path, **more: Any) -> None:
        self.base = base
        (base / "share").mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{base / 'state' / 'catalogue.db'}"
        self.config: Config = share_config(base, url, base / "model", **({"zone": ZONES} | more))
        self.catalogue: Catalogue = open_catalogue(url)
        self.rows = Rows(self.catalogue)
        self.app = create_app(self.config, lambda request: PEOPLE.get(request.headers.get("x-who", "")))
        self.client = TestClient(self.app, follow_redirects=False)

    def close(self) -> None:
        """Give everything back."""
        self.app.state.room.close()
        self.catalogue.close()

    def get(self, who: str, path: str, **headers: str) -> httpx.Response:
        """Ask for a page."""
        return self.client.get(path, headers={"x-who": who, **headers})

    def token(self, who: str) -> str:
        """The form token of a person."""
        return login.token(self.app.state.room.key, PEOPLE[who])

    def post(self, who: str, path: str, _files: Any = None, **fields: Any) -> httpx.Response:
        """Send a form of ours."""
        told = {"token": self.token(who)} | fields
        return self.client.post(path, data=told, files=_files, headers={"x-who": who})

    def file(self, path: str, data: bytes = b"some words of a record", **told: Any) -> int:
        """A file on the share with its row."""
        place = self.base / "share" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        seen = place.stat()
        made = self.rows.add(path, **({"bytes": path} | told))
        with self.catalogue.begin() as connection:
            values = {"inode": seen.st_ino, "size": seen.st_size, "modified_ns": seen.st_mtime_ns, "device": 1}
            connection.execute(
                update(item).where(item.c.id == made).values(**values, changed_ns=seen.st_ctime_ns, links=1)
            )
        return made

    def moved(self, path: str, data: bytes = b"some words of a record", **told: Any) -> int:
        """A file that the night took into restricted storage; gives the number of its move."""
        number = self.file(path, data, **told)
        seen = (self.base / "share" / path).stat()
        order = Order(
            item_id=number,
            run_id=self.rows.run,
            share="main",
            path=path.encode(),
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            inode=seen.st_ino,
            modified_ns=seen.st_mtime_ns,
            changed_ns=seen.st_ctime_ns,
        )
        receipt = custody.mover(self.config, self.catalogue).restrict(order)
        assert receipt.moved, receipt
        with self.catalogue.read() as connection:
            return int(connection.execute(select(move.c.id).where(move.c.item_id == number)).scalar_one())

    def sealed(self, path: str) -> int:
        """An item below a folder of a sealed zone."""
        number = self.rows.add(path)
        with self.catalogue.begin() as connection:
            of_item = select(item.c.folder_id).where(item.c.id == number).scalar_subquery()
            connection.execute(update(folder).where(folder.c.id == of_item).values(sealed=True))
        return number

    def hold(self, template: str = "grooming-gangs", by: str = "strongroom") -> str:
        """One of the ready-made holds."""
        made = hold_templates.TEMPLATES[template](by, TODAY)
        with self.catalogue.begin() as connection:
            kept_holds.keep(connection, made)
        return made.id

    def list(self, ref: str, zone: str, *paths: str, tier: Tier = Tier.T2) -> dispose.Batch:
        """A disposal list that waits for its owner."""
        made = batch(ref, zone, *(path.encode() for path in paths), tier=tier)
        with self.catalogue.begin() as connection:
            disposal.keep(connection, made)
        return made

    def head(self, connection: Any) -> str:
        """The newest hash of the audit log."""
        return events.head(connection)

    def write(self, table: Any, **values: Any) -> None:
        """One row."""
        with self.catalogue.begin() as connection:
            connection.execute(insert(table).values(**values))


def batch(ref: str, zone: str, *paths: bytes, tier: Tier = Tier.T2) -> dispose.Batch:
    """A list as the disposal rules make it, of files that were due long ago."""
    rules = schedule.adopt(
        schedule.shipped(), "v1", by="cabinet", on=TODAY - dt.timedelta(days=9), expires=TODAY + dt.timedelta(days=400)
    )
    entries = [
        dispose.Entry(
            *(str(number), "main", path, f"{number:064x}", 100 + number, 1, 1, number),
            *("LI-01", "licence_expiry", dt.date(2010, 1, 1), dt.date(2017, 1, 1), tier),
        )
        for number, path in enumerate(paths, 1)
    ]
    asked = dispose.Proposal(ref, zone, dispose.Method.DESTROY, "manager")
    return dispose.propose(asked, entries, rules, TODAY)
