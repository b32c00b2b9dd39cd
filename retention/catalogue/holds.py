"""The holds of the catalogue: placed, confirmed, released by two; rows are never deleted, so that a past night can be replayed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from retention.catalogue.tables import hold as table
from retention.hold import Hold, HoldError
from retention.records import hold_of, record

# What has no column of its own stands beside the scope in its JSON.
_BESIDE = ("scope", "custodian", "releases", "ends_on", "access", "prospective", "placed", "approved")


def keep(connection: Connection, hold: Hold) -> None:
    """Write a new hold; raises ``HoldError`` when its reference is taken."""
    if connection.execute(select(table.c.id).where(table.c.ref == hold.id)).first():
        raise HoldError("a hold with this reference exists already")
    connection.execute(insert(table).values(ref=hold.id, **_columns(hold)))


def change(connection: Connection, before: Hold, after: Hold) -> None:
    """Write what became of a hold; raises ``HoldError`` when somebody else changed it since ``before`` was read."""
    row = connection.execute(select(table).where(table.c.ref == before.id)).first()
    if row is None or _hold(row) != before:
        raise HoldError("this hold was changed in the meantime: look again")
    connection.execute(update(table).where(table.c.ref == before.id).values(**_columns(after)))


def everything(connection: Connection) -> tuple[Hold, ...]:
    """Return every hold there ever was, in the order of their references; ``in_force`` says which count on a day."""
    return tuple(_hold(row) for row in connection.execute(select(table).order_by(table.c.ref)))


def named(connection: Connection, ref: str) -> Hold | None:
    """Return one hold by its reference."""
    row = connection.execute(select(table).where(table.c.ref == ref)).first()
    return None if row is None else _hold(row)


def _columns(hold: Hold) -> dict[str, Any]:
    first = hold.releases[0] if hold.releases else None
    last = hold.releases[-1] if hold.released_on else None
    return {
        "title": hold.title,
        "kind": hold.kind.value,
        "authority": hold.authority,
        "reason": hold.reason,
        "scope": {name: record(getattr(hold, name)) for name in _BESIDE},
        "placed_by": hold.placed.by,
        "placed_at": _moment(hold.placed.on),
        "approved_by": hold.approved.by if hold.approved else None,
        "approved_at": _moment(hold.approved.on) if hold.approved else None,
        "review_on": hold.review_on,
        "release_asked_by": first.by if first else None,
        "released_by": last.by if last else None,
        "released_at": _moment(last.on) if last else None,
    }


def _hold(row: Row[Any]) -> Hold:
    plain = {"id": row.ref, "title": row.title, "kind": row.kind, "authority": row.authority, "reason": row.reason}
    return hold_of({**plain, **row.scope, "review_on": row.review_on.isoformat() if row.review_on else None})


def _moment(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
