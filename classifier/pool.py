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
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from types import FrameType, TracebackType
from typing import Any, Self

from classifier import channel, opening, worker
from classifier.item import Problem, Unreadable
from classifier.limits import Limits

_LARGEST_REPLY = 64 << 20  # bytes; beyond it the worker is not answering but flooding
_AHEAD = 64  # outcomes of files that could not even be opened, gathered before the caller sees them
_TICK = 1.0  # seconds between two looks at the clock when nothing happens
_WORTH_A_SECOND_TRY = {"crashed", "limit:memory"}
_BIRTHS = 5  # workers in a row that die before they are ready; beyond it the machine is at fault, not a file


class PoolError(RuntimeError):
    """The pool itself cannot work: the job does not import, the model does not load, workers die at birth."""


@dataclass(frozen=True, slots=True)
class Task:
    """One file to read: ``open`` gives a descriptor or raises Unreadable; ``args`` go to the job, 64 KiB of JSON at most.

    ``key`` is the caller's and goes nowhere. Make ``open`` with ``functools.partial(opening.below, root, path)``.
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


@dataclass(slots=True, eq=False)
class _Worker:
    """One child as its parent sees it. ``strikes`` counts how often the task in hand has brought a worker down."""

    serial: int
    link: socket.socket
    handle: int | None = None  # pidfd
    ready: bool = False
    files: int = 0
    task: Task | None = None
    strikes: int = 0
    seconds: float = 0.0
    started: float = 0.0
    opened: os.stat_result | None = None
    reply: bytearray = field(default_factory=bytearray)


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
        self._living: dict[int, _Worker] = {}  # serial → worker that may take a task
        self._dying: dict[int, _Worker] = {}  # serial → worker that fell over a task; its exit code will say why
        self._again: deque[tuple[Task, int]] = deque()
        self._done: deque[tuple[Task, Outcome]] = deque()
        self._serial = 0
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
                while len(self._living) < self.workers:
                    self._spawn()
                more = self._fill(source)
                hurry = bool(self._done)
                while self._done:
                    yield self._done.popleft()
                if more or self._busy():
                    self._wait(0.0 if hurry else _TICK)
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
        return bool(self._dying) or any(each.task for each in self._living.values())

    def _abandon(self) -> None:
        """Forget every task; a worker that has one in hand is ended."""
        for each in [each for each in self._living.values() if each.task]:
            self._retire(each)
        self._dying.clear()
        self._again.clear()
        self._done.clear()

    def _fill(self, source: Iterator[Task]) -> bool:
        """Give idle workers a task each; tell whether there may be more tasks than that."""
        for each in list(self._living.values()):
            while each.ready and each.handle and not each.task and each.serial in self._living:
                if len(self._done) >= _AHEAD:
                    return True
                taken = self._next(source)
                if not taken:
                    return False
                self._hand_over(each, *taken)
        return True

    def _next(self, source: Iterator[Task]) -> tuple[Task, int] | None:
        if self._again:
            return self._again.popleft()
        task = None if self.stopped else next(source, None)
        return (task, 0) if task else None

    def _hand_over(self, each: _Worker, task: Task, strikes: int) -> None:
        """Open the task's file and send it to a worker; what cannot be opened has its outcome at once."""
        if strikes and each.files:
            self._again.append((task, strikes))
            self._retire(each)
            return
        opened = None
        try:
            descriptor = task.open()
            try:
                opened = os.fstat(descriptor)
                self._send(each, task, descriptor, opened.st_size)
            finally:
                os.close(descriptor)
        except Unreadable as error:
            self._done.append((task, Outcome(None, Problem("open", error.kind, error.detail), 0.0, opened)))
            return
        each.task, each.strikes, each.opened = task, strikes, opened

    def _send(self, each: _Worker, task: Task, descriptor: int, size: int) -> None:
        if size > self.limits.size:
            raise Unreadable("limit:size", f"{size} bytes, over {self.limits.size}")
        try:
            head = os.pread(descriptor, 1024, 0)
        except OSError as error:
            raise Unreadable(opening.kind_of(error)) from None
        each.seconds = self.limits.pdf_seconds if b"%PDF-" in head else self.limits.seconds
        each.started = time.monotonic()
        request = json.dumps({"seconds": each.seconds, "args": dict(task.args)}).encode()
        with contextlib.suppress(OSError):  # the worker has just died: its end is about to be heard and deals with it
            channel.send(each.link, request, descriptor)

    def _spawn(self) -> None:
        if self._stillborn >= _BIRTHS:
            raise PoolError(f"{_BIRTHS} workers in a row died before they were ready")
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self._serial += 1
        born = self._living[self._serial] = _Worker(self._serial, ours)
        self._select.register(ours, selectors.EVENT_READ, born)
        try:
            channel.send(self._control, str(self._serial).encode(), theirs.fileno())
        except OSError:
            raise PoolError("the template of the workers is gone") from None
        finally:
            theirs.close()

    def _retire(self, each: _Worker) -> None:
        """End a worker, whatever it does; one that fell idle has nothing to lose."""
        del self._living[each.serial]
        self._select.unregister(each.link)
        each.link.close()
        if each.handle:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(each.handle, signal.SIGKILL)
            os.close(each.handle)
            each.handle = None

    def _wait(self, seconds: float) -> None:
        """Sleep until something happens; hear it, then end the workers that are over time."""
        now = time.monotonic()
        ends = [each.started + each.seconds - now for each in self._living.values() if each.task]
        for key, _ in self._select.select(max(0.0, min([seconds, *ends]))):
            if isinstance(key.data, _Worker):
                if key.data.serial in self._living:
                    self._hear_worker(key.data)
            else:
                key.data()
        now = time.monotonic()
        for each in [each for each in self._living.values() if each.task and now > each.started + each.seconds]:
            self._finish(each, None, Problem("read", "limit:time", f"over {each.seconds:g} seconds"))
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

    def _hear_worker(self, each: _Worker) -> None:
        """Take in what a worker says; whatever is not exactly one reply to one request ends it."""
        try:
            while said := each.link.recv(1 << 20):
                each.reply += said
                if len(each.reply) > _LARGEST_REPLY:
                    break
        except BlockingIOError:
            self._weigh(each)
            return
        except OSError:
            pass
        self._weigh(each)
        if each.serial not in self._living:
            return
        if not each.ready:
            self._stillborn += 1
        self._retire(each)
        if each.task:
            self._dying[each.serial] = each

    def _weigh(self, each: _Worker) -> None:
        if len(each.reply) < channel.HEADER.size:
            return
        (size,) = channel.HEADER.unpack_from(each.reply)
        if len(each.reply) < channel.HEADER.size + size <= _LARGEST_REPLY:
            return
        reply = bytes(each.reply[channel.HEADER.size :])
        each.reply.clear()
        kind, body = reply[:1], reply[1:]
        if len(reply) != size:
            self._distrust(each)
        elif kind == worker.HELLO and not each.ready:
            each.ready, self._stillborn = True, 0
            self.locks |= json.loads(body)
        elif kind == worker.VALUE and each.task:
            self._finish(each, body, None)
        elif kind == worker.PROBLEM and each.task:
            self._take_problem(each, body)
        else:
            self._distrust(each)

    def _take_problem(self, each: _Worker, body: bytes) -> None:
        try:
            problem = worker.problem_of(body)
        except ValueError:
            self._distrust(each)
            return
        self._finish(each, None, problem)
        if problem.kind in _WORTH_A_SECOND_TRY and each.serial in self._living:
            self._retire(each)  # it has ended itself: it cannot vouch for its own state

    def _distrust(self, each: _Worker) -> None:
        if each.task:
            self._finish(each, None, Problem("read", "crashed", "the worker's answer was not one"))
        self._retire(each)

    def _bury(self, serial: int, code: int, resident: int) -> None:
        if serial in self._living:
            self._hear_worker(self._living[serial])
        each = self._dying.pop(serial, None)
        if not each:
            return
        if code == -signal.SIGXCPU:
            problem = Problem("read", "limit:time", f"over {each.seconds:g} seconds of processor time")
        elif resident > 0.8 * self.limits.memory:
            problem = Problem("read", "limit:memory", f"{resident >> 20} MiB")
        else:
            problem = Problem("read", "crashed", f"signal {-code}" if code < 0 else f"exit {code}")
        self._finish(each, None, problem)

    def _finish(self, each: _Worker, value: bytes | None, problem: Problem | None) -> None:
        """Settle the task in hand: an outcome, or once more in a fresh worker."""
        task, each.task = each.task, None
        assert task
        if problem and problem.kind in _WORTH_A_SECOND_TRY and each.files and not each.strikes:
            self._again.append((task, 1))
        else:
            self._done.append((task, Outcome(value, problem, time.monotonic() - each.started, each.opened)))
        each.files += 1
        if each.files >= self.limits.recycle and each.serial in self._living:
            self._retire(each)

    def _on_sigterm(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.stop()
