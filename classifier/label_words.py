"""Reasons in words: only terms of the public word list (ours, no names), findings by kind and count."""

from __future__ import annotations

from functools import cache

import numpy as np

from classifier.label_evidence import Evidence
from classifier.label_features import Read
from classifier.label_model import QUESTIONS
from classifier.label_text import Hashes, Ints, hash_term
from classifier.label_themes import THEMES
from classifier.patterns import KINDS

_DULL = frozenset(
    [
        "he",
        "she",
        "him",
        "her",
        "his",
        "hers",
        "we",
        "you",
        "they",
        "it",
        "that's",
        "i've",
        "you're",
        "we're",
        "he's",
        "she's",
        "it's",
        "i'm",
        "don't",
    ]
)
_MOST = 5


@cache
def public_words() -> dict[int, str]:
    """The public word list by hash: the words of the themes, short pronouns left out."""
    words = {word for entries in THEMES.values() for word in entries} - _DULL
    return {hash_term(word): word for word in sorted(words) if len(word) > 2}


def top_words(seen: Read, question: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The terms that weighed most for and against a question, at most five each, heaviest first."""
    at = QUESTIONS.index(question)
    columns = np.concatenate((seen.where.single, seen.where.pair))
    present, times = np.unique(columns[columns >= 0], return_counts=True)
    named = _named(seen.passages.vocabulary.known)
    kept = np.isin(present, named[0], assume_unique=True)
    present, weights = present[kept], seen.passages.coef[present[kept], at] * times[kept]
    order = np.argsort(weights)
    words = [named[1][int(column)] for column in present[order]]
    heavy, light = int((weights > 0).sum()), int((weights < 0).sum())
    return tuple(words[::-1][: min(heavy, _MOST)]), tuple(words[: min(light, _MOST)])


_MET: list[tuple[Hashes, tuple[Ints, dict[int, str]]]] = []


def _named(known: Hashes) -> tuple[Ints, dict[int, str]]:
    """The columns of a vocabulary whose terms are in the public word list, and those terms; worked out once."""
    for met, named in _MET:
        if met is known:
            return named
    listed = public_words()
    listed_hashes = np.fromiter(listed, dtype=np.uint64)
    at = np.flatnonzero(np.isin(known, listed_hashes))
    terms = {int(n): listed[int(known[n])] for n in at}
    _MET[:] = [*_MET[-3:], (known, (at, terms))]
    return at, terms


def found_words(evidence: Evidence) -> list[str]:
    """Findings by kind and count of distinct values ("National Insurance number ×3"), never a value."""
    lines = [f"{KINDS.get(kind, kind)} ×{count}" for kind, count in evidence.found.items()]
    lines += [f"marked '{name}'" for name in sorted(evidence.marks)]
    return [f"Found: {', '.join(lines)}."] if lines else []
