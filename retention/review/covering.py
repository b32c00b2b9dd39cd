"""What a hold covers, counted: the items that its words fit, their case folders, and every copy of any of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from retention import judging, stages
from retention.catalogue import Catalogue, freezing
from retention.config import Config
from retention.hold import Hold


@dataclass(slots=True)
class Covered:
    """Items and bytes by zone."""

    items: dict[str, int] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)

    def within(self, zones: frozenset[str] | None) -> tuple[list[tuple[str, int, int]], int]:
        """The lines of some zones, and how many items lie in others; ``None`` means all zones."""
        mine = [zone for zone in sorted(self.items) if zones is None or zone in zones]
        told = [(zone, self.items[zone], self.bytes[zone]) for zone in mine]
        return told, sum(self.items.values()) - sum(line[1] for line in told)


def covered(config: Config, catalogue: Catalogue, hold: Hold, today: dt.date) -> Covered:
    """Count what a hold freezes today as the night would find it; goes through the whole catalogue twice."""
    judge = judging.prepare(config, catalogue, stages.load_schedule(config), [hold], today)
    found = Covered()
    with catalogue.read() as connection:
        for one in freezing.everything(connection, hashes=False):
            if judge.frozen.by(one.folder, one.reading):
                found.items[one.zone] = found.items.get(one.zone, 0) + 1
                found.bytes[one.zone] = found.bytes.get(one.zone, 0) + one.size
    return found
