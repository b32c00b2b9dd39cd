"""Zip containers, read in memory and under limits: Office packages, OpenDocument, EPUB and plain archives."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from classifier.extract.draft import Draft
from classifier.item import Unreadable

_ENCRYPTED = 0x1
_LOCAL_HEADER = 30
_STEP = 1 << 16


@dataclass(slots=True)
class Package:
    """An opened zip whose members were checked against overlap, count and claimed size before any was unpacked."""

    file: BinaryIO
    archive: zipfile.ZipFile
    draft: Draft
    office: bool = False
    spent: int = 0
    packed: int = 0

    @property
    def members(self) -> list[zipfile.ZipInfo]:
        """Every entry of the directory, folders and repeated names included."""
        return self.archive.infolist()

    def named(self, name: str) -> list[zipfile.ZipInfo]:
        """All entries of that name: more than one means that readers may disagree about the document."""
        return [info for info in self.members if info.filename == name]

    def read(self, info: zipfile.ZipInfo, most: int | None = None) -> bytes:
        """Unpack one member, never trusting its claimed size.

        ``most`` cuts after that many bytes. Raises ``encrypted``, ``malformed``, ``limit:expanded``, ``limit:ratio``.
        """
        if info.flag_bits & _ENCRYPTED:
            raise Unreadable("encrypted", "a member is encrypted")
        bound = self.draft.budget.expanded
        want = bound + 1 if most is None else most
        try:
            with self.archive.open(info) as member:
                data = member.read(min(want, info.file_size + 1))
                if most is None and len(data) < want and len(data) > info.file_size:
                    data += member.read(want - len(data))
        except RuntimeError as error:
            raise Unreadable("encrypted", "a member is encrypted") from error
        except NotImplementedError as error:
            raise Unreadable("unsupported", "a member is packed in an unknown way") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
            raise Unreadable("malformed", "a member is damaged") from error
        self._count(info, len(data))
        return data

    def _count(self, info: zipfile.ZipInfo, size: int) -> None:
        limits = self.draft.limits
        self.draft.budget.take_bytes(size)
        self.spent += size
        self.packed += info.compress_size
        if not self.office and self.spent > limits.ratio_floor and self.spent > limits.ratio * max(1, self.packed):
            raise Unreadable("limit:ratio", f"unpacks to more than {limits.ratio} times its size")


def open_package(file: BinaryIO, draft: Draft, *, office: bool = False) -> Package:
    """Open a zip and check its directory; an ``office`` package may be packed at any ratio, as its text is capped.

    Raises ``malformed``, ``limit:entries``, ``limit:overlap``,
    ``limit:expanded`` or ``limit:ratio`` before unpacking anything.
    """
    file.seek(0)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, UnicodeDecodeError) as error:
        raise Unreadable("malformed", "the container's directory is damaged or missing") from error
    infos = archive.infolist()
    if len(infos) > draft.limits.entries:
        raise Unreadable("limit:entries", f"{len(infos)} members, {draft.limits.entries} are allowed")
    draft.budget.take_entries(len(infos))
    _check_overlap(infos)
    _check_claims(infos, draft, office=office)
    _check_tail(file, archive, draft)
    return Package(file, archive, draft, office)


def _check_overlap(infos: list[zipfile.ZipInfo]) -> None:
    """Refuse members that share bytes: the mark of a zip bomb (D. Fifield, A better zip bomb, 2019)."""
    end = 0
    for start, size in sorted((info.header_offset, info.compress_size) for info in infos):
        if start < end:
            raise Unreadable("limit:overlap", "members share the same bytes")
        end = start + _LOCAL_HEADER + size


def _check_claims(infos: list[zipfile.ZipInfo], draft: Draft, *, office: bool) -> None:
    limits = draft.limits
    claimed = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if not office and claimed > limits.ratio_floor and claimed > limits.ratio * max(1, packed):
        raise Unreadable("limit:ratio", f"claims more than {limits.ratio} times its packed size")
    if claimed > limits.expanded:
        raise Unreadable("limit:expanded", f"claims {claimed} bytes, {limits.expanded} are allowed")


def _check_tail(file: BinaryIO, archive: zipfile.ZipFile, draft: Draft) -> None:
    size = file.seek(0, 2)
    infos = archive.infolist()
    first = min((info.header_offset for info in infos), default=0)
    if first > 0:
        draft.note("polyglot")
    directory_end = archive.start_dir + sum(
        46 + len(info.orig_filename.encode("utf-8", "replace")) + len(info.extra) + len(info.comment) for info in infos
    )
    if size - directory_end - 22 - len(archive.comment) > 76 + 20:
        draft.note("trailing-data")
