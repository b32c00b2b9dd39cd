"""Reading the review queue: pages of families by risk, counts by lane, one family with its members. Every query has an index under it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal, select, tuple_

from retention.catalogue.tables import decision, family, folder, item, label, member, reading, run, share

OPEN, LEFT = "open", "left"
_FEW_ZONES = 30


@dataclass(frozen=True, slots=True)
class Filter:
    """Which families are asked for. ``zones`` None means all; empty strings mean any."""

    zones: frozenset[str] | None
    lane: str = ""
    zone: str = ""
    kind: str = ""
    state: str = OPEN


_ROW = (
    family,
    item.c.name,
    item.c.state.label("item_state"),
    folder.c.path.label("folder"),
    share.c.name.label("share"),
    reading.c.format,
    reading.c.problem_kind,
    label.c.sensitive,
    label.c.personal,
    label.c.flags,
    decision.c.action,
    decision.c.rule,
    decision.c.due,
    decision.c.clearance,
    decision.c.because,
)
_JOINED = (
    family.join(item, family.c.leader_item_id == item.c.id)
    .join(folder, item.c.folder_id == folder.c.id)
    .join(share, folder.c.share_id == share.c.id)
    .outerjoin(reading, item.c.reading_id == reading.c.id)
    .outerjoin(label, item.c.label_id == label.c.id)
    .outerjoin(decision, item.c.decision_id == decision.c.id)
)


def page(
    connection: Connection, wanted: Filter, drawn: str, after: tuple[float, int] | None, limit: int
) -> list[Mapping[Any, Any]]:
    """The next families of one draw by risk, from below a place ``(risk, id)`` on, without what their leaders are called."""
    if wanted.zones is not None and not wanted.zone and len(wanted.zones) <= _FEW_ZONES:
        # A zone at a time, each from its own index: a small zone must not be looked for in the whole queue.
        each = (page(connection, replace(wanted, zone=zone), drawn, after, limit) for zone in sorted(wanted.zones))
        merged = sorted((row for rows in each for row in rows), key=lambda row: (row["risk"], row["id"]), reverse=True)
        return merged[:limit]
    statement = (
        select(family)
        .where(*_where(wanted), family.c.drawn == drawn)
        .order_by(family.c.risk.desc(), family.c.id.desc())
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(tuple_(family.c.risk, family.c.id) < tuple_(literal(after[0]), literal(after[1])))
    return list(connection.execute(statement).mappings())


def _where(wanted: Filter) -> list[ColumnElement[bool]]:
    found = [family.c.state == wanted.state]
    if wanted.lane:
        # Of the two, a zone is the narrower: what is not a bare column leaves the choice of the index to it.
        found.append((func.coalesce(family.c.lane, "") if wanted.zone else family.c.lane) == wanted.lane)
    if wanted.zone:
        found.append(family.c.zone == wanted.zone)
    elif wanted.zones is not None:
        found.append(family.c.zone.in_(sorted(wanted.zones)))
    if wanted.kind:
        found.append(family.c.kind == wanted.kind)
    return found


def leaders(connection: Connection, ids: Collection[int]) -> dict[int, Mapping[Any, Any]]:
    """Families by id, each with what is known of the item that stands for it."""
    if not ids:
        return {}
    statement = _whole().where(family.c.id.in_(list(ids)))
    return {row["id"]: row for row in connection.execute(statement).mappings()}


def _whole() -> Select[Any]:
    return select(*_ROW).select_from(_JOINED)


def counts(connection: Connection, zones: frozenset[str] | None) -> list[Mapping[Any, Any]]:
    """Open families and their files by lane and zone, in one pass over the open ones."""
    statement = (
        select(family.c.lane, family.c.zone, func.count().label("families"), func.sum(family.c.files).label("files"))
        .where(*_where(Filter(zones)))
        .group_by(family.c.lane, family.c.zone)
    )
    return list(connection.execute(statement).mappings())


def one(connection: Connection, family_id: int) -> Mapping[Any, Any] | None:
    """One family with its leader."""
    return connection.execute(_whole().where(family.c.id == family_id)).mappings().first()


def detail(connection: Connection, item_id: int) -> Mapping[Any, Any] | None:
    """All that is known of one item: how it was read, labelled and decided on."""
    statement = (
        select(
            item.c.id,
            item.c.size,
            item.c.modified_ns,
            item.c.state,
            item.c.reading_id,
            reading.c.sha256,
            reading.c.format,
            reading.c.completeness,
            reading.c.problem_kind,
            reading.c.problem_detail,
            reading.c.counts,
            reading.c.notes,
            reading.c.limits,
            label.c.primary,
            label.c.tier.label("label_tier"),
            label.c.sensitive,
            label.c.personal,
            label.c.flags,
            label.c.by,
            label.c.because.label("label_because"),
            label.c.made_at.label("label_made_at"),
            decision,
        )
        .select_from(
            item.outerjoin(reading, item.c.reading_id == reading.c.id)
            .outerjoin(label, item.c.label_id == label.c.id)
            .outerjoin(decision, item.c.decision_id == decision.c.id)
        )
        .where(item.c.id == item_id)
    )
    return connection.execute(statement).mappings().first()


def copies(connection: Connection, reading_id: int, family_id: int, limit: int = 1_000) -> list[Mapping[Any, Any]]:
    """Where the same bytes lie outside a family: zone, state and how many, of the first thousand."""
    mine = select(member.c.item_id).where(member.c.family_id == family_id)
    few = (
        select(item.c.id, item.c.folder_id, item.c.state)
        .where(item.c.reading_id == reading_id, item.c.id.not_in(mine), item.c.state.in_((0, 2)))
        .limit(limit)
        .subquery()
    )
    statement = (
        select(folder.c.zone, few.c.state, func.count().label("files"))
        .select_from(few.join(folder, few.c.folder_id == folder.c.id))
        .group_by(folder.c.zone, few.c.state)
        .order_by(folder.c.zone)
    )
    return list(connection.execute(statement).mappings())


def newest_run(connection: Connection) -> int:
    """The id of the newest night; counts of the queue are remembered for it."""
    return int(connection.execute(select(func.coalesce(func.max(run.c.id), 0))).scalar_one())


def members(connection: Connection, family_id: int, limit: int = 200) -> Sequence[Mapping[Any, Any]]:
    """The items of a family, the first by id; with place, label and decision."""
    statement = (
        select(
            item.c.id,
            item.c.name,
            item.c.size,
            item.c.modified_ns,
            item.c.state,
            folder.c.path.label("folder"),
            folder.c.zone,
            share.c.name.label("share"),
            reading.c.sha256,
            reading.c.format,
            label.c.primary,
            label.c.tier,
            decision.c.action,
            decision.c.lane,
            decision.c.due,
            member.c.excepted,
        )
        .select_from(
            member.join(item, member.c.item_id == item.c.id)
            .join(folder, item.c.folder_id == folder.c.id)
            .join(share, folder.c.share_id == share.c.id)
            .outerjoin(reading, item.c.reading_id == reading.c.id)
            .outerjoin(label, item.c.label_id == label.c.id)
            .outerjoin(decision, item.c.decision_id == decision.c.id)
        )
        .where(member.c.family_id == family_id)
        .order_by(item.c.id)
        .limit(limit)
    )
    return list(connection.execute(statement).mappings())
