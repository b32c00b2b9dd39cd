"""Archives: every member is read in memory, as an attachment, under the limits on depth, entries, bytes and ratio."""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import py7zr
from py7zr.exceptions import ArchiveError

from classifier.extract.draft import Budget, Draft
from classifier.extract.package import open_package
from classifier.item import PartKind, Unreadable
from classifier.limits import Limits

_STEP = 1 << 20
_BLOCK = 512
_DICTIONARY = 128 << 20  # bytes that unpacking xz may hold on to; its strongest preset needs 65 MiB


def read_zip(file: BinaryIO, draft: Draft) -> None:
    """A zip of files."""
    package = open_package(file, draft)
    draft.reader = "zip"
    _add_names([_zip_name(info.filename, info.flag_bits) for info in package.members], draft)
    seen: set[str] = set()
    for info in package.members:
        if info.is_dir():
            continue
        if info.filename in seen:
            draft.note("duplicate-part")
        seen.add(info.filename)
        if (info.external_attr >> 28) == 0xA:
            draft.note("archived-link")
        try:
            data = package.read(info)
        except Unreadable as problem:
            _member_failed(problem, draft)
            continue
        draft.attach(draft, _zip_name(info.filename, info.flag_bits), io.BytesIO(data))


_UTF8_NAME = 0x800


def _zip_name(name: str, flags: int) -> str:
    """A member's name; without the flag for UTF-8 the bytes came through code page 437 and may be UTF-8 or GBK."""
    if flags & _UTF8_NAME or name.isascii():
        return name
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    for encoding in ("utf-8", "gbk"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name


def _member_failed(problem: Unreadable, draft: Draft) -> None:
    if problem.kind.startswith("limit:"):
        raise problem
    draft.refuse(problem)


def _add_names(names: list[str], draft: Draft) -> None:
    draft.add("members", "\n".join(names), PartKind.PROPERTY)


def read_gzip(file: BinaryIO, draft: Draft) -> None:
    """A single file packed by gzip, or a tar inside one."""
    file.seek(0)
    _read_single(_inflated(file, draft), draft, "gzip")


def read_bzip2(file: BinaryIO, draft: Draft) -> None:
    """A single file packed by bzip2."""
    file.seek(0)
    _read_single(_unpacked(file, draft, bz2.BZ2Decompressor()), draft, "bzip2")


def read_xz(file: BinaryIO, draft: Draft) -> None:
    """A single file packed by xz."""
    file.seek(0)
    _read_single(_unpacked(file, draft, lzma.LZMADecompressor(memlimit=_DICTIONARY)), draft, "xz")


def _read_single(data: bytes, draft: Draft, reader: str) -> None:
    draft.reader = reader
    draft.attach(draft, "content", io.BytesIO(data))


def _inflated(file: BinaryIO, draft: Draft) -> bytes:
    """Every gzip member in turn; what follows the last one is noted."""
    out: list[bytes] = []
    packed = file.read()
    tally = _Tally(draft, len(packed))
    while packed[:2] == b"\x1f\x8b":
        machine = zlib.decompressobj(wbits=31)
        try:
            while not machine.eof and packed:
                out.append(tally.take(machine.decompress(packed, _STEP)))
                packed = machine.unconsumed_tail
        except zlib.error as error:
            raise Unreadable("malformed", "the packed data is damaged") from error
        if not machine.eof:
            raise Unreadable("malformed", "the packed data is cut short")
        packed = machine.unused_data
    if packed.strip(b"\0"):
        draft.note("trailing-data")
    return b"".join(out)


def _unpacked(file: BinaryIO, draft: Draft, machine: Any) -> bytes:
    out: list[bytes] = []
    packed = file.read()
    tally = _Tally(draft, len(packed))
    try:
        while not machine.eof:
            if machine.needs_input and not packed:
                raise Unreadable("malformed", "the packed data is cut short")
            out.append(tally.take(machine.decompress(packed, _STEP)))
            packed = b""
    except (OSError, lzma.LZMAError, EOFError, ValueError) as error:
        raise Unreadable("malformed", "the packed data is damaged") from error
    return b"".join(out)


@dataclass(slots=True)
class _Tally:
    """Counts unpacked bytes against the budget and the ratio while they arrive."""

    draft: Draft
    packed: int
    spent: int = 0

    def take(self, data: bytes) -> bytes:
        limits = self.draft.limits
        self.spent += len(data)
        if self.spent > limits.ratio_floor and self.spent > limits.ratio * max(1, self.packed):
            raise Unreadable("limit:ratio", f"unpacks to more than {limits.ratio} times its size")
        self.draft.budget.take_bytes(len(data))
        return data


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    kind: bytes
    data: bytes


def read_tar(file: BinaryIO, draft: Draft) -> None:
    """A tar (POSIX.1-2001 ustar and pax, GNU long names); links and devices are listed, never followed."""
    file.seek(0)
    draft.reader = "tar"
    names = []
    for member in _tar_members(file.read(), draft):
        names.append(member.name)
        if member.kind in b"\0" + b"07" and member.data:
            draft.attach(draft, member.name, io.BytesIO(member.data))
    _add_names(names, draft)
    if not names:
        raise Unreadable("malformed", "no member in it")


def _tar_members(data: bytes, draft: Draft) -> Iterator[_Member]:
    position, long_name = 0, ""
    while position + _BLOCK <= len(data):
        block = data[position : position + _BLOCK]
        if not block.strip(b"\0"):
            break
        size = _tar_number(block[124:136])
        if size < 0 or position + _BLOCK + size > len(data):
            raise Unreadable("malformed", "a member claims an impossible size")
        body = data[position + _BLOCK : position + _BLOCK + size]
        position += _BLOCK + -(-size // _BLOCK) * _BLOCK
        kind = block[156:157]
        if kind == b"L":
            long_name = _tar_text(body)
            continue
        if kind in {b"x", b"g"}:
            long_name = _pax_path(body) or long_name
            continue
        draft.budget.take_entries(1)
        draft.budget.take_bytes(size)
        prefix = _tar_text(block[345:500]) if block[257:263] == b"ustar\0" else ""
        name = long_name or "/".join(filter(None, (prefix, _tar_text(block[:100]))))
        long_name = ""
        yield _Member(name, kind, body)


def _tar_text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8", "replace")


def _tar_number(raw: bytes) -> int:
    if raw[0] & 0x80:  # base 256, GNU: the sign bit makes it negative
        return int.from_bytes(bytes([raw[0] & 0x7F]) + raw[1:], "big") if not raw[0] & 0x40 else -1
    try:
        return int(raw.strip(b" \0") or b"0", 8)
    except ValueError as error:
        raise Unreadable("malformed", "a member has no size") from error


def _pax_path(body: bytes) -> str:
    for line in body.split(b"\n"):
        key, _, value = line.partition(b" ")[2].partition(b"=")
        if key == b"path":
            return value.decode("utf-8", "replace")
    return ""


class _Sink(py7zr.Py7zIO):
    """Takes one member's bytes in memory and stops at the limits."""

    def __init__(self, tally: _Tally) -> None:
        self._tally = tally
        self._pieces = io.BytesIO()

    def write(self, s: bytes | bytearray) -> int:
        self._tally.take(bytes(s))
        return self._pieces.write(s)

    def read(self, size: int | None = None) -> bytes:
        return self._pieces.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._pieces.seek(offset, whence)

    def flush(self) -> None:
        pass

    def size(self) -> int:
        return self._pieces.getbuffer().nbytes

    def everything(self) -> bytes:
        """All bytes of the member."""
        return self._pieces.getvalue()


class _Factory(py7zr.WriterFactory):
    def __init__(self, tally: _Tally) -> None:
        self._tally = tally
        self.made: dict[str, _Sink] = {}

    def create(self, filename: str, mode: str | None = None) -> py7zr.Py7zIO:  # noqa: ARG002 - py7zr's signature
        sink = self.made[filename] = _Sink(self._tally)
        return sink


def read_7z(file: BinaryIO, draft: Draft) -> None:
    """A 7z archive, through py7zr with a writer that keeps to memory."""
    draft.reader = "py7zr"
    file.seek(0)
    packed = file.seek(0, 2)
    file.seek(0)
    factory = _Factory(_Tally(draft, packed))
    try:
        with py7zr.SevenZipFile(file) as archive:
            if archive.needs_password():
                raise Unreadable("encrypted", "protected with a password")
            infos = archive.list()
            draft.budget.take_entries(len(infos))
            _add_names([str(info.filename) for info in infos], draft)
            if sum(info.uncompressed or 0 for info in infos) > draft.budget.expanded:
                raise Unreadable("limit:expanded", "claims more bytes than the limit allows")
            archive.extractall(factory=factory)
    except py7zr.PasswordRequired as error:
        raise Unreadable("encrypted", "protected with a password") from error
    except py7zr.UnsupportedCompressionMethodError as error:
        raise Unreadable("unsupported", "packed in an unknown way") from error
    except (
        ArchiveError, OSError, ValueError, TypeError, LookupError, EOFError, AttributeError, AssertionError,
        lzma.LZMAError, zlib.error, RuntimeError,
    ) as error:  # fmt: skip
        raise Unreadable("malformed", "the archive is damaged") from error
    for name, sink in factory.made.items():
        draft.attach(draft, name, io.BytesIO(sink.everything()))


def warm() -> None:
    """Pack and unpack a few bytes, as py7zr loads parts of itself only then."""
    packed = io.BytesIO()
    with py7zr.SevenZipFile(packed, "w") as archive:
        archive.writestr(b"warm", "warm")
    packed.seek(0)
    with py7zr.SevenZipFile(packed) as archive:
        archive.extractall(factory=_Factory(_Tally(Draft(Limits(), _no_members, Budget(1, 1_000)), 100)))


def _no_members(_draft: Draft, _name: str, _file: BinaryIO) -> None:
    """Nothing is read from the sample."""
