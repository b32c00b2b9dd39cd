"""Pictures: size from the header before anything is decoded; text through OCR when an engine is installed."""

from __future__ import annotations

import struct
from typing import BinaryIO

from classifier.extract.draft import Draft
from classifier.extract.ocr import engine
from classifier.item import Unreadable

_HEAD = 1 << 20


def read(file: BinaryIO, draft: Draft) -> None:
    """A picture; raises ``limit:pixels``, ``malformed`` and, without OCR or text in it, ``no-text``."""
    file.seek(0)
    head = file.read(_HEAD)
    draft.reader = "image"
    draft.images += 1
    try:
        width, height = _size(draft.format, head, file)
    except struct.error as error:
        raise Unreadable("malformed", "the picture's header is cut short") from error
    if width * height > draft.limits.pixels:
        raise Unreadable("limit:pixels", f"{width} × {height} pixels, {draft.limits.pixels} are allowed")
    reader = engine()
    if reader is None:
        raise Unreadable("no-text", "a picture, and no engine to read it")
    file.seek(0)
    text = reader.read_image(file.read())
    if text.strip():
        draft.note("ocr")
        draft.reader = "ocr"
    draft.add("picture", text)


def _size(fmt: str, head: bytes, file: BinaryIO) -> tuple[int, int]:
    if fmt == "png":
        return struct.unpack_from(">II", head, 16)
    if fmt == "gif":
        return struct.unpack_from("<HH", head, 6)
    if fmt == "bmp":
        width, height = struct.unpack_from("<ii", head, 18)
        return abs(width), abs(height)
    if fmt == "jpeg":
        return _jpeg_size(head)
    if fmt == "tiff":
        return _tiff_size(head, file)
    return 0, 0


def _jpeg_size(head: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 < len(head):
        if head[at] != 0xFF:
            at += 1
            continue
        marker = head[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack_from(">HH", head, at + 5)
            return width, height
        if marker in {255, 1} or 208 <= marker <= 217:
            at += 1 if marker == 0xFF else 2
            continue
        at += 2 + struct.unpack_from(">H", head, at + 2)[0]
    return 0, 0


def _tiff_size(head: bytes, file: BinaryIO) -> tuple[int, int]:
    """The largest picture of the first directories; a chain that comes back to itself ends the look."""
    order = "<" if head[:2] == b"II" else ">"
    place = struct.unpack_from(order + "I", head, 4)[0]
    seen: set[int] = set()
    largest = (0, 0)
    while place and place not in seen and len(seen) < 1_000:
        seen.add(place)
        file.seek(place)
        block = file.read(2 + 12 * 4096 + 4)
        if len(block) < 6:
            break
        count = min(struct.unpack_from(order + "H", block)[0], 4096, (len(block) - 6) // 12)
        sides = {}
        for number in range(count):
            tag, kind = struct.unpack_from(order + "HH", block, 2 + number * 12)
            if tag in {256, 257}:
                sides[tag] = struct.unpack_from(order + ("H" if kind == 3 else "I"), block, 2 + number * 12 + 8)[0]
        size = (sides.get(256, 0), sides.get(257, 0))
        largest = max(largest, size, key=lambda pair: pair[0] * pair[1])
        place = struct.unpack_from(order + "I", block, 2 + count * 12)[0]
    return largest
