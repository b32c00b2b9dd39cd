"""What lies in the shares: write a crawl down, and tell new, changed, moved and missing apart.

A folder whose digest stands is not looked at row by row, so an unchanged night costs one look at each folder. Missing items are
only counted when the crawl reached the share's end, and an item is gone only after several nights of evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from classifier.crawl import Entry, Listing, exclusion
from retention.catalogue.store import Catalogue
from retention.catalogue.tables import State, folder, item, share

BATCH = 10_000  # entries in one transaction
_TOGETHER = 100  # rows in one statement
_TOLD = 1_000  # folders between two words of progress
_COLUMNS = (
    "folder_id",
    "name",
    "kind",
    "size",
    "modified_ns",
    "changed_ns",
    "device",
    "inode",
    "links",
    "uid",
    "gid",
    "mode",
    "excluded",
    "first_run_id",
    "changed_run_id",
)  # fmt: skip - one look shows the order of the tuples


@dataclass(frozen=True, slots=True)
class Place:
    """What a folder belongs to: its zone's name and whether that zone is sealed."""

    zone: str = ""
    sealed: bool = False


@dataclass(slots=True)
class Crawl:
    """Counts of one crawl of one share. ``found`` are entries present; ``errors`` are folders that could not be listed."""

    found: int = 0
    new: int = 0
    changed: int = 0
    moved: int = 0
    missing: int = 0
    gone: int = 0
    folders: int = 0
    errors: int = 0
    known: int = 0
    dropped: bool = False

    def counts(self) -> dict[str, int]:
        """As plain numbers."""
        return {name: int(getattr(self, name)) for name in self.__slots__}


@dataclass(slots=True)
class _Known:
    """What the catalogue holds of a share's folders, and which of them this crawl has seen."""

    share_id: int
    folders: dict[bytes, tuple[int, bytes | None]]
    seen: set[int] = field(default_factory=set)
    blind: list[bytes] = field(default_factory=list)


def share_id(connection: Connection, name: str) -> int:
    """Give a share's id, making its row at the first call."""
    found = connection.execute(select(share.c.id).where(share.c.name == name)).scalar()
    if found is None:
        connection.execute(insert(share).values(name=name, zones_digest=""))
        found = connection.execute(select(share.c.id).where(share.c.name == name)).scalar_one()
    return int(found)


def digests(catalogue: Catalogue, name: str) -> dict[bytes, bytes]:
    """Give the digests that a share's folders had when they were last listed without an error, by path."""
    with catalogue.read() as connection:
        rows = connection.execute(
            select(folder.c.path, folder.c.digest)
            .join(share, share.c.id == folder.c.share_id)
            .where(share.c.name == name, folder.c.digest.is_not(None), folder.c.error.is_(None))
        )
        return dict(rows.tuples().all())


def record(
    catalogue: Catalogue,
    name: str,
    listings: Iterable[Listing],
    *,
    run_id: int,
    place: Callable[[bytes], Place],
    drop: float,
    nights: int,
    progress: Callable[[int], None] = lambda _entries: None,
) -> Crawl:
    """Write a whole crawl of a share down and return its counts.

    ``place`` gives a folder's zone. ``drop`` is the largest share of known items that may be missing (0 to 1); above it nothing is
    marked missing. ``nights`` of absence make an item gone. Safe to run again after a kill: what was written is found unchanged.
    """
    with catalogue.begin() as connection:
        number = share_id(connection, name)
    with catalogue.read() as connection:
        rows = connection.execute(
            select(folder.c.path, folder.c.id, folder.c.digest).where(folder.c.share_id == number)
        )
        known = _Known(number, {row.path: (row.id, row.digest) for row in rows})
    crawl = Crawl()
    # The next folders are listed while these are written: neither the disk nor the database waits for the other.
    with ThreadPoolExecutor(1, "crawl-writer") as writer:
        writing: Future[None] | None = None
        for chunk in _chunks(_changed(listings, known, crawl, progress)):
            if writing is not None:
                writing.result()
            writing = writer.submit(_write, catalogue, chunk, known, crawl, run_id, place)
        if writing is not None:
            writing.result()
    progress(crawl.found)
    _settle(catalogue, known, crawl, run_id, drop, nights)
    return crawl


def _changed(
    listings: Iterable[Listing], known: _Known, crawl: Crawl, progress: Callable[[int], None]
) -> Iterator[Listing]:
    """Count every listing and let through only the folders that are new or changed; the others are let go of at once."""
    for listing in listings:
        number, digest = known.folders.get(listing.path, (0, None))
        crawl.folders += 1
        crawl.found += listing.found
        if number:
            known.seen.add(number)
        if listing.error:
            known.blind.append(listing.path)
            crawl.errors += not listing.error.startswith("skipped:")
        if not crawl.folders % _TOLD:
            progress(crawl.found)
        if digest is None or digest != listing.digest or listing.error:
            yield listing


def _chunks(listings: Iterable[Listing]) -> Iterator[list[Listing]]:
    chunk: list[Listing] = []
    size = 0
    for listing in listings:
        chunk.append(listing)
        size += listing.found + 1
        if size >= BATCH:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _write(
    catalogue: Catalogue,
    changed: list[Listing],
    known: _Known,
    crawl: Crawl,
    run_id: int,
    place: Callable[[bytes], Place],
) -> None:
    with catalogue.begin() as connection:
        fresh = [listing for listing in changed if listing.path not in known.folders]
        stood = [listing for listing in changed if listing.path in known.folders]
        _add_folders(connection, fresh, known, place)
        new = [_row(known.folders[listing.path][0], entry, run_id) for listing in fresh for entry in listing.entries()]
        new += _compare(connection, [listing for listing in stood if not listing.error], known, crawl, run_id)
        bulk_insert(connection, "item", _COLUMNS, new)
        crawl.new += len(new)
        if stood:
            connection.execute(
                _LISTED,
                [
                    {"number": known.folders[one.path][0], "stood": one.digest or None, "why": one.error or None}
                    for one in stood
                ],
            )


_LISTED = (
    update(folder).where(folder.c.id == bindparam("number")).values(digest=bindparam("stood"), error=bindparam("why"))
)


def _row(number: int, entry: Entry, run_id: int) -> tuple[Any, ...]:
    return (number, *entry, exclusion(entry[0], entry[1]), run_id, run_id)


def _add_folders(
    connection: Connection, fresh: Sequence[Listing], known: _Known, place: Callable[[bytes], Place]
) -> None:
    if not fresh:
        return
    rows = []
    for listing in fresh:
        where = place(listing.path)
        listed = (listing.digest or None, listing.error or None)
        rows.append((known.share_id, listing.path, where.zone, where.sealed, *listed))
    bulk_insert(connection, "folder", ("share_id", "path", "zone", "sealed", "digest", "error"), rows)
    for some in _slices([listing.path for listing in fresh], 500):
        found = connection.execute(
            select(folder.c.path, folder.c.id).where(folder.c.share_id == known.share_id, folder.c.path.in_(some))
        )
        for path, number in found:
            known.folders[path] = (number, None)
            known.seen.add(number)


def _compare(
    connection: Connection, listings: Sequence[Listing], known: _Known, crawl: Crawl, run_id: int
) -> list[tuple[Any, ...]]:
    """Hold folders that changed against their rows; write what changed and return the rows of what is new."""
    new: list[tuple[Any, ...]] = []
    updates: list[dict[str, Any]] = []
    back: list[dict[str, int]] = []
    absent: list[dict[str, int]] = []
    for listing in listings:
        number = known.folders[listing.path][0]
        rows = {
            row.name: row
            for row in connection.execute(
                select(
                    item.c.id,
                    item.c.name,
                    item.c.kind,
                    item.c.size,
                    item.c.modified_ns,
                    item.c.changed_ns,
                    item.c.inode,
                    item.c.state,
                    item.c.absent,
                ).where(item.c.folder_id == number, item.c.occupant == 0)
            )
        }  # fmt: skip - the columns fill the line
        entries = list(listing.entries())
        for entry in entries:
            row = rows.get(entry[0])
            if row is None:
                new.append(_row(number, entry, run_id))
            elif (row.kind, row.size, row.modified_ns, row.changed_ns, row.inode) != (*entry[1:5], entry[6]):
                updates.append(_update(row.id, entry, run_id))
            elif row.absent or row.state != State.PRESENT:
                back.append({"number": row.id})
        listed = {entry[0] for entry in entries}
        absent += [{"number": row.id} for name, row in rows.items() if name not in listed and not row.absent]
    if updates:
        connection.execute(_CHANGED, updates)
        crawl.changed += len(updates)
    if back:
        connection.execute(_BACK, back)
    if absent:
        connection.execute(_ABSENT, absent)
    return new


_BACK = update(item).where(item.c.id == bindparam("number")).values(absent=False, missing=0, state=State.PRESENT)
_ABSENT = update(item).where(item.c.id == bindparam("number")).values(absent=True)
_CHANGED = (
    update(item)
    .where(item.c.id == bindparam("number"))
    .values(
        kind=bindparam("kind_"),
        size=bindparam("size_"),
        modified_ns=bindparam("modified"),
        changed_ns=bindparam("changed"),
        device=bindparam("device_"),
        inode=bindparam("inode_"),
        links=bindparam("links_"),
        uid=bindparam("uid_"),
        gid=bindparam("gid_"),
        mode=bindparam("mode_"),
        excluded=bindparam("excluded_"),
        changed_run_id=bindparam("run"),
        absent=False,
        missing=0,
        state=State.PRESENT,
        reading_id=None,
        label_id=None,
        decision_id=None,
    )
)


def _update(number: int, entry: Entry, run_id: int) -> dict[str, Any]:
    name, kind, size, modified, changed, device, inode, links, uid, gid, mode = entry
    return {
        "number": number,
        "kind_": kind,
        "size_": size,
        "modified": modified,
        "changed": changed,
        "device_": device,
        "inode_": inode,
        "links_": links,
        "uid_": uid,
        "gid_": gid,
        "mode_": mode,
        "excluded_": exclusion(name, kind),
        "run": run_id,
    }  # fmt: skip - one entry, spelled out


def _settle(catalogue: Catalogue, known: _Known, crawl: Crawl, run_id: int, drop: float, nights: int) -> None:
    """At the share's end: find what moved, then count what is missing, unless too much is."""
    with catalogue.begin() as connection:
        mine = item.c.folder_id.in_(select(folder.c.id).where(folder.c.share_id == known.share_id))
        _mark_unseen(connection, known)
        absent = connection.execute(
            select(item.c.id, item.c.inode, item.c.size, item.c.modified_ns).where(mine, *_HERE, _ABSENT_NOW)
        ).all()
        moved = _follow(connection, absent, mine, run_id)
        crawl.moved = len(moved)
        crawl.new -= len(moved)
        lost = [row.id for row in absent if row.id not in moved]
        crawl.missing = len(lost)
        crawl.known = crawl.found - crawl.new + len(lost)
        crawl.dropped = bool(crawl.known) and len(lost) > drop * crawl.known
        if crawl.dropped:
            return
        uncounted = func.coalesce(item.c.counted_run_id, 0) != run_id
        connection.execute(
            update(item)
            .where(mine, *_HERE, _ABSENT_NOW, uncounted)
            .values(missing=item.c.missing + 1, counted_run_id=run_id)
        )
        gone = update(item).where(mine, *_HERE, _ABSENT_NOW, item.c.missing >= nights).values(state=State.GONE)
        crawl.gone = connection.execute(gone).rowcount
        connection.execute(update(share).where(share.c.id == known.share_id).values(crawled_run_id=run_id))


_ABSENT_NOW = item.c.absent.is_(True)  # as the index on absent items is declared
_HERE = (item.c.state == State.PRESENT, item.c.occupant == 0)


def _mark_unseen(connection: Connection, known: _Known) -> None:
    """Mark what lies in folders that are no longer there; never below a folder that could not be listed."""
    blind = tuple(known.blind)
    unseen = [
        number
        for path, (number, _digest) in known.folders.items()
        if number not in known.seen and not _below(path, blind)
    ]
    for some in _slices(unseen, 500):
        connection.execute(update(item).where(item.c.folder_id.in_(some), *_HERE).values(absent=True))
        connection.execute(update(folder).where(folder.c.id.in_(some)).values(digest=None))


def _follow(connection: Connection, absent: Sequence[Any], mine: Any, run_id: int) -> set[int]:
    """Match absent rows with new ones of the same inode, size and time: the file was renamed or moved within the share."""
    lost: dict[tuple[int, int, int], list[int]] = {}
    for row in absent:
        lost.setdefault((row.inode, row.size, row.modified_ns), []).append(row.id)
    if not lost:
        return set()
    columns = (item.c.id, item.c.folder_id, item.c.name, item.c.changed_ns, item.c.excluded)
    new = connection.execute(
        select(*columns, item.c.inode, item.c.size, item.c.modified_ns).where(
            mine, *_HERE, item.c.first_run_id == run_id, item.c.reading_id.is_(None), item.c.links == 1
        )
    ).all()
    moved: set[int] = set()
    for row in new:
        old = lost.get((row.inode, row.size, row.modified_ns), [])
        if len(old) != 1 or old[0] in moved or old[0] == row.id:
            continue
        connection.execute(delete(item).where(item.c.id == row.id))
        connection.execute(
            update(item)
            .where(item.c.id == old[0])
            .values(
                folder_id=row.folder_id,
                name=row.name,
                changed_ns=row.changed_ns,
                excluded=row.excluded,
                absent=False,
                missing=0,
            )
        )
        moved.add(old[0])
    return moved


def _below(path: bytes, blind: tuple[bytes, ...]) -> bool:
    return any(not top or path == top or path.startswith(top + b"/") for top in blind)


def _slices(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def bulk_insert(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert many rows by each database's fastest way: many rows a statement for SQLite, COPY for PostgreSQL."""
    if not rows:
        return
    names = ", ".join(f'"{name}"' for name in columns)
    if connection.dialect.name == "sqlite":
        _insert_together(connection, f"INSERT INTO {table} ({names}) VALUES ", len(columns), rows)  # noqa: S608 - names are ours
        return
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _insert_together(connection: Connection, start: str, wide: int, rows: Sequence[tuple[Any, ...]]) -> None:
    # A statement costs more to start than a row to write: a hundred rows a statement take two thirds of executemany's time.
    row = f"({', '.join('?' * wide)})"
    cursor = connection.connection.cursor()
    for some in _slices(rows, _TOGETHER):
        cursor.execute(start + ", ".join([row] * len(some)), tuple(chain.from_iterable(some)))


def rezone(catalogue: Catalogue, name: str, digest: str, place: Callable[[bytes], Place]) -> int:
    """Write every folder's zone anew when the zones' digest has changed; returns the number of folders that were changed."""
    with catalogue.begin() as connection:
        number = share_id(connection, name)
        if connection.execute(select(share.c.zones_digest).where(share.c.id == number)).scalar_one() == digest:
            return 0
        changes = []
        for row in connection.execute(
            select(folder.c.id, folder.c.path, folder.c.zone, folder.c.sealed).where(folder.c.share_id == number)
        ):
            where = place(row.path)
            if (where.zone, where.sealed) != (row.zone, row.sealed):
                changes.append({"number": row.id, "zone_": where.zone, "sealed_": where.sealed})
        if changes:
            connection.execute(
                update(folder)
                .where(folder.c.id == bindparam("number"))
                .values(zone=bindparam("zone_"), sealed=bindparam("sealed_")),
                changes,
            )
        connection.execute(update(share).where(share.c.id == number).values(zones_digest=digest))
        return len(changes)
