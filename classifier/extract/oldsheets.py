"""Excel workbooks of before 2007 ([MS-XLS]): cells through calamine, all around them from the records themselves."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, field
from typing import BinaryIO

from classifier.compound import MAGIC, Compound, CompoundError
from classifier.extract import oleprops, sheets
from classifier.extract.draft import Draft
from classifier.item import PartKind, Unreadable

_RECORD = struct.Struct("<HH")
_FILEPASS, _HEADER, _FOOTER, _NOTE, _TXO, _CONTINUE, _ROW, _COLUMN = 0x2F, 0x14, 0x15, 0x1C, 0x1B6, 0x3C, 0x208, 0x7D
_SERIES, _BOOK, _LINK, _BEGIN, _BOUND, _PIVOT = 0x100D, 0x1AE, 0x1B8, 0x809, 0x85, 0xCD
_LABEL, _NUMBER, _OLD_LABEL, _OLD_NUMBER, _RK = 0x204, 0x203, 0x04, 0x03, 0x27E
_RICH = 0xD6
_WANTED = frozenset(
    {_LABEL, _RICH, _FILEPASS, _HEADER, _FOOTER, _NOTE, _TXO, _ROW, _COLUMN, _SERIES, _BOOK, _LINK, _BOUND}
)


@dataclass(slots=True)
class _Around:
    headers: dict[str, None] = field(default_factory=dict)
    boxes: list[str] = field(default_factory=list)
    authors: dict[str, None] = field(default_factory=dict)
    charts: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    links: dict[str, None] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    hidden_rows: int = 0
    hidden_columns: int = 0
    wide: bool = True


def read(file: BinaryIO, draft: Draft) -> None:
    """A whole .xls file, with its embedded objects; workbooks of before 1993 are a bare stream of records."""
    file.seek(0)
    if file.read(8) != MAGIC:
        file.seek(0)
        _add_bare(file.read(), draft)
        return
    try:
        compound = Compound(file)
        if compound.has("workbook") and compound.has("book"):
            draft.note("duplicate-part")
        labels = _read_records(compound, "", draft)
    except (CompoundError, struct.error, KeyError) as error:
        raise Unreadable("malformed", "the workbook's structure is damaged") from error
    _add_cells(file, compound, draft)
    _add_labels(labels, draft)
    draft.reader = "calamine"


def _add_cells(file: BinaryIO, compound: Compound, draft: Draft) -> None:
    try:
        sheets.add_cells(file, draft)
    except Unreadable as problem:
        if problem.kind == "encrypted":
            raise
        name = "workbook" if compound.has("workbook") else "book"
        try:
            _add_bare(compound.read(name), draft)
        except (CompoundError, struct.error, KeyError):
            raise problem from None
        if not draft.spoken():
            raise
        draft.cut("sheets:damaged")


def read_storage(compound: Compound, prefix: str, draft: Draft) -> None:
    """A workbook inside another document: its streams lie at ``prefix``; the cells are read from the records."""
    _read_records(compound, prefix, draft)
    name = "workbook" if compound.has(f"{prefix}workbook") else "book"
    _add_bare(compound.read(prefix + name), draft)


def _add_labels(labels: list[str], draft: Draft) -> None:
    """Add words of cells that calamine passed over, as it does with labels in some workbooks."""
    if labels:
        known = {cell for part in draft.parts for line in part.text.split("\n") for cell in line.split("\t")}
        draft.add("labels", "\n".join(label for label in labels if label not in known))


def _read_records(compound: Compound, prefix: str, draft: Draft) -> list[str]:
    from classifier.extract import oldembedded  # noqa: PLC0415 - objects may hold workbooks: the two call each other

    name = "workbook" if compound.has(f"{prefix}workbook") else "book"
    around = _walk(compound.read(prefix + name), draft)
    draft.add("headers and footers", "\n".join(around.headers), PartKind.HEADER)
    draft.add("text boxes and comments", "\n".join((*around.authors, *around.boxes)), PartKind.COMMENT)
    draft.add("charts", "\n".join(around.charts))
    draft.add("links", "\n".join(around.links), PartKind.FIELD)
    if around.hidden_rows:
        draft.note(f"hidden-rows:{around.hidden_rows}")
    if around.hidden_columns:
        draft.note(f"hidden-columns:{around.hidden_columns}")
    oleprops.add(compound, prefix, draft)
    if compound.has(f"{prefix}_vba_project_cur"):
        draft.note("macro")
    _add_pivots(compound, prefix, draft)
    for path, entry in compound.below(prefix.rstrip("/")):
        if not entry.is_stream and path[len(prefix) :].startswith(("mbd", "lnk")):
            draft.budget.take_entries(1)
            oldembedded.add_storage(compound, f"{path}/", draft)
    return around.labels


def _walk(data: bytes, draft: Draft) -> _Around:
    around = _Around()
    at, end, unpack, wanted = 0, len(data) - 4, _RECORD.unpack_from, _WANTED
    while at <= end:
        kind, size = unpack(data, at)
        at += 4
        if kind in wanted:
            _take(kind, data[at : at + size], data, at + size, around, draft)
        elif kind == _BEGIN and size >= 2:
            around.wide = data[at : at + 2] == b"\0\6"
        at += size
    return around


def _take(  # noqa: C901 - one kind of record a branch, with its place
    kind: int, body: bytes, data: bytes, after: int, around: _Around, draft: Draft
) -> None:
    if kind == _FILEPASS:
        raise Unreadable("encrypted", "protected with a password")
    if kind == _ROW:
        around.hidden_rows += len(body) >= 14 and bool(body[12] & 0x20)
    elif kind == _COLUMN:
        if len(body) >= 10 and body[8] & 1:
            first, last = struct.unpack_from("<HH", body)
            around.hidden_columns += max(0, min(last, 255) - first + 1)
    elif kind in {_HEADER, _FOOTER}:
        text = sheets.CODES.sub(" ", _string(body, around.wide)).strip()
        if text:
            around.headers[text] = None
    elif kind == _TXO:
        around.boxes.append(_box(body, data, after))
    elif kind == _NOTE and len(body) > 10 and around.wide:
        around.authors[_string(body[8:], wide=True)] = None
    elif kind in {_LABEL, _RICH}:
        around.labels.append(_cell(_LABEL, body, []))
    elif kind == _SERIES:
        around.charts.append(_short(body[2:], around.wide))
    elif kind == _BOOK and len(body) > 6:
        draft.note("external-refs:1")
        around.links[_string(body[2:], wide=True)] = None
    elif kind == _LINK:
        around.links.update(dict.fromkeys(_wide_runs(body)))


def _string(body: bytes, wide: bool) -> str:
    if not body:
        return ""
    if not wide:
        return body[1 : 1 + body[0]].decode("cp1252", "replace")
    if len(body) < 3:
        return ""
    count = struct.unpack_from("<H", body)[0]
    if body[2] & 1:
        return body[3 : 3 + count * 2].decode("utf-16-le", "replace")
    return body[3 : 3 + count].decode("latin-1")


def _short(body: bytes, wide: bool) -> str:
    if len(body) < 2:
        return ""
    if wide and body[1] & 1:
        return body[2 : 2 + body[0] * 2].decode("utf-16-le", "replace")
    start = 2 if wide else 1
    return body[start : start + body[0]].decode("latin-1")


def _box(body: bytes, data: bytes, at: int) -> str:
    """The text of a shape or comment stands in the records that continue it."""
    left = struct.unpack_from("<H", body, 10)[0] if len(body) >= 12 else 0
    pieces = []
    while left > 0 and at + 5 <= len(data):
        kind, size = _RECORD.unpack_from(data, at)
        if kind != _CONTINUE or size < 2:
            break
        raw = data[at + 5 : at + 4 + size]
        text = raw.decode("utf-16-le", "replace") if data[at + 4] & 1 else raw.decode("latin-1")
        pieces.append(text[:left])
        left -= len(text)
        at += 4 + size
    return "".join(pieces)


def _wide_runs(body: bytes) -> list[str]:
    from classifier.extract.oldembedded import _STRINGS  # noqa: PLC0415 - the two call each other

    return [run.decode("utf-16-le") for run in _STRINGS.findall(body)]


def _add_pivots(compound: Compound, prefix: str, draft: Draft) -> None:
    """Cached values of pivot tables: rows of data that no sheet need show any more."""
    values: list[str] = []
    for path, entry in compound.below(f"{prefix}_sx_db_cur"):
        if entry.is_stream:
            data = compound.read(path)
            at = 0
            while at + 4 <= len(data):
                kind, size = _RECORD.unpack_from(data, at)
                if kind == _PIVOT:
                    values.append(_string(data[at + 4 : at + 4 + size], wide=True))
                at += 4 + size
    if values:
        draft.note(f"pivot-cache:{len(values)}")
        draft.add("pivot cache", "\n".join(values), hidden=True)


def _add_bare(data: bytes, draft: Draft) -> None:
    """Cells straight from the records: labels, numbers and shared strings; formulas by their cached results."""
    cells: dict[tuple[int, int], str] = {}
    lines: list[str] = []
    shared: list[str] = []
    at = 0
    while at + 4 <= len(data):
        kind, size = _RECORD.unpack_from(data, at)
        body = data[at + 4 : at + 4 + size]
        at += 4 + size
        if kind == 0xFC:
            shared = _shared(data, at - size, size)
        elif kind in _CELLS and len(body) >= 7:
            row, column = struct.unpack_from("<HH", body)
            cells[row, column] = _cell(kind, body, shared)
        elif kind == 0x0A and cells:
            lines.append(_rows(cells))
            cells = {}
        elif kind == _FILEPASS:
            raise Unreadable("encrypted", "protected with a password")
    lines.append(_rows(cells))
    draft.reader = draft.reader or "biff"
    draft.add("cells", "\n".join(filter(None, lines)))


_CELLS = frozenset({_LABEL, _NUMBER, _OLD_LABEL, _OLD_NUMBER, _RK, 0x02, 0xD6, 0xFD, 0x06, 0x206, 0x406})


def _rows(cells: dict[tuple[int, int], str]) -> str:
    rows: dict[int, list[str]] = {}
    for (row, _), text in sorted(cells.items()):
        rows.setdefault(row, []).append(text)
    return "\n".join("\t".join(row) for row in rows.values())


def _cell(kind: int, body: bytes, shared: list[str]) -> str:  # noqa: PLR0911 - one kind of record a branch
    if kind == 0xFD:
        index = struct.unpack_from("<I", body, 6)[0] if len(body) >= 10 else 0
        return shared[index] if index < len(shared) else ""
    if kind in {_LABEL, 0xD6}:
        count = struct.unpack_from("<H", body, 6)[0] if len(body) >= 8 else 0
        if len(body) >= 9 + count and len(body) > 8 + count:
            return _string(body[6:], wide=True)
        return body[8 : 8 + count].decode("cp1252", "replace")
    if kind == _OLD_LABEL:
        return body[8 : 8 + body[7]].decode("cp1252", "replace") if len(body) > 8 else ""
    if kind == _RK and len(body) >= 10:
        return sheets.shown(_rk(struct.unpack_from("<I", body, 6)[0]))
    if kind == 0x02:
        return str(struct.unpack_from("<H", body, 7)[0]) if len(body) >= 9 else ""
    start = 7 if kind in {_OLD_NUMBER, 0x06} and len(body) < 16 else 6
    if len(body) >= start + 8:
        return sheets.shown(struct.unpack_from("<d", body, start)[0])
    return ""


def _rk(raw: int) -> float:
    value = float(raw >> 2) if raw & 2 else struct.unpack("<d", struct.pack("<Q", (raw & 0xFFFFFFFC) << 32))[0]
    return value / 100 if raw & 1 else float(value)


def _shared(data: bytes, at: int, size: int) -> list[str]:
    """The shared strings, as far as the first record goes; those that continue are left to calamine."""
    strings, end = [], at + size
    at += 8
    while at + 3 <= end:
        count, flags = struct.unpack_from("<HB", data, at)
        at += 3
        runs = extra = 0
        if flags & 8:
            runs = struct.unpack_from("<H", data, at)[0]
            at += 2
        if flags & 4:
            extra = struct.unpack_from("<I", data, at)[0]
            at += 4
        width = 2 if flags & 1 else 1
        raw = data[at : at + count * width]
        strings.append(raw.decode("utf-16-le" if width == 2 else "latin-1", "replace"))
        at += count * width + runs * 4 + extra
    return strings


def read_embedded(data: bytes, draft: Draft) -> None:
    """A workbook given as bytes."""
    read(io.BytesIO(data), draft)
