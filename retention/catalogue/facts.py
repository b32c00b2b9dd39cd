"""Facts that people and line-of-business feeds enter: where an item lies, what was entered last, and new entries."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from retention.catalogue.inventory import bulk_insert
from retention.catalogue.tables import State, fact, folder, item, share

_SOME = 500
_THERE = item.c.state.in_((State.PRESENT, State.RESTRICTED))
Entry = tuple[int, str, str, str, float, str]


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of every share in order of their paths, so that what lies below one is found at once."""

    folders: Mapping[str, tuple[tuple[bytes, ...], tuple[int, ...]]]

    def below(self, named: str, path: bytes) -> list[int]:
        """The numbers of a folder and of all folders below it; none when there is no such folder."""
        paths, numbers = self.folders.get(named, ((), ()))
        first = bisect_left(paths, path)
        if path and (first == len(paths) or not (paths[first] == path or paths[first].startswith(path + b"/"))):
            return []
        found = [numbers[at] for at in range(first, bisect_left(paths, path + b"0")) if _within(paths[at], path)]
        return found if path else list(numbers)

    def exactly(self, named: str, path: bytes) -> int | None:
        """The number of one folder."""
        paths, numbers = self.folders.get(named, ((), ()))
        at = bisect_left(paths, path)
        return numbers[at] if at < len(paths) and paths[at] == path else None


def _within(path: bytes, above: bytes) -> bool:
    return path == above or path.startswith(above + b"/")


def places(connection: Connection) -> Places:
    """Read the folders of every share."""
    found: dict[str, list[tuple[bytes, int]]] = {}
    rows = connection.execute(select(share.c.name, folder.c.path, folder.c.id).select_from(folder.join(share)))
    for named, path, number in rows:
        found.setdefault(named, []).append((path, number))
    ordered = {named: sorted(rows) for named, rows in found.items()}
    return Places(
        {named: (tuple(path for path, _ in rows), tuple(n for _, n in rows)) for named, rows in ordered.items()}
    )


def items_at(connection: Connection, known: Places, named: str, path: bytes) -> list[int]:
    """The items that a path names: one file, or everything in a folder and below it."""
    parent, _, name = path.rpartition(b"/")
    above = known.exactly(named, parent)
    if above is not None and name:
        one = select(item.c.id).where(item.c.folder_id == above, item.c.name == name, _THERE)
        found = [row[0] for row in connection.execute(one)]
        if found:
            return found
    inside = known.below(named, path)
    numbers: list[int] = []
    for start in range(0, len(inside), _SOME):
        wanted = select(item.c.id).where(item.c.folder_id.in_(inside[start : start + _SOME]), _THERE)
        numbers += [row[0] for row in connection.execute(wanted)]
    return sorted(numbers)


def known_items(connection: Connection, numbers: Collection[int]) -> set[int]:
    """Those of some numbers that are items which still are somewhere."""
    asked, found = sorted(numbers), set()
    for start in range(0, len(asked), _SOME):
        wanted = select(item.c.id).where(item.c.id.in_(asked[start : start + _SOME]), _THERE)
        found |= {row[0] for row in connection.execute(wanted)}
    return found


def newest(connection: Connection, numbers: Collection[int]) -> dict[tuple[int, str], tuple[str, str, float]]:
    """What was entered last for some items, by item and kind: value, source and confidence."""
    asked = sorted(numbers)
    found: dict[tuple[int, str], tuple[str, str, float]] = {}
    columns = (fact.c.item_id, fact.c.kind, fact.c.value, fact.c.source, fact.c.confidence)
    for start in range(0, len(asked), _SOME):
        wanted = select(*columns).where(fact.c.item_id.in_(asked[start : start + _SOME])).order_by(fact.c.id)
        for number, kind, *told in connection.execute(wanted):
            # An item may be about several people; each of them is an entry of their own.
            found[number, f"{kind}:{told[0]}" if kind == "person" else kind] = (told[0], told[1], told[2])
    return found


def add(connection: Connection, entries: Iterable[Entry], at: dt.datetime) -> None:
    """Append entries of (item, kind, value, source, confidence, by); nothing that was entered before is changed."""
    moment = at.replace(tzinfo=None) if connection.dialect.name == "sqlite" else at
    columns = ("item_id", "kind", "value", "source", "confidence", "by", "made_at")
    bulk_insert(connection, "fact", columns, [(*entry, str(moment)) for entry in entries])
