"""Assurance samples in the catalogue: drawn at the end of a night, answered when a person labels what was drawn."""

from __future__ import annotations

import datetime as dt
import heapq
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, case, delete, func, insert, select, update

from retention.assurance import ENOUGH, PILES, Standing, bounds, counted, number
from retention.catalogue.readings import OPEN, PRESENT
from retention.catalogue.store import Catalogue
from retention.catalogue.tables import folder, item, label, reading, sample, sample_item

Writing = Callable[[], AbstractContextManager[Connection]]
_FEW = 500
_CHUNK = 20_000

# What the machine said, also where a person has spoken since: the answer must not take an item out of the pile it was drawn from.
_BY_PERSON = label.c.by.like("person:%")
_SAID = case(
    (reading.c.problem_kind.is_not(None), "unread"), (_BY_PERSON, reading.c.primary), else_=label.c.primary
).label("pile")


@dataclass(slots=True)
class _Pile:
    """One pile while it is gone through: its size, and the items with the smallest numbers, largest first."""

    size: int = 0
    first: list[tuple[float, int, int | None]] = field(default_factory=list)

    def add(self, place: float, item_id: int, label_id: int | None, most: int) -> None:
        """Count an item, and keep it when its number is among the smallest."""
        self.size += 1
        if len(self.first) < most:
            heapq.heappush(self.first, (-place, item_id, label_id))
        elif -place > self.first[0][0]:
            heapq.heapreplace(self.first, (-place, item_id, label_id))


def draw(catalogue: Catalogue, writing: Writing, run_id: int, now: dt.datetime, most: int = ENOUGH) -> dict[str, int]:
    """Bring the samples of every zone's piles up to date; an item that was drawn stays drawn while it is in its pile.

    Returns counts: ``drawn`` items that a person is asked about, and ``answered`` ones.
    """
    with catalogue.read() as connection:
        seed = connection.execute(select(sample.c.seed).order_by(sample.c.id).limit(1)).scalar() or secrets.token_hex(
            16
        )
        piles = _piles(connection, seed, most)
    for (zone, pile), found in sorted(piles.items()):
        with writing() as connection:
            _write(connection, (zone, pile), found, run_id, now, seed)
    with writing() as connection:
        _empty(connection, set(piles))
    with catalogue.read() as connection:
        asked = select(func.count(), func.count(sample_item.c.answer)).select_from(sample_item)
        row = connection.execute(asked).one()
    return {"drawn": int(row[0]), "answered": int(row[1])}


def _piles(connection: Connection, seed: str, most: int) -> dict[tuple[str, str], _Pile]:
    """Go through every item that was read or could not be."""
    found: dict[tuple[str, str], _Pile] = {}
    statement = (
        select(item.c.id, folder.c.zone, item.c.label_id, _SAID)
        .select_from(
            item.join(folder)
            .join(reading, item.c.reading_id == reading.c.id)
            .outerjoin(label, item.c.label_id == label.c.id)
        )
        .where(OPEN)
    )
    for row in connection.execute(statement, execution_options={"yield_per": _CHUNK}):
        if row.pile is not None:
            pile = found.setdefault((row.zone, row.pile), _Pile())
            pile.add(number(seed, row.id), row.id, row.label_id, most)
    return found


def _write(
    connection: Connection, key: tuple[str, str], found: _Pile, run_id: int, now: dt.datetime, seed: str
) -> None:
    zone, pile = key
    there = connection.execute(select(sample.c.id).where(sample.c.zone == zone, sample.c.pile == pile)).scalar()
    if there is None:
        values = {"run_id": run_id, "zone": zone, "pile": pile, "population": found.size, "drawn_at": now, "seed": seed}
        there = connection.execute(insert(sample).values(**values).returning(sample.c.id)).scalar_one()
    else:
        connection.execute(update(sample).where(sample.c.id == there).values(population=found.size, drawn_at=now))
    before = {
        row.item_id: row for row in connection.execute(select(sample_item).where(sample_item.c.sample_id == there))
    }
    fresh = [one for one in found.first if one[1] not in before]
    kept = {one[1] for one in found.first}
    stale = [one for one in before if one not in kept] + _edited(connection, there)
    for start in range(0, len(stale), _FEW):
        gone = sample_item.c.item_id.in_(stale[start : start + _FEW])
        connection.execute(delete(sample_item).where(sample_item.c.sample_id == there, gone))
    again = [one for one in found.first if one[1] in set(stale)]
    rows = [{"sample_id": there, "item_id": one, "label_id": said} for _place, one, said in (*fresh, *again)]
    if rows:
        connection.execute(insert(sample_item), rows)


def _edited(connection: Connection, sample_id: int) -> list[int]:
    """Answered items that hold other bytes than those the answer was given for."""
    judged = label.alias("judged")
    read_then = reading.alias("read_then")
    statement = (
        select(sample_item.c.item_id)
        .select_from(
            sample_item.join(item, sample_item.c.item_id == item.c.id)
            .join(judged, sample_item.c.label_id == judged.c.id)
            .join(read_then, judged.c.reading_id == read_then.c.id)
            .join(reading, item.c.reading_id == reading.c.id)
        )
        .where(
            sample_item.c.sample_id == sample_id,
            sample_item.c.answer.is_not(None),
            read_then.c.sha256 != reading.c.sha256,
        )
    )
    return [int(one) for one in connection.scalars(statement)]


def _empty(connection: Connection, full: set[tuple[str, str]]) -> None:
    """Piles that nothing is left of are of size 0 and ask nothing."""
    for row in connection.execute(select(sample.c.id, sample.c.zone, sample.c.pile, sample.c.population)).all():
        if (row.zone, row.pile) not in full and row.population:
            connection.execute(delete(sample_item).where(sample_item.c.sample_id == row.id))
            connection.execute(update(sample).where(sample.c.id == row.id).values(population=0))


def standing(connection: Connection, zones: Sequence[str] | None = None) -> list[Standing]:
    """What is known of every pile, official first; of some zones only when they are given. Never without coverage."""
    covered = _coverage(connection)
    found = []
    for row in connection.execute(select(sample).order_by(sample.c.zone, sample.c.pile)).mappings():
        if (zones is not None and row["zone"] not in zones) or not row["population"]:
            continue
        asked = [answer for _item, answer in _in_order(connection, row["id"], row["seed"])]
        answered, missed = counted(row["pile"], asked)
        answered = min(answered, row["population"])
        exact = bounds(min(missed, answered), answered, row["population"])
        found.append(
            Standing(
                row["zone"],
                row["pile"],
                row["population"],
                len(asked),
                answered,
                missed,
                exact,
                covered.get(row["zone"], 0.0),
            )
        )
    return sorted(found, key=lambda one: (PILES.index(one.pile), one.zone))


def _in_order(connection: Connection, sample_id: int, seed: str) -> list[tuple[int, str | None]]:
    rows = connection.execute(
        select(sample_item.c.item_id, sample_item.c.answer).where(sample_item.c.sample_id == sample_id)
    )
    return sorted(((row.item_id, row.answer) for row in rows), key=lambda one: number(seed, one[0]))


def asked(connection: Connection, zones: Sequence[str] | None = None) -> Iterator[tuple[str, str, int]]:
    """The items that a sample asks about and nobody has answered yet, as (zone, pile, item), each pile in the order that counts."""
    for row in connection.execute(select(sample).order_by(sample.c.pile, sample.c.zone)).mappings().all():
        if zones is None or row["zone"] in zones:
            for one, answer in _in_order(connection, row["id"], row["seed"]):
                if answer is None:
                    yield row["zone"], row["pile"], one


def control(connection: Connection, zone: str) -> list[bool]:
    """The yes of a random control set of a zone: for each whether the machine had said so too, or could not tell.

    Every pile's items below one common number are together a simple random sample of the whole zone. The number is the smallest at
    which any pile's answers break off.
    """
    samples = connection.execute(select(sample).where(sample.c.zone == zone, sample.c.population > 0)).mappings().all()
    ordered = {row["pile"]: (row, _in_order(connection, row["id"], row["seed"])) for row in samples}
    ends = [_end(row, asked) for row, asked in ordered.values()]
    limit = min(ends, default=0.0)
    return [
        pile != "official"
        for pile, (row, asked) in sorted(ordered.items())
        for one, answer in asked
        if answer not in (None, "official") and number(row["seed"], one) < limit
    ]


def _end(row: Any, asked: Sequence[tuple[int, str | None]]) -> float:
    """Where the answers of a pile break off: at the first gap, else behind the last, and never when all items were answered."""
    for one, answer in asked:
        if answer is None:
            return number(row["seed"], one)
    if len(asked) >= row["population"]:
        return 1.0
    return number(row["seed"], asked[-1][0]) if asked else 0.0


def _coverage(connection: Connection) -> dict[str, float]:
    """The share of each zone's entries that were read to a label."""
    read: Any = and_(item.c.label_id.is_not(None), reading.c.problem_kind.is_(None))
    rows = connection.execute(
        select(folder.c.zone, func.count().label("found"), func.sum(case((read, 1), else_=0)).label("read"))
        .select_from(item.join(folder).outerjoin(reading, item.c.reading_id == reading.c.id))
        .where(PRESENT)
        .group_by(folder.c.zone)
    )
    return {row.zone: row.read / row.found for row in rows if row.found}
