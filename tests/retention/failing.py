"""A disk that fails, or a process that is killed, at the k-th point where something changes."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from dataclasses import replace

from retention.place import Disk
from retention.vault.folder import FolderVault
from tests.retention.moving import BYTES, House, make_house

# Every point is tried in the long run (``STRONGROOM_POINTS=1``); in the short one every third, each test from another start.
EVERY = int(os.environ.get("STRONGROOM_POINTS", "3"))


def points(seed: str) -> range:
    """The points that a test tries, from 1 on."""
    return range(1 + sum(seed.encode()) % EVERY, 10_000, EVERY)


class Watch:
    """Counts the points and fails at the k-th: with a number of ``errno``, or by ending the process when that is ``None``."""

    def __init__(self, at: int = 0, error: int | None = None, lasting: bool = False) -> None:
        self.at, self.error, self.lasting = at, error, lasting
        self.count = 0
        self.points: list[str] = []

    def __call__(self, point: str) -> None:
        """Pass, or fail."""
        if self.error is not None and point.startswith(("record", "claim")):
            return  # the catalogue's own disk fails through the catalogue, not through here
        self.count += 1
        self.points.append(point)
        if self.at and (self.count == self.at or (self.lasting and self.count > self.at)):
            if self.error is None:
                os._exit(9)
            raise OSError(self.error, os.strerror(self.error))


class Stable:
    """Makes houses quickly: the catalogue is migrated once and copied."""

    def __init__(self, base, vault=None, **settings) -> None:
        self.base, self.settings, self.number, self.vault = base, settings, 0, vault
        make_house(base / "template", **settings).catalogue.close()

    def house(self) -> House:
        """A fresh house, its vault's disk not watched."""
        self.number += 1
        base = self.base / str(self.number)
        base.mkdir()
        shutil.copy(self.base / "template" / "catalogue.db", base / "catalogue.db")
        return make_house(base, vault=self.vault(base, Disk()) if self.vault else None, **self.settings)

    def clear(self, house: House) -> None:
        """Remove a house that is done with."""
        shutil.rmtree(house.base)

    def watched(self, house: House, watch: Watch):
        """The house's vault over a disk that is watched, and that disk."""
        disk = Disk(watch)
        if self.vault:
            return self.vault(house.base, disk), disk
        return FolderVault(house.base / "vault", disk=disk), disk


def in_child(house: House, act) -> int:
    """Run something in a forked process, as another run would, and give its exit status (9: killed at its point)."""
    return ended(begun(house, act))


def begun(house: House, act) -> int:
    """Begin something in a forked process and give its id; to be called from the main thread, for fork knows only that one."""
    house.catalogue.engine.dispose()
    child = os.fork()
    if child == 0:
        status = 8
        try:
            house.catalogue.engine.dispose(close=False)
            act()
            status = 0
        finally:
            os._exit(status)
    return child


def ended(child: int) -> int:
    """Wait for a forked process and give its exit status."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def copies(house: House, data: bytes = BYTES) -> int:
    """How many complete copies of the record there are: on the share, held, or in the vault."""
    return copies_of(house, [data])[0]


def copies_of(house: House, contents: list[bytes]) -> list[int]:
    """The same for several records."""
    found = Counter(path.read_bytes() for path in house.root.rglob("*") if path.is_file())
    found.update(b"".join(house.vault.get(key)) for key in house.objects() if not key.endswith(".manifest"))
    return [found[data] for data in contents]


def litter(house: House) -> list[str]:
    """Names that no finished move explains: held files, temporaries, objects of no use."""
    arriving = [entry.key for entry in house.vault.arriving()] if hasattr(house.vault, "arriving") else []
    return house.held() + arriving


def renewed(house: House, **changes) -> House:
    """The same house with some parts changed."""
    return replace(house, **changes)
