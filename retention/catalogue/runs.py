"""Runs, their finished parts, and the verdicts of their gates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, update

from retention.catalogue.tables import gate, part, run
from retention.catalogue.upsert import insert_or_leave, insert_or_update


@dataclass(frozen=True, slots=True)
class Run:
    """One night. ``later`` says that a newer night has begun, so that this one may only repeat what it said."""

    id: int
    key: str
    report_only: bool
    shards: int
    versions: Mapping[str, str]
    figures: Mapping[str, Any]
    started_at: dt.datetime
    later: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gate said: one sentence for a person and the figures behind it."""

    name: str
    passed: bool
    sentence: str
    figures: Mapping[str, Any]


def begin(
    connection: Connection, key: str, kind: str, *, report_only: bool, versions: Mapping[str, str], now: dt.datetime
) -> None:
    """Make a run's row, or leave it as it is when the run has begun already."""
    insert_or_leave(
        connection,
        run,
        {
            "key": key,
            "kind": kind,
            "started_at": now,
            "report_only": report_only,
            "shards": 0,
            "versions": dict(versions),
            "figures": {},
        },
    )  # fmt: skip - one row, spelled out


def find(connection: Connection, key: str) -> Run | None:
    """Give a run by its key."""
    row = connection.execute(select(run).where(run.c.key == key)).first()
    if row is None:
        return None
    newest = connection.execute(select(func.max(run.c.id)).where(run.c.kind == row.kind)).scalar_one()
    return Run(row.id, row.key, row.report_only, row.shards, row.versions, row.figures, row.started_at, newest > row.id)


def newest(connection: Connection, kind: str = "nightly") -> Run | None:
    """Give the run that began last."""
    key = connection.execute(select(run.c.key).where(run.c.kind == kind).order_by(run.c.id.desc()).limit(1)).scalar()
    return find(connection, key) if key else None


def last_good(connection: Connection, before: int, name: str) -> Mapping[str, Any]:
    """The figures of a gate in the newest earlier run that it passed; empty when there is none."""
    found = connection.execute(
        select(gate.c.figures)
        .where(gate.c.name == name, gate.c.passed, gate.c.run_id < before)
        .order_by(gate.c.run_id.desc())
        .limit(1)
    ).scalar()
    return found or {}


def set_shards(connection: Connection, run_id: int, shards: int) -> None:
    """Write down into how many shards the run divides its items; a run never changes it once set."""
    connection.execute(update(run).where(run.c.id == run_id, run.c.shards == 0).values(shards=shards))


def end(connection: Connection, run_id: int, figures: Mapping[str, Any], now: dt.datetime) -> None:
    """Close a run with its figures."""
    connection.execute(update(run).where(run.c.id == run_id).values(figures=dict(figures), ended_at=now))


def finished(connection: Connection, run_id: int, stage: str, name: str = "") -> dict[str, Any] | None:
    """What a part of the run counted when it finished, or None."""
    found = connection.execute(
        select(part.c.counts).where(part.c.run_id == run_id, part.c.stage == stage, part.c.name == name)
    ).scalar()
    return dict(found) if found is not None else None


def finish(
    connection: Connection, run_id: int, stage: str, counts: Mapping[str, Any], now: dt.datetime, name: str = ""
) -> None:
    """Write down that a part of the run finished."""
    insert_or_update(
        connection,
        part,
        ("run_id", "stage", "name"),
        {"run_id": run_id, "stage": stage, "name": name, "counts": dict(counts), "finished_at": now},
    )


def parts(connection: Connection, run_id: int, stage: str) -> dict[str, dict[str, Any]]:
    """All finished parts of one stage, by name."""
    rows = connection.execute(select(part.c.name, part.c.counts).where(part.c.run_id == run_id, part.c.stage == stage))
    return {row.name: dict(row.counts) for row in rows}


def write_verdict(connection: Connection, run_id: int, verdict: Verdict, now: dt.datetime) -> None:
    """Write a gate's verdict, over an earlier one of the same gate and run."""
    insert_or_update(
        connection,
        gate,
        ("run_id", "name"),
        {
            "run_id": run_id,
            "name": verdict.name,
            "passed": verdict.passed,
            "sentence": verdict.sentence,
            "figures": dict(verdict.figures),
            "checked_at": now,
        },
    )  # fmt: skip - one row, spelled out


def verdicts(connection: Connection, run_id: int) -> dict[str, Verdict]:
    """The verdicts of a run's gates, by name."""
    rows = connection.execute(select(gate).where(gate.c.run_id == run_id))
    return {row.name: Verdict(row.name, row.passed, row.sentence, row.figures) for row in rows}
