"""Enter what a feed or an owner tells of items: all of it or nothing, each entry once, with who told it on whose word."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from retention import disposing, feed, persons
from retention.catalogue import events, facts
from retention.clock import Source
from retention.config import Config
from retention.feed import FeedError, Told
from retention.stages import load_schedule, now, opened

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Entered:
    """What an import did, or with a dry run would do: rows read, items told of, entries that are new and that stood so already."""

    rows: int
    items: int
    new: int
    known: int


def bring(
    config: Config, text: str, *, by: str, source: Source = Source.FEED, share: str = "", dry_run: bool = False
) -> Entered:
    """Enter a feed. Raises ``FeedError`` with every fault of it, and then nothing was entered."""
    shares = [one.name for one in config.share]
    told, faults = feed.read(text, disposing.today(), share=share or (shares[0] if len(shares) == 1 else ""))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return _enter(config, told, faults, (by, source, digest), dry_run=dry_run)


def tell(config: Config, told: Sequence[Told], *, by: str, dry_run: bool = False) -> Entered:
    """Enter what an owner says. Raises ``FeedError`` as ``bring`` does."""
    return _enter(config, told, (), (by, Source.OWNER, ""), dry_run=dry_run)


def _enter(
    config: Config, told: Sequence[Told], faults: Iterable[str], word: tuple[str, Source, str], *, dry_run: bool
) -> Entered:
    by, source, digest = word
    found = list(faults)
    classes = load_schedule(config).by_ref
    found += [
        f"row {one.row}: the schedule in force has no such record class"
        for one in told
        if one.kind == feed.RECORD_CLASS and one.value and one.value not in classes
    ]
    told, unmarked = _marked(config, told)
    found += unmarked
    with opened(config) as catalogue, catalogue.begin() as connection:
        placed, unplaced = _placed(connection, told)
        found += unplaced
        if found:
            raise FeedError(tuple(sorted(found, key=_row_of)))
        newest = facts.newest(connection, {item for item, _ in placed})
        wanted = {(item, _kind(one)): (one.value, source.value, one.confidence) for item, one in placed}
        fresh = [(key, value) for key, value in wanted.items() if newest.get(key) != value]
        if fresh and not dry_run:
            entries = [(item, kind.partition(":")[0], *value, by[:80]) for (item, kind), value in fresh]
            facts.add(connection, entries, now())
            detail = {"source": source.value, "rows": len(told), "entries": len(fresh), "digest": digest}
            events.append(
                connection, actor=by[:80], action="facts-entered", subject=digest[:16], detail=detail, at=now()
            )
        items = {item for item, _ in wanted}
    return Entered(len({one.row for one in told}), len(items), len(fresh), len(wanted) - len(fresh))


def _marked(config: Config, told: Sequence[Told]) -> tuple[list[Told], list[str]]:
    """Put a mark in the place of each person's number: the number itself is never kept."""
    if not any(one.kind == feed.PERSON for one in told):
        return list(told), []
    key = persons.key(config.state)
    made, faults = [], []
    for one in told:
        try:
            marked = one.kind == feed.PERSON and bool(one.value)
            made.append(replace(one, value=persons.mark(key, one.value)) if marked else one)
        except ValueError as error:
            faults.append(f"row {one.row}: {error}")
    return made, faults


def _kind(one: Told) -> str:
    """What one entry replaces another of: an item has one closing date, but may be about several people."""
    return f"{one.kind}:{one.value}" if one.kind == feed.PERSON else one.kind


def _placed(connection: Any, told: Sequence[Told]) -> tuple[list[tuple[int, Told]], list[str]]:
    """Find the items of each row; a row that finds none is a fault, for a feed that tells of nothing was meant for something."""
    known = facts.known_items(connection, {one.item for one in told if one.item is not None})
    folders = facts.places(connection)
    at: dict[tuple[str, bytes], list[int]] = {}
    placed, faults = [], []
    for one in told:
        if one.item is not None:
            found = [one.item] if one.item in known else []
        else:
            key = (one.share, one.path)
            if key not in at:
                at[key] = facts.items_at(connection, folders, *key)
            found = at[key]
        if not found:
            faults.append(f"row {one.row}: nothing in the catalogue lies there")
        placed += [(item, one) for item in found]
    return placed, list(dict.fromkeys(faults))


def _row_of(fault: str) -> int:
    return int(fault.split()[1].rstrip(":"))
