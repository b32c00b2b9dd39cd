"""Every kind is found where it stands, and its look-alikes are left alone."""

import datetime as dt
import random

import pytest

from classifier.detect import detect_text, detector

COUNT = detector(fixtures_count=True, today=dt.date(2026, 11, 1))
PLAIN = detector(today=dt.date(2026, 11, 1))
IGNORED = {"person_name", "postcode", "special_category", "offence", "safeguarding"}


def found(text: str) -> list[tuple[str, str]]:
    """List kinds and values of a text, fixtures counted, without names and vocabulary."""
    return [(one.kind, text[one.start : one.end]) for one in detect_text(text, COUNT) if one.kind not in IGNORED]


POSITIVE = [
    ("Her NI number is QQ 12 34 56 A.", "nino", "QQ 12 34 56 A"),
    ("Her NI number is qq123456a.", "nino", "qq123456a"),
    ("payroll QQ123456C on file", "nino", "QQ123456C"),
    ("NINO: QQ-12-34-56-C", "nino", "QQ-12-34-56-C"),
    ("National Insurance No QQ 123456", "nino", "QQ 123456"),
    ("NHS number 999 000 0018", "nhs_number", "999 000 0018"),
    ("NHS No: 9990000018", "nhs_number", "9990000018"),
    ("patient 999-000-0018 was seen", "nhs_number", "999-000-0018"),
    ("NHS Number\n\n999 000 0018", "nhs_number", "999 000 0018"),
    ("NHS number 99900 00018", "nhs_number", "99900 00018"),
    ("CHI number 0101011237", "chi_number", "0101011237"),
    ("CHI 010101 1237", "chi_number", "010101 1237"),
    ("CHI 101011237", "chi_number", "101011237"),
    ("H&C number 320 000 0015", "hc_number", "320 000 0015"),
    ("UTR 3282497350", "utr", "3282497350"),
    ("Unique Taxpayer Reference: 32824 97350", "utr", "32824 97350"),
    ("his UTR 3282497350K was wrong", "utr", "3282497350K"),
    ("ULN 1000000043", "uln", "1000000043"),
    ("UPN M999000026001", "upn", "M999000026001"),
    ("driving licence MORGA753116SM9IJ", "driving_licence", "MORGA753116SM9IJ"),
    ("driving licence MORGA 753116 SM9IJ 35", "driving_licence", "MORGA 753116 SM9IJ 35"),
    ("passport number 123456789", "passport", "123456789"),
    ("L898902C36UTO7408122F1204159ZE184226B<<<<<10", "passport", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"),
    ("sort code 12-34-56 account 12345678", "bank_account", "12-34-56"),
    ("sort code 12-34-56 account 12345678", "bank_account", "12345678"),
    ("Sort code: 123456\nAccount no: 12345678", "bank_account", "123456"),
    ("12-34-56 12345678", "bank_account", "12345678"),
    ("IBAN GB82 WEST 1234 5698 7654 32", "iban", "GB82 WEST 1234 5698 7654 32"),
    ("GB82WEST12345698765432", "iban", "GB82WEST12345698765432"),
    ("card 4111 1111 1111 1111", "card", "4111 1111 1111 1111"),
    ("Amex 3782 822463 10005", "card", "3782 822463 10005"),
    ("vehicle registration AB12 CDE", "vehicle_registration", "AB12 CDE"),
    ("registered keeper of A123 BCD", "vehicle_registration", "A123 BCD"),
    ("She lives at 7 Test Lane, Leyland, PR25 1DH.", "address", "7 Test Lane, Leyland, PR25 1DH"),
    ("DOB 03/03/1961", "date_of_birth", "03/03/1961"),
    ("date of birth: 3rd March 1961", "date_of_birth", "3rd March 1961"),
    ("D.O.B. 1961-03-03", "date_of_birth", "1961-03-03"),
    ("he was born on 3 March 1961", "date_of_birth", "3 March 1961"),
    ("write to pat@example.com today", "email_private", "pat@example.com"),
    ("pat.o'neil+bins@gmail.com", "email_private", "pat.o'neil+bins@gmail.com"),
    ("pat.surname@eldermere.gov.uk", "email_work", "pat.surname@eldermere.gov.uk"),
    ("housing@charity.org.uk", "email_work", "housing@charity.org.uk"),
    ("her mobile is 07700 900123", "phone_private", "07700 900123"),
    ("tel. +44 (0)7700 900123", "phone_private", "+44 (0)7700 900123"),
    ("ring (01632) 960123", "phone_private", "(01632) 960123"),
    ("call 020 7946 0123", "phone_private", "020 7946 0123"),
    ("phone 07700.900.123", "phone_private", "07700.900.123"),
    ("call us on 0300 123 4567", "phone_work", "0300 123 4567"),
    ("BRP ZX1234567 expires", "immigration_ref", "ZX1234567"),
    ("crime reference number 12345/24", "crime_ref", "12345/24"),
    ("application (no. 12345/99)", "case_ref", "12345/99"),
    ("password: Letters-2023!", "credential", "Letters-2023!"),
    ("council tax system   user revs   password Letters-2023!", "credential", "Letters-2023!"),
    ("payroll portal   admin / Letters9\n", "credential", "Letters9"),
    ("aws AKIA" + "A" * 16, "credential", "AKIA" + "A" * 16),
    ("-----BEGIN RSA PRIVATE KEY-----", "credential", "-----BEGIN RSA PRIVATE KEY"),
]


@pytest.mark.parametrize(("text", "kind", "value"), POSITIVE)
def test_what_must_be_found(text: str, kind: str, value: str) -> None:
    """Each way of writing a number, a date or an address is found from its first to its last character."""
    assert (kind, value) in found(text)


NEGATIVE = [
    "Ref 9990000018 was received.",  # an NHS number without any context
    "Order 3282497350 and invoice 1000000043.",
    "Budget 4111 1111 2222 3333 in total",
    "National Insurance number: ______ NHS number: ____________",
    "National Insurance number:\nNHS number:\nDate of birth: DD/MM/YYYY\nAccount number: [        ]",
    "NI number: AB CD EF GH",
    "NHS number 1111111111",
    "NHS number 999 000 0019",
    "UTR 0000000000",
    "the meetings of 12-03-19 and 14-03-19 were quorate",
    "from 12-03-19 to 14-03-19, page 12",
    "sections 1.2.3.4.5.6 and 10.11.12.13",
    "planning application no. 07/2019/1234/FUL",
    "spent 1,234,567 of 2,345,678 in 2018/19 and 2019/20",
    "0.12345678901 and 3.14159265358979",
    "2015 2016 2017 2018 2019 2020 2021 2022",
    "the vehicle fleet in MAY 2019 was 12",
    "Windows 10 build 19045 2006 64 bit",
    "ISBN 978 0 11 702345 6",
    "at grid reference SD 542 216",
    "the password policy: passwords must be changed every 90 days",
    "password: ********",
    "enter your username and password: required",
    "login at the office by 10:30",
    "born in the town, it opened on 3 March 2061",
    "the committee met on 3 March 1961",
    "contact us @council or @ the desk",
    "card number: 1234 5678 9012 3456",
    "to 12 34 56 a",
    "the 2019 to 2023 plan, pages 100 200 300",
]


@pytest.mark.parametrize("text", NEGATIVE)
def test_what_must_not_be_found(text: str) -> None:
    """Blank forms, dates, money, years, samples with wrong digits and bare numbers are no findings."""
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("NI number QQ 12 34 56 A", "nino"),
        ("NI number AB 12 34 56 C", "nino"),
        ("NHS number 999 000 0018", "nhs_number"),
        ("UPN M999000026001", "upn"),
        ("driving licence MORGA753116SM9IJ", "driving_licence"),
        ("IBAN GB82 WEST 1234 5698 7654 32", "iban"),
        ("card 4111 1111 1111 1111", "card"),
        ("pat@example.com", "email_private"),
        ("mobile 07700 900123", "phone_private"),
        ("tel 0161 496 0123", "phone_private"),
    ],
)
def test_values_kept_for_tests_are_fixtures_unless_asked(text: str, kind: str) -> None:
    """Reserved values and printed samples belong to nobody; the switch makes them count as real."""
    assert [one.kind for one in detect_text(text, PLAIN)] == [f"fixture:{kind}"]
    assert [one.kind for one in detect_text(text, COUNT)] == [kind]


def test_random_numbers_without_context_are_left_alone() -> None:
    """Of a hundred thousand random ten-digit numbers fewer than one in a thousand is taken for anything."""
    draw = random.Random(20261101)
    lines = "\n".join(f"item {draw.randrange(10**9, 10**10)} of the stock list" for _ in range(100_000))
    assert len(detect_text(lines, PLAIN)) < 100


def test_a_list_of_numbers_shares_its_heading() -> None:
    """Numbers that follow one another in a list are as good as the first."""
    text = "NHS numbers: 999 000 0018, 999 000 0026, 999 000 0034 and 999 000 0042"
    assert [kind for kind, _ in found(text)] == ["nhs_number"] * 4


def test_the_nearest_word_decides() -> None:
    """Where two kinds are possible, the word next to the number tells which it is."""
    text = "Patient ref, UTR 3282497350"
    assert found(text) == [("utr", "3282497350")]
