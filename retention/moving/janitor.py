"""The janitor: clears away what killed runs left behind, and only that; everything it does not know is reported and left alone.

It removes only what carries the id of an operation that the catalogue knows to be over, and that is older than the grace. A held file is a
user's record and is never removed: one that no move accounts for is put back to its place. When the catalogue was lost, no operation
is known, so nothing is removed.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from retention.moving import homeward
from retention.moving.bench import Bench, Giving, Halt, Vanished
from retention.moving.holding import HOLDING
from retention.place import look, open_folder, open_root
from retention.vault import CUSTODY, FINAL, MANIFEST, Entry, Move, Step, operation_of
from retention.vault.removal import Litter, remove_made


@runtime_checkable
class HasArriving(Protocol):
    """A vault that writes under temporary names."""

    def arriving(self) -> Iterator[Entry]:
        """What is being written, or was."""
        ...

    def discard_arriving(self, name: str) -> None:
        """Remove one of them."""
        ...


@runtime_checkable
class HasUploads(Protocol):
    """A vault that sends large objects in parts."""

    def uploads(self, key: str = "") -> Iterator[Any]:
        """Uploads that nobody has completed, each with ``key`` and ``began_at``."""
        ...

    def abort_uploads(self, operation: str, key: str = "") -> int:
        """End those of one operation."""
        ...


@dataclass(slots=True)
class Sweep:
    """What one round did. ``removed`` and ``reported`` count by kind; ``put_back`` are held files that went home.

    Kinds removed: ``object``, ``temporary``, ``upload``. Kinds reported: ``unknown-object`` and ``unknown-held`` (no move has this id),
    ``foreign`` (not named by us), ``object-missing`` (a manifest alone, in custody), ``share-absent``.
    """

    removed: Counter[str] = field(default_factory=Counter)
    reported: Counter[str] = field(default_factory=Counter)
    put_back: int = 0


def sweep(bench: Bench, grace: dt.timedelta = dt.timedelta(days=7)) -> Sweep:
    """Go once through the vault and through every share's holding folder."""
    done = Sweep()
    before = bench.clock() - grace
    _sweep_objects(bench, before, done)
    _sweep_arrivals(bench, before, done)
    for share in bench.shares:
        _sweep_share(bench, share, before, done)
    return done


def _sweep_objects(bench: Bench, before: dt.datetime, done: Sweep) -> None:
    entries = {entry.key: entry for entry in bench.vault.list()}
    for key in sorted({key.removesuffix(MANIFEST) for key in entries}):
        operation = operation_of(key)
        move = bench.journal.find(operation) if operation else None
        if move is None:
            done.reported["unknown-object" if operation else "foreign"] += 1
        elif move.step in CUSTODY and key == move.key:
            if key not in entries:
                done.reported["object-missing"] += 1
        elif move.step in FINAL and _newest(entries, key) < before:
            bench.vault.remove(key, Litter(operation, move.key if move.step in CUSTODY else ""))
            done.removed["object"] += 1


def _newest(entries: dict[str, Entry], key: str) -> dt.datetime:
    return max(entries[name].stored_at for name in (key, key + MANIFEST) if name in entries)


def _sweep_arrivals(bench: Bench, before: dt.datetime, done: Sweep) -> None:
    vault = bench.vault
    if isinstance(vault, HasArriving):
        for entry in list(vault.arriving()):
            move = bench.journal.find(operation_of(entry.key.rpartition(".")[0]) or "-")
            if move is None:
                done.reported["foreign"] += 1
            elif move.step in FINAL and entry.stored_at < before:
                vault.discard_arriving(entry.key)
                done.removed["temporary"] += 1
    if isinstance(vault, HasUploads):
        for upload in list(vault.uploads()):
            move = bench.journal.find(operation_of(upload.key) or "-")
            if move is None:
                done.reported["foreign"] += 1
            elif move.step in FINAL and upload.began_at < before:
                done.removed["upload"] += vault.abort_uploads(move.operation, upload.key)


def _sweep_share(bench: Bench, share: str, before: dt.datetime, done: Sweep) -> None:
    try:
        root = open_root(bench.shares[share])
    except OSError:
        done.reported["share-absent"] += 1
        return
    try:
        held = open_folder(root, HOLDING.encode())
    except FileNotFoundError:
        return
    finally:
        os.close(root)
    try:
        for name in sorted(map(os.fsencode, os.listdir(held))):  # noqa: PTH208 - a Path has no listing by descriptor
            _sweep_held(bench, held, name, before, done)
    finally:
        os.close(held)


def _sweep_held(bench: Bench, held: int, name: bytes, before: dt.datetime, done: Sweep) -> None:
    operation, _, kind = name.decode("ascii", "replace").partition(".")
    move = bench.journal.find(operation)
    status = look(held, name)
    if move is None:
        done.reported["unknown-held"] += 1
    elif move.step not in FINAL or status is None:
        return
    elif not kind:
        done.put_back += _go_home(bench, move, done)
    elif dt.datetime.fromtimestamp(status.st_mtime, dt.UTC) < before or _ctime_before(status, before):
        remove_made(bench.disk, held, name)
        done.removed["temporary"] += 1


def _ctime_before(status: os.stat_result, before: dt.datetime) -> bool:
    return dt.datetime.fromtimestamp(status.st_ctime, dt.UTC) < before


def _go_home(bench: Bench, move: Move, done: Sweep) -> int:
    """Put a held file back that no move holds any more: a run that was overtaken took what had come to the place since."""
    bench.until()
    with contextlib.suppress(Halt, Giving, Vanished):
        return int(homeward.put_back_held(bench, move))
    done.reported["unknown-held"] += 1
    return 0


def may_freeze(move: Move) -> bool:
    """Whether a move's record lies in the vault alone, so that damage to it is damage to the record."""
    return move.step in (Step.REMOVED, Step.KEPT)
