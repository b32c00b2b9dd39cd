"""Retention ends on the right civil day in London, and never a day early."""

import datetime as dt
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention import clock, wording
from retention.clock import Choice, Limb, Period, Source, Terms, TriggerValue, YearEnd
from retention.notation import parse_terms
from tests.shared import SHARED, needs_shared

DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1))
PERIODS = st.builds(Period, st.integers(0, 110), st.integers(0, 40), st.integers(0, 400))


@dataclass(frozen=True)
class Clause:
    """The terms of a rule."""

    terms: Terms


def known(**dates: dt.date) -> dict[str, TriggerValue]:
    """Return trigger dates on the word of a feed."""
    return {name: TriggerValue(day, Source.FEED) for name, day in dates.items()}


def due(trigger: str, period: str, day: dt.date) -> clock.Due:
    """Return when a rule of one limb ends."""
    return clock.due(Clause(parse_terms(trigger, period)), known(**{_base(trigger): day}))


def _base(trigger: str) -> str:
    return "last_action" if trigger.startswith("end_of") else trigger


@pytest.mark.parametrize(
    ("trigger", "period", "day", "eligible"),
    [
        ("end_of_financial_year", "P6Y", dt.date(2019, 3, 31), dt.date(2025, 4, 1)),
        ("end_of_financial_year", "P6Y", dt.date(2019, 4, 1), dt.date(2026, 4, 1)),
        ("end_of_financial_year", "P6Y", dt.date(2020, 2, 29), dt.date(2026, 4, 1)),
        ("date_of_birth", "P75Y", dt.date(1952, 2, 29), dt.date(2027, 3, 2)),
        ("contract_start", "P3Y", dt.date(2025, 2, 24), dt.date(2028, 2, 25)),
        ("end_of_academic_year", "P1Y", dt.date(2024, 9, 1), dt.date(2026, 9, 1)),
        ("end_of_calendar_year", "P6Y", dt.date(2016, 9, 14), dt.date(2023, 1, 1)),
        ("end_of_tax_year", "P3Y", dt.date(2016, 4, 5), dt.date(2019, 4, 6)),
        ("date_created", "P30D", dt.date(2016, 9, 14), dt.date(2016, 10, 15)),
        ("event_date", "P6M", dt.date(2021, 8, 31), dt.date(2022, 3, 2)),
        ("superseded", "P0D", dt.date(2021, 8, 31), dt.date(2021, 9, 1)),
    ],
)
def test_an_item_is_eligible_the_day_after_its_last_day(trigger, period, day, eligible):
    """Years end, leap days move forward, and the first day of disposal is the day after."""
    assert eligible == due(trigger, period, day).eligible


def test_a_late_evening_in_march_is_already_the_next_financial_year():
    """A file modified at 23:30 UTC on 31 March 2020 is of 1 April in London."""
    instant = int(dt.datetime(2020, 3, 31, 23, 30, tzinfo=dt.UTC).timestamp()) * 10**9

    assert dt.date(2020, 4, 1) == clock.london_date(instant)
    assert dt.date(2021, 3, 31) == clock.fy_end(clock.london_date(instant))


def test_an_impossible_instant_is_clamped():
    """Nanoseconds beyond the years 1 to 9999 give the first or the last date, not a crash."""
    assert (dt.date.min, dt.date.max) == (clock.london_date(-(10**30)), clock.london_date(10**30))


@given(DAYS, DAYS, PERIODS)
def test_a_later_start_never_ends_earlier(one, other, period):
    """Adding a period is monotonic in the day it is added to."""
    first, second = sorted((one, other))

    assert clock.add(first, period) <= clock.add(second, period)


@given(DAYS, PERIODS)
def test_a_sum_never_falls_short(day, period):
    """A month that lacks the day moves forward: the result is never before the same day number of its month."""
    end = clock.add(day, Period(period.years, period.months))
    months = day.year * 12 + day.month - 1 + period.years * 12 + period.months

    assert end >= dt.date(months // 12, months % 12 + 1, 1)
    assert end.day in (day.day, 1)
    assert end + dt.timedelta(days=period.days) == clock.add(day, period)


@given(DAYS, PERIODS, st.sampled_from(YearEnd))
def test_a_year_end_never_brings_a_date_forward(day, period, kind):
    """Running to the end of a year keeps at least as long as not doing so."""
    assert clock.year_end(day, kind) >= day
    assert clock.year_end(clock.year_end(day, kind), kind) == clock.year_end(day, kind)
    assert clock.add(clock.year_end(day, kind), period) >= clock.add(day, period)


@given(st.integers(-(2**62), 2**62))
def test_an_instant_has_one_date_in_london(ns):
    """The civil date depends on the instant only, and lies within a day of the date in UTC."""
    here = clock.london_date(ns)
    utc = (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=ns // 10**9)).date()

    assert abs((here - utc).days) <= 1


@given(DAYS, DAYS, PERIODS, PERIODS)
def test_latest_of_is_the_later_and_waits_for_both(one, other, first, second):
    """Of two limbs the later ends retention; while one date is missing the rule says so."""
    rule = Clause(Terms((Limb("date_of_birth", first), Limb("case_closed", second)), Choice.LATEST))
    both = clock.due(rule, known(date_of_birth=one, case_closed=other))
    half = clock.due(rule, known(date_of_birth=one))

    assert max(clock.add(one, first), clock.add(other, second)) == both.date
    assert half.missing == ("case_closed",)


def test_a_child_who_died_before_eighteen_has_the_shorter_limb():
    """75 years from birth, or 15 from death when the child died before 18 and only then."""
    rule = Clause(parse_terms("", "", "first_of: date_of_death P15Y before age 18; date_of_birth P75Y"))
    born, young, old = dt.date(1999, 3, 2), dt.date(2012, 7, 9), dt.date(2019, 7, 9)

    assert dt.date(2074, 3, 2) == clock.due(rule, known(date_of_birth=born)).date
    assert dt.date(2027, 7, 9) == clock.due(rule, known(date_of_birth=born, date_of_death=young)).date
    assert dt.date(2074, 3, 2) == clock.due(rule, known(date_of_birth=born, date_of_death=old)).date


def test_permanent_open_and_unknown_are_never_eligible():
    """No date is invented for what is kept for good, ends with an unnamed event, or has no trigger date."""
    for terms in (Terms(permanent=True), Terms(), parse_terms("case_closed", "P6Y")):
        assert clock.due(Clause(terms), {}).eligible is None


@pytest.mark.parametrize(
    ("day", "same", "word"),
    [
        (dt.date(1980, 1, 1), 1, "default"),
        (dt.date(1601, 1, 1), 1, "default"),
        (dt.date(1984, 12, 31), 1, "before 1985"),
        (dt.date(2027, 1, 1), 1, "future"),
        (dt.date(2015, 5, 5), 1_001, "bulk copy"),
    ],
)
def test_a_file_date_without_meaning_is_not_trusted(day, same, word):
    """Zero dates, future dates and the instant of a bulk copy say nothing about a record."""
    assert word in clock.untrusted(day, dt.date(2026, 11, 22), same_instant=same)


def test_the_latest_plausible_date_leaves_out_the_impossible():
    """Of several dates the latest believable one counts."""
    days = (dt.date(1980, 1, 1), dt.date(2014, 2, 3), dt.date(2031, 1, 1))

    assert dt.date(2014, 2, 3) == clock.latest_plausible(days, dt.date(2026, 11, 22))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("6+", "end_of_financial_year(date_created) P6Y"),
        ("DOB+25", "date_of_birth P25Y"),
        ("TERMS+12", "contract_end P12Y"),
        ("PERM", "permanent"),
        ("thirty-five years", "date_created P35Y"),
        ("2 years and 6 months", "date_created P2Y6M"),
        ("until superseded", "open"),
        ("Current financial year plus six", "end_of_financial_year(date_created) P6Y"),
        ("end of academic year plus 1", "end_of_academic_year(date_created) P1Y"),
        ("7 years after 18th birthday", "date_of_birth P25Y"),
        (
            "21 years 4 months from birth or 10 years after the claim, whichever is greater",
            "latest_of: date_of_birth P21Y4M; case_closed P10Y",
        ),
        (
            "80 years, or 10 years if the person dies before 18",
            "first_of: date_of_death P10Y before age 18; date_created P80Y",
        ),
        ("destroy on 31 March 2030", "fixed_date:2030-03-31 P0D"),
    ],
)
def test_published_wordings_are_read(text, terms):
    """Codes, number words, years and limbs of published schedules become terms."""
    assert terms == str(wording.read(text, "date_created"))


@pytest.mark.parametrize(
    ("text", "unclear"),
    [
        ("current year plus 6", True),
        ("3 years plus the current year", True),
        ("current calendar year plus 6", False),
        ("6 years", False),
        ("X<2", True),
        ("age sixteen plus two years inactivity", True),
        ("5 to 7 years", True),
        ("10 years or 5 years", True),
    ],
)
def test_a_wording_with_two_readings_says_which_was_taken(text, unclear):
    """Ambiguity is named, and plain wordings are left alone."""
    assert unclear == bool(wording.read(text, "date_created").ambiguous)


def test_an_unnamed_year_ends_with_the_later_reading():
    """A year that is not named, as in: current year plus 6, keeps to the later of the calendar and the financial year."""
    rule = Clause(wording.read("current year plus 6", "date_created"))

    assert dt.date(2023, 3, 31) == clock.due(rule, known(date_created=dt.date(2016, 9, 14))).date
    assert dt.date(2022, 12, 31) == clock.due(rule, known(date_created=dt.date(2016, 2, 14))).date


@needs_shared
def test_worked_rules_of_councils_come_out_right():
    """Every date of the worked rules is right and every ambiguous wording is flagged."""
    program = Path(__file__).parents[2] / "bench" / "retention_dates.py"
    told = subprocess.run(
        [sys.executable, str(program), str(SHARED / "data" / "retention" / "worked_rules.jsonl")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "no misses" in told.stdout
