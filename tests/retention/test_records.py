"""Holds and batches survive being written down, and the catalogue keeps every hold there ever was."""

import datetime as dt
import json
from dataclasses import replace

import pytest

from retention import hold
from retention.catalogue import holds
from retention.dispose import Role, approve, withdraw
from retention.hold import HoldError
from retention.hold_templates import covid_19, from_register, grooming_gangs
from retention.records import batch_of, hold_of, record
from tests.retention.rules import TODAY
from tests.retention.small_world import World

REQUEST = from_register("ref,received,closed,paths\nF1,2026-01-02,2026-10-01,Planning/A\n", "officer", TODAY)[0]


@pytest.mark.parametrize("one", [grooming_gangs("a", TODAY), covid_19("a", TODAY), REQUEST], ids=lambda one: one.id)
def test_a_hold_is_read_back_as_it_was(one):
    """Scope, people and days of a hold survive JSON."""
    signed = hold.release(one, "monitor", TODAY)

    assert hold_of(json.loads(json.dumps(record(signed)))) == signed


def test_a_batch_is_read_back_as_it_was():
    """Entries, approvals and withdrawals of a batch survive JSON, and so does its hash."""
    world = World()
    for name in "abc":
        world.add(name, dt.date(2015, 3, 1))
    batch = world.propose("d1", "clerk")
    batch = approve(batch, by="head", role=Role.OWNER, seen_hash=batch.list_hash, today=TODAY)
    batch = withdraw(batch, "a", reason="needed", on=TODAY, by="head", until=dt.date(2028, 1, 1))

    assert batch_of(json.loads(json.dumps(record(batch)))) == batch


def test_the_catalogue_keeps_a_hold_through_its_life(catalogue):
    """Placed, confirmed and released by two, a hold is kept, and the nights before its release still know it."""
    placed = grooming_gangs("manager", TODAY)
    confirmed = hold.approve(placed, "monitor", TODAY)
    released = hold.release(hold.release(confirmed, "monitor", TODAY), "manager", TODAY)
    with catalogue.begin() as connection:
        holds.keep(connection, placed)
        holds.change(connection, placed, confirmed)
        holds.change(connection, confirmed, released)
        kept = holds.everything(connection)

    assert kept == (released,)
    assert hold.in_force(kept, TODAY) == ()
    assert hold.in_force(
        (replace(kept[0], placed=replace(placed.placed, on=TODAY - dt.timedelta(1))),), TODAY - dt.timedelta(1)
    )


def test_a_hold_changed_by_somebody_else_is_not_overwritten(catalogue):
    """A change from an outdated view is refused, and so is a second hold with the same reference."""
    placed = grooming_gangs("manager", TODAY)
    with catalogue.begin() as connection:
        holds.keep(connection, placed)
        holds.change(connection, placed, hold.extend(placed, dt.date(2028, 1, 1)))
        with pytest.raises(HoldError, match="in the meantime"):
            holds.change(connection, placed, hold.approve(placed, "monitor", TODAY))
        with pytest.raises(HoldError, match="exists already"):
            holds.keep(connection, placed)
        found = holds.named(connection, placed.id)

    assert found.review_on == dt.date(2028, 1, 1)
