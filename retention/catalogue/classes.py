"""How much lies under each record class and in each zone, as the decisions in force say."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, func, select

from retention.catalogue.tables import State, decision, folder, item

_THERE = item.c.state.in_((State.PRESENT, State.RESTRICTED))


def _of(*columns: Any, zones: frozenset[str] | None) -> Select[Any]:
    joined = item.join(decision, item.c.decision_id == decision.c.id).join(folder, item.c.folder_id == folder.c.id)
    made = select(*columns, func.count(), func.sum(item.c.size)).select_from(joined).where(_THERE).group_by(*columns)
    return made if zones is None else made.where(folder.c.zone.in_(sorted(zones)))


def counts(connection: Connection, zones: frozenset[str] | None) -> dict[str, tuple[int, int]]:
    """Items and bytes by record class, in some zones or in all."""
    return {row[0]: (row[1], int(row[2] or 0)) for row in connection.execute(_of(decision.c.rule, zones=zones))}


def due(connection: Connection, zones: frozenset[str] | None) -> dict[str, tuple[int, int]]:
    """Items and bytes by zone that the last decisions would let be disposed of."""
    rows = connection.execute(_of(folder.c.zone, zones=zones).where(decision.c.action == "dispose"))
    return {row[0]: (row[1], int(row[2] or 0)) for row in rows}
