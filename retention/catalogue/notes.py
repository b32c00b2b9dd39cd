"""The pointer notes that Strongroom left on the shares: known by what they looked like when they were left, so never opened."""

from __future__ import annotations

import os

from sqlalchemy import Connection, select, update

from retention.catalogue.tables import folder, item, note, share
from retention.catalogue.upsert import insert_or_update

NOTE = "pointer note"


def left(connection: Connection, share_name: str, path: bytes, seen: os.stat_result) -> None:
    """Write down a note as it was left."""
    values = {
        "share": share_name,
        "path": path,
        "inode": seen.st_ino,
        "size": seen.st_size,
        "modified_ns": seen.st_mtime_ns,
    }
    insert_or_update(connection, note, ("share", "path"), values)


def recognise(connection: Connection, share_name: str) -> int:
    """Exclude the entries of a share that are our notes, unchanged since they were left; returns how many were excluded now."""
    found = 0
    for row in connection.execute(select(note).where(note.c.share == share_name)):
        directory, _slash, name = row.path.rpartition(b"/")
        place = (
            select(folder.c.id)
            .join(share, folder.c.share_id == share.c.id)
            .where(share.c.name == share_name, folder.c.path == directory)
            .scalar_subquery()
        )
        found += connection.execute(
            update(item)
            .where(
                item.c.folder_id == place,
                item.c.name == name,
                item.c.occupant == 0,
                item.c.inode == row.inode,
                item.c.size == row.size,
                item.c.modified_ns == row.modified_ns,
                item.c.excluded.is_(None),
            )
            .values(excluded=NOTE)
        ).rowcount
    return found
