"""Who may write for a piece of work: the newest attempt. An older one that is still running can change nothing more."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, select

from retention.catalogue.tables import lease
from retention.catalogue.upsert import insert_or_update


class LeaseLostError(Exception):
    """A newer attempt at the same work has begun; this one must stop. Nothing is wrong."""


def take(connection: Connection, scope: str, token: str, now: dt.datetime, length: dt.timedelta) -> None:
    """Make this attempt the one that may write for a scope, whoever had it before."""
    epoch = connection.execute(select(lease.c.epoch).where(lease.c.scope == scope)).scalar() or 0
    insert_or_update(
        connection, lease, ("scope",), {"scope": scope, "token": token, "epoch": epoch + 1, "until_at": now + length}
    )


def confirm(connection: Connection, scope: str, token: str) -> None:
    """Raise ``LeaseLostError`` unless this attempt still holds the scope; call it first in every writing transaction."""
    holder = connection.execute(select(lease.c.token).where(lease.c.scope == scope).with_for_update()).scalar()
    if holder != token:
        raise LeaseLostError(f"A newer attempt at {scope} has taken over; this one stops and changes nothing more.")
