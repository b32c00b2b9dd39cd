"""The linter finds each kind of fault and names its row."""

import datetime as dt

import pytest

from retention import linter, schedule
from tests.retention.rules import CSV, TODAY
from tests.shared import SHARED, needs_shared

_TENANCY = "HO-01,Housing,Tenancies,Tenancy file,,contract_end,P6Y,destroy,Limitation Act 1980,,yes,,"


def planted(old: str, new: str) -> set[tuple[int, str, str]]:
    """Return (row, ref, kind) of the faults that a change of the clean schedule brings."""
    assert old in CSV

    return {(fault.row, fault.ref, fault.kind) for fault in linter.blocking(linter.lint(CSV.replace(old, new), TODAY))}


def test_the_clean_schedule_has_no_fault():
    """Nothing is said of a schedule without faults."""
    assert linter.blocking(linter.lint(CSV, TODAY)) == ()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("licence_expiry", "licence_expirey", (2, "LI-01", "unknown trigger")),
        ("contract_end,P6Y", "contract_end,six years", (6, "HO-01", "bad period")),
        ("HO-01,", "PL-02,", (7, "PL-02", "duplicate ref")),
        ("P7Y,destroy", "P7Y,shred", (2, "LI-01", "unknown action")),
        ("FI-02,", ",", (3, "", "missing ref")),
        ("Tenancy file", "", (6, "HO-01", "missing record class")),
        ("permanent,transfer", "permanent,destroy", (4, "DE-01", "permanent with destroy")),
        ("none,permanent", "case_closed,permanent", (4, "DE-01", "permanent with trigger")),
        ("none,permanent", "none,P6Y", (4, "DE-01", "none without permanent")),
        ("P7Y,destroy", "P7Y,retain", (2, "LI-01", "retain with a period")),
        ("P10Y,destroy,TCPA 1990", "P10Y,destroy,", (7, "PL-02", "missing authority")),
        (_TENANCY, _TENANCY.replace("1980,,", "1980,TERMS+12,"), (6, "HO-01", "code against text")),
        (_TENANCY, _TENANCY.replace("1980,,", "1980,DOB+6,"), (6, "HO-01", "code against text")),
        (
            _TENANCY,
            _TENANCY.replace("1980,,", "1980,Destroy seven years after the end,"),
            (6, "HO-01", "code against text"),
        ),
        (_TENANCY, _TENANCY.replace("1980,,", "1980,PERM,"), (6, "HO-01", "code against text")),
        (_TENANCY, _TENANCY.replace("1980,,", "1980,See HO-44,"), (6, "HO-01", "unknown reference")),
        (_TENANCY, f"{_TENANCY}\nHO-02{_TENANCY[5:].replace('P6Y', 'P7Y')}", (7, "HO-02", "overlapping rows")),
        ("Limitation Act 1980,,yes,,\nPL", "Limitation Act 1980 s8,,yes,,\nPL", (6, "HO-01", "shorter than statute")),
        ("P6Y,review", "P6Y,destroy", (9, "GEN-01", "default disposes")),
        ("licence_expiry,P7Y", "fixed_date:2033-02-31,P0D", (2, "LI-01", "bad date")),
        ("first_of: date_of_death", "some_of: date_of_death", (5, "CF-01", "terms")),
        (_TENANCY, _TENANCY + ",,", (6, "HO-01", "row width")),
    ],
)
def test_a_planted_fault_is_named_with_its_row(old, new, fault):
    """Each kind of fault, planted alone, is found where it stands."""
    assert fault in planted(old, new)


def test_dates_of_the_version_are_looked_at():
    """An expired version, one that ends before it begins and one without end are faults."""
    kinds = {
        fault.kind
        for dates in (
            {"adopted": dt.date(2020, 1, 1), "expires": dt.date(2025, 1, 1)},
            {"adopted": dt.date(2027, 1, 1), "expires": dt.date(2026, 12, 1)},
            {"adopted": dt.date(2020, 1, 1)},
        )
        for fault in linter.blocking(linter.lint(CSV, TODAY, **dates))
    }

    assert {"expired", "expires before adoption", "no expiry"} == kinds


def test_two_limbs_in_the_notes_are_pointed_out():
    """A note that says whichever is later, beside a single period, is advice and blocks nothing."""
    faults = linter.lint(
        CSV.replace(_TENANCY, _TENANCY.replace("1980,,", "1980,Or when paid; whichever is later,")), TODAY
    )

    assert [fault.kind for fault in faults] == ["alternatives in notes"]
    assert linter.blocking(faults) == ()


def test_the_shipped_schedule_has_only_advice():
    """Our sample has no fault of its own; what was not verified is said."""
    faults = linter.lint(schedule.shipped(), TODAY)

    assert linter.blocking(faults) == ()
    assert {"unverified"} == {fault.kind for fault in faults}


@needs_shared
def test_the_published_collection_lints():
    """The collected schedule of 215 rows has no blocking fault."""
    assert linter.blocking(linter.lint(SHARED / "domain" / "schedule.csv", TODAY)) == ()
