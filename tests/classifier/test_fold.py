"""Folding cleans a text and never loses the way back to it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.detect import detect_text, detector
from classifier.fold import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("plain", b"plain"),
        ("\N{EN DASH}\N{MINUS SIGN}\N{NON-BREAKING HYPHEN}", b"---"),
        ("a\N{NO-BREAK SPACE}b", b"a b"),
        ("Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}", b"Zoe"),
        ("e\N{COMBINING ACUTE ACCENT}", b"e"),
        ("1\N{ZERO WIDTH SPACE}2\N{SOFT HYPHEN}3", b"123"),
        ("\N{FULLWIDTH DIGIT ONE}\N{FULLWIDTH LATIN CAPITAL LETTER A}", b"1A"),
        ("\N{LATIN SMALL LIGATURE FI}ve", b"five"),
        ("\N{CYRILLIC CAPITAL LETTER A}\N{GREEK CAPITAL LETTER BETA}", b"AB"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}x", b"x"),
    ],
)
def test_odd_forms_read_as_plain_ones(text: str, folded: bytes) -> None:
    """Dashes, spaces, accents, wide forms, ligatures, invisible signs and look-alike letters are unified."""
    assert fold(text).data == folded


@settings(max_examples=300)
@given(st.text(max_size=60))
def test_one_byte_a_character_and_a_monotone_way_back(text: str) -> None:
    """Any text folds; offsets go back in order and stay within the text."""
    folded = fold(text)
    origins = [folded.origin(place) for place in range(len(folded.data) + 1)]
    assert origins == sorted(origins)
    assert all(0 <= origin <= len(text) for origin in origins)


@settings(max_examples=200)
@given(
    st.text(
        alphabet="ab\N{ZERO WIDTH SPACE}\N{LATIN SMALL LIGATURE FFI}\N{EN DASH}\N{COMBINING ACUTE ACCENT}", max_size=40
    )
)
def test_offsets_point_at_the_value_whatever_stands_before(before: str) -> None:
    """What is found lies where it stands in the text as given, after any odd characters."""
    text = f"{before} NHS number 999 000 0018 {before}"
    found = [text[one.start : one.end] for one in detect_text(text, detector()) if one.kind == "fixture:nhs_number"]
    assert found == ["999 000 0018"]


@pytest.mark.parametrize(
    "written",
    [
        "QQ\N{ZERO WIDTH SPACE}123456\N{ZERO WIDTH NON-JOINER}A",
        "QQ \N{FULLWIDTH DIGIT ONE}\N{FULLWIDTH DIGIT TWO} 34 56 A",
        "QQ\N{NO-BREAK SPACE}12\N{EN DASH}34\N{EN DASH}56\N{NO-BREAK SPACE}A",
        "QQ123456\N{CYRILLIC CAPITAL LETTER A}",
    ],
)
def test_disguised_numbers_are_found_whole(written: str) -> None:
    """A National Insurance number in disguise is found, and the finding covers it from end to end."""
    text = f"Her NI number is {written}."
    found = [
        text[one.start : one.end] for one in detect_text(text, detector(fixtures_count=True)) if one.kind == "nino"
    ]
    assert found == [written]


def test_long_texts_fold_across_chunks() -> None:
    """An expanding character early does not move what is found thousands of characters later."""
    text = "o\N{LATIN SMALL LIGATURE FFI}ce " * 3000 + "NHS number 999 000 0018"
    found = [text[one.start : one.end] for one in detect_text(text, detector()) if one.kind == "fixture:nhs_number"]
    assert found == ["999 000 0018"]
