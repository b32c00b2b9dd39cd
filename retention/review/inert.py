"""Cells that no spreadsheet takes for a formula, and the two ways of writing them.

Threat model: names of files are an attacker's, and whoever opens an export trusts it. A cell that begins with ``=``, ``+``, ``-`` or
``@``, also after blanks or in a full-width form, runs as a formula when a CSV is opened; so does what follows a separator when the
program splits lines by another separator than ours. In CSV an apostrophe makes it text; in XLSX cells are typed as text.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from xlsxwriter import Workbook

from retention.review.pages.wording import shown

_STARTS = frozenset("=+-@")
_BLANK = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Mn"})
_PARTED = re.compile(r"([;,|\t:])(\s*)(?=(\S))")
Cell = str | int | float | None


def dangerous(text: str) -> bool:
    """Whether a spreadsheet could take a text for a formula: by its first character that shows, in any of its widths."""
    for one in text:
        if one in "\t\r\n":
            return True
        if unicodedata.category(one) in _BLANK:
            continue
        return unicodedata.normalize("NFKC", one)[:1] in _STARTS
    return False


def inert(value: Cell) -> str:
    """A value as a CSV cell that stays text wherever it is opened."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(value)
    text = shown(value)
    text = _PARTED.sub(lambda found: found[0] + ("'" if dangerous(found[3]) else ""), text)
    return f"'{text}" if dangerous(value) or dangerous(text) else text


def csv_lines(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Rows as CSV in UTF-8 with a mark that spreadsheets know it by; every cell quoted."""
    yield b"\xef\xbb\xbf"
    for row in rows:
        out = io.StringIO()
        csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow([inert(cell) for cell in row])
        yield out.getvalue().encode("utf-8", "replace")


def xlsx(rows: Iterable[Sequence[Cell]], title: str) -> bytes:
    """Rows as a workbook of one sheet; texts are texts, whatever they begin with, and the first row stays in sight."""
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - memory; the folder is ours alone and goes at once
    with tempfile.TemporaryDirectory(dir=place) as folder:
        file = Path(folder) / "export.xlsx"
        told = {"constant_memory": True, "tmpdir": folder, "strings_to_formulas": False, "strings_to_urls": False}
        with Workbook(file, {**told, "strings_to_numbers": False}) as book:
            quoted, head = book.add_format({"quote_prefix": True}), book.add_format({"bold": True})
            sheet = book.add_worksheet(title[:31])
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, 20, 18)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, str):
                        text = shown(cell)[:32_000]
                        style = head if not number else quoted if dangerous(cell) or dangerous(text) else None
                        sheet.write_string(number, column, text, style)
                    elif cell is not None:
                        sheet.write_number(number, column, cell)
        return file.read_bytes()
