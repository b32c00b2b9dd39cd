"""A judge against labelled examples: every figure with an interval, as a table and as a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from classifier import detect
from classifier.item import Content, Finding, Flag, Label, Part, Primary
from classifier.label_text import Floats
from classifier.train_scores import RATES, Score, score

_ROUNDS = 200
_QUESTIONS = ("sensitive", "personal")


class Judging(Protocol):
    """Anything that labels a content."""

    def judge(self, content: Content, findings: tuple[Finding, ...]) -> Label:
        """Label one document."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure with the 2.5th and 97.5th percentile of its bootstrap."""

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a judge reached: figures by question, how often a certain answer was right, and points for the picture.

    ``certain`` is (items called certain, share of them right, all items); ``curve`` holds calibration points by
    question as (mean probability, share of yes, items).
    """

    rows: int
    figures: Mapping[str, tuple[Figure, ...]]
    certain: tuple[int, float, int]
    curve: Mapping[str, tuple[tuple[float, float, int], ...]]

    def table(self) -> str:
        """All figures as plain text, one line each."""
        lines = [f"{self.rows} examples"]
        for question, figures in self.figures.items():
            lines.append(f"\n{question}")
            lines += [f"  {f.name:<24}{f.value:7.3f}   [{f.low:.3f}, {f.high:.3f}]" for f in figures]
        count, right, every = self.certain
        lines.append(f"\ncalled certain: {count} of {every}, right {right:.3f}")
        return "\n".join(lines)

    def svg(self) -> str:
        """A calibration picture: each question's mean probability against its share of yes, with the diagonal."""
        marks = "".join(_marks(question, points, n) for n, (question, points) in enumerate(self.curve.items()))
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 260 260" role="img" aria-label="Calibration">'
            "<title>Calibration: predicted against observed</title>"
            '<rect x="30" y="10" width="220" height="220" fill="none" stroke="#555"/>'
            '<line x1="30" y1="230" x2="250" y2="10" stroke="#bbb" stroke-dasharray="4"/>'
            f'{marks}<text x="90" y="252" font-size="11">predicted probability</text>'
            '<text x="12" y="170" font-size="11" transform="rotate(-90 12 170)">share of yes</text></svg>'
        )


_COLOURS = ("#8a1c1c", "#1c4f8a")


def _marks(question: str, points: tuple[tuple[float, float, int], ...], n: int) -> str:
    colour = _COLOURS[n % 2]
    dots = "".join(
        f'<circle cx="{30 + 220 * p:.1f}" cy="{230 - 220 * s:.1f}" r="{2 + min(6.0, c**0.5 / 4):.1f}" fill="{colour}"/>'
        for p, s, c in points
    )
    return f'{dots}<text x="38" y="{26 + 14 * n}" font-size="11" fill="{colour}">{question}</text>'


def _answers(row: Mapping[str, Any]) -> frozenset[str]:
    named = row["labels"] if row.get("labels") else [row["label"]] if row.get("label") else []
    return frozenset("personal" if str(n).startswith("personal") else str(n) for n in named) - {"official"}


def _named(found: Score) -> dict[str, float]:
    recalls = {f"recall at {rate:.0%} review": r for rate, r in zip(RATES, found.recall_at, strict=True)}
    return {
        "AUC": found.auc,
        "average precision": found.ap,
        **recalls,
        "calibration error": found.ece,
        "F2": found.f2,
        "balanced accuracy": found.balanced,
    }


def _figures(truth: Floats, chance: Floats, threshold: float, seed: int) -> tuple[Figure, ...]:
    """Every figure with a bootstrap interval over the examples."""
    value = _named(score(truth, chance, threshold))
    rng = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {name: [] for name in value}
    for _ in range(_ROUNDS):
        at = rng.integers(0, len(truth), len(truth))
        for name, each in _named(score(truth[at], chance[at], threshold)).items():
            drawn[name].append(each)
    return tuple(Figure(name, found, *_interval(drawn[name])) for name, found in value.items())


def _interval(values: list[float]) -> tuple[float, float]:
    kept = np.array([v for v in values if not np.isnan(v)])
    if not len(kept):
        return float("nan"), float("nan")
    low, high = np.percentile(kept, (2.5, 97.5))
    return float(low), float(high)


def _curve(truth: Floats, chance: Floats) -> tuple[tuple[float, float, int], ...]:
    at = np.minimum((chance * 10).astype(int), 9)
    inside = [at == n for n in range(10)]
    return tuple(
        (float(chance[bin_].mean()), float(truth[bin_].mean()), int(bin_.sum())) for bin_ in inside if bin_.any()
    )


def _wanted(answers: frozenset[str]) -> Primary:
    return max((Primary(a) for a in answers), key=list(Primary).index, default=Primary.OFFICIAL)


def evaluate(judge: Judging, rows: Iterable[Mapping[str, Any]], *, seed: int = 0, threshold: float = 0.5) -> Evaluation:
    """Judge labelled rows (``text`` and ``label`` or ``labels``) and measure every figure.

    A question that no row answers with yes is left out. ``threshold`` is for F2 and balanced accuracy.

    Raises:
        ValueError: There are no rows.
    """
    kept = list(rows)
    if not kept:
        raise ValueError("There is nothing to evaluate: the file of examples has no rows.")
    detector = detect.detector()
    labels, answers = [], []
    for row in kept:
        content = Content("text", (Part("text", str(row["text"])),), "given")
        labels.append(judge.judge(content, detect.detect(content, detector)))
        answers.append(_answers(row))
    figures, curve = {}, {}
    for question in _QUESTIONS:
        truth = np.array([float(question in a) for a in answers])
        chance = np.array([getattr(label, question) for label in labels])
        if truth.any():
            figures[question] = _figures(truth, chance, threshold, seed)
            curve[question] = _curve(truth, chance)
    right = [
        label.primary is _wanted(answer)
        for label, answer in zip(labels, answers, strict=True)
        if Flag.UNCERTAIN not in label.flags
    ]
    share = float(np.mean(right)) if right else float("nan")
    return Evaluation(len(kept), figures, (len(right), share, len(kept)), curve)
