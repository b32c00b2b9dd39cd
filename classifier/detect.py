"""Text to Findings: what about people stands in a document, where, how sure, and on what ground."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from classifier.columns import scan_tables
from classifier.contacts import after_name
from classifier.fold import fold
from classifier.identifiers import Hit, scan
from classifier.item import Content, Finding, Part
from classifier.local import LocalPattern, local_pattern, scan_local
from classifier.markings import scan_markings, spans_of
from classifier.names import looks_like_name, scan_names
from classifier.names import warm as warm_names
from classifier.patterns import SOLE
from classifier.phrases import scan_phrases

VERSION = "2"
"""Changes whenever the same text may give other findings; recorded with every reading."""

_DOMAIN = re.compile(r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+")

MOST = 20_000
"""Findings of one kind kept for one document; more would change no judgement."""


@dataclass(frozen=True, slots=True)
class Detector:
    """Settings of detection: the council's own patterns, the test switch, and the day from which ages are counted.

    ``local_patterns`` count everywhere, or only beside their context words. ``fixtures_count`` makes values that are reserved
    for tests and documentation count as real. Without ``today`` no age is worked out. ``identifiers_only`` leaves out names,
    vocabulary and markings, for comparisons. ``work_domains`` are the council's own e-mail domains, beside those of public
    bodies.
    """

    local_patterns: tuple[LocalPattern, ...] = ()
    fixtures_count: bool = False
    today: dt.date | None = None
    identifiers_only: bool = False
    work_domains: tuple[str, ...] = ()


def detector(
    local_patterns: Iterable[Sequence[Any]] = (),
    *,
    fixtures_count: bool = False,
    today: dt.date | None = None,
    identifiers_only: bool = False,
    work_domains: Iterable[str] = (),
) -> Detector:
    """Make a Detector; ``local_patterns`` are (name, RE2 expression) or (name, RE2 expression, context words).

    Raises ValueError naming the pattern or the domain that is refused, and why.
    """
    patterns = tuple(local_pattern(*row) for row in local_patterns)
    domains = tuple(domain.lower().removeprefix("@").removeprefix("www.") for domain in work_domains)
    for domain in domains:
        if not _DOMAIN.fullmatch(domain):
            raise ValueError(f"work domain {domain!r} is no domain name such as council.gov.uk")
    if not identifiers_only:
        warm_names()
    return Detector(patterns, fixtures_count, today, identifiers_only, domains)


def detect_text(text: str, detector: Detector) -> tuple[Finding, ...]:  # noqa: A002, RUF100 - named as in ``detect``
    """Find everything in a plain string; offsets are characters of ``text`` as given."""
    return detect(Content("txt", (Part("body", text),), "text"), detector)


def detect(content: Content, detector: Detector) -> tuple[Finding, ...]:
    """Find everything in a document; offsets are characters of ``content.text``, findings come in order of place.

    Linear in the length of the text. Values never leave this function: a finding holds where, what kind, how sure and why.
    """
    folded = fold(content.text)
    data = folded.data
    spans = [(folded.place(start), folded.place(end)) for start, end in spans_of(content)]
    if detector.identifiers_only:
        hits = scan(data, _own(detector)) + _birthdays(data, detector)
    else:
        hits = _everything(content, data, spans, detector)
    if detector.fixtures_count:
        hits = [hit if hit.kind[:8] != "fixture:" else hit._replace(kind=hit.kind[8:]) for hit in hits]
    groups: dict[tuple[str, bytes], int] = {}
    findings = []
    origin = folded.origin if folded.breaks else int
    for kind, start, end, score, because, value in _resolve(hits):
        group = groups.setdefault((kind, value), len(groups) + 1)
        findings.append(Finding(kind, origin(start), origin(end), score, because, group))
    return tuple(findings)


def _own(settings: Detector) -> tuple[bytes, ...]:
    return tuple(domain.encode() for domain in settings.work_domains)


def _birthdays(data: bytes, settings: Detector) -> list[Hit]:
    kinds = {"date_of_birth", "vehicle_registration", "credential"}
    return [hit for hit in scan_phrases(data, (), settings.today, vocabulary=False) if hit.kind in kinds]


def _everything(content: Content, data: bytes, spans: Sequence[tuple[int, int]], settings: Detector) -> list[Hit]:
    """Run every detector over folded text."""
    own = _own(settings)
    names = scan_names(data)
    hits = scan(data, own)
    for start, end in spans:
        hits += scan_tables(data, start, end, looks_like_name, settings.today, own)
    people = sorted({hit.start for hit in (*names, *hits) if hit.kind == "person_name"})
    hits = _trimmed(data, hits, names)
    hits += _outside(names, hits)
    hits += scan_phrases(data, people, settings.today)
    hits += scan_markings(content, data, spans)
    return hits + scan_local(data, settings.local_patterns)


def _trimmed(data: bytes, hits: Sequence[Hit], names: Sequence[Hit]) -> list[Hit]:
    """Let an address begin after the name of the person who lives there."""
    if not any(hit.kind == "address" for hit in hits):
        return list(hits)
    ends = sorted(name.end for name in names)
    result = []
    for hit in hits:
        if hit.kind == "address":
            near = ends[bisect_left(ends, hit.start + 1) : bisect_left(ends, min(hit.start + 60, hit.end))]
            starts = (after_name(data, hit.start, hit.end, end) for end in reversed(near))
            result.append(hit._replace(start=next((start for start in starts if start), hit.start)))
        else:
            result.append(hit)
    return result


def _outside(names: Sequence[Hit], hits: Sequence[Hit]) -> Iterator[Hit]:
    """Leave out names that stand within an address: streets and houses are called after people."""
    homes = sorted((hit.start, hit.end) for hit in hits if hit.kind == "address")
    if not homes:
        yield from names
        return
    for name in names:
        place = bisect_left(homes, (name.end, 0)) - 1
        if place < 0 or homes[place][1] <= name.start:
            yield name


_SOLE = frozenset(f"{origin}{kind}" for kind in SOLE for origin in ("", "fixture:", "local:"))


def _resolve(hits: Iterable[Hit]) -> list[Hit]:
    """Order hits by place, keep the surest of those that claim the same characters, and cap each kind."""
    sole: list[Hit] = []
    shared: list[Hit] = []
    for hit in hits:
        (sole if hit.kind in _SOLE else shared).append(hit)
    sole.sort(key=itemgetter(1, 2))
    kept: list[Hit] = []
    for hit in sole:
        while kept and kept[-1].end > hit.start and kept[-1].score < hit.score:
            kept.pop()
        if not kept or kept[-1].end <= hit.start:
            kept.append(hit)
    counts: dict[str, int] = {}
    result = []
    for hit in sorted([*kept, *shared], key=itemgetter(1, 2, 0)):
        count = counts[hit.kind] = counts.get(hit.kind, 0) + 1
        if count <= MOST:
            result.append(hit)
    return result


__all__ = ["VERSION", "Detector", "detect", "detect_text", "detector"]
