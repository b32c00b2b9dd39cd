"""The states of a disposal batch: listed, reviewed by the owner, the records manager and the archivist, authorised, executed.

Threat: records destroyed by one person, by default, under a hold, from a list that changed after approval, or before their
day. So the proposer never approves, every approval names the hash of the list and runs out, silence keeps everything, each
item is examined again in the very transaction that removes it, and any difference withdraws it. Accepted: approvers who
collude; a file system that lies about what it removed (the certificate lists what may remain).
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from classifier.item import Tier
from retention.decision import Decision
from retention.schedule import Schedule

APPROVALS_LAST = dt.timedelta(days=28)
REMIND = (dt.timedelta(days=14), dt.timedelta(days=28))
ESCALATE = dt.timedelta(days=42)
LAPSE = dt.timedelta(days=56)


class State(StrEnum):
    """Where a batch stands. Every step is a person's, except listing and executing."""

    LISTED = "listed"
    OWNER_REVIEW = "owner_review"
    RM_REVIEW = "rm_review"
    ARCHIVE_APPRAISAL = "archive_appraisal"
    AUTHORISED = "authorised"
    EXECUTING = "executing"
    EXECUTED = "executed"
    WITHDRAWN = "withdrawn"
    RETAINED = "retained"


class Role(StrEnum):
    """In what capacity somebody approves."""

    OWNER = "information asset owner"
    RECORDS_MANAGER = "records manager"
    ARCHIVIST = "archivist"


class Method(StrEnum):
    """What is done with the items of a batch."""

    DESTROY = "destroy"
    TRANSFER = "transfer"


_ASKED = {
    State.OWNER_REVIEW: Role.OWNER,
    State.RM_REVIEW: Role.RECORDS_MANAGER,
    State.ARCHIVE_APPRAISAL: Role.ARCHIVIST,
}


class DisposalError(ValueError):
    """A step of a disposal was refused; the message names the rule and never an item."""


@dataclass(frozen=True, slots=True)
class Caps:
    """The most one batch may hold; above it a named second person must say so."""

    items: int = 20_000
    bytes: int = 200 << 30
    lifted_by: str = ""

    def hold_back(self, entries: Sequence[Entry], proposer: str) -> bool:
        """Whether a list is too large and nobody but its proposer says otherwise."""
        large = len(entries) > self.items or sum(entry.size for entry in entries) > self.bytes
        return large and self.lifted_by.strip() in ("", proposer)


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a list, exactly as it was when the list was made. ``modified_ns`` is nanoseconds since 1970, ``size`` bytes."""

    item: str
    share: str
    path: bytes
    sha256: str
    size: int
    modified_ns: int
    device: int
    inode: int
    rule: str
    trigger: str
    start: dt.date | None
    due: dt.date
    tier: Tier | None
    folder: str = ""
    copies: int = 0


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved, in which role, on which day, for the list with which hash."""

    by: str
    role: Role
    on: dt.date
    list_hash: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An item taken off a list, why, and when; ``until`` when the owner keeps it longer."""

    item: str
    reason: str
    on: dt.date
    by: str = ""
    until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A list on its way to disposal. Items can only leave it, so an approval of the list covers whatever still stands."""

    id: str
    zone: str
    method: Method
    schedule: str
    schedule_digest: str
    proposer: str
    proposed_on: dt.date
    entries: tuple[Entry, ...]
    list_hash: str
    state: State = State.LISTED
    since: dt.date = dt.date.min
    needs_archivist: bool = False
    editors: tuple[str, ...] = ()
    approvals: tuple[Approval, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()

    @property
    def standing(self) -> tuple[Entry, ...]:
        """The entries that nobody has withdrawn."""
        gone = {withdrawal.item for withdrawal in self.withdrawals}
        return tuple(entry for entry in self.entries if entry.item not in gone)

    @property
    def highest(self) -> Tier:
        """The highest tier on the list; an item without one counts as the highest that can be destroyed."""
        return max((Tier.T4 if entry.tier is None else entry.tier for entry in self.entries), default=Tier.T0)

    @property
    def done(self) -> bool:
        """Whether the batch has ended, one way or another."""
        return self.state in (State.EXECUTED, State.WITHDRAWN, State.RETAINED)


def list_hash(batch_id: str, method: Method, schedule_digest: str, entries: Iterable[Entry]) -> str:
    """Return the SHA-256 (hex) that approvals name: of every fact of every entry, the method and the schedule."""
    lines = [json.dumps([batch_id, method, schedule_digest])]
    lines += [json.dumps([_plain(getattr(entry, name)) for name in Entry.__slots__]) for entry in entries]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value.isoformat() if isinstance(value, dt.date) else value


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a person wants done with a list: ``archivist`` asks for an appraisal even where nothing is transferred."""

    id: str
    zone: str
    method: Method
    by: str
    archivist: bool = False


def propose(
    proposal: Proposal, entries: Sequence[Entry], schedule: Schedule, today: dt.date, caps: Caps | None = None
) -> Batch:
    """Make a list of due items into a batch that waits for the owner.

    Raises ``DisposalError`` when the schedule is not in force, an entry is not due, the list is empty or has an item twice,
    or it is above the caps and no second person allows that by name.
    """
    refusal = schedule.refuses(today)
    if refusal:
        raise DisposalError(refusal)
    _check_list(entries, schedule, today)
    limits = caps or Caps()
    if limits.hold_back(entries, proposal.by):
        raise DisposalError(
            f"the list is above the caps ({limits.items} items, {limits.bytes} bytes): a second person must allow it"
        )
    if not proposal.by.strip():
        raise DisposalError("a list is proposed by somebody")
    ordered = tuple(sorted(entries, key=lambda entry: (entry.folder, entry.item)))
    return Batch(
        id=proposal.id,
        zone=proposal.zone,
        method=proposal.method,
        schedule=schedule.version,
        schedule_digest=schedule.digest,
        proposer=proposal.by,
        proposed_on=today,
        entries=ordered,
        list_hash=list_hash(proposal.id, proposal.method, schedule.digest, ordered),
        state=State.OWNER_REVIEW,
        since=today,
        needs_archivist=proposal.archivist or proposal.method is Method.TRANSFER,
        editors=schedule.edited_by,
    )


def _check_list(entries: Sequence[Entry], schedule: Schedule, today: dt.date) -> None:
    if not entries:
        raise DisposalError("the list is empty")
    if max(Counter(entry.item for entry in entries).values()) > 1:
        raise DisposalError("an item stands on the list twice")
    early = sum(entry.due >= today for entry in entries)
    if early:
        raise DisposalError(f"{early} items are not past their last day of retention")
    strangers = {entry.rule for entry in entries} - set(schedule.by_ref)
    if strangers:
        raise DisposalError(f"the schedule has no rule {', '.join(sorted(strangers))}")


def approve(batch: Batch, *, by: str, role: Role, seen_hash: str, today: dt.date) -> Batch:
    """Approve the list in the role that is asked for now, and pass it on.

    Two records managers are needed where the list holds T4 or unlabelled items. Raises ``DisposalError`` for the proposer,
    an editor of the schedule, somebody who approved before, the wrong role, another list, or a batch that ran out.
    """
    asked = _ASKED.get(batch.state)
    if asked is None:
        raise DisposalError(f"nothing is asked of anybody while a batch is {batch.state}")
    if role is not asked:
        raise DisposalError(f"the {asked} is asked now")
    if not by.strip() or by == batch.proposer:
        raise DisposalError("the proposer never approves")
    if by in batch.editors:
        raise DisposalError("who edits the schedule does not approve the disposal it causes")
    if any(approval.by == by for approval in batch.approvals):
        raise DisposalError("each approval is another person's")
    if seen_hash != batch.list_hash:
        raise DisposalError("the list that was seen is not the list that is asked about")
    if today - batch.since >= LAPSE:
        raise DisposalError("the time to answer has run out; everything is retained")
    signed = replace(batch, approvals=(*batch.approvals, Approval(by, role, today, seen_hash)))
    return replace(signed, state=_next(signed), since=today)


def _next(batch: Batch) -> State:
    if batch.state is State.OWNER_REVIEW:
        return State.RM_REVIEW
    managers = sum(approval.role is Role.RECORDS_MANAGER for approval in batch.approvals)
    if batch.state is State.RM_REVIEW and managers < (2 if batch.highest >= Tier.T4 else 1):
        return State.RM_REVIEW
    if batch.state is State.RM_REVIEW and batch.needs_archivist:
        return State.ARCHIVE_APPRAISAL
    return State.AUTHORISED


def withdraw(batch: Batch, item: str, *, reason: str, on: dt.date, by: str = "", until: dt.date | None = None) -> Batch:
    """Take an item off a list: it changed, is held, or somebody keeps it longer. The last one to go ends the batch."""
    if batch.done or all(entry.item != item for entry in batch.standing):
        return batch
    less = replace(batch, withdrawals=(*batch.withdrawals, Withdrawal(item, reason, on, by, until)))
    return less if less.standing or less.state is State.EXECUTING else replace(less, state=State.WITHDRAWN, since=on)


def refuse(batch: Batch, *, by: str, reason: str, on: dt.date) -> Batch:
    """Refuse a whole list with a reason: everything on it is retained."""
    if batch.done or batch.state is State.EXECUTING:
        raise DisposalError(f"a batch that is {batch.state} cannot be refused")
    if not by.strip() or not reason.strip():
        raise DisposalError("a refusal has a name and a reason")
    gone = tuple(Withdrawal(entry.item, reason, on, by) for entry in batch.standing)
    return replace(batch, state=State.RETAINED, since=on, withdrawals=(*batch.withdrawals, *gone))


def chase(batch: Batch, today: dt.date) -> tuple[Batch, str]:
    """Return the batch as it stands after so much silence, with what to tell whom: silence only ever retains."""
    if batch.state not in (*_ASKED, State.AUTHORISED):
        return batch, ""
    waited = today - batch.since
    if batch.state is State.AUTHORISED:
        if waited < APPROVALS_LAST:
            return batch, ""
        return replace(batch, state=State.RETAINED, since=today), "the approvals ran out before execution: retained"
    if waited >= LAPSE:
        return replace(batch, state=State.RETAINED, since=today), "no answer: retained, and reported to the SIRO"
    if waited >= ESCALATE:
        return batch, f"no answer from the {_ASKED[batch.state]} for {waited.days} days: escalated to the SIRO"
    reminded = [after for after in REMIND if waited >= after]
    return batch, f"reminder {len(reminded)} to the {_ASKED[batch.state]}" if reminded else ""


def start(batch: Batch, schedule: Schedule, today: dt.date) -> Batch:
    """Begin, or after a crash go on with, the execution of an authorised batch.

    Raises ``DisposalError`` when it is not authorised, the approvals ran out or name another list, or the schedule changed
    or is not in force.
    """
    if batch.state not in (State.AUTHORISED, State.EXECUTING):
        raise DisposalError(f"a batch that is {batch.state} is not executed")
    entries_hash = list_hash(batch.id, batch.method, batch.schedule_digest, batch.entries)
    if entries_hash != batch.list_hash or any(approval.list_hash != entries_hash for approval in batch.approvals):
        raise DisposalError("the list is not the one that was approved")
    if _granted(batch) is not State.AUTHORISED:
        raise DisposalError("an approval is missing")
    if max(approval.on for approval in batch.approvals) + APPROVALS_LAST <= today:
        raise DisposalError("the approvals have run out")
    refusal = schedule.refuses(today)
    if refusal or (schedule.version, schedule.digest) != (batch.schedule, batch.schedule_digest):
        raise DisposalError(refusal or f"the schedule in force is no longer {batch.schedule}")
    return batch if batch.state is State.EXECUTING else replace(batch, state=State.EXECUTING, since=today)


def _granted(batch: Batch) -> State:
    """Replay the approvals from the start: the state they lead to is what counts, not the one that is stored."""
    walked = replace(batch, state=State.OWNER_REVIEW, approvals=(), since=batch.proposed_on)
    try:
        for one in batch.approvals:
            walked = approve(walked, by=one.by, role=one.role, seen_hash=one.list_hash, today=one.on)
    except DisposalError:
        return State.OWNER_REVIEW
    return walked.state


@dataclass(frozen=True, slots=True)
class Present:
    """An item as it is at the moment of removal: its identity on disk, and the decision taken on it afresh."""

    share: str
    path: bytes
    sha256: str
    size: int
    modified_ns: int
    device: int
    inode: int
    tier: Tier | None
    decision: Decision


def recheck(entry: Entry, now: Present | None, batch: Batch) -> str:
    """Say why an item may not be removed after all, or return an empty text. Any difference is a reason."""
    if now is None:
        return "gone before it was executed"
    for name in ("share", "path", "sha256", "size", "modified_ns", "device", "inode"):
        if getattr(now, name) != getattr(entry, name):
            return f"changed since it was listed: {name.removesuffix('_ns')}"
    decision = now.decision
    if decision.held:
        return "under a hold"
    same = (now.tier, decision.schedule, decision.rule, decision.due) == (
        entry.tier,
        batch.schedule,
        entry.rule,
        entry.due,
    )
    if not same:
        return "its label, rule or date is no longer what was listed"
    return "" if decision.disposable and decision.disposal == batch.method else "no longer due for this disposal"
