"""The order of the queue: risk, and the mix of what is shown."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from retention.review.queue import PATTERN, Drawn, Ground, risk, weave

TODAY = dt.date(2026, 11, 23)
DAYS = st.dates(dt.date(1985, 1, 1), TODAY)
GROUNDS = st.builds(
    Ground,
    lane=st.sampled_from("ABH"),
    tier=st.integers(0, 5),
    exposed=st.booleans(),
    people=st.integers(0, 100_000),
    modified=st.none() | DAYS,
    size=st.integers(0, 1 << 40),
)


def worth(lane, tier, **more):
    """The risk of one family."""
    return risk(Ground(lane, tier, **more), TODAY)


def test_the_order_of_the_brief():
    """Broad access and T4 first, then T3 where all can read it, then overdue personal data by age, then what is only large."""
    order = [
        worth("A", 4, exposed=True, people=20, modified=TODAY),
        worth("A", 4, modified=TODAY),
        worth("A", 3, exposed=True, people=20, modified=TODAY),
        worth("A", 3, modified=TODAY),
        worth("E", 2, due=dt.date(2010, 1, 1), people=5),
        worth("E", 2, due=dt.date(2025, 1, 1), people=5),
        worth("E", 1, due=dt.date(2025, 1, 1), size=1 << 33),
        worth("E", 1, due=dt.date(2025, 1, 1), size=1 << 10),
    ]

    assert sorted(order, reverse=True) == order
    assert len(order) == len(set(order))


@given(GROUNDS, GROUNDS)
def test_a_higher_tier_in_the_wrong_place_always_comes_first(one, other):
    """No number of people, no date and no size puts a lower tier before a higher one that lies in the wrong place."""
    if one.tier > other.tier >= 2:
        assert risk(one, TODAY) > risk(other, TODAY)


@given(st.lists(st.integers(0, 30), min_size=3, max_size=3), st.integers(1, 60), st.integers(0, 9))
def test_weaving_loses_and_repeats_nothing(lengths, size, start):
    """Each stream keeps its order, everything comes once, and as much comes as there is."""
    streams = {kind: [(kind, n) for n in range(length)] for kind, length in zip(Drawn, lengths, strict=True)}

    woven = weave(streams, size, start)

    assert min(size, sum(lengths)) == len(woven)
    for kind in Drawn:
        mine = [one for of, one in woven if of is kind]
        assert streams[kind][: len(mine)] == mine


def test_risk_doubt_and_chance_are_mixed():
    """While all three last, seven of ten go by risk, two by doubt and one is drawn."""
    streams = {kind: list(range(100)) for kind in Drawn}

    woven = [kind for kind, _one in weave(streams, 40)]

    assert [7 * 4, 2 * 4, 4] == [woven.count(kind) for kind in (Drawn.RISK, Drawn.DOUBT, Drawn.RANDOM)]
    assert list(PATTERN) == woven[:10]
