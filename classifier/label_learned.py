"""What a council's own model knows, and how a stored model becomes one that answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from classifier.label_features import Read, Starter, dense
from classifier.label_model import COUNCIL_BITS, STARTER_BITS, Counted, Linear, Passages, columns, count
from classifier.label_text import Floats, Tokens, Vocabulary, vocabulary
from classifier.register import Registered


@dataclass(frozen=True, slots=True)
class Band:
    """Probabilities of one question: at most ``no`` is a certain no, at least ``yes`` a certain yes, from ``flag`` it is flagged."""

    no: float
    flag: float
    yes: float


@dataclass(frozen=True, slots=True)
class Council:
    """A council's own model: a filtered vocabulary of hashes, one linear model a question, and its thresholds.

    ``flags`` gives for each question the probability from which it is flagged; ``certain`` is the chance that the label
    shown is right from which it counts as certain. ``centre`` and ``scale`` standardise the dense features. Columns
    n … 2n are the opening's.
    """

    vocabulary: Vocabulary
    models: Mapping[str, Linear]
    flags: Mapping[str, float]
    certain: float
    centre: Floats
    scale: Floats

    def probabilities(self, seen: Read) -> dict[str, float]:
        """The calibrated probability of each question that was learned."""
        values, opened = dense(seen)
        counted = fields(self.vocabulary, seen.tokens, opened)
        standard = standardise(values, self.centre, self.scale)
        return {name: model.calibrated(model.logit(counted, standard)) for name, model in self.models.items()}


def chance_right(chances: Mapping[str, float], flagged: Collection[str]) -> float:
    """The chance that the label shown is right, from what was learned: *sensitive* hides the other question.

    ``chances`` holds the probability of each learned question, ``flagged`` the questions that the label answers with yes.
    """
    if "sensitive" in flagged and "sensitive" in chances:
        return chances["sensitive"]
    return prod(chance if name in flagged else 1.0 - chance for name, chance in chances.items())


def fields(book: Vocabulary, whole: Tokens, opened: Tokens) -> Counted:
    """The columns of the whole text, then of its opening, which stand behind all of the first."""
    return (count(columns(book, whole), 0), count(columns(book, opened), len(book.known)))


def standardise(values: Floats, centre: Floats, scale: Floats) -> Floats:
    """Dense features around 0 with spread 1, cut at five spreads so that one odd document cannot shout."""
    held: Floats = np.clip((values - centre) / scale, -5.0, 5.0)
    return held


def _band(found: Mapping[str, float]) -> Band:
    return Band(float(found["no"]), float(found["flag"]), float(found["yes"]))


def from_register(stored: Registered) -> tuple[Starter, dict[str, Band], Council | None]:
    """Put a stored model together again: the starter, its bands, and the council's model if there is one."""
    arrays, settings = stored.arrays, stored.settings
    words = vocabulary(arrays["starter_known"], STARTER_BITS)
    starter = Starter(
        Passages(words, arrays["starter_coef"], arrays["starter_intercept"]),
        arrays["together_coef"],
        arrays["together_intercept"],
    )
    bands = {name: _band(found) for name, found in settings["starter"].items()}
    learned = settings.get("learned")
    if not learned:
        return starter, bands, None
    models = {
        name: Linear(
            arrays["idf"],
            arrays[f"{name}_words"],
            arrays[f"{name}_dense"],
            float(found["intercept"]),
            float(found["slope"]),
            float(found["shift"]),
        )
        for name, found in learned.items()
    }
    flags = {name: float(found["flag"]) for name, found in learned.items()}
    book = vocabulary(arrays["known"], COUNCIL_BITS)
    return (
        starter,
        bands,
        Council(book, models, flags, float(settings["certain"]), arrays["centre"], arrays["scale"]),
    )
