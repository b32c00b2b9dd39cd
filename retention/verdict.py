"""The last step of a decision: all that was found about an item, weighed in order of precedence."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from classifier.item import Flag, Tier
from retention import clock
from retention.clock import Due, Source
from retention.decision import Action, Facts, Mode, Settled, Zone
from retention.schedule import Rule, RuleAction

_STRONG = frozenset({Source.FEED, Source.OWNER, Source.SCHEDULE})


def flagged(facts: Facts, zone: Zone) -> tuple[bool, tuple[str, ...]]:
    """Whether an item is more sensitive than its place, and why."""
    tier = facts.tier
    if tier is None:
        return False, ()
    if tier > zone.clearance:
        return True, (f"tier T{tier:d} is above the clearance T{zone.clearance:d} of its place",)
    if tier >= Tier.T3 and zone.exposure:
        return True, (f"tier T{tier:d} in a place that broad groups can read",)
    return False, ()


@dataclass(frozen=True, slots=True)
class Case:
    """All that the last step weighs."""

    facts: Facts
    zone: Zone
    rule: Rule
    due: Due
    when: tuple[str, ...]
    class_by: str
    held: tuple[str, ...]
    flagged: bool
    today: dt.date
    refusal: str

    @property
    def lapsed(self) -> bool:
        """Whether the last day of retention has passed."""
        return self.due.date is not None and self.due.date < self.today


Verdict = tuple[Action, str, tuple[str, ...]]


def judge(case: Case) -> Verdict:
    """Return the action, the lane of the review queue (empty for none) and the reasons."""
    if case.facts.settled is not None:
        return _with_person(case, case.facts.settled)
    return _barred(case) or _unread(case) or (None if case.held else _ended(case)) or _waiting(case)


# Which of the three matters each lane is about: p the place, l the label, t the time.
MATTERS = {"A": "p", "B": "p", "H": "p", "C": "l", "D": "l", "G": "l", "E": "t", "F": "t"}


def _with_person(case: Case, settled: Settled) -> Verdict:
    """Judge what a person has settled before: what they settled stays so until bytes, rule, tier or the day bring it back."""
    for step in (_barred, _unread, None if case.held else _ended, _waiting):
        found = step(case) if step else None
        if found is None:
            continue
        action, lane, because = found
        if not _covers(case, settled, found):
            return found
        back = _back(case, settled, MATTERS[lane])
        if back:
            return (Action.REVIEW, "G", (back, *because))
        if action is Action.DISPOSE:
            return (action, "", because)
    told = f"settled by a person on {settled.on}"
    until = f", who will look again on {settled.until}" if settled.until else ""
    held = (f"under {_holds(case)}",) if case.held else ()
    return Action.KEEP, "", (told + until, *held, *case.when)


def _covers(case: Case, settled: Settled, found: Verdict) -> bool:
    action, lane, _because = found
    if not lane or MATTERS[lane] not in settled.matters or case.facts.tier is Tier.T5:
        return False
    # Where the owner lets the product act, or a person approved the move, only a person's wish to leave it stops the move.
    return action is not Action.RESTRICT or settled.verb == "leave" or not moves_now(case.facts, case.zone)


def _back(case: Case, settled: Settled, matter: str) -> str:
    """Say why what was settled comes back; empty when it does not."""
    tier, before = case.facts.tier, settled.tier
    if not settled.same:
        return f"its bytes have changed since a person settled it on {settled.on}"
    if tier is not None and (before is None or tier > before):
        was = "it could not be read" if before is None else f"it was T{before:d}"
        return f"its tier is T{tier:d}; {was} when a person settled it on {settled.on}"
    if matter == "t" and settled.rule and settled.rule != case.rule.ref:
        return f"its rule is {case.rule.ref}; it was {settled.rule} when a person settled it on {settled.on}"
    if settled.until is not None and settled.until <= case.today:
        return f"a person settled it on {settled.on} and wanted to see it again on {settled.until}"
    return ""


def moves_now(facts: Facts, zone: Zone) -> bool:
    """Whether a flagged item may be moved without asking anybody further: by its zone's mode, or by a person's approval."""
    return zone.mode == Mode.MOVE or (zone.mode == Mode.APPROVE and facts.approved)


def _barred(case: Case) -> Verdict | None:
    """Answer for what outweighs the schedule: an incident, a sealed zone, a wrong place, a hold."""
    if case.facts.tier is Tier.T5:
        return Action.REVIEW, "A", ("marked SECRET or above: an incident, to be neither moved nor copied",)
    if case.zone.sealed:
        return Action.KEEP, "", ("sealed zone: known by its metadata only",)
    if case.flagged:
        return _misplaced(case)
    if case.held and case.lapsed:
        return Action.KEEP, "F", (*case.when, f"due, but under {_holds(case)}")
    return None


def _unread(case: Case) -> Verdict | None:
    facts = case.facts
    if facts.tier is not None and (facts.judged or not facts.problem):
        return None
    return Action.REVIEW, "D", (f"not read: {facts.problem or 'no reading yet'}", *case.when)


def _misplaced(case: Case) -> Verdict:
    marked = Flag.MARKED in case.facts.flags
    lane = "H" if case.facts.restricted_copy else "B" if marked else "A"
    held = (f"under {_holds(case)}",) if case.held else ()
    if case.zone.mode == Mode.REPORT:
        return Action.REVIEW, lane, ("the zone is in report-only mode", *held, *case.when)
    mode = "a person approved the move" if case.facts.approved else f"the zone's mode is {case.zone.mode!s}"
    return Action.RESTRICT, lane, (mode, *held, *case.when)


def _ended(case: Case) -> Verdict | None:
    """Answer for an item whose retention has ended, or that nobody has touched for as long as its rule lasts."""
    if case.lapsed:
        doubts = _doubts(case)
        if doubts:
            return Action.REVIEW, "E", (*case.when, *doubts)
        return Action.DISPOSE, "E", (*case.when, f"the rule says {case.rule.action.value}; people decide")
    if case.due.date is None and not case.due.permanent and _long_untouched(case):
        return Action.REVIEW, "E", (*case.when, "untouched for longer than the rule's longest period")
    return None


def _long_untouched(case: Case) -> bool:
    since = case.facts.untouched_since(case.today)
    if since is None:
        return False
    limbs = case.rule.terms.limbs
    return bool(limbs) and max(clock.add(since, limb.period) for limb in limbs) < case.today


def _doubts(case: Case) -> tuple[str, ...]:
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


def _waiting(case: Case) -> Verdict:
    facts = case.facts
    held = (f"under {_holds(case)}",) if case.held else ()
    if Flag.UNCERTAIN in facts.flags:
        return Action.REVIEW, "C", ("the label is uncertain", *held, *case.when)
    if facts.previous_tier is not None and facts.previous_tier != facts.tier:
        return Action.REVIEW, "G", (f"the tier was T{facts.previous_tier:d} at the last run", *held, *case.when)
    if facts.restricted_copy:
        return Action.REVIEW, "H", ("the same bytes lie in restricted storage", *held, *case.when)
    return Action.KEEP, "", (*held, *case.when)


def when(rule: Rule, due: Due) -> tuple[str, ...]:
    """Say in a sentence when a rule ends for an item, from which date and on whose word."""
    if due.permanent:
        return (f"{rule.ref}: kept permanently",)
    if due.date is None:
        return (f"{rule.ref}: no date for {' or '.join(due.missing)}, so not disposable",)
    source = due.source.value if due.source else "none"
    return (f"{rule.ref}: {due.limb} from {due.start} ({source}) ends on {due.date}",)


def _holds(case: Case) -> str:
    count = len(case.held)
    return "a hold" if count == 1 else f"{count} holds"
