"""The waiting items of one zone as columns, and what the row of each of their families says."""

from __future__ import annotations

import datetime as dt
import hashlib
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import RowMapping

from classifier.item import Primary
from retention.clock import london_date
from retention.decision import Zone
from retention.family import Grouping
from retention.review.queue import Drawn, Ground, State, risk

_Ints = NDArray[np.int64]
_AUDIT = 0.1
"""Share of families that are drawn at random, to be looked at whatever the model and the rules say."""
_DOUBTFUL = 0.5
_NEVER = 9_999_999  # a due date beyond all: permanent
_UNKNOWN = 9_999_998
_PRIMARIES = (None, Primary.OFFICIAL, Primary.PERSONAL, Primary.SENSITIVE)


@dataclass(frozen=True, slots=True)
class Night:
    """What a refresh is made for: the run, its day, the zones by share and name, and the seed of the random share."""

    run_id: int
    today: dt.date
    zones: Callable[[str, str], Zone]
    seed: int = 0


@dataclass(slots=True)
class Lot:
    """The waiting items of one zone: what the families are counted from, as columns."""

    item: array[int] = field(default_factory=lambda: array("q"))
    before: array[int] = field(default_factory=lambda: array("q"))
    size: array[int] = field(default_factory=lambda: array("q"))
    tier: array[int] = field(default_factory=lambda: array("q"))
    primary: array[int] = field(default_factory=lambda: array("q"))
    people: array[int] = field(default_factory=lambda: array("q"))
    modified: array[int] = field(default_factory=lambda: array("q"))
    due: array[int] = field(default_factory=lambda: array("q"))
    rule: array[int] = field(default_factory=lambda: array("q"))
    lane: array[int] = field(default_factory=lambda: array("q"))
    doubt: array[float] = field(default_factory=lambda: array("d"))
    words: dict[str, int] = field(default_factory=dict)

    def add(self, row: RowMapping) -> None:
        """Take a row in."""
        self.item.append(row["id"])
        self.before.append((row["family_id"] or 0) if row["state"] == State.OPEN else 0)
        self.size.append(row["size"])
        self.tier.append(-1 if row["tier"] is None else row["tier"])
        self.primary.append(_PRIMARIES.index(row["primary"]))
        self.people.append(max((both[1] for both in (row["counts"] or {}).values()), default=0))
        self.modified.append(row["modified_ns"])
        due = row["due"]
        self.due.append(_NEVER if row["permanent"] else due.toordinal() if due else _UNKNOWN)
        self.rule.append(self._word(row["rule"]))
        self.lane.append(self._word(row["lane"]))
        self.doubt.append(doubt(row))

    def _word(self, word: str) -> int:
        return self.words.setdefault(word, len(self.words))

    def spelt(self) -> tuple[str, ...]:
        """The words that ``rule`` and ``lane`` number."""
        return tuple(self.words)


def doubt(row: Any) -> float:
    """How near the machine was to a tie: 1 at a coin's toss, 0 when certain, when a person has spoken, or when nothing was read."""
    if row["sensitive"] is None or (row["by"] or "").startswith("person:"):
        return 0.0
    return 1.0 - min(abs(2.0 * float(row[question]) - 1.0) for question in ("sensitive", "personal"))


def told(lot: Lot, grouping: Grouping, place: Zone, night: Night) -> list[dict[str, Any]]:
    """What the row of each family says."""
    count = len(grouping.kinds)
    of, leaders = grouping.of, grouping.leaders
    read = {
        name: np.frombuffer(getattr(lot, name), np.int64)
        for name in ("tier", "primary", "modified", "size", "people", "due")
    }
    most = {name: _most(of, read[name], count) for name in ("tier", "primary", "modified", "due")}
    size = np.bincount(of, weights=read["size"], minlength=count).astype(np.int64)
    people = np.bincount(of, weights=read["people"], minlength=count).astype(np.int64)
    doubts = np.zeros(count)
    np.maximum.at(doubts, of, np.frombuffer(lot.doubt, np.float64))
    longest = _first_with(of, read["due"], most["due"], count)
    files = np.bincount(of, minlength=count)
    words = lot.spelt()
    made = []
    for number, kind in enumerate(grouping.kinds):
        due = int(most["due"][number])
        tier = None if most["tier"][number] < 0 else int(most["tier"][number])
        says: dict[str, Any] = {
            "kind": kind.value,
            "lane": words[lot.lane[leaders[number]]],
            "zone": place.name,
            "owner": place.owner[:100],
            "doubt": round(float(doubts[number]), 4),
            "tier": tier,
            "primary": _PRIMARIES[most["primary"][number]],
            "files": int(files[number]),
            "size": int(size[number]),
            "leader_item_id": int(lot.item[leaders[number]]),
            "rule": words[lot.rule[longest[number]]],
            "due": dt.date.fromordinal(due) if due < _UNKNOWN else None,
            "permanent": due == _NEVER,
            "review_on": None,
        }
        ground = Ground(
            lane=says["lane"],
            tier=tier,
            exposed=place.exposure,
            people=int(people[number]),
            modified=london_date(int(most["modified"][number])),
            due=says["due"],
            size=says["size"],
        )
        says["risk"] = risk(ground, night.today)
        says["drawn"] = _drawn(grouping.grounds[number], says["doubt"], night.seed)
        made.append(says)
    return made


def _drawn(ground: str, doubtful: float, seed: int) -> Drawn:
    """Why a family is put before a person; what is drawn at random stays so in every night."""
    lot = int.from_bytes(hashlib.blake2b(f"{seed}{ground}".encode(), digest_size=4).digest(), "big") / 2**32
    if lot < _AUDIT:
        return Drawn.RANDOM
    return Drawn.DOUBT if doubtful >= _DOUBTFUL else Drawn.RISK


def _most(of: _Ints, values: _Ints, count: int) -> _Ints:
    most = np.full(count, np.iinfo(np.int64).min)
    np.maximum.at(most, of, values)
    return most


def _first_with(of: _Ints, values: _Ints, wanted: _Ints, count: int) -> _Ints:
    """For each group the first position whose value is the wanted one."""
    at = np.flatnonzero(values == wanted[of])
    first = np.zeros(count, np.int64)
    first[of[at[::-1]]] = at[::-1]
    return first
