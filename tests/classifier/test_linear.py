"""Searches give the places that the engine's own matches have."""

import pytest
import re2

from classifier.linear import Refused, linear


@pytest.mark.parametrize("pattern", [b"[a-z]+", b"a*", rb"\bab\b", b"x?b", b"$", b"(?:a|ab)(?:c|bcd)"])
def test_same_places_as_the_engines_own_matches(pattern: bytes) -> None:
    """All matches that are not empty are found, in order, also in a stretch of a text."""
    text = b"ab abcd AB xb\nb ab"
    theirs = re2.compile(pattern)
    ours = linear(pattern, case=True)
    assert [m.span() for m in theirs.finditer(text) if m.end() > m.start()] == ours.spans(text)
    assert [m.span() for m in theirs.finditer(text, 4, 14) if m.end() > m.start()] == ours.spans(text, 4, 14)


def test_the_first_place_or_none() -> None:
    """A search without a match gives nothing, and capitals count only when asked for."""
    assert linear(b"ab").span(b"xAB ab") == (1, 3)
    assert linear(b"ab", case=True).span(b"xAB ab") == (4, 6)
    assert linear(b"ab", case=True).span(b"xAB ab", 0, 4) is None


def test_an_expression_that_is_not_linear_is_refused() -> None:
    """Look-around is no part of the engine."""
    with pytest.raises(Refused):
        linear(b"(?=a)b")
