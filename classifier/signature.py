"""A one-way MinHash of a text: tells near-copies from strangers, and gives nothing of the text back.

Broder, "On the resemblance and containment of documents" (1997): of all runs of five words, under 64 orders each,
the smallest hash is kept. The share of equal values between two signatures estimates the share of equal runs (its
standard error is .06 at most). The orders are drawn by BLAKE2b from a public salt, so that signatures made on
different machines compare. What is kept are 64 hashes of 32 bits; someone who already holds a run of five words can
test whether it is among the 64, and learns nothing else.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_Words = NDArray[np.uint64]
ORDERS = 64
RUN = 5  # words
_SALT = b"strongroom/minhash/1"
_BASE = 0x9E3779B97F4A7C15  # odd, hence invertible modulo 2**64
_MOST = 1_000_000  # characters signed; what follows them in a longer text does not count
_STRIDE = 1 << 16  # runs hashed at a time under all orders, to stay in the cache


def signature(text: str) -> bytes:
    """Sign ``text``: 64 little-endian 32-bit numbers, 256 bytes; empty below five words.

    Case, punctuation and white space do not count.
    """
    runs = _runs(text)
    if not len(runs):
        return b""
    factors, offsets = _orders()
    least = np.full(ORDERS, np.iinfo(np.uint64).max, np.uint64)
    for start in range(0, len(runs), _STRIDE // ORDERS):
        piece = runs[start : start + _STRIDE // ORDERS]
        np.minimum(least, (factors[:, None] * piece + offsets[:, None]).min(axis=1), out=least)
    return (least >> np.uint64(32)).astype("<u4").tobytes()


def likeness(one: bytes, other: bytes) -> float:
    """Estimate how much two signed texts share, 0 to 1; two texts too short to sign share nothing."""
    if len(one) != len(other) or not one:
        return 0.0
    equal = np.frombuffer(one, "<u4") == np.frombuffer(other, "<u4")
    return float(equal.mean())


def _runs(text: str) -> _Words:
    """Hash every run of five words: rolling sums over the letters, with no loop over words."""
    raw = np.frombuffer(text[:_MOST].lower().encode("utf-8", "replace"), np.uint8)
    letter = _LETTERS[raw]
    ends = letter & ~np.append(letter[1:], False)
    kept = (raw + (ends.astype(np.uint16) << 8))[letter].astype(np.uint64)  # the last letter of a word is marked
    last = np.cumsum(letter)[ends]  # how many letters have been kept when each word ends
    if len(last) < RUN:
        return np.zeros(0, np.uint64)
    sums = np.zeros(len(last) + 1, np.uint64)
    powers, inverses = _powers(len(kept) + 1)
    np.cumsum(kept * powers[: len(kept)], out=kept)
    sums[1:] = kept[last - 1]
    first = np.concatenate(([0], last[:-1]))
    spans = (sums[RUN:] - sums[:-RUN]) * inverses[first[: len(last) - RUN + 1]]
    lengths = last[RUN - 1 :] - first[: len(last) - RUN + 1]
    return _mix(spans + lengths.astype(np.uint64))


def _mix(values: _Words) -> _Words:
    """Spread every bit over all others (the finaliser of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: _Words = values ^ (values >> np.uint64(31))
    return mixed


@lru_cache(maxsize=1)
def _orders() -> tuple[_Words, _Words]:
    drawn = b"".join(hashlib.blake2b(bytes([i]), digest_size=16, salt=_SALT[:16]).digest() for i in range(ORDERS))
    numbers = np.frombuffer(drawn, "<u8").reshape(ORDERS, 2)
    return numbers[:, 0] | np.uint64(1), numbers[:, 1].copy()


_cached: list[tuple[_Words, _Words]] = []


def _powers(size: int) -> tuple[_Words, _Words]:
    """Give the powers of the base and of its inverse, modulo 2**64, at least ``size`` of each."""
    if not _cached or len(_cached[0][0]) < size:
        room = max(size, 1 << 16)
        inverse = np.uint64(pow(_BASE, -1, 1 << 64))
        made = (_geometric(np.uint64(_BASE), room), _geometric(inverse, room))
        _cached[:] = [made]
    return _cached[0]


def _geometric(base: np.uint64, size: int) -> _Words:
    row = np.full(size, base, np.uint64)
    row[0] = 1
    return np.cumprod(row, dtype=np.uint64)


_LETTERS = np.zeros(256, np.bool_)
_LETTERS[[*b"abcdefghijklmnopqrstuvwxyz0123456789", *range(128, 256)]] = True
