"""The national field list of retention rules, as councils publish it, read into our columns and written back.

Fields as in the open data of English councils built on the Local Government Association's list: identifier, functions,
service, description, legislation, start event, years, months, retain until, retain permanently, and more.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from retention.clock import Terms, YearEnd

FIELDS = (
    "Unique ID",
    "Function 1",
    "Function 2",
    "Service ID",
    "Service name",
    "Description",
    "Contains personal information",
    "Contains special information",
    "Impact level",
    "Legislation name",
    "Legislation URL",
    "Start event",
    "Years",
    "Months",
    "Retain until",
    "Retain permanently",
    "Retention URI",
    "Lawful basis",
    "Notes",
    "Added",
    "Updated",
)
# Two columns of ours at the end, without which days, several limbs and the disposal action would be lost.
EXTRA_FIELDS = ("Disposal action", "Terms")
_PLAIN = {
    "Function 1": "function",
    "Function 2": "activity",
    "Service name": "record_class",
    "Description": "description",
    "Legislation name": "authority",
    "Notes": "notes",
}
# Words of a published start event, the most telling first, and the trigger of our vocabulary that they name.
_EVENTS = (
    (r"death|died|deceased", "date_of_death"),
    (r"birth|\bdob\b|\bborn\b", "date_of_birth"),
    (
        r"employment|leav(?:e|es|ing) (?:date|of|the)|termination of (?:service|contract of employment)",
        "employment_end",
    ),
    (r"(?:end|expir\w*|terminat\w*|complet\w*) of (?:the )?(?:contract|agreement|tenancy|lease|grant)", "contract_end"),
    (r"(?:contract|agreement|tenancy|lease)\W+(?:end|expir|terminat)", "contract_end"),
    (r"(?:contract|agreement|tenancy|lease)\W+(?:start|award|sign|enter|commenc)", "contract_start"),
    (r"(?:award|start|commencement) of (?:the )?(?:contract|agreement|tenancy|lease)", "contract_start"),
    (r"expir|licen[cs]e", "licence_expiry"),
    (r"last (?:action|contact|entry|activity|modif|use|transaction|amend)|modif", "last_action"),
    (r"clos(?:ed|ure|ing)|complet|resol(?:ved|ution)|conclu|settle", "case_closed"),
    (r"supersed|replac|obsolete|no longer (?:current|in force)", "superseded"),
    (r"decision|determin|order|award|refus|approv", "decision_date"),
    (r"debt|cleared|paid", "debt_cleared"),
    (r"receipt|received|application date|date of application", "date_received"),
    (r"life of|dispos(?:al|ed) of|demolition", "life_of_asset"),
    (r"creat|year_created|date of (?:the )?(?:record|document)|publication|publish", "date_created"),
)
_YEARS = (
    (r"financial", YearEnd.FINANCIAL),
    (r"academic|school", YearEnd.ACADEMIC),
    (r"calendar", YearEnd.CALENDAR),
    (r"\btax year", YearEnd.TAX),
)


def trigger_of(event: str) -> str:
    """Return the trigger that a published start event names; an event of its own kind is an ``event_date``."""
    text = re.sub(r"[_\s]+", " ", event).strip().lower()
    for pattern, trigger in _EVENTS:
        if re.search(pattern, text):
            return trigger
    return "event_date"


def recognises(header: Sequence[str]) -> bool:
    """Whether a header row is the national field list rather than ours."""
    names = {_plain(name) for name in header}
    return "startevent" in names and "years" in names


def translate(
    header: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]]
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield (line, cells in our columns) for rows of the national list."""
    names = [_plain(name) for name in header]
    for number, row in rows:
        cells = dict(zip(names, (cell.strip() for cell in row), strict=False))
        yield number, _ours(cells)


def _ours(cells: Mapping[str, str]) -> dict[str, str]:
    trigger, period = _time(cells)
    basis = cells.get("legislationname") or cells.get("lawfulbasis", "")
    event = "" if cells.get("terms") else cells.get("startevent", "")
    uri = cells.get("retentionuri", "")
    notes = [cells.get("notes", ""), f"Start event: {event}." if event else "", f"See {uri}" if uri else ""]
    return {
        "ref": cells.get("uniqueid", ""),
        "function": cells.get("function1", ""),
        "activity": cells.get("function2", ""),
        "record_class": cells.get("servicename") or cells.get("description", ""),
        "description": cells.get("description", ""),
        "trigger": trigger,
        "period": period,
        "action": cells.get("disposalaction") or ("retain" if period == "permanent" else "review"),
        "authority": basis,
        "notes": " ".join(note for note in notes if note),
        "verified": "yes",
        "terms": cells.get("terms", "") if "_of:" in cells.get("terms", "") else "",
    }


def _time(cells: Mapping[str, str]) -> tuple[str, str]:
    stated = cells.get("terms", "").split()
    if len(stated) == 2:
        return stated[0], stated[1]
    if cells.get("retainpermanently", "").lower() in {"yes", "true", "y", "1"}:
        return "none", "permanent"
    until = _day(cells.get("retainuntil", ""))
    if until:
        return f"fixed_date:{until.isoformat()}", "P0D"
    event = cells.get("startevent", "")
    trigger = trigger_of(event)
    for pattern, kind in _YEARS:
        if re.search(rf"(?:end|close) of (?:the )?.*{pattern}", event.lower()):
            trigger = f"end_of_{kind}_year"
    years, months = (cells.get(name, "") or "0" for name in ("years", "months"))
    if not (years.isdigit() and months.isdigit()):
        return trigger, f"{years} years {months} months"
    if years == months == "0":
        return trigger, "P0D"
    return trigger, "P" + (f"{years}Y" if years != "0" else "") + (f"{months}M" if months != "0" else "")


def _day(text: str) -> dt.date | None:
    match = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text.strip())
    try:
        return dt.date(int(match[3]), int(match[2]), int(match[1])) if match else dt.date.fromisoformat(text.strip())
    except ValueError:
        return None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


class Written(Protocol):
    """What is needed of a rule to write it in the national fields, beside its plain columns."""

    @property
    def ref(self) -> str:
        """The rule's reference."""

    @property
    def action(self) -> str:
        """What happens at the end of retention."""

    @property
    def terms(self) -> Terms:
        """The rule's time."""


def dump(rules: Iterable[Written]) -> str:
    """Write rules as CSV in the national field list, with our two columns at the end."""
    out = io.StringIO()
    writer = csv.DictWriter(out, (*FIELDS, *EXTRA_FIELDS), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_theirs(rule) for rule in rules)
    return out.getvalue()


def _theirs(rule: Written) -> dict[str, str]:
    one = rule.terms.limbs[0] if len(rule.terms.limbs) == 1 else None
    years, months = (str(one.period.years), str(one.period.months)) if one else ("", "")
    return {
        "Unique ID": rule.ref,
        **{field: str(getattr(rule, name)) for field, name in _PLAIN.items()},
        "Start event": "" if rule.terms.permanent else str(getattr(rule, "trigger", "")).replace("_", " "),
        "Years": years,
        "Months": months,
        "Retain until": one.fixed.isoformat() if one and one.fixed else "",
        "Retain permanently": "Yes" if rule.terms.permanent else "No",
        "Disposal action": str(rule.action),
        "Terms": "" if rule.terms.permanent else str(rule.terms),
    }
