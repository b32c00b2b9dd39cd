"""Many files through locked, killable child processes, each file under limits of time and memory.

Threat: any file may hang, blow up or take over the parser that reads it. The parent therefore opens the files but
never parses them; a worker gets an open descriptor and answers in JSON, which is judged as a stranger's word.
Accepted: a worker that was taken over can misreport the files it is given until it is replaced (``Limits.recycle``)
or found out; see docs/containment.md.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from types import FrameType, TracebackType
from typing import Any, Self

from classifier import answers, channel, child, opening, worker
from classifier.child import Child, Held, Outcome, Task
from classifier.item import Problem, Unreadable
from classifier.limits import Limits

__all__ = ["Outcome", "Pool", "PoolError", "Task"]

_AHEAD = 64  # outcomes of files that could not even be opened, gathered before the caller sees them
_TICK = 1.0  # seconds between two looks at the clock when nothing happens
_WORTH_A_SECOND_TRY = {"crashed", "limit:memory"}
_BIRTHS = 5  # workers in a row that die before they are ready; beyond it the machine is at fault, not a file


class PoolError(RuntimeError):
    """The pool itself cannot work: the job does not import, the model does not load, workers die at birth."""


class Pool:
    """Workers for one job, as a context manager; not for use by several threads.

    ``job`` is "module:function"; the function is called once, in the template, as ``function(settings, limits)``
    and gives a callable ``(file, args) -> JSON``. Entering starts the template and raises PoolError when it cannot.
    ``locks`` then tells which locks are in force. A SIGTERM to a program without a handler of its own is met by
    ``stop``; other handlers are left alone.
    """

    def __init__(
        self, job: str, settings: Mapping[str, Any] | None = None, workers: int = 2, limits: Limits | None = None
    ) -> None:
        self.job = job
        self.settings = dict(settings or {})
        self.workers = max(1, workers)
        self.limits = limits or Limits()
        self.locks: dict[str, str] = {}
        self.stopped = False
        self.stray_output = 0  # bytes that parsers wrote to stdout or stderr; dropped, for they may quote a document
        self._living: dict[int, Child] = {}  # serial → worker that may take a task
        self._dying: dict[int, Child] = {}  # serial → worker that fell over its first task; the exit code says why
        self._again: deque[tuple[Task, int]] = deque()
        self._done: deque[tuple[Task, Outcome]] = deque()
        self._serial = 0
        self._number = 0
        self._stillborn = 0
        self._old_handler: Any = None

    def __enter__(self) -> Self:
        self._start()
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            self._old_handler = signal.signal(signal.SIGTERM, self._on_sigterm)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._old_handler is not None:
            signal.signal(signal.SIGTERM, self._old_handler)
        self.close()

    def stop(self) -> None:
        """Begin no further task; ``run`` ends once those in flight have. Safe in a signal handler."""
        self.stopped = True

    def close(self) -> None:
        """End template and workers at once; what is in flight is lost."""
        self._abandon()
        for each in list(self._living.values()):
            self._retire(each)
        self._select.close()
        self._control.close()
        self._template.kill()
        self._template.wait()
        os.close(self._output)

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Outcome]]:
        """Read every task's file and give each task once, with its outcome, as they finish (not in order).

        ``tasks`` is drawn from as workers fall idle, so it may be endless. When a worker that read other files
        before crashes or runs out of memory, the task is tried once more in a fresh one, since what those files
        left behind may be to blame; time is given once. Leaving the loop early ends the workers in flight.
        Raises PoolError when workers can no longer be made.
        """
        source = iter(tasks)
        more = True
        try:
            while more or self._again or self._done or self._busy():
                more = self._fill(source)
                if more or self._again:
                    self._staff()
                wait = 0.0 if len(self._done) >= _AHEAD else _TICK
                while self._done:
                    yield self._done.popleft()
                if more or self._busy():
                    self._wait(wait)
        finally:
            self._abandon()

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        reading, writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._template = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            worker.command(theirs.fileno(), os.getpid()),
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=writing,
            pass_fds=(theirs.fileno(),),
            env=worker.environment(),
            start_new_session=True,  # Ctrl-C is for the parent, which ends its workers itself
        )
        theirs.close()
        os.close(writing)
        self._control, self._output = ours, reading
        self._select = selectors.DefaultSelector()
        self._select.register(reading, selectors.EVENT_READ, self._drain)
        self._select.register(ours, selectors.EVENT_READ, self._hear_template)
        order = {"job": self.job, "settings": self.settings, "limits": asdict(self.limits)}
        try:
            channel.write_all(ours, json.dumps(order).encode())
            answer = json.loads(channel.receive(ours)[0])
        except (EOFError, OSError):
            answer = {"failed": "it died while it started"}
        if "failed" in answer:
            self.close()
            raise PoolError(f"the job {self.job} does not start: {answer['failed']}")
        self.locks |= answer["ready"]

    def _busy(self) -> bool:
        return bool(self._dying) or any(each.hand for each in self._living.values())

    def _abandon(self) -> None:
        """Forget every task; a worker that has one in hand is ended."""
        for each in [each for each in self._living.values() if each.hand]:
            self._retire(each)
        self._dying.clear()
        self._again.clear()
        self._done.clear()

    def _fill(self, source: Iterator[Task]) -> bool:
        """Give tasks to the workers that may take one, the idlest first; tell whether there may be more tasks."""
        while len(self._done) < _AHEAD:
            each = self._idlest()
            if not each:
                return True
            if self._again and self._again[0][1] and (each.files or each.hand):
                if not each.hand:
                    self._retire(each)  # a second try wants a fresh worker
                return True
            taken = self._next(source)
            if not taken:
                return False
            self._hand_over(each, *taken)
        return True

    def _idlest(self) -> Child | None:
        found = None
        for each in self._living.values():
            if each.may_take(self.limits.recycle) and (not found or len(each.hand) < len(found.hand)):
                found = each
        return found

    def _next(self, source: Iterator[Task]) -> tuple[Task, int] | None:
        if self._again:
            return self._again.popleft()
        task = None if self.stopped else next(source, None)
        return (task, 0) if task else None

    def _hand_over(self, each: Child, task: Task, strikes: int) -> None:
        """Open the task's file and give both to a worker; what cannot be opened has its outcome at once."""
        opened = None
        try:
            descriptor = task.open()
            try:
                opened = os.fstat(descriptor)
                self._number += 1
                each.take(Held(task, self._number, self._seconds(descriptor, opened), strikes, opened), descriptor)
            finally:
                os.close(descriptor)
        except Unreadable as error:
            self._done.append((task, Outcome(None, Problem("open", error.kind, error.detail), 0.0, opened)))

    def _seconds(self, descriptor: int, opened: os.stat_result) -> float:
        """Look at a file's size and first bytes: how long it may take, or Unreadable."""
        if opened.st_size > self.limits.size:
            raise Unreadable("limit:size", f"{opened.st_size} bytes, over {self.limits.size}")
        try:
            head = os.pread(descriptor, 1024, 0)
        except OSError as error:
            raise Unreadable(opening.kind_of(error)) from None
        return self.limits.pdf_seconds if b"%PDF-" in head else self.limits.seconds

    def _staff(self) -> None:
        """Have as many workers as there should be, living or about to."""
        while len(self._living) < self.workers:
            if self._stillborn >= _BIRTHS:
                raise PoolError(f"{_BIRTHS} workers in a row died before they were ready")
            ours, theirs = socket.socketpair()
            ours.setblocking(False)
            self._serial += 1
            born = self._living[self._serial] = Child(self._serial, ours)
            self._select.register(ours, selectors.EVENT_READ, born)
            try:
                channel.send(self._control, str(self._serial).encode(), theirs.fileno())
            except OSError:
                raise PoolError("the template of the workers is gone") from None
            finally:
                theirs.close()

    def _retire(self, each: Child, keep: int = 0) -> None:
        """End a worker; what it held goes to others, but for the first ``keep`` tasks."""
        del self._living[each.serial]
        self._select.unregister(each.link)
        each.end()
        while len(each.hand) > keep:
            held = each.hand.pop()
            self._again.append((held.task, held.strikes))

    def _wait(self, seconds: float) -> None:
        """Sleep until something happens; hear it, then end the workers that are over time."""
        if seconds:
            now = time.monotonic()
            seconds = max(0.0, min(seconds, *(each.left(now) for each in self._living.values()), _TICK))
        for key, _ in self._select.select(seconds):
            if not isinstance(key.data, Child):
                key.data()
            elif key.data.serial in self._living:
                self._hear_worker(key.data)
        now = time.monotonic()
        for each in [each for each in self._living.values() if each.left(now) < 0]:
            self._finish(each, None, Problem("read", "limit:time", f"over {each.hand[0].seconds:g} seconds"))
            self._retire(each)

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            said = os.read(self._output, 1 << 16)
            self.stray_output += len(said)
            if not said:
                self._select.unregister(self._output)

    def _hear_template(self) -> None:
        try:
            message, handle = channel.receive(self._control)
        except (EOFError, OSError):
            raise PoolError("the template of the workers is gone") from None
        news = json.loads(message)
        if handle is not None:
            each = self._living.get(news["born"])
            if each:
                each.handle = handle
            else:
                os.close(handle)
        else:
            self._bury(news["gone"], news["code"], news["resident"])

    def _hear_worker(self, each: Child) -> None:
        """Take in what a worker says; whatever is not exactly one reply to each request in turn ends it."""
        may_go_on = each.listen()
        try:
            for kind, number, body in each.replies():
                self._weigh(each, kind, number, body)
        except ValueError:
            if each.hand:
                self._finish(each, None, Problem("read", "crashed", "the worker's answer was not one"))
            self._retire(each)
            return
        if not may_go_on and each.serial in self._living:
            self._stillborn += not each.ready
            if each.hand:
                self._dying[each.serial] = each
            self._retire(each, keep=1)
        elif each.files >= self.limits.recycle and each.serial in self._living:
            self._retire(each)

    def _weigh(self, each: Child, kind: int, number: int, body: bytes) -> None:
        """Believe one reply; raises ValueError when it is none that is due."""
        if kind == child.HELLO and not each.ready:
            each.ready, self._stillborn = True, 0
            self.locks |= json.loads(body)
            return
        if not each.hand or number != each.hand[0].number or kind not in {child.VALUE, child.PROBLEM}:
            raise ValueError("a reply that nobody waits for")
        if kind == child.VALUE:
            self._finish(each, body, None)
            return
        problem = answers.problem_from_json(json.loads(body))
        self._finish(each, None, problem)
        if problem.kind in _WORTH_A_SECOND_TRY:
            raise ValueError("it ends itself, for it cannot vouch for its own state")

    def _bury(self, serial: int, code: int, resident: int) -> None:
        """Hear how a worker ended, which is the reason that the file it was reading is given."""
        if serial in self._living:
            self._hear_worker(self._living[serial])
        each = self._dying.pop(serial, None)
        if not each:
            return
        if code == -signal.SIGXCPU:
            problem = Problem("read", "limit:time", f"over {each.hand[0].seconds:g} seconds of processor time")
        elif resident > 0.8 * self.limits.memory:
            problem = Problem("read", "limit:memory", f"{resident >> 20} MiB")
        else:
            problem = Problem("read", "crashed", f"signal {-code}" if code < 0 else f"exit {code}")
        self._finish(each, None, problem)

    def _finish(self, each: Child, value: bytes | None, problem: Problem | None) -> None:
        """Settle the task that a worker was reading: an outcome, or once more in a fresh worker."""
        fresh = not each.files
        held, took = each.settle()
        if problem and problem.kind in _WORTH_A_SECOND_TRY and not fresh and not held.strikes:
            self._again.append((held.task, 1))
        else:
            self._done.append((held.task, Outcome(value, problem, took, held.opened)))

    def _on_sigterm(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.stop()
