"""Cut the power at many points of a move and of its return, on real ext4 file systems; for root: python -m tests.power.cut.

Share and vault lie on two loop-mounted images. A copy of the images, taken in the middle of a step, is what the disks would hold if the
power failed just then: all that was only in memory is missing. The copy is mounted (ext4 recovers its journal), a whole copy of
each record is looked for, and the work is finished. Then the same is done without fsync, and at least one loss must be found.
One mover alone is cut at every point or every n-th (``STRONGROOM_POINTS``); a crew of three, at points that are further apart, for its
threads meet in another order each time: while the images are copied every other thread waits at its next point.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from retention.place import Disk
from retention.vault import VaultSettings, open_vault
from retention.vault.folder import FolderVault
from tests.retention.failing import copies_of
from tests.retention.moving import BYTES, House, make_house

HANDS = 3
LAST = 1000  # no run of this size has as many points
EVERY = int(os.environ.get("STRONGROOM_POINTS", "3"))


class Careless(Disk):
    """The mutant: a disk whose fsync does nothing."""

    def fsync(self, _descriptor: int) -> None:
        """Forget it."""


@contextlib.contextmanager
def mounted(image: Path, at: Path) -> Iterator[None]:
    """Mount an image at a folder, and unmount it."""
    at.mkdir(exist_ok=True)
    subprocess.run(["mount", "-o", "loop", image, at], check=True, timeout=60)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", at], check=True, timeout=60)


def make_image(path: Path) -> None:
    """Make an empty ext4 image."""
    with path.open("wb") as file:
        file.truncate(96 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0", path], check=True, timeout=60)


def house_at(base: Path, mutant: bool) -> House:
    """A house whose share and catalogue lie on one file system and whose vault lies on another."""
    house = make_house(base / "share-disk", vault=open_vault(VaultSettings(path=base / "vault-disk" / "vault")))
    if mutant:
        return replace(house, vault=FolderVault(base / "vault-disk" / "vault", disk=Careless()))
    return house


class Cut:
    """Copies the images at the k-th point, while every other thread stands still."""

    def __init__(self, base: Path, at: int) -> None:
        self.base, self.at, self.count = base, at, 0
        self._door = threading.Lock()
        self._open = threading.Event()
        self._open.set()
        self._busy: dict[int, str] = {}

    def __call__(self, point: str) -> None:
        """Pass, wait while another thread copies, or copy."""
        self._open.wait()
        with self._door:
            self.count += 1
            mine = self.count == self.at
            if mine:
                self._open.clear()
            # Between an effect's first point and its second, the thread is in it.
            self._busy[threading.get_ident()] = "" if point.endswith("done") else point
        if mine:
            self._until_still()
            self.copy()
            self._open.set()

    def _until_still(self) -> None:
        """Wait until no other thread is in the middle of an effect; what runs on between effects stops at its next point."""
        deadline = time.monotonic() + 2
        me = threading.get_ident()
        while time.monotonic() < deadline:
            with self._door:
                if not any(point for thread, point in self._busy.items() if thread != me):
                    break
            time.sleep(0.005)
        time.sleep(0.02)

    def copy(self) -> None:
        """Take down what the disks hold now."""
        for name in ("share", "vault"):
            source, target = self.base / f"{name}.img", self.base / f"{name}-cut.img"
            subprocess.run(["cp", "--sparse=always", source, target], check=True, timeout=60)


def act(house: House, orders, *, home: bool, hands: int, disk: Disk | None = None, vault=None) -> None:
    """Move the files, or take their moves back; the last run that was cut has lost its leases by then."""
    crew = house.crew(hands, disk, vault)
    list(crew.restore(house.journal.of_run(1), "power") if home else crew.restrict(orders))


def one(base: Path, at: int, *, home: bool, mutant: bool, hands: int) -> tuple[bool, bool]:
    """One cut at one point; says whether every record survived, and whether the point was reached."""
    for name in ("share", "vault"):
        make_image(base / f"{name}.img")
    cut = Cut(base, at)
    contents = [BYTES * 20 + b"%d" % number for number in range(hands)]
    with contextlib.ExitStack() as stack:
        for name in ("share", "vault"):
            stack.enter_context(mounted(base / f"{name}.img", base / f"{name}-disk"))
        house = house_at(base, mutant)
        orders = [house.file(b"panel minutes %d.txt" % number, data) for number, data in enumerate(contents)]
        os.sync()
        if home:
            act(house, orders, home=False, hands=1)
            os.sync()
        disk = (Careless if mutant else Disk)(cut)
        vault = FolderVault(base / "vault-disk" / "vault", disk=disk)
        act(house, orders, home=home, hands=hands, disk=disk, vault=vault)
        reached = cut.count >= at
        if not reached:
            # The last cut of all: right after the end.
            cut.copy()
        house.catalogue.close()
        del house, vault
    with contextlib.ExitStack() as stack:
        for name in ("share", "vault"):
            stack.enter_context(mounted(base / f"{name}-cut.img", base / f"{name}-disk"))
        return survived(base, orders, contents, home=home), reached


def survived(base: Path, orders, contents: list[bytes], *, home: bool) -> bool:
    """Whether a whole copy of each record is there after the cut, and exactly one still is after the work was finished."""
    house = house_at(base, mutant=False)
    try:
        there = min(copies_of(house, contents)) >= 1
        # The lease of the run that the cut ended is over when the machine is up again.
        house.clock.forward(minutes=10)
        for _ in range(2):
            act(house, orders, home=home, hands=1)
        return there and copies_of(house, contents) == [1] * len(contents)
    finally:
        house.catalogue.close()


def main() -> int:
    """Cut everywhere, with and without fsync; 0 when nothing was lost and the mutant was caught."""
    lost = {False: 0, True: 0}
    cuts = {False: 0, True: 0}
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        for mutant in (False, True):
            for hands in (1, HANDS):
                for home in (False, True):
                    found = _cut_all(base, home=home, mutant=mutant, hands=hands)
                    cuts[mutant] += found[0]
                    lost[mutant] += found[1]
                    way = "home" if home else "out"
                    sys.stdout.write(
                        f"  {hands} at once, {way}, fsync {not mutant}: {found[0]} cuts, {found[1]} lost\n"
                    )
                    sys.stdout.flush()
    sys.stdout.write(
        f"with fsync: {cuts[False]} cuts, {lost[False]} lost; without: {cuts[True]} cuts, {lost[True]} lost\n"
    )
    return int(lost[False] > 0 or lost[True] == 0)


def _cut_all(base: Path, *, home: bool, mutant: bool, hands: int) -> tuple[int, int]:
    """Cut at one point after another until the work is done before it; how often, and how often something was lost."""
    at, cuts, lost, reached = 1, 0, 0, True
    while reached:
        try:
            whole, reached = one(base, at, home=home, mutant=mutant, hands=hands)
        except (OSError, ValueError, AssertionError) as error:
            if not mutant:
                raise
            sys.stdout.write(f"  the mutant failed with {type(error).__name__}\n")
            whole, reached = False, at < LAST
        cuts, lost = cuts + 1, lost + (not whole)
        at += EVERY if hands == 1 else 3 * EVERY
    return cuts, lost


if __name__ == "__main__":
    sys.exit(main())
