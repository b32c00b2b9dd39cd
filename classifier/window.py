"""Where in a long text identifiers can stand at all: byte classes and places, by numpy, before any pattern is tried."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

DIGIT: Final = 1
UPPER: Final = 2
LOWER: Final = 4
AT: Final = 8
SPACE: Final = 16
LETTER: Final = UPPER | LOWER

_CLASSES: Final = bytes(
    DIGIT if chr(code).isdigit()
    else UPPER if chr(code).isupper()
    else LOWER if chr(code).islower()
    else AT if code == 64
    else SPACE if code in b" \t\r\n\x0b\x0c"
    else 0
    for code in range(128)
) + b"\0" * 127 + bytes([LOWER])  # fmt: skip

MARGIN: Final = 40
"""Characters looked at on each side of a place that may belong to a code."""

_LEAST: Final = 6
"""Digits of the shortest number that is looked for."""

Bytes = NDArray[np.uint8]
Places = NDArray[np.intp]


class Run(NamedTuple):
    """A stretch of digits, joined by at most three spaces, brackets or hyphens; ``size`` counts its digits."""

    start: int
    end: int
    size: int


def _lookup(members: bytes) -> Bytes:
    table = np.zeros(256, dtype=np.uint8)
    table[list(members)] = 1
    return table


_DOT: Final = 0x2E
_JOINS: Final = _lookup(b" ()-")
_LINKS: Final = _lookup(b" -/.")


def classes(data: bytes) -> Bytes:
    """Return one class per byte of folded text."""
    return np.frombuffer(data.translate(_CLASSES), dtype=np.uint8)


def runs(data: bytes, digits: Places) -> list[Run]:
    """Return the runs of six digits or more; ``digits`` are the ascending places of all digits."""
    if digits.size < _LEAST:
        return []
    gaps = np.diff(digits)
    raw = np.frombuffer(data, dtype=np.uint8)
    split = gaps > 1
    near = np.flatnonzero(split & (gaps <= 4))
    at, gap = digits[near], gaps[near]
    joined = _JOINS[raw[at + 1]] != 0
    joined &= (gap < 3) | (_JOINS[raw[at + 2]] != 0)  # the last digit stands behind, so that no place runs over the end
    joined &= (gap < 4) | (_JOINS[raw[np.minimum(at + 3, raw.size - 1)]] != 0)
    split[near[joined]] = False
    cuts = np.flatnonzero(split)
    first = np.concatenate([[0], cuts + 1])
    last = np.concatenate([cuts, [digits.size - 1]])
    sizes = last - first + 1
    long = sizes >= _LEAST
    spans = (digits[first[long]].tolist(), (digits[last[long]] + 1).tolist(), sizes[long].tolist())
    return [Run(*span) for span in zip(*spans, strict=True)]


def windows(data: bytes, kinds: Bytes, digits: Places) -> list[tuple[int, int]]:
    """Return the stretches (start, end) in which a code of six digits and some letters may stand, in order, apart."""
    if digits.size < _LEAST:
        return []
    dense = np.flatnonzero(digits[_LEAST - 1 :] - digits[: 1 - _LEAST] <= 16)
    edge = np.zeros(digits.size, dtype=np.bool_)
    edge[dense] = edge[dense + _LEAST - 1] = True
    hot = digits[edge]
    hot = hot[hot >= 2]
    raw = np.frombuffer(data, dtype=np.uint8)
    after, last = np.minimum(hot + 1, kinds.size - 1), np.minimum(hot + 2, kinds.size - 1)
    letter = (kinds[hot - 1] | kinds[after]) & LETTER
    letter |= kinds[hot - 2] & LETTER * _LINKS[raw[hot - 1]]
    letter |= kinds[last] & LETTER * _LINKS[raw[after]]
    hot = hot[letter != 0]
    if not hot.size:
        return []
    gaps = np.flatnonzero(np.diff(hot) > 2 * MARGIN)
    starts = np.maximum(hot[np.concatenate([[0], gaps + 1])] - MARGIN, 0)
    ends = np.minimum(hot[np.concatenate([gaps, [hot.size - 1]])] + MARGIN, kinds.size)
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def inward_codes(kinds: Bytes, digits: Places) -> list[int]:
    """Return where second halves of postcodes stand: a digit, two letters and an end, after a first half."""
    at = digits[np.searchsorted(digits, 2) : np.searchsorted(digits, kinds.size - 2)]
    at = at[kinds[at + 1] & LETTER != 0]
    at = at[kinds[at + 2] & LETTER != 0]
    after = np.minimum(at + 3, kinds.size - 1)
    at = at[(at + 3 >= kinds.size) | (kinds[after] & (LETTER | DIGIT) == 0)]
    before = np.where(kinds[at - 1] == SPACE, at - 2, at - 1)
    first = (kinds[before] == DIGIT) | ((kinds[before] & LETTER != 0) & (kinds[np.maximum(before - 1, 0)] == DIGIT))
    places: list[int] = at[first].tolist()
    return places


def dotted(data: bytes, kinds: Bytes, digits: Places) -> list[int]:
    """Return the places of dots that may part the groups of a telephone number: three digits on either side."""
    raw = np.frombuffer(data, dtype=np.uint8)
    at = digits[np.searchsorted(digits, 2) : np.searchsorted(digits, raw.size - 4)]
    at = at[raw[at + 1] == _DOT]
    for offset in (-2, -1, 2, 3, 4):
        at = at[kinds[at + offset] == DIGIT]
    places: list[int] = (at + 1).tolist()
    return places
