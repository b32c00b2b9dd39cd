"""Jobs that behave as a parser in trouble does, and jobs that try to break out; run in real workers."""

# ruff: noqa: ARG001, ARG004, ARG005 - every misdeed takes the same argument, needed or not
# ruff: noqa: ANN205 - some of them never return
# ruff: noqa: PTH101, PTH102, PTH104, PTH107, PTH208, PTH211 - the bare system calls are what is being tried

import ctypes
import fcntl
import os
import signal
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from classifier.item import Unreadable

_libc = ctypes.CDLL(None, use_errno=True)
_PARENT = os.getppid()
_seen: list[int] = []


def trouble(settings: Mapping[str, Any], limits: object):
    """Answer with the file's length, its reader and what the settings say, unless told to misbehave."""

    def job(file: BinaryIO, args: Mapping[str, Any]) -> object:
        data = file.read()
        action = getattr(_Trouble, args.get("do", "nothing"))
        _seen.append(len(data))
        said = action(args)
        return {"size": len(data), "pid": os.getpid(), "template": os.getppid(), "said": said, "settings": settings}

    return job


class _Trouble:
    @staticmethod
    def nothing(args): ...

    @staticmethod
    def hang(args):
        while True:
            time.sleep(1)

    @staticmethod
    def spin(args):
        while True:
            pass

    @staticmethod
    def nap(args):
        time.sleep(args["seconds"])

    @staticmethod
    def crash(args):
        ctypes.string_at(0)

    @staticmethod
    def abort(args):
        os.abort()

    @staticmethod
    def quit(args):
        os._exit(3)

    @staticmethod
    def gorge(args):
        return len(bytearray(8 << 30))

    @staticmethod
    def fail(args):
        raise KeyError("a secret word of the document")

    @staticmethod
    def panic(args):
        raise type("PanicException", (BaseException,), {})

    @staticmethod
    def recurse(args):
        return _Trouble.recurse(args)

    @staticmethod
    def refuse(args):
        raise Unreadable("encrypted", "protected with a password")

    @staticmethod
    def print(args):
        sys.stdout.write("words of a document\n" * 100)
        sys.stdout.flush()
        os.write(2, b"more words\n")

    @staticmethod
    def flood(args):
        return "x" * (80 << 20)

    @staticmethod
    def lie(args):
        os.write(_link(), b"\0\0\0\x09v\0\0\0\x01{..}")

    @staticmethod
    def babble(args):
        os.write(_link(), b"\xff" * 1000)

    @staticmethod
    def hang_up(args):
        os.close(_link())
        time.sleep(1000)

    @staticmethod
    def second_crash(args):
        if len(_seen) > 1:
            os.abort()

    @staticmethod
    def environment(args):
        return dict(os.environ)

    @staticmethod
    def escape(args):
        """Try each way out; say what the kernel answered to each, "done" where nothing stopped it."""
        return {name: _attempt(name, args) for name in args["ways"]}


def _link() -> int:
    """Find the descriptor of this worker's socket to its parent."""
    return next(n for n in range(3, 64) if _is(n, stat.S_ISSOCK))


def _is(number: int, kind: Callable[[int], bool]) -> bool:
    try:
        return kind(os.fstat(number).st_mode)
    except OSError:
        return False


def _attempt(name: str, args: Mapping[str, Any]) -> str:
    try:
        _WAYS[name](args)
    except OSError as error:
        return os.strerror(error.errno or 0)
    return "done"


def _call(number: int, *arguments: object) -> None:
    if _libc.syscall(ctypes.c_long(number), *arguments) < 0:
        raise OSError(ctypes.get_errno(), "")


def _connect(args: Mapping[str, Any]) -> None:
    with socket.socket() as one:
        one.connect(("127.0.0.1", args["port"]))


def _thread(args: Mapping[str, Any]) -> None:
    one = threading.Thread(target=time.sleep, args=(0,))
    one.start()
    one.join()


def _of_the_file(action: Callable[[int], object]) -> Callable[[Mapping[str, Any]], None]:
    """Make a way that does something to the document's own descriptor."""

    def way(args: Mapping[str, Any]) -> None:
        for number in range(3, 64):
            if _is(number, stat.S_ISREG):
                action(number)

    return way


_WAYS = {
    "connect": _connect,
    "make a socket": lambda args: socket.socket(socket.AF_UNIX).close(),
    "fork": lambda args: os.fork() or os._exit(0),
    "run a program": lambda args: os.execv("/bin/true", ["true"]),
    "kill the parent": lambda args: os.kill(_PARENT, signal.SIGTERM),
    "kill the template": lambda args: os.kill(os.getppid(), 0),
    "read a file": lambda args: Path("/etc/passwd").read_bytes(),
    "read a neighbour": lambda args: Path(args["folder"], "neighbour.txt").read_bytes(),
    "list a folder": lambda args: os.listdir(args["folder"]),
    "write a file": lambda args: Path(args["folder"], "new").write_bytes(b"x"),
    "write a temporary file": lambda args: Path("/tmp/strongroom-escape").write_bytes(b"x"),
    "make a folder": lambda args: os.mkdir(args["folder"] + "/new"),
    "remove a file": lambda args: os.remove(args["folder"] + "/neighbour.txt"),
    "rename a file": lambda args: os.rename(args["folder"] + "/neighbour.txt", args["folder"] + "/n"),
    "link a file": lambda args: os.link(args["folder"] + "/neighbour.txt", args["folder"] + "/n"),
    "make a link": lambda args: os.symlink("/etc/passwd", args["folder"] + "/n"),
    "cut a file": lambda args: os.truncate(args["folder"] + "/neighbour.txt", 0),
    "change a mode": lambda args: os.chmod(args["folder"] + "/neighbour.txt", 0o777),
    "change an owner": lambda args: os.chown(args["folder"] + "/neighbour.txt", 0, 0),
    "change a time": lambda args: os.utime(args["folder"] + "/neighbour.txt", (0, 0)),
    "change an attribute": lambda args: os.setxattr(args["folder"] + "/neighbour.txt", "user.x", b"x"),
    "write to the document": _of_the_file(lambda number: os.write(number, b"x")),
    "change the document's mode": _of_the_file(lambda number: os.fchmod(number, 0o777)),
    "change the document's time": _of_the_file(lambda number: os.utime(number, (0, 0))),
    "lease the document": _of_the_file(lambda number: fcntl.fcntl(number, fcntl.F_SETLEASE, fcntl.F_RDLCK)),
    "lock the document": _of_the_file(lambda number: fcntl.flock(number, fcntl.LOCK_SH)),
    "open the document again to write": _of_the_file(lambda number: os.open(f"/proc/self/fd/{number}", os.O_RDWR)),
    "make memory a file": lambda args: os.memfd_create("x"),
    "raise a limit of the parent": lambda args: _prlimit(_PARENT),
    "watch a process": lambda args: _call(101, ctypes.c_long(16), ctypes.c_long(_PARENT), 0, 0),
    "mount": lambda args: _call(165, b"none", b"/mnt", b"tmpfs", 0, 0),
    "load a program into the kernel": lambda args: _call(321, 0, 0, 0),
    "use io_uring": lambda args: _call(425, 1, ctypes.create_string_buffer(120)),
    "leave the namespace": lambda args: _call(272, ctypes.c_long(0x10000000)),
    "use a call of tomorrow": lambda args: _call(470, 0, 0, 0),
    "start a thread": _thread,
    "import a module": lambda args: __import__("colorsys"),
}
WAYS_OUT = [way for way in _WAYS if way not in {"start a thread", "import a module"}]


def _prlimit(pid: int) -> None:
    _call(302, ctypes.c_long(pid), ctypes.c_long(7), (ctypes.c_uint64 * 2)(1, 1), None)
