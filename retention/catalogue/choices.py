"""What people decided, as rows: one transaction of ``retention.review.choosing`` is made of these."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from retention.catalogue.tables import (
    choice,
    choice_item,
    decision,
    fact,
    family,
    folder,
    item,
    label,
    member,
    reading,
    sample_item,
    share,
)

_FEW = 500


def by_token(connection: Connection, token: str) -> Mapping[Any, Any] | None:
    """The choice that a form made when it was sent before."""
    return connection.execute(select(choice).where(choice.c.token == token)).mappings().first()


def by_id(connection: Connection, choice_id: int) -> Mapping[Any, Any] | None:
    """One choice."""
    return connection.execute(select(choice).where(choice.c.id == choice_id)).mappings().first()


def take(connection: Connection, family_id: int) -> Mapping[Any, Any] | None:
    """One family, locked until the transaction ends."""
    return connection.execute(select(family).where(family.c.id == family_id).with_for_update()).mappings().first()


def covered(connection: Connection, family_id: int) -> list[Mapping[Any, Any]]:
    """Every item of a family with its label, reading and decision in force."""
    statement = (
        select(
            item.c.id,
            item.c.state,
            item.c.size,
            item.c.modified_ns,
            item.c.reading_id,
            item.c.label_id,
            share.c.name.label("share"),
            folder.c.zone,
            reading.c.sha256,
            label.c.primary,
            label.c.tier,
            label.c.sensitive,
            label.c.personal,
            label.c.flags,
            label.c.by,
            decision.c.action,
            decision.c.lane,
            decision.c.flagged,
            decision.c.clearance,
            decision.c.rule,
            decision.c.class_by,
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
    )
    return list(connection.execute(statement).mappings())


def facts_of(connection: Connection, items: Sequence[int], kinds: Iterable[str]) -> dict[int, list[dict[str, Any]]]:
    """What was entered of some kinds for some items, by item, in the order of entry."""
    wanted = sorted(kinds)
    found: dict[int, list[dict[str, Any]]] = {}
    for few in _chunks(items):
        statement = select(fact).where(fact.c.item_id.in_(few), fact.c.kind.in_(wanted)).order_by(fact.c.id)
        for row in connection.execute(statement).mappings():
            found.setdefault(row["item_id"], []).append(dict(row))
    return found


def drop_facts(connection: Connection, ids: Sequence[int]) -> None:
    """Take entries back; what they said stands in the choice that replaced them."""
    for few in _chunks(ids):
        connection.execute(delete(fact).where(fact.c.id.in_(few)))


def add_facts(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Enter facts."""
    if rows:
        connection.execute(insert(fact), list(rows))


def add_labels(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Append labels and put each in force for its item; returns their ids in the same order."""
    if not rows:
        return []
    statement = insert(label).returning(label.c.id, sort_by_parameter_order=True)
    made = [int(one) for one in connection.execute(statement, list(rows)).scalars()]
    put_labels(connection, zip((row["item_id"] for row in rows), made, strict=True))
    return made


def put_labels(connection: Connection, pairs: Iterable[tuple[int, int | None]]) -> None:
    """Put labels in force: pairs of item and label."""
    values = [{"the_item": one, "the_label": other} for one, other in pairs]
    if values:
        connection.execute(
            update(item).where(item.c.id == bindparam("the_item")).values(label_id=bindparam("the_label")), values
        )


def labels(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Labels by id, as rows that can be appended again."""
    found = {}
    for few in _chunks(ids):
        for row in connection.execute(select(label).where(label.c.id.in_(few))).mappings():
            found[row["id"]] = {name: value for name, value in row.items() if name != "id"}
    return found


def write(
    connection: Connection, values: Mapping[str, Any], before: Sequence[tuple[int, Mapping[str, Any]]]
) -> Mapping[Any, Any]:
    """Append a choice with what stood before it, by item."""
    made = connection.execute(insert(choice).values(**values).returning(choice)).mappings().one()
    if before:
        connection.execute(
            insert(choice_item), [{"choice_id": made["id"], "item_id": one, "before": told} for one, told in before]
        )
    return made


def before(connection: Connection, choice_id: int) -> dict[int, Mapping[Any, Any]]:
    """What stood before a choice, by item."""
    rows = connection.execute(select(choice_item).where(choice_item.c.choice_id == choice_id)).mappings()
    return {row["item_id"]: row["before"] for row in rows}


def later(connection: Connection, choice_id: int) -> bool:
    """Whether something newer that still stands was decided on any item of a choice."""
    mine = select(choice_item.c.item_id).where(choice_item.c.choice_id == choice_id)
    newer = (
        select(choice.c.id)
        .select_from(choice_item.join(choice, choice_item.c.choice_id == choice.c.id))
        .where(
            choice_item.c.item_id.in_(mine),
            choice.c.id > choice_id,
            choice.c.undone_by.is_(None),
            choice.c.undoes.is_(None),
        )
        .limit(1)
    )
    return connection.execute(newer).first() is not None


def mark_undone(connection: Connection, choice_id: int, by: int) -> None:
    """Say which choice took this one back."""
    connection.execute(update(choice).where(choice.c.id == choice_id).values(undone_by=by))


def put_family(connection: Connection, family_id: int, **values: Any) -> None:
    """Change a family and raise its version."""
    connection.execute(update(family).where(family.c.id == family_id).values(**values, version=family.c.version + 1))


def set_apart(connection: Connection, known: Mapping[str, Any], row: Mapping[str, Any]) -> int:
    """Give an item that a decision excepted a family of its own, open, and return that family's id."""
    key = f"apart-{row['id']}"
    values = {
        "kind": "single",
        "state": "open",
        "lane": row["lane"] or known["lane"],
        "zone": known["zone"],
        "owner": known["owner"],
        "risk": known["risk"],
        "doubt": known["doubt"],
        "drawn": known["drawn"],
        "tier": row["tier"],
        "primary": row["primary"],
        "files": 1,
        "size": row["size"],
        "leader_item_id": row["id"],
        "run_id": known["run_id"],
        "review_on": None,
    }
    there = connection.execute(select(family.c.id).where(family.c.key == key)).scalar()
    if there is None:
        made = insert(family).values(key=key, version=1, **values).returning(family.c.id)
        number = int(connection.execute(made).scalar_one())
    else:
        number = int(there)
        put_family(connection, number, **values)
    connection.execute(update(member).where(member.c.item_id == row["id"]).values(family_id=number, excepted=True))
    return number


def bring_back(connection: Connection, item_id: int, apart: int, family_id: int) -> bool:
    """Put an excepted item into its family again, unless something was decided on it since."""
    statement = update(family).where(family.c.id == apart, family.c.state == "open").values(state="gone")
    if not connection.execute(statement).rowcount:
        return False
    connection.execute(update(member).where(member.c.item_id == item_id).values(family_id=family_id, excepted=False))
    return True


def answer_samples(
    connection: Connection, items: Sequence[int], primary: str | None, by: str, at: dt.datetime | None
) -> None:
    """Answer, or with no primary label take back, the questions that random samples ask about items."""
    for few in _chunks(items):
        connection.execute(
            update(sample_item).where(sample_item.c.item_id.in_(few)).values(answer=primary, by=by, at=at)
        )


def of_day(connection: Connection, by: str, since: dt.datetime) -> Mapping[Any, Any]:
    """How many choices a person made since a moment, how many files they covered, and when the first was."""
    statement = select(
        func.count().label("choices"),
        func.coalesce(func.sum(choice.c["items"]), 0).label("items"),
        func.min(choice.c.at).label("first"),
        func.max(choice.c.at).label("last"),
    ).where(choice.c.at >= since, choice.c.by == by, choice.c.undoes.is_(None), choice.c.undone_by.is_(None))
    return connection.execute(statement).mappings().one()


def last_of(connection: Connection, by: str, since: dt.datetime) -> Mapping[Any, Any] | None:
    """The newest choice of a person since a moment that can be taken back."""
    statement = (
        select(choice)
        .where(choice.c.at >= since, choice.c.by == by, choice.c.undoes.is_(None), choice.c.undone_by.is_(None))
        .order_by(choice.c.id.desc())
        .limit(1)
    )
    return connection.execute(statement).mappings().first()


def of_family(connection: Connection, family_id: int, limit: int = 20) -> list[Mapping[Any, Any]]:
    """What was decided on a family, newest first."""
    statement = select(choice).where(choice.c.family_id == family_id).order_by(choice.c.id.desc()).limit(limit)
    return list(connection.execute(statement).mappings())


def _chunks(values: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(values), _FEW):
        yield values[start : start + _FEW]


def labels_in_force(connection: Connection, items: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The label in force of each item, as a row that can be appended again."""
    found = {}
    for few in _chunks(items):
        statement = select(label).select_from(item.join(label, item.c.label_id == label.c.id)).where(item.c.id.in_(few))
        for row in connection.execute(statement).mappings():
            found[row["item_id"]] = {name: value for name, value in row.items() if name != "id"}
    return found


def moved(connection: Connection, items: Sequence[int]) -> bool:
    """Whether any of some items has left its place."""
    for few in _chunks(items):
        if connection.execute(select(item.c.id).where(item.c.id.in_(few), item.c.state != 0).limit(1)).first():
            return True
    return False


def by_person(connection: Connection, by: str, since: dt.datetime, limit: int) -> list[Mapping[Any, Any]]:
    """A person's choices since a moment, newest first, each with its family's leader."""
    statement = (
        select(choice, family.c.zone, family.c.lane, item.c.name, folder.c.path.label("folder"))
        .select_from(
            choice.join(family, choice.c.family_id == family.c.id)
            .join(item, family.c.leader_item_id == item.c.id)
            .join(folder, item.c.folder_id == folder.c.id)
        )
        .where(choice.c.at >= since, choice.c.by == by)
        .order_by(choice.c.id.desc())
        .limit(limit)
    )
    return list(connection.execute(statement).mappings())
