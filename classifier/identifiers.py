"""Find numbers and codes: places where they can stand first, then layouts, then checks and context for each candidate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from classifier import contacts
from classifier.linear import Linear, Span, linear
from classifier.patterns import CODES, NEAR, NUMBERS, REPORTED, ROWS, SHAPES, Pattern

_LEAST = 6
_OTHER = 0xFF
_ZERO = 0x30
_SLASH = 0x2F
_HYPHEN = 0x2D
_DATE = 10


class Hit(NamedTuple):
    """A finding before it has a group and original offsets; ``value`` tells equal ones apart and goes no further."""

    kind: str
    start: int
    end: int
    score: float
    because: str
    value: bytes


_SCAN = linear(SHAPES)
_RUNS = linear(rb"[0-9](?:[ ()-]{0,3}[0-9]){5,}")
_INWARD = linear(rb"[0-9][A-Z]? ?[0-9][A-Z]{2}(?:[^0-9A-Z\xff]|$)")
_DOTS = linear(rb"[0-9]{3}\.[0-9]{3,4}\.[0-9]{3}")
_GROUPS = re.compile(rb"[0-9]+")
_LAYOUTS = [re.compile(row.layout.encode()) for row in ROWS]
_CONTEXTS = [re.compile(rb"\b(?:" + row.context.encode() + rb")\b") for row in ROWS]
_ZONE = re.compile(rb"(?<![A-Z0-9<])[A-Z0-9<]{44}(?![A-Z0-9<])")
_MRZ = next(row for row in CODES if row.proof.startswith("machine-readable"))
_DOTTED = re.compile(rb"(?<![0-9.])(?:0[0-9]{2,4}|[2-9][0-9]{2})(?:\.[0-9]{3,4}){2}(?![0-9.]?[0-9])")
_WIDEST = 19
"""Digits of the longest number looked for: a payment card's."""
_GROUPS_MOST = 8
"""Groups of digits that one number may be written in."""


class _Rows(NamedTuple):
    """Rows of ``NUMBERS`` for so many digits: all layouts in one, the rows, and their context words loosely (None: some need none)."""

    layouts: re.Pattern[bytes]
    rows: tuple[Pattern, ...]
    words: Linear | None


@lru_cache(maxsize=64)
def _rows(size: int) -> _Rows:
    rows = tuple(row for row in NUMBERS if any(_LAYOUTS[row.place].fullmatch(form) for form in _forms(size)))
    words = "|".join(row.context for row in rows).encode()
    needless = any(row.alone >= REPORTED for row in rows)
    layouts = re.compile(("|".join(row.layout for row in rows) or "(?!)").encode())
    return _Rows(layouts, rows, None if needless or not rows else linear(words))


def _forms(size: int) -> Iterator[bytes]:
    """Digits in the groupings that layouts know."""
    digits = b"3" + b"0" * (size - 1)
    yield digits
    for cut in ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4)):
        if sum(cut) == size:
            ends = list(accumulate(cut))
            yield b"-".join(digits[end - part : end] for part, end in zip(cut, ends, strict=True))


def scan(data: bytes, own: Sequence[bytes] = ()) -> list[Hit]:
    """Find identifiers, telephone numbers, e-mail and postal addresses and bank details; ``own`` are domains of work e-mail."""
    hits = _numbers(data, _RUNS.spans(data))
    hits += _codes(data)
    for _, end in _INWARD.spans(data):
        stop = end if data[end - 1 : end].isalpha() else end - 1
        hits += _hits(contacts.address(data, stop - 3))
    at = -1
    while (span := _DOTS.span(data, at + 1)) is not None:
        at = span[0] + 3
        found = _DOTTED.search(data, max(0, at - 5), at + 10)
        hits += _hits(contacts.phone(data, *found.span())) if found else ()
    at = -1
    while (at := data.find(b"@", at + 1)) >= 0:
        hits += _hits(contacts.email(data, at, own))
    return hits


def _hits(found: contacts.Found | None) -> Iterator[Hit]:
    if found is not None:
        yield Hit(*found)


def _codes(data: bytes) -> list[Hit]:
    """Find codes of letters and digits: one linear-time pass of all shapes, then the rows."""
    hits: list[Hit] = []
    at = 0
    while (span := _SCAN.span(data, at)) is not None:
        start, end = span
        hit = _code(data, start, end)
        at = start + 1
        if hit is not None:
            hits.append(hit)
            at = hit.end
    if b"<<" in data:
        for zone in _ZONE.finditer(data):
            hit = weigh(_MRZ, data, *zone.span(), zone.group())
            hits += [hit] if hit is not None else []
    return hits


def _code(data: bytes, start: int, end: int) -> Hit | None:
    """Try the rows of mixed codes on one match and keep the surest."""
    upper = data[start:end].upper()
    best: Hit | None = None
    for row in CODES:
        if _LAYOUTS[row.place].fullmatch(upper):
            hit = weigh(row, data, start, end, upper)
            if hit is not None and (best is None or hit.score > best.score):
                best = hit
    return best


def fits(row: Pattern, upper: bytes) -> str | None:
    """Return a value without separators if its layout and check fit the row; it must be in capitals."""
    if not _LAYOUTS[row.place].fullmatch(upper):
        return None
    compact = upper.translate(None, b" .-").decode("latin-1")
    return compact if row.check is None or row.check(compact) else None


def weigh(row: Pattern, data: bytes, start: int, end: int, upper: bytes) -> Hit | None:
    """Check one candidate against one row and look around for context; None below the reporting limit."""
    compact = fits(row, upper)
    if compact is None:
        return None
    word, where, _ = around(_CONTEXTS[row.place], data, start, end)
    if not word and data[start:end] != upper:  # nobody writes a code in small letters and calls it nothing
        return None
    return _scored(row, start, end, compact, (word, where))


def _scored(row: Pattern, start: int, end: int, compact: str, context: tuple[str, str]) -> Hit | None:
    score = row.near if context[0] else row.alone
    if score < REPORTED:
        return None
    return Hit(kind_of(row, compact), start, end, score, reason(row.kind, row.proof, *context), compact.encode())


def kind_of(row: Pattern, compact: str) -> str:
    """Give the kind, marked as fixture where the value is reserved for tests and documentation."""
    return f"fixture:{row.kind}" if row.fixture is not None and row.fixture(compact) else row.kind


def around(context: re.Pattern[bytes], data: bytes, start: int, end: int) -> tuple[str, str, int]:
    """Return the context word nearest before (or shortly after) a value, its side, and how far away it ends or begins."""
    before = data[max(0, start - NEAR) : start].lower()
    last = None
    for last in context.finditer(before):  # noqa: B007 - the last one is wanted
        pass
    if last is not None:
        return last.group().decode("latin-1"), "before", len(before) - last.end()
    after = context.search(data[end : end + NEAR // 2].lower())
    return (after.group().decode("latin-1"), "after", NEAR + after.start()) if after else ("", "", 2 * NEAR)


def reason(pattern: str, proof: str, word: str, where: str) -> str:
    """Name pattern, check, context word and its place; never the value."""
    parts = [f"pattern {pattern}"]
    if proof:
        parts.append(proof)
    parts.append(f"'{word}' {where}" if word else "no context needed")
    return "; ".join(parts)


def _numbers(data: bytes, found: Iterable[Span]) -> list[Hit]:
    """Judge runs of digits: as a whole, then by every stretch of their groups."""
    hits: list[Hit] = []
    for start, end in found:
        text = data[start:end]
        if end - start == _DATE and text[4] == _HYPHEN == text[7] and (text[:4] + text[5:7] + text[8:]).isdigit():
            continue  # a date as ISO 8601 writes it: no layout has these groups, and tables are full of them
        groups = [(start, end)]
        if not text.isdigit():
            groups = [match.span() for match in _GROUPS.finditer(data, start, end)]
        if _goes_on(data, start - 1, start - 2):
            groups = groups[1:]
        if _goes_on(data, end, end + 1):
            groups = groups[:-1]
        if groups:
            _run(data, groups, hits)
    return hits


def _goes_on(data: bytes, beside: int, beyond: int) -> bool:
    """Say whether the group of digits at a run's edge is only a piece of a word, a date or a decimal fraction."""
    if not 0 <= beside < len(data) or data[beside] in b" \n,\t":
        return False
    if data[beside : beside + 1].isalnum() or data[beside] == _OTHER:
        return True
    if data[beside] == _SLASH and (data[beside + 1 : beside + 7].isdigit() or data[beside - 6 : beside].isdigit()):
        return False  # six digits in a row are no part of a date: a sort code and its account
    return data[beside] in b"./:" and 0 <= beyond < len(data) and data[beyond : beyond + 1].isdigit()


def _run(data: bytes, groups: Sequence[tuple[int, int]], hits: list[Hit]) -> None:
    """Judge every stretch of neighbouring groups that has the digits of some number, the longest first."""
    place = 0
    while place < len(groups):
        start, size, ends = groups[place][0], 0, []
        for low, end in groups[place : place + _GROUPS_MOST]:
            size += end - low
            if size > _WIDEST:
                break
            ends.append((size, end))
        step = len(ends)
        for size, end in reversed(ends):
            found = _stretch(data, start, end, size, hits) if size >= _LEAST and size != 7 else []
            if found:
                hits += found
                break
            step -= 1
        place += max(step, 1)


def _stretch(data: bytes, start: int, end: int, size: int, hits: Sequence[Hit]) -> list[Hit]:
    """Judge one stretch of digit groups as one number."""
    text = data[start:end]
    layouts, rows, words = _rows(size)
    best: tuple[int, Hit] | None = None
    fitting = layouts.fullmatch(text) and (words is None or _word_near(words, data, start, end, hits))
    for row in rows if fitting else ():
        compact = fits(row, text)
        if compact is None:
            continue
        word, where, apart = around(_CONTEXTS[row.place], data, start, end)
        hit = _scored(row, start, end, compact, (word, where)) or _chained(row, data, start, end, compact, hits)
        if hit is not None and (best is None or (apart, -hit.score) < (best[0], -best[1].score)):
            best = (apart, hit)
    if best is not None:
        return [best[1]]
    if size in {6, 8} and (end - start == size or text[2] in b" -"):
        pair = contacts.bank(data, start, end)
        if pair:
            return [Hit(*found) for found in pair]
    dialled = size > 8 and (text[0] == _ZERO or data[start - 1 : start] in {b"+", b"("})
    return list(_hits(contacts.phone(data, start, end))) if dialled else []


def _word_near(words: Linear, data: bytes, start: int, end: int, hits: Sequence[Hit]) -> bool:
    """Say whether ``around`` or ``_chained`` could find anything; it costs a tenth of asking each row."""
    if hits and start - hits[-1].end <= NEAR // 2:
        return True
    before = words.span(data, max(0, start - NEAR), start)
    return before is not None or words.span(data, end, min(len(data), end + NEAR // 2)) is not None


def _chained(row: Pattern, data: bytes, start: int, end: int, compact: str, hits: Sequence[Hit]) -> Hit | None:
    """Let a number inherit the context of the accepted one just before it in a list."""
    if row.check is None or not hits or hits[-1].kind.rpartition(":")[2] != row.kind:
        return None
    if start - hits[-1].end > NEAR // 2 or data[hits[-1].end : start].strip(b" \t\r\n,;-.*&") not in {
        b"",
        b"and",
        b"or",
    }:
        return None
    score = round(hits[-1].score - 0.01, 2)
    because = f"pattern {row.kind}; {row.proof}; in a list"
    return Hit(kind_of(row, compact), start, end, score, because, compact.encode()) if score >= REPORTED else None
