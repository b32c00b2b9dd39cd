"""Fail at the k-th point until nothing fails any more: at no point is a record lost, and two further runs put all in order."""

from __future__ import annotations

import errno

import pytest

from retention.vault import Step
from tests.retention.failing import Stable, Watch, copies, in_child, litter, points

NAME = b"panel minutes.txt"
NOTE = "panel minutes.txt – moved to restricted storage.txt"
ERRORS = (errno.EIO, errno.ENOSPC, errno.EACCES)
FURTHER = 2


@pytest.fixture
def stable(tmp_path):
    """Fresh houses, quickly."""
    return Stable(tmp_path)


def forwards(house, order, vault, disk):
    """Move the file."""
    return house.mover(disk=disk, vault=vault).restrict(order)


def backwards(house, order, vault, disk):
    """Take the move back."""
    return house.mover(disk=disk, vault=vault).restore(house.journal.latest(order.item_id), "records.manager")


def moved(house):
    """How a finished move looks from outside: the note, the objects, nothing else."""
    return house.names() == [NOTE] and len(house.objects()) == 2 and litter(house) == [] and copies(house) == 1


def returned(house):
    """How a finished return looks from outside."""
    return house.names() == [NAME.decode()] and house.objects() == [] and litter(house) == [] and copies(house) == 1


def prepared(stable, act):
    """A house with a file, moved already when the act is to take it back."""
    house = stable.house()
    order = house.file(NAME)
    if act is backwards:
        assert house.mover().restrict(order).step is Step.REMOVED
    return house, order


def attempt(stable, act, watch, *, child):
    """Do it with a fault, look that nothing is lost, then do it again without."""
    house, order = prepared(stable, act)
    vault, disk = stable.watched(house, watch)
    if child:
        status = in_child(house, lambda: act(house, order, vault, disk))
        assert status in (0, 9)
        done = status == 0
    else:
        act(house, order, vault, disk)
        done = watch.at > watch.count

    assert copies(house) >= 1
    finished = moved if act is forwards else returned
    for _ in range(FURTHER):
        receipt = act(house, order, house.vault, None)
    assert finished(house), (watch.at, watch.points[-1:], receipt, house.names(), house.objects(), litter(house))
    house.catalogue.close()
    return done


@pytest.mark.timeout(300)
@pytest.mark.parametrize("act", [forwards, backwards])
def test_a_kill_at_any_point_loses_nothing(stable, act):
    """Killed at the first, second, third … point, every run after finds a whole copy and finishes."""
    point = 1
    while not attempt(stable, act, Watch(point), child=True):
        point += 1

    assert point > 30


@pytest.mark.timeout(300)
@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.get)
@pytest.mark.parametrize("act", [forwards, backwards])
def test_an_error_at_any_point_loses_nothing(stable, act, error):
    """A disk that fails once, at any point, before or after it did what was asked, delays the move and no more."""
    for point in points(errno.errorcode[error]):
        if attempt(stable, act, Watch(point, error), child=False):
            break

    assert point > 20


@pytest.mark.timeout(300)
@pytest.mark.parametrize("act", [forwards, backwards])
def test_a_disk_that_stays_full_loses_nothing(stable, act):
    """A disk that fails from some point on, whatever is tried, loses nothing; when it works again the move finishes."""
    for point in points("full"):
        if attempt(stable, act, Watch(point, errno.ENOSPC, lasting=True), child=False):
            break

    assert point > 20
