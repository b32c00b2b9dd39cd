"""Ten thousand random kills, forwards and backwards: nothing is lost, nothing is doubled, everything ends in order."""

from __future__ import annotations

import os
import random

import pytest

from retention.vault import Step
from tests.retention.failing import Stable, Watch, copies, in_child, litter
from tests.retention.moving import BYTES

KILLS = int(os.environ.get("STRONGROOM_KILLS", "10000"))
FILES = 5


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_random_kills_lose_nothing(tmp_path):
    """Files are moved and returned again and again by runs that are killed at random points; each round ends whole."""
    chance = random.Random(os.environ.get("STRONGROOM_SEED", "1"))
    stable = Stable(tmp_path)
    kills = 0
    while kills < KILLS:
        house = stable.house()
        data = {b"%d.txt" % number: BYTES + b"%d" % number for number in range(FILES)}
        orders = [house.file(name, content) for name, content in data.items()]

        def move(watch, house=house, orders=orders):
            vault, disk = stable.watched(house, watch)
            mover = house.mover(disk=disk, vault=vault)
            return {mover.restrict(order).step for order in orders}

        def undo(watch, house=house):
            vault, disk = stable.watched(house, watch)
            return {receipt.step for receipt in house.mover(disk=disk, vault=vault).undo(1, "records.manager")}

        for act in (move, undo):
            for _ in range(chance.randint(1, 8)):
                kills += in_child(house, lambda act=act: act(Watch(chance.randint(1, 150)))) == 9
                assert all(copies(house, content) >= 1 for content in data.values())
            act(Watch())
            act(Watch())
            assert all(copies(house, content) == 1 for content in data.values())
            assert litter(house) == []
            assert len(house.objects()) == (2 * FILES if act is move else 0)
        assert {house.journal.latest(order.item_id).step for order in orders} == {Step.RETURNED}
        house.catalogue.close()
