"""What the models read of a document: columns of its words, its themes, its shape, its findings, the starter's view."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.item import Content, Finding, PartKind
from classifier.label_cues import BOOK as CUE_BOOK
from classifier.label_cues import count_cues, opening_cues
from classifier.label_evidence import Evidence, gather
from classifier.label_model import QUESTIONS, Columns, Passages, Verdict, columns, verdict
from classifier.label_rules import RULES, Rule, fired
from classifier.label_text import Floats, Tokens, Vocabulary, hash_term, tokens, vocabulary
from classifier.label_themes import THEMES

FINDING_KINDS = (
    "person_name",
    "email_private",
    "email_work",
    "phone_private",
    "phone_work",
    "address",
    "postcode",
    "date_of_birth",
    "special_category",
    "offence",
    "child",
    "safeguarding",
    "credential",
    "marking:confidential",
    "marking:privileged",
    "marking:draft",
    "marking:exempt",
    "marking:public",
)
_SHAPES = (
    "tokens",
    "opening",
    "share",
    "digits",
    "capitals",
    "asks",
    "shouts",
    "at",
    "money",
    "quoted",
    "lines",
    "web",
)
DENSE = (
    *(f"theme:{name}" for name in THEMES),
    *(f"opening:{name}" for name in THEMES),
    *(f"density:{name}" for name in THEMES),
    *(f"shape:{name}" for name in _SHAPES),
    *(f"finding:{kind}" for kind in FINDING_KINDS),
    *(f"rule:{rule.name}" for rule in RULES),
    *(f"starter:{question}" for question in QUESTIONS),
)
"""Names of the dense features, in order; a model made for others is refused."""

_QUOTED = re.compile(
    r"-{3,}\s*(?:original message|forwarded)|\n\s*(?:from|to|sent)\s*:|\n>|\nOn .{5,80} wrote:|_{20,}", re.IGNORECASE
)
_OPENING = 3000


def opening(text: str) -> str:
    """The newest message of a correspondence, or the first 3,000 characters of anything else."""
    quoted = _QUOTED.search(text, 40, 40 + _OPENING)
    return text[: quoted.start()] if quoted else text[:_OPENING]


def _theme_book() -> tuple[Vocabulary, Floats]:
    hashes = dict.fromkeys(hash_term(word) for words in THEMES.values() for word in words)
    book = vocabulary(np.fromiter(hashes, dtype=np.uint64), bits=17)
    member = np.zeros((len(book.known) + 1, len(THEMES)))
    for n, words in enumerate(THEMES.values()):
        at = book.columns(np.array([hash_term(word) for word in words], dtype=np.uint64))
        member[at[at >= 0], n] = 1.0
    return book, member


_BOOK, _MEMBER = _theme_book()


def themes(where: Columns) -> Floats:
    """How many words of each theme a text holds."""
    total: Floats = _MEMBER[where.single].sum(axis=0) + _MEMBER[where.pair].sum(axis=0)
    return total


@dataclass(frozen=True, slots=True)
class Read:
    """One document as numbers: tokens of all of it and of its opening, evidence, rules that hold, the starter's view."""

    text: str
    tokens: Tokens
    evidence: Evidence
    rules: tuple[Rule, ...]
    verdict: Verdict
    logits: Floats
    where: Columns
    passages: Passages


@dataclass(frozen=True, slots=True)
class Starter:
    """The starter model: passages, and how worst and mean passage are weighed together for each question.

    ``coef`` is (2 questions + 1, questions), ``intercept`` is (questions,).
    """

    passages: Passages
    coef: Floats
    intercept: Floats

    def logits(self, seen: Verdict) -> Floats:
        """One calibrated logit a question for a whole document."""
        value: Floats = (together(seen)[:, None] * self.coef).sum(axis=0) + self.intercept
        return value


def together(seen: Verdict) -> Floats:
    """The features by which worst passage and whole are weighed: both by question, and the logarithm of the length."""
    return np.concatenate((np.clip(seen.worst, -6, 6), np.clip(seen.mean, -6, 6), [np.log(seen.windows)]))


def _by_question(values: Floats) -> Mapping[str, float]:
    return dict(zip(QUESTIONS, values.tolist(), strict=True))


def _small_numbers(text: str) -> float:
    """Whether a table shows counts below five, or says that it does."""
    return float(len(re.findall(r"(?:^|[\s,|;\t])(?:<\s?5|[1-4])(?=[\s,|;\t]|$)", text[:20000])) >= 3)


def _shown(content: Content) -> str:
    """What a reader sees: the text without file properties, whose "Template: Normal" would make every letter a form."""
    shown = "\n\n".join(part.text for part in content.parts if part.text and part.kind is not PartKind.PROPERTY)
    return shown or content.text


def read(starter: Starter, content: Content, findings: Sequence[Finding]) -> Read:
    """Turn one document into numbers, its tokens made once."""
    text = _shown(content)
    found = tokens(text)
    where = columns(starter.passages.vocabulary, found)
    seen = verdict(starter.passages, where)
    logits = starter.logits(seen)
    cues = columns(CUE_BOOK, found)
    counted = count_cues(cues)
    worst = dict(_by_question(seen.worst))
    if counted.get("small numbers", 0) >= 2:
        worst["small"] = _small_numbers(text)
    evidence = gather(
        content,
        text,
        findings,
        (counted, opening_cues(cues)),
        (_by_question(logits), worst),
        len(found.single),
    )
    return Read(text, found, evidence, fired(evidence), seen, logits, where, starter.passages)


def _shape(text: str, first: str, size: int, opened: int) -> list[float]:
    raw = np.frombuffer(text.encode("latin-1", "replace"), dtype=np.uint8)
    long = max(len(raw), 1)
    digits = float(((raw >= ord("0")) & (raw <= ord("9"))).sum()) / long
    capitals = float(((raw >= ord("A")) & (raw <= ord("Z"))).sum()) / long
    return [
        np.log1p(size),
        np.log1p(opened),
        opened / (size + 1),
        digits,
        capitals,
        100 * first.count("?") / (opened + 20),
        100 * first.count("!") / (opened + 20),
        np.log1p(text.count("@")),
        np.log1p(text.count("$") + text.count("£")),
        np.log1p(text.count("\n>") + text.count("Original Message") + text.count("Forwarded by")),
        np.log1p(text.count("\n")),
        np.log1p(text.count("http") + text.count("www.")),
    ]


def dense(seen: Read) -> tuple[Floats, Tokens]:
    """The dense features of a document, in the order of :data:`DENSE`, and the tokens of its opening."""
    first = opening(seen.text)
    opened = tokens(first)
    whole, start = themes(columns(_BOOK, seen.tokens)), themes(columns(_BOOK, opened))
    size = len(seen.tokens.single)
    weak, marks = seen.evidence.weak, seen.evidence.marks
    kinds = [
        float(kind[8:] in marks) if kind.startswith("marking:") else np.log1p(weak.get(kind, 0))
        for kind in FINDING_KINDS
    ]
    held = {rule.name for rule in seen.rules}
    values = np.concatenate(
        (
            np.log1p(whole),
            np.log1p(start),
            whole / np.sqrt(size + 5.0),
            _shape(seen.text, first, size, len(opened.single)),
            kinds,
            [float(rule.name in held) for rule in RULES],
            np.clip(seen.logits, -8, 8),
        )
    )
    return values, opened
