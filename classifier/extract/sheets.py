"""Spreadsheets: cells through calamine, everything around them from the package itself."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any, BinaryIO

import python_calamine

from classifier.extract import ooxml
from classifier.extract.draft import Draft
from classifier.extract.package import open_package
from classifier.item import Unreadable


def read(file: BinaryIO, draft: Draft) -> None:
    """xlsx, xlsm, xlsb."""
    package = open_package(file, draft)
    add_cells(file, draft)
    ooxml.read_parts(package)
    draft.reader = "calamine"


def add_cells(file: BinaryIO, draft: Draft) -> None:
    """Add every sheet's stored cells."""
    file.seek(0)
    book = _guard(python_calamine.CalamineWorkbook.from_filelike, io.BytesIO(file.read()))
    for number, meta in enumerate(book.sheets_metadata):
        if meta.typ != python_calamine.SheetTypeEnum.WorkSheet:
            continue
        rows = _guard(_rows, book, number)
        hidden = meta.visible != python_calamine.SheetVisibleEnum.Visible
        if hidden:
            draft.note(f"hidden-sheet:{len(rows)}")
        draft.pages += 1
        draft.add(
            f"sheet {meta.name}",
            f"{meta.name}\n" + "\n".join(["\t".join(map(_shown, row)) for row in rows]),
            hidden=hidden,
        )


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


def _shown(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return value.replace("\t", " ") if "\t" in value else value
    if kind is float:
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if kind is bool:
        return "TRUE" if value else "FALSE"
    if kind is dt.datetime and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    return str(value)
