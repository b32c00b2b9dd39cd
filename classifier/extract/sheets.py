"""Spreadsheets of 2007 and later: cells through calamine, everything around them from the package itself."""

from __future__ import annotations

import datetime as dt
import io
import os
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, BinaryIO
from zipfile import ZipInfo

import python_calamine

from classifier.extract import ooxml, sheetcells, sheethidden, xmlsafe
from classifier.extract.draft import Draft
from classifier.extract.package import Package, open_package
from classifier.extract.sheethidden import Hidden
from classifier.item import PartKind, Unreadable

_SHEET = re.compile(r"(?:^|/)(?:worksheets|dialogsheets|macrosheets|chartsheets)/[^/]+\.xml$", re.IGNORECASE)
_SHARED = re.compile(r"(?:^|/)sharedStrings\.xml$", re.IGNORECASE)
_PIVOT = re.compile(r"pivotCache(?:Records|Definition)\d*\.xml$", re.IGNORECASE)
_OUTER = re.compile(
    r"(?:^|/)(?:workbook|connections|externalLink\d*|table\d*|queryTable\d*|comments?\d*|threadedComment\d*|metadata)\.xml$",
    re.IGNORECASE,
)
_FOOT = re.compile(rb"<(?:\w+:)?((?:odd|even|first)(?:Header|Footer))(?:\s[^>]*)?>([^<]*)<")
_REMARK = re.compile(rb"<(?:\w+:)?(?:dataValidation|hyperlink|inputCell)\s[^>]*>")
_SAID = re.compile(rb"\b(?:prompt|promptTitle|error|errorTitle|display|tooltip|location)=\"([^\"]+)\"")
CODES = re.compile(r"&(?:[LCRPNDTGAFZBIUESXYHO+-]|\"[^\"]*\"|K[0-9A-Fa-f+-]{6}|\d{1,3})")
_ROW = re.compile(rb"<(?:\w+:)?row\s[^>]*?\br=\"(\d{1,9})\"")
_CELL = re.compile(rb"\br=\"([A-Z]{1,3})(\d{1,9})\"")
_FAR = re.compile(rb"\br=\"[A-Z]{3}\d")
_PHONETIC = re.compile(rb"<(?:\w+:)?rPh\b")
_READ = (python_calamine.SheetTypeEnum.WorkSheet, python_calamine.SheetTypeEnum.MacroSheet)
_PROLOG = 4096  # bytes that any honest part needs to reach its root element
_MOST_CELLS = 30_000_000  # of the rectangle that calamine would lay out


def read(file: BinaryIO, draft: Draft) -> None:
    """xlsx, xlsm, xltx and xlsb: cells, then all other parts of the package."""
    package = open_package(file, draft, office=True)
    sheet_parts = frozenset(info.filename for info in package.members if _own(info.filename))
    _check_parts(package, sheet_parts)
    wide = False
    for info in package.members:
        if info.filename in sheet_parts:
            wide |= _add_around(package, info, draft)
    if wide:
        sheetcells.add(package, [info for info in package.members if _SHEET.search(info.filename)], draft)
    else:
        add_cells(file, draft, sheethidden.places(package))
    ooxml.read_parts(package, sheet_parts)
    draft.reader = "calamine"


def _own(name: str) -> bool:
    return bool(_SHEET.search(name) or _SHARED.search(name) or _PIVOT.search(name) or _OUTER.search(name))


def _check_parts(package: Package, names: frozenset[str]) -> None:
    """Refuse a document type in any part that calamine will parse; it would only skip it."""
    for info in package.members:
        if info.filename in names and info.filename.endswith(".xml"):
            head = package.read(info, _PROLOG)
            xmlsafe.no_doctype(head)


def add_cells(file: BinaryIO, draft: Draft, hidden_places: Mapping[str, Hidden] = MappingProxyType({})) -> None:
    """Add every sheet's stored cells, hidden rows and columns (by the sheet's name) apart from the rest.

    Raises ``encrypted`` and ``malformed``.
    """
    file.seek(0)
    book = _guard(python_calamine.CalamineWorkbook.from_filelike, io.BytesIO(file.read()))
    for number, meta in enumerate(book.sheets_metadata):
        if meta.typ not in _READ:
            continue
        try:
            rows = _guard(_rows, book, number)
        except Unreadable:
            draft.cut(f"sheet:{number + 1}")
            continue
        hidden = meta.visible != python_calamine.SheetVisibleEnum.Visible
        if hidden:
            draft.note(f"hidden-sheet:{len(rows)}")
        draft.pages += 1
        if meta.typ == python_calamine.SheetTypeEnum.MacroSheet:
            draft.note("macro")
        if not hidden and meta.name in hidden_places:
            rows = _take_hidden(rows, hidden_places[meta.name], _guard(_start, book, number), meta.name, draft)
        lines = ["\t".join([value if type(value) is str else shown(value) for value in row]) for row in rows]
        text = "\n".join(lines)
        if text and not text.isspace():
            draft.add(f"sheet {meta.name}", f"{meta.name}\n{text}", hidden=hidden)
        else:
            draft.add("sheet names", meta.name, PartKind.PROPERTY)


def _start(book: Any, number: int) -> tuple[int, int]:
    start: tuple[int, int] | None = book.get_sheet_by_index(number).start
    return start or (0, 0)


def _take_hidden(
    rows: list[list[Any]], places: Hidden, start: tuple[int, int], name: str, draft: Draft
) -> list[list[Any]]:
    """Part what a reader would not see from what is shown; both keep their rows' order."""
    seen, unseen = [], []
    for number, row in enumerate(rows, start[0] + 1):
        if number in places.rows:
            unseen.append(row)
            continue
        covered = [value for column, value in enumerate(row, start[1] + 1) if column in places.columns]
        if covered:
            unseen.append(covered)
            row = [value for column, value in enumerate(row, start[1] + 1) if column not in places.columns]  # noqa: PLW2901 - what is left
        seen.append(row)
    lines = ("\t".join(map(shown, row)) for row in unseen)
    draft.add(f"sheet {name} hidden rows and columns", "\n".join(lines), hidden=True)
    return seen


def _rows(book: Any, number: int) -> list[list[Any]]:
    rows: list[list[Any]] = book.get_sheet_by_index(number).to_python(skip_empty_area=True)
    return rows


def _guard(call: Any, *arguments: Any) -> Any:
    """Call calamine: its Rust panics are BaseExceptions of their own kind and leave as ``malformed``."""
    try:
        return call(*arguments)
    except (MemoryError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except python_calamine.PasswordError as error:
        raise Unreadable("encrypted", "protected with a password") from error
    except BaseException as error:
        raise Unreadable("malformed", "the workbook cannot be read") from error


def shown(value: object) -> str:
    """A cell's value as a person would write it: whole numbers without a point, dates as ISO 8601."""
    kind = type(value)
    if kind is float:
        assert isinstance(value, float)
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if kind is bool:
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime) and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    return str(value)


def _add_around(package: Package, info: ZipInfo, draft: Draft) -> bool:
    """What stands in a sheet's part beside its cells, and the words of the parts that calamine reads only in part.

    Returns whether the part is a sheet whose cells lie too far apart to be laid out as a rectangle.
    """
    name = info.filename
    data = package.read(info)
    if _SHEET.search(name):
        _add_sheet(data, draft)
        return _is_wide(data)
    if _PIVOT.search(name):
        _add_pivot(data, draft)
    elif _SHARED.search(name):
        if _PHONETIC.search(data):
            root = xmlsafe.parse(data, draft.limits.xml_depth)
            spoken = (
                "".join(map(str, item.itertext())) for item in root if next(item.iter("{*}rPh"), None) is not None
            )
            draft.add("phonetic", "\n".join(spoken), PartKind.FIELD)
    else:
        _add_outer(xmlsafe.parse(data, draft.limits.xml_depth), name, draft)
    return False


def _is_wide(data: bytes) -> bool:
    """Whether the rectangle around all cells is beyond what memory should hold; looks closely only where it may be."""
    last = data.rfind(b"<row ")
    row = _ROW.match(data, last) if last >= 0 else None
    if (16_384 if _FAR.search(data) else 702) * (int(row.group(1)) if row else 1) < _MOST_CELLS:
        return False
    columns, rows = set(), [1]
    for letters, number in _CELL.findall(data):
        columns.add(letters)
        rows.append(int(number))
    width = max((_column(letters) for letters in columns), default=1)
    return width * max(rows) > _MOST_CELLS


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _add_sheet(data: bytes, draft: Draft) -> None:
    hidden = sheethidden.scan(data)
    if hidden.rows:
        draft.note(f"hidden-rows:{len(hidden.rows)}")
    if hidden.columns:
        draft.note(f"hidden-columns:{len(hidden.columns)}")
    tail = data[data.rfind(b"</sheetData>") :]
    for place, text in _FOOT.findall(tail):
        kind = PartKind.HEADER if place.endswith(b"Header") else PartKind.FOOTER
        draft.add(place.decode(), CODES.sub(" ", _unescape(text)).strip(), kind)
    said = [_unescape(text) for tag in _REMARK.findall(tail) for text in _SAID.findall(tag)]
    draft.add("prompts and links", "\n".join(dict.fromkeys(said)), PartKind.FIELD)


def _unescape(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace")
    for name, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&#10;", "\n"), ("&amp;", "&")):
        text = text.replace(name, sign)
    return text


def _add_pivot(data: bytes, draft: Draft) -> None:
    """Values cached for pivot tables: rows of data that no sheet need show any more."""
    root = xmlsafe.parse(data, draft.limits.xml_depth)
    if xmlsafe.local(root) == "pivotCacheRecords":
        draft.note(f"pivot-cache:{sum(1 for _ in root.iter('{*}r'))}")
    values = (
        value
        for item in root.iter("{*}s", "{*}n", "{*}d", "{*}cacheField")
        if (value := item.get("v") or item.get("name"))
    )
    draft.add("pivot cache", "\n".join(dict.fromkeys(str(value) for value in values)), hidden=True)


def _add_outer(root: xmlsafe.Element, name: str, draft: Draft) -> None:
    low = name.lower()
    if "comment" in low:
        authors = [element.text or "" for element in root.iter("{*}author")]
        remarks = ["".join(map(str, remark.itertext())) for remark in root.iter("{*}comment", "{*}threadedComment")]
        draft.add("comments", "\n".join((*filter(None, authors), *remarks)), PartKind.COMMENT)
        return
    if "externallink" in low and next(root.iter("{*}ddeLink"), None) is not None:
        draft.note("dde")
    words = [f"{link.get('ddeService')}|{link.get('ddeTopic')}" for link in root.iter("{*}ddeLink")]
    for element in root.iter():
        if xmlsafe.local(element) in _TOLD:
            words.extend(str(value) for value in element.attrib.values() if len(value) > 3)
            words.append((element.text or "").strip())
    draft.add(xmlsafe.local(root), "\n".join(dict.fromkeys(filter(None, words))), PartKind.FIELD)


_TOLD = frozenset(
    {
        "connection",
        "dbPr",
        "webPr",
        "textPr",
        "olapPr",
        "ddeLink",
        "ddeItem",
        "definedName",
        "v",
        "val",
        "tableColumn",
        "oleLink",
    }
)


def warm() -> None:
    """Keep Rust from looking for its own source when calamine panics: a locked worker may not open files."""
    os.environ["RUST_BACKTRACE"] = "0"
    os.environ["RUST_LIB_BACKTRACE"] = "0"
