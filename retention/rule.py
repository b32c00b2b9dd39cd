"""The nouns of a schedule: a rule, a fault of a rule, and who approved it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from retention.clock import Terms


class RuleAction(StrEnum):
    """What a rule asks for when retention has ended."""

    DESTROY = "destroy"
    REVIEW = "review"
    TRANSFER = "transfer"
    RETAIN = "retain"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a schedule: the line of the file (1 is the header), the rule, what kind, and a sentence.

    ``fatal`` faults keep a schedule from loading; others are named by the linter and keep it from being adopted,
    except ``advice``, which a person may accept.
    """

    row: int
    ref: str
    kind: str
    message: str
    fatal: bool = True
    advice: bool = False

    def __str__(self) -> str:
        return f"row {self.row}, {self.ref or 'no ref'}: {self.kind}: {self.message}"


class ScheduleError(ValueError):
    """A schedule cannot be used; ``faults`` holds all that was found, not only the first."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("the schedule has faults:\n" + "\n".join(f"  {fault}" for fault in self.faults))


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the schedule: a record class and what the council does with it, when, and on what authority."""

    ref: str
    function: str
    activity: str
    record_class: str
    description: str
    trigger: str
    period: str
    action: RuleAction
    authority: str
    notes: str
    verified: bool
    terms: Terms
    keywords: tuple[str, ...] = ()
    predecessor: str = ""
    row: int = 0

    @property
    def permanent(self) -> bool:
        """Whether records of this class are kept for good."""
        return self.terms.permanent

    @property
    def lasts(self) -> int:
        """About how many days the longest limb runs, for ordering only; permanent outlasts every number."""
        if self.permanent:
            return 1 << 40
        return max((limb.period.rough_days for limb in self.terms.limbs), default=1 << 30)


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved which clause of a schedule, and when; ``ref`` is ``*`` for the whole of it.

    ``clause`` is the digest of the clause as it was then: once it is edited, the approval no longer stands.
    """

    ref: str
    by: str
    on: dt.date
    clause: str = ""
