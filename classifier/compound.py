"""Compound files (OLE2, [MS-CFB]): directory and streams, read lazily from a file object and proof against loops."""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass
from typing import BinaryIO

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST = 0xFFFFFFFA  # sector numbers above are markers, not sectors
_NONE = 0xFFFFFFFF
_ENTRY = struct.Struct("<64sHBBIII16sIQQIQ")
_STORAGE, _STREAM, _ROOT = 1, 2, 5


class CompoundError(ValueError):
    """The file is not a compound file, or its sectors contradict each other."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One storage or stream: ``size`` in bytes, ``start`` its first sector."""

    name: str
    kind: int
    start: int
    size: int
    left: int
    right: int
    child: int

    @property
    def is_stream(self) -> bool:
        """Whether it holds bytes rather than other entries."""
        return self.kind == _STREAM


class Compound:
    """An opened compound file; ``entries`` maps lower-case paths to entries, in directory order.

    Raises ``CompoundError`` for anything that cannot be followed to its end.
    """

    __slots__ = ("_cutoff", "_fat", "_file", "_mini", "_mini_sector", "_minifat", "_sector", "_sectors", "entries")

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        length = file.seek(0, 2)
        file.seek(0)
        head = file.read(512)
        if len(head) < 512 or head[:8] != MAGIC:
            raise CompoundError("no compound file")
        shift, mini_shift = struct.unpack_from("<HH", head, 30)
        if not 7 <= shift <= 16 or not 3 <= mini_shift <= shift:
            raise CompoundError("impossible sector size")
        self._sector, self._mini_sector = 1 << shift, 1 << mini_shift
        self._sectors = max(0, -(-(length - self._sector) // self._sector))
        _, _, first_dir, _, self._cutoff, first_mini, _, first_difat, _ = struct.unpack_from("<9I", head, 40)
        self._fat = self._read_fat(head, first_difat)
        directory = self._chain(first_dir)
        self._minifat = _words(self._chain(first_mini)) if first_mini < _LAST else array("I")
        self._mini: bytes | None = None
        self.entries = _paths(_directory(directory))

    def read(self, path: str) -> bytes:
        """Bytes of the stream at ``path`` (names joined by ``/``, any case); raises ``KeyError`` when there is none."""
        return self.bytes_of(self.entries[path.lower()])

    def bytes_of(self, entry: Entry) -> bytes:
        """Bytes of a stream's entry."""
        if entry.size == 0 or not entry.is_stream:
            return b""
        if entry.size >= self._cutoff:
            return self._chain(entry.start, entry.size)
        if self._mini is None:
            root = self.entries[""]
            self._mini = self._chain(root.start) if root.start < _LAST else b""
        return self._mini_chain(entry.start, entry.size)

    def has(self, path: str) -> bool:
        """Whether there is an entry at ``path``."""
        return path.lower() in self.entries

    def below(self, path: str) -> list[tuple[str, Entry]]:
        """Entries directly inside the storage at ``path``, with their own lower-case paths."""
        prefix = f"{path.lower()}/" if path else ""
        return [
            (key, entry)
            for key, entry in self.entries.items()
            if key and key.startswith(prefix) and "/" not in key[len(prefix) :]
        ]

    def _read_fat(self, head: bytes, first_difat: int) -> array[int]:
        places = list(struct.unpack("<109I", head[76:512]))
        per = self._sector // 4 - 1
        seen = 0
        while first_difat < _LAST:
            seen += 1
            if seen > self._sectors:
                raise CompoundError("the sector table's table loops")
            words = _words(self._at(first_difat))
            if len(words) <= per:
                raise CompoundError("the sector table's table is cut short")
            places.extend(words[:per])
            first_difat = words[per]
        fat = array("I")
        for place in places:
            if place < _LAST:
                fat.extend(_words(self._at(place)))
                if len(fat) > self._sectors + self._sector:
                    break
        return fat

    def _at(self, sector: int, count: int = 1) -> bytes:
        if sector + count > self._sectors:
            raise CompoundError("a sector lies beyond the file's end")
        self._file.seek((sector + 1) * self._sector)
        return self._file.read(self._sector * count)

    def _chain(self, start: int, size: int = -1) -> bytes:
        """Follow a chain of sectors, reading neighbours in one go."""
        fat, pieces, left = self._fat, [], self._sectors + 1
        need = -(-size // self._sector) if size >= 0 else left + 1
        while start < _LAST and need > 0:
            first, count = start, 1
            while True:
                if start >= len(fat):
                    raise CompoundError("a chain leaves the sector table")
                following = fat[start]
                if following != start + 1 or count >= need:
                    break
                start = following
                count += 1
            left -= count
            if left < 0:
                raise CompoundError("a chain of sectors loops")
            pieces.append(self._at(first, count))
            need -= count
            start = following
        data = b"".join(pieces)
        if size >= 0:
            if len(data) < size - self._sector:
                raise CompoundError("a stream ends early")
            return data[:size]
        return data

    def _mini_chain(self, start: int, size: int) -> bytes:
        mini, table, width = self._mini or b"", self._minifat, self._mini_sector
        pieces, left = [], -(-size // width)
        while start < _LAST and left > 0:
            if start >= len(table):
                raise CompoundError("a chain leaves the small sector table")
            pieces.append(mini[start * width : (start + 1) * width])
            start = table[start]
            left -= 1
        return b"".join(pieces)[:size]


def _words(data: bytes) -> array[int]:
    words = array("I")
    words.frombytes(data[: len(data) // 4 * 4])
    return words


def _directory(data: bytes) -> list[Entry]:
    entries = []
    for offset in range(0, len(data) - 127, 128):
        raw, length, kind, _, left, right, child, _, _, _, _, start, size = _ENTRY.unpack_from(data, offset)
        name = raw[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
        entries.append(Entry(name, kind, start, size & 0xFFFFFFFF, left, right, child))
    if not entries or entries[0].kind != _ROOT:
        raise CompoundError("no root entry")
    return entries


def _paths(entries: list[Entry]) -> dict[str, Entry]:
    """Walk the sibling trees without recursion; an entry met twice is a loop and is skipped."""
    found = {"": entries[0]}
    seen = {0}
    waiting = [(entries[0].child, "")]
    while waiting:
        number, prefix = waiting.pop()
        if number >= len(entries) or number in seen:
            continue
        seen.add(number)
        entry = entries[number]
        waiting.extend(((entry.left, prefix), (entry.right, prefix)))
        if entry.kind not in {_STORAGE, _STREAM}:
            continue
        path = f"{prefix}{entry.name.lower()}"
        found.setdefault(path, entry)
        if entry.kind == _STORAGE:
            waiting.append((entry.child, f"{path}/"))
    return found
