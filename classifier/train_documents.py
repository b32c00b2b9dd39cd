"""Made documents of every length, and the small model that weighs worst passage against whole for each question."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from classifier.starter import make


@dataclass(frozen=True, slots=True)
class Made:
    """A made document of one or many passages: its text, its labels and flags, its topic."""

    text: str
    labels: frozenset[str]
    group: str


def _kin(topic: make.Topic, every: Sequence[make.Topic]) -> list[make.Topic]:
    return [other for other in every if other.labels | other.flags == topic.labels | topic.flags]


def documents(seed: int, each: int = 14) -> list[Made]:
    """``each`` documents a topic of 1 to 12 passages, and as many long routine ones of up to 150."""
    rng = random.Random(seed)  # noqa: S311 - a repeatable corpus, nothing secret
    every = make.topics()
    routine = [topic for topic in every if not topic.labels]
    made = []
    for topic in every:
        kin = _kin(topic, every) if topic.labels else routine
        for _ in range(each):
            long = rng.choice((1, 1, 2, 3, 5, 8, 12)) if topic.labels else rng.choice((1, 3, 8, 20, 60, 150))
            chosen = [topic] + [rng.choice(kin) if rng.random() < 0.5 else topic for _ in range(long - 1)]
            if topic.labels and rng.random() < 0.3:
                chosen += [rng.choice(routine) for _ in range(max(1, long // 3))]
            texts = [make.passage(part, rng) for part in chosen]
            made.append(Made("\n\n".join(texts), topic.labels | topic.flags, topic.name))
    return made
