"""Content and Findings → Label: two questions, their probabilities, flags, a tier, and reasons a person can read.

Firm rules and a model work together. A rule or a marking only raises; the model flags by itself only far above its
threshold; between the thresholds an answer is *uncertain* and goes to a person. Nothing here imports scikit-learn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from classifier.item import Completeness, Content, Finding, Flag, Label, Part, Primary, Tier
from classifier.label_canary import CANARIES
from classifier.label_evidence import Evidence
from classifier.label_features import DENSE, Read, Starter, read
from classifier.label_learned import Band, Council, chance_right, from_register
from classifier.label_model import QUESTIONS, sigmoid
from classifier.label_names import by_name, raise_to
from classifier.label_words import found_words, top_words
from classifier.register import ModelRefusedError
from classifier.register import read as read_register

__all__ = ["Card", "Judge", "ModelRefusedError", "by_name", "canary", "explain", "load", "raise_to"]

_FIRM = 0.97
"""Probability that a firm rule gives to its question."""
_LIKELY = 0.5
"""Chance from which the starter model's *sensitive* is believed, where findings show what the law protects told of a person."""
_CROWD = 500
"""Distinct people above which ordinary personal data rises one tier (the explicit aggregation rule)."""
_TIERS = {
    Flag.SENSITIVE: Tier.T3,
    Flag.PERSONAL: Tier.T2,
    Flag.SPECIAL: Tier.T3,
    Flag.OFFENCE: Tier.T3,
    Flag.CHILD: Tier.T3,
    Flag.DECEASED: Tier.T3,
    Flag.CREDENTIALS: Tier.T4,
}
_S, _P = QUESTIONS.index("sensitive"), QUESTIONS.index("personal")


@dataclass(frozen=True, slots=True)
class Judge:
    """A loaded model and the firm rules: judges contents, holds no document.

    ``bands`` give for each question what counts as no, uncertain and yes; ``council`` is what was learned here, if any.
    """

    version: str
    starter: Starter
    bands: dict[str, Band]
    council: Council | None = None

    def judge(self, content: Content, findings: Sequence[Finding]) -> Label:
        """Label one document from its parts and its findings (offsets into ``content.text``)."""
        return self._label(content, read(self.starter, content, findings))

    def judge_text(self, text: str, findings: Sequence[Finding] = ()) -> Label:
        """Label one plain text: the same as a document of one body part."""
        return self.judge(Content("text", (Part("text", text),), "text", Completeness.FULL), findings)

    def judge_many(self, documents: Sequence[tuple[Content, Sequence[Finding]]]) -> tuple[Label, ...]:
        """Label many documents, in order. Vectorising is per text in numpy, so a batch costs no less than its parts."""
        return tuple(self.judge(content, findings) for content, findings in documents)

    def probabilities(self, seen: Read) -> dict[str, float]:
        """Both questions' calibrated probabilities before firm rules: the council's own model where it learned one."""
        found = {name: float(sigmoid(seen.logits)[at]) for name, at in (("sensitive", _S), ("personal", _P))}
        return found | (self.council.probabilities(seen) if self.council else {})

    def _label(self, content: Content, seen: Read) -> Label:
        raw = self.probabilities(seen)
        flags, tier, because = _from_rules(seen)
        doubts = set()
        for name, flag in (("sensitive", Flag.SENSITIVE), ("personal", Flag.PERSONAL)):
            learned = self.council is not None and name in self.council.models
            verdict = self._answer(name, raw[name], seen, learned=learned)
            if verdict is None and not learned:
                doubts.add(name)
            if verdict and flag not in flags:
                flags |= {flag}
                because.append(f"The model is {raw[name]:.0%} sure that it is {name}.")
        flags |= _small_flags(seen.evidence, flags)
        if self.council is None:
            uncertain = bool(doubts) and Flag.SENSITIVE not in flags
        else:
            uncertain = bool(doubts) or self._unsure(self.council, raw, flags)
        if uncertain or content.completeness is not Completeness.FULL:
            flags |= {Flag.UNCERTAIN}
        sensitive, personal = self._shown(raw, flags)
        tier = _tier(seen.evidence, flags, tier)
        return Label(
            _primary(flags), tier, sensitive, personal, frozenset(flags), self._by(seen), _reasons(seen, flags, because)
        )

    def _answer(self, name: str, chance: float, seen: Read, *, learned: bool) -> bool | None:
        """Yes, no, or None for uncertain; without a model of its own a council's public papers are never flagged."""
        band = self.bands[name]
        if learned and self.council is not None:
            return chance >= self.council.flags[name]
        if seen.evidence.general:
            return False
        supported = name == "sensitive" or seen.evidence.contacts or seen.evidence.strong or seen.evidence.weak
        enough = min(band.flag, _LIKELY) if name == "sensitive" and seen.evidence.told else band.flag
        if chance >= enough and supported and not seen.evidence.opening.get("public paper"):
            return True
        return False if chance <= band.no else None

    @staticmethod
    def _unsure(council: Council, raw: dict[str, float], flags: set[Flag]) -> bool:
        """Whether what was learned leaves too much doubt about the label shown, whoever set it."""
        chances = {name: raw[name] for name in council.models}
        return chance_right(chances, {flag.value for flag in flags}) < council.certain

    def _shown(self, raw: dict[str, float], flags: set[Flag]) -> tuple[float, float]:
        shown = []
        for name, flag in (("sensitive", Flag.SENSITIVE), ("personal", Flag.PERSONAL)):
            learned = self.council is not None and name in self.council.models
            shown.append(max(raw[name], _FIRM) if flag in flags and not learned else raw[name])
        return shown[0], shown[1]

    def _by(self, seen: Read) -> str:
        return f"rule:{seen.rules[0].name}" if seen.rules and self.council is None else f"model:{self.version}"


def _from_rules(seen: Read) -> tuple[set[Flag], Tier, list[str]]:
    flags: set[Flag] = set()
    tier = Tier.T0
    for rule in seen.rules:
        flags |= rule.flags
        tier = max(tier, rule.tier)
    return flags, tier, [rule.because for rule in seen.rules]


def _small_flags(e: Evidence, flags: set[Flag]) -> set[Flag]:
    """Flags that colour a label: what the findings and marks show, given what is flagged already."""
    found = set()
    if flags & {Flag.SENSITIVE, Flag.PERSONAL}:
        told = {Flag.SPECIAL: "special_category", Flag.OFFENCE: "offence", Flag.CHILD: "child"}
        found |= {flag for flag, kind in told.items() if e.weak.get(kind) and e.logit[flag.value] > 0 and not e.general}
        if found & {Flag.SPECIAL, Flag.OFFENCE, Flag.CHILD}:
            found.add(Flag.PERSONAL)
    elif any(
        e.weak.get(kind)
        for kind in ("person_name", "email_work", "phone_work", "email_private", "phone_private", "address")
    ):
        found.add(Flag.INCIDENTAL)
    if {"draft", "interim"} & e.marks:
        found.add(Flag.DRAFT)
    if e.public and not e.marks & {"confidential", "exempt", "official-sensitive"}:
        found.add(Flag.PUBLISHED)
    if e.fixtures:
        found.add(Flag.FIXTURE)
    if e.hidden or e.hidden_rows:
        found |= {Flag.HIDDEN} | _hidden(e)
    return found


def _hidden(e: Evidence) -> set[Flag]:
    """What hidden rows and caches hold counts as much as what is seen; a full staff list there is personal data."""
    if e.hidden_rows >= 20 or e.hidden >= 3:
        health = e.weak.get("special_category") or e.cue("health") or e.cue("sickness")
        return {Flag.PERSONAL} | ({Flag.SPECIAL} if health else set())
    return set()


def _tier(e: Evidence, flags: set[Flag], tier: Tier) -> Tier:
    tier = max([tier, Tier.T1, *(_TIERS[flag] for flag in flags if flag in _TIERS)])
    if tier is Tier.T2 and e.people > _CROWD:
        tier = Tier.T3
    if Flag.HIDDEN in flags and Flag.PERSONAL in flags:
        tier = max(tier, Tier.T3)
    case = e.person and e.logit["personal"] > 0 and not e.general
    grave = e.weak.get("safeguarding", 0) >= (1 if case else 2) and (case or e.logit["grave"] > 2)
    if Flag.SENSITIVE in flags and grave and Flag.DECEASED not in flags:
        tier = max(tier, Tier.T4)
    if Flag.PUBLISHED in flags and Flag.SENSITIVE not in flags and tier <= Tier.T3:
        tier = Tier.T0
    return tier


def _primary(flags: set[Flag]) -> Primary:
    if Flag.SENSITIVE in flags:
        return Primary.SENSITIVE
    return Primary.PERSONAL if Flag.PERSONAL in flags else Primary.OFFICIAL


def _reasons(seen: Read, flags: set[Flag], because: list[str]) -> tuple[str, ...]:
    lines = list(dict.fromkeys(because))
    lines += found_words(seen.evidence)
    if flags & {Flag.SENSITIVE, Flag.PERSONAL, Flag.UNCERTAIN}:
        words = top_words(seen, "sensitive" if Flag.SENSITIVE in flags else "personal")
        lines += [f"Words that weighed for it: {', '.join(words[0])}."] if words[0] else []
    if not flags & {Flag.SENSITIVE, Flag.PERSONAL}:
        lines.append("Official (incidental names)." if Flag.INCIDENTAL in flags else "Nothing in it stands out.")
    if Flag.UNCERTAIN in flags:
        lines.append("The judgement is not certain: a person should look.")
    return tuple(lines)


def load(folder: Path) -> Judge:
    """Read a model folder.

    Raises:
        ModelRefusedError: Anything in the folder differs from its register; the message says what to do.
    """
    stored = read_register(folder, DENSE)
    try:
        starter, bands, council = from_register(stored)
    except (KeyError, ValueError, IndexError) as error:
        raise ModelRefusedError("The model lacks a part; run 'strongroom train' to make it anew.") from error
    return Judge(stored.version, starter, bands, council)


def canary(judge: Judge) -> tuple[str, ...]:
    """Judge the canary documents; returns one sentence for each wrong answer, nothing when all is well."""
    faults = []
    for probe in CANARIES:
        label = judge.judge_text(probe.text, probe.findings)
        flagged = label.primary is not Primary.OFFICIAL or Flag.UNCERTAIN in label.flags
        if flagged != probe.flagged or label.tier < probe.least:
            faults.append(f"Canary '{probe.name}' was judged {label.primary} T{int(label.tier)}.")
    return tuple(faults)


@dataclass(frozen=True, slots=True)
class Card:
    """Why a document has its label: words for and against, findings by kind, marking, and what would have changed it."""

    label: Label
    words_for: tuple[str, ...]
    words_against: tuple[str, ...]
    findings: tuple[str, ...]
    markings: tuple[str, ...]
    rules: tuple[str, ...]
    changed: tuple[str, ...]


def explain(judge: Judge, content: Content, findings: Sequence[Finding]) -> Card:
    """Explain the label of a document; holds words of the public list, kinds and counts, never a value."""
    seen = read(judge.starter, content, findings)
    label = judge.judge(content, findings)
    question = "personal" if label.primary is Primary.PERSONAL else "sensitive"
    words = top_words(seen, question)
    return Card(
        label,
        words[0],
        words[1],
        tuple(found_words(seen.evidence)),
        tuple(sorted(seen.evidence.marks)),
        tuple(rule.name for rule in seen.rules),
        _changes(judge, content, findings, label),
    )


def _changes(judge: Judge, content: Content, findings: Sequence[Finding], label: Label) -> tuple[str, ...]:
    """What the label would be without each kind of finding: the counterfactuals a reader asks for first."""
    told = []
    for kind in dict.fromkeys(f.kind for f in findings):
        other = judge.judge(content, [f for f in findings if f.kind != kind])
        if (other.primary, other.tier) != (label.primary, label.tier):
            told.append(f"Without {kind} it would be {other.primary} T{int(other.tier)}.")
    return tuple(told)
