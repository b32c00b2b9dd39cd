"""What was missed: the bounds cover the truth, the draw is fair, and answers count in the order of the draw."""

import random

import pytest
from scipy import stats
from sqlalchemy import select, update

from retention.assurance import Standing, bounds, counted, is_missed, needed, number, together
from retention.catalogue import samples
from retention.catalogue.tables import reading, sample, sample_item
from tests.retention.queue_rows import NOW, Rows


@pytest.mark.parametrize(("missed", "answered"), [(0, 59), (1, 59), (3, 20), (20, 20), (0, 1), (150, 299)])
def test_an_endless_pile_has_the_bounds_of_clopper_and_pearson(missed, answered):
    """The quantiles of the beta distribution give the same."""
    found = bounds(missed, answered)
    exact = stats.binomtest(missed, answered).proportion_ci(0.95, "exact")

    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=1e-9)


def test_a_large_pile_is_nearly_endless_and_a_known_one_is_exact():
    """Knowing the size can only narrow the bounds; when all were looked at nothing is left to guess."""
    near, far = bounds(2, 59, 10_000_000), bounds(2, 59)

    assert (near.low, near.high) == pytest.approx((far.low, far.high), rel=1e-3)
    assert bounds(2, 59, 80).high < far.high
    assert (0.05, 0.05) == (bounds(3, 60, 60).low, bounds(3, 60, 60).high)
    assert (0.0, 1.0) == (bounds(0, 0, 100).low, bounds(0, 0, 100).high)


@pytest.mark.parametrize(("share", "expected"), [(0.05, 59), (0.02, 149), (0.01, 299), (0.005, 598)])
def test_the_sizes_are_those_of_the_published_table(share, expected):
    """So many answers without a miss bound the error."""
    assert expected == needed(share)


def test_more_misses_than_answers_are_refused():
    """Counts that cannot be are a fault of the caller."""
    with pytest.raises(ValueError, match="more misses"):
        bounds(3, 2)


def test_bounds_cover_the_truth_in_a_thousand_simulated_shares():
    """Shares of all sizes and error rates, sampled by permanent numbers, partly answered in the order of the draw."""
    rng = random.Random(11)
    covered = 0
    for share in range(1_000):
        population = rng.choice((30, 200, 1_000, 5_000))
        rate = rng.choice((0.0, 0.002, 0.01, 0.05, 0.2, 0.5)) * rng.random() * 2
        bad = {one for one in range(population) if rng.random() < rate}
        order = sorted(range(population), key=lambda one, key=f"share {share}": number(key, one))
        asked = order[: min(population, rng.choice((59, 149, 299)))]
        stop = rng.randrange(1, len(asked) + 1)
        answers = [("sensitive" if one in bad else "official") if at < stop else None for at, one in enumerate(asked)]
        answered, missed = counted("official", answers)
        found = bounds(missed, answered, population)
        covered += found.low - 1e-12 <= len(bad) / population <= found.high + 1e-12

    assert covered >= 950


def test_the_numbers_of_items_are_uniform_and_differ_by_seed():
    """The draw favours no item, and who does not know the seed cannot foresee it."""
    drawn = [number("seed", one) for one in range(5_000)]

    assert stats.kstest(drawn, "uniform").pvalue > 0.001
    assert abs(stats.pearsonr(drawn, [number("other", one) for one in range(5_000)]).statistic) < 0.05


def test_an_answer_counts_when_all_before_it_are_given():
    """Answering the easy ones first does not make a share look better."""
    assert (2, 1) == counted("official", ["official", "personal", None, "official", "official"])
    assert (0, 0) == counted("official", [None, "official"])


def test_stricter_is_missed_and_milder_is_not():
    """Missed is what would have been handled too loosely."""
    assert is_missed("official", "personal")
    assert is_missed("unread", "sensitive")
    assert not is_missed("sensitive", "official")


def test_piles_together_share_the_risk_of_being_wrong():
    """Several piles are bounded at once, and so a little wider each."""
    one = Standing("Z", "official", 1_000, 59, 59, 0, bounds(0, 59, 1_000), 0.9)
    low, high, size = together([one, one])

    assert (0, 2_000) == (low, size)
    assert 2 * one.at_most < high < 200


def test_no_figure_is_told_without_coverage():
    """How much was read stands beside how much of it was missed."""
    told = Standing("Housing", "official", 1_000, 59, 59, 1, bounds(1, 59, 1_000), 0.93).sentence()

    assert "93% of the entries were read" in told
    assert "1 of 59" in told


@pytest.fixture
def rows(catalogue):
    """Eighty official items, three sensitive ones and one that nobody could read."""
    made = Rows(catalogue)
    for n in range(80):
        made.add(f"Licensing/Drivers/Case {n}/note.docx", tier=1, primary="official")
    for n in range(3):
        made.add(f"Temp/{n}.docx", tier=3, primary="sensitive")
    made.add("Temp/scan.pdf", tier=None, primary=None, problem="no-text")
    return made


def drawn(rows):
    """Draw, and give the items of the official pile."""
    counts = samples.draw(rows.catalogue, rows.catalogue.begin, rows.run, NOW)
    with rows.catalogue.read() as connection:
        of = select(sample_item.c.item_id).join(sample).where(sample.c.pile == "official")
        return counts, set(connection.scalars(of))


def answer(rows, items, primary):
    """Let a person label sampled items."""
    with rows.catalogue.begin() as connection:
        values = {"answer": primary, "by": "ann", "at": NOW}
        connection.execute(update(sample_item).where(sample_item.c.item_id.in_(items)).values(**values))


def test_every_pile_is_drawn_from_and_stays_drawn(rows):
    """Official, sensitive and unread items are asked about; another night asks about the same ones."""
    counts, official = drawn(rows)

    assert {"drawn": 59 + 3 + 1, "answered": 0} == counts
    assert 59 == len(official)
    assert official == drawn(rows)[1]


def test_answers_make_the_figures_of_the_front_page(rows):
    """What people say of drawn items bounds what was missed in their zone, with coverage beside it."""
    drawn(rows)
    with rows.catalogue.read() as connection:
        asked = [one for zone, pile, one in samples.asked(connection) if (zone, pile) == ("Licensing", "official")]
    answer(rows, asked[:50], "official")
    answer(rows, asked[4:5], "sensitive")
    with rows.catalogue.read() as connection:
        first, *_others = samples.standing(connection)
        unread = next(one for one in samples.standing(connection) if one.pile == "unread")

    assert ("Licensing", "official", 80, 59, 50, 1) == (
        first.zone,
        first.pile,
        first.population,
        first.asked,
        first.answered,
        first.missed,
    )
    assert 1 <= first.at_least <= first.at_most <= 80 - 49
    assert (1.0, 0.75) == (first.coverage, unread.coverage)


def test_a_label_by_a_person_leaves_the_item_in_its_pile(rows):
    """The answer must not take the miss out of the figures."""
    _counts, official = drawn(rows)
    one = min(official)
    answer(rows, [one], "sensitive")
    rows.relabel(one, by="person:ann", tier=3, primary="sensitive")

    counts, again = drawn(rows)
    assert official == again
    assert 1 == counts["answered"]


def test_an_answer_lasts_as_long_as_the_bytes(rows):
    """A file that was edited since is asked about again."""
    _counts, official = drawn(rows)
    one = min(official)
    answer(rows, [one], "official")
    with rows.catalogue.begin() as connection:
        values = {
            "sha256": "e" * 64,
            "primary": "official",
            "tier": 1,
            "size": 1,
            "versions": "2",
            "format": "txt",
            "reader": "r",
        }
        values |= {
            "completeness": "full",
            "flags": [],
            "because": [],
            "counts": {},
            "notes": [],
            "limits": [],
            "run_id": rows.run,
        }
        other = connection.execute(reading.insert().values(**values).returning(reading.c.id)).scalar_one()
        connection.exec_driver_sql(f"UPDATE item SET reading_id = {other} WHERE id = {one}")

    counts, again = drawn(rows)
    assert official == again
    assert 0 == counts["answered"]


def test_gone_items_leave_the_sample_and_others_take_their_place(rows):
    """The sample is one of the pile as it is today."""
    _counts, official = drawn(rows)
    with rows.catalogue.begin() as connection:
        connection.exec_driver_sql(f"UPDATE item SET state = 1 WHERE id = {min(official)}")
    _again, now = drawn(rows)

    assert min(official) not in now
    assert 59 == len(now)
    assert 58 == len(now & official)


def test_a_pile_that_is_gone_asks_nothing(rows):
    """Its size is 0 and it stands on no page."""
    drawn(rows)
    with rows.catalogue.begin() as connection:
        connection.exec_driver_sql("UPDATE item SET state = 1 WHERE id IN (81, 82, 83)")
    counts, _official = drawn(rows)
    with rows.catalogue.read() as connection:
        piles = {one.pile for one in samples.standing(connection)}

    assert 59 + 1 == counts["drawn"]
    assert {"official", "unread"} == piles
