"""People's labels of documents that workers have turned into numbers → a model folder: what a retraining learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

from classifier import register
from classifier.label_features import DENSE
from classifier.label_learned import from_register
from classifier.label_text import Floats, Tokens
from classifier.train import STARTER_SEED, Scores
from classifier.train_council import Example, Worded, examples, fit_examples
from classifier.train_documents import documents

MADE = 1
"""Starter documents a topic that people's labels are learned together with: they hold the ground that nobody has decided on."""
_LONGEST = 40_000  # characters of a made document
_STARTER = ("starter_known", "starter_coef", "starter_intercept", "together_coef", "together_intercept")


@dataclass(frozen=True, slots=True)
class Told:
    """One document as a worker told it and as a person labelled it; ``group`` keeps copies and versions in one fold."""

    whole: Tokens
    opened: Tokens
    values: Floats
    labels: frozenset[str]
    group: str


@dataclass(frozen=True, slots=True)
class Ground:
    """What every training of one retraining stands on: the present model's folder and the made documents as examples."""

    base: Path
    made: tuple[Example, ...]


def ground(base: Path, made: int = MADE) -> Ground:
    """Make the starter documents and number them with the starter of the model at ``base``.

    Raises:
        ModelRefusedError: The model cannot be read.
    """
    starter = from_register(register.read(base, DENSE))[0]
    rows = [
        {"text": one.text[:_LONGEST], "labels": sorted(one.labels), "group": f"made {one.group}"}
        for one in documents(STARTER_SEED, made)
    ]
    return Ground(base, tuple(examples(starter, rows)))


def learn(on: Ground, told: Sequence[Told], out: Path, *, seed: int = 0) -> Scores:
    """Learn from people's labels and the starter documents, and write the model folder.

    The starter within the present model stays as it is, since the numbers were made with it. The scores are of folds held back.

    Raises:
        ValueError: Fewer than ten examples of any one answer.
    """
    stored = register.read(on.base, DENSE)
    own = [Example(Worded(one.whole), one.values, one.opened, one.labels, one.group) for one in told]
    # Threads that wait for each other spin: on a busy machine one is quicker than many.
    with threadpool_limits(1):
        council = fit_examples([*own, *on.made], seed)
    settings = {
        "seed": seed,
        "rows": len(own),
        "starter": stored.settings["starter"],
        "learned": council.settings,
        "certain": council.certain,
    }
    arrays = {name: stored.arrays[name] for name in _STARTER}
    version = register.save(out, "council", arrays | council.arrays, DENSE, settings)
    return Scores(version, len(own), council.scores)
