"""Decisions: what is known of each item, read for the core, and what the core answered, written when it differs from before."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, Text, func, select, text, type_coerce

from retention.catalogue.inventory import bulk_insert
from retention.catalogue.readings import OPEN, join_path
from retention.catalogue.tables import State, decision, fact, folder, item, label, move, reading, share
from retention.clock import FIRST_TRUSTED, LONDON, Source, TriggerValue, london_date
from retention.decide import Decision

CLASS, OWNER, APPROVED, SETTLED = "record_class", "owner", "approved_move", "settled"
# What people entered that is no date; every other fact is the date of the trigger that it names.
PERSON = "person"
NOT_DATES = frozenset({CLASS, OWNER, APPROVED, SETTLED, PERSON})
CHUNK = 10_000
_REMEMBERED = 20_000
_BULK = 1_000  # files of one instant: above it, a bulk copy set their date
_MOST_INSTANTS = 5_000
_COLUMNS = (
    "item_id",
    "run_id",
    "label_id",
    "reading_id",
    "decided_on",
    "inputs",
    "action",
    "flagged",
    "lane",
    "tier",
    "clearance",
    "rule",
    "schedule_version",
    "trigger",
    "start",
    "start_source",
    "due",
    "eligible",
    "permanent",
    "disposal",
    "class_by",
    "automatic",
    "zone",
    "held",
    "because",
)  # fmt: skip - one look shows the order of the tuples


@dataclass(frozen=True, slots=True)
class Entered:
    """What people and feeds have entered for an item: trigger dates, record classes in the order of entry, and the rest by kind."""

    triggers: Mapping[str, TriggerValue]
    classes: tuple[str, ...]
    other: Mapping[str, str]
    persons: frozenset[str] = frozenset()


NOTHING = Entered(MappingProxyType({}), (), MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Standing:
    """What the whole catalogue says that a single row cannot: instants many files share, copies, what is restricted already.

    ``latest`` is the latest day on which a file of a folder was changed, among dates that can be believed.
    """

    crowded: Mapping[int, int]
    copies: Mapping[int, int]
    restricted: frozenset[int]
    entered: Mapping[int, Entered]
    latest: Mapping[int, dt.date]


def standing(connection: Connection, today: dt.date) -> Standing:
    """Gather what decisions of a day need to know of the catalogue as a whole."""
    crowded = {
        row[0]: row[1]
        for row in connection.execute(
            select(item.c.modified_ns, func.count())
            .where(item.c.state == State.PRESENT)
            .group_by(item.c.modified_ns)
            .having(func.count() > _BULK)
        )
    }
    copies = connection.execute(
        select(item.c.reading_id, func.count())
        .where(item.c.reading_id.is_not(None), item.c.state == State.PRESENT)
        .group_by(item.c.reading_id)
        .having(func.count() > 1)
    )
    restricted = connection.execute(
        select(item.c.reading_id).where(item.c.state == State.RESTRICTED, item.c.reading_id.is_not(None)).distinct()
    )
    return Standing(
        crowded,
        {row[0]: row[1] for row in copies},
        frozenset(row[0] for row in restricted),
        entered(connection),
        _latest(connection, today, crowded),
    )


def entered(connection: Connection, items: Collection[int] | None = None) -> dict[int, Entered]:
    """What people and feeds have entered, by item; of some items only when they are given.

    The newest date of a trigger counts; an empty value takes back what was entered before. Items that were told the same
    share it, so that a feed for a whole council fits into memory.
    """
    wanted = select(fact.c.item_id, fact.c.kind, fact.c.value, fact.c.source, fact.c.confidence)
    wanted = wanted.order_by(fact.c.item_id, fact.c.id).execution_options(yield_per=CHUNK)
    alike: dict[tuple[Any, ...], Entered] = {}
    found: dict[int, Entered] = {}
    told: list[tuple[Any, ...]] = []
    last = None
    for number, *one in connection.execute(wanted if items is None else wanted.where(fact.c.item_id.in_(items))):
        if number != last and last is not None:
            found[last] = _alike(alike, tuple(told))
            told.clear()
        last = number
        told.append(tuple(one))
    if last is not None:
        found[last] = _alike(alike, tuple(told))
    return found


def _alike(known: dict[tuple[Any, ...], Entered], told: tuple[Any, ...]) -> Entered:
    made = known.get(told)
    if made is None:
        made = known[told] = _entered(told)
    return made


def _entered(told: Sequence[tuple[str, str, str, float]]) -> Entered:
    triggers: dict[str, TriggerValue] = {}
    classes: list[str] = []
    other: dict[str, str] = {}
    persons: frozenset[str] = frozenset()
    for kind, value, source, confidence in told:
        if kind == CLASS:
            classes = [*classes, value] if value else []
        elif kind == PERSON:
            persons = persons | {value} if value else frozenset()
        elif kind in NOT_DATES:
            other[kind] = value
        elif value:
            triggers[kind] = TriggerValue(dt.date.fromisoformat(value), Source(source), confidence)
        else:
            triggers.pop(kind, None)
    return Entered(triggers, tuple(dict.fromkeys(classes)), other, persons)


def _latest(connection: Connection, today: dt.date, crowded: Mapping[int, int]) -> dict[int, dt.date]:
    """The latest credible change in each folder; what a bulk copy, a default or a clock that runs ahead set says nothing."""
    first, after = (_midnight_ns(day) for day in (FIRST_TRUSTED, today + dt.timedelta(days=1)))
    said = (item.c.modified_ns >= first, item.c.modified_ns < after, item.c.state == State.PRESENT)
    bulk = sorted(crowded)[:_MOST_INSTANTS]
    rows = connection.execute(
        select(item.c.folder_id, func.max(item.c.modified_ns))
        .where(*said, item.c.modified_ns.not_in(bulk))
        .group_by(item.c.folder_id)
    )
    return {row[0]: london_date(row[1]) for row in rows}


def _midnight_ns(day: dt.date) -> int:
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=LONDON).timestamp()) * 1_000_000_000


_CANDIDATES = (
    select(
        item.c.id,
        item.c.folder_id,
        share.c.name.label("share"),
        folder.c.path.label("folder"),
        folder.c.zone,
        item.c.name,
        item.c.size,
        item.c.modified_ns,
        item.c.device,
        item.c.inode,
        item.c.reading_id,
        item.c.label_id,
        item.c.decision_id,
        item.c.links,
        reading.c.sha256,
        reading.c.problem_kind,
        label.c.tier,
        label.c.primary,
        type_coerce(label.c.flags, Text).label(
            "flags"
        ),  # JSON as the driver gives it: few values, read again and again
        label.c.by.label("label_by"),
        label.c.sensitive.label("chance"),
        decision.c.inputs,
        decision.c.tier.label("previous_tier"),
    )
    .select_from(
        item.join(folder, item.c.folder_id == folder.c.id)
        .join(share, folder.c.share_id == share.c.id)
        .join(reading, item.c.reading_id == reading.c.id)
        .outerjoin(label, item.c.label_id == label.c.id)
        .outerjoin(decision, item.c.decision_id == decision.c.id)
    )
    .where(OPEN)
)  # fmt: skip - the columns fill their lines


def candidates(connection: Connection, after: int, folders: Collection[int] = ()) -> list[Row[Any]]:
    """The next items above an id that were read or could not be, each with its label and decision in force.

    With ``folders`` only items of these folders are given.
    """
    statement = _CANDIDATES.where(item.c.id > after).order_by(item.c.id).limit(CHUNK)
    if folders:
        statement = statement.where(item.c.folder_id.in_(folders))
    return list(connection.execute(statement))


def candidate(connection: Connection, item_id: int) -> Any | None:
    """One item as ``candidates`` gives it; nothing when it is not at a place of its own, sealed, excluded or unread."""
    return connection.execute(_CANDIDATES.where(item.c.id == item_id)).first()


def path_of(row: Any) -> bytes:
    """A candidate's path below its share's root."""
    return join_path(row.folder, row.name)


@dataclass(slots=True)
class Writer:
    """Decisions of one run and day as rows; what the very same decision says is spelled out once."""

    run_id: int
    today: dt.date
    _told: dict[tuple[int, str], tuple[Decision, str, tuple[Any, ...]]] = field(default_factory=dict)

    def told(self, made: Decision, zone: str) -> tuple[str, tuple[Any, ...]]:
        """What a decision says, and its digest: equal digests mean that there is nothing new to write."""
        key = (id(made), zone)
        found = self._told.get(key)
        if found is None:
            body = _body(made, zone)
            digest = hashlib.blake2b(repr(body).encode(), digest_size=16).hexdigest()
            if len(self._told) >= _REMEMBERED:
                self._told.clear()
            found = self._told[key] = (made, digest, body)
        return found[1:]

    def row(self, one: Any, inputs: str, body: tuple[Any, ...]) -> tuple[Any, ...]:
        """One decision as a tuple in the order of the columns."""
        return (one.id, self.run_id, one.label_id, one.reading_id, _iso(self.today), inputs, *body)


def _body(made: Decision, zone: str) -> tuple[Any, ...]:
    return (
        made.action.value,
        made.flagged,
        made.lane,
        None if made.tier is None else int(made.tier),
        int(made.clearance),
        made.rule[:40],
        made.schedule[:60],
        made.trigger[:40],
        _iso(made.start),
        made.start_source,
        _iso(made.due),
        _iso(made.eligible),
        made.permanent,
        made.disposal,
        made.class_by,
        made.automatic,
        zone[:100],
        _list(made.held),
        _list(made.because),
    )  # fmt: skip - the order of the columns


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


@lru_cache(maxsize=_REMEMBERED)
def _quoted(sentence: str) -> str:
    return json.dumps(sentence)


def _iso(date: dt.date | None) -> str | None:
    return date.isoformat() if date else None


def write(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Append decisions and put each in force for its item."""
    if not rows:
        return
    before = connection.execute(select(func.coalesce(func.max(decision.c.id), 0))).scalar_one()
    if connection.dialect.name == "sqlite":
        # Nobody else writes now, so the numbers are known beforehand and no row has to be looked for.
        numbered = list(enumerate(rows, before + 1))
        bulk_insert(connection, "decision", ("id", *_COLUMNS), [(number, *row) for number, row in numbered])
        connection.exec_driver_sql(
            "UPDATE item SET decision_id = ? WHERE id = ?", [(number, row[0]) for number, row in numbered]
        )
        return
    bulk_insert(connection, "decision", _COLUMNS, rows)
    connection.execute(
        text(
            "UPDATE item SET decision_id = (SELECT max(d.id) FROM decision d WHERE d.item_id = item.id AND d.id > :before) "
            "WHERE id IN (SELECT item_id FROM decision WHERE id > :before)"
        ),
        {"before": before},
    )


def of_run(connection: Connection, run_id: int, items: Collection[int]) -> list[RowMapping]:
    """The decisions that a run wrote for some items, each with the item's share and path as the catalogue has them now."""
    statement = (
        select(decision, share.c.name.label("share"), folder.c.path.label("folder"), item.c.name, reading.c.sha256)
        .select_from(
            decision.join(item, decision.c.item_id == item.c.id)
            .join(folder, item.c.folder_id == folder.c.id)
            .join(share, folder.c.share_id == share.c.id)
            .outerjoin(reading, decision.c.reading_id == reading.c.id)
        )
        .where(decision.c.run_id == run_id, decision.c.item_id.in_(items))
    )
    return list(connection.execute(statement).mappings())


def written_by(connection: Connection, run_id: int) -> int:
    """How many decisions a run wrote."""
    return int(
        connection.execute(select(func.count()).select_from(decision).where(decision.c.run_id == run_id)).scalar_one()
    )


def to_restrict(connection: Connection, lot: int = 0, lots: int = 1) -> list[RowMapping]:
    """The items whose decision in force says that they are to be moved at once, of one lot.

    What a person has put back stays until a person decides otherwise, as long as its bytes are the same.
    """
    put_back = (
        select(move.c.id)
        .where(move.c.item_id == item.c.id, move.c.step == "returned", move.c.sha256 == reading.c.sha256)
        .exists()
    )
    statement = (
        select(
            item.c.id,
            share.c.name.label("share"),
            folder.c.path.label("folder"),
            item.c.name,
            item.c.size,
            item.c.inode,
            item.c.modified_ns,
            item.c.changed_ns,
            reading.c.sha256,
            decision.c.tier,
        )
        .select_from(
            item.join(folder, item.c.folder_id == folder.c.id)
            .join(share, folder.c.share_id == share.c.id)
            .join(reading, item.c.reading_id == reading.c.id)
            .join(decision, item.c.decision_id == decision.c.id)
        )
        .where(
            OPEN,
            decision.c.action == "restrict",
            decision.c.automatic,
            reading.c.sha256.is_not(None),
            ~put_back,
            item.c.id % lots == lot,
        )
        .order_by(decision.c.tier.desc(), item.c.id)
    )  # fmt: skip - the columns fill their lines
    return list(connection.execute(statement).mappings())
