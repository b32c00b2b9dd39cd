"""Open a file below a folder without ever following a link: the parent opens, so that no parser needs a path."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import stat
from functools import lru_cache

from classifier.item import Unreadable

_OPENAT2 = 437  # the same number on every architecture
_NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_KINDS = {
    errno.ENOENT: "vanished",
    errno.ENOTDIR: "vanished",
    errno.EACCES: "permission",
    errno.EPERM: "permission",
    errno.ELOOP: "changed",
    errno.EXDEV: "changed",
    errno.ENXIO: "changed",
}
_libc = ctypes.CDLL(None, use_errno=True)


class _How(ctypes.Structure):
    """``struct open_how`` of openat2(2)."""

    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def below(root: int, path: bytes) -> int:
    """Open the regular file at ``path`` below the folder descriptor ``root``, for reading, and return its descriptor.

    No component may be a link or lead out of ``root``; nothing but a regular file is handed out, and the access
    time stays as it was where the kernel allows that (only the file's owner may ask). Raises ``Unreadable`` with
    the kind ``vanished``, ``permission``, ``changed`` (it is no regular file, or a link stands in the way) or
    ``io``. Blocking is ruled out, so that a pipe put in a file's place holds nobody up.
    """
    try:
        try:
            descriptor = _open(root, path, _FLAGS | os.O_NOATIME)
        except PermissionError:
            descriptor = _open(root, path, _FLAGS)
    except OSError as error:
        raise Unreadable(kind_of(error), errno.errorcode.get(error.errno or 0, "")) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable("changed", "no longer a regular file")
    return descriptor


def beside(path: bytes) -> int:
    """Open the regular file at ``path``, given by a person: links in its folder's path are theirs, its own is refused.

    Raises as ``below`` does.
    """
    folder, name = os.path.split(path)
    try:
        root = os.open(folder or b".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise Unreadable(kind_of(error), errno.errorcode.get(error.errno or 0, "")) from None
    try:
        return below(root, name)
    finally:
        os.close(root)


def kind_of(error: OSError) -> str:
    """Name the problem behind an error of the file system: one of the kinds of ``Problem``."""
    return _KINDS.get(error.errno or 0, "io")


@lru_cache(maxsize=1)
def has_openat2() -> bool:
    """Tell whether the kernel resolves paths without links itself (Linux 5.6); else each component is walked."""
    if platform.system() != "Linux":
        return False
    try:
        os.close(_openat2(-100, b".", os.O_PATH | os.O_CLOEXEC, 0))
    except OSError:
        return False
    return True


def _open(root: int, path: bytes, flags: int) -> int:
    if b"\0" in path:
        raise OSError(errno.ENOENT, "null byte in a path")
    if not has_openat2():
        return _walk(root, path, flags)
    for _ in range(8):
        try:
            return _openat2(root, path, flags, _NO_MAGICLINKS | _NO_SYMLINKS | _BENEATH)
        except BlockingIOError:
            continue  # a rename elsewhere on the machine disturbed the look-up; openat2(2) says: try again
    return _walk(root, path, flags)


def _openat2(root: int, path: bytes, flags: int, resolve: int) -> int:
    how = _How(flags, 0, resolve)
    descriptor: int = _libc.syscall(
        ctypes.c_long(_OPENAT2), ctypes.c_int(root), path, ctypes.byref(how), ctypes.c_size_t(ctypes.sizeof(how))
    )
    if descriptor < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return descriptor


def _walk(root: int, path: bytes, flags: int) -> int:
    *folders, name = path.split(b"/")
    if not name or any(part in {b"", b".", b".."} for part in [*folders, name]):
        raise OSError(errno.EXDEV, "a path that leaves its folder")
    here = os.dup(root)
    try:
        for folder in folders:
            inner = os.open(folder, _FOLDER, dir_fd=here)
            os.close(here)
            here = inner
        return os.open(name, flags, dir_fd=here)
    finally:
        os.close(here)
