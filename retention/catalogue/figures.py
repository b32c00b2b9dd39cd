"""What one night counted: the numbers of the status, the gates and the report. Numbers only, never a name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select

from retention.catalogue.tables import State, decision, folder, item, label, move, reading, share

LANES = ("A", "B", "C", "D", "E", "F", "G", "H")


def night(connection: Connection, run_id: int) -> dict[str, Any]:
    """Count a night as it stands: ``found = labelled + problems + excluded`` over all that the crawl of this run met.

    What this run itself moved still counts as found and labelled: it lay there when the night began.
    """
    moved_now = select(move.c.item_id).where(move.c.run_id == run_id)
    here = and_(item.c.state == State.PRESENT, item.c.occupant == 0, item.c.absent.is_(False))
    met = or_(here, and_(item.c.state == State.RESTRICTED, item.c.id.in_(moved_now)))
    excluded = or_(item.c.excluded.is_not(None), folder.c.sealed)
    problem = and_(~excluded, reading.c.problem_kind.is_not(None))
    labelled = and_(~excluded, item.c.label_id.is_not(None), reading.c.problem_kind.is_(None))
    source = item.join(folder).join(share).outerjoin(reading, item.c.reading_id == reading.c.id)
    rows = connection.execute(
        select(
            share.c.name,
            func.count().label("found"),
            _count(labelled).label("labelled"),
            _count(problem).label("problems"),
            _count(excluded).label("excluded"),
            func.coalesce(func.sum(item.c.size), 0).label("bytes"),
        )
        .select_from(source)
        .where(met)
        .group_by(share.c.name)
        .order_by(share.c.name)
    ).mappings()
    shares = {
        row["name"]: {key: int(row[key]) for key in ("found", "labelled", "problems", "excluded", "bytes")}
        for row in rows
    }
    total = {
        key: sum(one[key] for one in shares.values()) for key in ("found", "labelled", "problems", "excluded", "bytes")
    }
    return {
        **total,
        "shares": shares,
        "opened": opened(connection, run_id),
        "queued": queued(connection),
        "moved": moved(connection, run_id),
    }


def _count(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def opened(connection: Connection, run_id: int) -> int:
    """Files that this run opened to read them."""
    from retention.catalogue.runs import parts  # noqa: PLC0415 - runs and figures would import each other

    return sum(int(counts.get("opened", 0)) for counts in parts(connection, run_id, "classify").values())


def queued(connection: Connection) -> int:
    """Items whose decision in force waits for a person."""
    in_force = item.join(decision, item.c.decision_id == decision.c.id)
    return int(
        connection.execute(
            select(func.count()).select_from(in_force).where(item.c.state == State.PRESENT, decision.c.lane != "")
        ).scalar_one()
    )


def moved(connection: Connection, run_id: int) -> int:
    """Items that this run took into restricted storage."""
    return int(
        connection.execute(
            select(func.count())
            .select_from(move.join(item, move.c.item_id == item.c.id))
            .where(move.c.run_id == run_id, item.c.state == State.RESTRICTED)
        ).scalar_one()
    )


def primaries(connection: Connection) -> dict[str, float]:
    """The share of each primary label among labelled items (0 to 1), for the drift check."""
    open_item = and_(item.c.state == State.PRESENT, item.c.occupant == 0, item.c.absent.is_(False))
    rows = connection.execute(
        select(label.c.primary, func.count())
        .select_from(item.join(label, item.c.label_id == label.c.id))
        .where(open_item)
        .group_by(label.c.primary)
    ).all()
    total = sum(row[1] for row in rows)
    return {f"share_{row[0]}": row[1] / total for row in rows} if total else {}


def breakdown(connection: Connection, run_id: int) -> dict[str, list[dict[str, Any]]]:
    """The tables behind the report: by label and tier, lane, zone, problem, format and record class."""
    moved_now = select(move.c.item_id).where(move.c.run_id == run_id)
    here = and_(item.c.occupant == 0, item.c.state == State.PRESENT, item.c.absent.is_(False))
    met = or_(here, and_(item.c.state == State.RESTRICTED, item.c.id.in_(moved_now)))
    readable = and_(met, item.c.excluded.is_(None), folder.c.sealed.is_(False))
    base = (
        item.join(folder)
        .outerjoin(reading, item.c.reading_id == reading.c.id)
        .outerjoin(label, item.c.label_id == label.c.id)
        .outerjoin(decision, item.c.decision_id == decision.c.id)
    )
    unread = reading.c.problem_kind.is_not(None)

    def table(*columns: Any, where: Any) -> list[dict[str, Any]]:
        rows = connection.execute(
            select(*columns, func.count().label("items"))
            .select_from(base)
            .where(where)
            .group_by(*columns)
            .order_by(func.count().desc())
        )
        return [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented access to a row by name

    return {
        "labels": table(label.c.primary, label.c.tier, where=and_(readable, ~unread, label.c.id.is_not(None))),
        "zones": table(
            folder.c.zone, decision.c.action, decision.c.flagged, where=and_(readable, decision.c.id.is_not(None))
        ),
        "lanes": table(decision.c.lane, where=and_(readable, item.c.state == State.PRESENT, decision.c.lane != "")),
        "problems": table(reading.c.problem_kind, where=and_(readable, unread)),
        "formats": table(reading.c.format, where=and_(readable, reading.c.id.is_not(None))),
        "excluded": table(func.coalesce(item.c.excluded, "sealed zone").label("reason"), where=and_(met, ~readable)),
        "classes": table(decision.c.rule, decision.c.class_by, where=and_(readable, decision.c.id.is_not(None))),
        "tiers": table(decision.c.tier, decision.c.clearance, where=and_(readable, decision.c.tier.is_not(None))),
    }
