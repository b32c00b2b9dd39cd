"""Measure detection against annotated texts: recall and precision for each type of span, and where it goes wrong.

``python bench/identifiers.py FILE [--show]``, FILE holding one JSON object a line with ``text`` and ``spans`` (``start``, ``end``,
``type`` and perhaps ``identifier``). Values reserved for tests count as real. ``--show`` names rows by number, never their text.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from classifier.detect import Detector, detect_text, detector
from classifier.item import Finding

KINDS: Mapping[str, tuple[str, ...]] = {
    "NINO": ("nino",),
    "NHS": ("nhs_number", "chi_number", "hc_number"),
    "SORT": ("bank_account",),
    "ACC": ("bank_account",),
    "PHONE": ("phone_private", "phone_work"),
    "EMAIL": ("email_private", "email_work"),
    "DOB": ("date_of_birth",),
    "ADDRESS": ("address",),
    "PERSON": ("person_name",),
    "CODE": (
        "case_ref",
        "crime_ref",
        "immigration_ref",
        "passport",
        "driving_licence",
        "phone_private",
        "email_private",
    ),
}
"""Type of span to the kinds of finding that answer it."""

FORGIVEN: Mapping[str, frozenset[str]] = {
    "EMAIL": frozenset({"email_work"}),
    "PHONE": frozenset({"phone_work"}),
}
"""Kinds that are right where annotated and no false alarm where not: a council's own numbers are seldom annotated."""


def rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the numbered rows of a file with one JSON object a line."""
    with path.open(encoding="utf-8") as lines:
        yield from ((number, json.loads(line)) for number, line in enumerate(lines, 1))


def answered(span: Mapping[str, Any], findings: Sequence[Finding], kinds: Sequence[str]) -> bool:
    """Say whether one finding of these kinds covers at least half of a span."""
    start, end = span["start"], span["end"]
    return any(f.kind in kinds and 2 * (min(end, f.end) - max(start, f.start)) >= end - start for f in findings)


def score(path: Path, settings: Detector, *, show: bool) -> dict[str, Counter[str]]:
    """Count, for each type, spans, spans found, findings and findings that meet no span of a type of their kind."""
    counts: dict[str, Counter[str]] = {}
    for number, row in rows(path):
        findings = detect_text(row["text"], settings)
        for kind in sorted({str(span["type"]) for span in row["spans"]} | KINDS.keys()):
            if kind not in KINDS:
                continue
            count = counts.setdefault(kind, Counter())
            wanted = KINDS[kind]
            own = [span for span in row["spans"] if span["type"] == kind]
            shared = [span for span in row["spans"] if set(KINDS.get(span["type"], ())) & set(wanted)]
            for span in own:
                direct = span.get("identifier", "DIRECT") == "DIRECT"
                hit = answered(span, findings, wanted)
                count["spans"] += 1
                count["found"] += hit
                count["direct"] += direct
                count["direct found"] += direct and hit
                if show and not hit:
                    print(f"{kind} missed row {number} at {span['start']}")
            for finding in findings:
                if finding.kind not in wanted:
                    continue
                meets = [span for span in shared if span["start"] < finding.end and finding.start < span["end"]]
                if not meets and finding.kind in FORGIVEN.get(kind, ()):
                    count["unannotated work"] += 1
                    continue
                count["findings"] += 1
                count["false"] += not meets
                if show and not meets:
                    print(f"{kind} false row {number} at {finding.start}: {finding.because}")
    return counts


def main() -> None:
    """Print one line for each type."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--show", action="store_true", help="name rows and offsets of errors")
    given = parser.parse_args()
    counts = score(given.file, detector(fixtures_count=True, today=dt.date(2026, 11, 1)), show=given.show)
    print(f"{'type':10} {'spans':>6} {'recall':>7} {'direct':>7} {'findings':>9} {'precision':>9}  work, not annotated")
    for kind, count in sorted(counts.items()):
        if count["spans"]:
            precise = 1 - count["false"] / count["findings"] if count["findings"] else float("nan")
            direct = count["direct found"] / count["direct"] if count["direct"] else float("nan")
            print(
                f"{kind:10} {count['spans']:6} {count['found'] / count['spans']:7.3f} {direct:7.3f} {count['findings']:9} {precise:9.3f}"
                f"  {count['unannotated work']}"
            )


if __name__ == "__main__":
    main()
