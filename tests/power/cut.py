"""Cut the power at many points of a move and of its return, on real ext4 file systems; for root: python -m tests.power.cut.

Share and vault lie on two loop-mounted images. A copy of the images, taken in the middle of a step, is what the disks would hold if the
power failed just then: all that was only in memory is missing. The copy is mounted (ext4 recovers its journal), a whole copy of
the record is looked for, and the work is finished. Then the same is done without fsync, and at least one loss must be found.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from retention.place import Disk
from retention.vault import VaultSettings, open_vault
from retention.vault.folder import FolderVault
from tests.retention.failing import copies
from tests.retention.moving import BYTES, House, make_house

NAME = b"panel minutes.txt"
DATA = BYTES * 20
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
    """Copies the images at the k-th point."""

    def __init__(self, base: Path, at: int) -> None:
        self.base, self.at, self.count = base, at, 0

    def __call__(self, _point: str) -> None:
        """Pass, or copy."""
        self.count += 1
        if self.count == self.at:
            self.copy()

    def copy(self) -> None:
        """Take down what the disks hold now."""
        for name in ("share", "vault"):
            source, target = self.base / f"{name}.img", self.base / f"{name}-cut.img"
            subprocess.run(["cp", "--sparse=always", source, target], check=True, timeout=60)


def one(base: Path, at: int, *, home: bool, mutant: bool) -> tuple[bool, bool]:
    """One cut at one point; says whether the record survived, and whether the point was reached."""
    for name in ("share", "vault"):
        make_image(base / f"{name}.img")
    cut = Cut(base, at)
    with contextlib.ExitStack() as stack:
        for name in ("share", "vault"):
            stack.enter_context(mounted(base / f"{name}.img", base / f"{name}-disk"))
        house = house_at(base, mutant)
        order = house.file(NAME, DATA)
        os.sync()
        if home:
            house.mover().restrict(order)
            os.sync()
        disk = (Careless if mutant else Disk)(cut)
        vault = FolderVault(base / "vault-disk" / "vault", disk=disk)
        mover = house.mover(disk=disk, vault=vault)
        if home:
            mover.restore(house.journal.latest(order.item_id), "power")
        else:
            mover.restrict(order)
        reached = cut.count >= at
        if not reached:
            # The last cut of all: right after the end.
            cut.copy()
        house.catalogue.close()
        del house, vault, mover
    with contextlib.ExitStack() as stack:
        for name in ("share", "vault"):
            stack.enter_context(mounted(base / f"{name}-cut.img", base / f"{name}-disk"))
        return survived(base, order, home=home), reached


def survived(base: Path, order, *, home: bool) -> bool:
    """Whether a whole copy is there after the cut, and one is still after the work was finished."""
    house = house_at(base, mutant=False)
    try:
        there = copies(house, DATA) >= 1
        # The lease of the run that the cut ended is over when the machine is up again.
        house.clock.forward(minutes=10)
        for _ in range(2):
            if home:
                house.mover().restore(house.journal.latest(order.item_id), "power")
            else:
                house.mover().restrict(order)
        return there and copies(house, DATA) == 1
    finally:
        house.catalogue.close()


def main() -> int:
    """Cut everywhere, with and without fsync; 0 when nothing was lost and the mutant was caught."""
    lost = {False: 0, True: 0}
    cuts = {False: 0, True: 0}
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        for mutant in (False, True):
            for home in (False, True):
                at = 1
                while True:
                    try:
                        whole, reached = one(base, at, home=home, mutant=mutant)
                    except (OSError, ValueError, AssertionError) as error:
                        if not mutant:
                            raise
                        sys.stdout.write(f"  the mutant failed with {type(error).__name__}\n")
                        whole, reached = False, True
                    cuts[mutant] += 1
                    lost[mutant] += not whole
                    if not reached:
                        break
                    at += EVERY
    sys.stdout.write(
        f"with fsync: {cuts[False]} cuts, {lost[False]} lost; without: {cuts[True]} cuts, {lost[True]} lost\n"
    )
    return int(lost[False] > 0 or lost[True] == 0)


if __name__ == "__main__":
    sys.exit(main())
