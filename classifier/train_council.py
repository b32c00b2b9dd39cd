"""A council's own labels: a filtered, hashed vocabulary and dense features → one calibrated linear model a question.

Few examples must do, so words are helped by themes, findings, rules and the starter's view. Every figure that is stated
or used (calibration, bands, scores) comes from folds that were held back, with threads and cases kept together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from classifier import detect
from classifier.item import Content, Finding, Part
from classifier.label_features import Read, Starter, dense, read
from classifier.label_learned import fields, standardise
from classifier.label_model import COUNCIL_BITS, Counted
from classifier.label_text import Floats, Hashes, Ints, Tokens, Vocabulary, frequent, vocabulary
from classifier.label_words import public_words
from classifier.train_scores import Score, average_precision, score

_DENSE_WEIGHT = 0.08
_STRENGTHS = (1.0, 4.0, 30.0)
"""Inverse regularisations tried; held-back average precision decides."""
_FOLDS = 5
_LEAST = 10
_WIDEST = 400_000
_CAPITAL = 0.7
_ERROR = 0.02
"""Share of certain labels that may be wrong, divided among the questions learned: a label errs when any answer does."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What training gives: arrays and settings for the register, and scores from held-back folds."""

    arrays: dict[str, Any]
    settings: dict[str, dict[str, float]]
    scores: dict[str, Score]


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled document as numbers: its reading, dense features, the tokens of its opening, and its labels."""

    seen: Read
    values: Floats
    opened: Tokens
    labels: frozenset[str]
    group: str


def labels_of(row: Mapping[str, Any]) -> frozenset[str]:
    """The answers of a row: ``labels`` if given, else ``label``; every kind of personal counts as personal."""
    given = row.get("labels")
    named = list(given) if given else [row["label"]] if "label" in row else None
    if named is None:
        if given is None:
            raise ValueError("An example has neither label nor labels.")
        named = []
    return frozenset("personal" if str(n).startswith("personal") else str(n) for n in named) - {"official"}


def examples(starter: Starter, rows: Sequence[Mapping[str, Any]]) -> list[Example]:
    """Detect in, read and number every row."""
    detector = detect.detector()
    found = []
    for n, row in enumerate(rows):
        content = Content("text", (Part("text", str(row["text"])),), "given")
        findings: Sequence[Finding] = detect.detect(content, detector)
        seen = read(starter, content, findings)
        values, opened = dense(seen)
        found.append(Example(seen, values, opened, labels_of(row), str(row.get("group", row.get("id", n)))))
    return found


def _nameless(found: Sequence[Example], hashes: Hashes) -> Hashes:
    """Leave out single tokens that are mostly written with a capital and are no public word: names, by and large."""
    single = np.concatenate([e.seen.tokens.single for e in found])
    capital = np.concatenate([e.seen.tokens.capital for e in found])
    known, inverse = np.unique(single, return_inverse=True)
    share = np.bincount(inverse, weights=capital) / np.bincount(inverse)
    listed = np.fromiter(public_words(), dtype=np.uint64)
    names = known[(share > _CAPITAL) & ~np.isin(known, listed)]
    kept: Hashes = hashes[~np.isin(hashes, names)]
    return kept


def learn_vocabulary(found: Sequence[Example]) -> tuple[Vocabulary, Floats]:
    """Tokens and pairs of at least two documents, names left out, with their inverse document frequency (n + 1,)."""
    single, _ = frequent([e.seen.tokens.single for e in found], 2)
    pair, _ = frequent([e.seen.tokens.pair for e in found], 2)
    book = vocabulary(np.concatenate((_nameless(found, single), pair))[:_WIDEST], COUNCIL_BITS)
    seen = np.zeros(len(book.known) + 1)
    for e in found:
        both = np.concatenate((book.columns(e.seen.tokens.single), book.columns(e.seen.tokens.pair)))
        seen[np.unique(both[both >= 0])] += 1
    idf = np.log((1 + len(found)) / (1 + seen)) + 1
    idf[-1] = 0.0
    return book, np.concatenate((idf[:-1], idf[:-1], [0.0]))


def matrix(counted: Sequence[Counted], idf: Floats) -> sparse.csr_matrix:
    """One row a document: sublinear tf-idf of the whole and of the opening, each of length 1."""
    indptr, indices, data = [0], [], []
    for fields_ in counted:
        for at, times in fields_:
            weight = (1.0 + np.log(times)) * idf[at]
            norm = float(np.sqrt((weight * weight).sum()))
            indices.append(at)
            data.append(weight / norm if norm else weight)
        indptr.append(sum(len(i) for i in indices[-len(fields_) :]) + indptr[-1])
    flat: Ints = np.concatenate(indices)
    return sparse.csr_matrix((np.concatenate(data), flat, indptr), shape=(len(counted), len(idf)))


def _classifier(strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, max_iter=2000)


def _held_logits(wide: sparse.csr_matrix, truth: Floats, groups: Sequence[str], seed: int, strength: float) -> Floats:
    folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=seed)
    held = np.zeros(len(truth))
    for inside, outside in folds.split(wide, truth, groups):
        held[outside] = _classifier(strength).fit(wide[inside], truth[inside]).decision_function(wide[outside])
    return held


def _platt(logits: Floats, truth: Floats) -> tuple[float, float]:
    fitted = LogisticRegression(C=1e3).fit(logits[:, None], truth)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def bands(chance: Floats, truth: Floats, error: float = _ERROR) -> dict[str, float]:
    """Where an answer is certain: the widest range in which at most ``error`` of the held-back answers were wrong.

    One more error than was seen is counted, so that a few examples make nothing certain (as conformal bands do).
    The threshold of a flag weighs a miss four times a false alarm: it is the one with the best F2.
    """
    order = np.argsort(chance, kind="stable")
    ranked, yes = chance[order], truth[order]
    size = np.arange(1, len(yes) + 1)
    low = np.flatnonzero((np.cumsum(yes) + 1) / size <= error)
    high = np.flatnonzero((np.cumsum(1 - yes[::-1]) + 1) / size <= error)
    no = float(ranked[low[-1]]) if len(low) else 0.0
    sure = float(ranked[::-1][high[-1]]) if len(high) else 1.0
    hits = np.cumsum(yes[::-1])[::-1]
    f_two = 5 * hits / (4 * yes.sum() + size[::-1])
    flag = float(ranked[int(f_two.argmax())])
    return {"no": min(no, flag), "flag": flag, "yes": max(sure, flag)}


def fit_council(starter: Starter, rows: Sequence[Mapping[str, Any]], seed: int) -> Learned:
    """Fit each question that has enough examples of yes and of no; the other stays with the starter.

    Raises:
        ValueError: Neither question has ten examples of each answer.
    """
    found = examples(starter, rows)
    book, idf = learn_vocabulary(found) if found else (vocabulary(np.zeros(0, np.uint64)), np.zeros(1))
    values = np.array([e.values for e in found]).reshape(len(found), -1)
    centre, scale = values.mean(axis=0), np.maximum(values.std(axis=0), 0.05)
    standard = np.array([standardise(row, centre, scale) for row in values])
    wide = sparse.hstack(
        (matrix([fields(book, e.seen.tokens, e.opened) for e in found], idf), standard * _DENSE_WEIGHT)
    ).tocsr()
    learned = Learned({"known": book.known, "idf": idf, "centre": centre, "scale": scale}, {}, {})
    truths = {name: np.array([float(name in e.labels) for e in found]) for name in ("sensitive", "personal")}
    enough = {name: truth for name, truth in truths.items() if min(truth.sum(), (1 - truth).sum()) >= _LEAST}
    for name, truth in enough.items():
        _fit_question(learned, name, wide, truth, [e.group for e in found], (seed, _ERROR / len(enough)))
    if not learned.settings:
        raise ValueError(
            f"Too few examples: at least {_LEAST} that are sensitive or personal, and {_LEAST} that are not."
        )
    return learned


def _fit_question(
    learned: Learned, name: str, wide: sparse.csr_matrix, truth: Floats, groups: Sequence[str], wish: tuple[int, float]
) -> None:
    seed, error = wish
    tried = {strength: _held_logits(wide, truth, groups, seed, strength) for strength in _STRENGTHS}
    strength = max(tried, key=lambda each: average_precision(truth, tried[each]))
    held = tried[strength]
    slope, shift = _platt(held, truth)
    chance = 1 / (1 + np.exp(-(slope * held + shift)))
    model = _classifier(strength).fit(wide, truth)
    size = len(learned.arrays["idf"])
    learned.arrays[f"{name}_words"] = model.coef_[0, :size]
    learned.arrays[f"{name}_dense"] = model.coef_[0, size:] * _DENSE_WEIGHT
    found = bands(chance, truth, error)
    learned.settings[name] = {"intercept": float(model.intercept_[0]), "slope": slope, "shift": shift, **found}
    learned.scores[name] = score(truth, chance, found["flag"])
