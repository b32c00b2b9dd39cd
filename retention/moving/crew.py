"""Several movers at once in one process: each move takes every step as before, but the waits for disk, catalogue and network overlap.

Each mover has a thread, a lease token and proofs of its own. What they share is safe to share: the vault, the journal (whose writes
of one moment go into one transaction) and the lock on a folder's notice.
"""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from retention.restrict import Mover
from retention.vault import Move, Order, Receipt

_T = TypeVar("_T")
_AHEAD = 4


class Crew:
    """Movers of one process, one for each thread. Receipts come in the order of what was asked.

    When one mover fails with an error that is no receipt, nothing more is begun, those at work finish, and the error is raised.
    """

    def __init__(self, movers: Iterable[Mover]) -> None:
        self._idle: queue.SimpleQueue[Mover] = queue.SimpleQueue()
        self._hands = 0
        for mover in movers:
            self._idle.put(mover)
            self._hands += 1

    def restrict(self, orders: Iterable[Order]) -> Iterator[Receipt]:
        """Move items; see ``Mover.restrict``."""
        return self._each(orders, Mover.restrict)

    def resume(self, moves: Iterable[Move]) -> Iterator[Receipt]:
        """Go on with moves that earlier runs left; see ``Mover.resume``."""
        return self._each(moves, Mover.resume)

    def restore(self, moves: Iterable[Move], by: str) -> Iterator[Receipt]:
        """Take moves back; see ``Mover.restore``."""
        return self._each(moves, lambda mover, move: mover.restore(move, by))

    def _each(self, things: Iterable[_T], act: Callable[[Mover, _T], Receipt]) -> Iterator[Receipt]:
        if self._hands == 1:
            mover = self._idle.get()
            try:
                for thing in things:
                    yield act(mover, thing)
            finally:
                self._idle.put(mover)
            return
        waiting: deque[Future[Receipt]] = deque()
        pool = ThreadPoolExecutor(self._hands, thread_name_prefix="mover")
        try:
            for thing in things:
                waiting.append(pool.submit(self._one, act, thing))
                if len(waiting) > _AHEAD * self._hands:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _one(self, act: Callable[[Mover, _T], Receipt], thing: _T) -> Receipt:
        mover = self._idle.get()
        try:
            return act(mover, thing)
        finally:
            self._idle.put(mover)
