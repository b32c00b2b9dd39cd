"""The bench that a move is worked on: the vault, the journal, the share's folders, the lease, and what may interrupt."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from retention.moving import holding
from retention.origin import identity_of
from retention.place import Disk, look, open_parent, open_plain, open_root
from retention.pointer import Words
from retention.vault import Move, Order, Proof, Step, Vault

_RENEW_EVERY = 64  # chunks of 1 MiB


class Journal(Protocol):
    """Where moves are recorded: every method is one transaction, durable when it returns."""

    def begin(self, order: Order, operation: str, vault: str, token: str, until: dt.datetime) -> Move:
        """The move that this order already has, or a new one at ``planned``, leased to the token.

        An order whose item already has a move that is neither refused nor returned gets that one, when it was for the same file.
        """
        ...

    def claim(self, known: Move, /, token: str, until: dt.datetime) -> Move | None:
        """Lease the move and raise its fence, if nobody did since it was read; otherwise ``None``."""
        ...

    def record(self, known: Move, /, **changes: Any) -> Move:
        """Write changes, if the lease is still ours; raises ``LeaseLost`` when another run has claimed the move."""
        ...

    def get(self, move_id: int) -> Move:
        """One move; ``KeyError`` when there is none."""
        ...

    def find(self, operation: str) -> Move | None:
        """The move with this operation's id."""
        ...

    def latest(self, item_id: int) -> Move | None:
        """The newest move of an item."""
        ...

    def of_run(self, run_id: int) -> list[Move]:
        """The moves that a run began, newest first."""
        ...

    def unfinished(self, share: str | None = None) -> list[Move]:
        """Moves that are at no final step, oldest first."""
        ...

    def in_custody(self, after: int = 0, limit: int = 1000) -> list[Move]:
        """Moves whose record the vault holds, in the order of ids, from the first above ``after``."""
        ...

    def pointing(self, share: str, pointer: bytes) -> int:
        """How many moves out of this share need this note: those that are not returned, refused or past taking it away."""
        ...


class LeaseLost(Exception):  # noqa: N818 - it says what happened
    """Another run has claimed the move since; this one must not touch it any more."""


class Giving(Exception):  # noqa: N818 - it says what the machine does
    """The item cannot be moved as things are: give way, put everything back, and let a person look. Holds the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Vanished(Exception):  # noqa: N818 - it says what happened
    """There is no file at the original's place, and the share is there."""


class Halt(Exception):  # noqa: N818 - it says what the machine does
    """Stop at this step for now; a later run goes on from here. Holds the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class MoveSettings:
    """How moves are made. ``lease`` is how long a run may be silent before another may take over its move."""

    key: bytes
    holding: dt.timedelta = dt.timedelta(0)
    lease: dt.timedelta = dt.timedelta(minutes=5)
    words: Words = field(default_factory=Words)
    sentinels: Mapping[str, str] = field(default_factory=dict)
    attempts: int = 3
    reserve: int = 64 << 20


@dataclass(slots=True)
class Bench:
    """Everything that the steps work with; one for each thread. ``notices`` is the same for all threads of a crew."""

    vault: Vault
    shares: Mapping[str, Path]
    journal: Journal
    clock: Callable[[], dt.datetime]
    settings: MoveSettings
    disk: Disk = field(default_factory=Disk)
    proofs: dict[str, Proof] = field(default_factory=dict)
    deadline: float = 0.0
    notices: threading.Lock = field(default_factory=threading.Lock)

    def until(self) -> dt.datetime:
        """When a lease taken now ends; also starts this process's own count of it."""
        self.deadline = time.monotonic() + self.settings.lease.total_seconds()
        return self.clock() + self.settings.lease

    def record(self, move: Move, **changes: Any) -> Move:
        """Write changes to the journal and renew the lease with them."""
        self.disk.watch("record")
        move = self.journal.record(move, until=self.until(), **changes)
        self.disk.watch("record done")
        return move

    def note(self, move: Move, **trail: Any) -> Move:
        """Record names that are about to be used, before they are used."""
        return self.record(move, trail={**move.trail, **trail})

    def one_notice(self, move: Move) -> contextlib.AbstractContextManager[object]:
        """Nobody else at this bench's crew leaves or takes away a folder's notice meanwhile; nothing where a note is for one file."""
        return self.notices if move.trail.get("quiet") else contextlib.nullcontext()

    def check_lease(self) -> None:
        """Raise ``LeaseLost`` when the lease ran out while we were busy: the last look before an effect."""
        if time.monotonic() >= self.deadline:
            raise LeaseLost

    def ticking(self, move: Move, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass chunks on and renew the lease as they go by."""
        for number, chunk in enumerate(chunks, 1):
            if number % _RENEW_EVERY == 0:
                self.record(move)
            yield chunk

    @contextlib.contextmanager
    def root(self, move: Move) -> Iterator[int]:
        """The share's root, open; ``Halt`` when it is not configured or its sentinel is not there."""
        path = self.shares.get(move.share)
        if path is None:
            raise Halt("share-unknown")
        try:
            root = open_root(path)
        except OSError as error:
            raise Halt("share-absent") from error
        try:
            sentinel = self.settings.sentinels.get(move.share)
            if sentinel and look(root, os.fsencode(sentinel)) is None:
                raise Halt("share-absent")
            yield root
        finally:
            os.close(root)

    @contextlib.contextmanager
    def parent(self, move: Move, path: bytes | None = None) -> Iterator[tuple[int, bytes]]:
        """The folder of the original (or of another path on its share), open, and the last name; ``Vanished`` when it is gone."""
        with self.root(move) as root:
            try:
                folder, name = open_parent(root, move.path if path is None else path)
            except FileNotFoundError as error:
                self._same_mount(move, root)
                raise Vanished from error
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.ENOTDIR):
                    raise Giving("special") from error
                raise
            try:
                yield folder, name
            finally:
                os.close(folder)

    @contextlib.contextmanager
    def source(self, move: Move) -> Iterator[tuple[int, bytes, int]]:
        """The original's folder, name and open file; ``Vanished``, or ``Giving`` when it is nothing that can be moved."""
        with self.parent(move) as (folder, name):
            try:
                opened = open_plain(folder, name, os.O_RDONLY)
            except FileNotFoundError as error:
                self._same_mount(move, folder)
                raise Vanished from error
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.EINVAL, errno.EISDIR, errno.ENXIO):
                    raise Giving("special") from error
                raise
            try:
                yield folder, name, opened
            finally:
                os.close(opened)

    def _same_mount(self, move: Move, folder: int) -> None:
        """An empty mount point reads like a share on which everything vanished: the device tells them apart."""
        if move.origin and os.fstat(folder).st_dev != identity_of(move.origin).device:
            raise Halt("share-changed")

    @contextlib.contextmanager
    def held(self, move: Move) -> Iterator[int]:
        """The holding folder on the original's file system, open."""
        with self.root(move) as root:
            folder = holding.open_holding(self.disk, root, move.path)
            try:
                yield folder
            finally:
                os.close(folder)


def at_step(step: Step, error: OSError) -> str:
    """The machine word for a failed system call: its number's name and the step, never a path."""
    return f"io:{errno.errorcode.get(error.errno or 0, 'unknown')} at {step.value}"
