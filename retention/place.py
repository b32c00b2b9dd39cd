"""Files below a folder that others may change while we work: opened by descriptor, never through a link, never overwritten.

Threat model: anyone who can write to a share may swap a folder for a link, a file for another, or take a name that we are about to
use. Every open is relative to a descriptor and follows no link; every rename refuses to replace; a file is known by its identity,
not by its name. Accepted risk: a person with root on the machine that runs Strongroom can defeat all of it.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import signal
import stat
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

CHUNK = 1 << 20
_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
_SYS_OPENAT2 = 437
_RESOLVE_NO_MAGICLINKS = 0x02
_RESOLVE_NO_SYMLINKS = 0x04
_RESOLVE_BENEATH = 0x08
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells one state of one file from another: numbers of the file system, bytes, nanoseconds since 1970 UTC.

    A rename changes ``changed_ns`` and nothing else, so ``same_file`` leaves it out and ``untouched`` holds it against a fresh look.
    """

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Identity:
        """The identity that a stat result tells."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    def same_file(self, other: Identity) -> bool:
        """Whether both are the same file with, as far as size and time tell, the same bytes."""
        return (self.inode, self.size, self.modified_ns) == (other.inode, other.size, other.modified_ns)

    def untouched(self, other: Identity) -> bool:
        """Whether nothing at all was done to the file between both looks."""
        return self.same_file(other) and self.changed_ns == other.changed_ns


def _silent(_point: str) -> None:
    """Watch nothing."""


class Disk:
    """The system calls that change something, each between two named points that a test can fail or stop at."""

    def __init__(self, watch: Callable[[str], None] = _silent) -> None:
        self.watch = watch

    def fsync(self, descriptor: int) -> None:
        """Bring a file or folder to the disk."""
        self.watch("fsync")
        os.fsync(descriptor)
        self.watch("fsync done")

    def create(self, folder: int, name: bytes, mode: int = 0o600) -> int:
        """Open a new file for writing; ``FileExistsError`` when the name is taken, even by a link."""
        self.watch("create")
        made = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=folder)
        self.watch("create done")
        return made

    def write(self, descriptor: int, data: bytes) -> None:
        """Write all of the data."""
        self.watch("write")
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        self.watch("write done")

    def folder(self, parent: int, name: bytes, mode: int = 0o700) -> int:
        """Open a folder, made durably when it is not there; never through a link."""
        try:
            return open_folder(parent, name)
        except FileNotFoundError:
            self.watch("mkdir")
            with contextlib.suppress(FileExistsError):  # another run may make it in the meantime
                os.mkdir(name, mode, dir_fd=parent)
            self.watch("mkdir done")
            self.fsync(parent)
            return open_folder(parent, name)

    def rename(self, source: int, name: bytes, target: int, new: bytes) -> None:
        """Rename without ever replacing: ``FileExistsError`` when the new name is taken.

        Where the file system cannot promise that, ``OSError`` with ``EINVAL``: the caller must not go on.
        """
        self.watch("rename")
        rename_new(source, name, target, new)
        self.watch("rename done")

    def read(self, descriptor: int) -> Iterator[bytes]:
        """The bytes of an open file from its beginning, in chunks; holes come as zeros."""
        offset = 0
        while chunk := os.pread(descriptor, CHUNK, offset):
            self.watch("read")
            offset += len(chunk)
            yield chunk


def rename_new(source: int, name: bytes, target: int, new: bytes) -> None:
    """Call renameat2 with RENAME_NOREPLACE; raises ``OSError`` with the kernel's number."""
    if _libc.renameat2(source, name, target, new, _RENAME_NOREPLACE):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def open_root(path: str | os.PathLike[str]) -> int:
    """Open the folder at a configured path; that path itself may lead through links, for an administrator chose it."""
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def open_folder(parent: int, name: bytes) -> int:
    """Open a folder by name, not through a link."""
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)


def open_beneath(root: int, path: bytes, flags: int) -> int:
    """Open a path below a root descriptor without following any link and without leaving the root.

    Uses openat2 (Linux 5.6); an older kernel gets a walk of the components, each opened without following links.
    """
    parts = path.split(b"/")
    if any(part in (b"", b".", b"..") for part in parts) or b"\0" in path:
        raise OSError(errno.EINVAL, "not a plain relative path")
    flags |= os.O_CLOEXEC | os.O_NOFOLLOW
    how = struct.pack("QQQ", flags, 0, _RESOLVE_BENEATH | _RESOLVE_NO_SYMLINKS | _RESOLVE_NO_MAGICLINKS)
    if len(path) < os.pathconf("/", "PC_PATH_MAX"):
        opened = int(_libc.syscall(_SYS_OPENAT2, root, path, how, len(how)))
        if opened >= 0:
            return opened
        number = ctypes.get_errno()
        if number not in (errno.ENOSYS, errno.EPERM, errno.EAGAIN, errno.ENAMETOOLONG):
            raise OSError(number, os.strerror(number))
    return _walk(root, parts, flags)


def _walk(root: int, parts: list[bytes], flags: int) -> int:
    here = os.dup(root)
    try:
        for part in parts[:-1]:
            below = open_folder(here, part)
            os.close(here)
            here = below
        return os.open(parts[-1], flags, dir_fd=here)
    finally:
        os.close(here)


def open_parent(root: int, path: bytes) -> tuple[int, bytes]:
    """Open the folder that holds a path, and give the last name."""
    folder, _, name = path.rpartition(b"/")
    if not folder:
        return os.dup(root), name
    return open_beneath(root, folder, os.O_RDONLY | os.O_DIRECTORY), name


def look(folder: int, name: bytes) -> os.stat_result | None:
    """What a name in a folder is, links not followed; ``None`` when there is no such name."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def open_plain(folder: int, name: bytes, flags: int = os.O_RDONLY) -> int:
    """Open a regular file by name in a folder; anything else raises ``OSError`` with ``EINVAL`` and is never waited for."""
    opened = os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise OSError(errno.EINVAL, "not a regular file")
    return opened


def sole_opener(descriptor: int) -> bool | None:
    """Take a write lease: ``True`` when nobody else has the file open, ``False`` when someone has, ``None`` when unknown.

    While the lease is held, an open by another waits for up to ``/proc/sys/fs/lease-break-time``. It ends when the descriptor
    closes. The kernel's notice is sent as SIGURG, which programs ignore unless they ask for it; SIGIO would end the process.
    """
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except OSError as error:
        return False if error.errno in (errno.EAGAIN, errno.EBUSY) else None
    return True
