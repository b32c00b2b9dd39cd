"""Evidence: what the findings, the cues, the parts and the starter model say of one document, gathered once for all rules."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from classifier.item import Content, Finding, PartKind
from classifier.patterns import STRONG

PROTECTED = ("safeguarding", "special_category", "offence", "child")
"""Kinds of vocabulary near a person by which a text tells what the law protects."""
SURE = 0.7
"""Score from which a finding counts as good."""
_FORM = 20_000
"""Characters in which blank fields are looked for."""
_FIELDS = ("insert", "name", "date", "address", "matter", "amount", "job title", "ref", "sign")
_SPOKEN = frozenset(
    f"marking:{name}" for name in ("official-sensitive", "secret", "confidential", "restricted", "protect")
)
_MEANS = re.compile(
    r"[ \t]+(?:(?:is|are) (?:for|used|what|only|not)|needs?|means?|should|must not|covers|applies|requires?|when|if|"
    r"(?:documents?|information|material|e-?mails?) (?:must|should|needs?|is|are))\b"
)
_CALLED = re.compile(
    r"[a-z]+ (?:marked|labelled|classified|classed|designated)(?: as)?[\s\"'“‘:]+$|\b(?:marking|label|word) (?:of |is )?[\"'“‘]?$"
)
_OF_THIS = re.compile(r"\bthis (?:document|report|paper|e-?mail|file|letter|note|message)\b[^.\n]*$", re.IGNORECASE)
_PART = re.compile(r"part (?:2|ii|b)[ -:.]*", re.IGNORECASE)
_TITLED = re.compile(r"[ \t]*[:.–-]?[ \t]*\w")
_EXEMPTED = re.compile(r"exempt|confidential|not for publication|private|excluded|schedule 12|pink", re.IGNORECASE)
BANNER = 0.7
"""Score from which a marking counts as a banner; the detector scores running text and false twins lower."""


@dataclass(frozen=True)  # no slots: some forty rules ask the same few questions, which are answered once
class Evidence:
    """All that rules look at; counts are of distinct values, ``logit`` is the starter model's by question.

    ``weak`` also counts findings below :data:`SURE`; ``marks`` are banner markings, ``mentions`` the weaker ones.
    ``cues`` and ``opening`` count different cues. ``words`` is the number of tokens, ``blanks`` of unfilled fields.
    """

    found: Mapping[str, int]
    weak: Mapping[str, int]
    fixtures: int
    marks: frozenset[str]
    mentions: frozenset[str]
    cues: Mapping[str, int]
    opening: Mapping[str, int]
    logit: Mapping[str, float]
    worst: Mapping[str, float]
    words: int
    blanks: int
    money: int
    form: str
    hidden: int
    hidden_rows: int

    def cue(self, name: str) -> int:
        """How many different cues of a list occur in the document."""
        return self.cues.get(name, 0)

    @cached_property
    def strong(self) -> int:
        """Distinct strong identifiers."""
        return sum(count for kind, count in self.found.items() if kind in STRONG)

    @cached_property
    def contacts(self) -> int:
        """Different kinds of private contact detail."""
        return sum(1 for kind in ("email_private", "phone_private", "address") if self.found.get(kind))

    @cached_property
    def person(self) -> bool:
        """Whether somebody in particular is there: a name, an identifier, a private contact, a date of birth."""
        return bool(self.strong or self.contacts or self.weak.get("person_name") or self.found.get("date_of_birth"))

    @cached_property
    def told(self) -> bool:
        """Whether what the law protects is told of somebody, or an inquiry's interim paper names somebody.

        Health beside the vocabulary of staff absence does not count: it is personal, not sensitive.
        """
        reads = self.person or self.logit["personal"] > 1
        sick = self.cue("sickness") >= 2
        kinds = sum(bool(self.weak.get(kind)) for kind in PROTECTED if not (sick and kind == "special_category"))
        return self.logit["personal"] > 0 and ((reads and kinds > 0) or ("interim" in self.marks and self.person))

    @cached_property
    def public(self) -> bool:
        """Whether it looks published: a public banner, or the opening and the whole of a public paper."""
        if "public" in self.marks:
            return True
        said = self.cue("public paper")
        return (self.opening.get("public paper", 0) >= 1 and said >= 2) or (said >= 3 and self.logit["sensitive"] < -1)

    @cached_property
    def guide(self) -> bool:
        """Whether it speaks of such matters in general: a policy, a notice, a training deck."""
        said = self.opening.get("guide", 0)
        return not self.strong and (said >= 2 or (said == 1 and self.logit["sensitive"] < 1))

    @cached_property
    def template(self) -> bool:
        """Whether it is a form or letter that nobody has filled in."""
        said = self.opening.get("template", 0)
        unlikely = max(self.logit["sensitive"], self.logit["personal"]) < 0
        return (self.blanks >= 2 or said >= 2 or (said == 1 and unlikely)) and not (self.strong or self.contacts)

    @cached_property
    def general(self) -> bool:
        """A false twin of a sensitive document: public, a guide or a template."""
        return self.public or self.guide or self.template

    @property
    def people(self) -> int:
        """Distinct people, by the kind of detail that names most."""
        kinds = ("person_name", "email_private", "phone_private", "nino", "nhs_number", "date_of_birth", "address")
        return max((self.found.get(kind, 0) for kind in kinds), default=0)


def _distinct(findings: Sequence[Finding]) -> Counter[str]:
    # Sorted, since the order of a set of strings changes from process to process and reasons must not.
    return Counter(kind for kind, _ in sorted({(f.kind, f.group) for f in findings}))


def _hidden_spans(content: Content) -> list[tuple[int, int]]:
    spans, at = [], 0
    for part in content.parts:
        if not part.text:
            continue
        if part.hidden or part.kind is PartKind.DELETED:
            spans.append((at, at + len(part.text)))
        at += len(part.text) + 2
    return spans


def _noted_rows(content: Content) -> int:
    named = [note.partition(":") for note in content.notes]
    return sum(
        int(n) if n.isdigit() else 1 for name, _, n in named if name in {"hidden-sheet", "pivot-cache", "hidden-rows"}
    )


def gather(
    content: Content,
    text: str,
    findings: Sequence[Finding],
    cues: tuple[Mapping[str, int], Mapping[str, int]],
    logits: tuple[Mapping[str, float], Mapping[str, float]],
    words: int,
) -> Evidence:
    """Put together what is known of one document; ``cues`` and ``logits`` are for the whole, then opening or worst passage."""
    marked = [f for f in findings if f.kind.startswith("marking:")]
    spoken = frozenset(n for n, f in enumerate(marked) if _spoken_of(content.text, f))
    plain = [f for f in findings if not f.kind.startswith(("marking:", "fixture:"))]
    spans = _hidden_spans(content)
    return Evidence(
        found=MappingProxyType(_distinct([f for f in plain if f.score >= SURE])),
        weak=MappingProxyType(_distinct(plain)),
        fixtures=sum(f.kind.startswith("fixture:") for f in findings),
        marks=frozenset(f.kind[8:] for n, f in enumerate(marked) if f.score >= BANNER and n not in spoken),
        mentions=frozenset(f.kind[8:] for f in marked if 0.3 <= f.score < BANNER),
        cues=cues[0],
        opening=cues[1],
        logit=logits[0],
        worst=logits[1],
        words=words,
        blanks=_blanks(text[:_FORM]),
        money=text.count("£"),
        form=content.format,
        hidden=sum(any(a <= f.start < b for a, b in spans) for f in plain) if spans else 0,
        hidden_rows=_noted_rows(content),
    )


def _spoken_of(text: str, mark: Finding) -> bool:
    """Whether a protective marking is the subject of a sentence ("… are marked X", "X needs a reason"), not a banner."""
    if mark.kind == "marking:exempt" and _PART.fullmatch(text[mark.start : mark.end].strip()):
        near = text[max(0, mark.start - 200) : mark.end + 200]
        return bool(_TITLED.match(text, mark.end)) and not _EXEMPTED.search(near)
    if mark.kind not in _SPOKEN:
        return False
    before, after = text[max(0, mark.start - 90) : mark.start], text[mark.end : mark.end + 60]
    return bool(_MEANS.match(after)) or bool(_CALLED.search(before) and not _OF_THIS.search(before))


def _blanks(text: str) -> int:
    """Fields that nobody has filled in: lines of underscores or dots, and bracketed words such as [name] and [date]."""
    lines = text.count("____") + text.count("......")
    folded = text.lower() if "[" in text else ""
    return lines + sum(folded.count(f"[{word}") for word in _FIELDS)
