"""Examples → a model folder and honest scores: the starter from documents we make, a council's own on top of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier import register
from classifier.label_features import DENSE
from classifier.label_learned import Band
from classifier.label_model import QUESTIONS
from classifier.train_combine import Fitted, fit_starter
from classifier.train_scores import Score, score

STARTER_SEED = 1
"""Seed of the made documents beneath a council's own model: examples vary, the ground does not."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What a training reached on material it had not seen, by question, and the version it made."""

    version: str
    rows: int
    questions: Mapping[str, Score]

    def __str__(self) -> str:
        return "\n".join((f"{self.version}, learned from {self.rows} examples", *self.sentences()))

    def sentences(self) -> tuple[str, ...]:
        """The scores for a person, one sentence a question."""
        return tuple(f"{name}: {found.sentence()}" for name, found in self.questions.items())


def starter_arrays(fitted: Fitted) -> dict[str, Any]:
    """The arrays of the starter model by name."""
    return {
        "starter_known": fitted.starter.passages.vocabulary.known,
        "starter_coef": fitted.starter.passages.coef,
        "starter_intercept": fitted.starter.passages.intercept,
        "together_coef": fitted.starter.coef,
        "together_intercept": fitted.starter.intercept,
    }


def band_settings(bands: Mapping[str, Band]) -> dict[str, dict[str, float]]:
    """Bands as the register keeps them."""
    return {name: {"no": band.no, "flag": band.flag, "yes": band.yes} for name, band in bands.items()}


def starter(out: Path, seed: int) -> Scores:
    """Train the starter model on documents made from ``seed`` and write its folder; the same seed gives the same model.

    The scores are on made documents whose topics were held back, and so rather low.
    """
    fitted = fit_starter(seed)
    settings = {"seed": seed, "rows": len(fitted.truth), "starter": band_settings(fitted.bands)}
    version = register.save(out, "starter", starter_arrays(fitted), DENSE, settings)
    chance = 1 / (1 + np.exp(-fitted.held))
    found = {name: score(fitted.truth[:, n], chance[:, n]) for n, name in enumerate(QUESTIONS[:2])}
    return Scores(version, len(fitted.truth), found)


def train(rows: Iterable[Mapping[str, Any]], out: Path, *, seed: int = 0, withdrawn: Iterable[str] = ()) -> Scores:
    """Learn a council's own labels from examples and write the model folder.

    Each row has ``id``, ``text`` and ``label`` (official, personal, sensitive) or ``labels`` (several of them, none for
    official); ``group`` keeps a thread or case in one fold. Rows whose id is in ``withdrawn`` are left out.

    Raises:
        ValueError: Fewer than ten examples of any one answer, or a row without text or label.
    """
    from classifier.train_council import fit_council  # noqa: PLC0415 - the starter alone needs none of it

    gone = frozenset(withdrawn)
    kept = [row for row in rows if str(row.get("id", "")) not in gone]
    fitted = fit_starter(STARTER_SEED)
    council = fit_council(fitted.starter, kept, seed)
    settings = {
        "seed": seed,
        "rows": len(kept),
        "starter": band_settings(fitted.bands),
        "learned": council.settings,
        "certain": council.certain,
    }
    version = register.save(out, "council", starter_arrays(fitted) | council.arrays, DENSE, settings)
    return Scores(version, len(kept), council.scores)
