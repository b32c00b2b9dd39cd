"""Compute the dates of published retention rules and print the share that is right, with every miss.

Usage: ``python bench/retention_dates.py FILE``, one JSON object a line: ``period_text``, ``trigger``, ``kind``, ``years``,
``months``, ``days`` and ``cases`` of ``facts`` and ``due`` (a date, ``permanent`` or nothing); ``assume`` or ``due_any_of``
mark wordings that can be read two ways. Neither they nor ``due`` are looked at before the answer is given.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from retention import clock, national, wording
from retention.clock import TRIGGERS, Limb, Period, Source, Terms, TriggerValue, YearEnd

_YEARS = {"cy": YearEnd.CALENDAR, "fy": YearEnd.FINANCIAL, "ay": YearEnd.ACADEMIC, "ty": YearEnd.TAX}


@dataclass(frozen=True, slots=True)
class Clause:
    """The terms of one published rule, in the shape the clock wants."""

    terms: Terms


def terms_of(row: Mapping[str, object]) -> Terms:
    """Put a row into terms: its kind and numbers where it has them, its wording where they say nothing."""
    text, kind = str(row.get("period_text", "")), str(row.get("kind", ""))
    trigger = trigger_of(str(row.get("trigger", "")))
    length = Period(*(int(str(row.get(unit) or 0)) for unit in ("years", "months", "days")))
    head, _, tail = kind.partition("_")
    if kind == "permanent":
        return Terms(permanent=True)
    if kind == "event_open":
        return Terms()
    if head in _YEARS and tail.startswith("end"):
        year = _YEARS[head]
        return Terms((Limb(trigger, length, year),), ambiguous=wording.doubts(text, year))
    if kind in {"fixed", "max_life"} and length != Period():
        return Terms((Limb(trigger, length),), ambiguous=wording.doubts(text))
    return wording.read(text, trigger)


def trigger_of(name: str) -> str:
    """Return our word for a rule's own name of its trigger."""
    if name in TRIGGERS:
        return name
    short = {"dob": "date_of_birth", "dod": "date_of_death"}
    return short.get(name.rsplit("_", 1)[-1]) or national.trigger_of(name)


def answers(row: Mapping[str, object]) -> Iterator[tuple[Mapping[str, object], str | None, bool]]:
    """Yield each case of a row with the computed date (or permanent, or nothing) and whether it is called ambiguous."""
    terms = terms_of(row)
    cases = row["cases"]
    for case in cases if isinstance(cases, list) else []:
        facts = {trigger_of(name): _value(day) for name, day in case["facts"].items()}
        facts = _stated(facts, terms)
        due = clock.due(Clause(terms), facts)
        day = "permanent" if due.permanent else due.date.isoformat() if due.date else None
        yield case, day, bool(terms.ambiguous)


def _value(day: str) -> TriggerValue:
    return TriggerValue(dt.date.fromisoformat(day), Source.FEED)


def _stated(facts: dict[str, TriggerValue], terms: Terms) -> dict[str, TriggerValue]:
    """Let the one date of a case that no limb asks for stand for the one trigger that is lacking, however each is called."""
    wanted = {limb.trigger for limb in terms.limbs} | {limb.given for limb in terms.limbs if limb.given}
    lacking, over = wanted - set(facts), set(facts) - wanted
    if len(lacking) == 1 and len(over) == 1:
        return {**facts, lacking.pop(): replace(facts[over.pop()])}
    return facts


def main() -> int:
    """Print the share of right dates and of flagged ambiguities; exit 1 when anything was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    lines = parser.parse_args().file.read_text(encoding="utf-8").splitlines()
    right = cases = ambiguous = flagged = needless = 0
    misses = []
    for row in (json.loads(line) for line in lines if line.strip()):
        for case, day, called in answers(row):
            cases += 1
            unclear = "assume" in case or "due_any_of" in case
            accepted = case.get("due_any_of") or [case["due"]]
            right += day in accepted
            ambiguous += unclear
            flagged += unclear and called
            needless += called and not unclear
            if day not in accepted:
                misses.append(
                    f"{row['id']}: {row.get('period_text')!r}: computed {day}, expected {' or '.join(map(str, accepted))}"
                )
            if unclear and not called:
                misses.append(f"{row['id']}: {row.get('period_text')!r}: can be read two ways and was not flagged")
    print(f"dates right: {right} of {cases} ({right / max(cases, 1):.1%})")
    print(f"ambiguous wordings flagged: {flagged} of {ambiguous}; flagged without need: {needless}")
    print("\n".join(misses) or "no misses")
    return 1 if misses else 0


if __name__ == "__main__":
    raise SystemExit(main())
