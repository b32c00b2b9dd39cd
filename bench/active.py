"""How many answers active learning needs for what random review reaches: ``python bench/active.py FOLDER [SEEDS [STRATEGY…]]``.

FOLDER holds emails.jsonl and reviewed_correspondence.jsonl. For each question half of the documents (threads kept together) may be
asked about, the other half tests. A curve is the balanced accuracy on the test half after each batch of ten answers, averaged over seeds.
For each budget of random review the figure is the share of that budget after which a strategy reaches, and over the next three batches
keeps on average, what random review has there on average over three batches. Each is told twice: at the model's own boundary, and at the
boundary that would have been best on the test half, which tells how well documents are ordered apart from where the line is drawn.
At the end the stopping rule is tried on 200 reviews.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from classifier.train_active import STRATEGIES, Asked, Field, fit, hashed, next_questions, value
from classifier.train_scores import balanced_accuracy
from retention.stopping import needed as wanted
from retention.stopping import stops_at

BATCH = 10
BUDGETS = (100, 200, 300)
MOST = 330
_Task = tuple[str, Any, np.ndarray, np.ndarray]


def tasks(folder: Path) -> Iterator[_Task]:
    """Each question: its name, features, answers and groups."""
    for name, questions in (("emails", ("sensitive", "personal")), ("reviewed_correspondence", ("sensitive",))):
        rows = [json.loads(line) for line in (folder / f"{name}.jsonl").open(encoding="utf-8")]
        features = hashed([str(row["text"])[:20_000] for row in rows])
        groups = np.array([str(row.get("group", n)) for n, row in enumerate(rows)])
        for question in questions:
            truth = np.array([int(str(row["label"]).startswith(question)) for row in rows])
            yield f"{name}: {question}", features, truth, groups


def halves(groups: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers to ask about and to test on."""
    names = np.unique(groups)
    np.random.default_rng(seed).shuffle(names)
    inside = np.isin(groups, names[: len(names) // 2])
    return np.flatnonzero(inside), np.flatnonzero(~inside)


def curve(
    known: Field, across: np.ndarray, truths: tuple[np.ndarray, np.ndarray], name: str, seed: int
) -> list[tuple[float, float]]:
    """Balanced accuracy after each batch, at the model's boundary and at the best; ``across``: the test half's likenesses."""
    mine, tested = truths
    rng, asked, found = np.random.default_rng(seed + 1), Asked(), []
    while len(asked.at) < min(MOST, len(mine)):
        picked = next_questions(known, asked, BATCH, rng, STRATEGIES[name])
        asked.at += picked.tolist()
        asked.truth += mine[picked].tolist()
        fitted = fit(known.alike[np.ix_(asked.at, asked.at)], asked.truth)
        thought = value(across[:, asked.at], fitted)
        own = balanced_accuracy(tested.astype(float), (thought > 0).astype(float))
        found.append((own, best(tested, thought)))
    return found


def best(truth: np.ndarray, thought: np.ndarray) -> float:
    """Balanced accuracy at the boundary that suits the test half best."""
    ranked = truth[np.argsort(thought, kind="stable")]
    no, yes = np.cumsum(1 - ranked) / (1 - ranked).sum(), np.cumsum(ranked) / ranked.sum()
    return float(((no + 1 - yes) / 2).max())


def share(active: np.ndarray, random: np.ndarray, budget: int) -> float:
    """The share of a budget of random review after which a curve has what random review ends with."""
    steps = budget // BATCH
    target = random[steps - 2 : steps + 1].mean()
    for at in range(len(active)):
        if active[at] >= target and active[at : at + 3].mean() >= target:
            return (at + 1) / steps
    return float("inf")


def measured(task: _Task, seeds: int) -> Mapping[str, np.ndarray]:
    """The mean curve of every strategy."""
    curves: dict[str, list[list[tuple[float, float]]]] = {name: [] for name in STRATEGIES}
    for seed in range(seeds):
        inside, outside = halves(task[3], seed)
        known = Field.of(task[1][inside])
        across = np.asarray((task[1][outside] @ task[1][inside].T).todense())
        for name in STRATEGIES:
            curves[name].append(curve(known, across, (task[2][inside], task[2][outside]), name, seed))
    return {name: np.mean(np.array(found), axis=0) for name, found in curves.items()}


def promise(task: _Task, reviews: int) -> tuple[float, float]:
    """Share of reviews that found at least 80 % when the rule let them stop, and the mean share of documents that were spared."""
    known, truth = Field.of(task[1]), task[2]
    kept, spared = 0, []
    first = next_questions(known, Asked(), 25, np.random.default_rng(0))
    for review in range(reviews):
        rng = np.random.default_rng(review)
        drawn, control = rng.permutation(len(truth)), []
        for one in drawn:
            control += [int(one)] if truth[one] else []
            if len(control) == wanted() + 4:
                break
        asked = Asked(first.tolist(), truth[first].tolist())
        for _ in range(3):
            picked = next_questions(known, asked, 25, rng)
            asked.at += picked.tolist()
            asked.truth += truth[picked].tolist()
        thought = value(known.alike[:, asked.at], fit(known.alike[np.ix_(asked.at, asked.at)], asked.truth))
        rest = np.setdiff1d(np.argsort(-thought, kind="stable"), asked.at, assume_unique=True)
        order = [*asked.at, *rest.tolist()]
        at = stops_at(order, control) or len(order)
        kept += truth[order[:at]].sum() >= 0.8 * truth.sum()
        spared.append(1 - at / len(order))
    return kept / reviews, float(np.mean(spared))


def main() -> None:
    """Measure every question and print the shares and the curves."""
    folder, seeds = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10
    for name in set(STRATEGIES) - set(sys.argv[3:] or STRATEGIES):
        del STRATEGIES[name]
    for task in tasks(folder):
        began = time.process_time()
        found = measured(task, seeds)
        print(f"{task[0]} ({task[2].mean():.0%} yes, {len(task[2])} documents, {seeds} seeds)")
        for which, what in enumerate(("own boundary", "best boundary")):
            for name, both in found.items():
                mean, random = both[:, which], found["random"][:, which]
                shares = [share(mean, random, n) for n in BUDGETS]
                at = " ".join(f"{mean[n // BATCH - 1]:.3f}" for n in (50, *BUDGETS))
                about = np.mean([min(one, 2.0) for one in shares])
                told = f"share of labels {' '.join(f'{one:.2f}' for one in shares)} mean {about:.2f}   accuracy {at}"
                print(f"  {what:13} {name:10} {told}")
        print(f"  {time.process_time() - began:.0f} CPU s", flush=True)
        if seeds >= 10:
            kept, spared = promise(task, 200)
            print(
                f"  stopping rule: promise kept in {kept:.1%} of 200 reviews, {spared:.0%} of the documents spared",
                flush=True,
            )


if __name__ == "__main__":
    main()
