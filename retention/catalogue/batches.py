"""Disposal lists as the review pages list them: where each stands, and what became of its items, without reading every list whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from retention.catalogue.tables import certificate, disposal, disposal_item


def index(connection: Connection) -> list[Mapping[Any, Any]]:
    """Every list, newest first, as reference, state and version."""
    wanted = select(disposal.c.ref, disposal.c.state, disposal.c.version).order_by(disposal.c.id.desc())
    return list(connection.execute(wanted).mappings())


def version(connection: Connection, ref: str) -> int:
    """The version of a list; 0 when there is none."""
    return int(connection.execute(select(disposal.c.version).where(disposal.c.ref == ref)).scalar() or 0)


def outcomes(connection: Connection, ref: str) -> dict[str, int]:
    """How many items of a list ended in which way."""
    rows = connection.execute(
        select(disposal_item.c.outcome, func.count())
        .where(disposal_item.c.disposal == ref, disposal_item.c.outcome.is_not(None))
        .group_by(disposal_item.c.outcome)
    )
    return {str(row[0]): int(row[1]) for row in rows}


def of_items(connection: Connection, ref: str, items: Collection[str]) -> dict[str, tuple[str, str]]:
    """What became of some items of a list, and why."""
    rows = connection.execute(
        select(disposal_item.c.item, disposal_item.c.outcome, disposal_item.c.reason).where(
            disposal_item.c.disposal == ref, disposal_item.c.item.in_(list(items))
        )
    )
    return {row.item: (row.outcome or "", row.reason) for row in rows}


def certified(connection: Connection) -> list[str]:
    """The references of the certificates that were issued, newest first."""
    return list(connection.scalars(select(certificate.c.ref).order_by(certificate.c.sequence.desc())))
