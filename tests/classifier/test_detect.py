"""Detection of whole documents: parts, tables, settings, places and time."""

import datetime as dt
import time

import pytest

from classifier.detect import detect, detect_text, detector
from classifier.item import Content, Part, PartKind
from classifier.patterns import KINDS
from tests.shared import SHARED, needs_shared

TODAY = dt.date(2026, 11, 1)
COUNT = detector(fixtures_count=True, today=TODAY)


def values(text: str, *kinds: str) -> list[str]:
    """List the values of the given kinds in a text."""
    return [text[one.start : one.end] for one in detect_text(text, COUNT) if one.kind in kinds]


STAFF = (
    ("Surname", "NHS Number", "NI Number", "D.O.B.", "Home Phone", "Sort Code", "Account Number", "Sickness reason"),
    ("Person", "9990000018", "QQ123456A", "03/03/1961", "01632960123", "123456", "12345678", "back injury"),
    ("Another", "9990000026", "QQ123457B", "04/04/1962", "07700900123", "654321", "87654321", "n/a"),
)


@pytest.mark.parametrize("mark", ["\t", ",", ";", "|"])
def test_headers_govern_columns(mark: str) -> None:
    """A bare number under a telling header is found, whatever parts the cells."""
    text = "Staff list\n" + "\n".join(mark.join(row) for row in STAFF) + "\n"
    assert values(text, "nhs_number") == ["9990000018", "9990000026"]
    assert values(text, "nino") == ["QQ123456A", "QQ123457B"]
    assert values(text, "date_of_birth") == ["03/03/1961", "04/04/1962"]
    assert values(text, "phone_private") == ["01632960123", "07700900123"]
    assert values(text, "bank_account") == ["123456", "12345678", "654321", "87654321"]


def test_only_its_own_sheet_is_governed_by_a_header() -> None:
    """The header of one sheet says nothing about the numbers of the next."""
    content = Content(
        "xlsx",
        (
            Part("sheet A", "A\nNHS Number\tWard\n9990000018\tNorth"),
            Part("sheet B", "B\nStock\tWard\n9990000026\tSouth"),
        ),
        "test",
    )
    found = [content.text[one.start : one.end] for one in detect(content, COUNT) if one.kind == "nhs_number"]
    assert found == ["9990000018"]


def test_a_numbers_table_has_no_person_in_it() -> None:
    """Columns of amounts, codes and dates under ordinary headers give nothing."""
    text = "Cost centre\tInvoice\tDate\tAmount\n12345678\t9990000018\t03/03/2019\t4500.00\n"
    assert detect_text(text, COUNT) == ()


def test_quoted_cells_keep_their_commas() -> None:
    """A comma within quotation marks parts no cells."""
    text = 'Address,DOB\n"7 Test Lane, Leyland",03/03/1961\n'
    assert values(text, "date_of_birth") == ["03/03/1961"]


def test_equal_values_share_a_group() -> None:
    """One number written twice, in two ways, is one value."""
    found = detect_text("NI number QQ 12 34 56 A, again NI number QQ123456A, and NI number QQ123457A", COUNT)
    assert [one.group for one in found if one.kind == "nino"] == [1, 1, 2]


def test_a_finding_holds_no_value() -> None:
    """The reason names pattern, check and context, never what was found."""
    found = detect_text("NHS number 999 000 0018, write to pat@example.com", COUNT)
    assert [("999" in one.because or "pat" in one.because.split(";")[1]) for one in found] == [False, False]


def test_under_eighteen_is_a_child_on_the_given_day() -> None:
    """A date of birth makes a child by the day given, and by no clock."""
    text = "date of birth 03/03/2009"
    assert [one.kind for one in detect_text(text, COUNT)] == ["child", "date_of_birth"]
    later = detector(today=dt.date(2027, 3, 3))
    assert [one.kind for one in detect_text(text, later)] == ["date_of_birth"]
    assert [one.kind for one in detect_text(text, detector())] == ["date_of_birth"]


def test_special_category_needs_a_person() -> None:
    """A word of health beside a person counts; in a paper about a service it does not."""
    near = detect_text("She told her manager that she has epilepsy.", COUNT)
    assert [one.kind for one in near] == ["special_category"]
    assert detect_text("The epilepsy service was recommissioned in the autumn.", COUNT) == ()


def test_own_domains_are_work() -> None:
    """Addresses below the council's own domains are for work; elsewhere they are private."""
    text = "pat.surname@eldermere-homes.org.uk and pat.surname@mail.eldermere-homes.org.uk"
    assert [one.kind for one in detect_text(text, detector())] == ["email_private"] * 2
    own = detector(work_domains=["@Eldermere-Homes.org.uk"])
    assert [one.kind for one in detect_text(text, own)] == ["email_work"] * 2


@pytest.mark.parametrize("domain", ["", "council", "a b.gov.uk", "x@y.gov.uk"])
def test_a_wrong_domain_is_refused(domain: str) -> None:
    """A setting that is no domain name is refused by name."""
    with pytest.raises(ValueError, match="work domain"):
        detector(work_domains=[domain])


def test_local_patterns_count_beside_their_words() -> None:
    """A council's own reference is found anywhere, or only beside one of its words."""
    text = "tenancy T1234567 and stock T7654321 on the shelf of the main depot behind the town hall"
    assert values(text, "local:rent") == []
    anywhere = detector([("rent", r"\bT[0-9]{7}\b")])
    assert [text[one.start : one.end] for one in detect_text(text, anywhere)] == ["T1234567", "T7654321"]
    beside = detector(
        [("rent", r"\bT7[0-9]{6}\b", ["tenancy", "rent account"]), ("stock", r"\bT7[0-9]{6}\b", "stock, store")]
    )
    assert {one.kind for one in detect_text(text, beside)} == {"local:rent", "local:stock"}
    apart = detector([("rent", r"\bT7[0-9]{6}\b", ["council tax"])])
    assert detect_text(text, apart) == ()


@pytest.mark.parametrize(
    ("name", "expression", "fault"),
    [
        ("loop", "(", "no RE2 expression"),
        ("look", "(?=a)b", "no RE2 expression"),
        ("back", r"(a)\1", "no RE2 expression"),
        ("empty", "a*", "matches the empty text"),
        ("words", r"\w+", "matches ordinary sentences"),
        ("long", "a" * 501, "longer than 500"),
        ("../x", "abc", "a name is letters"),
    ],
)
def test_local_patterns_are_linted(name: str, expression: str, fault: str) -> None:
    """A pattern that is not linear, takes everything or has a strange name is refused, and the message says which."""
    with pytest.raises(ValueError, match=fault):
        detector([(name, expression)])


def test_hidden_and_noted_parts_are_searched_too() -> None:
    """Comments, notes, properties and hidden sheets are read like the body, and offsets count in the whole text."""
    parts = [Part(kind.value, f"{kind.value}: NI number QQ12345{place}A", kind) for place, kind in enumerate(PartKind)]
    content = Content("docx", (Part("empty", ""), *parts), "test")
    found = [content.text[one.start : one.end] for one in detect(content, COUNT) if one.kind == "nino"]
    assert found == [f"QQ12345{place}A" for place in range(len(PartKind))]


def test_every_kind_has_words_for_a_person() -> None:
    """What is found can be named to a reader."""
    text = "NHS number 999 000 0018\ncrime ref 12345/24\napplication no. 12345/99\npassword: Letters-9\nLADO\ntel 07700 900123"
    assert {one.kind for one in detect_text(text, COUNT)} <= set(KINDS)


HOSTILE = {
    "digits and letters": "1234567890x",
    "words of both": "a1b2c3d4e5",
    "spaced digits": "1 2 3 4 5 6 ",
    "addresses": "a@a.",
    "signs": "@",
    "sort codes": "12-34-56 ",
    "births": "dob ",
    "passwords": "password: ",
    "banners": "CONFIDENTIAL\n",
    "headers": "Name\tNHS Number\n",
    "quotation marks": '"a,"',
    "filling": "<",
    "one letter": "a",
    "postcodes": "PR25 1DH ",
    "health": "he depression ",
    "disclaimers": "this email is confidential ",
    "references": "application nos. 1/99, ",
}


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_grows_with_length_and_no_faster(unit: str) -> None:
    """A text of one hostile unit, a fifth of a megabyte long, ends within a generous limit."""
    text = HOSTILE[unit] * (200_000 // len(HOSTILE[unit]))
    started = time.process_time()
    detect_text(text, COUNT)
    assert time.process_time() - started < 20


@needs_shared
def test_the_hostile_texts_are_found_or_survived() -> None:
    """The look-alike National Insurance number is found, and the text made to stall engines does not."""
    assert SHARED is not None
    folder = SHARED / "data" / "hostile" / "text"
    disguised = (folder / "homoglyph.txt").read_text(encoding="utf-8")
    assert "nino" in {one.kind for one in detect_text(disguised, COUNT)}
    started = time.process_time()
    detect_text((folder / "redos.txt").read_text(encoding="utf-8", errors="replace"), COUNT)
    assert time.process_time() - started < 10
