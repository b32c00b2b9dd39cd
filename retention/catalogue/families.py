"""Families in the catalogue: grouped anew each night, and written only where they differ, so that ids, versions and states last."""

from __future__ import annotations

import datetime as dt
import hashlib
from array import array
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, text, update

from classifier.item import Primary
from retention.catalogue import waiting
from retention.catalogue.inventory import bulk_insert
from retention.catalogue.store import Catalogue
from retention.catalogue.tables import family, member
from retention.clock import london_date
from retention.decision import Zone
from retention.family import Gathering, Grouping, Waiting, series_of
from retention.review.queue import Drawn, Ground, State, risk

_Ints = NDArray[np.int64]
_CHUNK = 10_000  # rows in one transaction, so that a page waits for a moment only
_AUDIT = 0.1
"""Share of families that are drawn at random, to be looked at whatever the model and the rules say."""
_DOUBTFUL = 0.5
_NEVER = 9_999_999  # a due date beyond all: permanent
_UNKNOWN = 9_999_998
_PRIMARIES = (None, Primary.OFFICIAL, Primary.PERSONAL, Primary.SENSITIVE)
_STEADY = 0.02  # a risk that moved by less is left as it stands

Writing = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class Night:
    """What a refresh is made for: the run, its day, the zones by share and name, and the seed of the random share."""

    run_id: int
    today: dt.date
    zones: Callable[[str, str], Zone]
    seed: int = 0


@dataclass(slots=True)
class _Lot:
    """The waiting items of one zone: what the families are counted from, as columns."""

    item: array[int] = field(default_factory=lambda: array("q"))
    before: array[int] = field(default_factory=lambda: array("q"))
    size: array[int] = field(default_factory=lambda: array("q"))
    tier: array[int] = field(default_factory=lambda: array("q"))
    primary: array[int] = field(default_factory=lambda: array("q"))
    people: array[int] = field(default_factory=lambda: array("q"))
    modified: array[int] = field(default_factory=lambda: array("q"))
    due: array[int] = field(default_factory=lambda: array("q"))
    rule: array[int] = field(default_factory=lambda: array("q"))
    lane: array[int] = field(default_factory=lambda: array("q"))
    doubt: array[float] = field(default_factory=lambda: array("d"))
    words: dict[str, int] = field(default_factory=dict)

    def add(self, row: RowMapping) -> None:
        """Take a row in."""
        self.item.append(row["id"])
        self.before.append((row["family_id"] or 0) if row["state"] == State.OPEN else 0)
        self.size.append(row["size"])
        self.tier.append(-1 if row["tier"] is None else row["tier"])
        self.primary.append(_PRIMARIES.index(row["primary"]))
        self.people.append(max((both[1] for both in (row["counts"] or {}).values()), default=0))
        self.modified.append(row["modified_ns"])
        due = row["due"]
        self.due.append(_NEVER if row["permanent"] else due.toordinal() if due else _UNKNOWN)
        self.rule.append(self._word(row["rule"]))
        self.lane.append(self._word(row["lane"]))
        self.doubt.append(doubt(row))

    def _word(self, word: str) -> int:
        return self.words.setdefault(word, len(self.words))

    def spelt(self) -> tuple[str, ...]:
        """The words that ``rule`` and ``lane`` number."""
        return tuple(self.words)


def doubt(row: Any) -> float:
    """How near the machine was to a tie: 1 at a coin's toss, 0 when certain, when a person has spoken, or when nothing was read."""
    if row["sensitive"] is None or (row["by"] or "").startswith("person:"):
        return 0.0
    return max(1.0 - abs(2.0 * row[question] - 1.0) for question in ("sensitive", "personal"))


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


def _gather(catalogue: Catalogue, share: str, zone: str, night: Night) -> tuple[_Lot, Grouping, Zone]:
    place = night.zones(share, zone)
    classed = [below.strip("/").encode() for below in place.record_classes]
    classed = [b"/".join(part for part in (place.path, below) if part) for below in classed]
    lot, gathering = _Lot(), Gathering(f"{share}/{zone}/")
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
    )


@dataclass(slots=True)
class _Known:
    """A family as the catalogue has it."""

    id: int
    key: str
    state: str
    values: Mapping[str, Any]
    members: int = 0


@dataclass(slots=True)
class _Zone:
    """The families of one zone on their way into the catalogue."""

    catalogue: Catalogue
    writing: Writing
    night: Night
    zone: str
    known: dict[str, list[_Known]] = field(default_factory=dict)
    held: set[int] = field(default_factory=set)

    def write(self, lots: Sequence[tuple[_Lot, Grouping, Zone]]) -> dict[str, int]:
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
                self.known.setdefault(base, []).append(_Known(row["id"], row["key"], row["state"], row))
            waits = (
                select(member.c.item_id).join(family).where(family.c.zone == self.zone, family.c.state == State.OPEN)
            )
            self.held = set(connection.scalars(waits))

    def _families(self, lot: _Lot, grouping: Grouping, place: Zone, counts: dict[str, int]) -> _Ints:
        """Find or make the row of every family; gives their ids in the grouping's order."""
        values = _values(lot, grouping, place, self.night)
        ids = np.zeros(len(values), np.int64)
        size = np.bincount(grouping.of, minlength=len(values))
        before = np.frombuffer(lot.before, np.int64)
        fresh: list[tuple[int, dict[str, Any]]] = []
        changes: list[dict[str, Any]] = []
        for number, told in enumerate(values):
            found = self._match(grouping.grounds[number])
            if found is None:
                fresh.append((number, told | {"key": self._key(grouping.grounds[number]), "state": State.OPEN}))
                continue
            ids[number] = found.id
        old_size = {key: int(count) for key, count in zip(*np.unique(before, return_counts=True), strict=True)}
        stayed = np.bincount(grouping.of[before == ids[grouping.of]], minlength=len(values)) if len(values) else size
        for number, told in enumerate(values):
            found = self._match(grouping.grounds[number]) if ids[number] else None
            if found is None:
                continue
            same = stayed[number] == size[number] == found.values["files"] and old_size.get(found.id, 0) == size[number]
            change = _change(found, told, same=bool(same))
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
                rows = [told | {"run_id": self.night.run_id, "version": 1} for _number, told in some]
                keys = {told["key"]: number for number, told in some}
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

    def _members(self, lot: _Lot, families: _Ints) -> None:
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


def _values(lot: _Lot, grouping: Grouping, place: Zone, night: Night) -> list[dict[str, Any]]:
    """What the row of each family says."""
    count = len(grouping.kinds)
    of, leaders = grouping.of, grouping.leaders
    read = {
        name: np.frombuffer(getattr(lot, name), np.int64)
        for name in ("tier", "primary", "modified", "size", "people", "due")
    }
    most = {name: _most(of, read[name], count) for name in ("tier", "primary", "modified", "due")}
    size = np.bincount(of, weights=read["size"], minlength=count).astype(np.int64)
    people = np.bincount(of, weights=read["people"], minlength=count).astype(np.int64)
    doubts = np.zeros(count)
    np.maximum.at(doubts, of, np.frombuffer(lot.doubt, np.float64))
    longest = _first_with(of, read["due"], most["due"], count)
    files = np.bincount(of, minlength=count)
    words = lot.spelt()
    made = []
    for number, kind in enumerate(grouping.kinds):
        due = int(most["due"][number])
        tier = None if most["tier"][number] < 0 else int(most["tier"][number])
        told: dict[str, Any] = {
            "kind": kind.value,
            "lane": words[lot.lane[leaders[number]]],
            "zone": place.name,
            "owner": place.owner[:100],
            "doubt": round(float(doubts[number]), 4),
            "tier": tier,
            "primary": _PRIMARIES[most["primary"][number]],
            "files": int(files[number]),
            "size": int(size[number]),
            "leader_item_id": int(lot.item[leaders[number]]),
            "rule": words[lot.rule[longest[number]]],
            "due": dt.date.fromordinal(due) if due < _UNKNOWN else None,
            "permanent": due == _NEVER,
            "review_on": None,
        }
        ground = Ground(
            lane=told["lane"],
            tier=tier,
            exposed=place.exposure,
            people=int(people[number]),
            modified=london_date(int(most["modified"][number])),
            due=told["due"],
            size=told["size"],
        )
        told["risk"] = risk(ground, night.today)
        told["drawn"] = _drawn(grouping.grounds[number], told["doubt"], night.seed)
        made.append(told)
    return made


def _drawn(ground: str, doubtful: float, seed: int) -> Drawn:
    """Why a family is put before a person; what is drawn at random stays so in every night."""
    lot = int.from_bytes(hashlib.blake2b(f"{seed}{ground}".encode(), digest_size=4).digest(), "big") / 2**32
    if lot < _AUDIT:
        return Drawn.RANDOM
    return Drawn.DOUBT if doubtful >= _DOUBTFUL else Drawn.RISK


def _most(of: _Ints, values: _Ints, count: int) -> _Ints:
    most = np.full(count, np.iinfo(np.int64).min)
    np.maximum.at(most, of, values)
    return most


def _first_with(of: _Ints, values: _Ints, wanted: _Ints, count: int) -> _Ints:
    """For each group the first position whose value is the wanted one."""
    at = np.flatnonzero(values == wanted[of])
    first = np.zeros(count, np.int64)
    first[of[at[::-1]]] = at[::-1]
    return first


def _change(found: _Known, told: Mapping[str, Any], *, same: bool) -> dict[str, Any]:
    """What must be written of a family that is there already; the version rises when a person would see another family."""
    differing = {name: value for name, value in told.items() if found.values[name] != value}
    near = abs(told["risk"] - found.values["risk"]) <= _STEADY * abs(found.values["risk"])
    if "risk" in differing and near:
        del differing["risk"]
    seen = {"lane", "tier", "primary", "rule", "owner"} & set(differing)
    if found.state == State.GONE:
        differing["state"] = State.OPEN
    if not same or seen or found.state == State.GONE:
        differing["version"] = found.values["version"] + 1
    return differing
