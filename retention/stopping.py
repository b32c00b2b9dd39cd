"""When more review would not pay: a rule with a promise, from a random control set that the review does not know of. Pure.

The rule is that of technology-assisted review with a control set (Lewis, Yang and Frieder, "Certifying one-phase technology-assisted
reviews", CIKM 2021, which generalises the target method of Cormack and Grossman, SIGIR 2016):

1. Before the review, documents are drawn at random and judged until ``needed`` of them are a yes. This is the control set.
2. The review goes through the documents in any order, with any model, so long as neither knows of the control set.
3. It may stop as soon as ``position`` of the control set's yes have come up in it.

**The promise.** Then the review has found at least the share ``target`` of all yes, in at least ``confidence`` of all reviews.
The reason: the control set's yes are a random subset of all yes, so their places among all yes, in the order of the review, are those of
a random draw. The review stops at the place of one of them, which was fixed beforehand; that this place lies below ``target`` needs that
many of the draw to lie there, and the chance of that is the tail of a binomial distribution (smaller still when drawn without
replacement). There is one stopping place and no series of tests, so looking after each answer costs nothing.

**What it does not promise.** Anything about a review that was steered by the control set's answers, or that stopped elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, comb, log

TARGET = 0.8
CONFIDENCE = 0.95


def needed(target: float = TARGET, confidence: float = CONFIDENCE) -> int:
    """The fewest yes with which a control set can promise anything: 14 for 80 % found with 95 % confidence, 29 for 90 %."""
    return ceil(log(1 - confidence) / log(target) - 1e-12)


def position(control: int, target: float = TARGET, confidence: float = CONFIDENCE) -> int | None:
    """How many of a control set's yes must have come up before a review may stop; None when the set is too small to tell.

    A larger set lets the review pass over some of them, and so stops it nearer to the target.
    """
    fits = [place for place in range(1, control + 1) if _tail(place, control, target) <= 1 - confidence]
    return fits[0] if fits else None


def recall(found: int, control: int, confidence: float = CONFIDENCE) -> float:
    """The share of all yes that has been found at least, when ``found`` of a control set's yes have; for one look, one-sided.

    The lower bound of Clopper and Pearson. 0 when nothing is known.
    """
    low, high = 0.0, 1.0
    if not found:
        return 0.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if _tail(found, control, middle) <= 1 - confidence else (low, middle)
    return low


def _tail(place: int, control: int, share: float) -> float:
    """P(X >= place) for a binomial of ``control`` draws."""
    return sum(comb(control, x) * share**x * (1 - share) ** (control - x) for x in range(place, control + 1))


@dataclass(frozen=True, slots=True)
class Advice:
    """Whether a review may stop, and what is known of what it has found; ``sentence`` is for a person."""

    stop: bool
    control: int
    found: int
    at_least: float
    sentence: str


def advise(came_up: Sequence[bool], target: float = TARGET, confidence: float = CONFIDENCE) -> Advice:
    """Say whether to go on, from the yes of a control set: for each whether it has come up in the review."""
    control, found = len(came_up), sum(came_up)
    place = position(control, target, confidence)
    known = recall(found, control, confidence) if control else 0.0
    if place is None:
        lack = needed(target, confidence) - control
        more = f"{lack} more sensitive or personal items must turn up in the random samples"
        sentence = f"Too little is known to say whether more review pays: {more}."
        return Advice(False, control, found, known, sentence)
    if found >= place:
        sentence = (
            f"More review would hardly pay: {found} of the {control} drawn at random had come up by themselves, so at least {target:.0%} "
            f"of all were found, with {confidence:.0%} confidence."
        )
        return Advice(True, control, found, max(known, target), sentence)
    sentence = f"More review pays: {found} of the {control} drawn at random have come up by themselves, {place} are needed to stop."
    return Advice(False, control, found, known, sentence)


def stops_at(
    order: Sequence[int], control: Sequence[int], target: float = TARGET, confidence: float = CONFIDENCE
) -> int | None:
    """After how many documents a review in this order may stop; None when the control set is too small."""
    place = position(len(control), target, confidence)
    if place is None:
        return None
    wanted, come = set(control), 0
    for at, one in enumerate(order, 1):
        come += one in wanted
        if come == place:
            return at
    return len(order)
