"""Out of the share and into the vault: one function for each step, each safe to run again after a kill at any point of it.

The order of effects is the safety: the copy is verified before the original is taken, the original is taken aside (not removed) before
anything is said about it, and it is removed last, against a proof, when it was hashed once more while nobody has it open.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import stat
from typing import Any

from retention import pointer
from retention.moving import holding, manifest
from retention.moving.bench import Bench, Giving, Halt, Vanished
from retention.origin import describe, identity_of
from retention.place import Identity, look, open_plain, sole_opener
from retention.vault import Absent, Corrupt, Move, Proof, Step, key_of
from retention.vault.removal import Litter, RemovalRefused, prove, remove_made, remove_original

_HELD_WITHOUT_LEASES = dt.timedelta(days=1)
_NAMES_TRIED = 100
_RUNS_THAT_WAIT = 3


def copy(bench: Bench, move: Move) -> Move:
    """``planned`` to ``copied``: look, record where the copy will lie, store manifest and bytes, look again."""
    with bench.source(move) as (_folder, _name, opened):
        origin = describe(opened)
        _check_movable(os.fstat(opened), move)
        free = bench.vault.free()
        if free is not None and free < move.size + bench.settings.reserve:
            raise Halt("vault-full")
        key = key_of(move.sha256, move.operation, move.fence)
        attempts = [*move.trail.get("attempts", []), key]
        move = bench.record(move, key=key, origin=origin, trail={**move.trail, "attempts": attempts})
        bench.vault.put_manifest(key, manifest.write(move))
        try:
            bench.vault.put(key, bench.ticking(move, bench.disk.read(opened)), move.size, move.sha256)
        except Corrupt as error:
            raise Giving("changed") from error
        if not Identity.of(os.fstat(opened)).untouched(identity_of(origin)):
            raise Giving("changed")
    return bench.record(move, step=Step.COPIED)


def _check_movable(status: os.stat_result, move: Move) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Giving("special")
    if status.st_nlink != 1:
        raise Giving("hard-link")
    if status.st_size != move.size:
        raise Giving("changed")


def verify(bench: Bench, move: Move) -> Move:
    """``copied`` to ``verified``: read the copy back; a bad copy is left for litter and made again under another key."""
    try:
        bench.proofs[move.operation] = bench.vault.verify(move.key, move.size, move.sha256)
    except (Corrupt, Absent) as error:
        if len(move.trail["attempts"]) >= bench.settings.attempts:
            raise Halt("vault:corrupt") from error
        # The next attempt needs a key of its own, and keys hold the fence.
        return bench.record(move, step=Step.PLANNED, error="vault:corrupt")
    stale = [key for key in move.trail["attempts"] if key != move.key]
    for key in stale:
        bench.vault.remove(key, Litter(move.operation, move.key))
    trail = {**move.trail, "attempts": [move.key]} if stale else move.trail
    return bench.record(move, step=Step.VERIFIED, trail=trail, error="")


def take(bench: Bench, move: Move) -> Move:
    """``verified`` to ``taken``: rename the original into the holding folder, if it is still the file that was copied."""
    with bench.held(move) as held:
        name = move.operation.encode()
        if look(held, name) is None:
            try:
                _take_aside(bench, move, held, name)
            except (Vanished, Giving) as error:
                # Only a second look tells a user's act from that of another run, which was silent beyond its lease and took the file.
                if look(held, name) is None:
                    if isinstance(error, Giving):
                        raise
                    return bench.record(move, step=Step.KEPT, error="vanished")
        else:
            # A killed run, or another one, took it: it may not have reached the disk.
            bench.disk.fsync(held)
            with contextlib.suppress(Vanished), bench.parent(move) as (folder, _name):
                bench.disk.fsync(folder)
        status = look(held, name)
        if status is None or not Identity.of(status).same_file(identity_of(move.origin)):
            raise Giving("changed")
    trail = {**move.trail, "taken_at": bench.clock().isoformat()}
    # The first name that the note will try is recorded along, which spares a transaction.
    return bench.record(move, step=Step.TAKEN, trail=trail, pointer=_note_path(move, 1))


def _take_aside(bench: Bench, move: Move, held: int, name: bytes) -> None:
    with bench.source(move) as (folder, original, opened):
        if not Identity.of(os.fstat(opened)).untouched(identity_of(move.origin)):
            raise Giving("changed")
        if sole_opener(opened) is False:
            _wait_while_open(bench, move)
        bench.check_lease()
        # No FileExistsError to expect: the name is the operation's, and it was not there.
        try:
            bench.disk.rename(folder, original, held, name)
        except FileNotFoundError as error:
            if look(held, name) is None:
                raise Vanished from error
        except FileExistsError:
            pass
        bench.disk.fsync(held)
        bench.disk.fsync(folder)


def _wait_while_open(bench: Bench, move: Move) -> None:
    """An open file goes to review; but when this move has had several runs, it may be one of them that has the file open."""
    tried = int(move.trail.get("open", 0)) + 1
    if move.fence == 1 or tried > _RUNS_THAT_WAIT:
        raise Giving("open")
    bench.note(move, open=tried)
    raise Halt("open")


def point(bench: Bench, move: Move) -> Move:
    """``taken`` to ``pointed``: leave the note, or find the folder's notice there already."""
    try:
        with bench.parent(move) as (folder, _original), bench.one_notice(move):
            return _leave_note(bench, move, folder)
    except (Vanished, Giving):
        # The folder went too, or is a link now: there is no place left for a note, and nobody to read it.
        return bench.record(move, step=Step.POINTED, pointer=None)


def _note_path(move: Move, number: int) -> bytes:
    folder, slash, original = move.path.rpartition(b"/")
    name = pointer.notice_name(number) if move.trail.get("quiet") else pointer.note_name(original, number)
    return folder + slash + name


def _leave_note(bench: Bench, move: Move, folder: int) -> Move:
    quiet = bool(move.trail.get("quiet"))
    for number in range(1, _NAMES_TRIED):
        path = _note_path(move, number)
        name = path.rpartition(b"/")[2]
        if move.pointer != path:
            move = bench.record(move, pointer=path)
        mark = _mark_at(bench, folder, name)
        if mark == ("folder" if quiet else move.operation):
            bench.disk.fsync(folder)
            break
        if mark is None and _place_note(bench, move, folder, name, quiet=quiet):
            break
        if quiet and mark is None and _mark_at(bench, folder, name) == "folder":
            break  # another run has left the same notice in this moment
    else:
        raise Halt("name")
    with bench.held(move) as held:
        holding.clear(bench.disk, held, move.operation, "note")
    return bench.record(move, step=Step.POINTED)


def _mark_at(bench: Bench, folder: int, name: bytes) -> str | None:
    """Whose note lies under a name: ``None`` when the name is free, empty when it is a file of somebody's."""
    if look(folder, name) is None:
        return None
    try:
        opened = open_plain(folder, name)
    except OSError:
        return ""
    try:
        return pointer.read_mark(os.pread(opened, pointer.LARGEST + 1, 0), bench.settings.key)
    finally:
        os.close(opened)


def _place_note(bench: Bench, move: Move, folder: int, name: bytes, *, quiet: bool) -> bool:
    settings = bench.settings
    if quiet:
        text = pointer.write_notice(settings.words, settings.key)
    else:
        day = dt.datetime.fromisoformat(move.trail["taken_at"]).date()
        text = pointer.write_note(settings.words, move.operation, move.reference, day, settings.key)
    with bench.held(move) as held:
        fresh = f"{move.operation}.note.{move.fence}.{os.urandom(4).hex()}".encode()
        opened = bench.disk.create(held, fresh)
        try:
            bench.disk.write(opened, text)
            _dress(opened, move.origin)
            bench.disk.fsync(opened)
        finally:
            os.close(opened)
        try:
            bench.check_lease()
            bench.disk.rename(held, fresh, folder, name)
        except FileExistsError:
            remove_made(bench.disk, held, fresh)
            return False
        bench.disk.fsync(folder)
    return True


def _dress(opened: int, origin: Any) -> None:
    """Give the note the original's owner where we may, and let everyone who can enter the folder read it."""
    with contextlib.suppress(PermissionError):
        os.fchown(opened, origin["uid"], origin["gid"])
    os.fchmod(opened, 0o444)


def remove(bench: Bench, move: Move) -> Move:
    """``pointed`` to ``removed``: once the holding period is over, hash the held original again and remove it against the proof."""
    taken = dt.datetime.fromisoformat(move.trail["taken_at"])
    if bench.clock() < taken + bench.settings.holding:
        raise Halt("holding")
    try:
        proof = bench.proofs.pop(move.operation, None) or bench.vault.verify(move.key, move.size, move.sha256)
    except (Corrupt, Absent) as error:
        raise Giving("copy-lost") from error
    with bench.held(move) as held:
        name = move.operation.encode()
        if look(held, name) is None:
            bench.disk.fsync(held)
        else:
            opened = open_plain(held, name)
            try:
                _remove_held(bench, move, proof, (held, name, opened))
            finally:
                os.close(opened)
    return bench.record(move, step=Step.REMOVED, error="")


def _remove_held(bench: Bench, move: Move, proof: Proof, place: tuple[int, bytes, int]) -> None:
    held, name, opened = place
    alone = sole_opener(opened)
    if alone is False:
        raise Halt("open")
    taken = dt.datetime.fromisoformat(move.trail["taken_at"])
    if alone is None and bench.clock() < taken + _HELD_WITHOUT_LEASES:
        # Without leases nobody can say whether the original is open somewhere, so time has to.
        raise Halt("holding")
    expected = identity_of(move.origin)
    same = Identity.of(os.fstat(opened)).same_file(expected)
    if not same or not prove("held", bench.disk.read(opened), move.size, move.sha256):
        raise Giving("changed")
    bench.check_lease()
    try:
        remove_original(bench.disk, proof, held, name, opened, expected)
    except RemovalRefused as error:
        raise Giving("changed") from error


def give_way(bench: Bench, move: Move) -> Move:
    """``yielding`` to ``refused``: put a held original back, take the note away, drop the copies.

    When nothing lies at the original's place and nothing is held, somebody deleted or renamed it meanwhile: then the copy is not
    dropped but ``kept``, for it may be the only one.
    """
    from retention.moving.homeward import put_back_held, take_note_away  # noqa: PLC0415 - both ways use each other's steps

    if not put_back_held(bench, move) and not _lies_there(bench, move) and _copy_is_good(bench, move):
        return bench.record(move, step=Step.KEPT, error="vanished")
    with bench.one_notice(move):
        take_note_away(bench, move)
        for key in move.trail.get("attempts", []):
            bench.vault.remove(key, Litter(move.operation, ""))
        bench.proofs.pop(move.operation, None)
        return bench.record(move, step=Step.REFUSED)


def _lies_there(bench: Bench, move: Move) -> bool:
    try:
        with bench.parent(move) as (folder, name):
            return look(folder, name) is not None
    except (Vanished, Giving):
        return False


def _copy_is_good(bench: Bench, move: Move) -> bool:
    if not move.key:
        return False
    try:
        bench.vault.verify(move.key, move.size, move.sha256)
    except (Absent, Corrupt):
        return False
    return True


def plan_trail(*, quiet: bool) -> dict[str, Any]:
    """What the trail of a new move holds."""
    return {"quiet": quiet, "attempts": []}
