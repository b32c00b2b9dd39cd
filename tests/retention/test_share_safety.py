"""What must be in order before anything is moved: the clock of the machine and of each share."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from retention import custody, stages
from retention.catalogue import events
from retention.moving.ground import probe_share
from retention.vault import VaultError
from tests.retention.test_custody import place, told

__all__ = ["place"]


def logged(catalogue, at):
    """Put an event of some moment at the end of the audit log."""
    with catalogue.begin() as connection:
        events.append(connection, actor="test", action="test", subject="clock", detail={}, at=at)


def test_a_clock_that_was_set_back_moves_nothing(place):
    """When the log's newest event lies ahead of the clock, moves are refused with a sentence; a few minutes do not matter."""
    with stages.opened(told(place)) as catalogue:
        custody.prove(told(place), catalogue)
        logged(catalogue, stages.now() + dt.timedelta(minutes=5))
        custody.prove(told(place), catalogue)
        logged(catalogue, stages.now() + dt.timedelta(hours=1))

        with pytest.raises(VaultError, match="clock is behind"):
            custody.prove(told(place), catalogue)


@pytest.mark.parametrize(("ahead", "kept"), [(0, True), (300, True), (3600, False), (-86_400, False)])
def test_a_share_whose_clock_differs_is_found_out(tmp_path, ahead, kept):
    """A file that is made on the share carries the share's time: more than ten minutes away from ours is a broken promise."""
    promises = {promise.name: promise for promise in probe_share(tmp_path, lambda: time.time() + ahead)}

    assert promises["clock"].kept is kept
    assert promises["clock"].needed
    assert list((tmp_path / ".strongroom-held").iterdir()) == []
