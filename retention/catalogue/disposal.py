"""Disposal lists, what became of each item, and the chain of certificates. A certificate is never changed; its annex goes in time."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from retention.catalogue.tables import certificate as certificates
from retention.catalogue.tables import disposal as lists
from retention.catalogue.tables import disposal_item as items
from retention.catalogue.upsert import insert_or_update
from retention.certificate import Issued
from retention.dispose import Batch, DisposalError
from retention.execute import Outcome, Result
from retention.records import batch_of, record


def keep(connection: Connection, batch: Batch) -> None:
    """Write a new list; raises ``DisposalError`` when its reference is taken."""
    if connection.execute(select(lists.c.id).where(lists.c.ref == batch.id)).first():
        raise DisposalError("a list with this reference exists already")
    connection.execute(insert(lists).values(ref=batch.id, state=batch.state.value, version=1, body=record(batch)))


def change(connection: Connection, after: Batch, seen: int) -> None:
    """Write what became of a list; raises ``DisposalError`` when it is no longer at the version that was seen."""
    values = {"state": after.state.value, "version": seen + 1, "body": record(after)}
    done = connection.execute(update(lists).where(lists.c.ref == after.id, lists.c.version == seen).values(**values))
    if done.rowcount != 1:
        raise DisposalError("this list was changed in the meantime: look again")


def named(connection: Connection, ref: str) -> tuple[Batch, int] | None:
    """Return a list and its version, by reference."""
    row = connection.execute(select(lists.c.body, lists.c.version).where(lists.c.ref == ref)).first()
    return None if row is None else (batch_of(row.body), row.version)


def open_lists(connection: Connection) -> tuple[tuple[Batch, int], ...]:
    """Return the lists that have not ended, each with its version, in the order in which they were made."""
    ended = ("executed", "withdrawn", "retained")
    rows = connection.execute(
        select(lists.c.body, lists.c.version).where(lists.c.state.not_in(ended)).order_by(lists.c.id)
    )
    return tuple((batch_of(row.body), row.version) for row in rows)


def everything(connection: Connection) -> tuple[tuple[Batch, int], ...]:
    """Return every list there ever was, each with its version, in the order in which they were made."""
    rows = connection.execute(select(lists.c.body, lists.c.version).order_by(lists.c.id))
    return tuple((batch_of(row.body), row.version) for row in rows)


def result(connection: Connection, ref: str, item: str) -> Result | None:
    """Return what was recorded for an item of a list."""
    row = connection.execute(select(items).where(items.c.disposal == ref, items.c.item == item)).first()
    return None if row is None or row.outcome is None else Result(item, Outcome(row.outcome), row.reason)


def intended(connection: Connection, ref: str, item: str) -> bool:
    """Whether the item was found in order and about to be removed."""
    return (
        connection.execute(select(items.c.item).where(items.c.disposal == ref, items.c.item == item)).first()
        is not None
    )


def intend(connection: Connection, ref: str, item: str) -> None:
    """Record that the item is about to be removed."""
    if not intended(connection, ref, item):
        connection.execute(insert(items).values(disposal=ref, item=item, outcome=None, reason=""))


def record_result(connection: Connection, ref: str, made: Result) -> None:
    """Record what became of an item; the same again changes nothing."""
    values = {"disposal": ref, "item": made.item, "outcome": made.outcome.value, "reason": made.reason[:200]}
    insert_or_update(connection, items, ("disposal", "item"), values)


def last_certificate(connection: Connection) -> Mapping[str, Any] | None:
    """Return the newest certificate as parsed, to chain the next one to."""
    newest = select(func.max(certificates.c.sequence)).scalar_subquery()
    row = connection.execute(select(certificates.c.body).where(certificates.c.sequence == newest)).first()
    return None if row is None else json.loads(row.body)


def keep_certificate(connection: Connection, issued: Issued, annex_until: dt.date) -> None:
    """Write a certificate with its page and annex; a second one with the same place in the chain is refused by the database."""
    connection.execute(
        insert(certificates).values(
            sequence=json.loads(issued.json)["sequence"],
            ref=issued.id,
            digest=issued.digest,
            body=issued.json,
            page=issued.page,
            annex=issued.annex,
            annex_until=annex_until,
        )
    )


def issued(connection: Connection, ref: str) -> Issued | None:
    """Return a certificate by its reference as it was issued; without its annex once that is forgotten."""
    row = connection.execute(select(certificates).where(certificates.c.ref == ref)).first()
    return None if row is None else Issued(row.ref, row.body, row.page, row.annex or b"", row.digest)


def chain(connection: Connection) -> tuple[bytes, ...]:
    """Return every certificate as it was issued, in the order of the chain."""
    return tuple(row.body for row in connection.execute(select(certificates.c.body).order_by(certificates.c.sequence)))


def forget_annexes(connection: Connection, today: dt.date) -> int:
    """Empty the annexes whose time is over; returns how many."""
    over = (certificates.c.annex_until < today, certificates.c.annex.is_not(None))
    return connection.execute(update(certificates).where(*over).values(annex=None)).rowcount
