"""Which documents to ask people about next, so that few answers teach much.

A regularised least-squares model over hashed words, balanced between yes and no, is fitted to the answers so far; it chooses, it
never labels. It lives in the documents' likenesses alone, which are computed once, so that a new answer costs milliseconds. The first
questions cover the collection (greedy facility location: Wei, Iyer and Bilmes, ICML 2015). Then come, by strategy, the documents that
the model is least sure of (uncertainty sampling: Lewis and Gale, SIGIR 1994), also weighed by how many others are like them (Settles and
Craven, EMNLP 2008); those most likely to be a yes (continuous active learning: Cormack and Grossman, SIGIR 2014); those that a committee
disagrees on (Seung, Opper and Sompolinsky, COLT 1992); or as many yes as no from either side of the model's boundary. No two near-equal
documents are asked in one batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BITS = 18
_CONSTANT = 0.05  # likeness that every pair of documents has besides its words: the model's intercept
_RIDGE = 8.0  # strong, so that the model weighs kinds of documents against each other and does not learn single ones by heart
_ALIKE = 0.8
_NEAREST = 20  # neighbours that make a document's density
_MEMBERS = 5
_WORD = r"(?u)\b\w\w+\b"


def hashed(texts: Sequence[str]) -> sparse.csr_matrix:
    """Texts as rows of tf-idf over hashed words and pairs of words, each of length 1; the words cannot be had back."""
    vectorizer = HashingVectorizer(
        n_features=1 << BITS, ngram_range=(1, 2), alternate_sign=False, norm=None, token_pattern=_WORD
    )
    return sparse.csr_matrix(TfidfTransformer(sublinear_tf=True).fit_transform(vectorizer.transform(texts)))


@dataclass(frozen=True, slots=True)
class Field:
    """The documents that could be asked about, at most some thousand: their likenesses, and how crowded each one's neighbourhood is."""

    alike: Floats
    density: Floats

    @classmethod
    def of(cls, rows: sparse.csr_matrix) -> Field:
        """Compute both once."""
        alike = np.asarray((rows @ rows.T).todense(), np.float64)
        near = np.partition(alike, -min(_NEAREST, len(alike)), axis=1)[:, -min(_NEAREST, len(alike)) :]
        return cls(alike, near.mean(axis=1))


@dataclass(slots=True)
class Asked:
    """What has been asked: document numbers and their answers (1 yes, 0 no), in the order of asking."""

    at: list[int] = field(default_factory=list)
    truth: list[int] = field(default_factory=list)

    @property
    def both(self) -> bool:
        """Whether yes and no have both been heard."""
        return 0 < sum(self.truth) < len(self.truth)


def fit(alike: Floats, truth: Sequence[int], weights: Floats | None = None) -> Floats:
    """Fit the choosing model to documents with these likenesses to each other; gives one number for each of them.

    Yes and no weigh the same in all, whatever their numbers. The value of another document is its likenesses to these, times these numbers.
    """
    said = np.where(np.array(truth) == 1, 1.0, -1.0)
    yes, no = max(1, int((said > 0).sum())), max(1, int((said < 0).sum()))
    share: Floats = np.asarray(np.where(said > 0, 1 / yes, 1 / no) * (len(said) / 2), np.float64)
    if weights is not None:
        share = np.asarray(share * weights, np.float64)
    found: Floats = np.asarray(np.linalg.solve(alike + _CONSTANT + np.diag(_RIDGE / share), said), np.float64)
    return found


def value(likeness: Floats, fitted: Floats) -> Floats:
    """What the model thinks of documents from their likenesses to those it was fitted to: above 0 is a yes."""
    found: Floats = (likeness + _CONSTANT) @ fitted
    return found


Strategy = Callable[[Field, Asked, int, np.random.Generator], Ints]


def cover(known: Field, asked: Asked, size: int, rng: np.random.Generator) -> Ints:
    """Those that together are most like all others."""
    del rng
    best = known.alike[:, asked.at].max(axis=1) if asked.at else np.zeros(len(known.alike))
    picked: list[int] = []
    for _ in range(size):
        gain = np.maximum(known.alike - best[:, None], 0.0).sum(axis=0)
        gain[[*picked, *asked.at]] = -1.0
        picked.append(int(gain.argmax()))
        best = np.maximum(best, known.alike[:, picked[-1]])
    return np.array(picked, np.int64)


def random(known: Field, asked: Asked, size: int, rng: np.random.Generator) -> Ints:
    """Any that were not asked yet."""
    left = _left(known, asked)
    picked: Ints = rng.choice(left, min(size, len(left)), replace=False)
    return picked


def uncertain(known: Field, asked: Asked, size: int, rng: np.random.Generator) -> Ints:
    """Those nearest to the boundary."""
    left, thought = _thought(known, asked)
    return _spread(known, left, -np.abs(thought), size, rng)


def dense(known: Field, asked: Asked, size: int, rng: np.random.Generator) -> Ints:
    """Those near the boundary that many others are like."""
    left, thought = _thought(known, asked)
    doubt = 1 - np.abs(thought) / max(1e-9, np.abs(thought).max())
    return _spread(known, left, doubt * known.density[left], size, rng)


def likely(known: Field, asked: Asked, size: int, rng: np.random.Generator) -> Ints:
    """Those most likely to be a yes."""
    left, thought = _thought(known, asked)
    return _spread(known, left, thought, size, rng)


def committee(known: Field, asked: Asked, size: int, rng: np.random.Generator) -> Ints:
    """Those that models fitted to reweighed answers disagree on most, in proportion to how near they are to the boundary."""
    left, thought = _thought(known, asked)
    at = np.array(asked.at, np.int64)
    inner, outer = known.alike[np.ix_(at, at)], known.alike[np.ix_(left, at)]
    votes = [value(outer, fit(inner, asked.truth, rng.exponential(size=len(asked.at)) + 0.05)) for _ in range(_MEMBERS)]
    return _spread(known, left, np.std(votes, axis=0) / (np.abs(thought) + 0.1), size, rng)


def balanced(known: Field, asked: Asked, size: int, rng: np.random.Generator) -> Ints:
    """Those nearest to the boundary where yes is common; where it is rare, half of them from the far side of it.

    Balanced accuracy counts a yes for as much as its rarity makes it worth, so answers should hold about as many yes as no.
    """
    lack = max(0.0, 0.5 - float(np.mean(asked.truth)))
    far = round(size * lack)
    left, thought = _thought(known, asked)
    first = _spread(known, left, thought, far, rng) if far else np.zeros(0, np.int64)
    keep = ~np.isin(left, first)
    return np.concatenate((first, _spread(known, left[keep], -np.abs(thought[keep]), size - len(first), rng)))


STRATEGIES: dict[str, Strategy] = {
    "random": random,
    "cover": cover,
    "uncertain": uncertain,
    "dense": dense,
    "likely": likely,
    "committee": committee,
    "balanced": balanced,
}


def next_questions(
    known: Field, asked: Asked, size: int, rng: np.random.Generator, strategy: Strategy = uncertain
) -> Ints:
    """The documents to ask about next: such as cover the collection first, any until both answers are heard, then by strategy."""
    if not asked.at and strategy is not random:
        return cover(known, asked, size, rng)
    if not asked.both:
        return random(known, asked, size, rng)
    return strategy(known, asked, size, rng)


def _left(known: Field, asked: Asked) -> Ints:
    return np.setdiff1d(np.arange(len(known.alike)), np.array(asked.at, np.int64))


def _thought(known: Field, asked: Asked) -> tuple[Ints, Floats]:
    left = _left(known, asked)
    at = np.array(asked.at, np.int64)
    return left, value(known.alike[np.ix_(left, at)], fit(known.alike[np.ix_(at, at)], asked.truth))


def _spread(known: Field, left: Ints, worth: Floats, size: int, rng: np.random.Generator) -> Ints:
    """The worthiest, but none that is much like one picked before it; ties fall as the dice do."""
    order = np.lexsort((rng.random(len(left)), -worth))
    picked: list[int] = []
    passed: list[int] = []
    for at in order[: 20 * size]:
        one = int(left[at])
        if picked and float(known.alike[one, picked].max()) > _ALIKE:
            passed.append(one)
            continue
        picked.append(one)
        if len(picked) == size:
            break
    return np.array([*picked, *passed][:size], np.int64)
