"""Many files of every odd kind go and come back identical, and several runs at once have one effect each."""

from __future__ import annotations

import datetime as dt
import os
import random
import time
from dataclasses import replace

import pytest

from retention.place import Disk
from retention.vault import Step
from retention.vault.folder import FolderVault
from tests.retention.failing import begun, ended
from tests.retention.moving import BYTES, make_house

NAMES = [
    b"plain.txt",
    b"with space .txt ",
    "café – straße.docx".encode(),
    b"latin-1 caf\xe9.txt",
    b"line\nbreak\tand\x01control",
    b"-rf",
    b"'; drop table item; --",
    b"$(reboot)`id`",
    b"\xff\xfe\xfd",
    "\u202ereversed.txt".encode(),
    b"CON",
    b"x" * 255,
    "ü".encode() * 127,
    b"%s%n{0}",
    b"*?[a]",
    b".hidden",
]


def odd_files(house, count):
    """Lay files of every odd kind: names, times, modes, attributes, sparse, empty."""
    chance = random.Random(7)
    names = []
    for number in range(count):
        name = b"d%d/" % (number % 40) + (NAMES[number % len(NAMES)] if number < 16 * 40 else b"file %d.bin" % number)
        if name in names:
            name = b"e%d/%s" % (number, NAMES[number % len(NAMES)])
        names.append(name)
        path = house.path(name)
        size = chance.choice([0, 1, 4095, 4096, 4097, 65_536, 70_001])
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - the path is bytes
        with open(path, "wb") as file:  # noqa: PTH123 - the path is bytes
            if number % 11 == 0:
                file.seek(1_000_000)
            file.write(chance.randbytes(size))
            if number % 13 == 0:
                file.truncate(2_000_000)
        os.chmod(path, chance.choice([0o600, 0o644, 0o640, 0o444, 0o2755]))  # noqa: PTH101 - the path is bytes
        if number % 3 == 0:
            os.setxattr(path, b"user.note", chance.randbytes(20))
            os.setxattr(path, b"user.\xc3\xa9mpty", b"")
        if number % 5 == 0:
            # One access control list: the owner, user 1001 reading, the group, the mask, others.
            acl = (
                b"\x02\0\0\0\x01\0\x06\0\xff\xff\xff\xff\x02\0\x04\0\xe9\x03\0\0"
                b"\x04\0\x04\0\xff\xff\xff\xff\x10\0\x04\0\xff\xff\xff\xff\x20\0\0\0\xff\xff\xff\xff"
            )
            os.setxattr(path, b"system.posix_acl_access", acl)
        if os.geteuid() == 0 and number % 7 == 0:
            os.chown(path, 1000 + number, 1000)
        os.utime(path, ns=(chance.randrange(10**18), chance.randrange(-(10**17), 4 * 10**18)))
    return names


def looks(house, name):
    """Everything about a file that must come back: bytes, times, mode, owner, attributes."""
    path = house.path(name)
    status = os.lstat(path)
    attributes = {key: os.getxattr(path, key) for key in os.listxattr(path)}
    opened = os.open(path, os.O_RDONLY | os.O_NOATIME)
    with os.fdopen(opened, "rb") as file:
        data = file.read()
    about = (status.st_mode, status.st_uid, status.st_gid, status.st_size, status.st_atime_ns, status.st_mtime_ns)
    return data, attributes, about


@pytest.mark.timeout(300)
def test_odd_files_come_back_identical(tmp_path):
    """Files with odd names, times to the nanosecond, attributes, access lists, holes and no bytes go and come back the same."""
    count = int(os.environ.get("STRONGROOM_ODD", "200"))
    house = make_house(tmp_path)
    names = odd_files(house, count)
    orders = [house.order(name) for name in names]
    for order, name in zip(orders, names, strict=True):
        os.utime(house.path(name), ns=(5, order.modified_ns))
    before = {name: looks(house, name) for name in names}
    moved = [house.mover().restrict(replace(order, changed_ns=0)) for order in orders]
    assert {receipt.step for receipt in moved} == {Step.REMOVED}
    assert not any(os.path.lexists(house.path(name)) for name in names)

    back = list(house.mover().undo(1, "records.manager"))
    assert {(receipt.step, receipt.problem) for receipt in back} == {(Step.RETURNED, "")}
    assert {name: looks(house, name) for name in names} == before
    assert house.objects() == []
    assert house.held() == []


class Sluggish:
    """A disk that sometimes stops for longer than a lease lasts."""

    def __init__(self, seed, lease) -> None:
        self.chance, self.lease = random.Random(seed), lease

    def __call__(self, _point) -> None:
        """Stop now and then."""
        if self.chance.random() < 0.12:
            time.sleep(self.lease * 2)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("runs", [2, 3])
def test_runs_at_once_have_one_effect_each(tmp_path, runs):
    """Two and three runs on the same files, each stopping beyond its lease in the middle of steps: one copy, one note, no loss."""
    lease = 0.03
    house = make_house(tmp_path, lease=dt.timedelta(seconds=lease))
    house = replace(house, clock=lambda: dt.datetime.now(dt.UTC))
    orders = [house.file(b"%d.txt" % number, BYTES + b"%d" % number) for number in range(12)]

    def work(seed):
        disk = Disk(Sluggish(seed, lease))
        vault = FolderVault(house.base / "vault", disk=disk)
        mover = house.mover(disk=disk, vault=vault)
        mine = orders[:]
        random.Random(seed).shuffle(mine)
        for order in mine:
            mover.restrict(order)

    children = [begun(house, lambda seed=seed: work(seed)) for seed in range(runs)]
    assert [ended(child) for child in children] == [0] * runs
    time.sleep(lease * 3)
    house = replace(house, settings=replace(house.settings, lease=dt.timedelta(minutes=5)))
    for _ in range(2):
        receipts = [house.mover().restrict(order) for order in orders]
    found = {b"".join(house.vault.get(key)) for key in house.objects() if not key.endswith(".manifest")}

    assert {(receipt.step, receipt.problem) for receipt in receipts} == {(Step.REMOVED, "")}
    assert found == {BYTES + b"%d" % number for number in range(12)}
    assert house.held() == []
    assert len(house.names()) == 12
    assert all("moved to restricted storage" in name for name in house.names())
