"""The stopping rule keeps its promise, whatever the order of the review is worth."""

import random

import pytest

from retention.catalogue import samples
from retention.stopping import advise, needed, position, recall, stops_at
from tests.retention.queue_rows import NOW, Rows
from tests.retention.test_assurance import answer


@pytest.mark.parametrize(("target", "expected"), [(0.7, 9), (0.75, 11), (0.8, 14), (0.9, 29), (0.95, 59)])
def test_so_many_yes_make_the_smallest_control_set(target, expected):
    """With one fewer even all of them coming up would prove nothing."""
    assert expected == needed(target)
    assert expected == position(expected, target)
    assert position(expected - 1, target) is None


def test_a_larger_control_set_stops_nearer_to_the_target():
    """It may pass over some and still keep the promise."""
    shares = [position(size) / size for size in (14, 30, 60, 150)]

    assert shares == sorted(shares, reverse=True)
    assert 0.8 < shares[-1] < 0.87


@pytest.mark.parametrize(("target", "worth"), [(0.8, 0.0), (0.8, 1.5), (0.8, 4.0), (0.9, 1.5)])
def test_the_promise_holds_in_two_hundred_reviews(target, worth):
    """A worthless order, a fair one and a good one: at least 95 of 100 reviews find the share that was promised."""
    rng = random.Random(f"{target}{worth}")
    kept, saved = 0, []
    for _ in range(200):
        size, rate = rng.choice((600, 1_500)), rng.choice((0.08, 0.2))
        truth = [rng.random() < rate for _ in range(size)]
        drawn = iter(rng.sample(range(size), size))
        control = []
        while len(control) < needed(target) + 2 and (one := next(drawn, None)) is not None:
            control += [one] if truth[one] else []
        order = sorted(range(size), key=lambda one, truth=truth: -(worth * truth[one] + rng.gauss(0, 1)))
        at = stops_at(order, control, target)
        found = sum(truth[one] for one in order[:at])
        kept += found >= target * sum(truth)
        saved.append(1 - at / size)

    assert kept >= 190
    if worth == 4.0:
        assert sum(saved) / len(saved) > 0.5, "a good order is left well before its end"


def test_what_has_been_found_is_bounded_at_one_look():
    """All fourteen of fourteen bound it at the target; nothing known bounds nothing."""
    assert recall(14, 14) == pytest.approx(0.05 ** (1 / 14), abs=1e-6)
    assert recall(0, 14) == 0.0
    assert recall(7, 14) < 0.5


def test_the_advice_is_a_sentence_that_a_person_can_act_on():
    """Too little known, go on, stop."""
    assert advise([True] * 5).sentence.startswith("Too little is known")
    assert not advise([True] * 13 + [False] * 5).stop
    assert "have come up by themselves" in advise([True] * 13 + [False] * 5).sentence
    told = advise([True] * 20)
    assert told.stop
    assert told.at_least >= 0.8
    assert "at least 80% of all were found" in told.sentence


def test_the_control_set_is_what_people_answered_below_one_common_number(catalogue):
    """Piles are drawn from alike, so that their answers together are a random sample of the zone."""
    rows = Rows(catalogue)
    for n in range(40):
        rows.add(f"Temp/{n}.docx", tier=1, primary="official")
    for n in range(40, 60):
        rows.add(f"Temp/{n}.docx", tier=3, primary="sensitive")
    samples.draw(catalogue, catalogue.begin, rows.run, NOW)
    with catalogue.read() as connection:
        asked = list(samples.asked(connection))
        assert [] == samples.control(connection, "Temp")
    official = [one for _zone, pile, one in asked if pile == "official"]
    sensitive = [one for _zone, pile, one in asked if pile == "sensitive"]
    answer(rows, official, "official")
    answer(rows, official[:3], "personal")
    answer(rows, sensitive, "sensitive")
    with catalogue.read() as connection:
        found = samples.control(connection, "Temp")
    answer(rows, sensitive[5:], None)
    with catalogue.read() as connection:
        fewer = samples.control(connection, "Temp")

    assert [False] * 3 + [True] * 20 == found
    assert 5 == sum(fewer)
    assert len(fewer) <= 8
