"""Word documents of 1993 to 2003 ([MS-DOC]; Word 6 and 95 by their older header): text by stories and pieces."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import BinaryIO

from classifier.compound import Compound, CompoundError
from classifier.extract import oleprops
from classifier.extract.draft import Draft
from classifier.item import PartKind, Unreadable

_ENCRYPTED, _TABLE_ONE, _COMPLEX = 0x0100, 0x0200, 0x0004
_WORD97 = 0x00C1
_IDENTITIES = (0xA5, 0xA6)  # high byte of the magic number, through all versions
_STORIES = (
    ("text", PartKind.BODY),
    ("footnotes", PartKind.NOTE),
    ("headers", PartKind.HEADER),
    ("macros", PartKind.FIELD),
    ("comments", PartKind.COMMENT),
    ("endnotes", PartKind.NOTE),
    ("text boxes", PartKind.BODY),
    ("header boxes", PartKind.HEADER),
)
_DELETED, _HIDDEN = 0x0800, 0x083C
_MARKS = re.compile(b"[\x00\x3c]\x08")
_OPERANDS = (1, 1, 2, 4, 2, 2, -1, 3)
_SHOWN = str.maketrans(
    {
        "\x07": "\t",
        "\r": "\n",
        "\x0b": "\n",
        "\x0c": "\n",
        "\x0e": "\n",
        "\x1e": "\u2011",
        "\x1f": "\u00ad",
        "\xa0": " ",
    }
    | dict.fromkeys("\x00\x01\x02\x03\x04\x05\x06\x08\x0f\x10\x11\x12\x16\x17\x18\x19\x1a\x1b\x1c\x1d"),
)
_FIELD = re.compile("([\x13\x14\x15])")
_PAGES = {0x19: "cp1251", 0x22: "cp1251", 0x02: "cp1251", 0x15: "cp1250", 0x05: "cp1250", 0x0E: "cp1250", 0x18: "cp1250",
          0x08: "cp1253", 0x1F: "cp1254", 0x0D: "cp1255", 0x01: "cp1256", 0x11: "cp932", 0x12: "cp949", 0x04: "cp936"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Piece:
    """Characters ``start`` to ``end`` lie at byte ``offset``, ``width`` bytes each."""

    start: int
    end: int
    offset: int
    width: int


def read(file: BinaryIO, draft: Draft) -> None:
    """A whole .doc file, with its embedded objects."""
    try:
        compound = Compound(file)
        read_storage(compound, "", draft)
    except (CompoundError, struct.error, KeyError) as error:
        raise Unreadable("malformed", "the document's structure is damaged") from error


def read_storage(compound: Compound, prefix: str, draft: Draft) -> None:
    """The document whose streams lie at ``prefix``."""
    from classifier.extract import oldembedded  # noqa: PLC0415 - objects may hold documents: the two call each other

    draft.reader = "doc"
    main = compound.read(f"{prefix}worddocument")
    if len(main) < 0x200 or main[1] not in _IDENTITIES:
        raise Unreadable("malformed", "the document has no header")
    flags = struct.unpack_from("<H", main, 0x0A)[0]
    if flags & _ENCRYPTED:
        raise Unreadable("encrypted", "protected with a password")
    if struct.unpack_from("<H", main, 2)[0] >= _WORD97:
        _add_new(compound, prefix, main, flags, draft)
    else:
        _add_old(main, flags, draft)
    oleprops.add(compound, prefix, draft)
    if any(compound.has(prefix + name) for name in ("macros", "_vba_project_cur", "macros/vba")):
        draft.note("macro")
    if compound.has(f"{prefix}objectpool"):
        oldembedded.add_objects(compound, f"{prefix}objectpool/", draft)


def _add_new(compound: Compound, prefix: str, main: bytes, flags: int, draft: Draft) -> None:
    name = "1table" if flags & _TABLE_ONE else "0table"
    path = prefix + name if compound.has(prefix + name) else prefix + ("0table" if name == "1table" else "1table")
    table = compound.read(path) if compound.has(path) else b""
    lengths = struct.unpack_from("<8I", main, 0x4C)
    clx, size = struct.unpack_from("<II", main, 0x01A2)
    pieces = _pieces(table[clx : clx + size], wide=True)
    if not pieces:
        first = struct.unpack_from("<I", main, 0x18)[0]
        pieces = [_Piece(0, sum(lengths), first, 1)]
    text = "".join(_piece_text(main, piece, "cp1252") for piece in pieces)
    chpx, chpx_size = struct.unpack_from("<II", main, 0xFA)
    marked = _marked(main, table[chpx : chpx + chpx_size], pieces)
    _add_stories(text, lengths, marked, draft)


def _add_old(main: bytes, flags: int, draft: Draft) -> None:
    """Word 6 and 95: one byte a character, in the code page of the language it was written in."""
    first, last = struct.unpack_from("<II", main, 0x18)
    lengths = struct.unpack_from("<8I", main, 0x34)
    page = _PAGES.get(struct.unpack_from("<H", main, 6)[0] & 0xFF, "cp1252")
    text = ""
    if flags & _COMPLEX:
        clx, size = struct.unpack_from("<II", main, 0x160)
        text = "".join(_piece_text(main, piece, page) for piece in _pieces(main[clx : clx + size], wide=False))
    if not text:
        text = main[first:last].decode(page, "replace")
    _add_stories(text, lengths, [], draft)


def _pieces(clx: bytes, *, wide: bool) -> list[_Piece]:
    at = 0
    while at + 3 <= len(clx) and clx[at] == 1:
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    if at + 5 > len(clx) or clx[at] != 2:
        return []
    size = min(struct.unpack_from("<I", clx, at + 1)[0], len(clx) - at - 5)
    count = (size - 4) // 12
    if count <= 0:
        return []
    places = struct.unpack_from(f"<{count + 1}I", clx, at + 5)
    base = at + 5 + (count + 1) * 4
    pieces = []
    for number in range(count):
        raw = struct.unpack_from("<I", clx, base + number * 8 + 2)[0]
        start, end = places[number], places[number + 1]
        if end <= start:
            continue
        if not wide:
            pieces.append(_Piece(start, end, raw, 1))
        elif raw & 0x40000000:
            pieces.append(_Piece(start, end, (raw & 0x3FFFFFFF) // 2, 1))
        else:
            pieces.append(_Piece(start, end, raw, 2))
    return pieces


def _piece_text(main: bytes, piece: _Piece, page: str) -> str:
    raw = main[piece.offset : piece.offset + (piece.end - piece.start) * piece.width]
    if piece.width == 2:
        text = raw[: len(raw) & ~1].decode("utf-16-le", "surrogatepass")
        if len(text) * 2 < len(raw) - 1:  # one character for two units would shift all that follows
            return "".join(map(chr, struct.unpack(f"<{len(raw) // 2}H", raw[: len(raw) & ~1])))
        return text
    return raw.decode(page, "replace")


def _marked(main: bytes, table: bytes, pieces: list[_Piece]) -> list[tuple[int, int, bool]]:
    """Stretches of characters that are deleted (True) or hidden (False), found in the character properties."""
    count = (len(table) - 4) // 8
    found: list[tuple[int, int, bool]] = []
    for number in range(max(0, count)):
        page = struct.unpack_from("<I", table, (count + 1) * 4 + number * 4)[0] & 0x3FFFFF
        fkp = main[page * 512 : page * 512 + 512]
        if len(fkp) == 512 and _MARKS.search(fkp):
            found += _marked_runs(fkp)
    if not found:
        return []
    spans = []
    for first, last, deleted in found:
        for piece in pieces:
            low = max(first, piece.offset)
            high = min(last, piece.offset + (piece.end - piece.start) * piece.width)
            if low < high:
                start = piece.start + (low - piece.offset) // piece.width
                spans.append((start, piece.start + (high - piece.offset) // piece.width, deleted))
    return sorted(spans)


def _marked_runs(fkp: bytes) -> list[tuple[int, int, bool]]:
    runs = fkp[511]
    if runs == 0 or (runs + 1) * 4 + runs > 511:
        return []
    places = struct.unpack_from(f"<{runs + 1}I", fkp)
    found = []
    for number in range(runs):
        at = fkp[(runs + 1) * 4 + number] * 2
        if at:
            kinds = _sprms(fkp[at + 1 : at + 1 + fkp[at]])
            if kinds:
                found.append((places[number], places[number + 1], _DELETED in kinds))
    return found


def _sprms(data: bytes) -> set[int]:
    """Which of the two marks a list of property modifiers switches on."""
    at, kinds = 0, set()
    while at + 3 <= len(data):
        code = struct.unpack_from("<H", data, at)[0]
        size = _OPERANDS[code >> 13]
        if code in {_DELETED, _HIDDEN} and data[at + 2] & 1:
            kinds.add(code)
        at += 2 + (size if size > 0 else 1 + data[at + 2])
    return kinds


def _add_stories(text: str, lengths: tuple[int, ...], marked: list[tuple[int, int, bool]], draft: Draft) -> None:
    start = 0
    for (name, kind), length in zip(_STORIES, lengths, strict=True):
        if not 0 < length <= len(text):
            if name == "text" and length > len(text):
                length = len(text)  # noqa: PLW2901 - a cut file: what there is
            else:
                continue
        _add_story(text, start, start + length, marked, (name, kind), draft)
        start += length


def _add_story(
    text: str,
    start: int,
    end: int,
    marked: list[tuple[int, int, bool]],
    story: tuple[str, PartKind],
    draft: Draft,
) -> None:
    name, kind = story
    shown: list[str] = []
    gone: list[str] = []
    hidden: list[str] = []
    at = start
    for low, high, deleted in marked:
        if low < at or high > end:
            continue
        shown.append(text[at:low])
        (gone if deleted else hidden).append(text[low:high])
        at = high
    shown.append(text[at:end])
    body, codes = split_fields("".join(shown))
    draft.add(name, body.translate(_SHOWN).strip("\n\t "), kind)
    if gone:
        draft.note("tracked-changes")
        draft.add(f"{name} deleted", "".join(gone).translate(_SHOWN), PartKind.DELETED, hidden=True)
    draft.add(f"{name} hidden", split_fields("".join(hidden))[0].translate(_SHOWN), kind, hidden=True)
    draft.add(f"{name} fields", "\n".join(codes).translate(_SHOWN), PartKind.FIELD)
    if any("DDE" in code[:12].upper() for code in codes):
        draft.note("dde")


def split_fields(text: str) -> tuple[str, list[str]]:
    """Part field codes (between marks 13 and 14 or 15) from the text a reader sees."""
    if "\x13" not in text:
        return text.replace("\x14", "").replace("\x15", ""), []
    shown, codes, inside = [], [], []
    for piece in _FIELD.split(text):
        if piece == "\x13":
            inside.append(True)
            codes.append("")
        elif piece == "\x14":
            if inside:
                inside[-1] = False
        elif piece == "\x15":
            if inside:
                inside.pop()
        elif inside and any(inside):
            codes[-1] += piece
        else:
            shown.append(piece)
    return "".join(shown), [code.strip() for code in codes if code.strip()]
