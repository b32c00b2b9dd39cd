"""Inference in numpy alone: passages of a text scored by the starter model, whole texts by a council's own model.

Both models are linear, so that an answer is a sum of numbers looked up by token, and a reason is the largest of them.
No BLAS is called: a locked worker can start no threads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifier.label_text import Floats, Ints, Tokens, Vocabulary

QUESTIONS = ("sensitive", "personal", "special", "offence", "child", "deceased", "grave")
"""What the starter model answers of a passage; the first two are the questions of a Label."""

STARTER_BITS = 17
"""First bits of a hash by which the starter's table is laid out: it fits a processor's cache."""
COUNCIL_BITS = 21
"""The same for a council's much larger vocabulary."""
_TOGETHER = 64 * 48
"""Tokens whose weights are summed at once: a whole number of blocks."""
BLOCK = 48
"""Tokens by which the window moves."""
SPAN = 3
"""Blocks in a window: about a long paragraph."""
EASE = 30.0
"""Added to a window's length before its root is taken, so that three words do not shout."""


def sigmoid(logits: Floats) -> Floats:
    """Logit to probability, without overflow."""
    return 1.0 / (1.0 + np.exp(-np.clip(logits, -60.0, 60.0)))


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a text's tokens and pairs in one vocabulary: -1 where unknown; looked up once, used for all."""

    single: Ints
    pair: Ints


def columns(vocabulary: Vocabulary, found: Tokens) -> Columns:
    """Look every token and pair up once."""
    return Columns(vocabulary.columns(found.single), vocabulary.columns(found.pair))


@dataclass(frozen=True, slots=True)
class Passages:
    """The starter model: one weight a known token or pair and question, and a constant.

    ``coef`` is (n + 1, questions), its last row zero for the unknown; ``intercept`` is (questions,).
    """

    vocabulary: Vocabulary
    coef: Floats
    intercept: Floats

    def logits(self, where: Columns) -> Floats:
        """Logits of every window of a text, (windows, questions); at least one window."""
        if not len(where.single):
            return self.intercept[None, :].copy()
        starts = np.arange(0, len(where.single), BLOCK)
        blocks = np.concatenate([self._sums(where, at) for at in range(0, len(where.single), _TOGETHER)])
        sizes = np.diff(np.append(starts, len(where.single))).astype(np.float64)
        sums, counts = _rolling(blocks), _rolling(sizes[:, None])
        logits: Floats = sums / np.sqrt(counts + EASE) + self.intercept
        return logits

    def _sums(self, where: Columns, at: int) -> Floats:
        """The summed weights of each block among the tokens from ``at``; a pair belongs to its first token."""
        single, pair = where.single[at : at + _TOGETHER], where.pair[at : at + _TOGETHER]
        total = np.add.reduceat(self.coef[single], np.arange(0, len(single), BLOCK), axis=0)
        if len(pair):
            held = np.arange(0, len(pair), BLOCK)
            total[: len(held)] += np.add.reduceat(self.coef[pair], held, axis=0)
        return total


def _rolling(blocks: Floats) -> Floats:
    if len(blocks) <= SPAN:
        total: Floats = blocks.sum(axis=0, keepdims=True)
        return total
    rolled: Floats = np.sum([blocks[n : len(blocks) - SPAN + 1 + n] for n in range(SPAN)], axis=0)
    return rolled


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the starter model makes of a text: calibrated logits of its worst passage and of the whole, by question."""

    worst: Floats
    mean: Floats
    windows: int
    at: int


def verdict(passages: Passages, where: Columns) -> Verdict:
    """Judge a text by its worst passage and by all of them; of many passages one is the worst by chance.

    The worst logit is lowered by half the logarithm of the number of windows, as for the largest of many draws.
    """
    logits = passages.logits(where)
    worst = logits.max(axis=0) - 0.5 * np.log(len(logits))
    return Verdict(worst, logits.mean(axis=0), len(logits), int(logits[:, 0].argmax()))


@dataclass(frozen=True, slots=True)
class Linear:
    """A council's own model of one question: tf-idf of known tokens and pairs, dense features, Platt calibration.

    ``idf`` and ``words`` are (n + 1,), the last entry zero for the unknown; ``dense``, ``centre`` and ``scale`` are (d,).
    ``slope`` and ``shift`` turn a logit into a calibrated one.
    """

    idf: Floats
    words: Floats
    dense: Floats
    intercept: float
    slope: float
    shift: float

    def logit(self, counted: Counted, standard: Floats) -> float:
        """The uncalibrated logit of one text from its counted columns and its standardised dense features."""
        value = float((standard * self.dense).sum()) + self.intercept
        for at, count in counted:
            weight = (1.0 + np.log(count)) * self.idf[at]
            norm = float(np.sqrt((weight * weight).sum()))
            if norm:
                value += float((weight * self.words[at]).sum()) / norm
        return value

    def calibrated(self, logit: float) -> float:
        """The calibrated probability of a logit."""
        return float(sigmoid(np.array([self.slope * logit + self.shift]))[0])


Counted = tuple[tuple[Ints, Floats], ...]
"""Fields of a text (all of it, its opening), each as columns that occur and how often."""


def count(where: Columns, offset: int, end: int | None = None) -> tuple[Ints, Floats]:
    """The columns that occur among the first ``end`` tokens (all without it), moved by ``offset``, with their counts."""
    both = np.concatenate((where.single[:end], where.pair[:end]))
    at, times = np.unique(both[both >= 0], return_counts=True)
    return at + offset, times.astype(np.float64)
