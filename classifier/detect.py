"""Text to Findings: what about people stands in a document, where, how sure, and on what ground."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from classifier.fold import fold
from classifier.identifiers import Hit, scan
from classifier.item import Content, Finding, Part
from classifier.window import classes

VERSION = "1"
"""Changes whenever the same text may give other findings; recorded with every reading."""


@dataclass(frozen=True, slots=True)
class Detector:
    """Settings of detection: the council's own patterns, the test switch, and the day from which ages are counted.

    ``local_patterns`` are (name, regular expression) pairs in RE2 syntax. ``fixtures_count`` makes values that are reserved for tests
    and documentation count as real. Without ``today`` no age is worked out.
    """

    local_patterns: tuple[tuple[str, str], ...] = ()
    fixtures_count: bool = False
    today: dt.date | None = None


def detector(
    local_patterns: Iterable[tuple[str, str]] = (), *, fixtures_count: bool = False, today: dt.date | None = None
) -> Detector:
    """Make a Detector; ``local_patterns`` are (name, RE2 expression) pairs.

    Raises ValueError naming the pattern that RE2 refuses.
    """
    return Detector(tuple(local_patterns), fixtures_count, today)


def detect_text(text: str, settings: Detector) -> tuple[Finding, ...]:
    """Find everything in a plain string; offsets are characters of ``text`` as given."""
    return detect(Content("txt", (Part("body", text),), "text"), settings)


def detect(content: Content, settings: Detector) -> tuple[Finding, ...]:
    """Find everything in a document; offsets are characters of ``content.text``, findings come in order of place."""
    text = content.text
    folded = fold(text)
    hits = scan(folded.data, classes(folded.data))
    if settings.fixtures_count:
        hits = [hit._replace(kind=hit.kind.removeprefix("fixture:")) for hit in hits]
    groups: dict[tuple[str, bytes], int] = {}
    findings = []
    for hit in sorted(hits, key=lambda hit: (hit.start, hit.end)):
        group = groups.setdefault((hit.kind, hit.value), len(groups) + 1)
        start, end = folded.origin(hit.start), folded.origin(hit.end)
        findings.append(Finding(hit.kind, start, end, hit.score, hit.because, group))
    return tuple(findings)


__all__ = ["VERSION", "Detector", "Hit", "detect", "detect_text", "detector"]
