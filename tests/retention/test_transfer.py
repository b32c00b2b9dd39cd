"""What goes to the archive goes as a bag that verifies, with checksums, metadata and closure periods."""

import csv
import datetime as dt
import hashlib
from dataclasses import replace

import bagit
import pytest

from classifier.item import Flag, Tier
from retention import transfer
from retention.dispose import Batch, Method
from retention.transfer import Sender, TransferError
from tests.retention.rules import TODAY
from tests.retention.small_world import World

SENDER = Sender("Sample District Council", "records manager", "County Archive", "2026/17")


def to_archive(contents: dict[str, bytes]) -> Batch:
    """Return a batch for transfer of files with these contents."""
    world = World()
    for item, data in contents.items():
        world.add(item, dt.date(2015, 3, 1))
        world.items[item] = replace(world.items[item], sha256=hashlib.sha256(data).hexdigest(), size=len(data))

    return world.propose("t1", "clerk", Method.TRANSFER)


def test_a_bag_verifies_and_says_what_is_closed_until_when(tmp_path):
    """Each record is in the bag under its reference, with checksums, its class and its closure."""
    contents = {"a": b"minutes", "b": b"a child's file"}
    batch = to_archive(contents)
    flags = {"b": frozenset({Flag.CHILD})}
    folder = transfer.make_bag(
        tmp_path / "bag",
        batch,
        SENDER,
        lambda entry, place: place.write_bytes(contents[entry.item]) and None,
        flags,
        TODAY,
    )
    with (folder / "data" / "metadata.csv").open(encoding="utf-8") as file:
        rows = {row["reference"]: row for row in csv.DictReader(file)}

    assert bagit.Bag(str(folder)).is_valid()
    assert (folder / "data" / "record-a").read_bytes() == b"minutes"
    assert (rows["a"]["closed_until"], rows["a"]["closure_reason"]) == ("2099-03-01", "personal data")
    assert (rows["b"]["closed_until"], rows["b"]["closure_reason"]) == ("2115-03-01", "child data")
    assert "2026/17" in (folder / "bag-info.txt").read_text(encoding="utf-8")


def test_a_copy_that_is_not_what_was_listed_is_refused(tmp_path):
    """Other bytes than those on the list make no bag."""
    with pytest.raises(TransferError, match="not what was listed"):
        transfer.make_bag(
            tmp_path / "bag",
            to_archive({"a": b"x"}),
            SENDER,
            lambda _, place: place.write_bytes(b"y") and None,
            {},
            TODAY,
        )


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    """A bag is made in an empty folder only."""
    (tmp_path / "old").write_text("here", encoding="utf-8")
    with pytest.raises(TransferError, match="not empty"):
        transfer.make_bag(tmp_path, to_archive({"a": b"x"}), SENDER, lambda _entry, _place: None, {}, TODAY)


def test_official_records_are_open():
    """Without personal data a record has no closure."""
    entry = replace(to_archive({"a": b"x"}).entries[0], tier=Tier.T1)

    assert transfer.closure(entry, frozenset()) == (None, "")
