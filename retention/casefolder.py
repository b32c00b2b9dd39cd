"""The case folder is the record: its items close together, and one that must stay keeps the others.

A folder is listed for disposal whole or not at all. A held item freezes its folder and every copy of itself elsewhere,
and those copies freeze their folders in turn.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

from retention.decision import Decision

Folder = TypeVar("Folder", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Member:
    """One item of a case folder: ``copies`` is the hash shared by all copies of it, empty when it was not read."""

    item: str
    folder: Hashable
    copies: str = ""
    held: tuple[str, ...] = ()


def frozen(members: Iterable[Member]) -> Mapping[str, tuple[str, ...]]:
    """Return, for each item that is held, or frozen by its folder or its copies, the ids of the holds that do it."""
    everyone = list(members)
    by_folder: dict[Hashable, list[Member]] = defaultdict(list)
    by_copy: dict[str, list[Member]] = defaultdict(list)
    for member in everyone:
        by_folder[member.folder].append(member)
        if member.copies:
            by_copy[member.copies].append(member)
    holds: dict[str, set[str]] = defaultdict(set)
    waiting = deque((member, frozenset(member.held)) for member in everyone if member.held)
    while waiting:
        member, ids = waiting.popleft()
        new = ids - holds[member.item]
        if not new:
            continue
        holds[member.item] |= new
        near = (*by_folder[member.folder], *(by_copy[member.copies] if member.copies else ()))
        waiting.extend((other, frozenset(new)) for other in near if not new <= holds[other.item])
    return {item: tuple(sorted(ids)) for item, ids in holds.items() if ids}


def whole_folders(decided: Iterable[tuple[Folder, str, Decision]]) -> Iterable[tuple[Folder, tuple[str, ...], str]]:
    """Yield (folder, items, reason) for folders that have something due, from (folder, item, decision) sorted by folder.

    An empty reason means that the whole folder may be listed, and its items are given. Otherwise nothing of it may, and the
    reason says what keeps it.
    """
    for folder, rows in groupby(decided, key=lambda row: row[0]):
        members = [(item, decision) for _, item, decision in rows]
        if any(decision.disposable for _, decision in members):
            reason = _kept_by([decision for _, decision in members])
            yield folder, () if reason else tuple(item for item, _ in members), reason


def _kept_by(decisions: Sequence[Decision]) -> str:
    staying = [decision for decision in decisions if not decision.disposable]
    held = sum(bool(decision.held) for decision in decisions)
    if held:
        return f"{held} of {len(decisions)} items of the case folder are held"
    if staying:
        return f"{len(staying)} of {len(decisions)} items of the case folder are not due: it closes as a whole"
    ways = {decision.disposal for decision in decisions}
    return "" if len(ways) == 1 else "the items of the case folder ask for different disposals"
