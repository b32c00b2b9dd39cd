"""From rows of the catalogue to decisions: what the core is told of each item, the same for a night, a list and a what-if."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from classifier.item import Flag, Primary, Tier
from retention import zones
from retention.catalogue import Catalogue, decisions, freezing
from retention.clock import london_date
from retention.config import Config
from retention.decide import Decider, Facts, decider
from retention.decision import Decision, Settled, Zone
from retention.hold import Hold
from retention.schedule import Schedule

CLASS, OWNER, APPROVED, SETTLED = decisions.CLASS, decisions.OWNER, decisions.APPROVED, decisions.SETTLED
LOWEST = Tier.T0
_TIERS = tuple(Tier)
_PRIMARIES = {one.value: one for one in Primary}
_PLACES = 20_000


@dataclass(frozen=True, slots=True)
class Frozen:
    """Which holds freeze whole case folders and all copies of some bytes, by the catalogue's ids of folders and readings."""

    folders: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    readings: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def by(self, folder: int, reading: int | None) -> tuple[str, ...]:
        """The holds that freeze an item by its folder or its copies."""
        here = self.folders.get(folder, ())
        there = self.readings.get(reading, ()) if reading is not None else ()
        return here if not there or here == there else tuple(sorted({*here, *there}))


@dataclass(frozen=True, slots=True)
class Judge:
    """The rules of one day and all that the catalogue as a whole says, ready to decide on any row."""

    schedule: Schedule
    holds: tuple[Hold, ...]
    today: dt.date
    maps: Mapping[str, zones.ZoneMap]
    standing: decisions.Standing
    frozen: Frozen
    decider: Decider

    def facts(self, row: Any) -> Facts:
        """What is known of an item."""
        return facts(row, self.standing, self.frozen)

    def zone(self, row: Any) -> Zone:
        """The zone an item lies in."""
        return self.maps[row.share].named(row.zone)

    def judge(self, row: Any) -> tuple[Decision, Zone, Facts]:
        """Decide on one row of ``decisions.candidates``."""
        known, zone = self.facts(row), self.zone(row)
        return self.decider.decide(known, zone), zone, known


def prepare(
    config: Config,
    catalogue: Catalogue,
    schedule: Schedule,
    holds: Sequence[Hold],
    today: dt.date,
    *,
    report_only: bool = False,
) -> Judge:
    """Gather what deciding needs; the whole catalogue is gone through once, and again for the holds when there are any."""
    maps = zone_maps(config)
    if report_only:
        maps = {name: zones.report_only(one) for name, one in maps.items()}
    made = decider(schedule, holds, today)
    with catalogue.read() as connection:
        standing = decisions.standing(connection, today)
        frozen = _frozen(connection, made, maps, standing)
    return Judge(schedule, tuple(holds), today, maps, standing, frozen, made)


def everything(catalogue: Catalogue, judge: Judge) -> Iterator[Facts]:
    """What is known of every item that is decided on, a slice of the catalogue at a time."""
    last = 0
    while True:
        with catalogue.read() as connection:
            rows = decisions.candidates(connection, last)
        if not rows:
            return
        last = rows[-1].id
        yield from map(judge.facts, rows)


def zone_of(maps: Mapping[str, zones.ZoneMap]) -> Callable[[Facts], Zone]:
    """The zone of an item by its path, in a zone map that may be a draft."""
    known_places: dict[tuple[str, bytes], Zone] = {}

    def found(known: Facts) -> Zone:
        key = (known.share, known.path.rpartition(b"/")[0])
        zone = known_places.get(key)
        if zone is None:
            if len(known_places) >= _PLACES:
                known_places.clear()
            zone = known_places[key] = maps[key[0]].zone(key[1])
        return zone

    return found


def zone_maps(config: Config) -> dict[str, zones.ZoneMap]:
    """The zones of every share."""
    return {share.name: zones.zone_map(config, share.name) for share in config.share}


def facts(row: Any, standing: decisions.Standing, frozen: Frozen) -> Facts:
    """Put a row of ``decisions.candidates`` and the catalogue as a whole into what the core is told of an item."""
    number, folder, share, place, _zone, name, size, modified_ns, _device, _inode, reading, *more = row
    _label, _decision, _links, sha256, problem, tier, primary, flagged, by, chance, _inputs, previous = more
    entered = standing.entered.get(number, decisions.NOTHING)
    return Facts(
        share=share,
        path=place + b"/" + name if place else name,
        size=size,
        modified=london_date(modified_ns),
        tier=None if tier is None else _TIERS[tier],
        primary=None if tier is None else _PRIMARIES[primary],
        flags=_flags(flagged if isinstance(flagged, str) else tuple(flagged or ())),
        problem=problem or "",
        triggers=entered.triggers,
        record_classes=entered.classes,
        copies=standing.copies.get(reading, 1),
        item=str(number),
        sha256=sha256 or "",
        same_instant=standing.crowded.get(modified_ns, 1),
        folder_latest=standing.latest.get(folder),
        frozen_by=frozen.by(folder, reading),
        previous_tier=None if previous is None else _TIERS[previous],
        restricted_copy=reading in standing.restricted,
        judged=by is not None and by.startswith("person:"),
        persons=entered.persons,
        chance=chance if by is not None and by.startswith("model:") else None,
        **(_by_people(row, entered.other) if entered.other else {}),
    )


def flags(row: Any) -> frozenset[Flag]:
    """The flags of the label in force."""
    return _flags(row.flags if isinstance(row.flags, str) else tuple(row.flags or ()))


@lru_cache(maxsize=10_000)
def _flags(told: str | tuple[str, ...]) -> frozenset[Flag]:
    """The flags of a label, as JSON or as the database has read it already."""
    return frozenset(Flag(flag) for flag in (json.loads(told) if isinstance(told, str) else told))


def ground(sha256: str | None, size: int, modified_ns: int) -> str:
    """What tells some bytes from others in what a person settled: their hash, or what the listing says of bytes nobody could read."""
    told = sha256 or f"{size}.{modified_ns}"
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()


def settle(settled: Settled, bytes_of: str) -> str:
    """What a person settled as the value of a fact; ``bytes_of`` is what ``ground`` gives."""
    told = {"m": settled.matters, "v": settled.verb, "g": bytes_of, "r": settled.rule}
    if settled.until is not None:
        told["u"] = settled.until.isoformat()
    if settled.tier is not None:
        told["t"] = str(int(settled.tier))
    return json.dumps({**told, "o": settled.on.isoformat()}, separators=(",", ":"))


def _by_people(row: Any, last: Mapping[str, str]) -> dict[str, Any]:
    """Owner, approval and settlement, the latest of each, held against the bytes that lie there now."""
    found: dict[str, Any] = {"owner": last.get(OWNER, "")}
    sha256 = row.sha256
    found["approved"] = bool(sha256) and last.get(APPROVED) == sha256
    if last.get(SETTLED):
        told = json.loads(last[SETTLED])
        found["settled"] = Settled(
            told["m"],
            told["v"],
            dt.date.fromisoformat(told["o"]),
            dt.date.fromisoformat(told["u"]) if "u" in told else None,
            Tier(int(told["t"])) if "t" in told else None,
            told["r"],
            told["g"] == ground(sha256, row.size, row.modified_ns),
        )
    return found


def _frozen(connection: Any, made: Decider, maps: Mapping[str, zones.ZoneMap], standing: decisions.Standing) -> Frozen:
    """Find the items that holds cover by themselves, and what they freeze: their folders, their copies, and the copies' folders."""
    if not made.holds.holds:
        return Frozen()
    hashes = any(hold.scope.by_hash for hold in made.holds.holds)
    return freeze(connection, _covered(freezing.everything(connection, hashes=hashes), made, maps, standing))


def frozen_near(folder: int, near: Sequence[freezing.Seen], judge: Judge) -> Frozen:
    """The same for the items of one folder, from ``freezing.near``: what freezes the folder, and each copy in it."""
    here = {one.reading for one in near if one.folder == folder}
    covered = list(_covered(iter(near), judge.decider, judge.maps, judge.standing))
    folders: dict[int, tuple[str, ...]] = {}
    readings: dict[int, tuple[str, ...]] = {}
    for row, held in covered:
        copied = row.reading is not None and bool(row.size)
        if copied:
            _join(readings, int(row.reading or 0), held)
        if row.folder == folder or (copied and row.reading in here):
            _join(folders, folder, held)
    return Frozen(folders, readings)


def _covered(
    rows: Iterator[freezing.Seen], made: Decider, maps: Mapping[str, zones.ZoneMap], standing: decisions.Standing
) -> Iterator[tuple[freezing.Seen, tuple[str, ...]]]:
    for row in rows:
        zoned = maps.get(row.share)
        if zoned is None:
            continue
        entered = standing.entered.get(row.item, decisions.NOTHING)
        whole = partial(_seen, row, entered)
        owner = entered.other.get(OWNER, "")
        held = made.covering(zoned.named(row.zone), row.path, entered.classes, owner, whole)
        if held:
            yield row, held


def _seen(row: freezing.Seen, entered: decisions.Entered) -> Facts:
    return Facts(
        share=row.share,
        path=row.path,
        modified=london_date(row.modified_ns),
        triggers=entered.triggers,
        record_classes=entered.classes,
        item=str(row.item),
        sha256=row.sha256,
        owner=entered.other.get(OWNER, ""),
        persons=entered.persons,
    )


def freeze(connection: Any, covered: Iterator[tuple[freezing.Seen, tuple[str, ...]]]) -> Frozen:
    """Spread what covers single items to their case folders and copies. An empty file is a copy of nothing."""
    folders: dict[int, tuple[str, ...]] = {}
    readings: dict[int, tuple[str, ...]] = {}
    for row, held in covered:
        _join(folders, row.folder, held)
        if row.reading is not None and row.size:
            _join(readings, row.reading, held)
    for folder, reading in freezing.copies(connection, readings):
        _join(folders, folder, readings[reading])
    return Frozen(folders, readings)


def _join(known: dict[int, tuple[str, ...]], key: int, held: tuple[str, ...]) -> None:
    before = known.get(key)
    if before is None:
        known[key] = held
    elif before != held and not set(held) <= set(before):
        known[key] = tuple(sorted({*before, *held}))
