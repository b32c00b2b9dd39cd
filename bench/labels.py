"""Accuracy of labels on labelled files: ``python bench/labels.py FOLDER`` prints one table; models go to a temporary folder.

``--whole`` adds the learning curve and the agreement of near-duplicates.
FOLDER holds emails.jsonl, reviewed_correspondence.jsonl, public_papers.jsonl and safeguarding_like.jsonl, or some of them.
A plain TF-IDF with logistic regression is measured in the same run on the same halves.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from classifier import detect, label, train
from classifier.evaluate import _answers
from classifier.item import Content, Flag, Part, Primary
from classifier.train_scores import auc, average_precision, calibration_error

SEEDS = 5
ALIKE = 0.8
"""Cosine of two texts' words from which they count as near-duplicates."""


def rows_of(folder: Path, name: str) -> list[dict[str, object]]:
    """The rows of one file, or none where it is missing."""
    path = folder / f"{name}.jsonl"
    return [json.loads(line) for line in path.open(encoding="utf-8")] if path.exists() else []


def judged(judge: label.Judge, rows: list[dict[str, object]]) -> list[label.Label]:
    """Every row's label, detection included; prints the speed."""
    detector = detect.detector()
    contents = [Content("text", (Part("text", str(row["text"])),), "given") for row in rows]
    begun = time.process_time()
    findings = [detect.detect(content, detector) for content in contents]
    found = time.process_time()
    labels = [judge.judge(content, each) for content, each in zip(contents, findings, strict=True)]
    done = time.process_time()
    size = sum(len(str(row["text"])) for row in rows) / 1e6
    print(
        f"  speed on one core: detect {size / (found - begun):.1f}, label {size / (done - found):.1f}, "
        f"both {size / (done - begun):.1f} MB/s"
    )
    return labels


def starter(folder: Path, models: Path) -> None:
    """False alarms on public papers and what is found of safeguarding narratives, with no council's labels at all."""
    begun = time.process_time()
    scores = train.starter(models / "starter", 1)
    print(f"starter model {scores.version}: trained in {time.process_time() - begun:.1f} CPU s")
    judge = label.load(models / "starter")
    print(f"  canaries: {label.canary(judge) or 'all right'}")
    for name in ("public_papers", "safeguarding_like"):
        rows = rows_of(folder, name)
        if rows:
            labels = judged(judge, rows)
            flags = sum(each.primary is not Primary.OFFICIAL for each in labels)
            unsure = sum(Flag.UNCERTAIN in each.flags for each in labels)
            print(
                f"  {name}: {flags} of {len(rows)} flagged ({1000 * flags / len(rows):.1f} per 1,000), {unsure} uncertain"
            )


def halves(rows: list[dict[str, object]], seed: int, share: float) -> tuple[list[int], list[int]]:
    """Row numbers for training and testing, whole groups together."""
    groups = np.array([str(row.get("group", n)) for n, row in enumerate(rows)])
    names = np.unique(groups)
    np.random.default_rng(seed).shuffle(names)
    inside = np.isin(groups, names[: int(len(names) * share)])
    return np.flatnonzero(inside).tolist(), np.flatnonzero(~inside).tolist()


def learned(folder: Path, name: str, models: Path, share: float, seeds: int = SEEDS) -> None:
    """A council's own model from ``share`` of a labelled file, tested on the rest, beside the plain baseline."""
    rows = rows_of(folder, name)
    if not rows:
        return
    rows = [{key: value for key, value in row.items() if key != "labels"} for row in rows]
    results: dict[str, list[tuple[float, ...]]] = {}
    for seed in range(seeds):
        inside, outside = halves(rows, seed, share)
        train.train([rows[n] for n in inside], models / f"{name}-{seed}", seed=seed)
        judge = label.load(models / f"{name}-{seed}")
        labels = judged(judge, [rows[n] for n in outside])
        words = TfidfVectorizer().fit([str(rows[n]["text"]) for n in inside])
        plain = [words.transform([str(rows[n]["text"]) for n in part]) for part in (inside, outside)]
        certain = [
            each.primary
            is max((Primary(a) for a in _answers(rows[n])), default=Primary.OFFICIAL, key=list(Primary).index)
            for n, each in zip(outside, labels, strict=True)
            if Flag.UNCERTAIN not in each.flags
        ]
        results.setdefault("certain", []).append((len(certain) / len(outside), float(np.mean(certain or [np.nan]))))
        for question in ("sensitive", "personal"):
            truth = np.array([float(question in _answers(rows[n])) for n in range(len(rows))])
            if truth.sum() < 20:
                continue
            chance = np.array([getattr(each, question) for each in labels])
            base = LogisticRegression(max_iter=1000).fit(plain[0], truth[inside]).decision_function(plain[1])
            results.setdefault(question, []).append(
                (
                    average_precision(truth[outside], chance),
                    auc(truth[outside], chance),
                    calibration_error(truth[outside], chance),
                    average_precision(truth[outside], base),
                    auc(truth[outside], base),
                )
            )
    print(f"{name}: {share:.0%} for training, mean of {seeds} seeds")
    for question, found in results.items():
        mean = np.nanmean(found, axis=0)
        if question == "certain":
            print(f"  called certain {mean[0]:.2f} of all, right {mean[1]:.3f}")
        else:
            print(
                f"  {question}: AP {mean[0]:.3f} AUC {mean[1]:.3f} ECE {mean[2]:.3f}; plain AP {mean[3]:.3f} AUC {mean[4]:.3f}"
            )


def alike(folder: Path, name: str) -> None:
    """How often two texts that share most of their words were given the same label by those who labelled them.

    Near-duplicates that were labelled apart bound what any model can learn (agreement, and the same by chance).
    """
    rows = rows_of(folder, name)
    words = TfidfVectorizer(sublinear_tf=True).fit_transform([str(row["text"]) for row in rows])
    near = (words @ words.T).tocoo()
    pairs = [(a, b) for a, b, v in zip(near.row, near.col, near.data, strict=True) if a < b and v >= ALIKE]
    for question in ("sensitive", "personal"):
        truth = [question in _answers({"label": row["label"]}) for row in rows]
        told = [(truth[a], truth[b]) for a, b in pairs if truth[a] or truth[b]]
        if told:
            both = sum(a and b for a, b in told)
            print(f"  {name} {question}: of {len(told)} near-duplicate pairs with a yes, {both} have two")


def curve(folder: Path, models: Path) -> None:
    """The learning curve: the same tests with less to learn from."""
    for share in (0.1, 0.2, 0.3, 0.4):
        learned(folder, "emails", models, share, seeds=2)
    for share in (0.1, 0.3):
        learned(folder, "reviewed_correspondence", models, share, seeds=1)


def main(folder: Path, *, whole: bool) -> None:
    """Measure all that the folder allows; ``whole`` adds the learning curve and the agreement of near-duplicates."""
    with tempfile.TemporaryDirectory() as held:
        models = Path(held)
        starter(folder, models)
        learned(folder, "emails", models, 0.5)
        learned(folder, "reviewed_correspondence", models, 0.8, seeds=2)
        if whole:
            alike(folder, "emails")
            alike(folder, "reviewed_correspondence")
            curve(folder, models)


if __name__ == "__main__":
    main(Path(sys.argv[1]), whole="--whole" in sys.argv)
