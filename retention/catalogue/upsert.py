"""One spelling of INSERT … ON CONFLICT for both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_or_update(connection: Connection, table: Table, keys: tuple[str, ...], values: dict[str, Any]) -> None:
    """Insert a row, or bring the row with the same keys up to these values."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table).values(**values)
    changes = {name: value for name, value in values.items() if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=changes))


def insert_or_leave(connection: Connection, table: Table, values: dict[str, Any]) -> None:
    """Insert a row, or leave the one that is there already."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(table).values(**values).on_conflict_do_nothing())
