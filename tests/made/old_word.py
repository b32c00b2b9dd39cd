"""Word 97–2003 documents: a compound file of text in one piece, after [MS-DOC] 2.4.1.

Enough for programs that read text: body, header and footer, no formatting.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from tests.made.ole import compound
from tests.made.paper import Block, Paper, Shape

_TEXT_AT = 0x800
_CHARACTERS, _HEADER_CHARACTERS = 0x4C, 0x54  # FibRgLw97.ccpText and .ccpHdd
_HEADERS, _PIECES = 0xF2, 0x1A2  # FibRgFcLcb97.fcPlcfHdd and .fcClx
_ONE_BYTE = 0x4000_0000


def write(paper: Paper) -> bytes:
    """Make a .doc of the paper."""
    body = "".join([f"{paper.title}\r" if paper.title else "", *(_text(block) for block in paper.blocks)]) or "\r"
    header, places = _margins(paper)
    text = body + header + ("\r" if header else "")
    try:
        raw, where = text.encode("cp1252"), _TEXT_AT * 2 | _ONE_BYTE
    except UnicodeEncodeError:
        raw, where = text.encode("utf-16-le"), _TEXT_AT
    pieces = struct.pack("<IIHIH", 0, len(text), 0, where, 0)
    pieces = b"\x02" + struct.pack("<I", len(pieces)) + pieces
    fib = _information(len(body), len(header), places, pieces, len(raw))
    document = (fib.ljust(_TEXT_AT, b"\0") + raw).ljust(4096, b"\0")
    return compound({"WordDocument": document, "1Table": (places + pieces).ljust(4096, b"\0")})


def _text(block: Block) -> str:
    if block.shape is Shape.PAGE:
        return "\x0c"
    if block.shape is Shape.TABLE:
        return "".join("".join(f"{cell}\x07" for cell in row) + "\x07" for row in block.rows)
    return f"{block.text}\r"


def _margins(paper: Paper) -> tuple[str, bytes]:
    """The header document and the places of its stories: six separators, then even, odd, first of both."""
    if not paper.header and not paper.footer:
        return "", b""
    stories = ["", "", "", "", "", "", "", paper.header, "", paper.footer, "", ""]
    texts = [f"{story}\r\r" if story else "" for story in stories]
    places = [sum(map(len, texts[:number])) for number in range(len(texts) + 1)]
    whole = "".join(texts)
    return whole, struct.pack(f"<{len(places) + 1}I", *places, len(whole) + 1)


def _information(body: int, header: int, places: bytes, pieces: bytes, size: int) -> bytes:
    fib = bytearray(900)
    struct.pack_into("<HHHHHH", fib, 0, 0xA5EC, 0xC1, 0, 0x0809, 0, 0x1200)  # its table is 1Table
    struct.pack_into("<II", fib, 0x18, _TEXT_AT, _TEXT_AT + size)
    struct.pack_into("<H", fib, 0x20, 14)
    struct.pack_into("<H", fib, 0x3E, 22)
    struct.pack_into("<I", fib, 0x40, _TEXT_AT + size)
    struct.pack_into("<I", fib, _CHARACTERS, body)
    struct.pack_into("<I", fib, _HEADER_CHARACTERS, header)
    struct.pack_into("<H", fib, 0x98, 93)
    _pointers(fib, ((_HEADERS, places), (_PIECES, pieces)))
    return bytes(fib)


def _pointers(fib: bytearray, parts: Sequence[tuple[int, bytes]]) -> None:
    """Where each part stands in the table stream, one after the other."""
    start = 0
    for pointer, part in parts:
        struct.pack_into("<II", fib, pointer, start, len(part))
        start += len(part)
