"""Whether a newly trained model may judge: held-back decisions of people, counted for both models on the same documents. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

from retention.assurance import STRICTNESS, Bounds, bounds

LEAST = 10
"""Held-back decisions below which nothing is let in."""
MISS = 4
"""How much more a label that is too mild weighs than one that is too strict."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One held-back document: what a person said, and what either model says of it. Neither has learned from it."""

    truth: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Marks:
    """How one model did: documents, labels that were too mild and too strict, and 95 % bounds on the share of either fault."""

    documents: int
    mild: int
    strict: int
    bounds: Bounds

    @property
    def cost(self) -> int:
        """Faults, a label that is too mild counting four times."""
        return MISS * self.mild + self.strict


@dataclass(frozen=True, slots=True)
class Trial:
    """Both models' marks, the chance of so large a difference between equally good ones, and whether the new one is let in."""

    before: Marks
    after: Marks
    chance: float
    promoted: bool
    because: tuple[str, ...]

    def figures(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "before": _plain(self.before),
            "after": _plain(self.after),
            "chance": round(self.chance, 4),
        }


def _plain(marks: Marks) -> dict[str, Any]:
    low, high = round(marks.bounds.low, 4), round(marks.bounds.high, 4)
    return {"documents": marks.documents, "mild": marks.mild, "strict": marks.strict, "low": low, "high": high}


def weigh(found: Sequence[Compared], faults: Sequence[str] = ()) -> Trial:
    """Let the new model in when it does not cost more, misses no more, and makes no fault on the canary set.

    The difference is told with the exact sign test on the documents that only one of the two labels rightly.
    """
    before, after = _marks(found, "before"), _marks(found, "after")
    gained = sum(one.after == one.truth != one.before for one in found)
    lost = sum(one.before == one.truth != one.after for one in found)
    chance = _sign_test(gained, lost)
    because: list[str] = []
    if faults:
        because.append(f"Not let in: it fails the canary set. {faults[0]}")
    if len(found) < LEAST:
        because.append(f"Not let in: only {len(found)} decisions could be held back; {LEAST} are needed to tell.")
    if after.mild > before.mild:
        because.append(
            f"Not let in: of {after.documents} held-back decisions it labels {after.mild} too mildly, the present model {before.mild}."
        )
    elif after.cost > before.cost:
        because.append(
            f"Not let in: of {after.documents} held-back decisions it gets more wrong than the present model."
        )
    promoted = not because
    told = (
        f"Of {after.documents} decisions held back it labels {after.mild} too mildly and {after.strict} too strictly "
        f"({after.bounds.low:.0%} to {after.bounds.high:.0%} wrong with 95 % confidence); the present model "
        f"{before.mild} and {before.strict}. {gained} come right, {lost} go wrong."
    )
    return Trial(before, after, chance, promoted, (*because, told) if because else ("Let in: it is not worse.", told))


def _marks(found: Sequence[Compared], which: str) -> Marks:
    given = [(STRICTNESS[getattr(one, which)], STRICTNESS[one.truth]) for one in found]
    mild, strict = sum(said < truth for said, truth in given), sum(said > truth for said, truth in given)
    return Marks(len(found), mild, strict, bounds(mild + strict, len(found)))


def _sign_test(gained: int, lost: int) -> float:
    """Two-sided exact sign test: the chance of a split at least so uneven when both models are equally good."""
    of = gained + lost
    if not of:
        return 1.0
    tail = sum(comb(of, k) for k in range(min(gained, lost) + 1)) / float(2**of)
    return min(1.0, 2 * tail)


def changes(pairs: Sequence[tuple[str, str]], population: int) -> dict[str, Any]:
    """Which labels of items that nobody has looked at would change: by kind of change, and bounds on how many in all."""
    kinds = Counter(f"{before} to {after}" for before, after in pairs if before != after)
    changed = sum(kinds.values())
    exact = bounds(changed, len(pairs), max(population, len(pairs)))
    return {
        "looked_at": len(pairs),
        "of": population,
        "changed": changed,
        "low": round(exact.low * population),
        "high": round(exact.high * population),
        "kinds": dict(sorted(kinds.items())),
    }


def fold_of(groups: Sequence[int], folds: int) -> list[int]:
    """Deal groups into folds, the largest first, each to the fold that holds least; gives each member's fold."""
    sizes = Counter(groups)
    held = [0] * folds
    dealt: dict[int, int] = {}
    for group, size in sorted(sizes.items(), key=lambda one: (-one[1], one[0])):
        least = min(range(folds), key=lambda at: (held[at], at))
        dealt[group] = least
        held[least] += size
    return [dealt[group] for group in groups]


def lines(told: Mapping[str, Any]) -> list[str]:
    """The change of labels, for a person."""
    if not told["looked_at"]:
        return ["No other item could be looked at."]
    made = [f"{count} from {kind}" for kind, count in told["kinds"].items()]
    kinds = f": {', '.join(made)}" if made else ""
    looked = f"Of {told['looked_at']:,} other items looked at, {told['changed']} would change{kinds}"
    return [f"{looked}; in all {told['low']:,} to {told['high']:,} of {told['of']:,} with 95 % confidence."]
