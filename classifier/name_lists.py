"""Words that make a name of a person, and words that do not: lists as data, read once into one table of bits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

GIVEN: Final = 1
SURNAME: Final = 2
COMMON: Final = 4
PLACE: Final = 8
ORGANISATION: Final = 16
TITLE: Final = 32
WORD: Final = 64
NATIONALITY: Final = 128

_DATA = Path(__file__).parent / "data"
_CLASSES = MappingProxyType(
    {"place": PLACE, "word": WORD, "organisation": ORGANISATION, "nationality": NATIONALITY, "title": TITLE}
)


def sections(name: str) -> dict[str, tuple[str, ...]]:
    """Read a word list: section (origin or class) to its words, in the order of the file.

    A heading is ``# origin: welsh`` or ``# class: place``; other lines that begin with ``#`` are remarks.
    """
    found: dict[str, list[str]] = {}
    words: list[str] = []
    for line in (_DATA / name).read_text(encoding="ascii").splitlines():
        if line.startswith(("# origin: ", "# class: ")):
            words = found.setdefault(line.partition(": ")[2], [])
        elif line and not line.startswith("#"):
            words.append(line)
    return {section: tuple(words) for section, words in found.items()}


def _listed() -> Iterator[tuple[str, int]]:
    for section, words in sections("not_names.txt").items():
        if section in _CLASSES:
            yield from ((word, _CLASSES[section]) for word in words)
    for name, bit in (("given_names.txt", GIVEN), ("surnames.txt", SURNAME), ("common_words.txt", COMMON)):
        for words in sections(name).values():
            for word in words:
                parts = [part for part in word.replace("'", "-").split("-") if len(part) > 1]
                yield from ((part, bit) for part in parts)


@cache
def table() -> Mapping[bytes, int]:
    """Return token to bits, for tokens as written with a capital and in capitals."""
    bits: dict[str, int] = {}
    for word, bit in _listed():
        bits[word.lower()] = bits.get(word.lower(), 0) | bit
    written: dict[bytes, int] = {}
    for word, bit in bits.items():
        written[word.capitalize().encode()] = bit
        written[word.upper().encode()] = bit
    for word, bit in _listed():
        written[word.encode()] = bits[word.lower()] if bit & (GIVEN | SURNAME) else written.get(word.encode(), bit)
    return MappingProxyType(written)


@cache
def lower_case() -> tuple[frozenset[bytes], frozenset[bytes]]:
    """Return given names and surnames in lower case that mean nothing else, for texts written without capitals."""
    plain = {word.lower(): bit for word, bit in table().items() if len(word) > 3}
    given = frozenset(word for word, bit in plain.items() if bit & GIVEN and not bit & ~(GIVEN | SURNAME))
    return given, frozenset(word for word, bit in plain.items() if bit & SURNAME and not bit & ~(GIVEN | SURNAME))


@cache
def sayings() -> frozenset[bytes]:
    """Return verbs of which a person is the subject."""
    return frozenset(word.encode() for word in sections("not_names.txt")["said"])


@cache
def spelling() -> tuple[dict[bytes, float], float]:
    """Return the weights of letter groups that tell a name from a word, and the bias.

    Learned from the lists here by ``classifier.train_names``; a positive sum speaks for a name.
    """
    model = json.loads((_DATA / "name_spelling.json").read_text(encoding="ascii"))
    return {group.encode(): weight for group, weight in model["weights"].items()}, model["bias"]


def groups(word: bytes) -> list[bytes]:
    """Cut a word into its groups of three and four letters, with its edges marked."""
    text = b"^" + word.lower() + b"$"
    size = len(text)
    return [text[at : at + 3] for at in range(size - 2)] + [text[at : at + 4] for at in range(size - 3)]


def resembles(word: bytes) -> float:
    """Say how much a word that is on no list is spelled like a name: log odds, positive for a name."""
    weights, bias = spelling()
    return bias + sum([weights.get(group, 0.0) for group in groups(word)])
