"""Out of the vault and back to the share: the same machine backwards, each step safe to run again after a kill.

A held original is renamed back. Otherwise the bytes are written beside the holding folder's files, dressed with everything that was
recorded of the original, read back and hashed, and only then renamed to the original's name, or to a free one beside it: what
a user has put there meanwhile is never overwritten. The vault's copy goes last, against a proof of the copy on the share.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from retention import pointer
from retention.moving import holding
from retention.moving.bench import Bench, Giving, Halt, Vanished
from retention.origin import apply, decode, encode
from retention.place import Disk, look, open_plain
from retention.vault import Absent, Corrupt, Move, Proof, Step
from retention.vault.removal import prove, remove_made

_NAMES_TRIED = 100
_HOLE = 64 << 10
_ZEROS = bytes(_HOLE)


def place(bench: Bench, move: Move) -> Move:
    """``returning`` to ``placed``: the record lies on its share again, whole and on the disk."""
    if not put_back_held(bench, move):
        move = _write_back(bench, move)
    return bench.record(move, step=Step.PLACED)


def put_back_held(bench: Bench, move: Move) -> bool:
    """Rename a held original to its old name, or to a free one beside it; says whether there was one."""
    with bench.held(move) as held:
        name = move.operation.encode()
        if look(held, name) is None:
            return False
        with_folder = _parent_again(bench, move)
        try:
            folder, original = with_folder
            for target in _targets(move, original):
                try:
                    bench.check_lease()
                    bench.disk.rename(held, name, folder, target)
                except FileExistsError:
                    continue
                except FileNotFoundError:
                    pass  # another run was quicker
                bench.disk.fsync(folder)
                bench.disk.fsync(held)
                return True
            raise Halt("name")
        finally:
            os.close(with_folder[0])


def _targets(move: Move, original: bytes) -> Iterable[bytes]:
    yield original
    for number in range(1, _NAMES_TRIED):
        yield pointer.returned_name(original, move.reference, number)


def _parent_again(bench: Bench, move: Move) -> tuple[int, bytes]:
    """The original's folder, open, made again when it is gone; its new mode is that of the folder above it."""
    with bench.root(move) as root:
        *folders, name = move.path.split(b"/")
        here = os.dup(root)
        try:
            for part in folders:
                mode = os.fstat(here).st_mode & 0o777
                try:
                    below = bench.disk.folder(here, part, mode)
                except NotADirectoryError as error:
                    raise Halt("name") from error
                os.close(here)
                here = below
        except BaseException:
            os.close(here)
            raise
        return here, name


def _write_back(bench: Bench, move: Move) -> Move:
    """Write the vault's bytes into the holding folder, then rename them into place; goes on with what a killed run had ready."""
    with bench.held(move) as held:
        ready = move.trail.get("back")
        if ready is None:
            holding.clear(bench.disk, held, move.operation, "back")
            move = _make_ready(bench, move, held)
            ready = move.trail["back"]
        folder, original = _parent_again(bench, move)
        try:
            name = decode(ready["name"])
            # The file was recorded only when it was whole; so if it is gone, the rename was done.
            if look(held, name) is not None:
                move = _land(bench, move, held, (folder, original))
            bench.disk.fsync(folder)
            bench.disk.fsync(held)
        finally:
            os.close(folder)
    return move


def _make_ready(bench: Bench, move: Move, held: int) -> Move:
    name = f"{move.operation}.back.{move.fence}.{os.urandom(4).hex()}".encode()
    opened = bench.disk.create(held, name)
    try:
        try:
            _write_sparse(
                bench.disk, opened, bench.ticking(move, bench.vault.get(move.key)), bool(move.origin["sparse"])
            )
        except (Absent, Corrupt) as error:
            raise Halt("vault:corrupt") from error
        losses = apply(opened, move.origin)
        bench.disk.fsync(opened)
        os.posix_fadvise(opened, 0, 0, os.POSIX_FADV_DONTNEED)
        proof = prove("share", bench.disk.read(opened), move.size, move.sha256)
        if proof is None:
            raise Halt("vault:corrupt")
        # Reading has changed the access time.
        os.utime(opened, ns=(move.origin["accessed_ns"], move.origin["modified_ns"]))
        inode = os.fstat(opened).st_ino
    finally:
        os.close(opened)
    bench.disk.fsync(held)
    back = {"name": encode(name), "inode": inode, "losses": list(losses)}
    move = bench.note(move, back=back)
    bench.proofs[move.operation] = proof
    return move


def _write_sparse(disk: Disk, opened: int, chunks: Iterable[bytes], sparse: bool) -> None:
    size = 0
    for chunk in chunks:
        for start in range(0, len(chunk), _HOLE) if sparse else (0,):
            piece = chunk[start : start + _HOLE] if sparse else chunk
            if sparse and piece == _ZEROS[: len(piece)]:
                os.lseek(opened, len(piece), os.SEEK_CUR)
            else:
                disk.write(opened, piece)
        size += len(chunk)
    if sparse:
        os.ftruncate(opened, size)


def _land(bench: Bench, move: Move, held: int, place: tuple[int, bytes]) -> Move:
    folder, original = place
    ready = move.trail["back"]
    for target in _targets(move, original):
        move = bench.note(move, target=encode(target))
        try:
            bench.check_lease()
            bench.disk.rename(held, decode(ready["name"]), folder, target)
        except FileExistsError:
            status = look(folder, target)
            if status is not None and status.st_ino == ready["inode"]:
                break
            continue
        except FileNotFoundError:
            pass  # another run was quicker
        break
    else:
        raise Halt("name")
    return move


def unpoint(bench: Bench, move: Move) -> Move:
    """``placed`` to ``unpointed``: take the note away, if it still is our note."""
    with bench.one_notice(move):
        take_note_away(bench, move)
        return bench.record(move, step=Step.UNPOINTED)


def take_note_away(bench: Bench, move: Move) -> None:
    """Remove the pointer note if nobody changed it, and a folder's notice if no other move needs it."""
    with bench.held(move) as held:
        holding.clear(bench.disk, held, move.operation, "note")
    if move.pointer is None:
        return
    quiet = bool(move.trail.get("quiet"))
    if quiet and bench.journal.pointing(move.share, move.pointer) > 1:
        return
    try:
        with bench.parent(move, move.pointer) as (folder, name):
            try:
                opened = open_plain(folder, name)
            except OSError:
                return
            try:
                mark = pointer.read_mark(os.pread(opened, pointer.LARGEST + 1, 0), bench.settings.key)
                status = os.fstat(opened)
            finally:
                os.close(opened)
            if mark == ("folder" if quiet else move.operation):
                bench.check_lease()
                remove_made(bench.disk, folder, name, (status.st_dev, status.st_ino))
    except (Vanished, Giving):
        return


def drop_copy(bench: Bench, move: Move) -> Move:
    """``unpointed`` to ``returned``: remove the vault's copy against a proof of the one on the share.

    When that proof cannot be had, because the user has already gone on working, the vault's copy stays and the janitor
    removes it after the grace.
    """
    proof = bench.proofs.pop(move.operation, None) or _prove_share(bench, move)
    if proof is None or proof.place != "share":
        return bench.record(move, step=Step.RETURNED, error="copy-kept")
    bench.vault.remove(move.key, proof)
    return bench.record(move, step=Step.RETURNED, error="")


def _prove_share(bench: Bench, move: Move) -> Proof | None:
    target = decode(move.trail["target"]) if "target" in move.trail else move.path.rpartition(b"/")[2]
    folder = move.path.rpartition(b"/")[0]
    try:
        with bench.parent(move, folder + b"/" + target if folder else target) as (opened_folder, name):
            opened = open_plain(opened_folder, name)
            try:
                return prove("share", bench.disk.read(opened), move.size, move.sha256)
            finally:
                os.close(opened)
    except (OSError, Vanished, Giving):
        return None
