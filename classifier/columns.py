"""Judge the cells of a table by the header that governs them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence

from classifier import contacts
from classifier.identifiers import Hit, fits, kind_of
from classifier.patterns import ROWS
from classifier.phrases import birth, date_at, read_date
from classifier.tables import Cell, cells

_ROWS = {kind: tuple(row for row in ROWS if row.kind == kind) for kind in {row.kind for row in ROWS}}
_NOTHING = re.compile(
    rb"(?:n/?a|none|no|nil|unknown|not (?:known|stated|given|applicable|disclosed|recorded)|tbc|-+|\?+|0|null|yes|y|n|prefer not to say)",
    re.IGNORECASE,
)
_PERSONAL = re.compile(rb"[A-Za-z][A-Za-z'. -]{0,30}[A-Za-z.](?:, ?[A-Za-z][A-Za-z'. -]{0,30})?")
_PLATE = re.compile(
    rb"[A-Z]{2}[0-9]{2} ?[A-Z]{3}|[A-Z][0-9]{1,3} ?[A-Z]{3}|[A-Z]{3} ?[0-9]{1,3}[A-Z]?|[0-9]{1,4} ?[A-Z]{1,3}",
    re.IGNORECASE,
)
_HOUSE = re.compile(rb"[0-9].*[A-Za-z]{3}|[A-Za-z]{3}.*[0-9]", re.DOTALL)

Known = Callable[[bytes], bool]
"""Answers whether a text looks like the name of a person."""


def scan_tables(
    data: bytes, start: int, end: int, known: Known, today: dt.date | None, own: Sequence[bytes] = ()
) -> list[Hit]:
    """Find what the columns of a table hold; ``known`` judges names in columns that say no more than "Name".

    ``own`` are domains of work e-mail.
    """
    hits: list[Hit] = []
    for cell in cells(data, start, end):
        hits += _judge(data, cell, known, today, own)
    return hits


def _judge(data: bytes, cell: Cell, known: Known, today: dt.date | None, own: Sequence[bytes]) -> Iterator[Hit]:
    text = data[cell.start : cell.end]
    ground = f"column header '{cell.header}'"
    if cell.kind in _ROWS:
        yield from _number(cell, text, ground)
    elif cell.kind == "date_of_birth":
        found = date_at(text)
        born = read_date(found, today) if found else None
        if born is not None and found is not None:
            yield from birth(born, cell.start, cell.start + found.end(), 0.97, ground, today)
    elif cell.kind in {"account", "sort_code"}:
        digits = text.translate(None, b" -")
        if digits.isdigit() and len(digits) == (8 if cell.kind == "account" else 6):
            score = 0.8 if cell.kind == "sort_code" or "account n" in cell.header or "acc" in cell.header else 0.6
            yield Hit("bank_account", cell.start, cell.end, score, f"pattern bank; {ground}", digits)
    elif cell.kind in {"phone", "email"}:
        yield from _contact(data, cell, text, ground, own)
    else:
        yield from _words(cell, text, ground, known)


def _number(cell: Cell, text: bytes, ground: str) -> Iterator[Hit]:
    """Check a number or code whose kind the header gives."""
    for row in _ROWS[cell.kind]:
        compact = fits(row, text.upper())
        if compact is not None:
            proof = f"{row.proof}; " if row.proof else ""
            yield Hit(
                kind_of(row, compact),
                cell.start,
                cell.end,
                row.near,
                f"pattern {row.kind}; {proof}{ground}",
                compact.encode(),
            )
            return


def _contact(data: bytes, cell: Cell, text: bytes, ground: str, own: Sequence[bytes]) -> Iterator[Hit]:
    if cell.kind == "email":
        found = contacts.email(data, cell.start + text.find(b"@"), own) if b"@" in text else None
    else:
        whole = re.fullmatch(rb"[+(]?[0-9][0-9 ()-]{8,20}", text)
        if text.isdigit() and len(text) == 10 and text[:1] in b"1237":  # a spreadsheet dropped the leading zero
            yield Hit(
                "phone_private",
                cell.start,
                cell.end,
                0.85,
                f"pattern phone; leading zero restored; {ground}",
                b"0" + text,
            )
            return
        found = contacts.phone(data, cell.start, cell.end) if whole else None
    if found is not None:
        kind, low, high, score, because, value = found
        yield Hit(kind, low, high, max(score, 0.93), f"{because}; {ground}", value)


def _words(cell: Cell, text: bytes, ground: str, known: Known) -> Iterator[Hit]:
    """Judge cells that hold words: names, addresses, details about a person."""
    if _NOTHING.fullmatch(text):
        return
    value = b" ".join(text.lower().split())
    if cell.kind == "name_part" or (cell.kind == "full_name" and _PERSONAL.fullmatch(text)):
        if _PERSONAL.fullmatch(text) or text.isalpha():
            yield Hit("person_name", cell.start, cell.end, 0.9, f"a name; {ground}", value)
    elif cell.kind == "name":
        if known(text):
            yield Hit("person_name", cell.start, cell.end, 0.8, f"a name by its words; {ground}", value)
    elif cell.kind == "address":
        if _HOUSE.search(text):
            yield Hit("address", cell.start, cell.end, 0.8, f"pattern address; {ground}", value)
    elif cell.kind == "vehicle_registration" and _PLATE.fullmatch(text):
        yield Hit(cell.kind, cell.start, cell.end, 0.85, f"pattern plate; {ground}", value.replace(b" ", b""))
    elif cell.kind in {"special_category", "offence"} and len(text) > 2 and not text.isdigit():
        yield Hit(cell.kind, cell.start, cell.end, 0.8, f"a detail about a person; {ground}", value)
