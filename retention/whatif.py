"""What would change: a draft schedule, zone map or set of holds against today's catalogue, before anybody adopts it.

Simulation and execution share one test of what may be disposed of, ``Decision.disposable``: what a what-if calls newly due
is exactly what the next night would list.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappushpop

from classifier.item import Flag, Primary, Tier
from retention.decide import Decider, decider
from retention.decision import Action, Decision, Facts, Zone
from retention.hold import Hold
from retention.schedule import Schedule

EXAMPLES = 20
_GB = 1 << 30


@dataclass(frozen=True, slots=True)
class World:
    """One state of the rules: a schedule, the holds, which zone an item lies in, and from which chance it counts as sensitive.

    Without a ``threshold`` the labels are taken as they are.
    """

    schedule: Schedule
    holds: Sequence[Hold]
    zone_of: Callable[[Facts], Zone]
    threshold: float | None = None

    def judge(self, today: dt.date) -> Callable[[Facts], tuple[Decision, Zone]]:
        """Return the function that decides items in this world on a day."""
        made: Decider = decider(self.schedule, self.holds, today)

        def decided(facts: Facts) -> tuple[Decision, Zone]:
            if self.threshold is not None:
                facts = relabelled(facts, self.threshold)
            zone = self.zone_of(facts)
            return made.decide(facts, zone), zone

        return decided


def relabelled(facts: Facts, threshold: float) -> Facts:
    """Return an item as the model would have labelled it, were the chance from which it calls an item sensitive another.

    Labels that a person or a firm rule gave, and what could not be read, stay as they are. What is no longer sensitive keeps the
    tier that its being about people asks for.
    """
    if facts.chance is None or facts.tier is None:
        return facts
    if facts.chance >= threshold and facts.tier < Tier.T3:
        return replace(facts, tier=Tier.T3, primary=Primary.SENSITIVE, flags=facts.flags | {Flag.SENSITIVE})
    if facts.chance < threshold and facts.tier is Tier.T3 and Flag.SENSITIVE in facts.flags:
        about_people = not facts.flags.isdisjoint({Flag.PERSONAL, Flag.INCIDENTAL})
        tier, primary = (Tier.T2, Primary.PERSONAL) if about_people else (Tier.T1, Primary.OFFICIAL)
        return replace(facts, tier=tier, primary=primary, flags=facts.flags - {Flag.SENSITIVE})
    return facts


@dataclass(slots=True)
class Tally:
    """Counts of one kind of change: items, bytes, by class, zone and year, and examples by reference."""

    items: int = 0
    bytes: int = 0
    by_class: Counter[str] = field(default_factory=Counter)
    by_service: Counter[str] = field(default_factory=Counter)
    by_year: Counter[int] = field(default_factory=Counter)
    _examples: list[tuple[int, str]] = field(default_factory=list)

    def add(self, facts: Facts, decision: Decision, zone: Zone) -> None:
        """Count one item under the rule, the zone and the year its retention ends in."""
        self.items += 1
        self.bytes += facts.size
        self.by_class[decision.rule] += 1
        self.by_service[zone.name] += 1
        if decision.due is not None:
            self.by_year[decision.due.year] += 1
        # A sample that does not depend on the order of the catalogue: the items with the smallest hashes.
        key = (-int.from_bytes(hashlib.blake2b(facts.item.encode(), digest_size=8).digest()), facts.item)
        if len(self._examples) < EXAMPLES:
            self._examples.append(key)
            self._examples.sort()
        else:
            heappushpop(self._examples, key)

    @property
    def examples(self) -> tuple[str, ...]:
        """Up to 20 items, by reference."""
        return tuple(item for _, item in sorted(self._examples, reverse=True))

    @property
    def gigabytes(self) -> float:
        """How many GB (2**30 bytes) these items take."""
        return round(self.bytes / _GB, 3)


@dataclass(slots=True)
class Report:
    """What a change of rules would do, in counts."""

    items: int = 0
    newly_due: Tally = field(default_factory=Tally)
    newly_protected: Tally = field(default_factory=Tally)
    blocked_by_holds: Tally = field(default_factory=Tally)
    newly_reviewed: Tally = field(default_factory=Tally)
    newly_flagged: Tally = field(default_factory=Tally)
    no_longer_flagged: Tally = field(default_factory=Tally)

    def tallies(self) -> Mapping[str, Tally]:
        """Return each kind of change under its name."""
        names = (
            "newly_due",
            "newly_protected",
            "blocked_by_holds",
            "newly_reviewed",
            "newly_flagged",
            "no_longer_flagged",
        )
        return {name: getattr(self, name) for name in names}

    def lines(self) -> Iterator[str]:
        """Yield the report as lines for a terminal."""
        yield f"{self.items} items compared"
        for name, tally in self.tallies().items():
            yield f"{name.replace('_', ' ')}: {tally.items} items, {tally.gigabytes} GB"
            for title, counts in (("class", tally.by_class), ("zone", tally.by_service), ("year", tally.by_year)):
                if counts:
                    shown = ", ".join(f"{key} {count}" for key, count in counts.most_common(10))
                    yield f"  by {title}: {shown}"
            if tally.examples:
                yield f"  examples: {', '.join(tally.examples)}"


def what_if(items: Iterable[Facts], now: World, then: World, today: dt.date) -> Report:
    """Decide every item under both worlds and count what changes; holds one item in memory at a time."""
    report = Report()
    old, new = now.judge(today), then.judge(today)
    for facts in items:
        before, _ = old(facts)
        after, zone = new(facts)
        report.items += 1
        _compare(report, facts, before, after, zone)
    return report


def _compare(report: Report, facts: Facts, before: Decision, after: Decision, zone: Zone) -> None:
    if after.disposable and not before.disposable:
        report.newly_due.add(facts, after, zone)
    if before.disposable and not after.disposable:
        report.newly_protected.add(facts, after, zone)
    if after.lane == "F":
        report.blocked_by_holds.add(facts, after, zone)
    if _reviewed(after) and not _reviewed(before):
        report.newly_reviewed.add(facts, after, zone)
    if after.flagged and not before.flagged:
        report.newly_flagged.add(facts, after, zone)
    if before.flagged and not after.flagged:
        report.no_longer_flagged.add(facts, after, zone)


def _reviewed(decision: Decision) -> bool:
    return decision.action is Action.REVIEW and decision.lane == "E"


def candidates(items: Iterable[Facts], world: World, today: dt.date) -> Iterator[tuple[Facts, Decision]]:
    """Yield every item that may stand on a disposal list today, with its decision: what lists are made from."""
    judge = world.judge(today)
    for facts in items:
        decision, _ = judge(facts)
        if decision.disposable:
            yield facts, decision
