"""A vault in a folder of this machine: content addressed, open to its owner only, every byte and name on the disk before it counts.

An object is written under a temporary name, fsynced, and renamed into place without replacing; its folder is fsynced after. The
folder may be a file system of its own. The manifest is written first, so that no object ever lies there without one.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from retention.place import Disk, look, open_folder, open_plain, open_root
from retention.vault import MANIFEST, Absent, Corrupt, Entry, Occupied, VaultError, operation_of
from retention.vault.checked import checked
from retention.vault.removal import Grounds, Proof, RemovalRefused, check_grounds, prove, remove_made
from retention.vault.seal import Sealer, SealError

_Same = Callable[[], bool]

_OBJECTS = b"objects"
_ARRIVING = b"arriving"


class FolderVault:
    """Keeps objects below ``path``; see ``retention.vault.Vault`` for what each call promises."""

    def __init__(self, path: Path, disk: Disk | None = None, sealer: Sealer | None = None) -> None:
        self.name = "folder"
        self._disk = disk or Disk()
        self._sealer = sealer
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root = open_root(path)
        status = os.fstat(self._root)
        if status.st_uid != os.geteuid():
            raise VaultError("The vault's folder belongs to another user. Give it to the user that runs Strongroom.")
        if stat.S_IMODE(status.st_mode) != 0o700:
            os.fchmod(self._root, 0o700)
        self._objects = self._disk.folder(self._root, _OBJECTS)
        self._arriving = self._disk.folder(self._root, _ARRIVING)

    def __del__(self) -> None:
        for descriptor in ("_root", "_objects", "_arriving"):
            with contextlib.suppress(OSError, AttributeError):
                os.close(getattr(self, descriptor))

    def put(self, key: str, chunks: Iterable[bytes], size: int, sha256: str) -> None:
        """Store bytes under a new key, durably."""
        plain = checked(chunks, size, sha256)
        self._store(key, self._sealer.seal(plain) if self._sealer else plain, lambda: self._holds(key, size, sha256))

    def put_manifest(self, key: str, manifest: bytes) -> None:
        """Store the manifest beside the object."""
        chunks = self._sealer.seal([manifest]) if self._sealer else [manifest]
        self._store(key + MANIFEST, chunks, lambda: self.manifest(key) == manifest)

    def manifest(self, key: str) -> bytes:
        """Read the manifest beside an object."""
        return b"".join(self._open(key + MANIFEST))

    def verify(self, key: str, size: int, sha256: str) -> Proof:
        """Read the object back from the disk, hash it and give the proof."""
        try:
            proof = prove(f"{self.name}:{key}", self._open(key, fresh=True), size, sha256)
        except SealError as error:
            raise Corrupt("The stored object does not open.") from error
        if proof is None:
            raise Corrupt("The stored object is not the bytes that were put in.")
        return proof

    def get(self, key: str) -> Iterator[bytes]:
        """The plain bytes in chunks."""
        try:
            yield from self._open(key)
        except SealError as error:
            raise Corrupt("The stored object does not open.") from error

    def list(self) -> Iterator[Entry]:
        """Every object and manifest, in the order of keys."""
        for shard in sorted(os.listdir(self._objects)):  # noqa: PTH208 - a Path has no listing by descriptor
            folder = open_folder(self._objects, os.fsencode(shard))
            try:
                for name in sorted(os.listdir(folder)):  # noqa: PTH208 - a Path has no listing by descriptor
                    status = look(folder, os.fsencode(name))
                    if status is not None:
                        stored = dt.datetime.fromtimestamp(status.st_mtime, dt.UTC)
                        yield Entry(f"{shard}/{name}", status.st_size, stored)
            finally:
                os.close(folder)

    def arriving(self) -> Iterator[Entry]:
        """What is being written now, or was when a run was killed: temporary names, never records in custody."""
        for name in sorted(os.listdir(self._arriving)):  # noqa: PTH208 - a Path has no listing by descriptor
            status = look(self._arriving, os.fsencode(name))
            if status is not None:
                yield Entry(name, status.st_size, dt.datetime.fromtimestamp(status.st_mtime, dt.UTC))

    def discard_arriving(self, name: str) -> None:
        """Remove one temporary file of a killed run."""
        remove_made(self._disk, self._arriving, os.fsencode(name))

    def remove(self, key: str, grounds: Grounds) -> None:
        """Remove an object, then its manifest: a manifest without an object is told apart, the reverse could not be."""
        check_grounds(grounds, key, key.rpartition("/")[2].partition(".")[0], operation_of(key))
        try:
            folder, name = self._place(key)
        except FileNotFoundError:
            return
        try:
            remove_made(self._disk, folder, name)
            remove_made(self._disk, folder, name + MANIFEST.encode())
        except RemovalRefused as error:
            raise VaultError("What lies under the key is not an object.") from error
        finally:
            os.close(folder)

    def free(self) -> int | None:
        """Bytes that still fit on the vault's file system."""
        status = os.fstatvfs(self._root)
        return status.f_bavail * status.f_frsize

    def _place(self, key: str, *, make: bool = False) -> tuple[int, bytes]:
        shard, _, name = os.fsencode(key).partition(b"/")
        if not name or b"/" in name or shard in (b"", b".", b"..") or name.startswith(b"."):
            raise VaultError("A key is a shard, a slash and a name.")
        folder = self._disk.folder(self._objects, shard) if make else open_folder(self._objects, shard)
        return folder, name

    def _store(self, key: str, chunks: Iterable[bytes], same: _Same) -> None:
        folder, name = self._place(key, make=True)
        try:
            if look(folder, name) is not None:
                self._same_or_occupied(same)
                # Whoever wrote it may have been killed before the folder reached the disk.
                self._disk.fsync(folder)
                return
            self._write(folder, name, chunks, same)
        finally:
            os.close(folder)

    def _write(self, folder: int, name: bytes, chunks: Iterable[bytes], same: _Same) -> None:
        arriving = name[:200] + b"." + os.urandom(8).hex().encode()
        self._clear_arriving(operation_of(os.fsdecode(name)))
        descriptor = self._disk.create(self._arriving, arriving)
        landed = False
        try:
            for chunk in chunks:
                self._disk.write(descriptor, chunk)
            self._disk.fsync(descriptor)
            try:
                self._disk.rename(self._arriving, arriving, folder, name)
                landed = True
            except FileExistsError:
                self._same_or_occupied(same)
            self._disk.fsync(folder)
        finally:
            os.close(descriptor)
            if not landed:
                remove_made(Disk(), self._arriving, arriving)

    def _clear_arriving(self, operation: str) -> None:
        """Remove what a killed attempt of the same operation was writing; if it is still alive, it has lost its lease and fails."""
        for entry in self.arriving():
            if operation and operation_of(entry.key.rpartition(".")[0]) == operation:
                self.discard_arriving(entry.key)

    @staticmethod
    def _same_or_occupied(same: _Same) -> None:
        try:
            if same():
                return
        except (VaultError, SealError):
            pass
        raise Occupied("The key is in use by other bytes.")

    def _holds(self, key: str, size: int, sha256: str) -> bool:
        self.verify(key, size, sha256)
        return True

    def _open(self, key: str, *, fresh: bool = False) -> Iterator[bytes]:
        try:
            folder, name = self._place(key)
        except FileNotFoundError as error:
            raise Absent("There is no object under this key.") from error
        try:
            descriptor = open_plain(folder, name)
        except FileNotFoundError as error:
            raise Absent("There is no object under this key.") from error
        finally:
            os.close(folder)
        try:
            if fresh:
                # What is in memory proves nothing about the disk: let go of it, and read.
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            chunks = self._disk.read(descriptor)
            yield from self._sealer.open(chunks) if self._sealer else chunks
        finally:
            os.close(descriptor)
