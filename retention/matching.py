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
from types import MappingProxyType
from typing import Protocol

# How much a word counts by the column of the schedule it stands in.
_WEIGHTS = {"keywords": 1.5, "record_class": 1.0, "activity": 0.6, "function": 0.5, "description": 0.5}
_NAME = 1.2  # a word in the file's own name tells a little more than one in a folder above it
_ENOUGH = 0.45  # confidence below which no class is suggested
_SERIOUS = 0.2  # share of a class's words below which it is no rival
_MARGIN = 1.15  # how far the best must lead the second
_KNOWN = 30_000  # folders and sets of words remembered; a crawl meets its folders one after the other
_HALF = 32  # bits for the number of a set of words: a key is the folder's and the name's side by side
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
class Index:
    """Which classes each word speaks for, and how strongly; with what was worked out for words and folders already seen.

    ``key`` boils a path down to a number: paths with the same number name the same words, and get the same candidates.
    """

    words: dict[str, dict[str, float]]
    full: dict[str, float]
    aliases: dict[str, tuple[str, ...]]
    _pieces: dict[bytes, _Seen] = field(default_factory=dict)
    _folders: dict[bytes, int] = field(default_factory=dict)
    _spoken: dict[tuple[bytes, ...], int] = field(default_factory=dict)
    _numbers: dict[_Seen, int] = field(default_factory=dict)
    _sets: dict[int, _Seen] = field(default_factory=lambda: {0: _NOTHING})
    _judged: dict[int, Candidates] = field(default_factory=dict)
    _next: int = 1
    # What the words of the last folder add up to; items come folder by folder.
    _last: tuple[int, Mapping[str, float]] = (0, MappingProxyType({}))

    def key(self, path: bytes) -> int:
        """Return the number of the words that a path names; it means the same for as long as the index lives."""
        folder, _, name = path.rpartition(b"/")
        known = self._folders.get(folder)
        if known is None:
            if len(self._folders) >= _KNOWN or len(self._numbers) >= _KNOWN:
                self._forget()
            known = self._folders[folder] = self._number(folder)
        return known << _HALF | self._number(name)

    def candidates(self, key: int) -> Candidates:
        """Return the candidates of a path that has just been given this number."""
        found = self._judged.get(key)
        if found is None:
            if len(self._judged) >= _KNOWN:
                self._judged.clear()
            above, name = key >> _HALF, self._sets[key & (1 << _HALF) - 1]
            if self._last[0] != above:
                self._last = (above, _sums(self, self._sets[above]))
            found = self._judged[key] = _judge(self, self._sets[above], name, self._last[1])
        return found

    def _number(self, text: bytes) -> int:
        spoken = tuple(_PATH_WORD.findall(text))
        known = self._spoken.get(spoken)
        if known is None:
            if len(self._spoken) >= _KNOWN:
                self._spoken.clear()
            known = self._spoken[spoken] = self._numbered(_NOTHING.union(*map(self._piece, spoken)))
        return known

    def _numbered(self, named: _Seen) -> int:
        known = self._numbers.get(named) if named else 0
        if known is None:
            known = self._numbers[named] = self._next
            self._sets[known] = named
            self._next += 1
        return known

    def _piece(self, raw: bytes) -> _Seen:
        found = self._pieces.get(raw)
        if found is None:
            if len(self._pieces) >= _KNOWN:
                self._pieces.clear()
            found = self._pieces[raw] = frozenset(_words(self, raw))
        return found

    def _forget(self) -> None:
        """Forget words and folders, but never give a number twice: whoever keeps one must not be misled."""
        self._folders.clear()
        self._spoken.clear()
        self._numbers.clear()
        self._sets = {0: _NOTHING}


def match(schedule: Scheduled, path: bytes, text_class: str | None = None) -> Candidates:
    """Suggest a class for a path; a class that a reader of the text suggests joins in as strong evidence."""
    found = index(schedule)
    candidates = found.candidates(found.key(path))
    return candidates if text_class is None else _with_text(found, candidates, text_class)


def _with_text(index: Index, found: Candidates, ref: str) -> Candidates:
    if ref not in index.full:
        return found
    if found.ref and found.ref != ref:
        both = (Candidate(ref, 0.5, ("the text suggests it",)), *found.ranked)
        return Candidates("", 0.0, ("the path and the text suggest different classes",), both)
    sure = max(found.confidence, 0.6)
    return Candidates(ref, sure, (*(found.reasons if found.ref else ()), "the text suggests it"), found.ranked)


def _words(index: Index, raw: bytes) -> Iterable[tuple[str, str]]:
    word = raw.decode("ascii").lower()
    alias = index.aliases.get(word)
    if alias:
        yield from ((other, word) for other in alias)
    stem = _stem(word)
    if stem in index.words:
        yield stem, word


def _sums(index: Index, seen: _Seen) -> dict[str, float]:
    """Add up what the words of a folder say for each class."""
    sums: dict[str, float] = {}
    for word in sorted({word for word, _ in seen}):  # in order: sums of floats depend on it and decisions must not
        for ref, weight in index.words[word].items():
            sums[ref] = sums.get(ref, 0.0) + weight
    return sums


def _judge(index: Index, folder: _Seen, name: _Seen, sums: Mapping[str, float]) -> Candidates:
    if not folder and not name:
        return ABSTAINED
    scores = dict(sums)
    above = {word for word, _ in folder}
    for word in sorted({word for word, _ in name}):
        more = _NAME - 1.0 if word in above else _NAME
        for ref, weight in index.words[word].items():
            scores[ref] = scores.get(ref, 0.0) + weight * more
    full = index.full
    least = [(ref, score, score / full[ref]) for ref, score in scores.items() if score >= _SERIOUS * full[ref]]
    rated = sorted((-score * min(1.0, cover), ref) for ref, score, cover in least)
    origins: dict[str, set[str]] = defaultdict(set)
    for word, origin in folder | name:
        origins[word].add(origin)
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


def _cover(index: Index, ref: str, score: float) -> float:
    return round(min(1.0, score / index.full[ref]), 3)


def _said(index: Index, ref: str, words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(word for word in words if ref in index.words[word]))


@lru_cache(maxsize=4)
def index(schedule: Scheduled) -> Index:
    """Return the words of a schedule, weighed; made once for each version."""
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
    return Index(dict(words), full, {short: long for short, long in aliases.items() if long})


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
