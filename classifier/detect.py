"""Text to Findings: what about people stands in a document, where, how sure, and on what ground."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import re2

from classifier.columns import scan_tables
from classifier.fold import fold
from classifier.identifiers import Hit, linear, scan
from classifier.item import Content, Finding, Part
from classifier.markings import scan_markings, spans_of
from classifier.names import looks_like_name, scan_names
from classifier.phrases import scan_phrases
from classifier.window import Bytes, classes

VERSION = "1"
"""Changes whenever the same text may give other findings; recorded with every reading."""

MOST = 20_000
"""Findings of one kind kept for one document; more would change no judgement."""


@dataclass(frozen=True, slots=True)
class Detector:
    """Settings of detection: the council's own patterns, the test switch, and the day from which ages are counted.

    ``local_patterns`` are (name, regular expression) pairs in RE2 syntax. ``fixtures_count`` makes values that are reserved for tests
    and documentation count as real. Without ``today`` no age is worked out. ``identifiers_only`` leaves out names, vocabulary
    and markings, for comparisons.
    """

    local_patterns: tuple[tuple[str, str], ...] = ()
    fixtures_count: bool = False
    today: dt.date | None = None
    identifiers_only: bool = False


def detector(
    local_patterns: Iterable[tuple[str, str]] = (),
    *,
    fixtures_count: bool = False,
    today: dt.date | None = None,
    identifiers_only: bool = False,
) -> Detector:
    """Make a Detector; ``local_patterns`` are (name, RE2 expression) pairs.

    Raises ValueError naming the pattern that RE2 refuses, or that would match the empty text.
    """
    patterns = tuple(local_patterns)
    for name, expression in patterns:
        try:
            compiled = _local(expression)
        except re2.error as error:
            raise ValueError(f"local pattern {name}: {expression!r} is no RE2 expression") from error
        if compiled.search(b"") is not None:
            raise ValueError(f"local pattern {name}: {expression!r} matches the empty text")
    return Detector(patterns, fixtures_count, today, identifiers_only)


@lru_cache(maxsize=256)
def _local(expression: str) -> re2._Regexp:
    return linear(expression.encode("latin-1", "replace"))


def detect_text(text: str, detector: Detector) -> tuple[Finding, ...]:  # noqa: A002, RUF100 - named as in ``detect``
    """Find everything in a plain string; offsets are characters of ``text`` as given."""
    return detect(Content("txt", (Part("body", text),), "text"), detector)


def detect(content: Content, detector: Detector) -> tuple[Finding, ...]:
    """Find everything in a document; offsets are characters of ``content.text``, findings come in order of place.

    Linear in the length of the text. Values never leave this function: a finding holds where, what kind, how sure and why.
    """
    folded = fold(content.text)
    data = folded.data
    kinds = classes(data)
    spans = [(folded.place(start), folded.place(end)) for start, end in spans_of(content)]
    if detector.identifiers_only:
        hits = scan(data, kinds) + _birthdays(data, detector)
    else:
        hits = _everything(content, data, kinds, spans, detector)
    if detector.fixtures_count:
        hits = [hit._replace(kind=hit.kind.removeprefix("fixture:")) for hit in hits]
    groups: dict[tuple[str, bytes], int] = {}
    findings = []
    for hit in _resolve(hits):
        group = groups.setdefault((hit.kind, hit.value), len(groups) + 1)
        start, end = folded.origin(hit.start), folded.origin(hit.end)
        findings.append(Finding(hit.kind, start, end, hit.score, hit.because, group))
    return tuple(findings)


def _birthdays(data: bytes, settings: Detector) -> list[Hit]:
    kinds = {"date_of_birth", "vehicle_registration", "credential"}
    return [hit for hit in scan_phrases(data, (), settings.today) if hit.kind in kinds]


def _everything(
    content: Content, data: bytes, kinds: Bytes, spans: Sequence[tuple[int, int]], settings: Detector
) -> list[Hit]:
    """Run every detector over folded text."""
    names = scan_names(data, kinds)
    hits = scan(data, kinds)
    for start, end in spans:
        hits += scan_tables(data, start, end, looks_like_name, settings.today)
    people = sorted({hit.start for hit in (*names, *hits) if hit.kind == "person_name"})
    hits = _trimmed(hits, names)
    hits += names
    hits += scan_phrases(data, people, settings.today)
    hits += scan_markings(content, data, spans)
    for name, expression in settings.local_patterns:
        because = f"local pattern {name}"
        hits += [
            Hit(f"local:{name}", match.start(), match.end(), 0.9, because, match.group().lower())
            for match in _local(expression).finditer(data)
            if match.end() > match.start()
        ]
    return hits


def _trimmed(hits: Sequence[Hit], names: Sequence[Hit]) -> list[Hit]:
    """Let an address begin after the name of the person who lives there."""
    by_end = {name.end: name.start for name in names}
    result = []
    for hit in hits:
        if hit.kind == "address":
            ends = [
                end
                for end in range(hit.start, min(hit.start + 60, hit.end - 8))
                if by_end.get(end, end) >= hit.start - 12 and end in by_end
            ]
            result.append(hit._replace(start=ends[-1]) if ends else hit)
        else:
            result.append(hit)
    return result


_SOLE = frozenset(
    [
        "nino",
        "nhs_number",
        "chi_number",
        "hc_number",
        "utr",
        "driving_licence",
        "passport",
        "upn",
        "uln",
        "bank_account",
        "iban",
        "card",
        "vehicle_registration",
        "address",
        "postcode",
        "date_of_birth",
        "email_private",
        "email_work",
        "phone_private",
        "phone_work",
        "person_name",
        "immigration_ref",
        "crime_ref",
    ]
)
"""Kinds of which only one can stand in one place: the surest stays."""


def _resolve(hits: Iterable[Hit]) -> list[Hit]:
    """Order hits by place, keep the surest of those that claim the same characters, and cap each kind."""
    sole, shared = [], []
    for hit in hits:
        (sole if hit.kind.rpartition(":")[2] in _SOLE else shared).append(hit)
    sole.sort(key=lambda hit: (hit.start, hit.end))
    kept: list[Hit] = []
    for hit in sole:
        while kept and kept[-1].end > hit.start and kept[-1].score < hit.score:
            kept.pop()
        if not kept or kept[-1].end <= hit.start:
            kept.append(hit)
    counts: dict[str, int] = {}
    result = []
    for hit in sorted([*kept, *shared], key=lambda hit: (hit.start, hit.end, hit.kind)):
        counts[hit.kind] = counts.get(hit.kind, 0) + 1
        if counts[hit.kind] <= MOST:
            result.append(hit)
    return result


__all__ = ["VERSION", "Detector", "detect", "detect_text", "detector"]
