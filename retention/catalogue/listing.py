"""What lists for disposal are made from, and what an executed one leaves of an item in the catalogue."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select, text, update

from retention.catalogue.readings import OPEN, PRESENT
from retention.catalogue.tables import State, decision, folder, item


def folders_with_due(connection: Connection) -> list[int]:
    """The folders in which the last night found something that may be disposed of."""
    rows = connection.execute(
        select(item.c.folder_id)
        .select_from(
            item.join(folder, item.c.folder_id == folder.c.id).join(decision, item.c.decision_id == decision.c.id)
        )
        .where(OPEN, decision.c.action == "dispose")
        .distinct()
        .order_by(item.c.folder_id)
    )
    return [row[0] for row in rows]


def with_unread(connection: Connection, folders: Collection[int]) -> set[int]:
    """Those of some folders in which something lies that was neither read nor left out for a reason."""
    rows = connection.execute(
        select(item.c.folder_id)
        .where(PRESENT, item.c.folder_id.in_(folders), item.c.reading_id.is_(None), item.c.excluded.is_(None))
        .distinct()
    )
    return {row[0] for row in rows}


def state(connection: Connection, item_id: int) -> int | None:
    """Where an item is now, as ``tables.State``; nothing for one that the catalogue does not know."""
    found = connection.execute(select(item.c.state).where(item.c.id == item_id)).scalar()
    return None if found is None else int(found)


def on_share(connection: Connection, item_id: int) -> bool:
    """Whether an item lies on its share, or lay there until it was removed: not in restricted storage."""
    return state(connection, item_id) in (State.PRESENT, State.GONE, State.DESTROYED)


def ended(connection: Connection, item_id: int) -> None:
    """Record that an item is no more; another file may take its name."""
    connection.execute(update(item).where(item.c.id == item_id).values(state=State.DESTROYED, occupant=item.c.id))


def shut(connection: Connection) -> None:
    """Keep holds, entered facts and items as they are until the end of the transaction.

    SQLite's write lock, taken when the transaction began, does so already.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(text("LOCK TABLE hold, fact IN SHARE MODE"))
        connection.execute(text("LOCK TABLE item IN SHARE ROW EXCLUSIVE MODE"))
