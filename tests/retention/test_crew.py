"""Several movers at once, committing together: the same promises as one mover alone, also when killed in the middle of a batch."""

from __future__ import annotations

import errno
import os
import threading

import pytest
from sqlalchemy import select, text

from retention.catalogue import events
from retention.catalogue.grouping import Group, NotCommittedError
from retention.catalogue.moves import SharedMoves
from retention.catalogue.tables import event
from retention.moving.bench import LeaseLost
from retention.place import Disk
from retention.vault import Step
from retention.vault.folder import FolderVault
from tests.retention.failing import Stable, Watch, begun, copies_of, ended, in_child, litter
from tests.retention.moving import BYTES, make_house

FILES, HANDS = 6, 3
# Three movers at once come by another way each time, so a coarser stride meets as many states.
STRIDE = int(os.environ.get("STRONGROOM_POINTS", "13"))
NOTICE = "Files moved to restricted storage.txt"


@pytest.fixture
def house(tmp_path):
    """Everything a move needs."""
    made = make_house(tmp_path)
    yield made
    made.catalogue.close()


def laid(house, quiet=False, letter=b""):
    """Some files on the share: the orders to move them, and their bytes."""
    data = {b"case/%s%d.txt" % (letter, number): BYTES + b"%s%d" % (letter, number) for number in range(FILES)}
    for name, content in data.items():
        house.file(name, content)
    return [house.order(name, quiet) for name in data], list(data.values())


def out(house, orders, disk=None, vault=None):
    """Move the files with a crew."""
    return list(house.crew(HANDS, disk, vault).restrict(orders))


def home(house, _orders, disk=None, vault=None):
    """Take every move of the run back with a crew."""
    return list(house.crew(HANDS, disk, vault).restore(house.journal.of_run(1), "records.manager"))


def test_a_crew_moves_and_returns_every_file(house):
    """Receipts come in the order that was asked for, and every file lies as it lay before once it is back."""
    orders, contents = laid(house)
    gone = out(house, orders)

    assert [receipt.item_id for receipt in gone] == [order.item_id for order in orders]
    assert {(receipt.step, receipt.problem) for receipt in gone} == {(Step.REMOVED, "")}
    assert (len(house.objects()), house.held()) == (2 * FILES, [])
    back = home(house, orders)
    assert {(receipt.step, receipt.problem) for receipt in back} == {(Step.RETURNED, "")}
    assert house.names("case") == [f"{number}.txt" for number in range(FILES)]
    assert copies_of(house, contents) == [1] * FILES
    with house.catalogue.read() as connection:
        assert events.verify(connection) is None
        assert len(list(connection.execute(select(event.c.id)))) == 4 * FILES


def test_a_crew_leaves_one_notice_in_a_folder_and_takes_it_away_once(house):
    """Sensitive names that move at the same moment leave one notice between them; it goes with the last return."""
    orders, _contents = laid(house, quiet=True)
    out(house, orders)
    assert house.names("case") == [NOTICE]

    home(house, orders)
    assert house.names("case") == [f"{number}.txt" for number in range(FILES)]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("act", [out, home])
@pytest.mark.parametrize(
    "error", [None, errno.EIO, errno.ENOSPC, errno.EACCES], ids=["kill", "EIO", "ENOSPC", "EACCES"]
)
def test_a_fault_in_mid_batch_loses_nothing(tmp_path, act, error):
    """Killed or failing at any point of a batch, every record has a whole copy, and two further runs put all in order."""
    stable, point, done = Stable(tmp_path), 1, False
    while not done:
        house = stable.house()
        orders, contents = laid(house)
        if act is home:
            out(house, orders)
        watch = Watch(point, error)
        vault, disk = stable.watched(house, watch)
        if error is None:
            done = (
                in_child(
                    house, lambda house=house, orders=orders, disk=disk, vault=vault: act(house, orders, disk, vault)
                )
                == 0
            )
        else:
            act(house, orders, disk, vault)
            done = watch.count < watch.at
        assert min(copies_of(house, contents)) >= 1
        for _ in range(2):
            act(house, orders)
        assert copies_of(house, contents) == [1] * FILES
        assert litter(house) == []
        assert len(house.objects()) == (2 * FILES if act is out else 0)
        house.catalogue.close()
        stable.clear(house)
        point += STRIDE

    assert point > 20 * FILES


@pytest.mark.timeout(600)
def test_a_kill_in_mid_batch_loses_nothing_on_either_database(tmp_path, catalogue_url):
    """The same on both databases, one lot of files after another in one catalogue, there and back."""
    house = make_house(tmp_path, url=catalogue_url)
    for point in range(1, 40 * FILES, 3 * STRIDE):
        orders, contents = laid(house, letter=b"%d-" % point)
        for act in (out, home):
            vault, disk = FolderVault(house.base / "vault", disk=(watched := Disk(Watch(point)))), watched
            status = in_child(
                house, lambda act=act, orders=orders, disk=disk, vault=vault: act(house, orders, disk, vault)
            )
            assert status in (0, 9)
            assert min(copies_of(house, contents)) >= 1
            for _ in range(2):
                act(house, orders)
            assert copies_of(house, contents) == [1] * FILES
            assert litter(house) == []
            assert len(house.objects()) == (2 * FILES if act is out else 0)
    with house.catalogue.read() as connection:
        assert events.verify(connection) is None
    house.catalogue.close()


@pytest.mark.timeout(300)
def test_two_crews_on_the_same_files_have_one_effect_each(tmp_path, catalogue_url):
    """Two processes with a crew each, on one catalogue: one copy and one note for each file, and no wait without end."""
    house = make_house(tmp_path, url=catalogue_url)
    orders, contents = laid(house)

    def work(backwards):
        out(house, orders[::-1] if backwards else orders)

    children = [begun(house, lambda back=back: work(back)) for back in (False, True)]
    assert [ended(child) for child in children] == [0, 0]
    for _ in range(2):
        receipts = out(house, orders)

    assert {(receipt.step, receipt.problem) for receipt in receipts} == {(Step.REMOVED, "")}
    assert copies_of(house, contents) == [1] * FILES
    assert len(house.names("case")) == FILES
    assert litter(house) == []
    house.catalogue.close()


def test_a_lost_lease_spoils_no_other_write(house):
    """When one of several writes that go together has lost its lease, it alone is refused."""
    orders, _contents = laid(house)
    journal = SharedMoves(house.catalogue, house.clock, Group(house.catalogue, LeaseLost))
    until = house.clock.now
    first, second = (
        journal.begin(order, letter * 32, "folder", "one", until) for order, letter in zip(orders, "ab", strict=False)
    )
    house.journal.claim(first, "two", until)
    met, lost = threading.Barrier(2), []

    def write(move):
        met.wait(10)
        try:
            journal.record(move, step=Step.COPIED)
        except LeaseLost:
            lost.append(move.operation)

    threads = [threading.Thread(target=write, args=(move,)) for move in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert lost == [first.operation]
    assert (house.journal.get(first.id).step, house.journal.get(second.id).step) == (Step.PLANNED, Step.COPIED)


def test_a_commit_that_fails_fails_for_all_that_it_held(house):
    """When one part breaks the transaction, no part of it is written, and every thread that waited is told."""
    group = Group(house.catalogue, LeaseLost)
    held, told = threading.Event(), []

    def ask(act):
        try:
            group.do(act)
        except Exception as error:  # noqa: BLE001 - which kind it is, is what the test is about
            told.append(type(error).__name__)

    def slow(_connection):
        held.wait(10)

    def change(connection):
        connection.execute(text("UPDATE share SET name = 'never'"))

    def broken(connection):
        connection.execute(text("INSERT INTO no_such_table VALUES (1)"))

    threads = [threading.Thread(target=ask, args=(act,)) for act in (slow, change, broken)]
    for thread in threads:
        thread.start()
        threading.Event().wait(0.2)
    held.set()
    for thread in threads:
        thread.join(20)

    with house.catalogue.read() as connection:
        found = connection.execute(text("SELECT count(*) FROM share WHERE name = 'never'")).scalar_one()
    assert (found, sorted(told)) == (0, [NotCommittedError.__name__, "OperationalError"])
