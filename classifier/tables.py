"""Tables in text: a header cell governs its column, so that a bare number under "NHS Number" is one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import NamedTuple

from classifier.linear import linear

HEADER_LINES = 12
"""Lines at the top of a part among which a header row is looked for."""

LONGEST_LINE = 20_000
"""Characters; a longer line is no row of a table."""


class Cell(NamedTuple):
    """One filled cell of a column whose header names a kind."""

    kind: str
    start: int
    end: int
    header: str


_PERSONS = (
    r"(?:employee|staff|client|customer|tenant|patient|pupil|student|child|child's|parent|carer|resident|"
    r"applicant|claimant|contact|member|driver|officer|owner|occupier|next of kin|nok|service user)"
)
_HEADERS = MappingProxyType(
    {
        "nhs_number": r"nhs(?: ?(?:no|num|number|id|#))?",
        "chi_number": r"chi(?: ?(?:no|num|number))?",
        "hc_number": r"(?:h ?& ?c|hcn)(?: ?(?:no|num|number))?|health and care (?:no|number)",
        "nino": r"n ?i(?: ?(?:no|num|number))?|nino|nat(?:ional)?\.? ins(?:urance)?(?: ?(?:no|num|number))?",
        "utr": r"utr(?: ?(?:no|number))?|unique taxpayer reference|tax reference",
        "uln": r"uln|unique learner (?:no|number)",
        "upn": r"upn|unique pupil (?:no|number)",
        "passport": r"passport(?: ?(?:no|num|number))?",
        "driving_licence": r"driv(?:ing|er'?s?)(?: licen[cs]e)? ?(?:no|num|number|licen[cs]e)?|licen[cs]e (?:no|number)",
        "date_of_birth": r"d ?o ?b|(?:date of birth|birth ?date|date born|born)(?: \([a-z/ ]+\))?",
        "account": r"(?:bank )?a(?:cc(?:oun)?t|/c)(?: ?(?:no|num|number))?",
        "sort_code": r"(?:bank )?sort ?code",
        "iban": r"iban",
        "card": r"(?:card|pan|credit card)(?: ?(?:no|number))?",
        "phone": rf"(?:{_PERSONS} )?(?:(?:home|work|mobile|mob|contact|daytime|evening|emergency) ?)?(?:tel|telephone|"
        rf"phone|mobile|mob|contact)(?: ?(?:no|num|number|1|2))?",
        "email": rf"(?:{_PERSONS} |home |work |contact |personal )?e-?mail(?: ?address)?(?: ?1| ?2)?",
        "full_name": rf"{_PERSONS}(?:'s)?(?: ?(?:full )?name)?|full name|name of {_PERSONS}|surname,? (?:and "
        rf")?(?:fore|first) ?names?|known as",
        "name_part": rf"(?:{_PERSONS}(?:'s)? )?(?:surname|last ?name|family ?name|fore ?names?|first ?names?|given "
        rf"?names?|middle ?names?|maiden name|preferred name)",
        "name": r"names?",
        "address": rf"(?:{_PERSONS} |home |postal |correspondence )?address(?: ?(?:line)? ?1)?",
        "postcode": r"(?:home )?post ?code",
        "vehicle_registration": r"(?:vehicle )?reg(?:istration)?(?: ?(?:no|number|mark))?|vrm|vrn",
        "special_category": r"ethnic(?:ity| origin| group| background)|religion(?: or belief)?|faith|disabilit(?:y|"
        r"ies)|disabled|diagnos[ie]s|medical (?:condition|notes?|history)|"
        r"health (?:condition|issues?)|sexual orientation|sexuality|gender identity|(?:sickness|absence) reason|"
        r"reason for (?:sickness|absence)|"
        r"(?:trade )?union(?: member(?:ship)?)?|allergies|medication|sen need|primary need",
        "offence": r"offences?|convictions?|criminal record|dbs(?: ?(?:no|number|result|certificate(?: number)?))|allegations?",
    }
)
"""Kind to the wording of its header cell; some, such as ``account``, ``phone`` and ``name``, are judged further."""

_MATCHERS = tuple((kind, re.compile(wording)) for kind, wording in _HEADERS.items())
_ANY = re.compile("|".join(f"(?:{wording})" for wording in _HEADERS.values()))
_GAPS = re.compile(r"[\s_.]+")
_LOOSE = {" ?": r"[\s_.]*", " ": r"[\s_.]+"}
_HINT = linear(
    r"(?:^|[\t,|;\n])[\s\"'*#:_.]*(?:{})[\s\"'*#:_.]*(?:[\t,|;\n]|$)".format(
        re.sub(
            r"\[[^\]]*\]| \??",
            lambda found: _LOOSE.get(found.group(), found.group().replace(" ", r"\s_.")),
            "|".join(_HEADERS.values()),
        )
    ).encode()
)
"""A cell that may be a header, in one pass: most texts have none among their first lines."""


def cells(data: bytes, start: int, end: int) -> Iterator[Cell]:
    """Yield filled cells under telling headers in one part of folded text."""
    head = _header(data, start, end)
    if head is None:
        return
    mark, columns, at = head
    last = max(columns)
    while at < end:
        stop = data.find(b"\n", at, end)
        stop = end if stop < 0 else stop
        if stop - at <= LONGEST_LINE:
            row = list(_split(data, at, stop, mark))
            if len(row) > last:
                yield from _row(data, row, columns)
        at = stop + 1


def _row(data: bytes, row: Sequence[tuple[int, int]], columns: dict[int, tuple[str, str]]) -> Iterator[Cell]:
    for column, (kind, header) in columns.items():
        low, high = row[column]
        text = data[low:high]
        low += len(text) - len(text.lstrip(b" \"'\t\r="))
        high -= len(text) - len(text.rstrip(b" \"'\t\r"))
        if high > low:
            yield Cell(kind, low, high, header)


def _header(data: bytes, start: int, end: int) -> tuple[bytes, dict[int, tuple[str, str]], int] | None:
    """Find the header row: its separator, its telling columns, and where the rows begin."""
    if not _hinted(data, start, end):
        return None
    at = start
    for _ in range(HEADER_LINES):
        if at >= end:
            return None
        stop = data.find(b"\n", at, end)
        stop = end if stop < 0 else stop
        if stop - at <= LONGEST_LINE:
            for mark in (b"\t", b",", b"|", b";"):
                columns = _columns(data, at, stop, mark)
                if columns:
                    return mark, columns, stop + 1
        at = stop + 1
    return None


def _hinted(data: bytes, start: int, end: int) -> bool:
    """Say whether a header may stand among the first lines."""
    stop = start
    for _ in range(HEADER_LINES):
        stop = data.find(b"\n", stop, end) + 1
        if not stop:
            stop = end
            break
    if start and data[start - 1 : start] != b"\n":
        return True
    return _HINT.span(data, max(0, start - 1), min(len(data), stop + 1)) is not None


def _columns(data: bytes, at: int, stop: int, mark: bytes) -> dict[int, tuple[str, str]]:
    """Read one line as a header row; empty unless two cells or more and one that tells a kind."""
    if data.find(mark, at, stop) < 0:
        return {}
    columns: dict[int, tuple[str, str]] = {}
    spans = list(_split(data, at, stop, mark))
    for column, (low, high) in enumerate(spans):
        text = _GAPS.sub(" ", data[low:high].decode("latin-1").strip(" \"'\r\t:*#").lower()).strip()
        if len(text) > 60:
            return {}
        if _ANY.fullmatch(text):
            columns[column] = (next(kind for kind, matcher in _MATCHERS if matcher.fullmatch(text)), text)
    return columns


def _split(data: bytes, at: int, stop: int, mark: bytes) -> Iterator[tuple[int, int]]:
    """Yield the spans of a line's cells; quotation marks protect separators."""
    if data.find(b'"', at, stop) < 0:
        low = at
        while (cut := data.find(mark, low, stop)) >= 0:
            yield low, cut
            low = cut + 1
        yield low, stop
        return
    low, place, quoted = at, at, False
    while place < stop:
        char = data[place : place + 1]
        if char == b'"':
            quoted = not quoted
        elif char == mark and not quoted:
            yield low, place
            low = place + 1
        place += 1
    yield low, stop
