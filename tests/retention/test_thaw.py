"""Lifting the freeze of a damaged item, as one types it; and what a person is told of each problem."""

from __future__ import annotations

import getpass
import os
import re
from pathlib import Path

import pytest

import retention
from retention import custody, stages
from retention.catalogue.moves import Moves
from retention.moving.words import REASONS, sentence
from retention.vault import Step
from tests.retention.moving import BYTES
from tests.retention.test_custody import logged, moved, objects, place, spoil, strongroom, told

__all__ = ["place", "strongroom"]

REASON = ("--reason", "object brought back from the storage's versions", "--by", "J. Example")


@pytest.fixture
def frozen(place, strongroom, monkeypatch):
    """The reference of an item whose object was damaged and found out, on a login that may lift the freeze."""
    monkeypatch.setenv("STRONGROOM_ACCESS_KEEPERS", getpass.getuser())
    (receipt,) = moved(place, b"a.txt")
    spoil(objects(place)[0])
    assert strongroom("vault", "check")[0] == 1
    return receipt.reference


def step(place, reference):
    """The step at which a move stands."""
    with stages.opened(told(place)) as catalogue:
        return custody.find(catalogue, reference).step


def test_a_repaired_object_is_thawed_and_comes_home(place, strongroom, frozen):
    """Once the stored bytes are the recorded ones again, the freeze is lifted, the audit log says who and why, and restore works."""
    spoil(objects(place)[0])
    code, said = strongroom("vault", "thaw", frozen, *REASON)
    (asked,) = logged(place, "thaw.asked")

    assert (code, step(place, frozen)) == (0, Step.REMOVED)
    assert frozen in said.out
    assert (asked.actor, asked.detail["login"], asked.detail["how"]) == ("J. Example", getpass.getuser(), "fixity")
    assert asked.detail["reason"] == REASON[1]
    assert [row.subject for row in logged(place, "move.thawed")] == [frozen]
    assert strongroom("restore", frozen)[0] == 0
    assert (place / "share" / "a.txt").read_bytes() == BYTES + b"a.txt"


def test_a_damaged_object_stays_frozen(place, strongroom, frozen):
    """A person's word is not enough: while the bytes are wrong the item stays frozen, and the attempt is in the audit log."""
    code, said = strongroom("vault", "thaw", frozen, *REASON)

    assert (code, step(place, frozen)) == (1, Step.FROZEN)
    assert "--copy" in said.out
    assert len(logged(place, "thaw.failed")) == 1
    code, said = strongroom("restore", frozen)
    assert code == 1
    assert "strongroom vault thaw" in said.out


@pytest.mark.parametrize("gone", [False, True], ids=["damaged", "absent"])
def test_a_whole_copy_takes_the_damaged_object_s_place(place, strongroom, frozen, gone):
    """With a copy whose hash is the recorded one the item is in custody again under a new key and comes home."""
    if gone:
        objects(place)[0].unlink()
    backup = place / "backup.txt"
    backup.write_bytes(BYTES + b"a.txt")
    code, _said = strongroom("vault", "thaw", frozen, *REASON, "--copy", backup)

    assert (code, step(place, frozen)) == (0, Step.REMOVED)
    assert strongroom("vault", "check")[0] == 0
    assert strongroom("restore", frozen)[0] == 0
    assert (place / "share" / "a.txt").read_bytes() == BYTES + b"a.txt"


def test_another_file_is_no_copy(place, strongroom, frozen):
    """A copy with other bytes is refused, nothing is stored, and the item stays frozen; a missing file is a fault of the asking."""
    other = place / "other.txt"
    other.write_bytes(BYTES + b"b.txt")
    before = objects(place)
    code, said = strongroom("vault", "thaw", frozen, *REASON, "--copy", other)

    assert (code, step(place, frozen)) == (1, Step.FROZEN)
    assert "do not have the recorded hash" in said.out
    assert objects(place) == before
    assert strongroom("vault", "thaw", frozen, *REASON, "--copy", place / "none")[0] == 2
    assert step(place, frozen) is Step.FROZEN


def test_the_damaged_object_is_litter_after_the_grace(place, strongroom, frozen):
    """What was damaged is left alone at first; the janitor takes it once it is older than the grace, never the new one."""
    backup = place / "backup.txt"
    backup.write_bytes(BYTES + b"a.txt")
    strongroom("vault", "thaw", frozen, *REASON, "--copy", backup)
    assert len(objects(place)) == 2
    for path in (place / "state" / "vault" / "objects").rglob("*.*"):
        os.utime(path, (1, 1))
    strongroom("vault", "sweep")

    assert [path.read_bytes() for path in objects(place)] == [BYTES + b"a.txt"]


def test_nobody_thaws_without_the_role_or_a_reason(place, strongroom, frozen, monkeypatch):
    """A login that is not named may not, whatever name is given; without a reason nothing is tried."""
    spoil(objects(place)[0])
    assert strongroom("vault", "thaw", frozen, "--by", "J. Example")[0] == 2
    monkeypatch.setenv("STRONGROOM_ACCESS_KEEPERS", "somebody.else")
    code, said = strongroom("vault", "thaw", frozen, *REASON)

    assert (code, step(place, frozen)) == (1, Step.FROZEN)
    assert "may not lift a freeze" in said.err
    assert len(logged(place, "thaw.refused")) == 1


def test_a_copy_that_was_kept_is_kept_again(place, strongroom, frozen):
    """An item that was frozen while it waited for a person is what it was before, not something else."""
    with stages.opened(told(place)) as catalogue:
        journal = Moves(catalogue, stages.now)
        move = journal.claim(custody.find(catalogue, frozen), "test", stages.now())
        journal.record(move, trail={**move.trail, "frozen_from": Step.KEPT.value})
    spoil(objects(place)[0])

    assert strongroom("vault", "thaw", frozen, *REASON)[0] == 0
    assert step(place, frozen) is Step.KEPT


def test_an_item_that_is_not_frozen_is_left_alone(place, strongroom, frozen):
    """Thawing twice says that there is nothing to thaw."""
    spoil(objects(place)[0])
    strongroom("vault", "thaw", frozen, *REASON)

    assert strongroom("vault", "thaw", frozen, *REASON)[0] == 1


def test_every_reason_has_a_sentence():
    """Each word with which the moves stop is told to a person in a sentence, and none of them falls through."""
    folder = Path(retention.__file__).parent
    raised = set()
    for path in (folder / "restrict.py", *(folder / "moving").glob("*.py")):
        raised |= set(re.findall(r'(?:Giving|Halt)\("([a-z:-]+)"\)', path.read_text(encoding="utf-8")))
    assert len(raised) >= 12

    assert sorted(raised - REASONS.keys()) == []
    assert "no words" not in "".join(
        map(sentence, ("io:ENOSPC at copied", "io:EIO at taken", "vault:absent at verified"))
    )
    assert sentence("") == ""
    assert sentence("something new").startswith("It stopped for a reason that has no words yet")
