"""What an original was besides its bytes: times, mode, owner, access control lists, extended attributes; taken down and put back.

POSIX access control lists and those of SMB and NFS 4 mounts are extended attributes on Linux (``system.…``) and travel with them.
The time a file was born cannot be set on Linux and is not restored.
"""

from __future__ import annotations

import base64
import contextlib
import os
from collections.abc import Mapping
from typing import Any

from retention.place import Identity


def describe(descriptor: int) -> dict[str, Any]:
    """Everything about an open file that can be put back later, as plain JSON; times in nanoseconds since 1970 UTC."""
    status = os.fstat(descriptor)
    return {
        "device": status.st_dev,
        "inode": status.st_ino,
        "size": status.st_size,
        "modified_ns": status.st_mtime_ns,
        "accessed_ns": status.st_atime_ns,
        "changed_ns": status.st_ctime_ns,
        "mode": status.st_mode & 0o7777,
        "uid": status.st_uid,
        "gid": status.st_gid,
        "sparse": status.st_blocks * 512 < status.st_size,
        "attributes": _attributes(descriptor),
    }


def _attributes(descriptor: int) -> dict[str, str]:
    try:
        names = os.listxattr(descriptor)
    except OSError:
        return {}
    found = {}
    for name in names:
        with contextlib.suppress(OSError):  # it may be gone since it was listed, or be readable by the system only
            value = os.getxattr(descriptor, name)
            found[encode(os.fsencode(name))] = encode(value)
    return found


def identity_of(origin: Mapping[str, Any]) -> Identity:
    """The identity within a description."""
    return Identity(origin["device"], origin["inode"], origin["size"], origin["modified_ns"], origin["changed_ns"])


def apply(descriptor: int, origin: Mapping[str, Any]) -> tuple[str, ...]:
    """Put owner, attributes, mode and times back on a file; names what could not be put back (``owner``, ``mode``, ``attribute:…``).

    The order matters: a change of owner clears set-id bits and capabilities, and everything changes times.
    """
    losses = []
    status = os.fstat(descriptor)
    if (status.st_uid, status.st_gid) != (origin["uid"], origin["gid"]):
        try:
            os.fchown(descriptor, origin["uid"], origin["gid"])
        except OSError:
            losses.append("owner")
    for name, value in origin["attributes"].items():
        try:
            os.setxattr(descriptor, decode(name), decode(value))
        except OSError:
            kind = decode(name).partition(b".")[0].decode("ascii", "replace")
            losses.append(f"attribute:{kind}")
    try:
        os.fchmod(descriptor, origin["mode"])
    except OSError:
        losses.append("mode")
    os.utime(descriptor, ns=(origin["accessed_ns"], origin["modified_ns"]))
    return tuple(losses)


def encode(value: bytes) -> str:
    """Bytes as JSON can hold them."""
    return base64.b64encode(value).decode("ascii")


def decode(value: str) -> bytes:
    """The bytes again."""
    return base64.b64decode(value)
