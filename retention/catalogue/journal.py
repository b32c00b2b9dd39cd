"""Moves as the review pages list them: by state and run, newest first, a page at a time, each with the zone that it came from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from retention.catalogue.tables import event, folder, item, move, run
from retention.vault import FINAL, Step

# What a person tells apart; the steps between are how far a move has come.
STATES: Mapping[str, tuple[str, ...]] = {
    "restricted": (Step.REMOVED.value,),
    "going": tuple(sorted(step.value for step in set(Step) - FINAL)),
    "waits": (Step.KEPT.value, Step.FROZEN.value),
    "returned": (Step.RETURNED.value,),
    "refused": (Step.REFUSED.value,),
}
_ROW = (
    move.c.id,
    move.c.operation,
    move.c.item_id,
    move.c.run_id,
    move.c.share,
    move.c.path,
    move.c.step,
    move.c.size,
    move.c.error,
    move.c.by,
    move.c.created_at,
    move.c.updated_at,
    folder.c.zone,
    run.c.key.label("run"),
)
_JOINED = (
    move.join(item, move.c.item_id == item.c.id)
    .join(folder, item.c.folder_id == folder.c.id)
    .join(run, move.c.run_id == run.c.id)
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which moves are asked for. ``zones`` None means all; an empty text or 0 means any."""

    zones: frozenset[str] | None
    state: str = ""
    run: int = 0


def state_of(step: str) -> str:
    """The state that a step belongs to."""
    return next(name for name, steps in STATES.items() if step in steps)


def reference(operation: str) -> str:
    """The short reference of a move, as its pointer note shows it."""
    return f"R-{operation[:4]}-{operation[4:8]}".upper()


def page(connection: Connection, wanted: Wanted, before: int, limit: int) -> list[Mapping[Any, Any]]:
    """The next moves, newest first, from below an id on; 0 begins."""
    statement = _select(wanted).order_by(move.c.id.desc()).limit(limit)
    if before:
        statement = statement.where(move.c.id < before)
    return list(connection.execute(statement).mappings())


def _select(wanted: Wanted) -> Select[Any]:
    return select(*_ROW).select_from(_JOINED).where(*_where(wanted))


def _where(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.zones is not None:
        found.append(folder.c.zone.in_(sorted(wanted.zones)))
    if wanted.state:
        found.append(move.c.step.in_(STATES[wanted.state]))
    if wanted.run:
        found.append(move.c.run_id == wanted.run)
    return found


def counts(connection: Connection, wanted: Wanted) -> dict[str, tuple[int, int]]:
    """How many moves are in each state, and how many bytes they are."""
    statement = (
        select(move.c.step, func.count(), func.sum(move.c.size))
        .select_from(_JOINED if wanted.zones is not None else move)
        .where(*_where(wanted))
        .group_by(move.c.step)
    )
    found = dict.fromkeys(STATES, (0, 0))
    for step, number, size in connection.execute(statement):
        before = found[state_of(step)]
        found[state_of(step)] = (before[0] + number, before[1] + int(size or 0))
    return found


def one(connection: Connection, move_id: int) -> Mapping[Any, Any] | None:
    """One move with its zone and run."""
    return connection.execute(select(*_ROW).select_from(_JOINED).where(move.c.id == move_id)).mappings().first()


def of_items(connection: Connection, items: Collection[int]) -> dict[int, int]:
    """The newest move of each of some items."""
    newest = select(move.c.item_id, func.max(move.c.id)).where(move.c.item_id.in_(list(items))).group_by(move.c.item_id)
    return {row[0]: row[1] for row in connection.execute(newest)}


def happened(connection: Connection, subject: str) -> list[Mapping[Any, Any]]:
    """What the audit log says of a reference, oldest first."""
    wanted = (event.c.at, event.c.actor, event.c.action, event.c.detail)
    return list(
        connection.execute(select(*wanted).where(event.c.subject == subject).order_by(event.c.id).limit(200)).mappings()
    )


def runs(connection: Connection) -> list[Mapping[Any, Any]]:
    """The newest runs that moved anything, for a person to choose from."""
    statement = (
        select(run.c.id, run.c.key, run.c.started_at)
        .where(run.c.id.in_(select(move.c.run_id).distinct()))
        .order_by(run.c.id.desc())
        .limit(60)
    )
    return list(connection.execute(statement).mappings())
