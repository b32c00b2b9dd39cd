"""Rows to take away: the open queue by risk, a page at a time, so that no export holds a whole catalogue or a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, literal, select, tuple_

from retention.catalogue.queue import Filter, leaders
from retention.catalogue.tables import family


def families(
    connection: Connection, wanted: Filter, after: tuple[float, int] | None, limit: int
) -> list[Mapping[Any, Any]]:
    """The next open families by risk with their leaders, from below a place ``(risk, id)`` on."""
    asked = {"lane": wanted.lane, "zone": wanted.zone, "kind": wanted.kind, "state": wanted.state}
    statement = (
        select(family.c.id)
        .where(*(family.c[name] == value for name, value in asked.items() if value))
        .order_by(family.c.risk.desc(), family.c.id.desc())
        .limit(limit)
    )
    if wanted.zones is not None:
        statement = statement.where(family.c.zone.in_(sorted(wanted.zones)))
    if after is not None:
        statement = statement.where(tuple_(family.c.risk, family.c.id) < tuple_(literal(after[0]), literal(after[1])))
    ids = list(connection.scalars(statement))
    known = leaders(connection, ids)
    return [known[number] for number in ids if number in known]
