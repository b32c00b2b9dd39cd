"""What people have taught: their labels in force, whether they are enough to learn from, and what became of each training."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, insert, or_, select

from classifier.item import Flag, Tier
from retention.catalogue.readings import join_path
from retention.catalogue.tables import State, choice, folder, item, label, reading, share, trial

_BY_PERSON = label.c.by.like("person:%")
# Text of T4 is never trained on, whoever found that it is T4; what is sealed or excluded is never opened.
_MILD = and_(label.c.tier < int(Tier.T4), func.coalesce(reading.c.tier, 0) < int(Tier.T4))
_HERE = and_(item.c.state == State.PRESENT, item.c.occupant == 0, item.c.absent.is_(False))
_READABLE = and_(
    or_(_HERE, item.c.state == State.RESTRICTED),
    item.c.excluded.is_(None),
    folder.c.sealed.is_(False),
    reading.c.sha256.is_not(None),
    reading.c.problem_kind.is_(None),
)


@dataclass(frozen=True, slots=True)
class Lesson:
    """An item that can be learned from or tried on: where it lies, its bytes, and what a person said of it (empty for nobody).

    ``said_at`` is when; ``labels`` are the answers, none for official.
    """

    item: int
    share: str
    path: bytes
    restricted: bool
    sha256: str
    signature: bytes
    primary: str = ""
    labels: frozenset[str] = frozenset()
    said_at: dt.datetime | None = None


def answered(connection: Connection) -> list[Lesson]:
    """What people said of bytes that still are as they were; the same bytes once, by the newest answer."""
    judged = reading.alias("judged")
    statement = (
        _rows(label.c.primary, label.c.flags, label.c.made_at)
        .join(judged, label.c.reading_id == judged.c.id)
        .where(_READABLE, _BY_PERSON, _MILD, judged.c.sha256 == reading.c.sha256)
        .order_by(label.c.id)
    )
    found: dict[str, Lesson] = {}
    for row in connection.execute(statement).mappings():
        found[row["sha256"]] = _lesson(row, row["primary"], _labels(row), row["made_at"])
    return list(found.values())


def unanswered(connection: Connection, most: int, seed: str) -> tuple[list[Lesson], int]:
    """A random draw from the items that no person has labelled, and how many of these there are; T4 is left out."""
    statement = _rows(item.c.id.label("number")).where(_READABLE, ~_BY_PERSON, _MILD)
    ids = [int(one) for one in connection.scalars(statement.with_only_columns(item.c.id))]
    ids.sort(key=lambda one: hashlib.blake2b(f"{seed}{one}".encode(), digest_size=8).digest())
    drawn = ids[:most]
    found: list[Lesson] = []
    for start in range(0, len(drawn), 500):
        some = statement.where(item.c.id.in_(drawn[start : start + 500]))
        found += [_lesson(row) for row in connection.execute(some).mappings()]
    return found, len(ids)


def _rows(*more: Any) -> Any:
    return select(
        item.c.id,
        item.c.state,
        share.c.name.label("share"),
        folder.c.path,
        item.c.name,
        reading.c.sha256,
        reading.c.signature,
        *more,
    ).select_from(
        item.join(folder, item.c.folder_id == folder.c.id)
        .join(share, folder.c.share_id == share.c.id)
        .join(reading, item.c.reading_id == reading.c.id)
        .join(label, item.c.label_id == label.c.id)
    )


def _lesson(
    row: RowMapping, primary: str = "", labels: frozenset[str] = frozenset(), said_at: dt.datetime | None = None
) -> Lesson:
    path = join_path(row["path"], row["name"])
    restricted = row["state"] == State.RESTRICTED
    signature = row["signature"] or b""
    return Lesson(row["id"], row["share"], path, restricted, row["sha256"], signature, primary, labels, said_at)


def _labels(row: RowMapping) -> frozenset[str]:
    said = {row["primary"]} - {"official"}
    if said and Flag.PERSONAL in (row["flags"] or ()):
        said.add("personal")
    return frozenset(said)


def last(connection: Connection, *, promoted: bool = False) -> RowMapping | None:
    """The newest training, or the newest that was let in."""
    statement = select(trial).order_by(trial.c.id.desc()).limit(1)
    return connection.execute(statement.where(trial.c.promoted) if promoted else statement).mappings().first()


def fresh(connection: Connection) -> int:
    """How many labels people have given since the last training."""
    before = last(connection)
    given = select(func.count()).select_from(label).where(_BY_PERSON)
    return int(connection.execute(given.where(label.c.made_at > before["made_at"]) if before else given).scalar_one())


def all_trials(connection: Connection, most: int = 20) -> Sequence[RowMapping]:
    """The newest trainings, newest first."""
    return connection.execute(select(trial).order_by(trial.c.id.desc()).limit(most)).mappings().all()


def keep(connection: Connection, run_id: int, values: Mapping[str, Any], now: dt.datetime) -> None:
    """Write down what became of a training."""
    newest = connection.execute(select(func.coalesce(func.max(choice.c.id), 0))).scalar_one()
    connection.execute(insert(trial).values(run_id=run_id, last_choice_id=newest, made_at=now, **values))
