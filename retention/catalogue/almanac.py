"""Runs as the review pages list them: newest first, a page at a time, with their gates and what each part counted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from retention.catalogue.tables import gate, part, run


def page(connection: Connection, before: int, limit: int) -> list[Mapping[Any, Any]]:
    """The next runs, newest first, from below an id on; 0 begins."""
    statement = select(run).order_by(run.c.id.desc()).limit(limit)
    if before:
        statement = statement.where(run.c.id < before)
    return list(connection.execute(statement).mappings())


def one(connection: Connection, run_id: int) -> Mapping[Any, Any] | None:
    """One run."""
    return connection.execute(select(run).where(run.c.id == run_id)).mappings().first()


def last(connection: Connection, *, ended: bool = False) -> Mapping[Any, Any] | None:
    """The night that began last, or the last one that came to its end."""
    statement = select(run).where(run.c.kind == "nightly").order_by(run.c.id.desc()).limit(1)
    if ended:
        statement = statement.where(run.c.ended_at.is_not(None))
    return connection.execute(statement).mappings().first()


def gates(connection: Connection, runs: Collection[int]) -> dict[int, list[Mapping[Any, Any]]]:
    """The verdicts of some runs in the order in which they were given."""
    found: dict[int, list[Mapping[Any, Any]]] = {number: [] for number in runs}
    statement = select(gate).where(gate.c.run_id.in_(list(runs))).order_by(gate.c.checked_at, gate.c.name)
    for row in connection.execute(statement).mappings():
        found[row["run_id"]].append(row)
    return found


def parts(connection: Connection, run_id: int) -> list[dict[str, Any]]:
    """The stages of a run with how many parts of each finished, when the last did, and the sums of what they counted."""
    found: dict[str, dict[str, Any]] = {}
    for row in connection.execute(select(part).where(part.c.run_id == run_id).order_by(part.c.finished_at)):
        stage = found.setdefault(row.stage, {"stage": row.stage, "parts": 0, "counts": {}})
        stage["parts"] += 1
        stage["finished_at"] = row.finished_at
        for name, value in row.counts.items():
            if isinstance(value, int) and not isinstance(value, bool):
                stage["counts"][name] = stage["counts"].get(name, 0) + value
    return list(found.values())


def newest_id(connection: Connection) -> int:
    """The id of the newest run; 0 when there is none."""
    return int(connection.execute(select(func.max(run.c.id))).scalar() or 0)
