"""Workbooks and tables: xlsx (openpyxl), xls (xlwt), csv."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Collection, Mapping, Sequence

import openpyxl
import xlwt
from openpyxl.comments import Comment

from tests.made.packing import repack
from tests.made.paper import WRITTEN, Paper, Shape

Cell = str | int | float
_FORBIDDEN = re.compile(r"[][:*?/\\]")  # in the name of a sheet
Rows = Sequence[Sequence[Cell]]


def xlsx(  # each argument is a place where a workbook hides something
    sheets: Mapping[str, Rows],
    *,
    hidden: Collection[str] = (),
    very_hidden: Collection[str] = (),
    hidden_rows: Mapping[str, Collection[int]] | None = None,
    hidden_columns: Mapping[str, Collection[str]] | None = None,
    comments: Mapping[tuple[str, str], str] | None = None,
    properties: Mapping[str, str] | None = None,
    written: dt.datetime = WRITTEN,
) -> bytes:
    """Make a workbook: rows by sheet name; rows are hidden by number from 1, columns by letter."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        sheet.sheet_state = "hidden" if name in hidden else "veryHidden" if name in very_hidden else "visible"
        for number in (hidden_rows or {}).get(name, ()):
            sheet.row_dimensions[number].hidden = True
        for letter in (hidden_columns or {}).get(name, ()):
            sheet.column_dimensions[letter].hidden = True
    for (name, cell), text in (comments or {}).items():
        book[name][cell].comment = Comment(text, "Reviewer")
    book.properties.creator = ""
    book.properties.created = written.replace(tzinfo=None)
    for name, value in (properties or {}).items():
        setattr(book.properties, {"author": "creator"}.get(name, name), value)
    buffer = io.BytesIO()
    book.save(buffer)
    return repack(buffer.getvalue(), written)


def xls(sheets: Mapping[str, Rows], *, hidden: Collection[str] = ()) -> bytes:
    """Make a workbook of Excel 97–2003."""
    book = xlwt.Workbook(encoding="utf-8")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        sheet.visibility = 1 if name in hidden else 0
        for y, row in enumerate(rows):
            for x, value in enumerate(row):
                sheet.write(y, x, value)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def comma_separated(rows: Rows, *, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    """Make a table as text, with the line ends that Excel writes."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode(encoding)


def rows_of(paper: Paper) -> list[list[Cell]]:
    """Give the paper as rows: tables as they are, everything else one cell wide."""
    rows: list[list[Cell]] = [[paper.title]] if paper.title else []
    for block in paper.blocks:
        if block.shape is Shape.TABLE:
            rows.extend([_number(cell) for cell in row] for row in block.rows)
        elif block.text:
            rows.append([block.text])
    return rows


def write(paper: Paper) -> bytes:
    """Make a workbook of the paper: a sheet for each page, and a hidden sheet for what the paper hides."""
    sheets: dict[str, Rows] = {}
    for number, blocks in enumerate(paper.pages, start=1):
        name = (
            _FORBIDDEN.sub(" ", blocks[0].text)[:28]
            if blocks and blocks[0].shape is Shape.HEADING
            else f"Sheet{number}"
        )
        title = paper.title if number == 1 else ""
        sheets[name] = rows_of(Paper(title=title, blocks=blocks))
    if paper.hidden:
        sheets["Data"] = [[_number(cell) for cell in row] for row in paper.hidden]
    first = next(iter(sheets))
    return xlsx(
        sheets,
        hidden={"Data"} if paper.hidden else (),
        comments={(first, f"A{row}"): text for row, (_, text) in enumerate(paper.comments, start=1)},
        properties=dict(paper.properties),
        written=paper.written,
    )


def _number(cell: str) -> Cell:
    """Make a cell typed as a whole number becomes one, unless a leading nought would be lost."""
    return int(cell) if cell.isdecimal() and not cell.startswith("0") and len(cell) < 10 else cell
