"""The holding folder: where an original waits, on its own file system and out of sight, between being taken and being removed."""

from __future__ import annotations

import os
import stat

from retention.place import Disk, open_beneath, open_folder
from retention.vault.removal import remove_made

HOLDING = ".strongroom-held"
_NAME = HOLDING.encode()


class NotOursError(OSError):
    """The holding folder belongs to another user or is open to others: nothing may be put there."""


def open_holding(disk: Disk, root: int, path: bytes) -> int:
    """Open (or make, 0700) the holding folder on the file system that holds a path's folder.

    It lies at the share's root, or at the mount point when the path is on a file system that is mounted inside the share. A folder of
    the path that is gone by now does not matter: the deepest one that is there decides.
    """
    top = _mount_point(root, path)
    try:
        folder = disk.folder(top, _NAME, 0o700)
    finally:
        os.close(top)
    status = os.fstat(folder)
    if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
        os.close(folder)
        raise NotOursError(1, "the holding folder is not ours alone")
    return folder


def _mount_point(root: int, path: bytes) -> int:
    top, device = os.dup(root), os.fstat(root).st_dev
    here = os.dup(root)
    try:
        for part in path.split(b"/")[:-1]:
            try:
                below = open_folder(here, part)
            except OSError:
                break
            os.close(here)
            here = below
            if os.fstat(here).st_dev != device:
                os.close(top)
                top, device = os.dup(here), os.fstat(here).st_dev
    finally:
        os.close(here)
    return top


def names(folder: int, operation: str, kind: str) -> list[bytes]:
    """The names of an operation's own temporaries of one kind (``note`` or ``back``) in the holding folder."""
    start = f"{operation}.{kind}.".encode()
    return sorted(name for name in map(os.fsencode, os.listdir(folder)) if name.startswith(start))


def clear(disk: Disk, folder: int, operation: str, kind: str) -> None:
    """Remove an operation's temporaries of one kind."""
    for name in names(folder, operation, kind):
        remove_made(disk, folder, name)


def holdings(root: int, folders: list[bytes]) -> list[bytes]:
    """Which of these folders (relative to the root, empty for the root) hold a holding folder."""
    found = []
    for folder in folders:
        path = folder + b"/" + _NAME if folder else _NAME
        try:
            os.close(open_beneath(root, path, os.O_RDONLY | os.O_DIRECTORY))
        except OSError:
            continue
        found.append(path)
    return found
