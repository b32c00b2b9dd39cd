"""Signatures: near-copies look alike, strangers do not."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.signature import likeness, signature

RANDOM = random.Random(1)
WORDS = ["".join(RANDOM.choices("abcdefghij", k=RANDOM.randint(2, 9))) for _ in range(3000)]


def runs(words: list[str]) -> set[tuple[str, ...]]:
    """All runs of five words."""
    return {tuple(words[n : n + 5]) for n in range(len(words) - 4)}


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.6, 0.8, 0.95, 1.0])
def test_likeness_is_the_share_of_equal_runs(kept: float):
    """The estimate lies within three standard errors of the true share of runs in common."""
    one = RANDOM.choices(WORDS, k=2000)
    other = [*one[: int(2000 * kept)], *RANDOM.choices(WORDS, k=2000 - int(2000 * kept))]
    true = len(runs(one) & runs(other)) / len(runs(one) | runs(other))

    assert likeness(signature(" ".join(one)), signature(" ".join(other))) == pytest.approx(true, abs=0.19)


def test_a_signature_is_the_same_everywhere():
    """Signatures made elsewhere compare: these numbers hold on every machine."""
    made = signature("The parks committee met on Tuesday to talk about the hedge.")

    assert made[:8].hex() == "3cd6db2095d26f0f"


def test_case_spaces_and_punctuation_do_not_count():
    """A text laid out anew is the same text; words that run together are not."""
    assert signature("One two, three: four five!") == signature("one  TWO three\nfour-five")
    assert signature("ab c d e f") != signature("a bc d e f")


def test_a_short_text_has_none():
    """Four words say too little to compare, and two such texts are not called alike."""
    assert signature("one two three four") == b""
    assert signature("") == b""
    assert likeness(b"", b"") == 0.0


@given(st.text(max_size=300))
def test_any_text_is_signed_or_too_short(text: str):
    """No letter of any script breaks it, and nothing of the text's length shows."""
    assert len(signature(text)) in {0, 256}
