"""Families in the catalogue: grouped anew each night, and written only where they differ, so that ids, versions and states last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, text, update

from retention.catalogue import waiting
from retention.catalogue.inventory import bulk_insert
from retention.catalogue.lot import Lot, Night, told
from retention.catalogue.store import Catalogue
from retention.catalogue.tables import family, member
from retention.decision import Zone
from retention.family import Gathering, Grouping, Waiting, series_of
from retention.review.queue import State

_Ints = NDArray[np.int64]
_CHUNK = 10_000  # rows in one transaction, so that a page waits for a moment only
_STEADY = 0.02  # a risk that moved by less is left as it stands

Writing = Callable[[], AbstractContextManager[Connection]]


def refresh(
    catalogue: Catalogue,
    writing: Writing,
    night: Night,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> dict[str, int]:
    """Bring all families up to the decisions in force, a zone at a time; running it again changes nothing.

    Returns counts: ``items`` and ``families`` that wait, and families that are ``new``, ``changed`` or ``gone``.
    """
    counts = {"items": 0, "families": 0, "new": 0, "changed": 0, "gone": 0}
    with catalogue.read() as connection:
        places = waiting.places(connection)
        empty = set(connection.scalars(select(family.c.zone).where(family.c.state == State.OPEN).distinct()))
    for zone in sorted({*places, *empty}):
        lots = [_gather(catalogue, share, zone, night) for share in places.get(zone, [])]
        for name, count in _Zone(catalogue, writing, night, zone).write(lots).items():
            counts[name] += count
        progress(counts["items"], 0)
    return counts


def _gather(catalogue: Catalogue, share: str, zone: str, night: Night) -> tuple[Lot, Grouping, Zone]:
    place = night.zones(share, zone)
    classed = [below.strip("/").encode() for below in place.record_classes]
    classed = [b"/".join(part for part in (place.path, below) if part) for below in classed]
    lot, gathering = Lot(), Gathering(f"{share}/{zone}/")
    with catalogue.read() as connection:
        for row in waiting.queued(connection, share, zone):
            if not waiting.settled(row, zone, night.today):
                lot.add(row)
                gathering.add(_one(row, series_of(row["folder"], place.path, classed, row["class_by"])))
    return lot, gathering.families(), place


def _one(row: RowMapping, series: bytes) -> Waiting:
    return Waiting(
        item=row["id"],
        folder=row["folder"],
        name=row["name"],
        series=series,
        content=row["sha256"] or "",
        size=row["size"],
        lane=row["lane"],
        action=row["action"],
        rule=row["rule"],
        class_by=row["class_by"],
        format=row["format"],
        signature=row["signature"] or b"",
        tier=row["tier"],
        primary=row["primary"] or "",
        flags=frozenset(row["flags"] or ()),
        by=row["by"] or "",
        problem=row["problem_kind"] or "",
        held=bool(row["held"]),
        apart=bool(row["excepted"]),
    )


@dataclass(slots=True)
class _Known:
    """A family as the catalogue has it."""

    id: int
    key: str
    state: str
    values: Mapping[str, Any]


@dataclass(slots=True)
class _Zone:
    """The families of one zone on their way into the catalogue."""

    catalogue: Catalogue
    writing: Writing
    night: Night
    zone: str
    known: dict[str, list[_Known]] = field(default_factory=dict)
    held: set[int] = field(default_factory=set)

    def write(self, lots: Sequence[tuple[Lot, Grouping, Zone]]) -> dict[str, int]:
        """Write the families of every share's part of the zone; returns counts."""
        self._load()
        counts = {"items": 0, "families": 0, "new": 0, "changed": 0, "gone": 0}
        seen: set[int] = set()
        for lot, grouping, place in lots:
            ids = self._families(lot, grouping, place, counts)
            self._members(lot, ids[grouping.of] if len(ids) else ids)
            seen.update(ids.tolist())
            self.held.difference_update(lot.item)
            counts["items"] += len(lot.item)
            counts["families"] += len(ids)
        counts["gone"] = self._end(seen)
        return counts

    def _load(self) -> None:
        with self.catalogue.read() as connection:
            for row in connection.execute(select(family).where(family.c.zone == self.zone)).mappings():
                base = row["key"].partition(".")[0]
                self.known.setdefault(base, []).append(_Known(row["id"], row["key"], row["state"], dict(row)))
            waits = (
                select(member.c.item_id).join(family).where(family.c.zone == self.zone, family.c.state == State.OPEN)
            )
            self.held = set(connection.scalars(waits))

    def _families(self, lot: Lot, grouping: Grouping, place: Zone, counts: dict[str, int]) -> _Ints:
        """Find or make the row of every family; gives their ids in the grouping's order."""
        values = told(lot, grouping, place, self.night)
        ids = np.zeros(len(values), np.int64)
        size = np.bincount(grouping.of, minlength=len(values))
        before = np.frombuffer(lot.before, np.int64)
        fresh: list[tuple[int, dict[str, Any]]] = []
        changes: list[dict[str, Any]] = []
        for number, says in enumerate(values):
            found = self._match(grouping.grounds[number])
            if found is None:
                fresh.append((number, says | {"key": self._key(grouping.grounds[number]), "state": State.OPEN}))
                continue
            ids[number] = found.id
        old_size = {key: int(count) for key, count in zip(*np.unique(before, return_counts=True), strict=True)}
        stayed = np.bincount(grouping.of[before == ids[grouping.of]], minlength=len(values)) if len(values) else size
        for number, says in enumerate(values):
            found = self._match(grouping.grounds[number]) if ids[number] else None
            if found is None:
                continue
            same = stayed[number] == size[number] == found.values["files"] and old_size.get(found.id, 0) == size[number]
            change = _change(found, says, same=bool(same))
            if change:
                changes.append({"of": found.id, **change, **({"run_id": self.night.run_id} if not same else {})})
                counts["changed"] += "version" in change
        self._update(changes)
        for number, made in self._insert(fresh):
            ids[number] = made
        counts["new"] += len(fresh)
        return ids

    def _match(self, ground: str) -> _Known | None:
        """The open family of a ground, else one that is gone and may be used again."""
        there = self.known.get(ground, [])
        for state in (State.OPEN, State.GONE):
            found = min((one for one in there if one.state == state), key=lambda one: one.id, default=None)
            if found is not None:
                return found
        return None

    def _key(self, ground: str) -> str:
        """A key for a new family: the ground, with a number where older families of this ground are settled."""
        there = len(self.known.get(ground, []))
        return f"{ground}.{there + 1}" if there else ground

    def _insert(self, fresh: Sequence[tuple[int, dict[str, Any]]]) -> list[tuple[int, int]]:
        made: list[tuple[int, int]] = []
        for start in range(0, len(fresh), _CHUNK):
            some = fresh[start : start + _CHUNK]
            with self.writing() as connection:
                rows = [says | {"run_id": self.night.run_id, "version": 1} for _number, says in some]
                keys = {says["key"]: number for number, says in some}
                back = connection.execute(insert(family).returning(family.c.key, family.c.id), rows)
                made += [(keys[row.key], row.id) for row in back]
        return made

    def _update(self, changes: Sequence[dict[str, Any]]) -> None:
        """Change families, but none that a person has settled since it was looked at."""
        by_shape: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for change in changes:
            by_shape.setdefault(tuple(sorted(change)), []).append(change)
        for shape, rows in by_shape.items():
            names = [name for name in shape if name != "of"]
            statement = (
                update(family)
                .where(family.c.id == bindparam("of"), family.c.state.in_((State.OPEN, State.GONE)))
                .values({name: bindparam(f"v_{name}") for name in names})
            )
            for start in range(0, len(rows), _CHUNK):
                with self.writing() as connection:
                    some = rows[start : start + _CHUNK]
                    connection.execute(statement, [{"of": r["of"]} | {f"v_{n}": r[n] for n in names} for r in some])

    def _members(self, lot: Lot, families: _Ints) -> None:
        """Write who belongs where: drop the rows of those that changed families, then insert; settled families keep theirs."""
        items = np.frombuffer(lot.item, np.int64)
        before = np.frombuffer(lot.before, np.int64)
        moved = np.flatnonzero(before != families)
        for start in range(0, len(moved), _CHUNK):
            some = moved[start : start + _CHUNK]
            with self.writing() as connection:
                just = _just_settled(connection, [int(items[at]) for at in some if before[at]])
                rows = [(int(items[at]), int(families[at]), False) for at in some if int(items[at]) not in just]
                gone = [{"of": row[0]} for row in rows]
                if gone:
                    connection.execute(delete(member).where(member.c.item_id == bindparam("of")), gone)
                bulk_insert(connection, "member", ("item_id", "family_id", "excepted"), rows)
        with self.writing() as connection:
            connection.execute(_SEEN, {"zone": self.zone, "open": State.OPEN})

    def _end(self, seen: set[int]) -> int:
        """Take out what waits no more, and close families that nothing is left of; returns how many were closed."""
        over = [
            one.id for there in self.known.values() for one in there if one.state == State.OPEN and one.id not in seen
        ]
        gone = sorted(self.held)
        with self.writing() as connection:
            for start in range(0, len(gone), _CHUNK):
                rows = [{"of": one} for one in gone[start : start + _CHUNK]]
                connection.execute(delete(member).where(member.c.item_id == bindparam("of"), _WAITS), rows)
            if over:
                closing = update(family).where(family.c.id == bindparam("of"), family.c.state == State.OPEN)
                values = {"state": State.GONE, "files": 0, "size": 0, "version": family.c.version + 1}
                connection.execute(closing.values(values), [{"of": one} for one in over])
        return len(over)


_WAITS = member.c.family_id.in_(select(family.c.id).where(family.c.state == State.OPEN))
_SEEN = text(
    "UPDATE member SET sha256 = r.sha256, tier = d.tier, rule = d.rule, lane = d.lane "
    "FROM item i JOIN decision d ON d.id = i.decision_id JOIN reading r ON r.id = i.reading_id, family f "
    "WHERE member.item_id = i.id AND f.id = member.family_id AND f.zone = :zone AND f.state = :open "
    "AND (COALESCE(member.sha256, '') <> COALESCE(r.sha256, '') OR COALESCE(member.tier, -1) <> COALESCE(d.tier, -1) "
    "OR member.rule <> d.rule OR member.lane <> d.lane)"
)


def _just_settled(connection: Connection, items: Sequence[int]) -> set[int]:
    """Those of some items, all waiting when they were read, whose family a person has settled in the meantime."""
    found: set[int] = set()
    answered = select(member.c.item_id).join(family).where(family.c.state.not_in((State.OPEN, State.GONE)))
    for start in range(0, len(items), 500):
        found.update(connection.scalars(answered.where(member.c.item_id.in_(items[start : start + 500]))))
    return found


def _change(found: _Known, says: Mapping[str, Any], *, same: bool) -> dict[str, Any]:
    """What must be written of a family that is there already; the version rises when a person would see another family."""
    differing = {name: value for name, value in says.items() if found.values[name] != value}
    near = abs(says["risk"] - found.values["risk"]) <= _STEADY * abs(found.values["risk"])
    if "risk" in differing and near:
        del differing["risk"]
    seen = {"lane", "tier", "primary", "rule", "owner"} & set(differing)
    if found.state == State.GONE:
        differing["state"] = State.OPEN
    if not same or seen or found.state == State.GONE:
        differing["version"] = found.values["version"] + 1
    return differing
