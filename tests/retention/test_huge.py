"""A file of five gigabytes goes into the vault and comes back the same, without ever being whole in memory."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil

import pytest

from retention.vault import Step
from tests.retention.failing import begun, ended
from tests.retention.moving import make_house

GIB = 1 << 30
SIZE = int(os.environ.get("STRONGROOM_HUGE", str(5 * 10**9)))
STAMP = 1_234_567_890_123_456_789


def lay(path):
    """Write a file that is data at both ends and in the middle, and a hole elsewhere."""
    with path.open("wb") as file:
        for place in (0, SIZE // 2, SIZE - 100_000):
            file.seek(place)
            file.write(os.urandom(100_000))
    path.chmod(0o640)
    os.utime(path, ns=(STAMP, STAMP + 1))


def looks(path):
    """Its hash, size, times and mode."""
    status = path.stat()
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOATIME), "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return found, status.st_size, status.st_atime_ns, status.st_mtime_ns, status.st_mode


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_five_gigabytes_go_and_come_back(tmp_path):
    """Bytes, times, mode and holes are the same after the round trip; the process that moves takes less than half a GiB of memory."""
    if shutil.disk_usage(tmp_path).free < SIZE + 2 * GIB:
        pytest.skip(f"the disk has no room for a copy of {SIZE:,} bytes")
    house = make_house(tmp_path)
    path = house.root / "recording.bin"
    lay(path)
    before = looks(path)
    order = house.order(b"recording.bin", sha256=before[0])

    def away():
        # The memory of this process alone: it was forked from one that is small.
        assert house.mover().restrict(order).step is Step.REMOVED
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < GIB // 2 // 1024

    assert ended(begun(house, away)) == 0
    assert not path.exists()
    receipt = house.mover().restore(house.journal.latest(order.item_id), "records.manager")

    assert (receipt.step, receipt.problem) == (Step.RETURNED, "")
    assert looks(path) == before
    assert path.stat().st_blocks * 512 < SIZE // 10, "holes are holes again"
    assert house.objects() == []
