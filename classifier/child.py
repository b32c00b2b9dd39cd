"""One worker as its parent sees it: what it holds, since when, and what it says."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from classifier import channel
from classifier.item import Problem

VALUE, PROBLEM, HELLO = b"v"[0], b"p"[0], b"h"[0]
STAMP = struct.Struct("!BI")  # what a reply begins with: its kind, and the number of the request it answers
_LARGEST_REPLY = 64 << 20  # bytes; beyond it the worker is not answering but flooding
_BRISK = 0.02  # seconds; a worker that took less over its last file is given the next one ahead of time


@dataclass(frozen=True, slots=True)
class Task:
    """One file to read: ``open`` gives a descriptor or raises Unreadable; ``args`` go to the job, 64 KiB of JSON at most.

    ``key`` is the caller's and goes nowhere. Make ``open`` with ``functools.partial(opening.below, root, path)``;
    it may be called more than once.
    """

    key: int | str
    open: Callable[[], int]
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one task: ``value``, the job's answer as JSON of a stranger, or else a ``problem``.

    ``seconds`` of wall clock; ``opened`` is what the parent saw of the file when it opened it (None: not opened).
    """

    value: bytes | None
    problem: Problem | None
    seconds: float = 0.0
    opened: os.stat_result | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A task that a worker was given: the number it goes by, its seconds, and how often it brought a worker down."""

    task: Task
    number: int
    seconds: float
    strikes: int
    opened: os.stat_result


@dataclass(slots=True, eq=False)
class Child:
    """A worker process. It reads the first task in ``hand``, since ``started``; the others wait their turn."""

    serial: int
    link: socket.socket
    handle: int | None = None  # pidfd
    ready: bool = False
    files: int = 0
    hand: deque[Held] = field(default_factory=deque)
    started: float = 0.0
    brisk: bool = False
    said: bytearray = field(default_factory=bytearray)

    def may_take(self, recycle: int) -> bool:
        """Tell whether it can be given another task: when idle, or one ahead while its files are quickly read."""
        held = len(self.hand)
        return self.ready and bool(self.handle) and held <= self.brisk and self.files + held < recycle

    def take(self, held: Held, descriptor: int) -> None:
        """Hand over a task with its open file; if the worker has just died, its end is heard later and tells why."""
        request = {"number": held.number, "seconds": held.seconds, "args": dict(held.task.args)}
        if not self.hand:
            self.started = time.monotonic()
        self.hand.append(held)
        with contextlib.suppress(OSError):
            channel.send(self.link, json.dumps(request).encode(), descriptor)

    def listen(self) -> bool:
        """Take in what it has said; tell whether it may say more (False: it hung up, or floods)."""
        try:
            while heard := self.link.recv(1 << 20):
                self.said += heard
                if len(self.said) > _LARGEST_REPLY:
                    return False
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def replies(self) -> list[tuple[int, int, bytes]]:
        """Cut off the complete replies: kind, request number, body. Raises ValueError when it is no reply."""
        found = []
        while len(self.said) >= channel.HEADER.size:
            (size,) = channel.HEADER.unpack_from(self.said)
            end = channel.HEADER.size + size
            if not STAMP.size <= size <= _LARGEST_REPLY:
                raise ValueError("not a reply")
            if len(self.said) < end:
                break
            kind, number = STAMP.unpack_from(self.said, channel.HEADER.size)
            found.append((kind, number, bytes(self.said[channel.HEADER.size + STAMP.size : end])))
            del self.said[:end]
        return found

    def settle(self) -> tuple[Held, float]:
        """Take the first task out of its hand, and the seconds that it took; the next one's time begins."""
        now = time.monotonic()
        took, self.started = now - self.started, now
        self.brisk = took < _BRISK
        self.files += 1
        return self.hand.popleft(), took

    def left(self, now: float) -> float:
        """Count the seconds it still has for the file it reads; many when it reads none."""
        return self.started + self.hand[0].seconds - now if self.hand else 1e9

    def end(self) -> None:
        """Hang up and kill it, whatever it does."""
        self.link.close()
        if self.handle:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
            os.close(self.handle)
            self.handle = None
