"""Carry out an authorised batch: each item examined again inside the transaction that removes it, resumable after any crash.

What removes an item is passed in. An intention is committed before the removal, so that a crash between removal and record
is told apart from a file that somebody else took away.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from retention.dispose import Batch, Entry, Present, State, recheck, start, withdraw
from retention.schedule import Schedule


class Outcome(StrEnum):
    """What became of one item of a batch."""

    DESTROYED = "destroyed"
    TRANSFERRED = "transferred"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


class NotRemovedError(Exception):
    """An item could not be removed or handed over; the message says why and names no file."""


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one item, with a reason that names no file."""

    item: str
    outcome: Outcome
    reason: str = ""


class Custody(Protocol):
    """What execution needs of the catalogue and the share. All calls of one ``transaction`` commit together or not at all."""

    def transaction(self) -> AbstractContextManager[object]:
        """Begin a transaction that shuts out changes of holds and items until its end."""

    def present(self, entry: Entry) -> Present | None:
        """Look at an item afresh: identity on disk, hash read again, decision taken again; nothing when it is not there."""

    def result(self, batch: str, item: str) -> Result | None:
        """Return what was recorded for an item earlier."""

    def intended(self, batch: str, item: str) -> bool:
        """Whether an earlier, committed transaction found the item in order and was about to remove it."""

    def intend(self, batch: str, item: str) -> None:
        """Record that the item was found in order and is about to be removed."""

    def record(self, batch: str, result: Result) -> None:
        """Record what became of an item; recording the same result again changes nothing."""


def execute(
    batch: Batch, schedule: Schedule, custody: Custody, remove: Callable[[Entry], None], today: dt.date
) -> tuple[Batch, tuple[Result, ...]]:
    """Execute a batch and return it as executed, with a result for every item that was ever on its list.

    May be called again after a crash at any point. ``remove`` destroys or hands over one item and raises
    ``NotRemovedError`` when it could not. Raises ``DisposalError`` when the batch may not be executed.
    """
    running = start(batch, schedule, today)
    # What a person wrote as a reason stays with the batch: it could name somebody, and the certificate must not.
    results = [
        Result(gone.item, Outcome.WITHDRAWN, "kept by a person's decision" if gone.by else gone.reason)
        for gone in running.withdrawals
    ]
    for entry in running.standing:
        result = _one(running, entry, custody, remove)
        results.append(result)
        if result.outcome is Outcome.WITHDRAWN:
            running = withdraw(running, entry.item, reason=result.reason, on=today)
    order = {entry.item: number for number, entry in enumerate(batch.entries)}
    results.sort(key=lambda result: order[result.item])
    return replace(running, state=State.EXECUTED, since=today), tuple(results)


def _one(batch: Batch, entry: Entry, custody: Custody, remove: Callable[[Entry], None]) -> Result:
    with custody.transaction():
        known = custody.result(batch.id, entry.item)
        if known is not None:
            return known
        now = custody.present(entry)
        if now is None and custody.intended(batch.id, entry.item):
            return _recorded(custody, batch, Result(entry.item, _ended(batch), "confirmed after an interruption"))
        reason = recheck(entry, now, batch)
        if reason:
            return _recorded(custody, batch, Result(entry.item, Outcome.WITHDRAWN, reason))
        custody.intend(batch.id, entry.item)
    with custody.transaction():
        reason = recheck(entry, custody.present(entry), batch)
        if reason:
            return _recorded(custody, batch, Result(entry.item, Outcome.WITHDRAWN, reason))
        try:
            remove(entry)
        except NotRemovedError as error:
            return _recorded(custody, batch, Result(entry.item, Outcome.FAILED, str(error)))
        return _recorded(custody, batch, Result(entry.item, _ended(batch)))


def _ended(batch: Batch) -> Outcome:
    return Outcome.DESTROYED if batch.method == "destroy" else Outcome.TRANSFERRED


def _recorded(custody: Custody, batch: Batch, result: Result) -> Result:
    custody.record(batch.id, result)
    return result
