"""Keeps Airflow's processes and never outlives its launcher; run as a program, with the standard library only.

The launcher writes one JSON object a line to standard input: ``{"start": name, "command": [...], "log": path}`` or
``{"stop": true}``. The guard answers on standard output: ``{"started": name}``, ``{"exited": name, "code": n}``. The end of its
input means that the launcher is gone, whatever killed it, and is an order to stop.

Three nets hold what Airflow leaves behind. The guard is the reaper of all its descendants (Airflow puts each task into a
process group of its own, so killing one group is not enough); every component inherits a descriptor of one mark file, so its
holders are ours wherever they hang in the tree; and the components die with the guard.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
PATIENCE = 10.0  # seconds for running tasks and open requests to end by themselves
_LIBC = ctypes.CDLL(None, use_errno=True)


def become_reaper() -> None:
    """Adopt the orphans of every descendant from now on (prctl(2), Linux 3.4)."""
    _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent() -> None:
    """Be killed when the parent dies (prctl(2)) and heed SIGINT again; runs in the child between fork and exec."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def holders(mark: Path) -> set[int]:
    """List the processes of this user that hold ``mark`` open, by number."""
    found: set[int] = set()
    if not mark.exists():  # somebody deleted the state folder under us; descendants are still found
        return found
    wanted = mark.stat()
    for entry in Path("/proc").iterdir():
        # A process may end, or belong to another user, while we look.
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and _holds(entry / "fd", wanted):
                found.add(int(entry.name))
    return found


def _holds(folder: Path, wanted: os.stat_result) -> bool:
    for link in folder.iterdir():
        with contextlib.suppress(OSError):
            if os.path.samestat(link.stat(), wanted):
                return True
    return False


def descendants(root: int) -> set[int]:
    """List every living process below ``root``, by number."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                state, parent = (
                    (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[:2]
                )
                if state != "Z":
                    children.setdefault(int(parent), []).append(int(entry.name))
    found: set[int] = set()
    wave = [root]
    while wave:
        wave = [child for parent in wave for child in children.get(parent, []) if child not in found]
        found.update(wave)
    return found


def sweep(mark: Path, spare: set[int], *, below: int | None = None, seconds: float = 10.0) -> set[int]:
    """Kill all holders of ``mark`` and all processes below ``below``, but for ``spare``; return those that would not die."""
    left: set[int] = set()
    deadline = time.monotonic() + seconds
    while True:
        left = (holders(mark) | (descendants(below) if below else set())) - spare
        if not left or time.monotonic() > deadline:
            return left
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _reap()
        time.sleep(0.05)


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


class Guard:
    """The components that run now, in the order in which they were started."""

    def __init__(self, mark: Path, descriptor: int) -> None:
        self.mark = mark
        self.descriptor = descriptor
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def run(self) -> None:
        """Obey the launcher until it says stop or is gone; leave nothing behind."""
        wake, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker)
        stopping: list[int] = []
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: stopping.append(1))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        pending = b""
        while not stopping:
            ready, _, _ = select.select([0, wake], [], [])
            if wake in ready:
                os.read(wake, 512)
                self.tell_exits()
            if 0 in ready:
                received = os.read(0, 65536)
                if not received:
                    break
                *lines, pending = (pending + received).split(b"\n")
                if any(self.obey(json.loads(line)) for line in lines):
                    break
        self.stop()

    def obey(self, order: dict[str, Any]) -> bool:
        """Carry out one order; True means that it is time to stop."""
        if "start" not in order:
            return True
        with Path(order["log"]).open("ab", buffering=0) as log:
            self.running[order["start"]] = subprocess.Popen(  # noqa: S603 - the launcher's own command
                order["command"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(self.descriptor,),
                preexec_fn=die_with_parent,  # noqa: PLW1509 - the guard has one thread
            )
        _tell({"started": order["start"]})
        return False

    def tell_exits(self) -> None:
        """Report components that ended, and reap adopted orphans."""
        for name, process in list(self.running.items()):
            code = process.poll()
            if code is not None:
                del self.running[name]
                _tell({"exited": name, "code": code})
        # Only orphans are left to reap: subprocess has collected the components above.
        own = {process.pid for process in self.running.values()}
        for pid in children(os.getpid()) - own:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)

    def stop(self) -> None:
        """Stop what was started first (the API server) last, so that tasks can still report; then sweep."""
        everything = list(self.running.values())
        for started in (everything[1:], everything[:1]):
            for process in started:
                process.terminate()
            deadline = time.monotonic() + PATIENCE
            for process in started:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, deadline - time.monotonic()))
        sweep(self.mark, {os.getpid(), os.getppid()}, below=os.getpid())


def children(pid: int) -> set[int]:
    """List the direct children of a process."""
    with contextlib.suppress(OSError):
        return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()}
    return set()


def _tell(message: dict[str, Any]) -> None:
    # The launcher may be gone; then nobody needs to know.
    with contextlib.suppress(OSError):
        os.write(1, json.dumps(message).encode() + b"\n")


def main() -> None:
    """Guard: ``guard.py MARK DESCRIPTOR``."""
    become_reaper()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    Guard(Path(sys.argv[1]), int(sys.argv[2])).run()


if __name__ == "__main__":
    main()
