"""A decision of a past night is recomputed from what was recorded with it; accounts name no path."""

import datetime as dt
from dataclasses import replace

import pytest

from retention import account, hold, linter
from retention.decide import decide
from retention.hold_templates import grooming_gangs
from retention.replay import replay
from tests.retention.rules import CSV, SCHEDULE, TODAY, ZONE, facts, feed
from tests.retention.small_world import World

ITEM = facts(triggers={"licence_expiry": feed(2018, 3, 1)})


def test_a_decision_stands_when_recomputed():
    """The same facts, zone, version and night give the same decision in every field."""
    recorded = decide(ITEM, ZONE, SCHEDULE, (), TODAY)

    assert replay(recorded, ITEM, ZONE, SCHEDULE, (), TODAY) == ()


def test_later_holds_and_releases_do_not_count():
    """A hold placed after the night is left out, and one released after it still counts."""
    early = grooming_gangs("manager", dt.date(2025, 1, 1))
    recorded = decide(ITEM, ZONE, SCHEDULE, (early,), TODAY)
    later = TODAY + dt.timedelta(days=30)
    released = hold.release(hold.release(early, "a", later), "b", later)
    newer = replace(grooming_gangs("manager", later), id="newer")

    assert replay(recorded, ITEM, ZONE, SCHEDULE, (released, newer), TODAY) == ()


def test_what_differs_is_named():
    """Other facts give other fields, and another version is refused."""
    recorded = decide(ITEM, ZONE, SCHEDULE, (), TODAY)
    found = replay(recorded, facts(triggers={"licence_expiry": feed(2019, 3, 1)}), ZONE, SCHEDULE, (), TODAY)

    assert {"start", "due", "eligible", "because"} == {one.field for one in found}
    with pytest.raises(ValueError, match="under schedule v1"):
        replay(recorded, ITEM, ZONE, replace(SCHEDULE, version="v2"), (), TODAY)


def test_accounts_are_told_in_lines():
    """Schedules, rules, faults, holds and batches are told without a path."""
    world = World()
    world.add("a", dt.date(2015, 3, 1))
    lines = [
        *account.schedule_lines(SCHEDULE, TODAY),
        *account.schedule_lines(SCHEDULE, TODAY, "LI-01"),
        *account.lint_lines(linter.lint(CSV.replace("P10Y,destroy,TCPA 1990", "P10Y,destroy,"), TODAY)),
        *account.diff_lines(SCHEDULE, SCHEDULE),
        *account.hold_lines((grooming_gangs("manager", dt.date(2025, 1, 1)),), TODAY),
        *account.batch_lines(world.propose("d1", "clerk")),
    ]
    text = "\n".join(lines)

    for words in (
        "8 rules, adopted 2025-04-01",
        "licence_expiry P7Y, then destroy",
        "fault   row 7, PL-02: missing authority",
        "1 fault,",
        "0 differences",
        "not confirmed",
        "d1: destroy, owner_review",
    ):
        assert words in text
    assert "Taxi/" not in text
