"""What must happen to one item tonight, and why: (facts, zone, schedule, holds, today) to a decision. Pure.

Precedence: an incident stops everything; what is more sensitive than its place is restricted; a hold outweighs the
schedule; permanent outweighs every period; of several rules the longest wins; an unknown trigger, an unconfirmed class,
an unread document or a schedule that is not in force ask for a person, never for a disposal.
Reasons never hold a path, a file name or a word of a document.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeVar

from classifier.item import Flag
from retention import clock, matching, naming
from retention.clock import PROXIED, Due, Source, TriggerValue
from retention.decision import Action, Decision, Facts, Mode, Zone
from retention.hold import Hold, HoldIndex, Placed, Subject
from retention.schedule import Rule, Schedule
from retention.verdict import Case, flagged, judge, moves_now, when

__all__ = ["Action", "Decider", "Decision", "Facts", "Mode", "Zone", "decide", "decider"]

_FIRST_CREDIBLE = dt.date(1900, 1, 1)
_PROXIED = tuple(sorted(PROXIED))
_REMEMBERED = 20_000
_MATCHES = 400_000  # small entries: a number and a class that many share
_POSSIBLE = 0.45  # from here on a hold on a class covers an item that may belong to it
_Named = tuple[tuple[str, TriggerValue], ...]
_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


def decide(facts: Facts, zone: Zone, schedule: Schedule, holds: Sequence[Hold], today: dt.date) -> Decision:
    """Return the decision for one item on one day; the same arguments always give the same decision."""
    return _decider(schedule, tuple(holds), today).decide(facts, zone)


def decider(schedule: Schedule, holds: Sequence[Hold], today: dt.date) -> Decider:
    """Return a decider for many items of one night; it answers exactly as ``decide`` does."""
    return _decider(schedule, tuple(holds), today)


@lru_cache(maxsize=4)
def _decider(schedule: Schedule, holds: tuple[Hold, ...], today: dt.date) -> Decider:
    return Decider(schedule, HoldIndex.of(holds, today), today)


@dataclass(frozen=True, slots=True, eq=False)
class _Classed:
    """Which rules an item falls under, who said so, why, and every class that it might be (for holds)."""

    rules: tuple[Rule, ...]
    refs: tuple[str, ...]
    by: str
    because: tuple[str, ...]
    possible: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class _Ending:
    """When the longest of an item's rules ends, told in a sentence; ``since`` is when it was last touched."""

    rule: Rule
    due: Due
    when: tuple[str, ...]
    since: dt.date | None


@dataclass(slots=True)
class Decider:
    """A schedule, the holds in force and a day, with what was worked out for folders and dates already met."""

    schedule: Schedule
    holds: HoldIndex
    today: dt.date
    _words: matching.Index = field(init=False)
    _refusal: str = ""
    _folders: dict[tuple[int, bytes], tuple[Zone, str, _Named]] = field(default_factory=dict)
    _dues: dict[tuple[object, ...], _Ending] = field(default_factory=dict)
    _given: dict[tuple[object, ...], _Classed] = field(default_factory=dict)
    _matched: dict[int, _Classed] = field(default_factory=dict)
    _alike: dict[tuple[object, ...], _Classed] = field(default_factory=dict)
    _made: dict[tuple[object, ...], tuple[Zone, Decision]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._refusal = self.schedule.refuses(self.today)
        self._words = matching.index(self.schedule)

    def decide(self, facts: Facts, zone: Zone) -> Decision:
        """Return the decision for one item; items that differ in nothing that counts get the very same one."""
        _, ruled, named = self._folder(zone, facts.path.rpartition(b"/")[0])
        match = self._with_text if facts.suggested else self._by_path
        classed = match(facts, ruled)
        ending = self._due(facts, classed, named)
        held = self._held(facts, zone, classed)
        label = (
            facts.tier,
            facts.problem,
            facts.previous_tier,
            Flag.MARKED in facts.flags,
            Flag.UNCERTAIN in facts.flags,
        )
        people = (facts.settled, facts.approved, facts.judged)
        key = (id(zone), classed, ending, held, label, people, facts.restricted_copy)
        found = self._made.get(key)
        if found is None:
            found = _kept(self._made, key, (zone, self._weigh(facts, zone, classed, ending, held)))
        return found[1]

    def _weigh(self, facts: Facts, zone: Zone, classed: _Classed, ending: _Ending, held: tuple[str, ...]) -> Decision:
        rule, due = ending.rule, ending.due
        above, ground = flagged(facts, zone)
        case = Case(facts, zone, rule, due, ending.when, classed.by, held, above, self.today, self._refusal)
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
            action is Action.RESTRICT and moves_now(facts, zone),
        )

    def covering(
        self, zone: Zone, path: bytes, classes: tuple[str, ...], owner: str, whole: Callable[[], Facts]
    ) -> tuple[str, ...]:
        """Return the ids of the holds that cover an item by itself, from its place and the classes and owner entered for it.

        ``whole`` gives all that is known of it, and is only asked where a hold wants to know more.
        """
        if not self.holds.holds:
            return ()
        _, ruled, _named = self._folder(zone, path.rpartition(b"/")[0])
        placed = self.holds.at(zone.share, zone.name, owner or zone.owner, self._class(path, classes, ruled).possible)
        if not placed.might_cover(path):
            return placed.sure
        return _asked(placed, whole())

    def _folder(self, zone: Zone, folder: bytes) -> tuple[Zone, str, _Named]:
        key = (id(zone), folder)
        found = self._folders.get(key)
        if found is None:
            found = _kept(self._folders, key, (zone, _folder_rule(zone, folder), naming.triggers(folder)))
        return found

    def _class(self, path: bytes, entered: tuple[str, ...], ruled: str) -> _Classed:
        if entered or ruled:
            named = (entered, ruled)
            found = self._given.get(named)
            if found is None:
                found = _kept(self._given, named, self._named(entered or (ruled,), "owner" if entered else "folder"))
            return found
        key = self._words.key(path)
        found = self._matched.get(key)
        if found is None:
            made = self._of_match(self._words.candidates(key))
            if len(self._matched) >= _MATCHES:
                self._matched.clear()
            found = self._matched[key] = made
        return found

    def _by_path(self, facts: Facts, ruled: str) -> _Classed:
        return self._class(facts.path, facts.record_classes, ruled)

    def _with_text(self, facts: Facts, ruled: str) -> _Classed:
        if facts.record_classes or ruled:
            return self._by_path(facts, ruled)
        return self._of_match(self.schedule.match(facts.path, facts.suggested))

    def _of_match(self, match: matching.Candidates) -> _Classed:
        possible = frozenset(candidate.ref for candidate in match.ranked if candidate.confidence >= _POSSIBLE)
        key = (match.ref, match.confidence, match.reasons, possible)
        found = self._alike.get(key)
        if found is None:
            found = _kept(self._alike, key, self._suggested(match.ref, match.confidence, match.reasons, possible))
        return found

    def _named(self, refs: tuple[str, ...], by: str) -> _Classed:
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

    def _due(self, facts: Facts, classed: _Classed, named: _Named) -> _Ending:
        entered = tuple(sorted(facts.triggers.items())) if facts.triggers else ()
        since = facts.untouched_since(self.today)
        key = (classed.refs, named, since, entered)
        found = self._dues.get(key)
        if found is None:
            values = _values(facts, named, since)
            rule, due = max(((rule, clock.due(rule, values)) for rule in classed.rules), key=_length)
            found = _kept(self._dues, key, _Ending(rule, due, when(rule, due), since))
        return found

    def _held(self, facts: Facts, zone: Zone, classed: _Classed) -> tuple[str, ...]:
        if not self.holds.holds and not facts.frozen_by:
            return ()
        placed = self.holds.at(facts.share, zone.name, facts.owner or zone.owner, classed.possible)
        sure = _asked(placed, facts) if placed.might_cover(facts.path) else placed.sure
        if facts.frozen_by:
            sure = (*sure, *(one for one in facts.frozen_by if one not in sure))
        return sure


def _kept(memory: dict[_Key, _Value], key: _Key, value: _Value) -> _Value:
    """Remember what was worked out, starting anew when there is much of it."""
    if len(memory) >= _REMEMBERED:
        memory.clear()
    memory[key] = value
    return value


def _asked(placed: Placed, facts: Facts) -> tuple[str, ...]:
    whole = _subject(facts, placed.place)
    return (*placed.sure, *(hold.id for hold in placed.asked if hold.scope.covers(whole)))


def _subject(facts: Facts, place: Subject) -> Subject:
    dates = tuple(value.date for value in facts.triggers.values())
    return replace(
        place,
        path=facts.path,
        dates=(*dates, facts.modified) if facts.modified else dates,
        sha256=facts.sha256,
        item=facts.item,
        group=facts.group,
        persons=facts.persons,
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


def _values(facts: Facts, named: _Named, since: dt.date | None) -> dict[str, TriggerValue]:
    """Gather the trigger dates of an item, the weakest first, so that stronger words replace them."""
    proxy = None if since is None else TriggerValue(since, Source.FILESYSTEM, 0.3)
    values = {} if proxy is None else dict.fromkeys(_PROXIED, proxy)
    values.update(named)
    values.update({name: value for name, value in facts.triggers.items() if value.date >= _FIRST_CREDIBLE})
    return values


def _length(pair: tuple[Rule, Due]) -> tuple[int, dt.date, int]:
    """Order rules by how long they keep: permanent, then unknown, then the later date."""
    rule, due = pair
    rank = 2 if due.permanent else 1 if due.date is None else 0
    return rank, due.date or dt.date.max, rule.lasts
