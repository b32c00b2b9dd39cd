"""The untrusted side of the pool: a template that warms up once and forks workers, which lock themselves and read.

Run as ``python -m classifier.worker DESCRIPTOR PARENT``; nobody but ``classifier.pool`` does. The template never
touches a document: it imports, loads, fences itself in, and forks. It ends when its parent does, and its workers
with it.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import socket
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from classifier import channel, child, lock
from classifier.item import Unreadable
from classifier.limits import Limits

Job = Callable[[BinaryIO, Mapping[str, Any]], object]
_LOOK_UP = 1000  # milliseconds between two looks at whether the parent still lives


@dataclass(slots=True)
class _Template:
    """What the template knows: its link to the parent, the job, and the workers it forked (pidfd → serial, pid)."""

    link: socket.socket
    parent: int
    job: Job
    ceiling: int
    children: dict[int, tuple[int, int]] = field(default_factory=dict)

    def serve(self) -> NoReturn:
        """Fork on demand and report every death, until the parent is gone."""
        while True:
            watch = select.poll()
            watch.register(self.link, select.POLLIN)
            for handle in self.children:
                watch.register(handle, select.POLLIN)
            for ready, _ in watch.poll(_LOOK_UP):
                if ready == self.link.fileno():
                    self._obey()
                else:
                    self._bury(ready)
            if os.getppid() != self.parent:
                os._exit(0)

    def _obey(self) -> None:
        try:
            message, descriptor = channel.receive(self.link)
        except (EOFError, OSError):
            os._exit(0)
        assert descriptor is not None
        serial = int(message)
        template = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_worker(socket.socket(fileno=descriptor), template)
        os.close(descriptor)
        handle = os.pidfd_open(pid)
        self.children[handle] = (serial, pid)
        self._tell({"born": serial}, handle)

    def _bury(self, handle: int) -> None:
        serial, pid = self.children.pop(handle)
        os.close(handle)
        _, status, usage = os.wait4(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        self._tell({"gone": serial, "code": code, "resident": usage.ru_maxrss << 10})

    def _tell(self, news: Mapping[str, object], descriptor: int | None = None) -> None:
        try:
            channel.send(self.link, json.dumps(news).encode(), descriptor)
        except OSError:
            os._exit(0)

    def _become_worker(self, link: socket.socket, template: int) -> NoReturn:
        lock.die_with_parent()
        if os.getppid() != template:
            os._exit(0)
        self.link.close()
        for handle in self.children:
            os.close(handle)
        _work(link, self.job, self.ceiling)


def _work(link: socket.socket, job: Job, ceiling: int) -> NoReturn:
    locks = lock.seal(ceiling)
    channel.write_all(link, child.STAMP.pack(child.HELLO, 0) + json.dumps(locks).encode())
    while True:
        try:
            message, descriptor = channel.receive(link)
        except (EOFError, OSError):
            os._exit(0)
        assert descriptor is not None
        request = json.loads(message)
        lock.allow_cpu(request["seconds"])
        fresh, kind, reply = _answer(job, descriptor, request["args"])
        try:
            channel.write_all(link, child.STAMP.pack(kind, request["number"]) + reply)
        except OSError:
            os._exit(0)
        if not fresh:
            os._exit(0)


def _answer(job: Job, descriptor: int, args: Mapping[str, Any]) -> tuple[bool, int, bytes]:
    """Do the job on one file; tell whether this worker may go on, and the reply with its kind."""
    try:
        with os.fdopen(descriptor, "rb") as file:
            value = job(file, args)
        return True, child.VALUE, json.dumps(value, separators=(",", ":")).encode()
    except Unreadable as problem:
        return True, child.PROBLEM, _problem(problem.kind, problem.detail)
    except MemoryError:
        return False, child.PROBLEM, _problem("limit:memory")
    except BaseException as error:  # noqa: BLE001 - a parser may raise anything, a Rust panic too; it costs one file
        return False, child.PROBLEM, _problem("crashed", _whereabouts(error))


def _problem(kind: str, detail: str = "") -> bytes:
    return json.dumps({"stage": "read", "kind": kind, "detail": detail}).encode()


def _whereabouts(error: BaseException) -> str:
    """Name an error by its type and the line of our code it passed; its message may quote the document."""
    home = Path(__file__).parent.parent
    ours = [
        f"{Path(frame.filename).relative_to(home)}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(home) and "site-packages" not in frame.filename
    ]
    return f"{type(error).__name__} at {ours[-1] if ours else 'unknown'}"


def command(descriptor: int, parent: int) -> list[str]:
    """Give the command line of a template; ``-P`` keeps the current folder, which may be a share, out of imports."""
    return [sys.executable, "-P", "-B", "-m", "classifier.worker", str(descriptor), str(parent)]


def environment() -> dict[str, str]:
    """Give the children what they need to import the same code, and none of the parent's secrets.

    Threads of numerical libraries are turned off: they would not survive the fork, and each takes address space.
    """
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "TESSDATA_PREFIX", "TZ") if name in os.environ}
    home = str(Path(__file__).resolve().parent.parent)
    places = [home, *(place for place in sys.path if place and place != home)]
    alone = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return kept | alone | {"PYTHONPATH": os.pathsep.join(places), "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}


def _load(order: Mapping[str, Any]) -> tuple[Job, Limits]:
    module, _, name = order["job"].partition(":")
    limits = Limits(**order["limits"])
    job: Job = getattr(importlib.import_module(module), name)(order["settings"], limits)
    return job, limits


def main(descriptor: int, parent: int) -> NoReturn:
    """Warm up, fence in, and fork workers on demand until the parent ends."""
    link = socket.socket(fileno=descriptor)
    size = channel.HEADER.unpack(channel.exactly(link, channel.HEADER.size))[0]
    try:
        job, limits = _load(json.loads(channel.exactly(link, size)))
    except Exception as error:
        channel.send(link, json.dumps({"failed": f"{type(error).__name__}: {error}"[:2000]}).encode())
        raise
    gc.collect()
    gc.freeze()
    threads = len([*Path("/proc/self/task").iterdir()])
    ceiling = lock.address_space() + limits.memory
    locks = lock.fence() | {"template": "one thread" if threads == 1 else f"missing: {threads} threads before a fork"}
    channel.send(link, json.dumps({"ready": locks}).encode())
    _Template(link, parent, job, ceiling).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
