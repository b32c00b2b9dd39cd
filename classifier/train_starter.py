"""The starter model: made passages → weights for words that we wrote ourselves and for the themes they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from classifier.label_model import EASE, QUESTIONS, STARTER_BITS, Columns, Passages, columns
from classifier.label_text import Floats, Ints, Vocabulary, frequent, hash_term, tokens, vocabulary
from classifier.label_themes import THEMES
from classifier.starter import make, people

_THEME_WEIGHT = 1.0
"""How much a theme counts beside a word of its own: themes carry over to words that no sentence of ours holds."""
_STRENGTH = 2.0
"""Inverse of the regularisation."""
_EACH = 60


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The starter vocabulary and the themes of its columns, (columns, themes), 0 or 1."""

    vocabulary: Vocabulary
    themes: sparse.csr_matrix


def _names() -> frozenset[int]:
    every = (name for lists in people.ORIGINS.values() for names in lists for name in names)
    return frozenset(int(h) for name in every for h in tokens(name).single)


def lexicon() -> Lexicon:
    """Words and pairs of our own sentences (slots left out) and of the themes; no name of a person is among them."""
    terms = {hash_term(word): n for n, words in enumerate(THEMES.values()) for word in reversed(words)}
    found = [tokens(sentence) for sentence in make.prose()]
    single, _ = frequent([t.single for t in found], 1)
    pair, _ = frequent([t.pair for t in found], 2)
    hashes = np.concatenate((single, pair, np.fromiter(terms, dtype=np.uint64)))
    banned = _names()
    unique = dict.fromkeys(int(h) for h in hashes if int(h) not in banned)
    words = vocabulary(np.fromiter(unique, dtype=np.uint64), STARTER_BITS)
    return Lexicon(words, _memberships(words))


def _memberships(words: Vocabulary) -> sparse.csr_matrix:
    rows, cols = [], []
    for theme, entries in enumerate(THEMES.values()):
        at = words.columns(np.array([hash_term(entry) for entry in entries], dtype=np.uint64))
        kept = np.unique(at[at >= 0])
        rows.extend(kept.tolist())
        cols.extend([theme] * len(kept))
    shape = (len(words.known), len(THEMES))
    return sparse.csr_matrix((np.ones(len(rows)), (rows, cols)), shape=shape)


def counts(words: Vocabulary, found: Sequence[Columns]) -> sparse.csr_matrix:
    """One row a passage: how often each column occurs, over the root of the passage's length."""
    indptr, indices, data = [0], [], []
    for where in found:
        both = np.concatenate((where.single, where.pair))
        at, times = np.unique(both[both >= 0], return_counts=True)
        indices.append(at)
        data.append(times / np.sqrt(len(where.single) + EASE))
        indptr.append(indptr[-1] + len(at))
    flat: Ints = np.concatenate(indices)
    return sparse.csr_matrix((np.concatenate(data), flat, indptr), shape=(len(found), len(words.known)))


def answers(rows: Sequence[make.Row]) -> Floats:
    """Yes and no by row and question, as 1 and 0."""
    return np.array([[float(question in row.labels) for question in QUESTIONS] for row in rows])


def fit(book: Lexicon, matrix: sparse.csr_matrix, truth: Floats) -> Passages:
    """Fit one logistic regression a question on words and themes together, and fold the themes into the words."""
    wide = sparse.hstack((matrix, matrix @ book.themes * _THEME_WEIGHT)).tocsr()
    size = matrix.shape[1]
    coef = np.zeros((size + 1, truth.shape[1]))
    intercept = np.zeros(truth.shape[1])
    for n in range(truth.shape[1]):
        model = LogisticRegression(C=_STRENGTH, max_iter=400).fit(wide, truth[:, n])
        weights = model.coef_[0]
        coef[:size, n] = weights[:size] + _THEME_WEIGHT * (book.themes @ weights[size:])
        intercept[n] = model.intercept_[0]
    return Passages(book.vocabulary, coef, intercept)


def passages(seed: int) -> tuple[Passages, list[make.Row]]:
    """Make the corpus of a seed and fit the starter model to it."""
    book = lexicon()
    rows = list(make.rows(seed, _EACH))
    matrix = counts(book.vocabulary, [columns(book.vocabulary, tokens(row.text)) for row in rows])
    return fit(book, matrix, answers(rows)), rows
