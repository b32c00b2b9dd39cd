"""The audit log: append-only, each row chained to the one before it, so that a changed or missing row shows.

The chain is SHA-256 over the previous hash and the row's canonical JSON (sorted keys, no spaces, UTF-8). Subjects are references and ids,
never names or paths. The head can be anchored outside: whoever holds an old head can prove that nothing before it was rewritten.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, text

from retention.catalogue.tables import event

GENESIS = "0" * 64
_APPEND = insert(event)
_HEAD = select(event.c.hash).order_by(event.c.id.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the chain does not hold."""

    number: int
    reason: str


def append(
    connection: Connection,
    *,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
    at: dt.datetime,
) -> str:
    """Add one event inside the caller's transaction and return its hash."""
    lock(connection)
    previous = head(connection)
    row = {"at": at.isoformat(), "actor": actor, "action": action, "subject": subject, "detail": dict(detail)}
    digest = chain(previous, row)
    connection.execute(_APPEND, {**row, "previous": previous, "hash": digest})
    return digest


def lock(connection: Connection) -> None:
    """Let nobody else add an event until this transaction ends; asking twice is no error."""
    if connection.dialect.name != "sqlite":
        # SQLite writes one at a time anyway; PostgreSQL must be told that the chain has one end.
        connection.execute(text("SELECT pg_advisory_xact_lock(7203916)"))


def head(connection: Connection) -> str:
    """The newest hash, or sixty-four zeros when nothing has happened yet."""
    found = connection.execute(_HEAD).scalar()
    return str(found) if found else GENESIS


def newest(connection: Connection) -> dt.datetime | None:
    """When the last event was written, in UTC."""
    found = connection.execute(select(event.c.at).order_by(event.c.id.desc()).limit(1)).scalar()
    return dt.datetime.fromisoformat(str(found)) if found else None


def holds(connection: Connection, known: str) -> bool:
    """Whether a head noted earlier is still in the chain."""
    return connection.execute(select(event.c.id).where(event.c.hash == known)).first() is not None


def tells(connection: Connection, action: str, subject: str) -> bool:
    """Whether the log holds an event of this kind about this subject."""
    wanted = select(event.c.id).where(event.c.action == action, event.c.subject == subject).limit(1)
    return connection.execute(wanted).first() is not None


def chain(previous: str, row: Mapping[str, Any]) -> str:
    """Hash one event onto the previous hash."""
    body = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous}{body}".encode()).hexdigest()


def verify(connection: Connection) -> Break | None:
    """Walk the chain from its start; None when it holds."""
    previous = GENESIS
    for found in connection.execute(select(event).order_by(event.c.id)):
        row = {name: getattr(found, name) for name in ("at", "actor", "action", "subject", "detail")}
        if found.previous != previous:
            return Break(found.id, "an event before it is missing or was added")
        if chain(previous, row) != found.hash:
            return Break(found.id, "it was changed after it was written")
        previous = found.hash
    return None
