"""What was missed: random samples of every pile, and exact bounds on the share that a careful reader would have labelled more strictly.

A pile is what a night said of a zone's items: official, personal, sensitive or unread. A sample of the official pile is the *elusion
test* of document review; the others show what was understated. Three things make the figures honest:

* **The draw.** Each item has a permanent random number, a keyed hash of its id; the sample of a pile are the items with the smallest
  (Ohlsson, "Coordination of samples using permanent random numbers", in *Business Survey Methods*, 1995). So the sample is a simple random
  one of the pile *as it is today*, although items come and go, and answers once given go on counting.
* **The order.** Only the answered items before the first unanswered one count, in the order of their numbers. Whoever answers the easy
  ones first changes nothing.
* **The bounds.** For a pile of known size they invert the hypergeometric distribution; for an endless one that is the interval of Clopper
  and Pearson (*Biometrika* 26, 1934). Inverting a test covers the truth with at least the confidence stated, whatever the truth is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, exp, floor, inf, lgamma, log, log1p

CONFIDENCE = 0.95
ENOUGH = 59
"""Answers without a miss that bound a pile's error below 5 % with 95 % confidence."""
STRICTNESS = {"official": 0, "personal": 1, "sensitive": 2}
PILES = ("official", "personal", "sensitive", "unread")


@dataclass(frozen=True, slots=True)
class Bounds:
    """Two-sided bounds on a share, 0 to 1."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one pile: its size, the answers that count, how many of them were misses, and the bounds.

    ``coverage`` is the share of the zone's entries that were read at all (0 to 1): without it no figure about labels says anything.
    """

    zone: str
    pile: str
    population: int
    asked: int
    answered: int
    missed: int
    bounds: Bounds
    coverage: float

    @property
    def at_least(self) -> int:
        """Missed items in the pile, at least."""
        return ceil(self.bounds.low * self.population - 1e-9)

    @property
    def at_most(self) -> int:
        """Missed items in the pile, at most."""
        return floor(self.bounds.high * self.population + 1e-9)

    def sentence(self) -> str:
        """The figure for a person, coverage included."""
        if not self.answered:
            return f"{self.zone}, {self.pile}: nobody has looked at a sample yet ({self.coverage:.0%} of the entries were read)."
        return (
            f"{self.zone}, {self.pile}: {self.missed} of {self.answered} looked at should have been stricter; with 95 % confidence "
            f"{self.at_least:,} to {self.at_most:,} of {self.population:,} ({self.coverage:.0%} of the entries were read)."
        )


def number(seed: str, item: int) -> float:
    """The permanent random number of an item: uniform on [0, 1), the same for ever, unknown to who does not know the seed."""
    drawn = hashlib.blake2b(item.to_bytes(8, "big"), key=seed.encode()[:64], digest_size=7).digest()
    return int.from_bytes(drawn, "big") / 2**56


def is_missed(pile: str, answer: str) -> bool:
    """Whether a person's label is stricter than the pile's; what nobody could read was missed unless it is official."""
    return STRICTNESS[answer] > STRICTNESS.get(pile, 0)


def counted(pile: str, answers: Sequence[str | None]) -> tuple[int, int]:
    """The answers before the first gap, in the order of the draw, and how many of them are misses."""
    before = list(answers[: answers.index(None)] if None in answers else answers)
    return len(before), sum(is_missed(pile, one) for one in before if one is not None)


def bounds(missed: int, answered: int, population: int | None = None, confidence: float = CONFIDENCE) -> Bounds:
    """Exact bounds on the share of misses in a pile, of which ``answered`` were drawn and ``missed`` found.

    ``population`` None means so large a pile that drawing changes nothing.

    Raises:
        ValueError: The counts do not fit each other.
    """
    if not 0 <= missed <= answered or (population is not None and answered > population):
        raise ValueError("There cannot be more misses than answers, or more answers than items.")
    tail = (1 - confidence) / 2
    if population is None:
        return _endless(missed, answered, tail)
    if not population:
        return Bounds(0.0, 0.0)
    least, most = missed, population - (answered - missed)
    low = _least(lambda bad: _upper_tail(missed, answered, bad, population) > tail, least, most)
    high = _greatest(lambda bad: _lower_tail(missed, answered, bad, population) > tail, least, most)
    return Bounds(low / population, high / population)


def needed(share: float, confidence: float = CONFIDENCE) -> int:
    """How many answers without a miss bound the share of misses below ``share``: 59 for 5 %, 299 for 1 % (one-sided, 95 %)."""
    return ceil(log(1 - confidence) / log1p(-share))


def together(piles: Iterable[Standing], confidence: float = CONFIDENCE) -> tuple[int, int, int]:
    """Missed items over several piles: at least, at most, and of how many; each pile bears its part of the risk of being wrong."""
    found = list(piles)
    each = 1 - (1 - confidence) / max(1, len(found))
    exact = [bounds(one.missed, one.answered, one.population, each) for one in found]
    low = sum(ceil(one.low * pile.population - 1e-9) for one, pile in zip(exact, found, strict=True))
    high = sum(floor(one.high * pile.population + 1e-9) for one, pile in zip(exact, found, strict=True))
    return low, high, sum(one.population for one in found)


def _least(fits: Callable[[int], bool], low: int, high: int) -> int:
    """The smallest number that fits; what fits goes on fitting upward."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle + 1, high)
    return low


def _greatest(fits: Callable[[int], bool], low: int, high: int) -> int:
    """The greatest number that fits; what fits goes on fitting downward."""
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) if 0 <= k <= n else -inf


def _chance(found: int, drawn: int, bad: int, population: int) -> float:
    """P(X = found) when ``drawn`` are drawn without replacement from a pile of which ``bad`` are misses."""
    logs = _choose(bad, found) + _choose(population - bad, drawn - found) - _choose(population, drawn)
    return exp(logs) if logs > -inf else 0.0


def _lower_tail(found: int, drawn: int, bad: int, population: int) -> float:
    return sum(_chance(x, drawn, bad, population) for x in range(max(0, drawn - population + bad), found + 1))


def _upper_tail(found: int, drawn: int, bad: int, population: int) -> float:
    return 1.0 - _lower_tail(found - 1, drawn, bad, population) if found else 1.0


def _endless(missed: int, answered: int, tail: float) -> Bounds:
    low, high = 0.0, 1.0
    if missed:
        low = _root(lambda share: 1 - _binomial(missed - 1, answered, share) - tail)
    if missed < answered:
        high = _root(lambda share: tail - _binomial(missed, answered, share))
    return Bounds(low, high)


def _binomial(found: int, drawn: int, share: float) -> float:
    """P(X <= found) of the binomial distribution."""
    if share <= 0.0 or share >= 1.0:
        return float(share <= 0.0 or found >= drawn)
    yes, no = log(share), log1p(-share)
    return sum(exp(_choose(drawn, x) + x * yes + (drawn - x) * no) for x in range(found + 1))


def _root(rising: Callable[[float], float]) -> float:
    """Where a function that rises from below 0 on [0, 1] crosses it, to 1e-12."""
    low, high = 0.0, 1.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2
