"""The ground that moves are made on: prove on each share what a move needs of its file system."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from retention.moving.holding import open_holding
from retention.place import Disk, look, open_plain, open_root, rename_new, sole_opener
from retention.vault.probe import Promise, try_promise
from retention.vault.removal import remove_made

_SKEW = 600  # seconds


def probe_share(root: Path, clock: Callable[[], float] = time.time) -> tuple[Promise, ...]:
    """Try on a share what a move needs of it: renames that never replace, leases, extended attributes, a clock like ours.

    ``clock`` gives seconds since 1970. Leaves nothing behind.
    """
    disk = Disk()
    try:
        opened = open_root(root)
    except OSError as error:
        return (Promise("mounted", kept=False, sentence=f"The share cannot be opened ({type(error).__name__})."),)
    try:
        held = open_holding(disk, opened, b"probe")
    except OSError as error:
        sentence = f"No holding folder of our own can be made at the share's root ({type(error).__name__})."
        return (Promise("holding", kept=False, sentence=sentence),)
    finally:
        os.close(opened)
    one, two = (f"probe-{uuid.uuid4().hex}".encode() for _ in range(2))
    try:
        for name in (one, two):
            os.close(disk.create(held, name))
        return (
            try_promise(
                "no-clobber", "A rename on this share can replace another file.", lambda: _no_clobber(held, one, two)
            ),
            try_promise(
                "clock",
                "The share's clock and this machine's differ by more than ten minutes, so no date can be relied on. Set them right.",
                lambda: _same_time(held, one, clock()),
            ),
            _unneeded(
                "leases",
                "The share cannot tell whether a file is open; originals are held for a day.",
                _leases(held, one),
            ),
            _unneeded("attributes", "The share keeps no extended attributes.", _attributes(held, one)),
        )
    finally:
        for name in (one, two):
            remove_made(disk, held, name)
        os.close(held)


def _unneeded(name: str, otherwise: str, kept: bool) -> Promise:
    return Promise(name, kept, "proved" if kept else otherwise, needed=False)


def _no_clobber(held: int, one: bytes, two: bytes) -> bool:
    try:
        rename_new(held, one, held, two)
    except FileExistsError:
        return True
    return False


def _same_time(held: int, name: bytes, now: float) -> bool:
    status = look(held, name)
    return status is not None and abs(status.st_mtime - now) <= _SKEW


def _leases(held: int, name: bytes) -> bool:
    opened = open_plain(held, name)
    try:
        return sole_opener(opened) is True
    finally:
        os.close(opened)


def _attributes(held: int, name: bytes) -> bool:
    opened = open_plain(held, name, os.O_RDWR)
    try:
        os.setxattr(opened, "user.strongroom", b"probe")
        return os.getxattr(opened, "user.strongroom") == b"probe"
    except OSError:
        return False
    finally:
        os.close(opened)
