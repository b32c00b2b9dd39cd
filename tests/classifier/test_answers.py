"""Answers: what workers say is read back exactly, or not at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import answers
from classifier.item import Completeness, Flag, Label, Primary, Problem, Reading, Tier

words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40)
shares = st.floats(0, 1)
labels = st.builds(
    Label,
    st.sampled_from(Primary),
    st.sampled_from(Tier),
    shares,
    shares,
    st.frozensets(st.sampled_from(Flag)),
    words,
    st.lists(words, max_size=4).map(tuple),
)
problems = st.builds(Problem, words, st.sampled_from(["encrypted", "no-text", "limit:time", "limit:ratio"]), words)
pairs = st.integers(0, 9).flatmap(lambda n: st.tuples(st.integers(n, 1 << 40), st.just(n)))


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    """Any reading that can be: a label or a problem, never both."""
    label = draw(st.none() | labels)
    return Reading(
        sha256=draw(st.sampled_from(["", "ab" * 32])),
        size=draw(st.integers(0, 1 << 50)),
        format=draw(words),
        reader=draw(words),
        completeness=draw(st.sampled_from(Completeness)),
        label=label,
        problem=None if label else draw(problems),
        counts=draw(st.dictionaries(words, pairs, max_size=4)),
        notes=tuple(draw(st.lists(words, max_size=4))),
        limits=tuple(draw(st.lists(words, max_size=4))),
        signature=draw(st.binary(max_size=256)),
        versions=draw(st.dictionaries(words, words, max_size=4)),
    )


@given(readings())
def test_a_reading_comes_back_as_it_was(reading: Reading):
    """What is written is read back equal, field by field."""
    assert answers.reading_from_json(json.dumps(answers.reading_to_json(reading))) == reading


LABEL = Label(Primary.PERSONAL, Tier.T2, 0.1, 0.9, frozenset({Flag.CHILD}), "rule:a", ("a reason",))
GOOD = answers.reading_to_json(
    Reading("ab" * 32, 5, "txt", "plain", Completeness.FULL, LABEL, None, {"email": (2, 1)}, versions={"model": "1"})
)


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "AB" * 32},
        {"sha256": "../../etc"},
        {"size": -1},
        {"size": True},
        {"size": 1.5},
        {"format": "a\nb"},
        {"format": "x" * 500},
        {"completeness": "perhaps"},
        {"label": None},
        {"problem": {"stage": "read", "kind": "crashed", "detail": ""}},
        {"label": None, "problem": {"stage": "read", "kind": "fine", "detail": ""}},
        {"label": None, "problem": {"stage": "read", "kind": "crashed"}},
        {"counts": {"email": [1, 2]}},
        {"counts": {"email": [1]}},
        {"counts": []},
        {"notes": "macro"},
        {"notes": ["x"] * 1000},
        {"signature": "not base64!"},
        {"signature": "QUFB" * 5000},
        {"versions": {"model": 1}},
        {"extra": 1},
        {"label": GOOD["label"] | {"sensitive": float("nan")}},
        {"label": GOOD["label"] | {"sensitive": 1.1}},
        {"label": GOOD["label"] | {"tier": 9}},
        {"label": GOOD["label"] | {"flags": ["nice"]}},
        {"label": GOOD["label"] | {"because": ["a\x1b[31mb"]}},
        {"label": GOOD["label"] | {"primary": "public"}},
    ],
)
def test_a_false_answer_is_refused(change: dict[str, object]):
    """An answer with any field amiss is no answer, and the error does not repeat what it said."""
    with pytest.raises(answers.BadAnswerError) as refused:
        answers.reading_from_json(json.dumps(GOOD | change))

    assert "etc" not in str(refused.value)


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b"null", b"{}", b"[" * 100_000, b"\xff\xfe", b"{" * 50, b'{"known":"x"}']
)
def test_what_is_no_reading_at_all_is_refused(answer: bytes):
    """Other JSON, broken JSON and nesting without end are refused as well."""
    with pytest.raises(answers.BadAnswerError):
        answers.answer_from_json(answer)


def test_a_known_hash_is_an_answer():
    """A worker may say that the bytes are known, by their hash."""
    assert answers.answer_from_json(json.dumps({"known": "ab" * 32}).encode()) == "ab" * 32
    assert isinstance(answers.answer_from_json(json.dumps(GOOD)), Reading)
