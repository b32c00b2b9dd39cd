"""The starter corpus: documents that we make, seeded, in the styles of many writers, over every council service.

Sentences come from ``positives.txt`` and ``negatives.txt`` beside this file; the people and facts in them are invented
and every identifier is from a reserved range. Groups are topics, so that held-back folds test on topics never seen.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from classifier.starter import people

_HERE = Path(__file__).parent
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of writing: its labels, its flags, its usual layout and its sentences with slots in braces."""

    name: str
    labels: frozenset[str]
    flags: frozenset[str]
    style: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One made document: text, the questions it answers with yes, and the topic it came from."""

    id: str
    text: str
    labels: frozenset[str]
    group: str


@cache
def topics() -> tuple[Topic, ...]:
    """All topics of both files, in order."""
    found = []
    for file in ("positives.txt", "negatives.txt"):
        for block in (_HERE / file).read_text(encoding="utf-8").split("\n= ")[1:]:
            head, *lines = block.splitlines()
            name, labels, flags, style = (cell.strip() for cell in head.split("|"))
            kept = tuple(line for line in lines if line and not line.startswith("#"))
            found.append(Topic(name, frozenset(labels.split()), frozenset(flags.split()), style, kept))
    return tuple(found)


def _fill(sentence: str, values: dict[str, str], rng: random.Random) -> str:
    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name == "l" and rng.random() < 0.7:
            return people.person(rng)[1]
        return str(rng.randint(2, 120)) if name == "num" else values[name]

    return _SLOT.sub(value, sentence)


def _note(lines: list[str], values: dict[str, str], rng: random.Random) -> str:
    if rng.random() < 0.5:
        return "\n".join(f"{values['date']} {values['time']} {line}" for line in lines)
    return f"Case note {values['ref']}\n\n" * (rng.random() < 0.5) + " ".join(lines)


def _letter(lines: list[str], values: dict[str, str], rng: random.Random) -> str:
    opening = rng.choice(("Dear Sir or Madam", f"Dear {values['f']}", "To whom it may concern"))
    return f"{values['date']}\n\n{opening}\n\n" + "\n\n".join(lines) + f"\n\nYours {rng.choice(('sincerely', 'truly'))}"


def _email(lines: list[str], values: dict[str, str], rng: random.Random) -> str:
    sender = f"From: {values['p2']}\nSent: {values['date']} {values['time']}\nTo: {values['p']}\n" * (
        rng.random() < 0.5
    )
    words = " ".join(lines[0].split()[: rng.randint(1, 5)])
    return f"{sender}Subject: {rng.choice(('RE: ', 'FW: ', ''))}{words}\n\n" + "\n".join(lines)


def _report(lines: list[str], values: dict[str, str], rng: random.Random) -> str:
    start = rng.randint(1, 6)
    numbered = [f"{start}.{n} {line}" for n, line in enumerate(lines, 1)] if rng.random() < 0.6 else lines
    head = rng.choice(("REPORT", "Summary", "1. Introduction", f"Report of the director, {values['date']}", "BRIEFING"))
    return f"{head}\n\n" + "\n\n".join(numbered)


def _minutes(lines: list[str], _: dict[str, str], rng: random.Random) -> str:
    start = rng.randint(1, 40)
    return "\n".join(f"{n}. {line}" if rng.random() < 0.5 else line for n, line in enumerate(lines, start))


def _table(lines: list[str], values: dict[str, str], rng: random.Random) -> str:
    mark = rng.choice(("\t", ",", " | "))
    return "\n".join(mark.join(line.split(", ")) for line in lines) + f"\n{values['date']}" * (rng.random() < 0.3)


def _slides(lines: list[str], _: dict[str, str], rng: random.Random) -> str:
    bullet = rng.choice(("- ", "* ", ""))
    return "\n".join(bullet + line for line in lines)


_STYLES: Mapping[str, Callable[[list[str], dict[str, str], random.Random], str]] = {
    "note": _note,
    "letter": _letter,
    "email": _email,
    "report": _report,
    "minutes": _minutes,
    "table": _table,
    "slides": _slides,
    "form": _slides,
    "web": _slides,
    "policy": _report,
    "story": lambda lines, _, __: " ".join(lines),
}
_PROSE = ("note", "letter", "email", "report", "story", "minutes")


def _noise(text: str, rng: random.Random) -> str:
    """What scanners and hasty writers do: all lower case, all capitals, or a letter lost now and then; no digit."""
    kind = rng.random()
    if kind < 0.06:
        return text.lower()
    if kind < 0.09:
        return text.upper()
    if kind < 0.16:
        return "".join(c for c in text if rng.random() > 0.01 or c.isdigit())
    return text


def passage(topic: Topic, rng: random.Random, other: Topic | None = None, origin: str | None = None) -> str:
    """One stretch of writing on a topic, two to nine sentences in a random order, perhaps among another topic's."""
    values = people.facts(rng, origin)
    lines = rng.sample(topic.sentences, min(len(topic.sentences), rng.randint(2, 9)))
    if other is not None:
        lines += rng.sample(other.sentences, min(len(other.sentences), rng.randint(1, 4)))
        rng.shuffle(lines)
    style = topic.style if rng.random() < 0.6 or topic.style in {"table", "form"} else rng.choice(_PROSE)
    return _noise(_STYLES[style]([_fill(line, values, rng) for line in lines], values, rng), rng)


def rows(seed: int, each: int = 60) -> Iterator[Row]:
    """``each`` passages a topic, the same for the same seed; a fifth of the positives stand among routine writing."""
    rng = random.Random(seed)  # noqa: S311 - a repeatable corpus, nothing secret
    routine = [topic for topic in topics() if not topic.labels]
    for topic in topics():
        for n in range(each):
            other = rng.choice(routine) if rng.random() < 0.25 else None
            text = passage(topic, rng, other)
            yield Row(f"{topic.name}-{n}", text, topic.labels | topic.flags, topic.name)


def prose() -> Iterator[str]:
    """Every sentence without its slots: the words we wrote, and no name."""
    for topic in topics():
        for sentence in topic.sentences:
            yield _SLOT.sub(" \n ", sentence)
    yield "case note report summary introduction briefing dear sir madam yours sincerely truly from sent to subject re fw"
