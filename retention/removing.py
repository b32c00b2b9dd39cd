"""Execution on real shares: an item examined again, on disk and in the catalogue, and removed, inside one transaction."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from classifier.crawl import ShareUnavailableError
from retention import judging, place
from retention.catalogue import Catalogue, decisions, disposal, freezing, listing
from retention.catalogue import holds as kept_holds
from retention.config import Config
from retention.decide import decider
from retention.decision import Action, Decision
from retention.dispose import Batch, Entry, Method, Present
from retention.execute import NotRemovedError, Outcome, Result
from retention.judging import Judge
from retention.vault.removal import RemovalRefused, Warrant, prove, remove_disposed, remove_original

_WORD = 1 << 64  # the catalogue keeps device and inode numbers as signed numbers of the same bits


@dataclass(slots=True)
class _Found:
    """A file as it was just examined, still open."""

    folder: int
    name: bytes
    held: int
    identity: place.Identity
    sha256: str


@dataclass(slots=True)
class OnShares:
    """What ``execute`` needs, on the configured shares and the catalogue; ``bag`` is where copies of a transfer lie."""

    config: Config
    catalogue: Catalogue
    judge: Judge
    batch: Batch
    bag: Path | None = None
    disk: place.Disk = field(default_factory=place.Disk)
    _connection: Any = None
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _found: _Found | None = None

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction; files that were examined stay open until its end."""
        with self.catalogue.begin() as connection, contextlib.ExitStack() as stack:
            listing.shut(connection)
            self._connection, self._stack, self._found = connection, stack, None
            try:
                yield
            finally:
                self._connection = self._found = None

    def present(self, entry: Entry) -> Present | None:
        """Look at an item afresh. Raises ``ShareUnavailableError`` when its absence would prove nothing."""
        number = int(entry.item)
        row = decisions.candidate(self._connection, number)
        path = decisions.path_of(row) if row is not None else entry.path
        try:
            found = self._found = self._open(entry, path)
        except OSError:
            return _kept(entry, path)  # a link, a folder or something unreadable stands there now: it stays
        if found is None and row is None and not listing.on_share(self._connection, number):
            return _kept(entry, path)
        if found is None:
            return None
        decided = self._decide(row) if row is not None else _STAYS
        seen = found.identity
        return Present(
            row.share if row is not None else entry.share,
            path,
            found.sha256,
            seen.size,
            seen.modified_ns,
            seen.device,
            seen.inode,
            decided.tier,
            decided,
        )

    def _decide(self, row: Any) -> Decision:
        """Decide on the row as it is in this transaction, under the holds as they are in it."""
        connection, judge = self._connection, self.judge
        kept = kept_holds.everything(connection)
        made = decider(judge.schedule, kept, judge.today)
        near = list(freezing.near(connection, row.folder_id)) if made.holds.holds else []
        known = decisions.entered(connection, {row.id, *(one.item for one in near)})
        now = replace(judge, holds=kept, decider=made, standing=replace(judge.standing, entered=known))
        now = replace(now, frozen=judging.frozen_near(row.folder_id, near, now))
        return now.judge(row)[0]

    def _open(self, entry: Entry, path: bytes) -> _Found | None:
        told = next((share for share in self.config.share if share.name == entry.share), None)
        if told is None:
            raise ShareUnavailableError(f"share {entry.share} is no longer configured")
        try:
            root = place.open_root(told.root)
        except OSError as error:
            raise ShareUnavailableError(f"share {entry.share} cannot be opened: {error.strerror}") from error
        self._stack.callback(os.close, root)
        if told.sentinel and place.look(root, os.fsencode(told.sentinel)) is None:
            raise ShareUnavailableError(f"share {entry.share} is not mounted: its sentinel is not there")
        try:
            folder, name = place.open_parent(root, path)
            self._stack.callback(os.close, folder)
            held = place.open_plain(folder, name)
            self._stack.callback(os.close, held)
        except FileNotFoundError:
            if os.fstat(root).st_dev != entry.device:
                raise ShareUnavailableError(f"share {entry.share} is not the one that was crawled") from None
            return None
        digest = hashlib.sha256()
        for chunk in self.disk.read(held):
            digest.update(chunk)
        return _Found(folder, name, held, place.Identity.of(os.fstat(held)), digest.hexdigest())

    def copy(self, entry: Entry, to: Path) -> None:
        """Write the bytes of an entry to a new file; what they are is checked by whoever asked."""
        told = next(share for share in self.config.share if share.name == entry.share)
        with contextlib.ExitStack() as stack:
            root = place.open_root(told.root)
            stack.callback(os.close, root)
            held = place.open_beneath(root, entry.path, os.O_RDONLY)
            stack.callback(os.close, held)
            with to.open("xb") as file:
                for chunk in self.disk.read(held):
                    file.write(chunk)

    def remove(self, entry: Entry) -> None:
        """Destroy what was just examined, or let go of it against the proof of its copy in the bag."""
        found = self._found
        if found is None:
            raise NotRemovedError("it was not examined")
        if place.sole_opener(found.held) is False:
            raise NotRemovedError("somebody has it open")
        try:
            if self.batch.method is Method.DESTROY:
                remove_disposed(self.disk, self._warrant, found.folder, found.name, found.held, found.identity)
            else:
                proof = self._proof(entry)
                remove_original(self.disk, proof, found.folder, found.name, found.held, found.identity)
        except RemovalRefused as error:
            raise NotRemovedError(str(error)) from error
        except OSError as error:
            raise NotRemovedError(f"the share refused it: {error.strerror}") from error

    @property
    def _warrant(self) -> Warrant:
        batch = self.batch
        return Warrant(batch.list_hash, batch.proposer, batch.approvals[-1].by if batch.approvals else "")

    def _proof(self, entry: Entry) -> Any:
        if self.bag is None:
            raise NotRemovedError("there is no bag to hand it over in")
        copy = self.bag / "data" / f"record-{entry.item}"
        with copy.open("rb") as file:
            proof = prove(f"bag:{self.batch.id}", iter(lambda: file.read(place.CHUNK), b""), entry.size, entry.sha256)
        if proof is None:
            raise NotRemovedError("its copy in the bag is not whole")
        return proof

    def result(self, batch: str, item: str) -> Result | None:
        """Return what was recorded for an item earlier."""
        return disposal.result(self._connection, batch, item)

    def intended(self, batch: str, item: str) -> bool:
        """Whether an earlier transaction was about to remove it."""
        return disposal.intended(self._connection, batch, item)

    def intend(self, batch: str, item: str) -> None:
        """Record that it is about to be removed."""
        disposal.intend(self._connection, batch, item)

    def record(self, batch: str, result: Result) -> None:
        """Record what became of an item, in the list and in the catalogue."""
        disposal.record_result(self._connection, batch, result)
        if result.outcome in (Outcome.DESTROYED, Outcome.TRANSFERRED):
            listing.ended(self._connection, int(result.item))


# What stands for the decision on an item that the catalogue no longer lists as lying open on its share: it stays.
_STAYS = Decision(
    Action.KEEP, False, "", "", "", "", None, "", None, None, (), None, judging.LOWEST, ("not open on its share",)
)  # fmt: skip - one value


def _kept(entry: Entry, path: bytes) -> Present:
    return Present(entry.share, path, "", 0, 0, 0, 0, None, _STAYS)


def unsigned(number: int) -> int:
    """A device or inode number as the file system tells it."""
    return number % _WORD
