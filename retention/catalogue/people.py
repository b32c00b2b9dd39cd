"""The people of the review pages, as rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from retention.catalogue.tables import person


def find(connection: Connection, name: str) -> Mapping[Any, Any] | None:
    """One person by login."""
    return connection.execute(select(person).where(person.c.name == name)).mappings().first()


def everybody(connection: Connection) -> list[Mapping[Any, Any]]:
    """Everybody by login, without what their passwords were made into."""
    wanted = [column for column in person.c if column.name != "secret"]
    return list(connection.execute(select(*wanted).order_by(person.c.name)).mappings())


def without_password(connection: Connection) -> frozenset[str]:
    """The logins of those who come in through Airflow's login only."""
    return frozenset(connection.execute(select(person.c.name).where(person.c.secret == "")).scalars())


def add(
    connection: Connection,
    name: str,
    *,
    shown: str,
    roles: Sequence[str],
    zones: Sequence[str],
    secret: str,
    added_by: str,
    at: dt.datetime,
) -> None:
    """Add a person. ``secret`` is what ``login.seal`` gives, or empty."""
    connection.execute(
        insert(person).values(
            name=name,
            shown=shown,
            roles=sorted(roles),
            zones=sorted(zones),
            secret=secret,
            active=True,
            epoch=1,
            added_by=added_by,
            added_at=at,
        )
    )


def change(connection: Connection, name: str, **values: Any) -> bool:
    """Change a person and end the sessions that they have open; tells whether there is such a person."""
    statement = update(person).where(person.c.name == name).values(**values, epoch=person.c.epoch + 1)
    return bool(connection.execute(statement).rowcount)
