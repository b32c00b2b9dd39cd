"""Learn from the word lists how names are spelled, so that a name on no list is told from a word on no list."""

from __future__ import annotations

import json
from pathlib import Path

from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from classifier.name_lists import groups, sections

PLACE = Path(__file__).parent / "data" / "name_spelling.json"
SMALLEST = 0.12
"""Weights nearer to nought than this are left out."""


def _groups(word: str) -> list[str]:
    return [group.decode() for group in groups(word.encode())]


def examples() -> tuple[list[str], list[int]]:
    """Return words and whether each is a name (1) or not (0); words that are both are left out."""
    names = {
        word.lower()
        for name in ("given_names.txt", "surnames.txt")
        for words in sections(name).values()
        for word in words
        if word.isalpha() and len(word) > 2
    }
    others = {word.lower() for words in sections("not_names.txt").values() for word in words if word.isalpha()}
    others |= {word for words in sections("common_words.txt").values() for word in words if len(word) > 2}
    both = names & others
    words = sorted(names ^ others)
    return words, [int(word in names and word not in both) for word in words]


def train() -> float:
    """Fit the weights, store them as JSON, and return the area under the curve on held-back words (0 to 1)."""
    words, labels = examples()
    vectoriser = CountVectorizer(analyzer=_groups, min_df=4)
    counts = vectoriser.fit_transform(words)
    model = LogisticRegression(C=0.3, max_iter=2000)
    area = float(cross_val_score(model, counts, labels, cv=5, scoring="roc_auc").mean())
    model.fit(counts, labels)
    pairs = zip(vectoriser.get_feature_names_out(), model.coef_[0], strict=True)
    weights = {group: round(float(weight), 2) for group, weight in pairs if abs(weight) >= SMALLEST}
    stored = {"bias": round(float(model.intercept_[0]), 3), "weights": weights}
    PLACE.write_text(json.dumps(stored, separators=(",", ":"), sort_keys=True) + "\n", encoding="ascii")
    return area


if __name__ == "__main__":
    print(f"area under the curve, five folds: {train():.3f}")  # noqa: T201 - a command for developers
