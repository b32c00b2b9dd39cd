"""What is true of each made document: where it lies, what it is, and what a careful reader would say of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.made.places import Zone


@dataclass(frozen=True, slots=True)
class Truth:
    """What a careful reader would say of a text: its labels, its tier (0–4), and what it is in a few words."""

    labels: frozenset[str]
    tier: int
    about: str = ""

    @property
    def primary(self) -> str:
        """The one label shown: sensitive before personal before official."""
        return next(label for label in ("sensitive", "personal", "official") if label in self.labels)


@dataclass(frozen=True, slots=True)
class Document:
    """One file of the share.

    ``problem`` is the kind of problem to expect instead of a label ("" when it can be read); ``truth`` then says what
    the file holds if somebody could read it. ``excluded`` is ``sealed`` or ``system-file`` when nobody should open
    it. ``copy_of`` is the path it is a byte-for-byte copy of. ``story`` names the text it was made from.
    """

    path: bytes
    kind: str
    zone: Zone
    truth: Truth
    story: str = ""
    problem: str = ""
    excluded: str = ""
    copy_of: bytes = b""
    trusted_time: bool = True

    @property
    def readable(self) -> bool:
        """Whether a label is expected."""
        return not self.problem and not self.excluded

    @property
    def flagged(self) -> bool:
        """Whether it is more sensitive than its place allows; unread files are never flagged by their text."""
        return self.readable and self.truth.tier > self.zone.tier


@dataclass(frozen=True, slots=True)
class Summary:
    """The share that was made, in the order of paths."""

    root: Path
    seed: int
    documents: tuple[Document, ...]

    def __str__(self) -> str:
        """Give the counts a person wants to see."""
        kinds = Counter(document.kind for document in self.documents)
        problems = Counter(document.problem for document in self.documents if document.problem)
        excluded = Counter(document.excluded for document in self.documents if document.excluded)
        primary = Counter(document.truth.primary for document in self.documents if document.readable)
        lines = [
            f"{len(self.documents)} documents of Eldermere Metropolitan District Council in {self.root}",
            f"  kinds     {_counts(kinds)}",
            f"  truth     {_counts(primary)}",
            f"  problems  {_counts(problems)}",
            f"  excluded  {_counts(excluded)}",
            f"  above their place's clearance: {sum(document.flagged for document in self.documents)}",
        ]
        return "\n".join(lines)


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items(), key=lambda pair: (-pair[1], pair[0])))
