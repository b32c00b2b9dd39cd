"""Custody into an empty catalogue: write down the moves that the vault's manifests tell of, with the rows they need."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from retention.catalogue import events
from retention.catalogue.store import Catalogue
from retention.catalogue.tables import State, folder, item, move, run, share
from retention.vault import Move, Step

RUN = "vault-rebuild"


def adopt(catalogue: Catalogue, found: Move, step: Step, now: dt.datetime) -> bool:
    """Write one move at the step its record was found at; says whether it was new. An operation that is known is left as it is."""
    with catalogue.begin() as connection:
        if connection.execute(select(move.c.id).where(move.c.operation == found.operation)).first():
            return False
        run_id = _known(connection, run, {"key": RUN}, kind="rebuild", started_at=now, versions={}, figures={})
        share_id = _known(connection, share, {"name": found.share})
        path, _, name = found.path.rpartition(b"/")
        folder_id = _known(connection, folder, {"share_id": share_id, "path": path})
        item_id = _item(connection, found, folder_id, name, run_id)
        trail = {**found.trail, "taken_at": now.isoformat()}
        connection.execute(
            insert(move).values(
                item_id=item_id,
                run_id=run_id,
                operation=found.operation,
                share=found.share,
                path=found.path,
                step=step.value,
                vault=found.vault,
                object_key=found.key,
                sha256=found.sha256,
                size=found.size,
                pointer=found.pointer,
                origin={**found.origin, "trail": trail},
                by=found.by,
                created_at=found.created_at,
                updated_at=now,
            )
        )
        events.append(
            connection,
            actor="rebuild",
            action="move.adopted",
            subject=found.reference,
            detail={"operation": found.operation, "step": step.value},
            at=now,
        )
    return True


def _known(connection: Connection, table: Table, wanted: dict[str, Any], **more: Any) -> int:
    """The id of the row with these values, made when there is none."""
    found = connection.execute(
        select(table.c.id).where(*(table.c[name] == value for name, value in wanted.items()))
    ).scalar()
    if found is None:
        found = connection.execute(insert(table).values(**wanted, **more).returning(table.c.id)).scalar_one()
    return int(found)


def _item(connection: Connection, found: Move, folder_id: int, name: bytes, run_id: int) -> int:
    origin = found.origin
    made = connection.execute(
        insert(item)
        .values(
            folder_id=folder_id,
            name=name,
            kind="file",
            size=found.size,
            modified_ns=origin["modified_ns"],
            changed_ns=origin["changed_ns"],
            device=_signed(origin["device"]),
            inode=_signed(origin["inode"]),
            links=1,
            uid=origin["uid"],
            gid=origin["gid"],
            mode=origin["mode"],
            state=State.RESTRICTED,
            # Any number but 0 keeps the name free for a file that lies there now; its own id follows.
            occupant=-1,
            first_run_id=run_id,
            changed_run_id=run_id,
        )
        .returning(item.c.id)
    ).scalar_one()
    connection.execute(update(item).where(item.c.id == made).values(occupant=made))
    return int(made)


def _signed(number: int) -> int:
    return number - (1 << 64) if number >= 1 << 63 else number
