"""The front page says, zone by zone, whether more review would pay, and with what promise."""

from __future__ import annotations

from retention import stopping
from retention.review.pages.morning import _pays
from retention.review.pages.wording import words


def test_it_says_whether_more_review_would_pay():
    """Too small a control set tells nothing; enough that came up by themselves end the review; else it goes on."""
    told = words("en")
    few = stopping.needed()

    assert "14 more" in _pays([], told)
    assert "would hardly pay" in _pays([True] * few, told)
    assert "80 %" in _pays([True] * few, told)
    assert "More review pays" in _pays([True] * (few - 1) + [False], told)
