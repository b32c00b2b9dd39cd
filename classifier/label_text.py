"""Text → token numbers, all in numpy: words, punctuation and line breaks, alone and in pairs, as 64-bit hashes.

Layout carries meaning in office writing (a form, a list of names, a cut-off quotation), so punctuation and line breaks
are tokens too. Digits are all read as 0. A token's hash takes its first 24 bytes and its length; nothing is stored that
could be turned back into a word.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_WORD, _MARK, _LINE = 1, 2, 3
_UPPER = string.ascii_uppercase.encode()
_FOLD = bytes.maketrans(_UPPER + string.digits.encode(), string.ascii_lowercase.encode() + b"0" * 10)
_LETTERS = frozenset((string.ascii_letters + string.digits).encode()) | frozenset(range(128, 256))
_CLASS = bytes(_WORD if b in _LETTERS else _MARK if 32 < b < 127 else _LINE if b == 10 else 0 for b in range(256))
_TYPOGRAPHY = (("\u2019", "'"), ("\u2018", "'"), ("\u201c", '"'), ("\u201d", '"'), ("\u00a0", " "), ("\u2022", "*"))
_SLACK = 32
_STEP = 8_192
"""Hashes looked up at once, so that what lies between stays in the processor's cache."""
_PIECE = 24_000
"""Bytes handled at once."""
_K1, _K2, _K3, _K4 = (
    np.uint64(k) for k in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)
)
_MASKS = np.array([(1 << (8 * n)) - 1 for n in range(8)] + [(1 << 64) - 1], dtype=np.uint64)
_LINES = np.array([0, 0xA5A5_0001_1234_5678, 0xA5A5_0002_8765_4321, 0xA5A5_0003_1357_9BDF], dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one text: their hashes, the hashes of neighbouring pairs, and which began with a capital.

    ``single`` has n entries, ``pair`` max(n - 1, 0), ``capital`` n booleans.
    """

    single: Hashes
    pair: Hashes
    capital: NDArray[np.bool_]


def _mix(values: Hashes) -> Hashes:
    values = values * _K1
    values = values ^ (values >> np.uint64(29))
    values = values * _K2
    return values ^ (values >> np.uint64(32))


def _classes(raw: bytes) -> NDArray[np.uint8]:
    classes = np.frombuffer(raw.translate(_CLASS), dtype=np.uint8).copy()
    quotes = np.flatnonzero(np.frombuffer(raw, dtype=np.uint8) == ord("'"))
    inner = quotes[(quotes > 0) & (quotes < len(raw) - 1)]
    inner = inner[(classes[inner - 1] == _WORD) & (classes[inner + 1] == _WORD)]
    classes[inner] = _WORD
    return classes


def _bounds(classes: NDArray[np.uint8]) -> tuple[Ints, Ints]:
    """Starts and ends of tokens: runs of word characters, and every mark and line break by itself."""
    opens, shuts = classes > 0, classes > 0
    inner = (classes[1:] == classes[:-1]) & (classes[1:] < _MARK)
    opens[1:] &= ~inner
    shuts[:-1] &= ~inner
    return np.flatnonzero(opens), np.flatnonzero(shuts) + 1


def _hashes(folded: bytes, starts: Ints, ends: Ints) -> Hashes:
    padded = folded + bytes(_SLACK)
    eights = np.ndarray(shape=(len(folded) + _SLACK - 7,), dtype="<u8", buffer=padded, strides=(1,))
    length = ends - starts
    out = _mix((eights[starts] & _MASKS[np.minimum(length, 8)]) + length.astype(np.uint64))
    for extra in (8, 16):
        long = np.flatnonzero(length > extra)
        if len(long):
            more = eights[starts[long] + extra] & _MASKS[np.minimum(length[long] - extra, 8)]
            out[long] = _mix(out[long] ^ (more * _K3))
    return out


def _plain(text: str) -> str:
    """Typographic quotation marks and the hard space as on a typewriter; each pass is quick where there is none."""
    if text.isascii():
        return text
    for odd, plain in _TYPOGRAPHY:
        text = text.replace(odd, plain)
    return text


def tokens(text: str) -> Tokens:
    """Cut a text into tokens and hash them; linear in the text, about a hundred times faster than a loop."""
    raw = _plain(text).encode("utf-8", "replace")
    pieces = [_piece(raw[a:b]) for a, b in _cuts(raw)]
    if not pieces:
        none = np.zeros(0, dtype=np.uint64)
        return Tokens(none, none, np.zeros(0, dtype=bool))
    single, capital, line = (np.concatenate(each) for each in zip(*pieces, strict=True))
    single, capital = _merge_lines(single, capital, line)
    return Tokens(single, pairs(single), capital)


def _cuts(raw: bytes) -> Iterator[tuple[int, int]]:
    """Pieces that fit a processor's cache, cut at a space so that no word is broken; a word may be longer."""
    start = 0
    while start < len(raw):
        end = start + _PIECE
        if end < len(raw):
            space = raw.rfind(b" ", start, end)
            end = space if space > start else end
        yield start, min(end, len(raw))
        start = end


def _piece(raw: bytes) -> tuple[Hashes, NDArray[np.bool_], NDArray[np.bool_]]:
    """The hashes of one piece, which tokens begin with a capital, and which are line breaks."""
    classes = _classes(raw)
    starts, ends = _bounds(classes)
    first = np.frombuffer(raw, dtype=np.uint8)[starts]
    capital = (first >= ord("A")) & (first <= ord("Z"))
    return _hashes(raw.translate(_FOLD), starts, ends), capital, classes[starts] == _LINE


def _merge_lines(
    single: Hashes, capital: NDArray[np.bool_], line: NDArray[np.bool_]
) -> tuple[Hashes, NDArray[np.bool_]]:
    """Runs of line breaks become one token that says 1, 2 or 3-or-more."""
    opens = line.copy()
    opens[1:] &= ~line[:-1]
    at = np.flatnonzero(opens)
    if not len(at):
        return single, capital
    total = np.concatenate(([0], np.cumsum(line)))
    shut = line.copy()
    shut[:-1] &= ~line[1:]
    runs = total[np.flatnonzero(shut) + 1] - total[at]
    single[at] = _LINES[np.minimum(runs, 3)]
    kept = opens | ~line
    return single[kept], capital[kept]


def pairs(single: Hashes) -> Hashes:
    """The hashes of neighbouring tokens, order respected."""
    return _mix(single[:-1] * _K4 + single[1:])


def hash_term(term: str) -> int:
    """The hash that a word, or two words with a space between, has in a text."""
    found = tokens(term)
    return int(found.pair[0] if len(found.single) > 1 else found.single[0])


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The hashes that a model knows, and where its table keeps each: one look-up a token, no search.

    ``known`` holds the hashes by column (uint64, n); ``bits`` is the size of the table of first bits. Made by
    :func:`vocabulary`, which leaves out a hash whose place in the table is taken.
    """

    known: Hashes
    bits: int
    table: NDArray[np.int32]

    def columns(self, hashes: Hashes) -> Ints:
        """The column of each hash, in order; -1 where it is unknown."""
        if not len(self.known):
            return np.full(len(hashes), -1, dtype=np.int64)
        found = np.empty(len(hashes), dtype=np.int64)
        for start in range(0, len(hashes), _STEP):
            piece = hashes[start : start + _STEP]
            at = self.table[(piece >> np.uint64(64 - self.bits)).view(np.int64)]
            found[start : start + _STEP] = np.where(self.known[at] == piece, at, -1)
        return found


def vocabulary(hashes: Hashes, bits: int = 20) -> Vocabulary:
    """Lay hashes out in a table; of two that claim one place the first in order stays."""
    place = (hashes >> np.uint64(64 - bits)).astype(np.int64)
    _, first = np.unique(place, return_index=True)
    kept = np.sort(first)
    known = hashes[kept]
    table = np.zeros(1 << bits, dtype=np.int32)
    table[place[kept]] = np.arange(len(known), dtype=np.int32)
    return Vocabulary(known, bits, table)


def frequent(documents: Sequence[Hashes], least: int) -> tuple[Hashes, Ints]:
    """Hashes that occur in at least ``least`` documents, with the number of documents, most frequent first."""
    if not documents:
        return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64)
    every = np.concatenate([np.unique(d) for d in documents])
    found, count = np.unique(every, return_counts=True)
    kept = count >= least
    order = np.argsort(-count[kept], kind="stable")
    return found[kept][order], count[kept][order]
