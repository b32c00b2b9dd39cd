"""Search over what is known of items: by number, hash, class, format, zone, label, tier, lane and words of the path.

The ids are found first, with no more tables than the question needs, and only those of one page are looked at whole.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, String, cast, func, or_, select

from retention.catalogue.tables import State, decision, fact, folder, item, label, member, reading, share

_SHOWN_STATES = (State.PRESENT, State.RESTRICTED, State.DESTROYED)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for; all that is given must fit. ``zones`` None means all; empty texts mean any, ``tier`` -1 any."""

    zones: frozenset[str] | None
    item: int = 0
    sha256: str = ""
    rule: str = ""
    format: str = ""
    zone: str = ""
    primary: str = ""
    tier: int = -1
    lane: str = ""
    words: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is asked."""
        texts = (self.item, self.sha256, self.rule, self.format, self.zone, self.primary, self.lane, self.words)
        return not any(texts) and self.tier < 0


def ids(connection: Connection, asked: Asked, after: int, limit: int) -> list[int]:
    """The numbers of the items that fit, from above one on. What lies in a sealed zone is never found."""
    joined, where = _joined(asked)
    where += [item.c.id > after, item.c.state.in_(_SHOWN_STATES), folder.c.sealed.is_(False)]
    if asked.zones is not None:
        where.append(folder.c.zone.in_(sorted(asked.zones)))
    if asked.sha256:
        where += [reading.c.sha256 >= asked.sha256, reading.c.sha256 < asked.sha256 + "g"]
    where += [_named(connection, word) for word in asked.words]
    statement = select(item.c.id).select_from(joined).where(*where).order_by(item.c.id).limit(limit)
    return list(connection.scalars(statement))


def _joined(asked: Asked) -> tuple[FromClause, list[ColumnElement[bool]]]:
    """The tables that a question needs, and what it asks of their columns word for word."""
    joined: FromClause = item.join(folder, item.c.folder_id == folder.c.id)
    if asked.sha256 or asked.format:
        joined = joined.join(reading, item.c.reading_id == reading.c.id)
    if asked.primary or asked.tier >= 0:
        joined = joined.join(label, item.c.label_id == label.c.id)
    if asked.rule or asked.lane:
        joined = joined.join(decision, item.c.decision_id == decision.c.id)
    same = (
        (item.c.id, asked.item),
        (folder.c.zone, asked.zone),
        (reading.c.format, asked.format),
        (label.c.primary, asked.primary),
        (decision.c.rule, asked.rule),
        (decision.c.lane, asked.lane),
    )
    where = [column == value for column, value in same if value]
    if asked.tier >= 0:
        where.append(label.c.tier == asked.tier)
    return joined, where


def _named(connection: Connection, word: str) -> ColumnElement[bool]:
    """Whether a word stands in the name or the folder, in either case as far as ASCII goes."""
    if connection.dialect.name == "sqlite":
        pattern = "%" + _escaped(word) + "%"
        return or_(*(cast(one, String).like(pattern, escape="!") for one in (item.c.name, folder.c.path)))
    # PostgreSQL writes bytes that are no ASCII as \ooo, and a backslash twice; the word is written the same way.
    plain = "".join(chr(one) if 32 <= one < 127 else f"\\{one:03o}" for one in word.replace("\\", "\\\\").encode())
    pattern = "%" + _escaped(plain) + "%"
    return or_(*(func.encode(one, "escape").ilike(pattern, escape="!") for one in (item.c.name, folder.c.path)))


def _escaped(word: str) -> str:
    return word.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def details(connection: Connection, numbers: Collection[int]) -> list[Mapping[Any, Any]]:
    """What a line of the result says of some items, in the order of their numbers."""
    columns = (
        item.c.id,
        item.c.name,
        item.c.size,
        item.c.state,
        item.c.excluded,
        folder.c.path.label("folder"),
        folder.c.zone,
        share.c.name.label("share"),
        reading.c.format,
        reading.c.sha256,
        reading.c.problem_kind,
        label.c.primary,
        label.c.tier,
        decision.c.rule,
        decision.c.lane,
        decision.c.due,
        decision.c.held,
        member.c.family_id,
    )
    joined = (
        item.join(folder, item.c.folder_id == folder.c.id)
        .join(share, folder.c.share_id == share.c.id)
        .outerjoin(reading, item.c.reading_id == reading.c.id)
        .outerjoin(label, item.c.label_id == label.c.id)
        .outerjoin(decision, item.c.decision_id == decision.c.id)
        .outerjoin(member, member.c.item_id == item.c.id)
    )
    statement = select(*columns).select_from(joined).where(item.c.id.in_(list(numbers))).order_by(item.c.id)
    return list(connection.execute(statement).mappings())


def facts(connection: Connection, numbers: Collection[int]) -> dict[int, dict[str, str]]:
    """What people and feeds entered about some items, the latest of each kind; without what only the machine reads."""
    found: dict[int, dict[str, str]] = {}
    wanted = select(fact.c.item_id, fact.c.kind, fact.c.value).where(
        fact.c.item_id.in_(list(numbers)), fact.c.kind.not_in(("settled", "approved_move"))
    )
    for row in connection.execute(wanted.order_by(fact.c.id)):
        found.setdefault(row.item_id, {})[row.kind] = row.value
    return found


def formats(connection: Connection) -> list[str]:
    """The formats that were met, by name."""
    return sorted(one for one in connection.scalars(select(reading.c.format).distinct()) if one)
