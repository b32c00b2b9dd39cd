"""What must happen to one item tonight, and why: (facts, zone, schedule, holds, today) to a decision. Pure.

Precedence: an incident stops everything; what is more sensitive than its place is restricted; a hold outweighs the
schedule; permanent outweighs every period; of several rules the longest wins; an unknown trigger, an unconfirmed class,
an unread document or a schedule that is not in force ask for a person, never for a disposal.
Reasons never hold a path, a file name or a word of a document.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from classifier.item import Flag, Primary, Tier
from retention import clock, naming
from retention.clock import PROXIED, Due, Source, TriggerValue
from retention.hold import Hold, HoldIndex, Subject
from retention.schedule import Rule, RuleAction, Schedule

_FIRST_CREDIBLE = dt.date(1900, 1, 1)
_STRONG = frozenset({Source.FEED, Source.OWNER, Source.SCHEDULE})
_REMEMBERED = 500_000
_POSSIBLE = 0.45  # from here on a hold on a class covers an item that may belong to it
_Named = tuple[tuple[str, TriggerValue], ...]


class Mode(StrEnum):
    """What the owner of a zone lets the product do with an item that is too sensitive for it."""

    REPORT = "report"
    APPROVE = "approve"
    MOVE = "move"


class Action(StrEnum):
    """What a decision asks for. ``dispose`` only ever means: may be put on a list for people to approve."""

    KEEP = "keep"
    RESTRICT = "restrict"
    REVIEW = "review"
    DISPOSE = "dispose"


@dataclass(frozen=True, slots=True)
class Zone:
    """A declared place: whose it is, how sensitive its contents may be, and what may be done there.

    ``path`` is a folder within the share, empty for all of it. ``record_classes`` maps folders below ``path`` (empty for
    the whole zone) to a record class; the deepest wins. ``exposure`` says that broad groups can read it. A ``sealed`` zone
    is known by its metadata only.
    """

    name: str
    share: str
    path: bytes = b""
    owner: str = ""
    clearance: Tier = Tier.T1
    mode: Mode | str = Mode.REPORT
    sealed: bool = False
    record_classes: Mapping[str, str] = field(default_factory=dict)
    exposure: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an item when it is decided on.

    Either ``tier`` (with primary and flags) or ``problem`` is set; neither means that it has not been read.
    ``record_classes`` are the owner's own entries; ``suggested`` is what a reader of the text proposed, with its
    confidence. ``modified`` is the file's date in London and ``folder_latest`` the latest of its case folder;
    ``same_instant`` counts files with the very same instant. ``frozen_by`` holds ids of holds on copies or on the case
    folder. ``previous_tier`` is what the last run said, ``restricted_copy`` that the same bytes lie in restricted storage.
    """

    share: str
    path: bytes
    size: int = 0
    modified: dt.date | None = None
    tier: Tier | None = None
    primary: Primary | None = None
    flags: frozenset[Flag] = frozenset()
    problem: str = ""
    triggers: Mapping[str, TriggerValue] = field(default_factory=dict)
    record_classes: tuple[str, ...] = ()
    suggested: str = ""
    suggested_confidence: float = 0.0
    suggested_reasons: tuple[str, ...] = ()
    copies: int = 1
    item: str = ""
    sha256: str = ""
    owner: str = ""
    group: str = ""
    same_instant: int = 1
    folder_latest: dt.date | None = None
    frozen_by: tuple[str, ...] = ()
    previous_tier: Tier | None = None
    restricted_copy: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """One item, one action, with every ground for it.

    ``due`` is the last day of retention and ``eligible`` the day after; both are empty when permanent or unknown.
    ``disposal`` says what a due rule asks for (destroy, transfer, review). ``class_by`` says who named the class:
    owner, folder, suggested or default. ``automatic`` is true only where the zone's owner lets the product act at once.
    """

    action: Action
    flagged: bool
    lane: str
    rule: str
    schedule: str
    trigger: str
    start: dt.date | None
    start_source: str
    due: dt.date | None
    eligible: dt.date | None
    held: tuple[str, ...]
    tier: Tier | None
    clearance: Tier
    because: tuple[str, ...]
    permanent: bool = False
    disposal: str = ""
    class_by: str = ""
    automatic: bool = False


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
    _dues: dict[tuple[object, ...], tuple[Rule, Due]] = field(default_factory=dict)
    _classes: dict[tuple[object, ...], _Classed] = field(default_factory=dict)
    _refusal: str = ""

    def __post_init__(self) -> None:
        self._refusal = self.schedule.refuses(self.today)

    def decide(self, facts: Facts, zone: Zone) -> Decision:
        """Return the decision for one item."""
        folder = facts.path.rpartition(b"/")[0]
        ruled, named = self._folder(zone, folder)
        classed = self._class(facts, ruled)
        rule, due = self._due(facts, classed, named)
        held = self._held(facts, zone, folder, classed)
        flagged, ground = _flagged(facts, zone)
        case = _Case(facts, zone, rule, due, classed.by, held, flagged, self.today, self._refusal)
        action, lane, because = _judge(case)
        return Decision(
            action,
            flagged,
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
            key: tuple[object, ...] = (facts.record_classes, ruled)
            found = self._classes.get(key)
            if found is None:
                found = self._given(given, "owner" if facts.record_classes else "folder")
                self._classes[key] = found
            return found
        match = self.schedule.match(facts.path, facts.suggested or None)
        key = (match.ref, match.reasons, match.ranked)
        found = self._classes.get(key)
        if found is None:
            possible = frozenset(candidate.ref for candidate in match.ranked if candidate.confidence >= _POSSIBLE)
            found = self._suggested(match.ref, match.confidence, match.reasons, possible)
            if len(self._classes) >= _REMEMBERED:
                self._classes.clear()
            self._classes[key] = found
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

    def _due(self, facts: Facts, classed: _Classed, named: _Named) -> tuple[Rule, Due]:
        entered = tuple(sorted(facts.triggers.items())) if facts.triggers else ()
        bulk = facts.same_instant > 1_000
        key = (classed.refs, named, facts.modified, facts.folder_latest, bulk, entered)
        found = self._dues.get(key)
        if found is None:
            values = _values(facts, named, self.today)
            found = max(((rule, clock.due(rule, values)) for rule in classed.rules), key=_length)
            if len(self._dues) >= _REMEMBERED:
                self._dues.clear()
            self._dues[key] = found
        return found

    def _held(self, facts: Facts, zone: Zone, folder: bytes, classed: _Classed) -> tuple[str, ...]:
        if not self.holds.holds and not facts.frozen_by:
            return ()
        owner = facts.owner or zone.owner
        place = Subject(facts.share, zone.name, folder + b"/" if folder else b"", owner, classed.possible)
        sure, open_ones = self.holds.settled(place)
        if open_ones:
            dates = tuple(value.date for value in facts.triggers.values())
            dates = (*dates, facts.modified) if facts.modified else dates
            whole = Subject(
                facts.share,
                zone.name,
                facts.path,
                owner,
                classed.possible,
                dates,
                facts.sha256,
                facts.item,
                facts.group,
            )
            sure = (*sure, *(hold.id for hold in open_ones if hold.scope.covers(whole)))
        if facts.frozen_by:
            sure = (*sure, *(one for one in facts.frozen_by if one not in sure))
        return sure


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
    latest = _untouched_since(facts, today)
    if latest is None:
        return []
    value = TriggerValue(latest, Source.FILESYSTEM, 0.3)
    return [(name, value) for name in sorted(PROXIED)]


def _untouched_since(facts: Facts, today: dt.date) -> dt.date | None:
    """Return the latest plausible date of the file and its case folder: the late error is the safe one."""
    if facts.modified is None or clock.untrusted(facts.modified, today, same_instant=facts.same_instant):
        return None
    return max(facts.modified, facts.folder_latest) if facts.folder_latest else facts.modified


def _length(pair: tuple[Rule, Due]) -> tuple[int, dt.date, int]:
    """Order rules by how long they keep: permanent, then unknown, then the later date."""
    rule, due = pair
    rank = 2 if due.permanent else 1 if due.date is None else 0
    return rank, due.date or dt.date.max, rule.lasts


def _flagged(facts: Facts, zone: Zone) -> tuple[bool, tuple[str, ...]]:
    tier = facts.tier
    if tier is None:
        return False, ()
    if tier > zone.clearance:
        return True, (f"tier T{tier:d} is above the clearance T{zone.clearance:d} of its place",)
    if tier >= Tier.T3 and zone.exposure:
        return True, (f"tier T{tier:d} in a place that broad groups can read",)
    return False, ()


@dataclass(frozen=True, slots=True)
class _Case:
    """All that the last step weighs."""

    facts: Facts
    zone: Zone
    rule: Rule
    due: Due
    class_by: str
    held: tuple[str, ...]
    flagged: bool
    today: dt.date
    refusal: str

    @property
    def lapsed(self) -> bool:
        """Whether the last day of retention has passed."""
        return self.due.date is not None and self.due.date < self.today


_Verdict = tuple[Action, str, tuple[str, ...]]


def _judge(case: _Case) -> _Verdict:
    return _barred(case) or _unread(case) or (None if case.held else _ended(case)) or _waiting(case)


def _barred(case: _Case) -> _Verdict | None:
    """Answer for what outweighs the schedule: an incident, a sealed zone, a wrong place, a hold."""
    if case.facts.tier is Tier.T5:
        return Action.REVIEW, "A", ("marked SECRET or above: an incident, to be neither moved nor copied",)
    if case.zone.sealed:
        return Action.KEEP, "", ("sealed zone: known by its metadata only",)
    if case.flagged:
        return _misplaced(case)
    if case.held and case.lapsed:
        return Action.KEEP, "F", (*_when(case), f"due, but under {_holds(case)}")
    return None


def _unread(case: _Case) -> _Verdict | None:
    facts = case.facts
    if facts.tier is not None and not facts.problem:
        return None
    return Action.REVIEW, "D", (f"not read: {facts.problem or 'no reading yet'}", *_when(case))


def _misplaced(case: _Case) -> _Verdict:
    marked = Flag.MARKED in case.facts.flags
    lane = "H" if case.facts.restricted_copy else "B" if marked else "A"
    held = (f"under {_holds(case)}",) if case.held else ()
    if case.zone.mode == Mode.REPORT:
        return Action.REVIEW, lane, ("the zone is in report-only mode", *held, *_when(case))
    return Action.RESTRICT, lane, (f"the zone's mode is {case.zone.mode!s}", *held, *_when(case))


def _ended(case: _Case) -> _Verdict | None:
    """Answer for an item whose retention has ended, or that nobody has touched for as long as its rule lasts."""
    if case.lapsed:
        doubts = _doubts(case)
        if doubts:
            return Action.REVIEW, "E", (*_when(case), *doubts)
        return Action.DISPOSE, "E", (*_when(case), f"the rule says {case.rule.action.value}; people decide")
    if case.due.date is None and not case.due.permanent and _long_untouched(case):
        return Action.REVIEW, "E", (*_when(case), "untouched for longer than the rule's longest period")
    return None


def _long_untouched(case: _Case) -> bool:
    since = _untouched_since(case.facts, case.today)
    if since is None:
        return False
    limbs = case.rule.terms.limbs
    return bool(limbs) and max(clock.add(since, limb.period) for limb in limbs) < case.today


def _doubts(case: _Case) -> tuple[str, ...]:
    """Say why a person must look before a lapsed item may even be proposed for disposal."""
    found = []
    if case.rule.action not in (RuleAction.DESTROY, RuleAction.TRANSFER):
        found.append(f"the rule says {case.rule.action.value}")
    if case.refusal:
        found.append(case.refusal)
    if case.class_by == "suggested":
        found.append("the class is only suggested: a person must confirm it")
    if case.class_by == "default":
        found.append("the default rule never disposes")
    source = case.due.source
    weak = source not in _STRONG if (case.facts.tier or 0) >= Tier.T2 else source is Source.FILESYSTEM
    if weak and source is not None:
        found.append(f"the date comes from the {source.value}, which may start a review only")
    if case.due.missing:
        found.append(f"no date is known for {', '.join(case.due.missing)}")
    if Flag.UNCERTAIN in case.facts.flags:
        found.append("the label is uncertain")
    return (*found, *case.due.notes)


def _waiting(case: _Case) -> _Verdict:
    facts = case.facts
    when = _when(case)
    held = (f"under {_holds(case)}",) if case.held else ()
    if Flag.UNCERTAIN in facts.flags:
        return Action.REVIEW, "C", ("the label is uncertain", *held, *when)
    if facts.previous_tier is not None and facts.previous_tier != facts.tier:
        return Action.REVIEW, "G", (f"the tier was T{facts.previous_tier:d} at the last run", *held, *when)
    if facts.restricted_copy:
        return Action.REVIEW, "H", ("the same bytes lie in restricted storage", *held, *when)
    return Action.KEEP, "", (*held, *when)


def _when(case: _Case) -> tuple[str, ...]:
    ref, due = case.rule.ref, case.due
    if due.permanent:
        return (f"{ref}: kept permanently",)
    if due.date is None:
        return (f"{ref}: no date for {' or '.join(due.missing)}, so not disposable",)
    source = due.source.value if due.source else "none"
    return (f"{ref}: {due.limb} from {due.start} ({source}) ends on {due.date}",)


def _holds(case: _Case) -> str:
    count = len(case.held)
    return "a hold" if count == 1 else f"{count} holds"
