"""Dates and classes as a line-of-business system tells them (CSV), read whole and judged before anything is entered.

Each row names an item by its number, or a place by share and path: a file, or a case folder for all that lies in it. What it
tells stands either in ``trigger`` and ``date``, or in columns named after triggers. ``record_class`` names a class,
``confidence`` (0 to 1) how sure the system is, ``person`` whom it is about by the council's own number. ``withdrawn`` in place
of any of them takes back what was told before.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from retention.clock import TRIGGERS, YearEnd

RECORD_CLASS, PERSON = "record_class", "person"
WITHDRAWN = "withdrawn"
# What a feed may give a date for: an absolute date stands in the schedule, and ``none`` has no date.
TELLABLE = (TRIGGERS - {"none", "fixed_date"}) | {f"end_of_{kind}_year" for kind in YearEnd}
_FIRST = dt.date(1900, 1, 1)
_AHEAD = dt.timedelta(days=366 * 100)
_PAST = frozenset(
    {"date_of_birth", "date_of_death", "case_closed", "date_created", "date_received", "last_action", "debt_cleared"}
)


class FeedError(ValueError):
    """The feed cannot be entered; ``faults`` names each row and what is wrong, never what stands in it."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__(
            "the feed has faults, and nothing of it was entered:\n" + "\n".join(f"  {one}" for one in faults)
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What one row tells: for an item by number, or for what lies at a path of a share; ``value`` is empty when withdrawn."""

    row: int
    item: int | None
    share: str
    path: bytes
    kind: str
    value: str
    confidence: float


def read(text: str, today: dt.date, *, share: str = "") -> tuple[tuple[Told, ...], tuple[str, ...]]:
    """Read a feed; returns what it tells and every fault, each with its row. ``share`` is meant where a row names none."""
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    header = [_plain(name) for name in reader.fieldnames or ()]
    wide = tuple(name for name in header if name in TELLABLE)
    lacking = [] if "item" in header or "path" in header else ["item or path"]
    if not wide and not {RECORD_CLASS, PERSON} & set(header) and not {"trigger", "date"} <= set(header):
        lacking.append("trigger and date, a trigger's own name, record_class or person")
    if lacking:
        return (), (f"row 1: no column for {'; '.join(lacking)}",)
    told: list[Told] = []
    faults: list[str] = []
    for number, row in enumerate(reader, 2):
        cells = {_plain(name): (value or "").strip() for name, value in row.items() if isinstance(name, str)}
        if not any(cells.values()):
            continue
        try:
            told.extend(_row(number, cells, wide, today, share))
        except ValueError as error:
            faults.append(f"row {number}: {error}")
    if not told and not faults:
        faults.append("row 1: the feed has no rows")
    return tuple(told), tuple(faults)


def _row(number: int, cells: Mapping[str, str], wide: tuple[str, ...], today: dt.date, share: str) -> Iterator[Told]:
    named, path = cells.get("item", ""), cells.get("path", "").replace("\\", "/").strip("/")
    if named and not named.isdigit():
        raise ValueError("an item is named by its number")
    if not named and not path:
        raise ValueError("neither an item nor a path")
    confidence = _confidence(cells.get("confidence", ""))
    given = [(kind, cells[kind]) for kind in wide if cells.get(kind)]
    if cells.get("trigger") or cells.get("date"):
        given.append((_plain(cells.get("trigger", "")), cells.get("date", "")))
    where = (int(named) if named else None, cells.get("share", "") or share, os.fsencode(path))
    for kind, value in given:
        yield Told(number, *where, kind, _dated(kind, value, today), confidence)
    said = [(kind, cells[kind]) for kind in (RECORD_CLASS, PERSON) if cells.get(kind)]
    for kind, value in said:
        yield Told(number, *where, kind, "" if value.lower() == WITHDRAWN else value, confidence)
    if not given and not said:
        raise ValueError("it tells nothing")


def _confidence(text: str) -> float:
    try:
        value = float(text) if text else 1.0
    except ValueError:
        raise ValueError("the confidence is no number") from None
    if not (math.isfinite(value) and 0.0 <= value <= 1.0):
        raise ValueError("the confidence lies outside 0 to 1")
    return value


def _dated(kind: str, text: str, today: dt.date) -> str:
    if kind not in TELLABLE:
        raise ValueError(f"no trigger is called so; known: {', '.join(sorted(TELLABLE))}" if kind else "no trigger")
    if text.lower() == WITHDRAWN:
        return ""
    day = _day(text)
    if day < _FIRST or day > today + _AHEAD:
        raise ValueError("a date that no record can have")
    if kind in _PAST and day > today:
        raise ValueError(f"{kind} lies in the future")
    return day.isoformat()


def _day(text: str) -> dt.date:
    british = re.fullmatch(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", text)
    try:
        return (
            dt.date(int(british[3]), int(british[2]), int(british[1])) if british else dt.date.fromisoformat(text[:10])
        )
    except ValueError:
        raise ValueError("a date that does not exist; write 2016-03-31 or 31/03/2016" if text else "no date") from None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")
