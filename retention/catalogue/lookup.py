"""Finding moves by what a person has in hand: the reference on a pointer note."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, func, select

from retention.catalogue.tables import item, move, run
from retention.vault import FINAL

_REFERENCE = re.compile(r"R-([0-9A-F]{4})-([0-9A-F]{4})", re.IGNORECASE)


def operations(connection: Connection, reference: str) -> list[str]:
    """The operations that a reference may stand for, newest first; more than one only by rare chance."""
    told = _REFERENCE.fullmatch(reference.strip())
    if not told:
        return []
    start = (told[1] + told[2]).lower()
    rows = connection.execute(
        select(move.c.operation).where(move.c.operation.like(f"{start}%")).order_by(move.c.id.desc())
    )
    return [str(row.operation) for row in rows]


def unfinished(connection: Connection) -> int:
    """How many moves stand at no final step."""
    wanted = move.c.step.not_in([step.value for step in FINAL])
    return int(connection.execute(select(func.count()).select_from(move).where(wanted)).scalar_one())


def moves(connection: Connection, run_key: str = "") -> list[dict[str, Any]]:
    """Moves with run, step and size, newest first; without names or paths."""
    statement = (
        select(move.c.operation, move.c.step, move.c.size, move.c.error, move.c.created_at, run.c.key, item.c.state)
        .select_from(move.join(run, move.c.run_id == run.c.id).join(item, move.c.item_id == item.c.id))
        .order_by(move.c.id.desc())
    )
    if run_key:
        statement = statement.where(run.c.key == run_key)
    return [
        {
            "reference": f"R-{row.operation[:4]}-{row.operation[4:8]}".upper(),
            "run": row.key,
            "step": row.step,
            "size": row.size,
            "problem": row.error,
            "since": row.created_at.isoformat(timespec="seconds"),
        }
        for row in connection.execute(statement)
    ]
