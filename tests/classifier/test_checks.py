"""Check digits agree with published examples and refuse their neighbours."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import checks


@pytest.mark.parametrize("number", ["9990000018", "9990000026", "9990000034", "9990000042", "9990000050"])
def test_test_range_of_the_nhs_passes(number: str) -> None:
    """Numbers of the NHS test range pass, and with any other last digit they fail."""
    assert checks.nhs_number(number)
    others = [number[:9] + digit for digit in "0123456789" if digit != number[9]]
    assert [other for other in others if checks.nhs_number(other)] == []


@pytest.mark.parametrize("digit", "0123456789")
def test_repeated_digits_belong_to_nobody(digit: str) -> None:
    """Ten equal digits pass modulus 11 and are refused by every check."""
    number = digit * 10
    told = (checks.nhs_number, checks.chi_number, checks.hc_number, checks.utr, checks.uln, checks.luhn)
    assert [check(number) for check in told] == [False] * len(told)


@pytest.mark.parametrize(
    ("digits", "band"), [("9990000018", "test"), ("3200000000", "ni"), ("0101011237", "chi"), ("5500000000", "unused")]
)
def test_bands_tell_who_issued_a_number(digits: str, band: str) -> None:
    """The first three digits name the band."""
    assert checks.nhs_band(digits) == band


def test_a_chi_number_hides_a_day() -> None:
    """The published sample passes; a thirteenth month does not."""
    assert checks.chi_number("0101011237")
    assert not checks.chi_number("0113011237")


def test_tax_and_school_numbers_agree_with_published_examples() -> None:
    """A UTR is checked by its first digit, a UPN by its letter, whatever the authority."""
    assert checks.utr("3282497350")
    assert not checks.utr("2282497350")
    assert checks.upn("B801200005001")
    assert checks.upn("M999000026001")
    assert not checks.upn("Q207000016049")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("QQ123456A", True),
        ("BG123456A", False),
        ("ZZ123456A", False),
        ("AO123456A", False),
        ("DA123456A", False),
        ("AB111111A", False),
    ],
)
def test_national_insurance_letters(text: str, expected: bool) -> None:
    """Prefixes that were never given out are refused; the official example passes as a fixture."""
    assert checks.nino(text) is expected


@pytest.mark.parametrize("number", sorted(checks.TEST_CARDS))
def test_issuers_sample_cards_pass(number: str) -> None:
    """Every sample number of a card issuer has its issuer's prefix and passes Luhn's formula."""
    assert checks.card(number)


def test_bank_and_travel_numbers() -> None:
    """The IBAN of a fictional bank and the passport specimen of ICAO 9303 pass; changed ones fail."""
    assert checks.iban("GB82WEST12345698765432")
    assert not checks.iban("GB83WEST12345698765432")
    assert checks.mrz_digit("L898902C3") == 6
    assert checks.mrz("L898902C36UTO7408122F1204159ZE184226B<<<<<10")
    assert not checks.mrz("L898902C37UTO7408122F1204159ZE184226B<<<<<10")


def test_a_driver_number_hides_a_date() -> None:
    """The specimen passes; a thirteenth month does not."""
    assert checks.driving_licence("MORGA753116SM9IJ")
    assert not checks.driving_licence("MORGA713316SM9IJ")


@pytest.mark.parametrize(
    ("day", "month", "year", "expected"),
    [
        ("3", "Mar", "1961", dt.date(1961, 3, 3)),
        ("03", "03", "61", dt.date(1961, 3, 3)),
        ("1", "september", "24", dt.date(2024, 9, 1)),
        ("31", "2", "1990", None),
        ("1", "xyz", "1990", None),
    ],
)
def test_dates_are_days_of_the_calendar(day: str, month: str, year: str, expected: dt.date | None) -> None:
    """Two-digit years fall in the hundred years up to the given day; days that never were give nothing."""
    assert checks.civil_date(day, month, year, latest=dt.date(2026, 1, 1)) == expected


@given(st.text(alphabet="0123456789", min_size=9, max_size=9))
def test_at_most_one_check_digit_fits(stem: str) -> None:
    """Nine digits have one NHS check digit or none."""
    assert sum(checks.mod11(stem + digit) for digit in "0123456789") <= 1
