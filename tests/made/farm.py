"""A small share of everything awkward about names, links, kinds of file and times, to try a crawl on.

``farm(root)`` makes ``root/share``, to be crawled, and ``root/outside``, of which nothing may ever be opened.
"""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

OUTSIDE = b"RESTRICTED: nobody reads this through a link"
LONG_PART = b"d" * 50
_SPARSE = 1 << 40
_DAY_NS = 86_400 * 10**9


@dataclass(frozen=True, slots=True)
class Oddity:
    """One awkward entry: its path below the share, what ``lstat`` calls it, and why it is here.

    ``kind`` is ``file``, ``link``, ``special`` or ``folder``. ``made`` is false where this machine or user cannot make
    it (device files need root, some file systems refuse some names).
    """

    path: bytes
    kind: str
    about: str
    made: bool = True


Maker = Callable[[bytes], None]


def farm(root: Path) -> tuple[Oddity, ...]:
    """Make the share and what lies outside it; what could not be made says so.

    ``root`` must not exist or be empty. ``open_up`` gives back the permissions before the folder is cleared.
    """
    share, outside = os.fsencode(root / "share"), os.fsencode(root / "outside")
    for folder in (b"names", b"links", b"special", b"times", b"plain"):
        Path(os.fsdecode(share + b"/" + folder)).mkdir(parents=True)
    (root / "outside").mkdir()
    (root / "outside" / "restricted.txt").write_bytes(OUTSIDE)
    (root / "share" / "plain" / "ok.txt").write_bytes(b"an ordinary file")
    made = [Oddity(b"plain/ok.txt", "file", "an ordinary file")]
    for oddity, make in (*_names(), *_links(outside), *_specials(), *_times()):
        made.append(_tried(oddity, make, share))
    made.extend(_deep(share))
    return tuple(made)


def open_up(root: Path) -> None:
    """Give back the permissions that ``farm`` took away, so that the folder can be removed."""
    for name, mode in (("no access", 0o755), ("no permission.txt", 0o644)):
        path = root / "share" / "special" / name
        if path.exists():
            path.chmod(mode)


def _tried(oddity: Oddity, make: Maker, share: bytes) -> Oddity:
    try:
        make(share + b"/" + oddity.path)
    except OSError:
        return Oddity(oddity.path, oddity.kind, oddity.about, made=False)
    return oddity


def _writer(data: bytes) -> Maker:
    def write(path: bytes) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with os.fdopen(handle, "wb") as file:
            file.write(data)

    return write


def _names() -> Iterator[tuple[Oddity, Maker]]:
    for name, about in (
        (b"two\nlines.txt", "a newline"),
        (b"carriage\rreturn.txt", "a carriage return"),
        (b"latin caf\xe9 \xff\xfe.pdf", "bytes that are not UTF-8"),
        (b"half \xc3", "the first half of a UTF-8 character"),
        (b"surrogate \xed\xa0\x80.txt", "a lone surrogate in UTF-8 clothes"),
        ("caf\u00e9.txt".encode(), "a composed name"),
        ("cafe\u0301.txt".encode(), "its decomposed twin"),
        (b"Minutes.txt", "a name with capitals"),
        (b"MINUTES.TXT", "its twin by case"),
        (b"trailing space ", "a trailing space"),
        (b"trailing dot.", "a trailing dot"),
        (b" leading space", "a leading space"),
        (b"tab\tand\x07bell", "control characters"),
        (b"\x1b[31mred\x1b[0m.txt", "terminal escapes"),
        ("invoice\u202efdp.exe".encode(), "a right-to-left override that hides the suffix"),
        ("zero\u200bwidth.txt".encode(), "a character without width"),
        (b"-rf", "looks like an option"),
        (b"$(id) `id` ; id & id | id", "shell metacharacters"),
        (b"'; DROP TABLE items; --.docx", "looks like SQL"),
        (b"<img src=x onerror=alert(1)>.pdf", "looks like HTML"),
        (b'"><b>bold.docx', "breaks out of an attribute"),
        (b"javascript:alert(1).html", "looks like a link"),
        (b"{{ 6*7 }} ${6*7} {% x %}.txt", "looks like a template"),
        (b"%s %n %(path)s {0} {path}.txt", "looks like a format"),
        (b'=HYPERLINK("http:example","x").csv', "looks like a formula"),
        (b"back\\slash\\..\\up.txt", "backslashes"),
        (b"CON.txt", "reserved on Windows"),
        (b"colon: in name.txt", "not allowed on Windows"),
        (b"~$nutes.docx", "an owner file of Word"),
        (b".hidden", "hidden on Unix"),
        (b"...", "three dots"),
        (b"minutes.txt - moved to restricted storage.txt", "looks like a pointer note, but is not ours"),
        (b"n" * 251 + b".pdf", "as long as a name may be"),
        ("\u0800".encode() * 85, "as long in bytes, short in characters"),
    ):
        yield Oddity(b"names/" + name, "file", about), _writer(b"named: " + about.encode())


def _links(outside: bytes) -> Iterator[tuple[Oddity, Maker]]:
    for name, target, about in (
        (b"to a file outside", outside + b"/restricted.txt", "leads out of the share"),
        (b"to a folder outside", outside, "leads out of the share"),
        (b"up", b"..", "leads to its own parent"),
        (b"to itself", b"to itself", "leads to itself"),
        (b"dangling", b"/nowhere/at all", "leads nowhere"),
        (b"to the environment", b"/proc/self/environ", "leads to secrets of the process"),
        (b"to an ordinary file", b"../plain/ok.txt", "leads to a file of the share"),
        (b"to an ordinary folder", b"../plain", "leads to a folder of the share"),
    ):
        yield Oddity(b"links/" + name, "link", about), _linker(target)
    hard = Oddity(b"links/hard outside.txt", "file", "a second name of a file outside")
    yield hard, lambda path: os.link(outside + b"/restricted.txt", path)
    yield Oddity(b"links/twin a.txt", "file", "a file of two names"), _writer(b"twin")
    twin = Oddity(b"links/twin b.txt", "file", "its other name")
    yield twin, lambda path: os.link(path.replace(b"twin b", b"twin a"), path)


def _linker(target: bytes) -> Maker:
    return lambda path: os.symlink(target, path)  # noqa: PTH211 - a path is bytes


def _specials() -> Iterator[tuple[Oddity, Maker]]:
    yield Oddity(b"special/pipe", "special", "opening it waits for ever"), os.mkfifo
    yield Oddity(b"special/socket", "special", "cannot be opened"), _socket
    device = Oddity(b"special/null", "special", "a device (needs root to make)")
    yield device, lambda path: os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    yield Oddity(b"special/sparse", "file", "a tebibyte that takes no room"), _sparse
    yield Oddity(b"special/empty.txt", "file", "nothing in it"), _writer(b"")
    yield Oddity(b"special/no permission.txt", "file", "may not be read (but by root)"), _shut
    yield Oddity(b"special/no access", "folder", "may not be listed (but by root)"), _shut_folder


def _socket(path: bytes) -> None:
    """A socket's own path may have some hundred bytes only: bind it by a short name in its folder."""
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)  # noqa: PTH120 - a path is bytes
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(f"/proc/self/fd/{folder}/socket")
    finally:
        os.close(folder)


def _sparse(path: bytes) -> None:
    _writer(b"")(path)
    os.truncate(path, _SPARSE)


def _shut(path: bytes) -> None:
    _writer(b"shut away")(path)
    os.chmod(path, 0)  # noqa: PTH101 - a path is bytes


def _shut_folder(path: bytes) -> None:
    os.mkdir(path)  # noqa: PTH102 - a path is bytes
    _writer(b"inside")(path + b"/inside.txt")
    os.chmod(path, 0)  # noqa: PTH101 - a path is bytes


def _times() -> Iterator[tuple[Oddity, Maker]]:
    for name, moment, about in (
        (b"epoch.txt", 0, "1970, the clock's zero"),
        (b"before.txt", -1, "a nanosecond before the clock's zero"),
        (b"1901.txt", -(2**31) * 10**9, "the earliest second of 32 bits"),
        (b"2038.txt", (2**31 + 5) * 10**9, "after the last second of 32 bits"),
        (b"2107.txt", 4_354_819_198 * 10**9, "the last second of FAT"),
        (b"future.txt", 4_102_444_800 * 10**9, "the year 2100"),
        (b"dos.txt", 3652 * _DAY_NS, "1980, the zero of DOS"),
        (b"nanosecond.txt", 1_600_000_000_123_456_789, "a time that a float cannot hold"),
    ):
        yield Oddity(b"times/" + name, "file", about), _timed(moment)


def _timed(moment: int) -> Maker:
    def write(path: bytes) -> None:
        _writer(b"timed")(path)
        os.utime(path, ns=(moment, moment))

    return write


def _deep(share: bytes, levels: int = 100) -> Iterator[Oddity]:
    """A folder whose path is longer than the system lets anybody name at once."""
    folder = os.open(share, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for _ in range(levels):
            os.mkdir(LONG_PART, dir_fd=folder)
            inner = os.open(LONG_PART, os.O_RDONLY | os.O_DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = inner
        with os.fdopen(os.open(b"deep.txt", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=folder), "wb") as file:
            file.write(b"deep down")
    finally:
        os.close(folder)
    yield Oddity((LONG_PART + b"/") * levels + b"deep.txt", "file", "a path longer than PATH_MAX")
