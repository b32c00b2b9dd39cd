"""After the work: what killed runs left is cleared, damage is found, and custody can be rebuilt from the vault alone."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import replace

import pytest

from retention.catalogue import open_catalogue
from retention.catalogue.adopt import adopt
from retention.moving.bench import Bench
from retention.moving.fixity import check_fixity, nightly_budget
from retention.moving.ground import probe_share
from retention.moving.janitor import sweep
from retention.moving.manifest import found_at, rebuild
from retention.place import Disk, open_root
from retention.vault import Step, key_of
from retention.vault.probe import Promise, need, probe_vault
from retention.vault.seal import FRAME, Sealer, SealError
from tests.retention.moving import BYTES, make_house
from tests.retention.vault_contract import digest, stored

GRACE = dt.timedelta(days=7)
LATER = dt.datetime.now(dt.UTC) + dt.timedelta(days=30)


@pytest.fixture
def house(tmp_path):
    """Everything a move needs."""
    return make_house(tmp_path)


def swept(house, now=LATER):
    """One round of the janitor, a month from now unless told."""
    bench = Bench(house.vault, {"licensing": house.root}, house.journal, lambda: now, house.settings, Disk())
    return sweep(bench, GRACE)


def test_what_is_in_custody_is_left_alone(house):
    """After a move there is nothing to clear and nothing to report."""
    house.mover().restrict(house.file(b"a.txt"))
    before = house.objects()
    done = swept(house)

    assert (dict(done.removed), dict(done.reported), done.put_back) == ({}, {}, 0)
    assert house.objects() == before


def test_an_overtaken_attempt_is_cleared_after_the_grace(house):
    """An object of a known operation that custody does not need goes after the grace, and not before."""
    receipt = house.mover().restrict(house.file(b"a.txt"))
    stray = stored(house.vault, BYTES, receipt.operation, 9)

    assert dict(swept(house, dt.datetime.now(dt.UTC)).removed) == {}
    assert dict(swept(house).removed) == {"object": 1}
    assert stray not in house.objects()
    assert len(house.objects()) == 2


def test_what_nobody_knows_is_reported_and_kept(house):
    """An object of an unknown operation and a held file of an unknown one stay: the catalogue may have been lost."""
    house.mover().restrict(house.file(b"a.txt"))
    key = stored(house.vault, b"agenda")
    (house.root / ".strongroom-held" / ("f" * 32)).write_bytes(b"whose?")
    done = swept(house)

    assert dict(done.reported) == {"unknown-object": 1, "unknown-held": 1}
    assert key in house.objects()
    assert house.held() == ["f" * 32]


def test_a_held_file_of_a_finished_move_goes_home(house):
    """A user's file that an overtaken run took by mistake is put back to its place, never removed."""
    receipt = house.mover().restrict(house.file(b"a.txt"))
    (house.root / ".strongroom-held" / receipt.operation).write_bytes(b"new work")
    done = swept(house)

    assert done.put_back == 1
    assert (house.root / "a.txt").read_bytes() == b"new work"


def test_fixity_freezes_what_was_damaged(house):
    """A flipped bit in the vault is found, named by its reference, and the move is frozen; nothing is given back from it."""
    good = house.mover().restrict(house.file(b"a.txt"))
    bad = house.mover().restrict(house.file(b"b.txt", BYTES + b"!"))
    move = house.journal.find(bad.operation)
    path = house.base / "vault" / "objects" / move.key
    data = bytearray(path.read_bytes())
    data[7] ^= 1
    path.write_bytes(data)
    found = check_fixity(house.vault, house.journal, 1 << 30, house.clock)

    assert (found.objects, found.bad, found.after) == (2, (bad.reference,), 0)
    assert house.journal.find(bad.operation).step is Step.FROZEN
    assert house.journal.find(good.operation).step is Step.REMOVED
    assert house.mover().restore(house.journal.find(bad.operation), "records.manager").problem == "frozen"


def test_fixity_goes_on_where_the_budget_ended(house):
    """Within a budget each night checks some objects, and the nights together check every one."""
    for number in range(5):
        house.mover().restrict(house.file(b"%d.txt" % number))
    after, seen = 0, 0
    for _ in range(5):
        found = check_fixity(house.vault, house.journal, len(BYTES) * 2, house.clock, after)
        after, seen = found.after, seen + found.objects
        if not after:
            break

    assert (seen, after) == (5, 0)
    assert nightly_budget(100, 30) == 4


def test_custody_is_rebuilt_from_the_vault_alone(house):
    """Without the catalogue the manifests tell of each object where it came from and how it looked."""
    order = house.file(b"case/a.txt", mode=0o604)
    receipt = house.mover().restrict(order)
    stored(house.vault, b"no manifest of ours")
    found = {custody.key: custody for custody in rebuild(house.vault)}
    move = house.journal.find(receipt.operation)
    told = found.pop(move.key).move

    assert (told.share, told.path, told.sha256, told.size) == ("licensing", b"case/a.txt", order.sha256, len(BYTES))
    assert told.origin == move.origin
    assert told.operation == move.operation
    assert [custody.problem for custody in found.values()] == ["manifest"]


def test_a_lost_catalogue_is_rebuilt_and_files_come_home(house, tmp_path):
    """With a new, empty catalogue the vault's manifests restore custody, and the files come back from it identical."""
    for name in (b"case/a.txt", b"b.txt"):
        house.mover().restrict(house.file(name, BYTES + name))
    house.catalogue.close()
    fresh = replace(house, catalogue=open_catalogue(f"sqlite:///{tmp_path / 'fresh.db'}"))
    root = open_root(house.root)
    found = list(rebuild(house.vault))
    adopted = [adopt(fresh.catalogue, one.move, found_at(one.move, root), house.clock()) for one in found]
    again = [adopt(fresh.catalogue, one.move, found_at(one.move, root), house.clock()) for one in found]
    os.close(root)
    receipts = [fresh.mover().restore(fresh.journal.find(one.move.operation), "records.manager") for one in found]

    assert (adopted, again) == ([True, True], [False, False])
    assert {receipt.step for receipt in receipts} == {Step.RETURNED}
    assert (house.names(), house.names("case")) == (["b.txt", "case"], ["a.txt"])
    assert (house.root / "case/a.txt").read_bytes() == BYTES + b"case/a.txt"
    assert (house.root / "b.txt").read_bytes() == BYTES + b"b.txt"


def test_rebuilding_names_what_is_missing_or_damaged(house):
    """A manifest without its object, and an object with other bytes, are told apart."""
    one = house.mover().restrict(house.file(b"a.txt"))
    two = house.mover().restrict(house.file(b"b.txt", BYTES + b"!"))
    place = house.base / "vault" / "objects"
    (place / house.journal.find(one.operation).key).unlink()
    (place / house.journal.find(two.operation).key).write_bytes(b"?")

    assert sorted(custody.problem for custody in rebuild(house.vault)) == ["absent", "corrupt"]


def test_the_folder_vault_keeps_its_promises(house):
    """The probe proves each promise of a folder vault and leaves nothing behind."""
    promises = probe_vault(house.vault)

    assert [promise.name for promise in promises if not promise.kept] == []
    assert len(promises) == 4
    assert house.objects() == []
    need(promises)


def test_a_share_on_a_local_disk_keeps_its_promises(house):
    """The probe of a share proves renames that never replace, the clock, leases and attributes, and leaves nothing behind."""
    promises = {promise.name: promise.kept for promise in probe_share(house.root)}

    assert promises == {"no-clobber": True, "clock": True, "leases": True, "attributes": True}
    assert house.held() == []


def test_a_broken_promise_stops_moves():
    """One needed promise that is not kept is enough, and its sentence is told; one that is not needed is not."""
    with pytest.raises(Exception, match="A second write replaces the first"):
        need((Promise("create-only", kept=False, sentence="A second write replaces the first."),))
    need((Promise("leases", kept=False, sentence="no leases", needed=False),))


@pytest.mark.parametrize("size", [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME])
def test_a_sealed_stream_opens_to_the_same_bytes(size):
    """Sealing and opening give the bytes back, at every size around a frame's, and the sealed size is known before."""
    sealer, data = Sealer(b"k" * 32), os.urandom(size)
    sealed = b"".join(sealer.seal([data[:10], data[10:]]))

    assert b"".join(sealer.open([sealed])) == data
    assert len(sealed) == Sealer.size(size)


def test_a_sealed_stream_that_was_touched_does_not_open():
    """A cut at any frame, a dropped frame, a swapped frame, an addition, a flipped bit and another key all fail."""
    sealer, data = Sealer(b"k" * 32), os.urandom(3 * FRAME + 5)
    sealed = b"".join(sealer.seal([data]))
    start, frame = len(sealed) - Sealer.size(3 * FRAME + 5) + 58, FRAME + 16
    first, second, rest = (
        sealed[start : start + frame],
        sealed[start + frame : start + 2 * frame],
        sealed[start + 2 * frame :],
    )
    touched = [
        sealed[:start],
        sealed[: start + frame],
        sealed[:-1],
        sealed[:start] + second + rest,
        sealed[:start] + first + rest,
        sealed[:start] + second + first + rest,
        sealed + b"x",
        sealed[:-1] + bytes([sealed[-1] ^ 1]),
        b"x" + sealed[1:],
    ]
    for wrong in touched:
        with pytest.raises(SealError):
            b"".join(sealer.open([wrong]))
    with pytest.raises(SealError):
        b"".join(Sealer(b"l" * 32).open([sealed]))


def test_keys_are_opaque():
    """A key holds no name: the content's address, the operation and the attempt."""
    assert key_of(digest(b"agenda"), "a" * 32, 3) == f"{digest(b'agenda')[:2]}/{digest(b'agenda')}.{'a' * 32}.3"
