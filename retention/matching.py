"""Suggest a record class from the words of a path: words of the class's name, weighted by how rare they are.

It abstains rather than guesses: an item with no clear class gets the default rule, which only ever asks for a review.
Reasons quote words of the schedule, never of the path beyond them.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

# How much a word counts by the column of the schedule it stands in.
_WEIGHTS = {"keywords": 1.5, "record_class": 1.0, "activity": 0.6, "function": 0.5, "description": 0.5}
_NAME = 1.2  # a word in the file's own name tells a little more than one in a folder above it
_ENOUGH = 0.45  # confidence below which no class is suggested
_SERIOUS = 0.2  # share of a class's words below which it is no rival
_MARGIN = 1.15  # how far the best must lead the second
_KNOWN = 30_000  # folders and sets of words remembered; a crawl meets its folders one after the other
_WORD = re.compile(rb"[a-z]{2,}")
_PATH_WORD = re.compile(rb"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")  # takes TaxiLicences and FOIRequests apart
_COMMON = """the and of or for to by in on with at from as not no other others than its his her this that new old all any per
record records file files document documents form forms data list general copy misc default council held made date under
over both against including until"""
_STOP = frozenset(_COMMON.split())
# Short forms that officers use for folders, and the words of a schedule they stand for.
ALIASES: Mapping[str, str] = {
    "hr": "human resource employee",
    "personnel": "human resource employee",
    "foi": "foi access information request",
    "eir": "eir access information request",
    "sar": "subject access request",
    "dsar": "subject access request",
    "ctax": "council tax",
    "nndr": "nndr business rate",
    "asb": "asb anti social behaviour",
    "dpia": "dpia",
    "cse": "cse sexual exploitation",
    "lac": "looked after child",
    "cla": "looked after child",
    "cp": "child protection",
    "cin": "child need",
    "ehcp": "ehc plan sen",
    "send": "send ehc plan sen",
    "dfg": "disabled facility grant",
    "hmo": "hmo licence",
    "pcn": "penalty charge notice",
    "tpo": "tree preservation order",
    "rtb": "right buy",
    "phv": "taxi private hire",
    "taxis": "taxi private hire driver licence",
    "dbs": "dbs certificate",
    "riddor": "riddor",
    "fsm": "free school meal",
    "dhr": "domestic homicide review",
    "vat": "vat",
    "payroll": "payroll salary pay",
    "blue": "blue",
    "homeless": "homelessness",
    "invoices": "invoice creditor payment",
    "cctv": "cctv recording",
    "minutes": "minute",
}


class Classed(Protocol):
    """What is needed of a rule to match it."""

    @property
    def ref(self) -> str:
        """The rule's reference."""

    @property
    def record_class(self) -> str:
        """The name of the class."""

    @property
    def keywords(self) -> tuple[str, ...]:
        """Words in a path that speak for the class."""


class Scheduled(Protocol):
    """What is needed of a schedule to match against it."""

    @property
    def rules(self) -> Sequence[Classed]:
        """All rules, in order."""

    def __hash__(self) -> int:
        """Stand for one version of the rules."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible class: its reference, how sure from 0 to 1, and the words that speak for it."""

    ref: str
    confidence: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The classes that a path may belong to, best first; ``ref`` is empty when no one of them is clear enough."""

    ref: str
    confidence: float
    reasons: tuple[str, ...]
    ranked: tuple[Candidate, ...] = ()


# Words of the schedule seen in a path, each with the word of the path that stood for it: "hr" alone is one piece of
# evidence, though it stands for three words.
_Seen = frozenset[tuple[str, str]]

_NOTHING: _Seen = frozenset()
ABSTAINED = Candidates("", 0.0, ("no words of the path name a record class",))


@dataclass(slots=True)
class _Index:
    """Which classes each word speaks for, and how strongly; with what was worked out for folders already seen."""

    words: dict[str, dict[str, float]]
    full: dict[str, float]
    aliases: dict[str, tuple[str, ...]]
    folders: dict[bytes, tuple[_Seen, Candidates]] = field(default_factory=dict)
    judged: dict[tuple[_Seen, _Seen], Candidates] = field(default_factory=dict)


def match(schedule: Scheduled, path: bytes, text_class: str | None = None) -> Candidates:
    """Suggest a class for a path; a class that a reader of the text suggests joins in as strong evidence."""
    index = _index(schedule)
    folder, _, name = path.rpartition(b"/")
    known = index.folders.get(folder)
    if known is None:
        words = frozenset(_words(index, folder))
        known = (words, _remembered(index, words, _NOTHING))
        if len(index.folders) >= _KNOWN:
            index.folders.clear()
        index.folders[folder] = known
    named = frozenset(_words(index, name))
    found = _remembered(index, known[0], named) if named else known[1]
    return found if text_class is None else _with_text(index, found, text_class)


def _remembered(index: _Index, folder: _Seen, name: _Seen) -> Candidates:
    found = index.judged.get((folder, name))
    if found is None:
        if len(index.judged) >= _KNOWN:
            index.judged.clear()
        found = _judge(index, folder, name)
        index.judged[folder, name] = found
    return found


def _with_text(index: _Index, found: Candidates, ref: str) -> Candidates:
    if ref not in index.full:
        return found
    if found.ref and found.ref != ref:
        both = (Candidate(ref, 0.5, ("the text suggests it",)), *found.ranked)
        return Candidates("", 0.0, ("the path and the text suggest different classes",), both)
    sure = max(found.confidence, 0.6)
    return Candidates(ref, sure, (*(found.reasons if found.ref else ()), "the text suggests it"), found.ranked)


def _words(index: _Index, text: bytes) -> Iterable[tuple[str, str]]:
    for raw in _PATH_WORD.findall(text):
        word = raw.decode("ascii").lower()
        alias = index.aliases.get(word)
        if alias:
            yield from ((other, word) for other in alias)
        stem = _stem(word)
        if stem in index.words:
            yield stem, word


def _judge(index: _Index, folder: _Seen, name: _Seen) -> Candidates:
    if not folder and not name:
        return ABSTAINED
    origins: dict[str, set[str]] = defaultdict(set)
    for word, origin in folder | name:
        origins[word].add(origin)
    named = {word for word, _ in name}
    scores: dict[str, float] = defaultdict(float)
    for word in sorted(origins):  # in order, because sums of floats depend on it and decisions must not
        place = _NAME if word in named else 1.0
        for ref, weight in index.words[word].items():
            scores[ref] += weight * place
    rated = []
    for ref, score in scores.items():
        cover = score / index.full[ref]
        if cover >= _SERIOUS:
            rated.append((-score * min(1.0, cover), ref))
    rated.sort()
    if not rated:
        return ABSTAINED
    ranked = tuple(Candidate(ref, _cover(index, ref, scores[ref]), _said(index, ref, origins)) for _, ref in rated[:3])
    first = ranked[0]
    evidence = set().union(*(origins[word] for word in first.reasons))
    if first.confidence < _ENOUGH or len(evidence) < 2:
        return Candidates("", first.confidence, ("too few words of the path name one record class",), ranked)
    if len(rated) > 1 and rated[0][0] > _MARGIN * rated[1][0]:  # both negative
        return Candidates("", first.confidence, ("two record classes fit the path about as well",), ranked)
    reasons = (f"words of the class in the path: {', '.join(first.reasons)}",)
    return Candidates(first.ref, first.confidence, reasons, ranked)


def _cover(index: _Index, ref: str, score: float) -> float:
    return round(min(1.0, score / index.full[ref]), 3)


def _said(index: _Index, ref: str, words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(word for word in words if ref in index.words[word]))


@lru_cache(maxsize=4)
def _index(schedule: Scheduled) -> _Index:
    table = {rule.ref: _weighed(rule) for rule in schedule.rules if not rule.ref.startswith("GEN-")}
    spread: dict[str, int] = defaultdict(int)
    for weights in table.values():
        for word in weights:
            spread[word] += 1
    words: dict[str, dict[str, float]] = defaultdict(dict)
    full = {}
    for ref, weights in table.items():
        total = 0.0
        for word, (weight, names_class) in weights.items():
            value = weight * math.log((1 + len(table)) / spread[word])
            words[word][ref] = value
            total += value if names_class else 0.0
        full[ref] = max(total, 1.0)
    aliases = {short: tuple(word for word in long.split() if word in words) for short, long in ALIASES.items()}
    return _Index(dict(words), full, {short: long for short, long in aliases.items() if long})


def _weighed(rule: Classed) -> dict[str, tuple[float, bool]]:
    """Give each word of a rule the weight of its best column, and say whether it stands in the class's own name."""
    found: dict[str, tuple[float, bool]] = {}
    columns = {name: getattr(rule, name) for name in _WEIGHTS if name != "keywords"}
    columns["keywords"] = " ".join(rule.keywords)
    for name, weight in _WEIGHTS.items():
        for raw in _WORD.findall(columns[name].lower().encode("ascii", "ignore")):
            word = raw.decode("ascii")
            stem = _stem(word)
            if word in _STOP or stem in _STOP:
                continue
            before = found.get(stem, (0.0, False))
            found[stem] = (max(before[0], weight), before[1] or name == "record_class")
    return found


def _stem(word: str) -> str:
    """Take the plural off a word, no more: 'licences' and 'licence', 'enquiries' and 'enquiry' are one."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
