"""A share, a vault, a catalogue and a mover, all real, for the tests of moves."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert, select, update

from retention.catalogue import Catalogue, open_catalogue
from retention.catalogue.grouping import Group
from retention.catalogue.moves import Moves, SharedMoves
from retention.catalogue.tables import State, folder, item, run, share
from retention.moving.bench import LeaseLost
from retention.moving.crew import Crew
from retention.place import Disk
from retention.restrict import Mover, MoveSettings, Order
from retention.vault import VaultSettings, open_vault

NIGHT = dt.datetime(2026, 11, 22, 2, 0, tzinfo=dt.UTC)
KEY = b"k" * 32
BYTES = b"Minutes of the safeguarding panel, made up for a test.\n" * 40


class Clock:
    """A clock that moves only when told."""

    def __init__(self, now: dt.datetime = NIGHT) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        """The time now."""
        return self.now

    def forward(self, **by):
        """Let time pass, as in ``timedelta``."""
        self.now += dt.timedelta(**by)


@dataclass
class House:
    """Everything a move needs, below one folder."""

    base: Path
    catalogue: Catalogue
    clock: Clock
    vault: object
    settings: MoveSettings

    @property
    def root(self) -> Path:
        """Where the share lies."""
        return self.base / "share"

    @property
    def journal(self):
        """The moves of the catalogue."""
        return Moves(self.catalogue, self.clock)

    def mover(self, disk=None, vault=None, journal=None):
        """A fresh mover, as a new process would have."""
        return Mover(
            vault or self.vault,
            {"licensing": self.root},
            journal or self.journal,
            self.clock,
            self.settings,
            disk or Disk(),
        )

    def crew(self, hands: int, disk=None, vault=None) -> Crew:
        """Several movers that commit together, as a night has."""
        journal = SharedMoves(self.catalogue, self.clock, Group(self.catalogue, LeaseLost))
        shares, notices = {"licensing": self.root}, threading.Lock()
        return Crew(
            Mover(vault or self.vault, shares, journal, self.clock, self.settings, disk, notices) for _ in range(hands)
        )

    def path(self, name: bytes) -> bytes:
        """Where a file of the share lies."""
        return os.fsencode(self.root) + b"/" + name

    def file(self, name: bytes, data: bytes = BYTES, mode: int = 0o640) -> Order:
        """Lay a file on the share and give the order to move it, with a row for it in the catalogue."""
        path = self.path(name)
        Path(os.fsdecode(path)).parent.mkdir(parents=True, exist_ok=True)
        Path(os.fsdecode(path)).write_bytes(data)
        Path(os.fsdecode(path)).chmod(mode)
        return self.order(name)

    def order(self, name: bytes, quiet: bool = False, sha256: str = "") -> Order:
        """The order to move a file as it lies there now; ``sha256`` when it is known already."""
        status = os.lstat(self.path(name))
        digest = sha256 or hashlib.sha256(Path(os.fsdecode(self.path(name))).read_bytes()).hexdigest()
        return Order(
            item_id=_row(self.catalogue, name, status),
            run_id=1,
            share="licensing",
            path=name,
            sha256=digest,
            size=status.st_size,
            inode=status.st_ino,
            modified_ns=status.st_mtime_ns,
            changed_ns=status.st_ctime_ns,
            quiet=quiet,
        )

    def objects(self) -> list[str]:
        """Every key in the vault."""
        return [entry.key for entry in self.vault.list()]

    def held(self) -> list[str]:
        """Every name in the holding folder."""
        place = self.root / ".strongroom-held"
        return sorted(path.name for path in place.iterdir()) if place.exists() else []

    def names(self, below: str = "") -> list[str]:
        """Every name a user sees in a folder."""
        return sorted(path.name for path in (self.root / below).iterdir() if path.name != ".strongroom-held")


def make_house(base: Path, url: str = "", vault=None, **settings) -> House:
    """A house below a folder, with one share called licensing."""
    (base / "share").mkdir(parents=True, exist_ok=True)
    catalogue = open_catalogue(url or f"sqlite:///{base / 'catalogue.db'}")
    with catalogue.begin() as connection:
        if not connection.exec_driver_sql("SELECT count(*) FROM run").scalar_one():
            connection.execute(
                insert(run).values(id=1, key="night", kind="nightly", started_at=NIGHT, versions={}, figures={})
            )
            connection.execute(insert(share).values(id=1, name="licensing"))
            connection.execute(insert(folder).values(id=1, share_id=1, path=b""))
    settings = MoveSettings(key=KEY, **settings)
    vault = vault or open_vault(VaultSettings(kind="folder", path=base / "vault"))
    return House(base, catalogue, Clock(), vault, settings)


def _row(catalogue: Catalogue, name: bytes, status: os.stat_result) -> int:
    values = {
        "folder_id": 1,
        "name": name,
        "kind": "file",
        "size": status.st_size,
        "modified_ns": status.st_mtime_ns,
        "changed_ns": status.st_ctime_ns,
        "device": status.st_dev,
        "inode": status.st_ino,
        "links": status.st_nlink,
        "uid": status.st_uid,
        "gid": status.st_gid,
        "mode": status.st_mode,
        "state": State.PRESENT,
        "first_run_id": 1,
        "changed_run_id": 1,
    }
    here = (item.c.folder_id == 1, item.c.name == name, item.c.occupant == 0)
    with catalogue.begin() as connection:
        known = connection.execute(select(item.c.id).where(*here)).scalar()
        if known is not None:
            connection.execute(update(item).where(item.c.id == known).values(**values))
            return int(known)
        return int(connection.execute(insert(item).values(**values)).inserted_primary_key[0])
