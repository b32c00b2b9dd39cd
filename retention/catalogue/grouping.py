"""Group commit: what several threads ask to write at one moment becomes durable in one transaction.

A commit costs one trip to the disk, whatever it holds. So whoever asks while another commit is on its way waits for the next one, in
which everything that has gathered goes together. Nothing is promised earlier than before: a call returns once its own part is durable.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection

from retention.catalogue import events
from retention.catalogue.store import Catalogue

_T = TypeVar("_T")


class NotCommittedError(Exception):
    """The transaction that held this part did not commit, so nothing of it was written; the run must stop and a later one goes on."""


class _Ask:
    """One thread's part of a transaction and what came of it."""

    __slots__ = ("act", "answered", "failure", "result")

    def __init__(self, act: Callable[[Connection], Any]) -> None:
        self.act = act
        self.answered = False
        self.result: Any = None
        self.failure: Exception | None = NotCommittedError("The catalogue did not take what was to be written.")


class Group:
    """Commits together what threads ask for at once. ``harmless`` is raised by a part that has written nothing and spoils no other."""

    def __init__(self, catalogue: Catalogue, harmless: type[Exception]) -> None:
        self._catalogue = catalogue
        self._harmless = harmless
        self._gathered: list[_Ask] = []
        self._door = threading.Lock()
        self._turn = threading.Lock()

    def do(self, act: Callable[[Connection], _T]) -> _T:
        """Run a part within a transaction and give its result once that is durable.

        Raises what a ``harmless`` part raised, and ``NotCommittedError`` when another part or the commit failed.
        """
        ask = _Ask(act)
        with self._door:
            self._gathered.append(ask)
        with self._turn:
            if not ask.answered:
                self._commit()
        if ask.failure is not None:
            raise ask.failure
        result: _T = ask.result
        return result

    def _commit(self) -> None:
        with self._door:
            asks, self._gathered = self._gathered, []
        try:
            failures = self._write(asks)
            for ask, failure in zip(asks, failures, strict=True):
                ask.failure = failure
        finally:
            for ask in asks:
                ask.answered = True

    def _write(self, asks: list[_Ask]) -> list[Exception | None]:
        failures: list[Exception | None] = []
        with self._catalogue.begin() as connection:
            # First of all, in every process: rows locked before the log's end could be waited for crosswise.
            events.lock(connection)
            for ask in asks:
                try:
                    ask.result = ask.act(connection)
                except self._harmless as failure:
                    failures.append(failure)
                else:
                    failures.append(None)
        return failures
