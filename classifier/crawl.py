"""Walk one share and tell what lies in it. Never opens a file, never follows a link, never leaves the share.

Folders are opened relative to their parent's descriptor and without following links, so that a folder swapped for a link during
the walk cannot lead outside. Names stay bytes. A folder that cannot be listed is told, not skipped in silence.
"""

from __future__ import annotations

import errno
import marshal
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from classifier.item import Item, Kind

# (name, kind, size, modified_ns, changed_ns, device, inode, links, uid, gid, mode); device and inode as signed 64-bit numbers.
Entry = tuple[bytes, str, int, int, int, int, int, int, int, int, int]

SYSTEM_FOLDERS = frozenset(
    {
        b"$recycle.bin",
        b"system volume information",
        b"dfsrprivate",
        b"~snapshot",
        b".snapshot",
        b".snapshots",
        b".zfs",
        b"lost+found",
        b".strongroom-held",
    }
)
SYSTEM_FILES = frozenset({b"thumbs.db", b"desktop.ini", b".ds_store", b".strongroom-sentinel"})
_DEEPEST = 900  # a descriptor stays open for each level, and a process usually has 1,024
_FORMAT, _PLAIN = 0o170000, stat.S_IFREG
_SIGN, _WRAP = 1 << 63, 1 << 64
_LEFTOVERS = (b"~$", b"._", b".~lock.", b".nfs")
_LOCKS = (b".ldb", b".laccdb")
_CODING = sys.getfilesystemencoding()
# Where every name that is not read begins or ends; most names are done with after this look.
_ODD_STARTS = frozenset(name[0] for name in (*SYSTEM_FILES, *_LEFTOVERS))
_ODD_STARTS |= frozenset(bytes(_ODD_STARTS).upper())
_ODD_ENDS = frozenset(b"bB")
_WALK = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Listing:
    """One folder: its path below the root, how many entries it ``found`` besides folders, and a digest over those.

    ``error`` says why the folder could not be listed (``EACCES`` …), or ``skipped:`` and the reason why it was not entered.
    ``names`` and ``states`` go together, as the listing gave them; ``told`` are the entries as another process told them. A folder
    that was known to be unchanged has neither.
    """

    path: bytes
    digest: bytes
    found: int = 0
    names: Sequence[str] = ()
    states: Sequence[os.stat_result | None] = ()
    told: Sequence[Entry] = ()
    error: str = ""

    def entries(self) -> Iterable[Entry]:
        """The entries in full, worked out when asked for."""
        return self.told or map(_entry, self.names, self.states)

    def items(self, share: str) -> Iterator[Item]:
        """Give the entries as Items of a share."""
        for name, kind, *rest in self.entries():
            path = self.path + b"/" + name if self.path else name
            yield Item(share, path, Kind(kind), *rest)


class ShareUnavailableError(Exception):
    """The share's root cannot be listed, or its sentinel is missing: nothing may be concluded from what is not there."""


def walk(root: Path, sentinel: str = "", part: int = 0, parts: int = 1) -> Iterator[Listing]:
    """List every folder of a share, the root first; each folder once.

    Of several ``parts``, counted from 0, each lists its own of the root's folders; the root itself is the first one's.

    Raises ``ShareUnavailableError`` before the first listing when the root cannot be opened or the sentinel is not in it.
    """
    try:
        descriptor = os.open(root, _WALK)
    except OSError as error:
        raise ShareUnavailableError(
            f"The share cannot be listed ({errno.errorcode.get(error.errno or 0, 'error')}). Check that it is mounted and readable."
        ) from error
    try:
        if sentinel:
            _check_sentinel(descriptor, sentinel)
        yield from _walk(descriptor, part, parts)
    finally:
        os.close(descriptor)


def _check_sentinel(descriptor: int, sentinel: str) -> None:
    try:
        os.stat(sentinel, dir_fd=descriptor, follow_symlinks=False)
    except OSError as error:
        raise ShareUnavailableError(
            "The share's sentinel file is not at its root, so the share counts as not mounted. Mount it, or put the sentinel back."
        ) from error


def _walk(root: int, part: int, parts: int) -> Iterator[Listing]:
    device = os.fstat(root).st_dev
    ancestors = [(device, os.fstat(root).st_ino)]
    listing, names = _list(root, b"")
    if part == 0:
        yield listing
    names = sorted(names)[part::parts]
    # Each frame: the folder's descriptor, its path, and the names of its folders still to be entered.
    stack: list[tuple[int, bytes, list[bytes]]] = [(root, b"", names)]
    try:
        while stack:
            parent, place, names = stack[-1]
            if not names:
                stack.pop()
                ancestors.pop()
                if parent != root:
                    os.close(parent)
                continue
            name = names.pop()
            path = place + b"/" + name if place else name
            try:
                descriptor = os.open(name, _WALK, dir_fd=parent)
            except OSError as error:
                if error.errno != errno.ENOENT:
                    yield Listing(path, b"", error=errno.errorcode.get(error.errno or 0, "error"))
                continue
            found = os.fstat(descriptor)
            if reason := _stay_out(name, found, device, ancestors):
                os.close(descriptor)
                yield Listing(path, b"", error=reason)
                continue
            stack.append((descriptor, path, []))
            ancestors.append((found.st_dev, found.st_ino))
            listing, below = _list(descriptor, path)
            yield listing
            stack[-1] = (descriptor, path, below)
    finally:
        for descriptor, _place, _names in stack:
            if descriptor != root:
                os.close(descriptor)


def _stay_out(name: bytes, found: os.stat_result, device: int, ancestors: list[tuple[int, int]]) -> str:
    if name.lower() in SYSTEM_FOLDERS:
        return "skipped:system folder"
    if found.st_dev != device:
        return "skipped:another file system"
    if (found.st_dev, found.st_ino) in ancestors:
        return "skipped:loop"
    if len(ancestors) > _DEEPEST:
        return "ENAMETOOLONG"
    return ""


def _list(descriptor: int, path: bytes) -> tuple[Listing, list[bytes]]:
    names: list[str] = []
    states: list[os.stat_result | None] = []
    folders: list[bytes] = []
    # What tells a changed entry from an unchanged one: every change of content, rights or owner moves the change time.
    marks: list[object] = []
    named, stated, mark = names.append, states.append, marks.extend
    try:
        with os.scandir(descriptor) as listing:
            for entry in listing:
                name = entry.name
                if entry.is_dir(follow_symlinks=False):
                    folders.append(os.fsencode(name))
                    continue
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                except OSError:
                    named(name)
                    stated(None)
                    mark((name, 0))
                    continue
                named(name)
                stated(status)
                mark((name, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns))
    except OSError as error:
        return Listing(path, b"", error=errno.errorcode.get(error.errno or 0, "error")), folders
    # Version 2 of the format writes equal values to equal bytes; later versions also write how often an object is shared.
    return Listing(path, blake2b(marshal.dumps(marks, 2), digest_size=16).digest(), len(names), names, states), folders


def _entry(name: str, status: os.stat_result | None) -> Entry:
    if status is None:
        return (os.fsencode(name), "file", 0, 0, 0, 0, 0, 1, 0, 0, 0)
    mode, device, inode = status.st_mode, status.st_dev, status.st_ino
    return (
        name.encode(_CODING, "surrogateescape"),
        "file" if mode & _FORMAT == _PLAIN else _odd_kind(mode),
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        device if device < _SIGN else device - _WRAP,
        inode if inode < _SIGN else inode - _WRAP,
        status.st_nlink,
        status.st_uid,
        status.st_gid,
        mode,
    )


def _odd_kind(mode: int) -> str:
    return "link" if stat.S_ISLNK(mode) else "special"


def exclusion(name: bytes, kind: str) -> str | None:
    """Say why an entry is listed but never opened, or None when it is to be read."""
    if kind != "file":
        return kind
    if name[0] not in _ODD_STARTS and name[-1] not in _ODD_ENDS:
        return None
    lowered = name.lower()
    if lowered.startswith(_LEFTOVERS):
        return "system file" if lowered.startswith(b"._") else "lock file"
    if lowered.endswith(_LOCKS):
        return "lock file"
    return "system file" if lowered in SYSTEM_FILES else None
