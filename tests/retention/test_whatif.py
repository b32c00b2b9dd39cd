"""A what-if says exactly what the next night would do under other rules."""

import datetime as dt
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.item import Flag, Tier
from retention import schedule, whatif
from retention.clock import Source, TriggerValue
from retention.decide import decide
from retention.hold import Hold, HoldKind, Scope, Signature
from retention.whatif import EXAMPLES, World, candidates, what_if
from tests.retention.rules import CSV, SCHEDULE, TODAY, ZONE, facts

ENDS = st.dates(dt.date(2010, 1, 1), dt.date(2026, 1, 1))
HOLD = Hold("h", "Matter", HoldKind.AUDIT, "x", Scope(keywords=("odd",)), Signature("a", dt.date(2020, 1, 1)))


def draft(period: str) -> schedule.Schedule:
    """Return the schedule with another period for licences."""
    return schedule.load(CSV.replace("P7Y", period), version="draft", adopted=TODAY, expires=dt.date(2030, 1, 1))


def files(ends: list[dt.date]) -> list:
    """Return licence files with these ends of their licences, every third with an odd name."""
    return [
        facts(
            b"Licensing/Taxi/" + (b"odd " if number % 3 == 0 else b"") + str(number).encode(),
            item=f"i{number}",
            size=1 << 20,
            triggers={"licence_expiry": TriggerValue(end, Source.FEED)},
        )
        for number, end in enumerate(ends)
    ]


def world(rules=SCHEDULE, holds=(), zone=ZONE) -> World:
    """Return a world in which everything lies in one zone."""
    return World(rules, holds, lambda _: zone)


@settings(deadline=None)
@given(st.lists(ENDS, max_size=30), st.sampled_from(["P3Y", "P7Y", "P9Y"]), st.booleans())
def test_simulation_and_execution_name_the_same_items(ends, period, held):
    """Newly due plus already due, less newly protected, is what the next list would hold."""
    items, holds = files(ends), (HOLD,) if held else ()
    now, then = world(), world(draft(period), holds)
    report = what_if(items, now, then, TODAY)
    before = {one.item for one, _ in candidates(items, now, TODAY)}
    after = {one.item for one, _ in candidates(items, then, TODAY)}
    listed = {one.item for one in items if decide(one, ZONE, then.schedule, holds, TODAY).disposable}

    assert listed == after
    assert (report.newly_due.items, report.newly_protected.items) == (len(after - before), len(before - after))
    assert set(report.newly_due.examples) <= after - before


def test_a_shorter_period_is_counted_by_class_zone_and_year():
    """What becomes due is counted, with its size and examples by reference only."""
    items = files([dt.date(2021, 1, 1)] * 50 + [dt.date(2022, 6, 1)] * 10)
    report = what_if(items, world(), world(draft("P4Y")), TODAY)
    due = report.newly_due

    assert (
        due.items,
        due.by_class,
        due.by_service,
        due.by_year,
    ) == (60, {"LI-01": 60}, {"licensing": 60}, {2025: 50, 2026: 10})
    assert (EXAMPLES, round(60 / 1024, 3)) == (len(due.examples), due.gigabytes)
    assert any("newly due: 60 items" in line for line in report.lines())
    assert not any("Taxi" in line for line in report.lines())


def test_examples_do_not_depend_on_the_order():
    """The same catalogue gives the same examples however it is read."""
    items = files([dt.date(2021, 1, 1)] * 60)
    there, back = (what_if(order, world(), world(draft("P4Y")), TODAY) for order in (items, items[::-1]))

    assert there.newly_due.examples == back.newly_due.examples


def test_holds_and_zone_maps_are_compared_too():
    """A new hold protects what was due; a lower clearance flags what was not."""
    items = files([dt.date(2015, 1, 1)] * 6)
    report = what_if(items, world(), world(holds=(HOLD,), zone=replace(ZONE, clearance=Tier.T1)), TODAY)
    held = what_if(items, world(), world(holds=(HOLD,)), TODAY)

    assert (report.newly_flagged.items, report.newly_protected.items) == (6, 6)
    assert (held.blocked_by_holds.items, held.newly_protected.items) == (2, 2)


def test_another_threshold_flags_and_clears_what_the_model_decided():
    """A lower threshold flags what was near it, a higher one clears; what a person or a rule said stays."""
    near = facts(tier=Tier.T2, item="near", chance=0.6)
    sure = facts(tier=Tier.T3, item="sure", chance=0.7, flags=frozenset({Flag.SENSITIVE, Flag.PERSONAL}))
    ruled = facts(tier=Tier.T3, item="ruled", flags=frozenset({Flag.SENSITIVE}))
    items = [near, sure, ruled]
    now, lower, higher = (World(SCHEDULE, (), lambda _: ZONE, threshold) for threshold in (None, 0.5, 0.9))

    assert what_if(items, now, lower, TODAY).newly_flagged.examples == ("near",)
    assert what_if(items, now, higher, TODAY).no_longer_flagged.examples == ("sure",)
    assert whatif.relabelled(sure, 0.9).tier is Tier.T2
    assert whatif.relabelled(ruled, 0.9) == ruled
