"""What waits for a person: the items of one zone that their decision puts in a lane, and which settled ones come back.

A settled item comes back when its bytes are others, when its tier has risen, when another rule governs it or another question is asked
of it, when it lies in another zone, or when the day has come on which it was to be looked at again. A person's own label and class do
not count: they are the answer, not a new question. That the tier was another at the last run (lane G) is the trace of an answer too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from retention.catalogue.readings import OPEN
from retention.catalogue.tables import decision, fact, family, folder, item, label, member, reading, run, share
from retention.review.queue import State

_CHUNK = 5_000
_CHANGED = "G"
_SETTLED = "settled"  # the kind of fact by which a person's answer reaches the nightly decision
_ANSWERED_AT = (
    select(func.max(fact.c.made_at)).where(fact.c.item_id == item.c.id, fact.c.kind == _SETTLED).scalar_subquery()
)

_QUEUED = (
    select(
        item.c.id,
        item.c.folder_id,
        item.c.name,
        item.c.size,
        item.c.modified_ns,
        folder.c.path.label("folder"),
        reading.c.sha256,
        reading.c.format,
        reading.c.problem_kind,
        reading.c.signature,
        reading.c.counts,
        label.c.primary,
        label.c.flags,
        label.c.by,
        label.c.sensitive,
        label.c.personal,
        decision.c.tier,
        decision.c.lane,
        decision.c.action,
        decision.c.rule,
        decision.c.class_by,
        decision.c.due,
        decision.c.permanent,
        decision.c.held,
        member.c.family_id,
        member.c.excepted,
        member.c.sha256.label("seen_sha256"),
        member.c.tier.label("seen_tier"),
        member.c.rule.label("seen_rule"),
        member.c.lane.label("seen_lane"),
        family.c.state,
        family.c.zone,
        family.c.review_on,
        run.c.started_at.label("decided_at"),
        _ANSWERED_AT.label("answered_at"),
    )
    .select_from(
        item.join(folder, item.c.folder_id == folder.c.id)
        .join(share, folder.c.share_id == share.c.id)
        .join(decision, item.c.decision_id == decision.c.id)
        .join(run, decision.c.run_id == run.c.id)
        .join(reading, item.c.reading_id == reading.c.id)
        .outerjoin(label, item.c.label_id == label.c.id)
        .outerjoin(member, member.c.item_id == item.c.id)
        .outerjoin(family, member.c.family_id == family.c.id)
    )
    .where(OPEN, decision.c.lane != "")
)  # fmt: skip - the columns fill their lines


def places(connection: Connection) -> dict[str, list[str]]:
    """The names of all zones that folders lie in, each with the shares that it reaches into."""
    found: dict[str, list[str]] = {}
    rows = connection.execute(
        select(folder.c.zone, share.c.name)
        .select_from(folder.join(share))
        .distinct()
        .order_by(folder.c.zone, share.c.name)
    )
    for row in rows:
        found.setdefault(row.zone, []).append(row.name)
    return found


def queued(connection: Connection, share_name: str, zone: str) -> Iterator[RowMapping]:
    """The items of a zone of a share whose decision in force puts them in a lane, in the order of their ids' folders."""
    statement = _QUEUED.where(share.c.name == share_name, folder.c.zone == zone)
    yield from connection.execute(statement, execution_options={"yield_per": _CHUNK}).mappings()


def settled(row: Any, zone: str, today: dt.date) -> bool:
    """Whether a person has answered for an item and nothing brings it back."""
    if row["state"] in (None, State.OPEN, State.GONE):
        return False
    review_on = row["review_on"]
    if (review_on is not None and review_on <= today) or row["zone"] != zone:
        return False
    # A decision made with the answer known, and which asks all the same: what the answer was given for is over.
    asked_again = row["answered_at"] is not None and row["answered_at"] < row["decided_at"]
    return not asked_again and not _changed(row)


def _changed(row: Any) -> bool:
    if row["sha256"] != row["seen_sha256"]:
        return True
    by_person = (row["by"] or "").startswith("person:")
    if not by_person and row["tier"] is not None and (row["seen_tier"] is None or row["tier"] > row["seen_tier"]):
        return True
    if row["rule"] != row["seen_rule"] and row["class_by"] != "owner":
        return True
    return row["lane"] not in (row["seen_lane"], _CHANGED)
