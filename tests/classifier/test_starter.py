"""The starter corpus: repeatable, of many writers, and without anybody real."""

from __future__ import annotations

import re

from classifier.label_text import tokens
from classifier.starter import make, people
from classifier.train_starter import lexicon


def test_the_same_seed_makes_the_same_corpus():
    """Two makings from one seed are equal, from another they differ."""
    assert list(make.rows(4, 2)) == list(make.rows(4, 2))
    assert list(make.rows(4, 2)) != list(make.rows(5, 2))


def test_every_slot_is_filled():
    """No made text shows a brace: every slot found its value."""
    assert not any(re.search(r"\{\w+\}", row.text, re.IGNORECASE) for row in make.rows(6, 5))


def test_identifiers_are_from_reserved_ranges():
    """Telephone and National Insurance numbers are those set aside for fiction and examples."""
    text = "\n".join(row.text for row in make.rows(7, 10)).upper()

    assert set(re.findall(r"\b07\d{3} \d{3}", text)) <= {"07700 900"}
    assert set(re.findall(r"\b([A-Z]{2}) \d\d \d\d \d\d [A-D]\b", text)) <= {"QQ"}


def test_there_are_sensitive_personal_and_routine_topics():
    """Hard negatives are as many as the kinds of sensitive matter they resemble are many."""
    labelled = [topic for topic in make.topics() if topic.labels]
    routine = [topic for topic in make.topics() if not topic.labels]

    assert len(labelled) > 30
    assert len(routine) > 30
    assert {flag for topic in labelled for flag in topic.flags} >= {"special", "offence", "child", "deceased", "grave"}


def test_no_name_is_in_the_starter_vocabulary():
    """The vocabulary's hashes hold none of the names from which people are made up."""
    known = set(lexicon().vocabulary.known.tolist())
    names = [name for lists in people.ORIGINS.values() for group in lists for name in group]

    assert not [name for name in names if set(tokens(name).single.tolist()) & known]
