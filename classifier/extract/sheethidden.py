"""Which rows and columns of which sheets are hidden (ECMA-376 part 1, 18.3.1.13 and 18.3.1.73)."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from classifier.extract import xmlsafe
from classifier.extract.package import Package

_ROW = re.compile(rb"<(?:\w+:)?row\s([^>]*)>")
_COLUMN = re.compile(rb"<(?:\w+:)?col\s([^>]*)>")
_HIDDEN = re.compile(rb"\bhidden=\"(?:1|true)\"")
_NUMBER = re.compile(rb"\br=\"(\d{1,7})\"")
_SPAN = re.compile(rb"\b(min|max)=\"(\d{1,6})\"")
_MOST_COLUMNS = 16_384
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_ID = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


@dataclass(frozen=True, slots=True)
class Hidden:
    """Numbers of hidden rows and columns, both from 1."""

    rows: frozenset[int]
    columns: frozenset[int]


def places(package: Package) -> dict[str, Hidden]:
    """Hidden rows and columns by the sheet's name; sheets without any are not named."""
    found = {}
    for name, part in _parts(package).items():
        for info in package.named(part)[:1]:
            hidden = scan(package.read(info))
            if hidden.rows or hidden.columns:
                found[name] = hidden
    return found


def scan(data: bytes) -> Hidden:
    """The hidden rows and columns of one sheet's part."""
    if b"hidden=" not in data:
        return Hidden(frozenset(), frozenset())
    rows = {
        int(number.group(1)) for tag in _ROW.findall(data) if _HIDDEN.search(tag) and (number := _NUMBER.search(tag))
    }
    columns: set[int] = set()
    for tag in _COLUMN.findall(data[: max(0, data.find(b"<sheetData"))]):
        if _HIDDEN.search(tag):
            ends = {key: int(value) for key, value in _SPAN.findall(tag)}
            columns.update(range(ends.get(b"min", 1), min(ends.get(b"max", 0), _MOST_COLUMNS) + 1))
    return Hidden(frozenset(rows), frozenset(columns))


def _parts(package: Package) -> dict[str, str]:
    """Names of sheets and where their parts lie, from the workbook and its relations."""
    depth = package.draft.limits.xml_depth
    targets: dict[str, str] = {}
    for info in package.named("xl/_rels/workbook.xml.rels")[:1]:
        for relation in xmlsafe.parse(package.read(info), depth).iter("{*}Relationship"):
            target = str(relation.get("Target") or "")
            place = target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
            targets[str(relation.get("Id"))] = place
    found = {}
    for info in package.named("xl/workbook.xml")[:1]:
        for sheet in xmlsafe.parse(package.read(info), depth).iter("{*}sheet"):
            found[str(sheet.get("name"))] = targets.get(str(sheet.get(_ID) or sheet.get(_STRICT_ID)), "")
    return found
