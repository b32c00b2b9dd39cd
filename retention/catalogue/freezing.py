"""What holds look at: every item that still is somewhere, in few columns, and where the copies of some bytes lie."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, literal, select

from retention.catalogue.readings import join_path
from retention.catalogue.tables import State, folder, item, reading, share

_THERE = item.c.state.in_((State.PRESENT, State.RESTRICTED))
_ROWS = 10_000
_FEW = 500  # ids in one question; both databases take more, but not without end


class Seen(NamedTuple):
    """An item as a hold sees it: its place, date and bytes, by the catalogue's ids."""

    item: int
    share: str
    folder: int
    path: bytes
    zone: str
    modified_ns: int
    size: int
    reading: int | None
    sha256: str


def everything(connection: Connection, *, hashes: bool = True) -> Iterator[Seen]:
    """Every item on a share or in restricted storage, folder by folder, also what is sealed, excluded or not read yet.

    Without ``hashes`` they are left empty, which spares a look at every reading.
    """
    places = {
        row[0]: (row[1], row[2], row[3])
        for row in connection.execute(
            select(folder.c.id, share.c.name, folder.c.path, folder.c.zone).select_from(folder.join(share))
        )
    }
    yield from _seen(connection, places, (), hashes=hashes)


def near(connection: Connection, folder_id: int) -> Iterator[Seen]:
    """The items of one folder, and every copy of any of them wherever it lies."""
    bytes_here = select(item.c.reading_id).where(item.c.folder_id == folder_id, item.c.reading_id.is_not(None), _THERE)
    where = (item.c.folder_id == folder_id) | item.c.reading_id.in_(bytes_here)
    involved = select(item.c.folder_id).where(_THERE, where)
    places = {
        row[0]: (row[1], row[2], row[3])
        for row in connection.execute(
            select(folder.c.id, share.c.name, folder.c.path, folder.c.zone)
            .select_from(folder.join(share))
            .where(folder.c.id.in_(involved))
        )
    }
    yield from _seen(connection, places, (where,))


def _seen(
    connection: Connection,
    places: dict[int, tuple[str, bytes, str]],
    where: Sequence[ColumnElement[bool]],
    *,
    hashes: bool = True,
) -> Iterator[Seen]:
    columns = (item.c.id, item.c.folder_id, item.c.name, item.c.modified_ns, item.c.size, item.c.reading_id)
    wanted = select(*columns, reading.c.sha256 if hashes else literal("")).where(_THERE, *where)
    if hashes:
        wanted = wanted.select_from(item.outerjoin(reading, item.c.reading_id == reading.c.id))
    for number, folder_id, name, modified_ns, size, read, sha256 in connection.execute(
        wanted.execution_options(yield_per=_ROWS)
    ):
        named, path, zone = places[folder_id]
        yield Seen(number, named, folder_id, join_path(path, name), zone, modified_ns, size, read, sha256 or "")


def copies(connection: Connection, readings: Collection[int]) -> Iterator[tuple[int, int]]:
    """Yield (folder, reading) for every folder in which bytes with one of these readings lie."""
    if not readings:
        return
    wanted = select(item.c.folder_id, item.c.reading_id).where(_THERE, item.c.reading_id.is_not(None))
    if len(readings) <= _FEW:
        wanted = wanted.where(item.c.reading_id.in_(sorted(readings)))
    for folder_id, read in connection.execution_options(yield_per=_ROWS).execute(wanted):
        if read in readings:
            yield folder_id, read
