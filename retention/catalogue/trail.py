"""The audit log as the review pages list it, newest first, and its chain checked from where it was last found to hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from retention.catalogue.events import GENESIS, Break, chain
from retention.catalogue.tables import event

ACCESS = "access."
_COLUMNS = ("at", "actor", "action", "subject", "detail")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events are asked for: those of looking at content or all, and of whom, what and about what; empty means any."""

    access: bool = False
    actor: str = ""
    action: str = ""
    subject: str = ""


def page(connection: Connection, wanted: Wanted, before: int, limit: int) -> list[Mapping[Any, Any]]:
    """The next events, newest first, from below an id on; 0 begins."""
    statement = select(event).where(*_where(wanted)).order_by(event.c.id.desc()).limit(limit)
    if before:
        statement = statement.where(event.c.id < before)
    return list(connection.execute(statement).mappings())


def _where(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.access:
        found.append(event.c.action.startswith(ACCESS, autoescape=True))
    if wanted.actor:
        found.append(event.c.actor.in_([wanted.actor, f"person:{wanted.actor}"]))
    if wanted.action:
        found.append(event.c.action.startswith(wanted.action, autoescape=True))
    if wanted.subject:
        found.append(event.c.subject == wanted.subject)
    return found


@dataclass(frozen=True, slots=True)
class Proven:
    """How far the chain was found to hold: up to which event and hash, how many events; or where it breaks."""

    last: int = 0
    hash: str = GENESIS
    events: int = 0
    broken: Break | None = None


def prove(connection: Connection, known: Proven) -> Proven:
    """Walk the chain from where it was last found to hold; ``Proven()`` begins at its start."""
    previous, last, events = known.hash, known.last, known.events
    wanted = select(event).where(event.c.id > last).order_by(event.c.id)
    for found in connection.execution_options(yield_per=5_000).execute(wanted):
        row = {name: getattr(found, name) for name in _COLUMNS}
        if found.previous != previous:
            return Proven(last, previous, events, Break(found.id, "an event before it is missing or was added"))
        if chain(previous, row) != found.hash:
            return Proven(last, previous, events, Break(found.id, "it was changed after it was written"))
        previous, last, events = found.hash, found.id, events + 1
    return Proven(last, previous, events)


def newest(connection: Connection) -> int:
    """The id of the newest event; 0 when there is none."""
    return int(connection.execute(select(func.max(event.c.id))).scalar() or 0)
