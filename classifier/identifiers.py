"""Find numbers and codes: windows first, then one linear-time pass of all shapes, then checks and context for each candidate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

import re2

from classifier import contacts
from classifier.patterns import CODES, NEAR, NUMBERS, REPORTED, SHAPES, Pattern
from classifier.window import Bytes, windows


class Hit(NamedTuple):
    """A finding before it has a group and original offsets; ``value`` tells equal ones apart and goes no further."""

    kind: str
    start: int
    end: int
    score: float
    because: str
    value: bytes


def linear(pattern: bytes) -> re2._Regexp:
    """Compile for folded text: one byte a character, case ignored, no captures, linear time."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.case_sensitive = False
    options.never_capture = True
    options.log_errors = False
    return re2.compile(pattern, options)


_SCAN = linear(SHAPES)
_GROUPS = re.compile(rb"[0-9]+")
_LAYOUTS = {row: re.compile(row.layout.encode()) for row in (*NUMBERS, *CODES)}
_CONTEXTS = {row: re.compile(rb"\b(?:" + row.context.encode() + rb")\b") for row in (*NUMBERS, *CODES)}
_POSTCODE = re.compile(rb"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}|GIR ?0AA")


@lru_cache(maxsize=64)
def _rows(size: int) -> tuple[Pattern, ...]:
    """Rows of ``NUMBERS`` whose layout can hold that many digits."""
    return tuple(row for row in NUMBERS if any(_LAYOUTS[row].fullmatch(form) for form in _forms(size)))


def _forms(size: int) -> Iterator[bytes]:
    """Digits in the groupings that layouts know."""
    digits = b"3" + b"0" * (size - 1)
    yield digits
    for cut in ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4)):
        if sum(cut) == size:
            ends = list(accumulate(cut))
            yield b"-".join(digits[end - part : end] for part, end in zip(cut, ends, strict=True))


def scan(data: bytes, kinds: Bytes) -> list[Hit]:
    """Find identifiers, telephone numbers, e-mail addresses, bank details and postal addresses in folded text."""
    hits: list[Hit] = []
    last = 0
    for start, end in windows(kinds):
        at = max(start, last)
        while at < end and (match := _SCAN.search(data, at, end)) is not None:
            found = list(_judge(data, match.start(), match.end(), hits))
            hits += found
            at = max((hit.end for hit in found), default=0)
            at = max(at, match.end() if found or _spent(data, match.start()) else match.start() + 2)
        last = at
    return hits


def _spent(data: bytes, start: int) -> bool:
    """Say whether a match that gave nothing can hide nothing else: digits have been tried group by group."""
    return data[start : start + 1].isdigit() or data[start : start + 1] in b"+("


def _judge(data: bytes, start: int, end: int, hits: list[Hit]) -> Iterator[Hit]:
    """Tell what a match is, most telling rows first."""
    text = data[start:end]
    if b"@" in text:
        yield from _hits(contacts.email(data, start, end))
    elif text[:1] in b"+(0123456789" and not re.search(rb"[A-Za-z/]", text):
        yield from _number(data, start, end, hits)
    else:
        upper = text.upper()
        if _POSTCODE.fullmatch(upper):
            yield from _hits(contacts.address(data, start, end))
        else:
            yield from _code(data, start, end, upper)


def _hits(found: contacts.Found | None) -> Iterator[Hit]:
    if found is not None:
        yield Hit(*found)


def _code(data: bytes, start: int, end: int, upper: bytes) -> Iterator[Hit]:
    """Try the rows of mixed codes on one match."""
    best: Hit | None = None
    for row in CODES:
        if _LAYOUTS[row].fullmatch(upper):
            hit = weigh(row, data, start, end, upper)
            if hit is not None and (best is None or hit.score > best.score):
                best = hit
    if best is not None:
        yield best


def fits(row: Pattern, upper: bytes) -> str | None:
    """Return a value without separators if its layout and check fit the row; it must be in capitals."""
    if not _LAYOUTS[row].fullmatch(upper):
        return None
    compact = upper.translate(None, b" -").decode("latin-1")
    return compact if row.check is None or row.check(compact) else None


def weigh(row: Pattern, data: bytes, start: int, end: int, upper: bytes) -> Hit | None:
    """Check one candidate against one row and look around for context; None below the reporting limit."""
    compact = fits(row, upper)
    if compact is None:
        return None
    word, where = around(_CONTEXTS[row], data, start, end)
    score = row.near if word else row.alone
    if score < REPORTED:
        return None
    return Hit(kind_of(row, compact), start, end, score, reason(row.kind, row.proof, word, where), compact.encode())


def kind_of(row: Pattern, compact: str) -> str:
    """Give the kind, marked as fixture where the value is reserved for tests and documentation."""
    return f"fixture:{row.kind}" if row.fixture is not None and row.fixture(compact) else row.kind


def around(context: re.Pattern[bytes], data: bytes, start: int, end: int) -> tuple[str, str]:
    """Return the context word nearest before (or shortly after) a value, and on which side it stands."""
    before = data[max(0, start - NEAR) : start].lower()
    found = [match.group() for match in context.finditer(before)]
    if found:
        return found[-1].decode("latin-1"), "before"
    after = context.search(data[end : end + NEAR // 2].lower())
    return (after.group().decode("latin-1"), "after") if after else ("", "")


def reason(pattern: str, proof: str, word: str, where: str) -> str:
    """Name pattern, check, context word and its place; never the value."""
    parts = [f"pattern {pattern}"]
    if proof:
        parts.append(proof)
    parts.append(f"'{word}' {where}" if word else "no context needed")
    return "; ".join(parts)


def _number(data: bytes, start: int, end: int, hits: list[Hit]) -> Iterator[Hit]:
    """Judge a run of digits: as a whole, then by every stretch of its groups."""
    if start and data[start - 1 : start].isalnum():
        return
    if data[end : end + 1].isalnum() and not data[end : end + 1].isspace():
        return
    spans = [(match.start() + start, match.end() + start) for match in _GROUPS.finditer(data[start:end])]
    place = 0
    while place < len(spans):
        for stop in range(min(len(spans), place + 8), place, -1):
            found = _stretch(data, spans[place][0], spans[stop - 1][1], hits)
            if found:
                yield from found
                place = stop
                break
        else:
            place += 1


def _stretch(data: bytes, start: int, end: int, hits: list[Hit]) -> list[Hit]:
    """Judge one stretch of digit groups as one number."""
    text = data[start:end]
    size = len(text.translate(None, b" ()-"))
    best: Hit | None = None
    for row in _rows(size):
        if _LAYOUTS[row].fullmatch(text):
            hit = weigh(row, data, start, end, text) or _chained(row, data, start, text, hits)
            if hit is not None and (best is None or hit.score > best.score):
                best = hit
    if best is not None:
        return [best]
    pair = contacts.bank(data, start, end)
    if pair:
        return [Hit(*found) for found in pair]
    return list(_hits(contacts.phone(data, start, end)))


def _chained(row: Pattern, data: bytes, start: int, text: bytes, hits: list[Hit]) -> Hit | None:
    """Let a number inherit the context of the accepted one just before it in a list."""
    if not hits or hits[-1].kind.rpartition(":")[2] != row.kind or start - hits[-1].end > NEAR // 2:
        return None
    if data[hits[-1].end : start].strip(b" \t\r\n,;-.*"):
        return None
    compact = text.translate(None, b" -").decode("latin-1")
    if row.check is None or not row.check(compact):
        return None
    score = round(hits[-1].score - 0.01, 2)
    return Hit(
        kind_of(row, compact),
        start,
        start + len(text),
        score,
        f"pattern {row.kind}; {row.proof}; in a list",
        compact.encode(),
    )
