"""Which sequences of word classes are a name of a person: patterns over one letter a word, and what each word weighs.

Classes: ``G`` given name, ``g`` given name that is also a word, ``S`` surname, ``s`` surname that is also a word, ``q`` name
that is also a place, ``o`` surname that also names a street or building; on no list: ``V`` spelled much like a name, ``U``
spelled like a name, ``u`` perhaps; ``I`` initial, ``p`` particle, ``T`` title, ``t`` office that may be a title, ``P`` place,
``O`` organisation or street, ``N`` nationality, ``C`` other word, ``X`` Saint or Fort, ``A`` abbreviation, ``D`` greeting, ``H`` two names
written as one; ``,``, ``&`` and ``/`` stand between.
"""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

TITLED: Final = re.compile(
    r"T+(?P<name>I*p*(?:[GgSsqoVUuPNCH](?:p*[IGgSsqVUuo](?![O&]))*|[GgSsqVUuH]p[PN])|II*p*[GgSsqoVUuPC]*)"
)
OFFICE: Final = re.compile(r"t(?P<name>I*[GSVUgsq](?:p*[IGgSsqVUuo])*)")
FULL: Final = re.compile(r"(?P<name>[GgSsqVUu](?:p*[IGgSsqVUuo]){1,4}|p[SVUu][SVUu]?|GI*[CPN](?![^,&/]))")
INITIALS: Final = re.compile(r"(?P<name>I{1,3}p*[GSVUsqguo][SsVUuo]?)")
REVERSED: Final = re.compile(r"(?P<name>[SsVUu],I{1,3}|S,[Gg]I?)(?![SsGgVUuOo])")
SINGLE: Final = re.compile(r"(?P<name>[GgSsqVUH])")

WEIGHTS: Final = MappingProxyType(
    {
        "G": 2.0,
        "g": 0.9,
        "S": 1.6,
        "s": 0.6,
        "q": 0.5,
        "o": 0.4,
        "V": 1.2,
        "U": 0.8,
        "u": 0.3,
        "I": 0.4,
        "p": 0.3,
        "H": 2.0,
        "C": 0.0,
        "P": 0.0,
        "N": 0.0,
    }
)
ENOUGH: Final = 1.7
"""Weight from which a sequence of several words is taken for a name."""


class Accepted(NamedTuple):
    """A stretch of a run (word numbers from ``first`` up to, not including, ``last``) that is a name, and why."""

    first: int
    last: int
    score: float
    because: str


def weight(shape: str) -> float:
    """Add up what the words of a name weigh; a given name followed by a surname weighs more than the two."""
    total = sum(WEIGHTS[each] for each in shape)
    if shape[0] in "Ggp" and shape[-1] in "SsqVUuo":
        total += 0.4
    return total


def blocked(shape: str, first: int, last: int) -> bool:
    """Say whether what stands beside a stretch makes it a street, a firm, a church or part of a longer title."""
    after = shape[last : last + 1]
    before = shape[first - 1 : first] if first else ""
    if after == "O" or before == "X" or shape[last : last + 2] in ("&C", "&O"):
        return True
    if before == "&" and shape[first] not in "GI":
        return True
    if shape[last - 1] == "o" and last - first > 1 and (last - first > 2 or shape[first] not in "GgI"):
        return True
    return after == "o" and last - first == 1


class _Taken:
    """Stretches accepted so far; none may overlap."""

    def __init__(self, size: int) -> None:
        self.free = [True] * size
        self.found: list[Accepted] = []

    def take(self, first: int, last: int, score: float, because: str) -> None:
        if all(self.free[first:last]):
            self.free[first:last] = [False] * (last - first)
            self.found.append(Accepted(first, last, score, because))


class Around(NamedTuple):
    """What stands around a run.

    ``opens``: it begins a sentence; ``says``: a verb of a person follows; ``owns``: a possessive or an auxiliary verb follows;
    ``cue``: "Dear", "applicant" or the like stands before it; ``marked``: a colon, a tab, a dash or "by" stands before it;
    ``within``: an article or a preposition of place stands before it.
    """

    opens: bool = False
    says: bool = False
    owns: bool = False
    cue: bool = False
    marked: bool = False
    within: bool = False


@lru_cache(maxsize=16_384)
def judge(shape: str, around: Around) -> tuple[Accepted, ...]:
    """Find the names in one run of joined words, surest pattern first; stretches do not overlap."""
    taken = _Taken(len(shape))
    for match in TITLED.finditer(shape):
        if shape[match.end() : match.end() + 1] != "&":
            taken.take(*match.span("name"), 0.95, "title before")
    for match in OFFICE.finditer(shape):
        if not blocked(shape, *match.span("name")):
            taken.take(*match.span("name"), 0.85, "office before")
    for match in REVERSED.finditer(shape):
        taken.take(*match.span(), 0.8, "surname, then initials or given name")
    _several(shape, taken, around)
    for match in SINGLE.finditer(shape):
        if taken.free[match.start()]:
            _alone(shape, match.start(), taken, around)
    return tuple(taken.found)


def _several(shape: str, taken: _Taken, around: Around) -> None:
    """Judge sequences of names and initials."""
    for pattern, because, score in ((FULL, "given name and surname", 0.9), (INITIALS, "initials and surname", 0.85)):
        for match in pattern.finditer(shape):
            first, last = match.span("name")
            if (
                not blocked(shape, first, last)
                and weight(shape[first:last]) + _hints(shape, first, last, around) >= ENOUGH
            ):
                listed = "name list: " if set("GgSsqo") & set(shape[first:last]) else "spelling: "
                taken.take(first, last, score, listed + because)


def _hints(shape: str, first: int, last: int, around: Around) -> float:
    """Add up what the context says of a sequence of words."""
    before = 0.8 * around.cue + 0.4 * around.marked - 0.3 * around.opens - 0.6 * around.within if first == 0 else 0.0
    after = 0.8 * around.says + 0.2 * around.owns if last == len(shape) else 0.0
    return before + after


def _alone(shape: str, at: int, taken: _Taken, around: Around) -> None:
    """Judge one word that may be a name by itself."""
    kind = shape[at]
    beside = shape[max(0, at - 1) : at] + shape[at + 1 : at + 2]
    if blocked(shape, at, at + 1) or (
        beside.strip(",/t&") if kind not in "GH" else shape[at + 1 : at + 2] in tuple("CANP")
    ):
        return
    first, last = at == 0, at == len(shape) - 1
    total = (
        WEIGHTS[kind] + 0.8 * (around.says and last) + 1.2 * (around.cue and first) - 0.8 * (around.within and first)
    )
    if kind in "SV":
        total += 0.4 * (around.owns and last) + 0.4 * (around.marked and first)
    if kind != "S":
        total -= 0.5 * (around.opens and first)
    if total >= 1.5:
        listed = "spelling and context" if kind in "UV" else "name list" if kind in "GSH" else "name list and context"
        taken.take(at, at + 1, 0.7 if kind in "GH" else 0.6, listed)
