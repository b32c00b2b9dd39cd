"""The order of the queue: lanes, risk, and the mix of what is put before a person. Pure.

Risk is tier x exposure x people x recency / ease: broad access and T4 first, then T3 where everybody can read it, then overdue personal
data by age, then what is only large. ``ease`` is how easily the matter can wait: a misplaced record cannot, a due one can.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

T = TypeVar("T")


class Lane(StrEnum):
    """Why an item waits for a person."""

    MISPLACED = "A"
    MARKED = "B"
    UNCERTAIN = "C"
    UNREAD = "D"
    DUE = "E"
    HELD = "F"
    CHANGED = "G"
    COPY = "H"


class State(StrEnum):
    """Values of ``family.state``: waiting, decided, left until a day, or gone because nothing of it waits any more."""

    OPEN = "open"
    DONE = "done"
    LEFT = "left"
    GONE = "gone"


class Drawn(StrEnum):
    """Why a family was put before a person."""

    RISK = "risk"
    DOUBT = "doubt"
    RANDOM = "random"


# What is wrong with the place weighs at once; what is wrong with the date has waited for years already.
_EASE: Mapping[str, float] = {"A": 1.0, "B": 1.0, "H": 1.0, "G": 3.0, "C": 4.0, "D": 4.0, "F": 6.0, "E": 8.0}
_TIERS = (1.0, 2.0, 10.0, 100.0, 1_000.0, 10_000.0)
_UNREAD = 5.0  # between routine and personal: nobody knows
_EXPOSED = 3.0
_MOST_PEOPLE = 1_000


@dataclass(frozen=True, slots=True)
class Ground:
    """What the risk of a family is worked out from. Sizes are bytes; ``people`` counts distinct people found at most."""

    lane: str
    tier: int | None
    exposed: bool = False
    people: int = 0
    modified: dt.date | None = None
    due: dt.date | None = None
    size: int = 0


def risk(ground: Ground, today: dt.date) -> float:
    """How much harm waiting may do; comparable between families of one night, without a unit."""
    weight = _UNREAD if ground.tier is None else _TIERS[ground.tier]
    exposure = _EXPOSED if ground.exposed else 1.0
    people = 1.0 + math.log1p(min(ground.people, _MOST_PEOPLE)) / math.log1p(_MOST_PEOPLE)
    made = weight * exposure * people * _timeliness(ground, today) / _EASE.get(ground.lane, 8.0)
    # The last resort among equals: the larger first. Never enough to pass another tier.
    return round(made * (1.0 + math.log1p(ground.size) / 1_000.0), 6)


def _timeliness(ground: Ground, today: dt.date) -> float:
    """Fresh misplacements weigh up to half as much again as old ones; what is overdue weighs more with each year, at most double."""
    if ground.lane == Lane.DUE and ground.due is not None:
        return 1.0 + min(1.0, max(0, (today - ground.due).days) / 3_652.5)
    if ground.modified is None:
        return 0.7
    years = max(0, (today - ground.modified).days) / 365.25
    return 0.7 + 0.3 * math.exp(-years / 3.0)


# Of each ten places seven go by risk, two to what the model doubts, one to what was drawn at random.
PATTERN = (
    Drawn.RISK,
    Drawn.RISK,
    Drawn.DOUBT,
    Drawn.RISK,
    Drawn.RISK,
    Drawn.RANDOM,
    Drawn.RISK,
    Drawn.RISK,
    Drawn.DOUBT,
    Drawn.RISK,
)


def weave(streams: Mapping[Drawn, Sequence[T]], size: int, start: int = 0) -> list[tuple[Drawn, T]]:
    """Mix the streams by the pattern, from its place ``start`` on; a stream that has ended leaves its places to the others."""
    feeds: dict[Drawn, Iterator[T]] = {kind: iter(streams.get(kind, ())) for kind in Drawn}
    made: list[tuple[Drawn, T]] = []
    ended: set[Drawn] = set()
    place = start
    while len(made) < size and len(ended) < len(feeds):
        wanted = PATTERN[place % len(PATTERN)]
        place += 1
        for kind in (wanted, *(other for other in Drawn if other is not wanted)):
            if kind in ended:
                continue
            one = next(feeds[kind], None)
            if one is None:
                ended.add(kind)
                continue
            made.append((kind, one))
            break
    return made
