"""How much the worst passage counts beside the whole: learnt on made documents whose topics the passages never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from sklearn.linear_model import LogisticRegression

from classifier.label_features import Starter, together
from classifier.label_learned import Band
from classifier.label_model import QUESTIONS, Passages, columns, verdict
from classifier.label_text import Floats, tokens
from classifier.starter import make
from classifier.train_documents import Made, documents
from classifier.train_starter import answers, counts, fit, lexicon

_EACH = 45
_FOLDS = 3
_STRENGTH = 0.05
FLAGGED = 0.002
"""Share of routine made documents that the starter model may flag by itself."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The starter model with its bands, and what it answered to made documents when their topics were held back.

    ``held`` and ``truth`` are (documents, questions): logits and yes/no.
    """

    starter: Starter
    bands: dict[str, Band]
    held: Floats
    truth: Floats
    groups: tuple[str, ...]


def _fold(topics: Sequence[str]) -> Floats:
    order = {name: n % _FOLDS for n, name in enumerate(dict.fromkeys(topics))}
    return np.array([order[name] for name in topics], dtype=np.float64)


def _features(model: Passages, text: str) -> Floats:
    return together(verdict(model, columns(model.vocabulary, tokens(text))))


def _held_features(rows: Sequence[make.Row], made: Sequence[Made]) -> tuple[Floats, Passages]:
    """Features of each made document by a model that never saw its topic, and the model that saw all."""
    book = lexicon()
    matrix = counts(book.vocabulary, [columns(book.vocabulary, tokens(row.text)) for row in rows])
    truth = answers(rows)
    topics = [topic.name for topic in make.topics()]
    fold = dict(zip(topics, _fold(topics), strict=True))
    of_row = np.array([fold[row.group] for row in rows])
    found = np.zeros((len(made), 2 * len(QUESTIONS) + 1))
    for k in range(_FOLDS):
        model = fit(book, matrix[of_row != k], truth[of_row != k])
        for n, document in enumerate(made):
            if fold[document.group] == k:
                found[n] = _features(model, document.text)
    return found, fit(book, matrix, truth)


def _band(chance: Floats, truth: Floats) -> Band:
    """Flag so rarely that routine papers are spared; a no is certain below, where nearly all are no."""
    routine = np.sort(chance[truth == 0])
    flag = float(routine[int(np.ceil((1 - FLAGGED) * len(routine))) - 1])
    flag = min(max(flag, 0.9), 0.995)
    sensitive = np.sort(chance[truth == 1])
    no = float(min(sensitive[int(0.1 * len(sensitive))], 0.5))
    return Band(no, flag, max(flag, 0.98))


@lru_cache(maxsize=2)
def fit_starter(seed: int) -> Fitted:
    """Make the corpus of a seed, fit passages and their combination, and set the bands on topics held back."""
    rows = list(make.rows(seed, _EACH))
    made = documents(seed + 1)
    found, model = _held_features(rows, made)
    truth = np.array([[float(question in document.labels) for question in QUESTIONS] for document in made])
    groups = [document.group for document in made]
    fold = _fold(groups)
    held = np.zeros_like(truth)
    coef, intercept = np.zeros((found.shape[1], len(QUESTIONS))), np.zeros(len(QUESTIONS))
    for n in range(len(QUESTIONS)):
        for k in range(_FOLDS):
            part = LogisticRegression(C=_STRENGTH, max_iter=500).fit(found[fold != k], truth[fold != k, n])
            held[fold == k, n] = part.decision_function(found[fold == k])
        whole = LogisticRegression(C=_STRENGTH, max_iter=500).fit(found, truth[:, n])
        coef[:, n], intercept[n] = whole.coef_[0], whole.intercept_[0]
    chance = 1 / (1 + np.exp(-held))
    bands = {name: _band(chance[:, n], truth[:, n]) for n, name in enumerate(QUESTIONS[:2])}
    return Fitted(Starter(model, coef, intercept), bands, held, truth, tuple(groups))
