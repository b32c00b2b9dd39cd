"""The catalogue keeps disposal lists, outcomes and certificates, on both databases."""

import datetime as dt
from dataclasses import replace

import pytest

from retention import verify_certificate
from retention.catalogue import disposal
from retention.dispose import DisposalError, withdraw
from retention.execute import Outcome, Result
from tests.retention.rules import TODAY
from tests.retention.small_world import World
from tests.retention.test_certificate import CHAIN


def listed():
    """Return a list of one item."""
    world = World()
    world.add("a", dt.date(2015, 3, 1))

    return world.propose("d1", "clerk")


def test_a_list_is_kept_and_changed_only_from_what_was_seen(catalogue):
    """A list is read back whole; a change from an outdated version, and a reference used twice, are refused."""
    batch = listed()
    less = withdraw(batch, "a", reason="needed", on=TODAY, by="head")
    with catalogue.begin() as connection:
        disposal.keep(connection, batch)
        found, version = disposal.named(connection, "d1")
        assert (found, disposal.open_lists(connection)) == (batch, ((batch, 1),))
        disposal.change(connection, less, version)
        with pytest.raises(DisposalError, match="in the meantime"):
            disposal.change(connection, batch, version)
        with pytest.raises(DisposalError, match="exists already"):
            disposal.keep(connection, batch)

        assert disposal.named(connection, "d1") == (less, 2)
        assert disposal.open_lists(connection) == ()
        assert disposal.named(connection, "d2") is None


def test_an_intention_is_told_apart_from_an_outcome(catalogue):
    """An item is nothing, then intended, then has one outcome, however often it is recorded."""
    made = Result("a", Outcome.DESTROYED)
    with catalogue.begin() as connection:
        assert not disposal.intended(connection, "d1", "a")
        disposal.intend(connection, "d1", "a")
        disposal.intend(connection, "d1", "a")
        assert (disposal.intended(connection, "d1", "a"), disposal.result(connection, "d1", "a")) == (True, None)
        disposal.record_result(connection, "d1", made)
        disposal.record_result(connection, "d1", made)
        disposal.record_result(connection, "d1", Result("b", Outcome.WITHDRAWN, "under a hold"))

        assert disposal.result(connection, "d1", "a") == made
        assert disposal.result(connection, "d1", "b").reason == "under a hold"


def test_certificates_come_back_byte_for_byte_and_annexes_go(catalogue):
    """The chain verifies as it is read back, the next certificate finds the last, and annexes are emptied in time."""
    with catalogue.begin() as connection:
        assert disposal.last_certificate(connection) is None
        for number, one in enumerate(CHAIN):
            disposal.keep_certificate(
                connection, replace(one, id=f"{one.id}{number}"), TODAY + dt.timedelta(days=number)
            )
        kept = disposal.chain(connection)
        forgotten = [disposal.forget_annexes(connection, TODAY + dt.timedelta(days=2)) for _ in range(2)]

        assert disposal.last_certificate(connection)["digest"] == CHAIN[-1].digest
    assert kept == tuple(one.json for one in CHAIN)
    assert verify_certificate.check(kept[0], None, None)["sequence"] == 1
    assert forgotten == [2, 0]
