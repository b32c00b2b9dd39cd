"""A file goes into restricted storage and comes back the same."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from retention.pointer import read_mark
from retention.vault import Corrupt, Step
from retention.vault.folder import FolderVault
from retention.vault.seal import Sealer
from tests.retention.moving import BYTES, KEY, make_house

NOTE = "panel minutes.txt – moved to restricted storage.txt"


@pytest.fixture
def house(tmp_path):
    """Everything a move needs."""
    return make_house(tmp_path)


def test_a_moved_file_lies_in_the_vault_and_a_note_in_its_place(house):
    """After a move the vault holds the bytes, the share a signed note, and nothing else is left."""
    order = house.file(b"panel minutes.txt")
    receipt = house.mover().restrict(order)

    assert receipt.step is Step.REMOVED
    assert receipt.problem == ""
    assert house.names() == [NOTE]
    assert house.held() == []
    assert len(house.objects()) == 2
    assert b"".join(house.vault.get(house.objects()[0])) == BYTES


def test_the_note_says_nothing_of_the_content(house):
    """The note is signed by us, is read-only, gives the reference, and names neither the reason nor the file's words."""
    receipt = house.mover().restrict(house.file(b"panel minutes.txt"))
    note = (house.root / NOTE).read_bytes()

    assert read_mark(note, KEY) == receipt.operation
    assert read_mark(note, b"x" * 32) == ""
    assert read_mark(note.replace(b"R-", b"S-"), KEY) == ""
    assert receipt.reference.encode() in note
    assert b"safeguarding panel" not in note
    assert (house.root / NOTE).stat().st_mode & 0o777 == 0o444


def test_moving_again_changes_nothing(house):
    """The same order a second time tells what became of the first."""
    order = house.file(b"panel minutes.txt")
    first = house.mover().restrict(order)
    before = house.objects()

    assert house.mover().restrict(order) == first
    assert house.objects() == before


def test_a_moved_file_comes_back_as_it_was(house):
    """Bytes, times to the nanosecond, mode and extended attributes are as before; note and copy are gone."""
    order = house.file(b"panel minutes.txt", mode=0o604)
    path = house.root / "panel minutes.txt"
    os.setxattr(path, b"user.department", b"licensing")
    os.utime(path, ns=(1_111_111_111_111_111_111, 999_999_999_123_456_789))
    house.mover().restrict(order)
    move = house.journal.latest(order.item_id)
    receipt = house.mover().restore(move, "records.manager")
    status = path.stat()

    assert receipt.step is Step.RETURNED
    assert receipt.problem == ""
    assert (status.st_atime_ns, status.st_mtime_ns) == (1_111_111_111_111_111_111, 999_999_999_123_456_789)
    assert status.st_mode & 0o7777 == 0o604
    assert path.read_bytes() == BYTES
    assert os.getxattr(path, b"user.department") == b"licensing"
    assert house.names() == ["panel minutes.txt"]
    assert house.objects() == []
    assert house.held() == []


def test_a_restored_item_can_be_moved_again(house):
    """A return ends its move; a new order makes a new one."""
    order = house.file(b"a.txt")
    first = house.mover().restrict(order)
    house.mover().restore(house.journal.latest(order.item_id), "records.manager")
    second = house.mover().restrict(house.order(b"a.txt"))

    assert second.step is Step.REMOVED
    assert second.operation != first.operation


def test_a_whole_run_is_undone(house):
    """Undo brings back every file that the run moved."""
    for name in (b"a.txt", b"b.txt", b"c.txt"):
        house.mover().restrict(house.file(name))
    receipts = list(house.mover().undo(1, "records.manager"))

    assert [receipt.step for receipt in receipts] == [Step.RETURNED] * 3
    assert house.names() == ["a.txt", "b.txt", "c.txt"]


def test_a_name_taken_meanwhile_is_not_overwritten(house):
    """When somebody has put another file at the place, the returned one gets a name beside it."""
    order = house.file(b"a.txt")
    receipt = house.mover().restrict(order)
    (house.root / "a.txt").write_bytes(b"new work")
    house.mover().restore(house.journal.latest(order.item_id), "records.manager")

    assert (house.root / "a.txt").read_bytes() == b"new work"
    assert (house.root / f"a (put back {receipt.reference}).txt").read_bytes() == BYTES


def test_a_note_name_taken_meanwhile_is_not_overwritten(house):
    """When a user's file has the note's name, the note gets a number."""
    order = house.file(b"panel minutes.txt")
    (house.root / NOTE).write_bytes(b"mine")
    house.mover().restrict(order)

    assert (house.root / NOTE).read_bytes() == b"mine"
    assert (house.root / NOTE.replace(".txt", " (2).txt").replace("minutes (2).txt", "minutes.txt")).exists()


def test_one_notice_stands_for_sensitive_names(house):
    """Two files whose names are sensitive leave one notice that repeats neither; it goes with the last return."""
    house.file(b"case/A B dismissal.txt")
    house.file(b"case/C D dismissal.txt")
    orders = [house.order(name, quiet=True) for name in (b"case/A B dismissal.txt", b"case/C D dismissal.txt")]
    for order in orders:
        house.mover().restrict(order)

    assert house.names("case") == ["Files moved to restricted storage.txt"]
    assert "dismissal" not in (house.root / "case/Files moved to restricted storage.txt").read_text(encoding="utf-8")

    house.mover().restore(house.journal.latest(orders[0].item_id), "records.manager")
    assert "Files moved to restricted storage.txt" in house.names("case")
    house.mover().restore(house.journal.latest(orders[1].item_id), "records.manager")
    assert house.names("case") == ["A B dismissal.txt", "C D dismissal.txt"]


def test_a_hard_linked_file_goes_to_review(house):
    """A file with a second name is not moved, for the other name would keep it readable."""
    house.file(b"a.txt")
    os.link(house.root / "a.txt", house.root / "b.txt")
    receipt = house.mover().restrict(house.order(b"a.txt"))

    assert (receipt.step, receipt.problem) == (Step.REFUSED, "hard-link")
    assert house.names() == ["a.txt", "b.txt"]
    assert house.objects() == []


def test_an_open_file_goes_to_review(house):
    """A file that somebody has open is left where it is."""
    order = house.file(b"a.txt")
    with Path(house.root / "a.txt").open("rb"):
        receipt = house.mover().restrict(order)

    assert (receipt.step, receipt.problem) == (Step.REFUSED, "open")
    assert house.names() == ["a.txt"]
    assert house.objects() == []


def test_a_file_that_is_not_the_one_judged_goes_to_review(house):
    """Other bytes than those the decision was made for are not moved."""
    order = house.file(b"a.txt")
    (house.root / "a.txt").write_bytes(bytes(reversed(BYTES)))
    receipt = house.mover().restrict(order)

    assert (receipt.step, receipt.problem) == (Step.REFUSED, "changed")
    assert house.objects() == []


def test_links_and_devices_are_never_opened(house):
    """A link, a pipe and a folder in the file's place are refused, and the link's target is untouched."""
    for number, make in enumerate((lambda path: path.symlink_to("/etc/hostname"), os.mkfifo, os.mkdir)):
        order = house.file(b"%d.txt" % number)
        path = house.root / f"{number}.txt"
        path.unlink()
        make(path)
        receipt = house.mover().restrict(order)
        assert (receipt.step, receipt.problem) == (Step.REFUSED, "special")


def test_a_link_in_the_way_is_not_followed(house, tmp_path):
    """A folder that was swapped for a link is not entered."""
    order = house.file(b"case/a.txt")
    (house.root / "case").rename(tmp_path / "elsewhere")
    (house.root / "case").symlink_to(tmp_path / "elsewhere")
    receipt = house.mover().restrict(order)

    assert (receipt.step, receipt.problem) == (Step.REFUSED, "special")
    assert (tmp_path / "elsewhere/a.txt").read_bytes() == BYTES


def test_nothing_in_the_vault_is_called_after_a_file(house):
    """Keys and the names on the vault's disk tell neither the file's name nor its folder; the object is the bytes and no more."""
    house.file(b"cases/Example family 2026.txt")
    house.mover().restrict(house.order(b"cases/Example family 2026.txt"))
    names = [os.fsencode(path.relative_to(house.base / "vault")).lower() for path in (house.base / "vault").rglob("*")]

    assert [name for name in names if b"example" in name or b"case" in name or b"2026" in name] == []
    assert b"".join(house.vault.get(house.objects()[0])) == BYTES


def test_a_sealed_vault_gives_nothing_away(tmp_path):
    """With a key, no stored byte tells the content, the name, the folder or the share; without the key nothing can be read."""
    vault = FolderVault(tmp_path / "vault", sealer=Sealer(b"s" * 32))
    house = make_house(tmp_path, vault=vault)
    order = house.file(b"cases/Example family 2026.txt")
    house.mover().restrict(order)
    stored = [path.read_bytes() for path in (tmp_path / "vault").rglob("*") if path.is_file()]
    telling = (BYTES[:20], b"Example", base64.b64encode(order.path)[:20], b"licensing", order.sha256.encode())

    assert len(stored) == 2
    assert [word for word in telling for data in stored if word in data] == []
    with pytest.raises(Corrupt):
        FolderVault(tmp_path / "vault", sealer=Sealer(b"t" * 32)).verify(house.objects()[0], order.size, order.sha256)
    receipt = house.mover().restore(house.journal.latest(order.item_id), "records.manager")
    assert (receipt.step, (house.root / "cases/Example family 2026.txt").read_bytes()) == (Step.RETURNED, BYTES)
