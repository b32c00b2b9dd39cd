"""The journal of moves, on both databases: leases, fences, where the item lies, and kills at every point."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import replace

import pytest
from sqlalchemy import select

from retention.catalogue import events
from retention.catalogue.tables import State, item
from retention.moving.bench import LeaseLost
from retention.vault import Step
from tests.retention.failing import Stable, Watch, begun, copies, ended, in_child, litter, points
from tests.retention.moving import BYTES, NIGHT, make_house

LATER = NIGHT + dt.timedelta(minutes=5)


@pytest.fixture
def house(tmp_path, catalogue_url):
    """Everything a move needs, on this database."""
    made = make_house(tmp_path, url=catalogue_url)
    yield made
    made.catalogue.close()


def state(house, order):
    """The item's state, and whether it has left its place."""
    with house.catalogue.read() as connection:
        row = connection.execute(select(item.c.state, item.c.occupant).where(item.c.id == order.item_id)).one()
    return row.state, row.occupant != 0


def test_a_run_that_lost_its_lease_can_write_nothing(house):
    """Once another run has claimed a move, the first one's writes are refused and change nothing."""
    order = house.file(b"a.txt")
    first = house.journal.begin(order, "a" * 32, "folder", "one", LATER)
    second = house.journal.claim(first, "two", LATER)

    with pytest.raises(LeaseLost):
        house.journal.record(first, step=Step.COPIED)
    assert house.journal.claim(first, "three", LATER) is None
    assert (second.fence, second.token) == (2, "two")
    assert house.journal.get(first.id).step is Step.PLANNED


def test_an_order_has_one_move(house):
    """Asked again for the same file the journal gives the move it has; for another file of that item, a new one."""
    order = house.file(b"a.txt")
    first = house.journal.begin(order, "a" * 32, "folder", "one", LATER)

    assert house.journal.begin(order, "b" * 32, "folder", "two", LATER) == first
    assert house.journal.begin(replace(order, inode=order.inode + 1), "c" * 32, "folder", "two", LATER).id != first.id


def test_four_runs_that_begin_at_once_make_one_move(house):
    """Processes that ask for the same item at the same moment get one move between them."""
    order = house.file(b"a.txt")
    children = [
        begun(house, lambda n=n: house.journal.begin(order, f"{n}" * 32, "folder", f"run {n}", LATER)) for n in range(4)
    ]

    assert [ended(child) for child in children] == [0] * 4
    assert len(house.journal.of_run(1)) == 1


def test_what_is_written_is_read_back(house):
    """Times keep their zone, paths their bytes, and the trail its shape."""
    order = house.file(b"caf\xe9\n.txt")
    move = house.journal.begin(order, "a" * 32, "folder", "one", LATER)
    written = house.journal.record(move, until=LATER, trail={"attempts": ["k"]}, origin={"size": 1}, pointer=b"\xff")

    assert house.journal.get(move.id) == written
    assert written.path == b"caf\xe9\n.txt"
    assert house.journal.find("a" * 32) == house.journal.latest(order.item_id) == written
    assert house.journal.unfinished("licensing") == [written]
    assert house.journal.unfinished("another") == []
    assert house.journal.pointing("licensing", b"\xff") == 1
    assert house.journal.pointers("licensing") == {b"\xff": "a" * 32}


def test_the_item_lies_where_the_move_says(house):
    """A moved item is restricted and leaves its name free; a returned one is present again; the log holds."""
    order = house.file(b"a.txt")
    house.mover().restrict(order)
    moved = state(house, order)
    house.mover().restore(house.journal.latest(order.item_id), "records.manager")

    assert moved == (State.RESTRICTED, True)
    assert state(house, order) == (State.PRESENT, False)
    with house.catalogue.read() as connection:
        assert events.verify(connection) is None


@pytest.mark.timeout(400)
def test_kills_on_this_database_lose_nothing(house):
    """Killed at one point after the other, with this database, out and home again: nothing is lost and all ends in order."""
    stable = Stable(house.base / "unused")
    home = False
    for point in points("database"):
        name = b"%d.txt" % point
        order = house.file(name, BYTES + name)
        vault, disk = stable.watched(house, Watch(point))
        first = in_child(house, lambda: house.mover(disk=disk, vault=vault).restrict(order))  # noqa: B023 - runs at once
        assert copies(house, BYTES + name) >= 1
        for _ in range(2):
            receipt = house.mover().restrict(order)
        assert (receipt.step, copies(house, BYTES + name)) == (Step.REMOVED, 1)

        vault, disk = stable.watched(house, Watch(point))
        move = house.journal.latest(order.item_id)
        second = in_child(house, lambda: house.mover(disk=disk, vault=vault).restore(move, "a.smith"))  # noqa: B023 - runs at once
        assert copies(house, BYTES + name) >= 1
        for _ in range(2):
            receipt = house.mover().restore(house.journal.latest(order.item_id), "a.smith")
        assert (receipt.step, copies(house, BYTES + name)) == (Step.RETURNED, 1)
        os.remove(house.path(name))  # noqa: PTH107 - the path is bytes
        home = (first, second) == (0, 0)
        if home:
            break

    assert home
    assert (litter(house), house.objects()) == ([], [])
