"""Ten thousand random kills, forwards and backwards: nothing is lost, nothing is doubled, everything ends in order.

A killed process leaves memory to the kernel, so a file system in memory (``TMPDIR=/dev/shm``, as ``make soak`` sets it) finds the same
faults and many more of them in an hour; what a power cut leaves is tried in ``tests.power.cut``.
"""

from __future__ import annotations

import os
import random
import sys
import time

import pytest

from retention.vault import Step
from tests.retention.failing import Stable, Watch, copies_of, in_child, litter
from tests.retention.moving import BYTES

KILLS = int(os.environ.get("STRONGROOM_KILLS", "10000"))
SECONDS = float(os.environ.get("STRONGROOM_SECONDS", "inf"))
FILES = 12
THICK = 60  # points between two kills, at most


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_random_kills_lose_nothing(tmp_path):
    """Files are moved and returned again and again by runs that are killed at random points; each round ends whole."""
    chance = random.Random(os.environ.get("STRONGROOM_SEED", "1"))
    stable = Stable(tmp_path)
    kills, rounds, begun = 0, 0, time.monotonic()
    while kills < KILLS and time.monotonic() - begun < SECONDS:
        house = stable.house()
        kills += one_round(chance, stable, house)
        rounds += 1
        house.catalogue.close()
        stable.clear(house)
        if rounds % 20 == 0:
            told = f"{kills} kills in {rounds} rounds, {time.monotonic() - begun:.0f} s, nothing lost\n"
            sys.stderr.write(told)
    sys.stderr.write(f"{kills} kills in {rounds} rounds, {time.monotonic() - begun:.0f} s, nothing lost\n")

    assert kills >= min(KILLS, 1)


def one_round(chance, stable, house) -> int:
    """Move some files and return them, by single movers and by crews, killed again and again; gives the number of kills."""
    data = {b"%d.txt" % number: BYTES + b"%d" % number for number in range(FILES)}
    orders = [house.file(name, content) for name, content in data.items()]
    contents = list(data.values())

    def move(watch, hands):
        vault, disk = stable.watched(house, watch)
        return {receipt.step for receipt in house.crew(hands, disk, vault).restrict(orders)}

    def undo(watch, hands):
        vault, disk = stable.watched(house, watch)
        return {receipt.step for receipt in house.crew(hands, disk, vault).restore(house.journal.of_run(1), "person")}

    # What is compiled once here need not be compiled again in each process that is killed.
    warm = house.file(b"warm.txt")
    house.mover().restrict(warm)
    house.mover().restore(house.journal.latest(warm.item_id), "person")
    kills = 0
    for act in (move, undo):
        status = 9
        while status == 9:
            point, hands = chance.randint(1, THICK), chance.choice((1, 3))
            status = in_child(house, lambda act=act, point=point, hands=hands: act(Watch(point), hands))
            assert status in (0, 9)
            kills += status == 9
            assert min(copies_of(house, contents)) >= 1
        act(Watch(), 1)
        act(Watch(), 1)
        assert set(copies_of(house, contents)) == {1}
        assert litter(house) == []
        assert len(house.objects()) == (2 * FILES if act is move else 0)
    assert {house.journal.latest(order.item_id).step for order in orders} == {Step.RETURNED}
    return kills
