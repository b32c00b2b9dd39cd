"""Walk a share in processes of its own, so that the next folders are listed while the last ones are written down.

A thread would not do: half of a walk's time is spent between system calls, where only one thread of a process runs. Each process
takes its own of the root's folders, imports nothing but the walk, reads folders only, and ends with its parent.
"""

from __future__ import annotations

import contextlib
import gc
import marshal
import os
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from classifier.crawl import Entry, Listing, ShareUnavailableError, walk

_PARTS = 2  # walking processes: most of a walk is waiting for the kernel or the file server
_TOGETHER = 2_000  # entries in one message
_FORMAT = 2  # later formats look each value up among those already written
_LENGTH = struct.Struct("=Q")
_Told = tuple[bytes, bytes, int, list[Entry], str]


class WalkEndedError(ShareUnavailableError):
    """The walking process ended before the share's end: nothing may be concluded from what it did not list."""


def walk_ahead(root: Path, sentinel: str, digests: Mapping[bytes, bytes]) -> Iterator[Listing]:
    """List every folder of a share as ``crawl.walk`` does; a folder whose digest stands comes with its count and without its entries.

    Raises ``ShareUnavailableError`` as the walk does, and ``WalkEndedError`` when the walking process was ended from outside.
    """
    with contextlib.ExitStack() as stack:
        walking = [stack.enter_context(_started()) for _ in range(_PARTS)]
        for part, child in enumerate(walking):
            assert child.stdin is not None
            with contextlib.suppress(BrokenPipeError), child.stdin as question:
                question.write(marshal.dumps((os.fsencode(root), sentinel, dict(digests), part), _FORMAT))
        pipes = [child.stdout for child in walking if child.stdout is not None]
        while pipes:
            for pipe in tuple(pipes):
                kind, told = _heard(pipe)
                if kind == "unavailable":
                    raise ShareUnavailableError(told)
                if kind == "end":
                    pipes.remove(pipe)
                    continue
                for path, digest, found, entries, why in told:
                    yield Listing(path, digest, found, told=entries, error=why)


def _heard(pipe: IO[bytes]) -> tuple[str, Any]:
    """Read one message: its length, and then the whole of it at once, for ``marshal`` would ask the pipe for every value."""
    head = pipe.read(_LENGTH.size)
    body = pipe.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""
    if not body or len(body) < _LENGTH.unpack(head)[0]:
        raise WalkEndedError("The crawl was cut off before the share's end. Run it again.")
    kind, told = marshal.loads(body)  # noqa: S302 - written by our own process
    return kind, told


@contextlib.contextmanager
def _started() -> Iterator[subprocess.Popen[bytes]]:
    """The walking process for the length of a block, and not longer."""
    home = os.fspath(Path(__file__).resolve().parent.parent)
    child = subprocess.Popen(
        [sys.executable, "-P", "-B", "-S", "-m", "classifier.ahead"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": home, "LANG": "C.UTF-8"},
        start_new_session=True,  # Ctrl-C is for the parent, which ends it
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


def _tell(root: bytes, sentinel: str, digests: Mapping[bytes, bytes], part: int, out: IO[bytes]) -> None:
    def say(kind: str, told: Any) -> None:
        body = marshal.dumps((kind, told), _FORMAT)
        out.write(_LENGTH.pack(len(body)) + body)
        out.flush()

    batch: list[_Told] = []
    size = 0
    try:
        for one in walk(Path(os.fsdecode(root)), sentinel, part, _PARTS):
            stands = bool(one.digest) and digests.get(one.path) == one.digest
            batch.append((one.path, one.digest, one.found, [] if stands else list(one.entries()), one.error))
            size += 1 if stands else one.found + 1
            if size >= _TOGETHER:
                say("listed", batch)
                batch, size = [], 0
    except ShareUnavailableError as error:
        say("unavailable", str(error))
        return
    say("listed", batch)
    say("end", None)


def main() -> None:
    """Answer the one question that stands on standard input."""
    with contextlib.suppress(BrokenPipeError):  # the parent has gone: nobody asks any more
        gc.disable()  # a walk makes no cycles, and each entry's status would be counted towards the next look for them
        root, sentinel, digests, part = marshal.loads(sys.stdin.buffer.read())  # noqa: S302 - written by our own parent
        _tell(root, sentinel, digests, part, sys.stdout.buffer)
        return
    os._exit(1)


if __name__ == "__main__":
    main()
