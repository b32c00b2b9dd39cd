"""Reference numbers that only this council uses: patterns from its own configuration, checked before they are used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from classifier.identifiers import Hit, around
from classifier.linear import Linear, Refused, linear

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
_LONGEST = 500
_ORDINARY = (
    b"the council will meet on 12 march 2019 at 10.30 and consider report 4 of 7 by the head of service for "
    b"2018/19 at cost of 45,000"
)
"""A sentence such as every council writes: a pattern that takes most of it would flag everything."""


class LocalPattern(NamedTuple):
    """A council's own pattern: its name, an RE2 expression, and words of which one must stand near (none: anywhere)."""

    name: str
    expression: str
    context: tuple[str, ...] = ()


def local_pattern(name: str, expression: str, context: Sequence[str] | str = ()) -> LocalPattern:
    """Check one pattern; ``context`` is a sequence of words, or one text with commas.

    Raises ValueError naming the pattern and its fault: RE2 refuses it (look-around and back references are not linear), it
    matches the empty text, or it matches ordinary sentences.
    """
    words = tuple(
        word.strip() for word in (context.split(",") if isinstance(context, str) else context) if word.strip()
    )
    if not _NAME.fullmatch(name.lower().replace(" ", "-")):
        raise ValueError(f"local pattern {name!r}: a name is letters, digits, spaces and hyphens")
    if len(expression) > _LONGEST:
        raise ValueError(f"local pattern {name}: longer than {_LONGEST} characters")
    try:
        compiled = _compiled(expression)
    except Refused as error:
        raise ValueError(f"local pattern {name}: {expression!r} is no RE2 expression") from error
    if compiled.span(b"") is not None:
        raise ValueError(f"local pattern {name}: {expression!r} matches the empty text")
    if sum(end - start for start, end in compiled.spans(_ORDINARY)) * 3 > len(_ORDINARY):
        raise ValueError(f"local pattern {name}: {expression!r} matches ordinary sentences")
    return LocalPattern(name, expression, words)


@lru_cache(maxsize=256)
def _compiled(expression: str) -> Linear:
    return linear(expression.encode("latin-1", "replace"))


@lru_cache(maxsize=256)
def _near(words: tuple[str, ...]) -> re.Pattern[bytes]:
    wording = "|".join(re.escape(word.lower()) for word in words)
    return re.compile(rf"\b(?:{wording})\b".encode("latin-1", "replace"))


def scan_local(data: bytes, patterns: Iterable[LocalPattern]) -> list[Hit]:
    """Find what the council's own patterns describe in folded text."""
    hits: list[Hit] = []
    for name, expression, words in patterns:
        for start, end in _compiled(expression).spans(data):
            word, where = around(_near(words), data, start, end)[:2] if words else ("", "anywhere")
            if where:
                because = f"local pattern {name}; '{word}' {where}" if word else f"local pattern {name}"
                hits.append(Hit(f"local:{name}", start, end, 0.9, because, data[start:end].lower()))
    return hits
