"""Restricted storage: the protocol that every vault keeps, the nouns of a move, and how to open the vault that is configured.

Threat model: the network, the disk and the storage server may fail, lie, repeat or forget at any moment, and another run may do the
same move at the same time. So a key is never written twice, holds the id of the operation that writes it, and nothing counts as
stored before it was read back and hashed. Accepted risk: an administrator of the storage itself can destroy what it holds; object
lock and versioning are the answer there, and the probe proves them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from retention.place import Disk, Identity
from retention.vault.removal import Grounds, Proof

__all__ = [
    "Absent",
    "Corrupt",
    "Disk",
    "Entry",
    "Identity",
    "Move",
    "Occupied",
    "Order",
    "Proof",
    "Receipt",
    "Step",
    "Vault",
    "VaultError",
    "VaultSettings",
    "open_vault",
]

MANIFEST = ".manifest"
NEVER = dt.datetime(1, 1, 1, tzinfo=dt.UTC)


class VaultError(Exception):
    """The vault could not do what was asked; nothing is known to be lost. The message names no file."""


class Absent(VaultError):  # noqa: N818 - it says what the object is
    """There is no object under this key."""


class Occupied(VaultError):  # noqa: N818 - it says what the key is
    """The key is in use by other bytes."""


class Corrupt(VaultError):  # noqa: N818 - it says what the object is
    """What was read back is not what was stored."""


class Step(StrEnum):
    """How far a move has come. A step is recorded once it is durably done.

    Forwards: planned, copied, verified, taken, pointed, removed. Backwards: returning, placed, unpointed, returned.
    ``yielding`` gives way to a change on the share and ends in ``refused``. ``kept`` means the original vanished after it was
    safely copied, ``frozen`` that the stored bytes no longer match: both wait for a person.
    """

    PLANNED = "planned"
    COPIED = "copied"
    VERIFIED = "verified"
    TAKEN = "taken"
    POINTED = "pointed"
    REMOVED = "removed"
    RETURNING = "returning"
    PLACED = "placed"
    UNPOINTED = "unpointed"
    RETURNED = "returned"
    YIELDING = "yielding"
    REFUSED = "refused"
    KEPT = "kept"
    FROZEN = "frozen"


FINAL = frozenset({Step.REMOVED, Step.RETURNED, Step.REFUSED, Step.KEPT, Step.FROZEN})
CUSTODY = frozenset({Step.TAKEN, Step.POINTED, Step.REMOVED, Step.RETURNING, Step.KEPT, Step.FROZEN})


@dataclass(frozen=True, slots=True)
class Order:
    """One item that is to be moved, with the bytes that the decision was made for.

    ``path`` is relative to the share's root; ``sha256`` is of the bytes that were judged; ``size`` in bytes, ``_ns`` in nanoseconds
    since 1970 UTC. ``quiet`` says that the name itself is sensitive, so that no note may repeat it.
    """

    item_id: int
    run_id: int
    share: str
    path: bytes
    sha256: str
    size: int
    inode: int = 0
    modified_ns: int = 0
    changed_ns: int = 0
    quiet: bool = False
    by: str = "nightly"


@dataclass(frozen=True, slots=True)
class Move:
    """One move as the catalogue holds it: the way there and the way back.

    ``origin`` says what the original was (identity, times, mode, owner, extended attributes) and ``trail`` what the machine has
    chosen so far (names it is about to use), both as JSON. ``fence`` grows with every claim of the move; ``token`` and ``until`` are
    the lease of the run that works on it.
    """

    id: int
    item_id: int
    run_id: int
    operation: str
    share: str
    path: bytes
    step: Step
    sha256: str
    size: int
    vault: str = ""
    key: str = ""
    origin: Mapping[str, Any] = field(default_factory=dict)
    trail: Mapping[str, Any] = field(default_factory=dict)
    pointer: bytes | None = None
    token: str = ""
    until: dt.datetime | None = None
    fence: int = 0
    error: str = ""
    by: str = ""
    created_at: dt.datetime = NEVER
    updated_at: dt.datetime = NEVER

    @property
    def reference(self) -> str:
        """The short reference that a pointer note shows: ``R-`` and parts of the operation's id."""
        return f"R-{self.operation[:4]}-{self.operation[4:8]}".upper()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a move: its step, the reason when it stopped, and since when.

    ``problem`` is a short machine word (``changed``, ``hard-link``, ``open``, ``special``, ``vanished``, ``name``, ``busy``,
    ``holding``, ``io:ENOSPC at copied``, ``vault:…``), never a path. ``again`` says that a later run will try again by itself.
    """

    operation: str
    item_id: int
    reference: str
    step: Step
    problem: str = ""
    again: bool = False
    sha256: str = ""
    size: int = 0
    at: dt.datetime = NEVER

    @property
    def moved(self) -> bool:
        """Whether the record now is in restricted storage and no longer at its place."""
        return self.step in (Step.TAKEN, Step.POINTED, Step.REMOVED)


@dataclass(frozen=True, slots=True)
class Entry:
    """One object in a vault: its key, its size as stored in bytes, and when it was stored (UTC)."""

    key: str
    size: int
    stored_at: dt.datetime


class Vault(Protocol):
    """Restricted storage. Every call may raise ``VaultError`` or ``OSError``; both leave nothing half done under a key.

    Keys are made by ``key_of``: opaque, and holding the operation's id, so that no two attempts share one. Calls may be repeated.
    """

    name: str

    def put(self, key: str, chunks: Iterable[bytes], size: int, sha256: str) -> None:
        """Store bytes under a new key, durably. The same bytes again are welcome; ``Occupied`` when others are there.

        ``size`` and ``sha256`` are of the plain bytes; when the chunks turn out to be others, ``Corrupt`` and nothing is stored.
        """
        ...

    def put_manifest(self, key: str, manifest: bytes) -> None:
        """Store the manifest beside the object; ``Occupied`` when another is there."""
        ...

    def manifest(self, key: str) -> bytes:
        """Read the manifest beside an object; ``Absent`` when there is none."""
        ...

    def verify(self, key: str, size: int, sha256: str) -> Proof:
        """Read the object back, hash it and give the proof; ``Corrupt`` or ``Absent`` otherwise."""
        ...

    def get(self, key: str) -> Iterator[bytes]:
        """The plain bytes in chunks; the caller holds them against a hash. ``Absent`` when there is no object."""
        ...

    def list(self) -> Iterator[Entry]:
        """Every object and manifest in the vault, in the order of keys."""
        ...

    def remove(self, key: str, grounds: Grounds) -> None:
        """Remove an object and its manifest; no object is no error. The grounds are checked by ``removal``."""
        ...

    def free(self) -> int | None:
        """Bytes that still fit; ``None`` when that is not known."""
        ...


@dataclass(frozen=True, slots=True)
class VaultSettings:
    """Where restricted storage is and what it promises; keys and passwords come only from the environment or from key files."""

    kind: str = "folder"
    path: Path | None = None
    bucket: str = ""
    prefix: str = ""
    endpoint: str = ""
    region: str = "eu-west-2"
    kms_key: str = ""
    object_lock: str = ""
    lock_days: int = 0
    versioning: bool = False
    key_file: Path | None = None
    ca_file: Path | None = None


def key_of(sha256: str, operation: str, fence: int) -> str:
    """The key of one attempt: content address, operation and fence, so that no attempt can touch another's object."""
    return f"{sha256[:2]}/{sha256}.{operation}.{fence}"


def operation_of(key: str) -> str:
    """The operation whose attempt a key belongs to; empty when the key is not one of ours."""
    parts = key.removesuffix(MANIFEST).rpartition("/")[2].split(".")
    return parts[1] if len(parts) == 3 and parts[2].isdigit() else ""


def open_vault(settings: VaultSettings, disk: Disk | None = None) -> Vault:
    """Open the configured vault: makes a folder vault's folder, connects to nothing yet for S3.

    Raises ``VaultError`` when the settings cannot work.
    """
    from retention.vault.seal import read_key  # noqa: PLC0415 - cryptography loads only where it is asked for

    sealer = read_key(settings.key_file) if settings.key_file else None
    if settings.kind == "folder":
        from retention.vault.folder import FolderVault  # noqa: PLC0415 - folder needs the nouns above

        if settings.path is None:
            raise VaultError("A folder vault needs its path: set [vault] path.")
        return FolderVault(settings.path, disk=disk or Disk(), sealer=sealer)
    if settings.kind == "s3":
        from retention.vault.s3 import open_s3  # noqa: PLC0415 - boto3 is slow to load and only S3 needs it

        return open_s3(settings, sealer)
    raise VaultError(f"There is no vault of kind {settings.kind!r}; it must be folder or s3.")


Clock = Callable[[], dt.datetime]
