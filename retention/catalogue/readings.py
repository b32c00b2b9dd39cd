"""Readings by content hash, and the labels that items take from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from classifier.item import Completeness, Flag, Label, Primary, Problem, Reading, Tier
from retention.catalogue.tables import State, folder, item, label, reading, share
from retention.catalogue.upsert import insert_or_leave


@dataclass(frozen=True, slots=True)
class Todo:
    """An item that wants reading."""

    item: int
    share: str
    path: bytes
    size: int
    modified_ns: int


PRESENT = and_(item.c.state == State.PRESENT, item.c.occupant == 0, item.c.absent.is_(False))
OPEN = and_(PRESENT, item.c.excluded.is_(None), folder.c.sealed.is_(False))


def join_path(directory: bytes, name: bytes) -> bytes:
    """A path below the share's root from its folder and name."""
    return directory + b"/" + name if directory else name


def unread(versions: str) -> ColumnElement[bool]:
    """Items that have no reading by these versions."""
    return or_(item.c.reading_id.is_(None), reading.c.versions != versions)


def todo(connection: Connection, versions: str, shard: int, shards: int, *, force_run: int = 0) -> list[Todo]:
    """The items of one shard that want reading, biggest first so that no long one is left for the end.

    With ``force_run`` everything is wanted that this run has not read yet.
    """
    wanted = unread(versions)
    if force_run:
        wanted = or_(item.c.reading_id.is_(None), reading.c.run_id != force_run)
    rows = connection.execute(
        select(item.c.id, share.c.name.label("share"), folder.c.path, item.c.name, item.c.size, item.c.modified_ns)
        .select_from(item.join(folder, item.c.folder_id == folder.c.id).join(share).outerjoin(reading))
        .where(OPEN, item.c.id % shards == shard, wanted)
        .order_by(item.c.size.desc())
    )
    return [Todo(row.id, row.share, join_path(row.path, row.name), row.size, row.modified_ns) for row in rows]


def known_hashes(connection: Connection, sizes: Sequence[int], versions: str) -> dict[int, list[str]]:
    """Hashes of what has been read by these versions, by size in bytes: a file of another size cannot be a copy."""
    found: dict[int, list[str]] = {}
    wanted = sorted(set(sizes))
    for start in range(0, len(wanted), 500):
        rows = connection.execute(
            select(reading.c.size, reading.c.sha256).where(
                reading.c.size.in_(wanted[start : start + 500]),
                reading.c.versions == versions,
                reading.c.sha256.is_not(None),
            )
        )
        for row in rows:
            found.setdefault(row.size, []).append(row.sha256)
    return found


def by_hash(connection: Connection, sha256: str, versions: str) -> tuple[int, Reading] | None:
    """A stored reading with its id."""
    row = connection.execute(select(reading).where(reading.c.sha256 == sha256, reading.c.versions == versions)).first()
    return (row.id, from_row(row)) if row else None


def keep(connection: Connection, found: Reading, versions: str, run_id: int) -> tuple[int, bool]:
    """Store a reading, or find the one that the same bytes already have; returns its id and whether it is new."""
    values = to_row(found, versions, run_id)
    if not values["sha256"]:
        made = connection.execute(reading.insert().values(**values).returning(reading.c.id)).scalar_one()
        return int(made), True
    same = select(reading.c.id, reading.c.run_id).where(
        reading.c.sha256 == values["sha256"], reading.c.versions == versions
    )
    before = connection.execute(same).first()
    if before is not None and before.run_id != run_id:
        # Read again on purpose: the newest answer for the same bytes and versions stands.
        connection.execute(update(reading).where(reading.c.id == before.id).values(**values))
        return int(before.id), True
    insert_or_leave(connection, reading, values)
    return int(connection.execute(same).first().id), before is None  # type: ignore[union-attr]  # it was just inserted


def attach(
    connection: Connection,
    todo_item: Todo,
    reading_id: int,
    found: Reading,
    by_name: Callable[[bytes, str, Label | None], Label | None],
    run_id: int,
    now: dt.datetime,
) -> None:
    """Give an item its reading and the label that follows; a person's label for the same bytes stays in force."""
    judged = by_name(todo_item.path, found.format, found.label)
    label_id = _person_label(connection, todo_item.item, found.sha256)
    if judged is not None and label_id is None:
        label_id = _same_label(connection, todo_item.item, reading_id, judged)
        if label_id is None:
            label_id = add_label(connection, todo_item.item, judged, reading_id, run_id, now)
    connection.execute(update(item).where(item.c.id == todo_item.item).values(reading_id=reading_id, label_id=label_id))


def add_label(
    connection: Connection, item_id: int, judged: Label, reading_id: int | None, run_id: int | None, now: dt.datetime
) -> int:
    """Append a label and return its id."""
    row = {
        "item_id": item_id,
        "reading_id": reading_id,
        "primary": judged.primary,
        "tier": int(judged.tier),
        "sensitive": judged.sensitive,
        "personal": judged.personal,
        "flags": sorted(judged.flags),
        "by": judged.by,
        "because": list(judged.because),
        "run_id": run_id,
        "made_at": now,
    }  # fmt: skip - one row, spelled out
    return int(connection.execute(label.insert().values(**row).returning(label.c.id)).scalar_one())


def _person_label(connection: Connection, item_id: int, sha256: str) -> int | None:
    found = connection.execute(
        select(label.c.id, label.c.by)
        .select_from(label.join(reading, label.c.reading_id == reading.c.id))
        .where(label.c.item_id == item_id, reading.c.sha256 == sha256)
        .where(or_(label.c.by.like("person:%"), label.c.by.like("withdrawn:%")))
        .order_by(label.c.id.desc())
        .limit(1)
    ).first()
    # A person who took their word back left a row that says so.
    return int(found.id) if found and found.by.startswith("person:") else None


def _same_label(connection: Connection, item_id: int, reading_id: int, judged: Label) -> int | None:
    last = connection.execute(
        select(label)
        .where(label.c.item_id == item_id, label.c.reading_id == reading_id)
        .order_by(label.c.id.desc())
        .limit(1)
    ).first()
    same = last is not None and (last.primary, last.tier, last.by, last.flags, last.because) == (
        judged.primary,
        int(judged.tier),
        judged.by,
        sorted(judged.flags),
        list(judged.because),
    )
    return int(last.id) if last is not None and same else None


def to_row(found: Reading, versions: str, run_id: int) -> dict[str, object]:
    """A reading as a row; NUL characters cannot stand in PostgreSQL and are dropped."""
    judged, trouble = found.label, found.problem
    return {
        "sha256": found.sha256 or None,
        "size": found.size,
        "versions": versions,
        "format": found.format[:30],
        "reader": found.reader[:60],
        "completeness": found.completeness,
        "problem_kind": trouble.kind[:40] if trouble else None,
        "problem_stage": trouble.stage[:20] if trouble else None,
        "problem_detail": trouble.detail[:300].replace("\0", "") if trouble else None,
        "primary": judged.primary if judged else None,
        "tier": int(judged.tier) if judged else None,
        "sensitive": judged.sensitive if judged else None,
        "personal": judged.personal if judged else None,
        "flags": sorted(judged.flags) if judged else [],
        "by": judged.by if judged else None,
        "because": list(judged.because) if judged else [],
        "counts": {kind: list(both) for kind, both in sorted(found.counts.items())},
        "notes": list(found.notes),
        "limits": list(found.limits),
        "signature": found.signature or None,
        "run_id": run_id,
    }


def from_row(row: object) -> Reading:
    """A stored reading as the noun."""
    get = row._mapping.__getitem__  # type: ignore[attr-defined] # noqa: SLF001 - SQLAlchemy's documented access to a row by name
    problem = Problem(get("problem_stage"), get("problem_kind"), get("problem_detail")) if get("problem_kind") else None
    judged = None
    if get("primary") is not None:
        judged = Label(
            primary=Primary(get("primary")),
            tier=Tier(get("tier")),
            sensitive=get("sensitive"),
            personal=get("personal"),
            flags=frozenset(Flag(flag) for flag in get("flags")),
            by=get("by"),
            because=tuple(get("because")),
        )
    return Reading(
        sha256=get("sha256") or "",
        size=get("size"),
        format=get("format"),
        reader=get("reader"),
        completeness=Completeness(get("completeness")),
        label=judged,
        problem=problem,
        counts={kind: (both[0], both[1]) for kind, both in get("counts").items()},
        notes=tuple(get("notes")),
        limits=tuple(get("limits")),
        signature=get("signature") or b"",
        versions={"readings": get("versions")},
    )
