"""Recompute a decision of a past night from what was recorded with it, and say where the answer differs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, fields

from retention.decide import decide
from retention.decision import Decision, Facts, Zone
from retention.hold import Hold
from retention.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of a decision that comes out otherwise now."""

    field: str
    recorded: object
    recomputed: object

    def __str__(self) -> str:
        return f"{self.field}: recorded {self.recorded}, recomputed {self.recomputed}"


def replay(
    recorded: Decision, facts: Facts, zone: Zone, schedule: Schedule, holds: Iterable[Hold], night: dt.date
) -> tuple[Difference, ...]:
    """Decide again with the facts, the zone and the schedule version of a night, and every hold there ever was.

    Holds count as they stood that night: later placings and releases are left out. Nothing returned means that the decision
    stands. Raises ``ValueError`` when the schedule is not the version that was recorded.
    """
    if schedule.version != recorded.schedule:
        raise ValueError(f"the decision was taken under schedule {recorded.schedule}, not {schedule.version}")
    again = decide(facts, zone, schedule, tuple(holds), night)
    pairs = ((one.name, getattr(recorded, one.name), getattr(again, one.name)) for one in fields(Decision))
    return tuple(Difference(name, before, after) for name, before, after in pairs if before != after)
