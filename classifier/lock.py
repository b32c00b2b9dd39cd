"""Lock this process for good, so that a parser taken over by a hostile file reaches neither network nor files.

Threat: a document takes control of a parser. What it holds then: the bytes of the files given to this process
until it is replaced, the words of the model, and one socket on which it can tell the parent lies about those files.
What it must not reach: any other file (for writing or reading), the network, other processes, new programs.
Accepted: the libraries of Python stay readable; kernel faults behind permitted system calls; a worker can waste
its own time until the parent kills it. Every lock that this kernel lacks is named by ``capabilities``.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import resource
import site
import struct
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from pathlib import Path

from classifier import opening, syscalls

_libc = ctypes.CDLL(None, use_errno=True)

_PDEATHSIG, _NO_NEW_PRIVS, _SET_SECCOMP = 1, 38, 22  # prctl(2)
_SIGKILL = 9
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # landlock(7), the same on every architecture
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FS_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # ABI → how many rights it knows; ABI 5 and later know 16
_LANDLOCK_MISSING = "missing: this kernel has no Landlock; writing is refused by the call filter alone"


def capabilities() -> Mapping[str, str]:
    """Tell, lock by lock, what this machine offers: "yes", a version, or "missing: …" with what that costs.

    Only asks the kernel; changes nothing.
    """
    abi = _landlock_abi()
    return {
        "landlock": f"yes, ABI {abi}" if abi else _LANDLOCK_MISSING,
        "seccomp": _seccomp_available(),
        "no-new-privileges": "yes" if _prctl(39) >= 0 else "missing: kernel before 3.5",
        "limits": "yes",
        "openat2": "yes" if opening.has_openat2() else "missing: paths are walked one folder at a time",
        "pidfd": "yes" if _pidfd_works() else "missing: kernel before 5.3; the pool cannot run",
    }


def address_space() -> int:
    """Measure the address space this process has now, in bytes; /proc must be readable, so ask before ``fence``."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    return int(pages) * resource.getpagesize()


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the thread that forked it ends."""
    _prctl(_PDEATHSIG, _SIGKILL)


def fence(readable: Iterable[Path] | None = None) -> dict[str, str]:
    """Shut the file system for this process and its children: no writing, reading only the libraries of Python.

    ``readable`` are the folders left open for reading (default: ``library_folders()``); open descriptors go on
    working. Also sets no-new-privileges, gives up all capabilities (a container's root), forbids core dumps and
    the growth of any file, and asks to be the first killed when the machine runs out of memory. Returns what is
    in force, with "missing: …" for a lock the kernel lacks.
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    for limit, value in (
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    nnp = _prctl(_NO_NEW_PRIVS, 1) == 0
    return {
        "limits": "yes",
        "no-new-privileges": "yes" if nnp else "missing: kernel before 3.5",
        "landlock": _landlock(library_folders() if readable is None else readable),
        "capabilities": "none" if _drop_capabilities() else "missing: could not be given up",
    }


def seal(ceiling: int, descriptors: int = 64) -> dict[str, str]:
    """Close the last doors of one worker: memory, descriptors, and a filter that refuses dangerous system calls.

    ``ceiling`` is in bytes of address space, what the process had when idle included. Nothing can undo this. Returns
    what is in force. Without seccomp, new processes are refused by RLIMIT_NPROC instead, which does not bind root.
    """
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    state = _filter_calls()
    if state != "yes":
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    return {"memory": f"{ceiling >> 20} MiB of address space", "seccomp": state}


def allow_cpu(seconds: float) -> None:
    """Give this process so many more seconds of processor time; beyond them the kernel ends it, parent or no parent."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    until = int(usage.ru_utime + usage.ru_stime + seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


def library_folders() -> tuple[Path, ...]:
    """Folders a parser may still read once fenced in: the standard library, site-packages, shared objects, time zones."""
    named = [sysconfig.get_path(key) for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    places = [*named, *site.getsitepackages(), f"{sys.base_prefix}/lib", "/usr/lib", "/usr/lib64", "/lib", "/lib64"]
    places += ["/usr/share/zoneinfo", "/usr/local/lib"]
    return tuple(sorted({Path(place).resolve() for place in places if place and Path(place).is_dir()}))


def _prctl(option: int, value: int = 0) -> int:
    result: int = _libc.prctl(ctypes.c_int(option), *(ctypes.c_ulong(v) for v in (value, 0, 0, 0)))
    return result


def _syscall(number: int, *arguments: object) -> int:
    result: int = _libc.syscall(ctypes.c_long(number), *arguments)
    return result


def _drop_capabilities() -> bool:
    header = struct.pack("Ii", 0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    return int(_libc.capset(header, bytes(24))) == 0


def _pidfd_works() -> bool:
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (OSError, AttributeError):
        return False
    return True


def _landlock_abi() -> int:
    return max(0, _syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1)))


def _landlock(readable: Iterable[Path]) -> str:
    abi = _landlock_abi()
    if not abi:
        return _LANDLOCK_MISSING
    rights = (1 << _FS_RIGHTS.get(abi, 16)) - 1
    attributes = struct.pack("QQQ", rights, 0b11 if abi >= 4 else 0, 0b11 if abi >= 6 else 0)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    rules = _syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0))
    if rules < 0:
        return _LANDLOCK_MISSING
    for place in readable:
        _landlock_allow(rules, place)
    done = _syscall(_RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint32(0)) == 0
    os.close(rules)
    return f"yes, ABI {abi}" if done else _LANDLOCK_MISSING


def _landlock_allow(rules: int, place: Path) -> None:
    folder = os.open(place, os.O_PATH | os.O_CLOEXEC)
    rule = struct.pack("=Qi", _READ_FILE | _READ_DIR, folder)
    _syscall(_ADD_RULE, ctypes.c_int(rules), ctypes.c_int(1), rule, ctypes.c_uint32(0))
    os.close(folder)


class _Program(ctypes.Structure):
    """``struct sock_fprog``: how many instructions, and where they are."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _seccomp_available() -> str:
    if platform.machine() not in syscalls.TABLES:
        return f"missing: no call table for {platform.machine()}; Landlock and limits alone hold"
    if _prctl(21) < 0:
        return "missing: kernel without seccomp"
    return "yes"


def _filter_calls() -> str:
    available = _seccomp_available()
    if available != "yes":
        return available
    code = syscalls.program(platform.machine(), os.getpid())
    program = _Program(len(code) // 8, code)
    if _libc.prctl(_SET_SECCOMP, ctypes.c_ulong(2), ctypes.byref(program), 0, 0) != 0:
        return "missing: the kernel refused the filter"
    return "yes"
