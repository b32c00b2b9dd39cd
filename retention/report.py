"""The night's report: one HTML page with figures that opens without a network, to be forwarded as it is. Counts only, no names."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, select_autoescape

from retention import charts
from retention.catalogue.runs import Run, Verdict
from retention.charts import Bar, Segment

_ORDER = ("inventory", "readings", "decisions", "custody")
_LONDON = ZoneInfo("Europe/London")
LANES = {
    "A": "Sensitive and in the wrong place",
    "B": "Marked, without a proper home",
    "C": "The model is not sure",
    "D": "Could not be read",
    "E": "Retention period over",
    "F": "Held, though due",
    "G": "Label changed since last night",
    "H": "Copy of a restricted record",
}
PROBLEMS = {
    "encrypted": "Encrypted or password-protected",
    "malformed": "Damaged or not what it claims to be",
    "no-text": "A scan or picture without text",
    "empty": "Empty",
    "unsupported": "A format that is not read",
    "media": "Sound, film or picture",
    "permission": "No permission to read",
    "io": "The disk or network failed",
    "changed": "Changed while it was read",
    "vanished": "Gone before it was read",
    "crashed": "Its reader crashed",
}
TIERS = {
    0: "T0 published",
    1: "T1 routine",
    2: "T2 personal",
    3: "T3 named team",
    4: "T4 named people",
    5: "T5 incident",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the page is made of."""

    council: str
    run: Run
    counted: Mapping[str, Any]
    tables: Mapping[str, Sequence[Mapping[str, Any]]]
    verdicts: Sequence[Verdict]
    docs: Path
    written_at: dt.datetime


def write(folder: Path, facts: Facts) -> Path:
    """Write the page into a folder, beside ``latest.html``, and return its path."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    page = folder / f"{facts.run.key}.html"
    text = render(facts, os.path.relpath(facts.docs, folder))
    for path in (page, folder / "latest.html"):
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    return page


def render(facts: Facts, docs: str) -> str:
    """The page as text; ``docs`` is the address of the data docs, relative to the page."""
    environment = Environment(
        loader=PackageLoader("retention", "templates"), autoescape=select_autoescape(default=True), trim_blocks=True
    )
    environment.filters["number"] = lambda value: f"{value:,}"
    return environment.get_template("report.html").render(
        facts=facts,
        docs=docs,
        counted=facts.counted,
        began=facts.run.started_at.replace(tzinfo=dt.UTC).astimezone(_LONDON),
        written=facts.written_at.astimezone(_LONDON),
        figures=figures(facts),
        labels=_labels(facts),
        verdicts=sorted(facts.verdicts, key=lambda verdict: _ORDER.index(verdict.name)),
        zones=_zones(facts),
        balance=facts.counted["labelled"] + facts.counted["problems"] + facts.counted["excluded"],
    )


def figures(facts: Facts) -> list[charts.Figure]:
    """The figures of the page, in order; each is left out when there is nothing to show."""
    tables = facts.tables
    shares = [
        Bar(
            name,
            (
                Segment("labelled", one["labelled"], "calm"),
                Segment("could not be read", one["problems"], "warn"),
                Segment("listed only", one["excluded"], "faint"),
            ),
        )
        for name, one in facts.counted["shares"].items()
    ]
    tiers: dict[int, dict[str, int]] = {}
    for row in tables["labels"]:
        tiers.setdefault(row["tier"], {})[row["primary"]] = row["items"]
    by_tier = [
        Bar(
            TIERS[tier],
            tuple(
                Segment(charts.PRIMARY[primary], tiers[tier].get(primary, 0), tone)
                for primary, tone in (("official", "calm"), ("personal", "mid"), ("sensitive", "alarm"))
            ),
        )
        for tier in sorted(tiers)
    ]
    lanes = [
        Bar(LANES[row["lane"]], (Segment("waiting", row["items"], "mid"),))
        for row in sorted(tables["lanes"], key=_lane)
    ]
    problems = [
        Bar(
            PROBLEMS.get(row["problem_kind"], f"A limit was met ({row['problem_kind']})"),
            (Segment("items", row["items"], "warn"),),
        )
        for row in tables["problems"]
    ]
    formats = [
        Bar(row["format"] or "unknown", (Segment("items", row["items"], "calm"),)) for row in tables["formats"][:12]
    ]
    drawn = [
        charts.bars("What was found, and what became of it", "Every entry ends as exactly one of the three.", shares),
        charts.bars("How sensitive it is", "Items by handling tier and primary label.", by_tier),
        charts.grid(
            "What lies where",
            "Items by their tier and the clearance of their place. Cells to the right of the line are flagged: more "
            "sensitive than the place allows.",
            _cells(tables["tiers"]),
        ),
        charts.bars("What waits for a person", "Items in the review queue by lane.", lanes),
        charts.bars("What could not be read", "None of these is ever called official.", problems),
        charts.bars("What kinds of file", "The twelve most frequent formats, by content, not by name.", formats),
    ]
    return [figure for figure in drawn if figure.svg]


def _lane(row: Mapping[str, Any]) -> str:
    return str(row["lane"])


def _cells(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[int, int], int]:
    cells: dict[tuple[int, int], int] = {}
    for row in rows:
        key = (int(row["clearance"]), int(row["tier"]))
        cells[key] = cells.get(key, 0) + row["items"]
    return cells


def _labels(facts: Facts) -> dict[str, int]:
    total: dict[str, int] = {"official": 0, "personal": 0, "sensitive": 0}
    for row in facts.tables["labels"]:
        total[row["primary"]] += row["items"]
    return total


def _zones(facts: Facts) -> list[dict[str, Any]]:
    """One line a zone: items, flagged, moved or to be moved, for review."""
    lines: dict[str, dict[str, Any]] = {}
    for row in facts.tables["zones"]:
        line = lines.setdefault(
            row["zone"],
            {"zone": row["zone"], "items": 0, "flagged": 0, "restrict": 0, "review": 0, "keep": 0, "dispose": 0},
        )
        line["items"] += row["items"]
        line["flagged"] += row["items"] if row["flagged"] else 0
        line[row["action"]] += row["items"]
    return sorted(lines.values(), key=lambda line: (-line["flagged"], line["zone"]))
