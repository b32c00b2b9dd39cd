"""The one module that deletes: files, folders and objects. Everything else asks it, and shows its grounds.

Threat model: a bug anywhere else must not be able to destroy a record. An original goes only against a ``Proof``, which only
``prove`` makes, by reading a whole copy and hashing it. An object goes only against a proof that its record is safe elsewhere, a
warrant that a second person approved, or because it is litter of our own. A proof lives in this process only: it cannot be stored,
so a run that resumes must verify again. Accepted risk: Python cannot stop code that means harm; this stops mistakes.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import shutil
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Never

from retention.place import Disk, Identity, look

_WITNESS = object()


class RemovalRefused(Exception):  # noqa: N818 - it says what happened
    """Something was to be deleted without good grounds, or is not what the grounds are for."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Evidence that a whole copy with this hash and size was just read from this place. Only ``prove`` can make one."""

    place: str
    sha256: str
    size: int
    witness: object

    def __post_init__(self) -> None:
        if self.witness is not _WITNESS:
            raise RemovalRefused("A proof is made by verifying, not by hand.")

    def __reduce__(self) -> Never:
        raise TypeError("A proof cannot be stored or sent: verify again.")


@dataclass(frozen=True, slots=True)
class Litter:
    """An object that an attempt of this operation left behind and that holds no record: never the key in custody."""

    operation: str
    custody: str


@dataclass(frozen=True, slots=True)
class Warrant:
    """A disposal that one person proposed and another approved for exactly the list with this digest."""

    digest: str
    proposed_by: str
    approved_by: str


Grounds = Proof | Litter | Warrant


def prove(place: str, chunks: Iterable[bytes], size: int, sha256: str) -> Proof | None:
    """Read a copy to its end and hash it: the proof, or ``None`` when it is not the bytes that were promised."""
    digest, count = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        count += len(chunk)
    if count != size or not hmac.compare_digest(digest.hexdigest(), sha256):
        return None
    return Proof(place, sha256, size, _WITNESS)


def remove_original(disk: Disk, proof: Proof, folder: int, name: bytes, held: int, expected: Identity) -> None:
    """Unlink a held original: needs the proof of its copy, and the open descriptor that was just hashed and leased.

    Raises ``RemovalRefused`` when the proof is for other bytes or when name, descriptor and expectation are not one file.
    """
    if not isinstance(proof, Proof) or proof.size != expected.size:
        raise RemovalRefused("The proof is not for this original.")
    status = look(folder, name)
    if status is None:
        return
    opened = os.fstat(held)
    for found in (status, opened):
        if not stat.S_ISREG(found.st_mode) or not Identity.of(found).same_file(expected) or found.st_nlink != 1:
            raise RemovalRefused("The held original is not the file that was verified.")
    if (status.st_dev, status.st_ino) != (opened.st_dev, opened.st_ino):
        raise RemovalRefused("The held original is not the file that was verified.")
    _unlink(disk, folder, name)


def remove_disposed(disk: Disk, warrant: Warrant, folder: int, name: bytes, held: int, expected: Identity) -> None:
    """Unlink a record whose disposal was approved: needs the warrant, and the open descriptor that was just hashed.

    Raises ``RemovalRefused`` without a second person, and when name, descriptor and expectation are not one untouched file with
    one name: bytes that stay under another name are not destroyed.
    """
    if not isinstance(warrant, Warrant):
        raise RemovalRefused("A record is destroyed only on a warrant.")
    _check_warrant(warrant)
    for found in (look(folder, name), os.fstat(held)):
        if found is None or not stat.S_ISREG(found.st_mode) or not Identity.of(found).untouched(expected):
            raise RemovalRefused("The file is no longer the one that was examined.")
        if found.st_dev != expected.device or found.st_nlink != 1:
            raise RemovalRefused("The file has another name on the share.")
    _unlink(disk, folder, name)


def remove_made(disk: Disk, folder: int, name: bytes, made: tuple[int, int] | None = None) -> None:
    """Unlink a file that we made ourselves (a temporary, a pointer note); no such name is no error.

    ``made`` is its (device, inode) where known; another file under the name raises ``RemovalRefused``.
    """
    status = look(folder, name)
    if status is None:
        return
    if not stat.S_ISREG(status.st_mode) or (made is not None and made != (status.st_dev, status.st_ino)):
        raise RemovalRefused("The name now belongs to a file that is not ours.")
    _unlink(disk, folder, name)


def _unlink(disk: Disk, folder: int, name: bytes) -> None:
    disk.watch("unlink")
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return
    disk.watch("unlink done")
    disk.fsync(folder)


def remove_empty_folder(folder: int, name: bytes) -> bool:
    """Remove a folder that we made, if it is empty; says whether it is gone."""
    try:
        os.rmdir(name, dir_fd=folder)
    except FileNotFoundError:
        return True
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY):
            return False
        raise
    return True


def check_grounds(grounds: Grounds, key: str, sha256: str, operation: str) -> None:
    """Raise ``RemovalRefused`` unless the grounds allow this object (its key, hash and operation) to be removed."""
    if isinstance(grounds, Proof):
        if grounds.sha256 != sha256 or grounds.place.endswith(key):
            raise RemovalRefused("The proof is not of another copy of this record.")
    elif isinstance(grounds, Litter):
        if not operation or grounds.operation != operation or grounds.custody == key:
            raise RemovalRefused("The object is in custody or is not ours.")
    elif isinstance(grounds, Warrant):
        _check_warrant(grounds)
    else:
        raise RemovalRefused("An object is removed only on grounds.")


def _check_warrant(warrant: Warrant) -> None:
    if not warrant.digest or not warrant.approved_by or warrant.approved_by == warrant.proposed_by:
        raise RemovalRefused("A second person must approve a disposal.")


def remove_object(client: Any, bucket: str, key: str) -> None:
    """Delete one S3 object; the caller has checked the grounds."""
    client.delete_object(Bucket=bucket, Key=key)


def remove_probe(client: Any, bucket: str, key: str, version: str = "") -> None:
    """Delete an object that a probe made, or one version of it; raises ``RemovalRefused`` for any other key."""
    if "probe/" not in key:
        raise RemovalRefused("Only an object below probe/ is a probe's.")
    more = {"VersionId": version} if version else {}
    client.delete_object(Bucket=bucket, Key=key, **more)


def abort_upload(client: Any, bucket: str, key: str, upload: str) -> None:
    """End an S3 multipart upload of our own that was not completed, with its parts."""
    client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)


def remove_scratch(path: Path, below: Path) -> None:
    """Delete a file or folder tree that the program made for itself; it must lie strictly inside ``below``. Absent is no error.

    Raises ``RemovalRefused`` when it lies elsewhere or is a link.
    """
    real, root = path.parent.resolve() / path.name, below.resolve()
    if path.name == ".." or real == root or not real.is_relative_to(root) or path.is_symlink():
        raise RemovalRefused("What is to be cleared away does not lie in the folder that is ours.")
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
