"""Schedules, holds and batches told in lines for a terminal; what names an item is its reference, never its path."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator

from retention import linter
from retention.dispose import Batch
from retention.hold import Hold, nags
from retention.schedule import Fault, Rule, Schedule, diff


def lint_lines(faults: Iterable[Fault]) -> Iterator[str]:
    """Yield the faults of a schedule, those that block its adoption first, and a count of both kinds."""
    found = list(faults)
    blocking = linter.blocking(found)
    yield from (f"fault   {fault}" for fault in blocking)
    yield from (f"advice  {fault}" for fault in found if fault.advice)
    yield f"{len(blocking)} fault{'s' * (len(blocking) != 1)}, {len(found) - len(blocking)} to weigh"


def diff_lines(base: Schedule, other: Schedule) -> Iterator[str]:
    """Yield what another version changes, one line a field."""
    changes = diff(base, other)
    yield from map(str, changes)
    yield f"{len(changes)} differences between {base.version} and {other.version}"


def schedule_lines(schedule: Schedule, today: dt.date, ref: str = "") -> Iterator[str]:
    """Yield what a schedule says of itself, or one of its rules in full."""
    if ref:
        rule = schedule.rule(ref)
        yield from _rule_lines(rule) if rule else (f"schedule {schedule.version} has no rule {ref}",)
        yield from (f"  approved by {one.by} on {one.on}" for one in schedule.approvals_of(ref))
        return
    dates = f"adopted {schedule.adopted or 'never'}, expires {schedule.expires or 'never'}"
    yield f"schedule {schedule.version}: {len(schedule.rules)} rules, {dates}"
    yield schedule.refuses(today) or "in force: disposal under it is possible, once approved"
    if schedule.predecessor:
        yield f"taken over from {schedule.predecessor}"
    yield from (f"{one.ref} approved by {one.by} on {one.on}" for one in schedule.approvals)
    counts = Counter(rule.function for rule in schedule.rules)
    yield from (f"  {function}: {count} classes" for function, count in counts.items())


def _rule_lines(rule: Rule) -> Iterator[str]:
    yield f"{rule.ref}: {rule.record_class} ({rule.function}, {rule.activity})"
    yield f"  {rule.terms}, then {rule.action.value}"
    yield f"  authority: {rule.authority or 'none given'}{'' if rule.verified else ' (not verified)'}"
    if rule.predecessor:
        yield f"  taken over from {rule.predecessor}"
    if rule.notes:
        yield f"  {rule.notes}"


def hold_lines(holds: Iterable[Hold], today: dt.date) -> Iterator[str]:
    """Yield every hold with its state, and under it what wants attention."""
    kept = list(holds)
    said: dict[str, list[str]] = {}
    for ref, sentence in nags(kept, today):
        said.setdefault(ref, []).append(sentence)
    for hold in kept:
        state = "in force" if hold.in_force(today) else "ended"
        confirmed = f"confirmed by {hold.approved.by}" if hold.approved else "not confirmed"
        yield f"{hold.id}: {hold.title} ({hold.kind.value}), {state}, placed by {hold.placed.by} on {hold.placed.on}, {confirmed}"
        yield from (f"  {sentence}" for sentence in said.get(hold.id, ()))


def batch_lines(batch: Batch) -> Iterator[str]:
    """Yield where a batch stands, who approved it, and what was taken off it by reason."""
    size = sum(entry.size for entry in batch.standing) / (1 << 30)
    count = f"{len(batch.standing)} of {len(batch.entries)} items"
    yield f"{batch.id}: {batch.method.value}, {batch.state.value} since {batch.since}, {count}, {size:.3f} GB"
    yield f"  list {batch.list_hash}, schedule {batch.schedule}, proposed by {batch.proposer} on {batch.proposed_on}"
    yield from (f"  approved by {one.by} as {one.role.value} on {one.on}" for one in batch.approvals)
    reasons = Counter(one.reason for one in batch.withdrawals)
    yield from (f"  withdrawn: {count} ({reason})" for reason, count in reasons.items())
