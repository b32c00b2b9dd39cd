"""Who may do what: roles, the table of rights as data, and one question, ``may``. Pure.

Roles follow brief practice in councils: the records manager works the queue, an information asset owner answers for zones of their
own, approvers are not proposers, and an auditor sees all and changes nothing. A person without a role (an Airflow operator) gets
references, ids and counts, never a name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

EVERYWHERE = "*"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,59}")


class Role(StrEnum):
    """What a person is to the council's records."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    OWNER = "owner"
    RECORDS_MANAGER = "records_manager"
    APPROVER = "approver"
    AUDITOR = "auditor"


class Act(StrEnum):
    """What can be done on the pages; each route names one."""

    COUNTS = "counts"
    SEE = "see"
    SEARCH = "search"
    EXPORT = "export"
    PREVIEW = "preview"
    DECIDE = "decide"
    MOVE = "move"
    RESTORE = "restore"
    HOLD = "hold"
    RELEASE = "release"
    SCHEDULE = "schedule"
    PROPOSE = "propose"
    APPROVE = "approve"
    LOG = "log"
    SAMPLE = "sample"
    LEARN = "learn"


_V, _R, _O, _M, _P, _A = (
    Role.VIEWER,
    Role.REVIEWER,
    Role.OWNER,
    Role.RECORDS_MANAGER,
    Role.APPROVER,
    Role.AUDITOR,
)
# COUNTS stands in no row: whoever is signed in may see numbers.
RIGHTS: Mapping[Act, frozenset[Role]] = {
    Act.SEE: frozenset({_V, _R, _O, _M, _P, _A}),
    Act.SEARCH: frozenset({_V, _R, _O, _M, _P, _A}),
    Act.EXPORT: frozenset({_O, _M, _A}),
    Act.PREVIEW: frozenset({_R, _O, _M}),
    Act.DECIDE: frozenset({_R, _O, _M}),
    Act.MOVE: frozenset({_O, _M}),
    Act.RESTORE: frozenset({_M}),
    Act.HOLD: frozenset({_M}),
    Act.RELEASE: frozenset({_M, _P}),
    Act.SCHEDULE: frozenset({_V, _R, _O, _M, _P, _A}),
    Act.PROPOSE: frozenset({_M}),
    Act.APPROVE: frozenset({_O, _P}),
    Act.LOG: frozenset({_M, _A}),
    Act.SAMPLE: frozenset({_R, _M}),
    Act.LEARN: frozenset({_M}),
}
# Roles that answer for the whole council; what stands in their zones does not narrow them.
WHOLE = frozenset({Role.RECORDS_MANAGER, Role.AUDITOR})


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in. ``zones`` are names of zones, or ``*``; ``session`` tells one sign-in from another."""

    name: str
    shown: str = ""
    roles: frozenset[Role] = frozenset()
    zones: frozenset[str] = frozenset()
    session: str = ""

    @property
    def by(self) -> str:
        """How the person stands in labels, choices and the log."""
        return f"person:{self.name}"

    @property
    def title(self) -> str:
        """The name to show."""
        return self.shown or self.name


def may(person: Person, act: Act, zone: str | None = None) -> bool:
    """Whether a person may do something to what lies in a zone; without a zone, whether anywhere at all."""
    if act is Act.COUNTS:
        return True
    roles = person.roles & RIGHTS[act]
    if not roles:
        return False
    if roles & WHOLE or EVERYWHERE in person.zones:
        return True
    return bool(person.zones) if zone is None else zone in person.zones


def reach(person: Person, act: Act = Act.SEE) -> frozenset[str] | None:
    """The zones in which a person may do something; ``None`` means all of them."""
    roles = person.roles & RIGHTS.get(act, frozenset())
    if not roles:
        return frozenset()
    if roles & WHOLE or EVERYWHERE in person.zones:
        return None
    return person.zones


def usable_name(name: str) -> bool:
    """Whether a login can be used: letters, digits and ``. _ @ -``, at most sixty."""
    return bool(_NAME.fullmatch(name))
