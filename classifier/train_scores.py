"""Scores of one yes/no question: ranking, review rates, calibration, decisions; plain numpy, each from its definition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifier.label_text import Floats

RATES = (0.05, 0.10, 0.20)
"""Shares of items that people can review, at which recall is stated."""


@dataclass(frozen=True, slots=True)
class Score:
    """Figures of one question: ``auc``, average precision, recall at each of :data:`RATES`, calibration error, F2, balance."""

    rows: int
    positives: int
    auc: float
    ap: float
    recall_at: tuple[float, ...]
    ece: float
    f2: float
    balanced: float

    def sentence(self) -> str:
        """The figures in one sentence."""
        return (
            f"AUC {self.auc:.3f}, AP {self.ap:.3f}, ECE {self.ece:.3f}, F2 {self.f2:.3f}, balanced accuracy "
            f"{self.balanced:.3f} on {self.rows} ({self.positives} yes)"
        )


def auc(truth: Floats, chance: Floats) -> float:
    """Area under the ROC curve: the chance that a yes ranks above a no, ties half."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return float("nan")
    _, inverse, counts = np.unique(chance, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2.0)[inverse]
    return float((ranks[truth == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def average_precision(truth: Floats, chance: Floats) -> float:
    """Average precision: precision at each yes, in order of chance, ties taken together."""
    if not truth.sum():
        return float("nan")
    order = np.argsort(-chance, kind="stable")
    sorted_truth, sorted_chance = truth[order], chance[order]
    ends = np.append(np.flatnonzero(np.diff(sorted_chance)), len(truth) - 1)
    hits = np.cumsum(sorted_truth)[ends]
    precision = hits / (ends + 1)
    gained = np.diff(np.concatenate(([0.0], hits))) / truth.sum()
    return float((precision * gained).sum())


def recall_at(truth: Floats, chance: Floats, rate: float) -> float:
    """Share of the yes that stand among the first ``rate`` of all."""
    if not truth.sum():
        return float("nan")
    first = np.argsort(-chance, kind="stable")[: max(1, round(rate * len(truth)))]
    return float(truth[first].sum() / truth.sum())


def calibration_error(truth: Floats, chance: Floats, bins: int = 10) -> float:
    """Expected calibration error over ``bins`` of equal width, weighted by their size."""
    at = np.minimum((chance * bins).astype(int), bins - 1)
    total = 0.0
    for n in range(bins):
        inside = at == n
        if inside.any():
            total += inside.mean() * abs(truth[inside].mean() - chance[inside].mean())
    return float(total)


def f_two(truth: Floats, said: Floats) -> float:
    """F2: recall counts four times as much as precision."""
    hits = float((truth * said).sum())
    wrong = 4 * float(truth.sum()) + float(said.sum())
    return 5 * hits / wrong if wrong else float("nan")


def balanced_accuracy(truth: Floats, said: Floats) -> float:
    """Mean of the recall of yes and the recall of no."""
    if truth.min() == truth.max():
        return float("nan")
    return float((said[truth == 1].mean() + (1 - said[truth == 0]).mean()) / 2)


def score(truth: Floats, chance: Floats, threshold: float = 0.5) -> Score:
    """All figures of one question at once; ``threshold`` is for F2 and balanced accuracy."""
    said = (chance >= threshold).astype(np.float64)
    return Score(
        len(truth),
        int(truth.sum()),
        auc(truth, chance),
        average_precision(truth, chance),
        tuple(recall_at(truth, chance, rate) for rate in RATES),
        calibration_error(truth, chance),
        f_two(truth, said),
        balanced_accuracy(truth, said),
    )
