"""A council's own labels: a filtered, hashed vocabulary and dense features → one calibrated linear model a question.

Few examples must do, so words are helped by themes, findings, rules and the starter's view. Every figure that is stated
or used (calibration, bands, scores) comes from folds that were held back, with threads and cases kept together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from classifier import detect
from classifier.item import Content, Finding, Part
from classifier.label_features import Read, Starter, dense, read
from classifier.label_learned import chance_right, fields, standardise
from classifier.label_model import COUNCIL_BITS, Counted
from classifier.label_text import Floats, Hashes, Ints, Tokens, Vocabulary, frequent, vocabulary
from classifier.label_words import public_words
from classifier.train_scores import Score, average_precision, score

_DENSE_WEIGHT = 0.08
_FOLDS = 5
_LEAST = 10
_WIDEST = 400_000
_CAPITAL = 0.7
_ERROR = 0.02
"""Share of certain labels that may be wrong."""
_MARGIN = 0.75
"""Part of that share which the calibrated probabilities may use up; the rest is for what they do not know."""
_CERTAIN = 25
"""Held-back answers that a certain range must hold, for fewer prove nothing."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What training gives: arrays and settings for the register, and scores from held-back folds."""

    arrays: dict[str, Any]
    settings: dict[str, dict[str, float]]
    scores: dict[str, Score]
    certain: float = 2.0


@dataclass(frozen=True, slots=True)
class Worded:
    """What is left of a document that a worker has read: the tokens of all of it."""

    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled document as numbers: its reading, dense features, the tokens of its opening, and its labels."""

    seen: Read | Worded
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


@dataclass(frozen=True, slots=True)
class Way:
    """A way to fit one question: the inverse regularisation, and whether naive Bayes log-count ratios weigh words too."""

    strength: float
    ratios: bool = False


_WAYS = (Way(1.0), Way(4.0), Way(30.0), Way(30.0, ratios=True))
"""Ways tried; held-back average precision decides."""


def log_count_ratios(wide: sparse.csr_matrix, truth: Floats) -> Floats:
    """How much oftener each column occurs where the answer is yes, as a logarithm, (columns,).

    Wang and Manning 2012, Baselines and bigrams: simple, good sentiment and topic classification.
    """
    seen = sparse.csr_matrix((np.ones_like(wide.data), wide.indices, wide.indptr), shape=wide.shape)
    yes, no = (1.0 + np.asarray(seen[truth == answer].sum(axis=0)).ravel() for answer in (1, 0))
    ratios: Floats = np.log((yes / yes.sum()) / (no / no.sum()))
    return ratios


def fit_parts(way: Way, wide: sparse.csr_matrix, words: int, truth: Floats) -> tuple[Floats, Floats]:
    """The linear models of one way, (parts, columns) weights and (parts,) constants; the first ``words`` columns are words.

    With ratios, a second part reads words times their ratio. As both are linear, any sum of their logits is one linear
    model again, which costs nothing to use.
    """
    plain = LogisticRegression(C=way.strength, max_iter=2000).fit(wide, truth)
    if not way.ratios:
        return plain.coef_, plain.intercept_
    ratios = log_count_ratios(wide[:, :words], truth)
    second = LogisticRegression(C=1.0, max_iter=2000).fit(wide[:, :words] @ sparse.diags(ratios), truth)
    weighed = np.zeros_like(plain.coef_)
    weighed[0, :words] = second.coef_[0] * ratios
    return np.vstack((plain.coef_, weighed)), np.concatenate((plain.intercept_, second.intercept_))


def _held_logits(
    way: Way, wide: sparse.csr_matrix, words: int, truth: Floats, folds: Sequence[tuple[Ints, Ints]]
) -> tuple[Floats, Floats]:
    """Summed logits of examples held back, and the weight of each part: its held-back logits get spread 1."""
    parts = np.zeros((len(truth), 2 if way.ratios else 1))
    for inside, outside in folds:
        coef, constants = fit_parts(way, wide[inside], words, truth[inside])
        parts[outside] = wide[outside] @ coef.T + constants
    scale: Floats = 1.0 / np.maximum(parts.std(axis=0), 1e-6)
    held: Floats = parts @ scale
    return held, scale


def _platt(logits: Floats, truth: Floats) -> tuple[float, float]:
    fitted = LogisticRegression(C=1e3).fit(logits[:, None], truth)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def best_flag(chance: Floats, truth: Floats) -> float:
    """The threshold with the best F2 on answers held back: a miss weighs four times a false alarm."""
    order = np.argsort(chance, kind="stable")
    ranked, yes = chance[order], truth[order]
    hits = np.cumsum(yes[::-1])[::-1]
    f_two = 5 * hits / (4 * yes.sum() + np.arange(len(yes), 0, -1))
    return float(ranked[int(f_two.argmax())])


def certain_from(chance: Floats, right: Floats) -> float:
    """The chance of being right from which a label is certain; above 1 where nothing is.

    ``chance`` is the calibrated chance that each held-back label is right, ``right`` whether it was (1 or 0). The range is
    the widest in which the chances expect fewer errors than allowed and, but for one, no more were counted: with few
    examples the smooth curve is steadier than a count (selective classification, El-Yaniv and Wiener 2010).
    """
    order = np.argsort(-chance, kind="stable")
    size = np.arange(1, len(chance) + 1)
    expected = np.cumsum(1 - chance[order]) / size
    counted = (np.cumsum(1 - right[order]) - 1) / size
    held = np.flatnonzero((expected <= _ERROR * _MARGIN) & (counted <= _ERROR) & (size >= _CERTAIN))
    return float(chance[order][held[-1]]) if len(held) else 2.0


def fit_council(starter: Starter, rows: Sequence[Mapping[str, Any]], seed: int) -> Learned:
    """Read every row and fit what ``fit_examples`` fits."""
    return fit_examples(examples(starter, rows), seed)


def fit_examples(found: Sequence[Example], seed: int) -> Learned:
    """Fit each question that has enough examples of yes and of no; the other stays with the starter.

    Raises:
        ValueError: Neither question has ten examples of each answer.
    """
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
    groups = [e.group for e in found]
    held = {name: _fit_question(learned, name, wide, truth, groups, seed) for name, truth in enough.items()}
    if not learned.settings:
        raise ValueError(
            f"Too few examples: at least {_LEAST} that are sensitive or personal, and {_LEAST} that are not."
        )
    return replace(learned, certain=_certain(learned, held, enough))


def _certain(learned: Learned, held: Mapping[str, Floats], truths: Mapping[str, Floats]) -> float:
    """Where labels of the held-back examples are certain, a label being what the flagged questions make it."""
    every = range(len(next(iter(held.values()))))
    flagged = [{n for n in held if held[n][at] >= learned.settings[n]["flag"]} for at in every]
    answers = [{n for n in held if truths[n][at]} for at in every]
    chance = [chance_right({n: held[n][at] for n in held}, flagged[at]) for at in every]
    right = [float(_shown(flagged[at]) == _shown(answers[at])) for at in every]
    return certain_from(np.array(chance), np.array(right))


def _shown(answers: set[str]) -> str:
    return "sensitive" if "sensitive" in answers else "personal" if "personal" in answers else "official"


def _fit_question(
    learned: Learned, name: str, wide: sparse.csr_matrix, truth: Floats, groups: Sequence[str], seed: int
) -> Floats:
    """Fit one question into ``learned``; returns the calibrated probabilities of the held-back folds."""
    size = len(learned.arrays["idf"])
    folds = list(StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=seed).split(wide, truth, groups))
    tried = {way: _held_logits(way, wide, size, truth, folds) for way in _WAYS}
    way = max(tried, key=lambda each: average_precision(truth, tried[each][0]))
    held, scale = tried[way]
    slope, shift = _platt(held, truth)
    chance: Floats = 1 / (1 + np.exp(-(slope * held + shift)))
    parts, constants = fit_parts(way, wide, size, truth)
    coef = scale @ parts
    learned.arrays[f"{name}_words"] = coef[:size]
    learned.arrays[f"{name}_dense"] = coef[size:] * _DENSE_WEIGHT
    flag = best_flag(chance, truth)
    learned.settings[name] = {"intercept": float(scale @ constants), "slope": slope, "shift": shift, "flag": flag}
    learned.scores[name] = score(truth, chance, flag)
    return chance
