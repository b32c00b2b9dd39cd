"""Clean a text for the detectors and keep the way back: NFKC, zero-width, dashes, quotes, accents, look-alike letters."""

from __future__ import annotations

import codecs
import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

CHUNK = 4096
"""Characters folded at a time; only a chunk with a rare character takes the slow road."""

_SINGLE = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "ʼ": "'", "´": "'", "`": "'",
    "“": '"', "”": '"', "„": '"', "″": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
    "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2009": " ", "\u202f": " ", "\u3000": " ",
    "\u2028": "\n", "\u2029": "\n", "…": ".", "Æ": "A", "æ": "a", "Ø": "O", "ø": "o", "ß": "s", "Ł": "L", "ł": "l",
    "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "Þ": "T", "þ": "t", "ı": "i", "Œ": "O", "œ": "o",
}  # fmt: skip
_KEPT = "£€§©®°·•™¢¥¿¡±×÷"
"""Signs that keep a byte of their own above 127, so that ``£`` is not taken for a letter or a dash."""

_LOOKALIKE = dict(
    zip(
        "АВЕКМНОРСТУХІЈЅаеорсухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
        "ABEKMHOPCTYXIJSaeopcyxijsABEZHIKMNOPTYXo",
        strict=True,
    )
)
"""Cyrillic and Greek letters drawn like Latin ones."""

_OTHER = "\xff"
"""Stands for a letter of another script: no detector looks for it, but it is not a boundary either."""


def _plain(char: str) -> str:  # noqa: PLR0911 - one return for each kind of character reads best
    """Return what one character folds to: nothing, one character, or several."""
    if char in _SINGLE:
        return _SINGLE[char]
    if char in _LOOKALIKE:
        return _LOOKALIKE[char]
    if char in _KEPT:
        return chr(0x80 + _KEPT.index(char))
    category = unicodedata.category(char)
    if category in {"Cf", "Mn", "Me", "Cs"}:
        return ""
    wide = unicodedata.normalize("NFKD", char)
    if wide != char:
        return "".join(_plain(part) for part in wide)
    if char.isascii():
        return char
    return _OTHER if category.startswith("L") else "\x9f"


class _Folds(dict[int, str]):
    """Code point to folded text, worked out on first meeting."""

    def __missing__(self, point: int) -> str:
        folded = _plain(chr(point))
        self[point] = folded
        return folded


_FOLDS = _Folds()


def _common() -> tuple[str, bytes]:
    """Make a one-byte code for the 128 commonest odd characters that fold one to one, and its way down to ASCII."""
    letters = [chr(point) for point in [*range(0xC0, 0x180)] if chr(point).isalpha()]
    singles = [*_SINGLE, *_KEPT, *letters]
    chosen = list(dict.fromkeys(char for char in singles if len(_plain(char)) == 1))[:128]
    chosen += ["\ufffe"] * (128 - len(chosen))
    down = bytes(range(128)) + bytes(ord(_plain(char)) if char != "\ufffe" else 0x9F for char in chosen)
    return "".join(map(chr, range(128))) + "".join(chosen), down


_DECODED, _DOWN = _common()
_ENCODED = codecs.charmap_build(_DECODED)


@dataclass(frozen=True, slots=True)
class Folded:
    """A cleaned text, one byte a character, and the way back to the offsets of the original.

    ``breaks`` and ``shifts`` say from which folded offset on how much must be added.
    """

    data: bytes
    breaks: tuple[int, ...] = ()
    shifts: tuple[int, ...] = ()

    def origin(self, offset: int) -> int:
        """Return where in the original text the folded ``offset`` (characters) came from."""
        if not self.breaks:
            return offset
        place = bisect_right(self.breaks, offset) - 1
        return offset + (self.shifts[place] if place >= 0 else 0)

    def place(self, offset: int) -> int:
        """Return where in the folded text the original ``offset`` went: the inverse of ``origin``."""
        if not self.breaks:
            return offset
        low, high = 0, len(self.breaks)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.breaks[middle] + self.shifts[middle] <= offset else (low, middle)
        return offset - self.shifts[low - 1] if low else offset


def fold(text: str) -> Folded:
    """Clean ``text`` for matching; never fails, whatever the characters.

    Compatibility forms are taken apart (NFKD, so that accents fall away as well), zero-width and bidirectional controls
    are dropped, dashes, quotation marks and spaces unified, Cyrillic and Greek look-alikes read as Latin.
    """
    if text.isascii():
        return Folded(text.encode("ascii"))
    pieces: list[bytes] = []
    breaks: list[int] = []
    shifts: list[int] = []
    length = 0
    for start in range(0, len(text), CHUNK):
        chunk = text[start : start + CHUNK]
        piece = _one_to_one(chunk)
        if piece is None:
            piece = _with_edits(chunk, start, length, breaks, shifts)
        pieces.append(piece)
        length += len(piece)
    return Folded(b"".join(pieces), tuple(breaks), tuple(shifts))


def _one_to_one(chunk: str) -> bytes | None:
    """Fold a chunk whose every character has a byte of its own, or say that one has not."""
    try:
        return codecs.charmap_encode(chunk, "strict", _ENCODED)[0].translate(_DOWN)
    except UnicodeEncodeError:
        pass
    folded = chunk.translate(_FOLDS)
    same = len(folded) == len(chunk) and all(len(_FOLDS[ord(char)]) == 1 for char in set(chunk))
    return folded.encode("latin-1") if same else None


def _with_edits(chunk: str, start: int, length: int, breaks: list[int], shifts: list[int]) -> bytes:
    """Fold a chunk in which characters vanish or multiply, noting each change of the distance to the original."""
    uneven = re.compile("[" + re.escape("".join(char for char in set(chunk) if len(_FOLDS[ord(char)]) != 1)) + "]")
    change = length - start
    for match in uneven.finditer(chunk):
        place = start + match.start()
        at = place + change
        folded = len(_FOLDS[ord(match.group())])
        for extra in range(1, folded):
            breaks.append(at + extra)
            shifts.append(place - at - extra)
        breaks.append(at + folded)
        shifts.append(place + 1 - at - folded)
        change += folded - 1
    return chunk.translate(_FOLDS).encode("latin-1")
