"""Document properties of old Office files ([MS-OLEPS]): the text values of a property set stream."""

from __future__ import annotations

import struct

from classifier.compound import Compound, CompoundError
from classifier.extract.draft import Draft
from classifier.item import PartKind

_STREAMS = ("\x05summaryinformation", "\x05documentsummaryinformation")
_NAMES = {
    2: "title",
    3: "subject",
    4: "author",
    5: "keywords",
    6: "comments",
    7: "template",
    8: "last author",
    18: "application",
}
_MORE = {2: "category", 14: "manager", 15: "company"}
_MOST = 1_000
_CODE_PAGE, _DICTIONARY = 1, 0
_LPSTR, _LPWSTR, _VECTOR, _VARIANT = 0x1E, 0x1F, 0x1000, 0x0C


def add(compound: Compound, prefix: str, draft: Draft) -> None:
    """Add the properties kept beside a document at ``prefix`` inside ``compound``; broken sets say what they can."""
    lines: list[str] = []
    for stream, names in zip(_STREAMS, (_NAMES, _MORE), strict=True):
        if compound.has(prefix + stream):
            try:
                lines += _values(compound.read(prefix + stream), names)
            except (CompoundError, struct.error, LookupError, ValueError):
                draft.note("malformed-properties")
    draft.add("properties", "\n".join(lines), PartKind.PROPERTY)


def _values(data: bytes, names: dict[int, str]) -> list[str]:
    lines: list[str] = []
    count = min(struct.unpack_from("<I", data, 24)[0], 2)
    for section in range(count):
        start = struct.unpack_from("<I", data, 28 + section * 20 + 16)[0]
        lines += _section(data, start, names if not section else {})
    return lines


def _section(data: bytes, start: int, names: dict[int, str]) -> list[str]:
    count = min(struct.unpack_from("<I", data, start + 4)[0], _MOST)
    places = dict(struct.unpack_from("<II", data, start + 8 + number * 8) for number in range(count))
    page = 1252
    if _CODE_PAGE in places:
        page = struct.unpack_from("<H", data, start + places[_CODE_PAGE] + 4)[0]
    if _DICTIONARY in places:
        names = _dictionary(data, start + places[_DICTIONARY], page)
    lines = []
    for number, offset in places.items():
        if number > 1:
            value = _value(data, start + offset, page)
            if value:
                lines.append(f"{names.get(number, 'property')}: {value}")
    return lines


def _dictionary(data: bytes, at: int, page: int) -> dict[int, str]:
    names = {}
    count = min(struct.unpack_from("<I", data, at)[0], _MOST)
    at += 4
    for _ in range(count):
        number, length = struct.unpack_from("<II", data, at)
        size = length * 2 if page == 1200 else length
        names[number] = _text(data[at + 8 : at + 8 + size], page)
        at += 8 + size + (-size % 4 if page == 1200 else 0)
    return names


def _value(data: bytes, at: int, page: int) -> str:
    kind = struct.unpack_from("<I", data, at)[0]
    if kind == _LPSTR:
        length = struct.unpack_from("<I", data, at + 4)[0]
        return _text(data[at + 8 : at + 8 + length], page)
    if kind == _LPWSTR:
        length = struct.unpack_from("<I", data, at + 4)[0]
        return data[at + 8 : at + 8 + length * 2].decode("utf-16-le", "replace").rstrip("\0")
    return ""


def _text(raw: bytes, page: int) -> str:
    encoding = {1200: "utf-16-le", 65001: "utf-8", 10000: "mac-roman"}.get(page, f"cp{page}")
    try:
        text = raw.decode(encoding, "replace")
    except LookupError:
        text = raw.decode("cp1252", "replace")
    return text.split("\0", 1)[0]
