"""A small writer of compound files (OLE2, the container of .msg, .doc and encrypted Office files).

Follows [MS-CFB] version 3: sectors of 512 bytes, small streams in the mini stream, no times.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
_FREE, _END, _FAT, _NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF


@dataclass(slots=True)
class _Entry:
    name: str
    kind: int  # 1 storage, 2 stream, 5 root
    data: bytes = b""
    children: dict[str, _Entry] = field(default_factory=dict)
    left: int = _NONE
    right: int = _NONE
    child: int = _NONE
    start: int = _END
    size: int = 0


class _Sectors:
    """Sectors of one size, with the chain that links them."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.data = bytearray()
        self.chain: list[int] = []

    def add(self, data: bytes) -> int:
        """Append data as one chain; its first sector."""
        if not data:
            return _END
        first, count = len(self.chain), -(-len(data) // self.size)
        self.chain += [*range(first + 1, first + count), _END]
        self.data += data.ljust(count * self.size, b"\0")
        return first


def compound(streams: Mapping[str, bytes], *, clsid: bytes = bytes(16)) -> bytes:
    """Make a compound file of streams; a slash in a name puts the stream into a storage."""
    root = _Entry("Root Entry", 5)
    for path, data in streams.items():
        *storages, name = path.split("/")
        place = root
        for storage in storages:
            place = place.children.setdefault(storage, _Entry(storage, 1))
        place.children[name] = _Entry(name, 2, data)
    entries = [root]
    _number(root, entries)
    big, small = _Sectors(_SECTOR), _Sectors(_MINI)
    for entry in entries[1:]:
        if entry.kind == 2:
            entry.size = len(entry.data)
            entry.start = (big if entry.size >= _CUTOFF else small).add(entry.data)
    root.start, root.size = big.add(bytes(small.data)), len(small.data)
    listing = b"".join(_directory_entry(entry, clsid if entry is root else bytes(16)) for entry in entries)
    unused = b"\0" * 68 + struct.pack("<III", _NONE, _NONE, _NONE) + b"\0" * 48
    listing += unused * (-len(entries) % 4)
    directory = big.add(listing)
    table = struct.pack(f"<{len(small.chain)}I", *small.chain)
    mini_sectors = -(-len(table) // _SECTOR)
    mini = big.add(table.ljust(mini_sectors * _SECTOR, b"\xff"))
    return _file(big, directory, mini, mini_sectors)


def _number(parent: _Entry, entries: list[_Entry]) -> None:
    """Give the children of a storage their places, as a balanced tree in the order the format asks for."""
    children = sorted(parent.children.values(), key=lambda entry: (len(entry.name), entry.name.upper()))
    first = len(entries)
    entries.extend(children)

    def balance(low: int, high: int) -> int:
        if low >= high:
            return _NONE
        middle = (low + high) // 2
        children[middle].left, children[middle].right = balance(low, middle), balance(middle + 1, high)
        return first + middle

    parent.child = balance(0, len(children))
    for child in children:
        _number(child, entries)


def _directory_entry(entry: _Entry, clsid: bytes) -> bytes:
    name = entry.name.encode("utf-16-le")
    head = name.ljust(64, b"\0") + struct.pack("<HBB", len(name) + 2, entry.kind, 1)
    tree = struct.pack("<III", entry.left, entry.right, entry.child)
    start = 0 if entry.kind == 1 else entry.start
    return head + tree + clsid + bytes(4 + 16) + struct.pack("<IQ", start, entry.size)


def _file(big: _Sectors, directory: int, mini: int, mini_sectors: int) -> bytes:
    used = len(big.chain)
    fat_sectors = 1
    while fat_sectors * (_SECTOR // 4) < used + fat_sectors:
        fat_sectors += 1
    if fat_sectors > 109:
        raise ValueError("a compound file above 6.8 MB needs a DIFAT, which this writer does not know")
    chain = [*big.chain, *[_FAT] * fat_sectors]
    chain += [_FREE] * (fat_sectors * (_SECTOR // 4) - len(chain))
    places = [*range(used, used + fat_sectors), *[_FREE] * (109 - fat_sectors)]
    header = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, fat_sectors, directory, 0, _CUTOFF, mini, mini_sectors, _END, 0)
    header += struct.pack("<109I", *places)
    return header + bytes(big.data) + struct.pack(f"<{len(chain)}I", *chain)
