"""Rows to take away: the open queue by risk, in pages, so that no export holds a whole catalogue in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, literal, select, tuple_

from retention.catalogue.queue import Filter, leaders
from retention.catalogue.tables import family

_ROWS = 1_000


def families(connection: Connection, wanted: Filter, most: int) -> Iterator[Mapping[Any, Any]]:
    """Open families by risk with their leaders, at most so many."""
    place: tuple[float, int] | None = None
    left = most
    while left > 0:
        statement = (
            select(family.c.id, family.c.risk)
            .where(family.c.state == wanted.state)
            .order_by(family.c.risk.desc(), family.c.id.desc())
            .limit(min(_ROWS, left))
        )
        if wanted.lane:
            statement = statement.where(family.c.lane == wanted.lane)
        if wanted.zone:
            statement = statement.where(family.c.zone == wanted.zone)
        if wanted.zones is not None:
            statement = statement.where(family.c.zone.in_(sorted(wanted.zones)))
        if wanted.kind:
            statement = statement.where(family.c.kind == wanted.kind)
        if place is not None:
            statement = statement.where(
                tuple_(family.c.risk, family.c.id) < tuple_(literal(place[0]), literal(place[1]))
            )
        rows = connection.execute(statement).all()
        if not rows:
            return
        place, left = (rows[-1].risk, rows[-1].id), left - len(rows)
        known = leaders(connection, [row.id for row in rows])
        yield from (known[row.id] for row in rows if row.id in known)
