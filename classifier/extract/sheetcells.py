"""Cells of sheets that calamine must not lay out: two cells at far corners would make a rectangle of billions."""

from __future__ import annotations

from zipfile import ZipInfo

from classifier.extract import xmlsafe
from classifier.extract.draft import Draft
from classifier.extract.package import Package


def add(package: Package, sheets: list[ZipInfo], draft: Draft) -> None:
    """Add the stored cells of every sheet, row by row as they stand in the file."""
    depth = draft.limits.xml_depth
    shared: list[str] = []
    for info in package.named("xl/sharedStrings.xml")[:1]:
        root = xmlsafe.parse(package.read(info), depth)
        shared = ["".join(text.text or "" for text in item.iter("{*}t")) for item in root]
    for number, info in enumerate(sheets, 1):
        root = xmlsafe.parse(package.read(info), depth)
        lines = ["\t".join(_cell(cell, shared) for cell in row.iter("{*}c")) for row in root.iter("{*}row")]
        draft.pages += 1
        draft.add(f"sheet {number}", "\n".join(lines))


def _cell(cell: xmlsafe.Element, shared: list[str]) -> str:
    if cell.get("t") == "inlineStr":
        return "".join(text.text or "" for text in cell.iter("{*}t"))
    value = next(cell.iter("{*}v"), None)
    text = (value.text or "") if value is not None else ""
    if cell.get("t") == "s" and text.isdigit() and int(text) < len(shared):
        return shared[int(text)]
    return text
