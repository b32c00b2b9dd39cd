"""What must happen to one item tonight, and why: (facts, zone, schedule, holds, today) to a decision. Pure.

Precedence: an incident stops everything; what is more sensitive than its place is restricted; a hold outweighs the
schedule; permanent outweighs every period; of several rules the longest wins; an unknown trigger, an unconfirmed class,
an unread document or a schedule that is not in force ask for a person, never for a disposal.
Reasons never hold a path, a file name or a word of a document.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from retention import clock, naming
from retention.clock import PROXIED, Due, Source, TriggerValue
from retention.decision import Action, Decision, Facts, Mode, Zone
from retention.hold import Hold, HoldIndex, Subject
from retention.schedule import Rule, Schedule
from retention.verdict import Case, flagged, judge, when

__all__ = ["Action", "Decider", "Decision", "Facts", "Mode", "Zone", "decide", "decider"]

_FIRST_CREDIBLE = dt.date(1900, 1, 1)
_REMEMBERED = 50_000
_POSSIBLE = 0.45  # from here on a hold on a class covers an item that may belong to it
_Named = tuple[tuple[str, TriggerValue], ...]


def decide(facts: Facts, zone: Zone, schedule: Schedule, holds: Sequence[Hold], today: dt.date) -> Decision:
    """Return the decision for one item on one day; the same arguments always give the same decision."""
    return _decider(schedule, tuple(holds), today).decide(facts, zone)


def decider(schedule: Schedule, holds: Sequence[Hold], today: dt.date) -> Decider:
    """Return a decider for many items of one night; it answers exactly as ``decide`` does."""
    return _decider(schedule, tuple(holds), today)


@lru_cache(maxsize=4)
def _decider(schedule: Schedule, holds: tuple[Hold, ...], today: dt.date) -> Decider:
    return Decider(schedule, HoldIndex.of(holds, today), today)


@dataclass(frozen=True, slots=True)
class _Classed:
    """Which rules an item falls under, who said so, why, and every class that it might be (for holds)."""

    rules: tuple[Rule, ...]
    refs: tuple[str, ...]
    by: str
    because: tuple[str, ...]
    possible: frozenset[str]


@dataclass(slots=True)
class Decider:
    """A schedule, the holds in force and a day, with what was worked out for folders and dates already met."""

    schedule: Schedule
    holds: HoldIndex
    today: dt.date
    _folders: dict[tuple[str, bytes], tuple[str, _Named]] = field(default_factory=dict)
    _dues: dict[tuple[object, ...], tuple[Rule, Due, tuple[str, ...]]] = field(default_factory=dict)
    _classes: dict[object, _Classed] = field(default_factory=dict)
    _refusal: str = ""

    def __post_init__(self) -> None:
        self._refusal = self.schedule.refuses(self.today)

    def decide(self, facts: Facts, zone: Zone) -> Decision:
        """Return the decision for one item."""
        folder = facts.path.rpartition(b"/")[0]
        ruled, named = self._folder(zone, folder)
        classed = self._class(facts, ruled)
        rule, due, when_ends = self._due(facts, classed, named)
        held = self._held(facts, zone, classed)
        above, ground = flagged(facts, zone)
        case = Case(facts, zone, rule, due, when_ends, classed.by, held, above, self.today, self._refusal)
        action, lane, because = judge(case)
        return Decision(
            action,
            above,
            lane,
            rule.ref,
            self.schedule.version,
            due.trigger,
            due.start,
            due.source.value if due.source else "",
            due.date,
            due.eligible,
            held,
            facts.tier,
            zone.clearance,
            (*ground, *because, *classed.because),
            due.permanent,
            rule.action.value,
            classed.by,
            action is Action.RESTRICT and zone.mode == Mode.MOVE,
        )

    def covering(self, facts: Facts, zone: Zone) -> tuple[str, ...]:
        """Return the ids of the holds that cover an item by itself, whatever else is decided on it."""
        if not self.holds.holds:
            return ()
        ruled, _named = self._folder(zone, facts.path.rpartition(b"/")[0])
        return self._held(facts, zone, self._class(facts, ruled))

    def _folder(self, zone: Zone, folder: bytes) -> tuple[str, _Named]:
        key = (zone.name, folder)
        found = self._folders.get(key)
        if found is None:
            if len(self._folders) >= _REMEMBERED:
                self._folders.clear()
            found = (_folder_rule(zone, folder), naming.triggers(folder))
            self._folders[key] = found
        return found

    def _class(self, facts: Facts, ruled: str) -> _Classed:
        given = facts.record_classes or ((ruled,) if ruled else ())
        if given:
            key = (facts.record_classes, ruled)
            found = self._classes.get(key)
            if found is None:
                found = self._given(given, "owner" if facts.record_classes else "folder")
                self._classes[key] = found
            return found
        match = self.schedule.match(facts.path, facts.suggested or None)
        found = self._classes.get(match)
        if found is None:
            possible = frozenset(candidate.ref for candidate in match.ranked if candidate.confidence >= _POSSIBLE)
            found = self._suggested(match.ref, match.confidence, match.reasons, possible)
            if len(self._classes) >= _REMEMBERED:
                self._classes.clear()
            self._classes[match] = found
        return found

    def _given(self, refs: tuple[str, ...], by: str) -> _Classed:
        known = tuple(rule for ref in refs if (rule := self.schedule.rule(ref)) is not None)
        who = "the owner's entry" if by == "owner" else "a folder rule of the zone"
        if len(known) < len(refs):
            lost = f"{who} names a class that schedule {self.schedule.version} does not have"
            return _classed((*known, self.schedule.default), "default", lost, frozenset(refs))
        return _classed(known, by, f"{', '.join(refs)} by {who}", frozenset(refs))

    def _suggested(self, ref: str, confidence: float, reasons: tuple[str, ...], possible: frozenset[str]) -> _Classed:
        rule = self.schedule.rule(ref) if ref else None
        if rule is None:
            default = self.schedule.default
            return _classed((default,), "default", f"{default.ref}: no clear record class; {reasons[0]}", possible)
        why = f"{ref} suggested ({confidence:.0%}): {'; '.join(reasons)}"
        return _classed((rule,), "suggested", why, possible | {ref})

    def _due(self, facts: Facts, classed: _Classed, named: _Named) -> tuple[Rule, Due, tuple[str, ...]]:
        entered = tuple(sorted(facts.triggers.items())) if facts.triggers else ()
        bulk = facts.same_instant > 1_000
        key = (classed.refs, named, facts.modified, facts.folder_latest, bulk, entered)
        found = self._dues.get(key)
        if found is None:
            values = _values(facts, named, self.today)
            longest = max(((rule, clock.due(rule, values)) for rule in classed.rules), key=_length)
            found = (*longest, when(*longest))
            if len(self._dues) >= _REMEMBERED:
                self._dues.clear()
            self._dues[key] = found
        return found

    def _held(self, facts: Facts, zone: Zone, classed: _Classed) -> tuple[str, ...]:
        if not self.holds.holds and not facts.frozen_by:
            return ()
        placed = self.holds.at(facts.share, zone.name, facts.owner or zone.owner, classed.possible)
        sure = placed.sure
        if placed.might_cover(facts.path):
            whole = _subject(facts, placed.place)
            sure = (*sure, *(hold.id for hold in placed.asked if hold.scope.covers(whole)))
        if facts.frozen_by:
            sure = (*sure, *(one for one in facts.frozen_by if one not in sure))
        return sure


def _subject(facts: Facts, place: Subject) -> Subject:
    dates = tuple(value.date for value in facts.triggers.values())
    return replace(
        place,
        path=facts.path,
        dates=(*dates, facts.modified) if facts.modified else dates,
        sha256=facts.sha256,
        item=facts.item,
        group=facts.group,
    )


def _classed(rules: tuple[Rule, ...], by: str, why: str, possible: frozenset[str]) -> _Classed:
    return _Classed(rules, tuple(rule.ref for rule in rules), by, (why,), possible | {rule.ref for rule in rules})


def _folder_rule(zone: Zone, folder: bytes) -> str:
    """Return the class of the deepest folder rule above an item, or an empty text."""
    best, found = -1, ""
    for below, ref in zone.record_classes.items():
        prefix = b"/".join(part for part in (zone.path.strip(b"/"), below.strip("/").encode()) if part)
        fits = not prefix or folder == prefix or folder.startswith(prefix + b"/")
        if fits and len(prefix) > best:
            best, found = len(prefix), ref
    return found


def _values(facts: Facts, named: _Named, today: dt.date) -> dict[str, TriggerValue]:
    """Gather the trigger dates of an item, the weakest first, so that stronger words replace them."""
    values = {name: value for name, value in _proxy(facts, today) if name in PROXIED}
    values.update(named)
    values.update({name: value for name, value in facts.triggers.items() if value.date >= _FIRST_CREDIBLE})
    return values


def _proxy(facts: Facts, today: dt.date) -> list[tuple[str, TriggerValue]]:
    latest = facts.untouched_since(today)
    if latest is None:
        return []
    value = TriggerValue(latest, Source.FILESYSTEM, 0.3)
    return [(name, value) for name in sorted(PROXIED)]


def _length(pair: tuple[Rule, Due]) -> tuple[int, dt.date, int]:
    """Order rules by how long they keep: permanent, then unknown, then the later date."""
    rule, due = pair
    rank = 2 if due.permanent else 1 if due.date is None else 0
    return rank, due.date or dt.date.max, rule.lasts
