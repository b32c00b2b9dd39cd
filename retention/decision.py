"""The nouns of a decision: the zone an item lies in, what is known of it, and what was decided, with every ground."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from classifier.item import Flag, Primary, Tier
from retention import clock
from retention.clock import TriggerValue


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
class Settled:
    """What a person settled about an item: ``matters`` among p (place), l (label) and t (time), by which verb and when.

    ``until`` is the day on which they wanted to see it again. ``tier`` and ``rule`` are those of then; ``same`` says that the
    bytes still are.
    """

    matters: str
    verb: str
    on: dt.date
    until: dt.date | None = None
    tier: Tier | None = None
    rule: str = ""
    same: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an item when it is decided on.

    Either ``tier`` (with primary and flags) or ``problem`` is set; neither means that it has not been read.
    ``record_classes`` are the owner's own entries; ``suggested`` is what a reader of the text proposed, with its
    confidence. ``modified`` is the file's date in London and ``folder_latest`` the latest of its case folder;
    ``same_instant`` counts files with the very same instant. ``frozen_by`` holds ids of holds on copies or on the case
    folder. ``previous_tier`` is what the last run said, ``restricted_copy`` that the same bytes lie in restricted storage.
    ``judged`` says that a person gave the label, ``approved`` that a person approved the move of these very bytes, and
    ``persons`` holds the marks of those whom a feed says it is about. ``chance`` is the model's probability that it is
    sensitive, where the model alone decided; only a what-if looks at it.
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
    settled: Settled | None = None
    approved: bool = False
    judged: bool = False
    persons: frozenset[str] = frozenset()
    chance: float | None = None

    def untouched_since(self, today: dt.date) -> dt.date | None:
        """Return the latest plausible date of the file and its case folder: the late error is the safe one."""
        if self.modified is None or clock.untrusted(self.modified, today, same_instant=self.same_instant):
            return None
        return max(self.modified, self.folder_latest) if self.folder_latest else self.modified


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

    @property
    def disposable(self) -> bool:
        """Whether the item may stand on a list for disposal: the one test that lists, executions and what-ifs share."""
        return self.action is Action.DISPOSE and not self.held
