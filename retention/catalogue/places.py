"""Where one item lies, for those who must open it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from retention.catalogue.readings import join_path
from retention.catalogue.tables import folder, item, share


@dataclass(frozen=True, slots=True)
class Place:
    """The share and path of an item, its state, its zone, and whether that is sealed."""

    share: str
    path: bytes
    state: int
    zone: str
    sealed: bool


def of(connection: Connection, item_id: int) -> Place | None:
    """The place of an item."""
    row = connection.execute(
        select(share.c.name.label("share"), folder.c.path, item.c.name, item.c.state, folder.c.zone, folder.c.sealed)
        .select_from(item.join(folder, item.c.folder_id == folder.c.id).join(share, folder.c.share_id == share.c.id))
        .where(item.c.id == item_id)
    ).first()
    return Place(row.share, join_path(row.path, row.name), row.state, row.zone, row.sealed) if row else None
