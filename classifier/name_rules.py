"""Which sequences of word classes are a name of a person: patterns over one letter a word, and what each word weighs.

Classes: ``G`` given name, ``g`` given name that is also a word, ``S`` surname, ``s`` surname that is also a word or place,
``o`` surname that also names a street or building, ``U`` on no list but spelled like a name, ``u`` on no list, ``I`` initial,
``p`` particle, ``T`` title, ``t`` office that may be a title, ``P`` place, ``O`` organisation or street, ``N`` nationality,
``C`` other word, ``X`` Saint, ``A`` abbreviation, ``H`` two names written as one; ``,`` and ``&`` and ``/`` stand between.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final, NamedTuple

TITLED: Final = re.compile(r"T+[.]?(?P<name>I*p*(?:[GgSsoUuPNCH](?:p*[IGgSsUuo](?![O&]))*(?:pp?[PN])?)|II*[GgSsoUuP]*)")
OFFICE: Final = re.compile(r"t(?P<name>I*[GSU][IGgSsUupo]*|I*[gsu][IGgUup]*[GgSsUuo])")
FULL: Final = re.compile(r"(?P<name>[GgSsUu](?:p*[IGgSsUuo]){1,4}|[Gg](?:pp?[SsUuP]))")
INITIALS: Final = re.compile(r"(?P<name>I{1,3}p*[GSsUguo][SsUuo]?)")
REVERSED: Final = re.compile(r"(?P<name>[SsUu],I{1,3}|S,[Gg]I?)(?![SsGgUuOo])")
SINGLE: Final = re.compile(r"(?P<name>[GgSsUH])")

WEIGHTS: Final = MappingProxyType(
    {"G": 2.0, "g": 0.9, "S": 1.6, "s": 0.6, "o": 0.5, "U": 0.8, "u": 0.1, "I": 0.4, "p": 0.4, "P": 0.0, "N": 0.0}
    | {"C": 0.0, "H": 2.0, ",": 0.2}
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
    if shape[0] in "Gg" and shape[-1] in "SsUo":
        total += 0.4
    return total


def blocked(shape: str, first: int, last: int) -> bool:
    """Say whether what stands beside a stretch makes it a street, a firm, a church or part of a longer title."""
    after = shape[last : last + 1]
    before = shape[first - 1 : first] if first else ""
    if (after and after in "O&") or (before and before in "X&"):
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


def judge(shape: str, *, opens: bool, says: bool, cue: bool) -> list[Accepted]:
    """Find the names in one run of joined words, surest pattern first; stretches do not overlap.

    ``opens``: the run begins a sentence; ``says``: a verb of a person or a possessive follows the run; ``cue``: words such as
    "Dear" or "Name:" stand before it.
    """
    taken = _Taken(len(shape))
    for match in TITLED.finditer(shape):
        if not shape[match.end() : match.end() + 1] == "&":
            taken.take(*match.span("name"), 0.95, "title before")
    for match in OFFICE.finditer(shape):
        if not blocked(shape, *match.span("name")):
            taken.take(*match.span("name"), 0.85, "office before")
    for match in REVERSED.finditer(shape):
        taken.take(*match.span(), 0.8, "surname, then initials or given name")
    bonus = 0.3 * says + 0.8 * cue - 0.3 * opens
    for pattern, because, score in ((FULL, "given name and surname", 0.9), (INITIALS, "initials and surname", 0.85)):
        for match in pattern.finditer(shape):
            first, last = match.span("name")
            outer = bonus if first == 0 or last == len(shape) else 0.0
            if not blocked(shape, first, last) and weight(shape[first:last]) + outer >= ENOUGH:
                listed = "name list: " if set("GgSso") & set(shape[first:last]) else "spelling: "
                taken.take(first, last, score, listed + because)
    for match in SINGLE.finditer(shape):
        _alone(shape, match.start(), taken, opens=opens, says=says, cue=cue)
    return taken.found


def _alone(shape: str, at: int, taken: _Taken, *, opens: bool, says: bool, cue: bool) -> None:
    """Judge one word that may be a name by itself."""
    if blocked(shape, at, at + 1):
        return
    kind = shape[at]
    beside = shape[max(0, at - 1) : at] + shape[at + 1 : at + 2]
    if kind not in "GH" and beside.strip(",/t"):
        return
    total = WEIGHTS[kind] + 0.8 * (says and at == len(shape) - 1) + 1.2 * (cue and at == 0) - 0.5 * (opens and at == 0)
    if total >= 1.5 - 0.5 * (kind == "S" and opens):
        listed = "spelling and context" if kind == "U" else "name list" if kind in "GSH" else "name list and context"
        taken.take(at, at + 1, 0.7 if kind in "GH" else 0.6, listed)
