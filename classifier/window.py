"""Where in a long text identifiers can stand at all: byte classes and windows, by numpy, before any pattern is tried."""

from __future__ import annotations

from typing import Final

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

MARGIN: Final = 48
"""Characters looked at on each side of a place that may belong to an identifier."""

Bytes = NDArray[np.uint8]


def classes(data: bytes) -> Bytes:
    """Return one class per byte of folded text."""
    return np.frombuffer(data.translate(_CLASSES), dtype=np.uint8)


def windows(kinds: Bytes) -> list[tuple[int, int]]:
    """Return the stretches (start, end) in which a number of six digits, a postcode or an e-mail address may stand."""
    hot = np.concatenate([_dense_digits(kinds), _inward_codes(kinds), np.flatnonzero(kinds == AT)])
    if not hot.size:
        return []
    hot.sort()
    gaps = np.flatnonzero(np.diff(hot) > 2 * MARGIN)
    starts = hot[np.concatenate([[0], gaps + 1])] - MARGIN
    ends = hot[np.concatenate([gaps, [hot.size - 1]])] + MARGIN
    return list(zip(np.maximum(starts, 0).tolist(), np.minimum(ends, kinds.size).tolist(), strict=True))


def _dense_digits(kinds: Bytes) -> NDArray[np.intp]:
    """Find digits of which six stand within seventeen characters."""
    digits = np.flatnonzero(kinds == DIGIT)
    if digits.size < 6:
        return digits[:0]
    dense = np.flatnonzero(digits[5:] - digits[:-5] <= 16)
    return np.concatenate([digits[dense], digits[dense + 5]])


def _inward_codes(kinds: Bytes) -> NDArray[np.intp]:
    """Find the second half of a postcode: a digit, two letters and an end, after an outward half."""
    if kinds.size < 6:
        return np.zeros(0, dtype=np.intp)
    letter = (kinds & LETTER) != 0
    digit = kinds == DIGIT
    inward = np.flatnonzero(digit[:-2] & letter[1:-1] & letter[2:])
    after = np.minimum(inward + 3, kinds.size - 1)
    last = (inward + 3 >= kinds.size) | ((kinds[after] & (LETTER | DIGIT)) == 0)
    inward = inward[last & (inward >= 3)]
    before = np.where(kinds[inward - 1] == SPACE, inward - 2, inward - 1)
    outward = digit[before] | (letter[before] & digit[before - 1])
    return inward[outward]
