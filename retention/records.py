"""Holds and disposal batches as plain JSON values and back, for whatever keeps them. Bytes are base64, dates ISO."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from typing import Any

from classifier.item import Tier
from retention.dispose import Approval, Batch, Entry, Method, Role, State, Withdrawal
from retention.hold import Hold, HoldKind, Scope, Signature


def record(value: Any) -> Any:
    """Return a noun of ours as values that JSON can hold: objects, lists, texts, numbers."""
    if hasattr(value, "__dataclass_fields__"):
        return {one.name: record(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, (tuple, list)):
        return [record(one) for one in value]
    return value.value if isinstance(value, Enum) else value


def scope_of(given: Mapping[str, Any]) -> Scope:
    """Read a scope back; raises ``KeyError`` or ``ValueError`` for anything that ``record`` did not write."""
    return Scope(
        **{name: tuple(given[name]) for name in ("classes", "zones", "shares", "owners", "keywords")},
        paths=tuple(base64.b64decode(path) for path in given["paths"]),
        since=_day(given["since"]),
        until=_day(given["until"]),
        hashes=frozenset(given["hashes"]),
        items=frozenset(given["items"]),
        groups=frozenset(given["groups"]),
        persons=frozenset(given.get("persons", ())),
        any_of=tuple(scope_of(one) for one in given["any_of"]),
    )


def hold_of(given: Mapping[str, Any]) -> Hold:
    """Read a hold back; raises as ``scope_of`` does."""
    placed = _signature(given["placed"])
    if placed is None:
        raise ValueError("a hold without the name of who placed it")
    return Hold(
        id=given["id"],
        title=given["title"],
        kind=HoldKind(given["kind"]),
        authority=given["authority"],
        scope=scope_of(given["scope"]),
        placed=placed,
        reason=given["reason"],
        custodian=given["custodian"],
        approved=_signature(given["approved"]),
        review_on=_day(given["review_on"]),
        releases=tuple(one for one in map(_signature, given["releases"]) if one),
        ends_on=_day(given["ends_on"]),
        access=tuple(given["access"]),
        prospective=given["prospective"],
    )


def batch_of(given: Mapping[str, Any]) -> Batch:
    """Read a batch back; raises as ``scope_of`` does. What its approvals are worth is judged when it is executed."""
    plain = {
        name: given[name]
        for name in ("id", "zone", "schedule", "schedule_digest", "proposer", "list_hash", "needs_archivist")
    }
    return Batch(
        **plain,
        method=Method(given["method"]),
        proposed_on=dt.date.fromisoformat(given["proposed_on"]),
        entries=tuple(_entry(one) for one in given["entries"]),
        state=State(given["state"]),
        since=dt.date.fromisoformat(given["since"]),
        editors=tuple(given["editors"]),
        approvals=tuple(
            Approval(one["by"], Role(one["role"]), dt.date.fromisoformat(one["on"]), one["list_hash"])
            for one in given["approvals"]
        ),
        withdrawals=tuple(
            Withdrawal(one["item"], one["reason"], dt.date.fromisoformat(one["on"]), one["by"], _day(one["until"]))
            for one in given["withdrawals"]
        ),
    )


def _entry(given: Mapping[str, Any]) -> Entry:
    tier = given["tier"]
    changed = {
        "path": base64.b64decode(given["path"]),
        "start": _day(given["start"]),
        "due": dt.date.fromisoformat(given["due"]),
        "tier": None if tier is None else Tier(tier),
    }
    return Entry(**{**given, **changed})


def _signature(given: Mapping[str, Any] | None) -> Signature | None:
    return Signature(given["by"], dt.date.fromisoformat(given["on"])) if given else None


def _day(given: str | None) -> dt.date | None:
    return dt.date.fromisoformat(given) if given else None
