"""Published wordings of every style that UK councils use, each with the day it leads to, and whether it is called unclear."""

import datetime as dt
from dataclasses import dataclass

import pytest

from retention import clock, notation, wording
from retention.clock import Source, TriggerValue

DAY = dt.date(2016, 9, 14)
BORN = dt.date(2004, 5, 20)


@dataclass(frozen=True)
class Clause:
    """Terms by themselves."""

    terms: clock.Terms


def ends(text, trigger, **days):
    """The last day of retention of a wording, ``permanent``, or nothing; all dates not given are the same day."""
    given = {name: TriggerValue(day, Source.FEED) for name, day in days.items()}
    terms = wording.read(text, trigger)
    known = {trigger: TriggerValue(DAY, Source.FEED)} | {
        limb.trigger: TriggerValue(DAY, Source.FEED) for limb in terms.limbs
    }
    due = clock.due(Clause(terms), known | given)
    return "permanent" if due.permanent else str(due.date) if due.date else None


PLAIN = [
    ("6 years from end of financial year", "date_created", "2023-03-31"),
    ("End of financial year + 6 years", "date_created", "2023-03-31"),
    ("FY + 6", "date_created", "2023-03-31"),
    ("FYE + 6", "date_created", "2023-03-31"),
    ("6 years following the end of the financial year to which the record relates", "date_created", "2023-03-31"),
    ("Current financial year plus 6", "date_created", "2023-03-31"),
    ("Current financial year + 6 years", "date_created", "2023-03-31"),
    ("3 years after the end of the tax year", "date_created", "2020-04-05"),
    ("End of academic year + 1 year", "date_created", "2018-08-31"),
    ("Current academic year + 3 years", "date_created", "2020-08-31"),
    ("Current calendar year plus two", "date_created", "2018-12-31"),
    ("AY+6", "date_created", "2023-08-31"),
    ("Date of last action + 7", "date_created", "2023-09-14"),
    ("Last entry + 20 years", "date_created", "2036-09-14"),
    ("20 years from date of last entry", "date_created", "2036-09-14"),
    ("Date of closure + 6 years", "case_closed", "2022-09-14"),
    ("Closure of file plus ten years", "case_closed", "2026-09-14"),
    ("Closure + 6", "case_closed", "2022-09-14"),
    ("Termination + 6", "contract_end", "2022-09-14"),
    ("T + 6", "employment_end", "2022-09-14"),
    ("6 years after termination of employment", "date_created", "2022-09-14"),
    ("Leaving date + 6 years", "employment_end", "2022-09-14"),
    ("End of contract under seal 12 years", "contract_end", "2028-09-14"),
    ("12 years after expiry of the lease", "contract_end", "2028-09-14"),
    ("Term of agreement + 6 years", "contract_end", "2022-09-14"),
    ("DOB + 25", "date_of_birth", "2041-09-14"),
    ("D.O.B. + 25 years", "date_of_birth", "2041-09-14"),
    ("Date of birth of the pupil + 25 years", "date_created", "2041-09-14"),
    ("DOB+18+6", "date_of_birth", "2040-09-14"),
    ("75 years from DOB", "date_of_birth", "2091-09-14"),
    ("Until the child's 25th birthday", "date_of_birth", "2041-09-14"),
    ("Until the child reaches the age of 25", "date_of_birth", "2041-09-14"),
    ("Until child is 21", "date_of_birth", "2037-09-14"),
    ("18th birthday + 7 years", "date_of_birth", "2041-09-14"),
    ("75th anniversary of date of birth", "date_of_birth", "2091-09-14"),
    ("Life of building + 15 years", "life_of_asset", "2031-09-14"),
    ("Life of asset plus 6", "life_of_asset", "2022-09-14"),
    ("Until superseded + 3 years", "superseded", "2019-09-14"),
    ("3 years after being superseded", "superseded", "2019-09-14"),
    ("Audit + 2", "event_date", "2018-09-14"),
    ("Destroy after 3 months", "date_created", "2016-12-14"),
    ("6 mths", "date_created", "2017-03-14"),
    ("28 days", "date_created", "2016-10-12"),
    ("Six weeks", "date_created", "2016-10-26"),
    ("One fortnight", "date_created", "2016-09-28"),
    ("72 hours", "date_created", "2016-09-17"),
    ("18-month", "date_created", "2018-03-14"),
    ("two and a half years", "date_created", "2019-03-14"),
    ("7Y", "date_created", "2023-09-14"),
    ("6 yrs", "date_created", "2022-09-14"),
    ("21 years and 4 months", "date_of_birth", "2038-01-14"),
    ("Seventy-five years", "date_of_birth", "2091-09-14"),
    ("Permanent - offer to archivist", "date_created", "permanent"),
    ("Permanent. Offer to Archivist after administrative use is concluded", "date_created", "permanent"),
    ("P", "date_created", "permanent"),
    ("Retain indefinitely", "date_created", "permanent"),
    ("Permanent staff: 6 years after leaving", "employment_end", "2022-09-14"),
    ("Retain until 31.12.2033", "date_created", "2033-12-31"),
    ("Until March 2030", "date_created", "2030-03-31"),
    ("While in force then review", "date_created", None),
    ("Current term only", "date_created", None),
]


@pytest.mark.parametrize(("text", "trigger", "day"), PLAIN)
def test_a_plain_wording_gives_its_day(text, trigger, day):
    """Codes, units, events, year ends and ages lead to the day that a person would count out."""
    assert ends(text, trigger) == day


SEVERAL = [
    ("21 years 4 months from birth or 10 years after the claim, whichever is greater", "2026-09-14"),
    ("Later of DOB + 25 or 6 years from closure", "2029-05-20"),
    ("DOB + 25 years or closure + 15 years, whichever is longer", "2031-09-14"),
    ("25 years from date of birth or 6 years from last contact, whichever is sooner", "2022-09-14"),
]


@pytest.mark.parametrize(("text", "day"), SEVERAL)
def test_limbs_are_weighed_as_they_ask(text, day):
    """Later, longer and sooner choose among the limbs."""
    assert ends(text, "case_closed", date_of_birth=BORN) == day


def test_an_age_at_the_conclusion_gives_a_birthday_more():
    """To the 25th birthday, to the 26th where the person was 17 at the conclusion; not knowing keeps longer."""
    text = "Until 25th birthday (26th if 17 at conclusion of treatment)"

    assert ends(text, "case_closed", date_of_birth=BORN, case_closed=dt.date(2020, 1, 1)) == "2029-05-20"
    assert ends(text, "case_closed", date_of_birth=BORN, case_closed=dt.date(2021, 6, 1)) == "2030-05-20"


def test_a_limb_with_an_age_is_written_and_read_back():
    """The schedule's notation carries the age at another event."""
    terms = wording.read("Until 25th birthday (26th if 17 at conclusion)", "case_closed")

    assert notation.parse_terms("", "", str(terms)) == terms


def test_death_as_a_child_is_a_limb_of_its_own():
    """Fifteen years from death count only for somebody who died before 18, however the sentence is built."""
    for text in (
        "75 years from date of birth, or if the child dies before attaining 18, 15 years from death",
        "75 years from birth; 15 years from death if the child dies before the age of 18",
    ):
        assert ends(text, "date_of_birth", date_of_birth=BORN, date_of_death=dt.date(2015, 2, 1)) == "2030-02-01"
        assert ends(text, "date_of_birth", date_of_birth=BORN, date_of_death=dt.date(2025, 2, 1)) == "2079-05-20"


UNCLEAR = [
    ("CY+6", "2023-03-31"),
    ("C+6", "2023-03-31"),
    ("Current year + 6", "2023-03-31"),
    ("6 years + current", "2023-03-31"),
    ("End of the year in which the record was made + 6 years", "2023-03-31"),
    ("6-7 years", "2023-09-14"),
    ("5 or 6 years", "2022-09-14"),
    ("Minimum of 6 years", "2022-09-14"),
    ("At least 3 years", "2019-09-14"),
    ("6 years (2 years for unsuccessful candidates)", "2022-09-14"),
    ("6 years unless litigation is pending", "2022-09-14"),
    ("6 years then consider for permanent preservation", "2022-09-14"),
    ("7 years (6 years + current year)", "2024-03-31"),
    ("As required", None),
    ("Until no longer needed", None),
    ("Destroy when administrative use is concluded", None),
    ("Statutory minimum", None),
    ("Normally 6 years", "2022-09-14"),
    ("Depends on the type of record", None),
    ("TBC", None),
]


@pytest.mark.parametrize(("text", "day"), UNCLEAR)
def test_an_unclear_wording_is_flagged(text, day):
    """Where a wording can be read two ways the later day is taken and a sentence says so."""
    assert wording.read(text, "date_created").ambiguous != ()
    assert ends(text, "date_created") == day


@pytest.mark.parametrize("text", [text for text, _, _ in PLAIN if "administrative use" not in text])
def test_a_plain_wording_is_not_flagged(text):
    """Nothing is called unclear that can be read in one way only."""
    assert wording.doubts(text) == ()
