"""Name every fault of a schedule, with its row: what keeps it from loading, what contradicts itself, what is too short.

Published schedules contain slips: a code that says 100 years beside a text that says 75, a permanent class to be
destroyed, the same class twice. Faults keep a schedule from being adopted; advice is for a person to weigh.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from retention import wording
from retention.clock import Period
from retention.schedule import DEFAULT_CLASS, Fault, Rule, RuleAction, Schedule, as_date, parse, read

_CODE = re.compile(
    r"\b(DOB|CASE|ACTION|TERMS)\s?\+\s?(\d{1,3})\b|(?<![\w+.-])(\d{1,3})\+(?![\s\d]*\d)|\b(PERM)\b|\b(D<\d)"
)
_TOLD = re.compile(
    r"\b(?:destroy(?:ed)?|keep|kept|retain(?:ed)?|delete[d]?)\b(?: (?:for|after|at|until))?\s+"
    r"(\w+(?:-\w+)?) (years?|months?)\b(?! elsewhere)",
    re.IGNORECASE,
)
_REF = re.compile(r"\b([A-Z]{2,3}-\d{2})\b(?![-/])")
_SMALL = "and or of the a an for to by in on with from record file case document copy other"
_LITTLE = frozenset(_SMALL.split())
_CODE_COLUMNS = ("notes", "description", "record_class", "code", "period_text", "retention")


@dataclass(frozen=True, slots=True)
class Minimum:
    """A period that an enactment sets as the least: ``period`` is nothing for permanent."""

    authority: re.Pattern[str]
    record_class: re.Pattern[str]
    trigger: str
    period: Period | None
    binding: bool


def lint(source: str | Path | Schedule, today: dt.date, **meta: object) -> tuple[Fault, ...]:
    """Return every fault of a schedule (a CSV path, CSV text or a loaded schedule), in the order of its rows."""
    if isinstance(source, Schedule):
        faults = [*_of_rules(source.rules), *_of_dates(source.adopted, source.expires, today)]
        return tuple(sorted(faults, key=lambda fault: (fault.row, fault.kind)))
    table = read(source)
    rules, faults = parse(table)
    faults = [*table.faults, *faults, *_of_rules(rules)]
    for number, cells in table.rows:
        faults.extend(_of_codes(number, cells))
        faults.extend(_of_permanence(number, cells))
    facts = {**table.meta, **meta}
    try:
        faults.extend(_of_dates(as_date(facts.get("adopted")), as_date(facts.get("expires")), today))
    except ValueError as error:
        faults.append(Fault(1, "", "bad date", str(error)))
    return tuple(sorted(faults, key=lambda fault: (fault.row, fault.kind)))


def blocking(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return the faults that keep a schedule from being adopted, leaving advice aside."""
    return tuple(fault for fault in faults if not fault.advice)


def _of_rules(rules: Sequence[Rule]) -> Iterator[Fault]:
    for rule in rules:
        if not rule.authority:
            yield _fault(rule, "missing authority", "no law, code or business reason is given")
        yield from _of_statute(rule)
        yield from _of_alternatives(rule)
        if not rule.verified:
            yield _advice(rule, "unverified", "the period was not seen in a published source: confirm it locally")
    yield from _of_overlaps(rules)
    yield from _of_references(rules)
    default = next((rule for rule in rules if rule.ref == DEFAULT_CLASS), None)
    if default is None:
        yield Fault(
            1, DEFAULT_CLASS, "no default", "unmatched items fall under the built-in review", fatal=False, advice=True
        )
    elif default.action is not RuleAction.REVIEW:
        yield _fault(default, "default disposes", f"the default rule says {default.action.value}; it may only review")


def _of_permanence(number: int, cells: Mapping[str, str]) -> Iterator[Fault]:
    ref, period = cells.get("ref", ""), cells.get("period", "").lower()
    action, trigger = cells.get("action", ""), cells.get("trigger", "")
    if cells.get("terms"):
        return
    if period == "permanent" and action == "destroy":
        yield Fault(number, ref, "permanent with destroy", "kept for good, yet to be destroyed", fatal=False)
    if period == "permanent" and trigger not in {"none", ""}:
        message = f"nothing is counted from '{trigger[:40]}' when a class is permanent"
        yield Fault(number, ref, "permanent with trigger", message, fatal=False)
    if period != "permanent" and action == "retain":
        yield Fault(
            number, ref, "retain with a period", f"retained for good, yet with period {period[:40]}", fatal=False
        )


def _of_codes(number: int, cells: Mapping[str, str]) -> Iterator[Fault]:
    """Compare codes and told periods in the text with the period column, and a DOB code with the trigger."""
    period = cells.get("period", "").strip()
    if period.lower() == "permanent":
        stated: Period | None = None
    else:
        try:
            stated = Period.parse(period)
        except ValueError:
            return
    ref, trigger = cells.get("ref", ""), cells.get("trigger", "")
    for text in (cells.get(name, "") for name in _CODE_COLUMNS):
        for match in _CODE.finditer(text):
            message = _against_code(match, stated, period, trigger)
            if message:
                yield Fault(number, ref, "code against text", message, fatal=False)
        for match in _TOLD.finditer(text):
            told = wording.period(f"{match[1]} {match[2]}")
            if told is not None and (stated is None or told.rough_days != stated.rough_days):
                message = f"the text says {wording.plain(match[1])} {match[2]} where the period is {period}"
                yield Fault(number, ref, "code against text", message, fatal=False)


def _against_code(match: re.Match[str], stated: Period | None, period: str, trigger: str) -> str:
    code = match[0]
    if match[4]:
        return "" if stated is None else f"code PERM where the period is {period}"
    years = int(match[2] or match[3] or match[5].removeprefix("D<"))
    if stated is None or stated.rough_days != Period(years).rough_days:
        return f"code {code} where the period is {period}"
    if match[1] == "DOB" and trigger != "date_of_birth":
        return f"code {code} where the trigger is {trigger[:40]}"
    return ""


def _of_statute(rule: Rule) -> Iterator[Fault]:
    for least in minima():
        if not least.authority.search(rule.authority) or not least.record_class.search(rule.record_class):
            continue
        limbs = [limb for limb in rule.terms.limbs if not least.trigger or limb.trigger == least.trigger]
        # A period of nothing ("until superseded") is a rule about currency, which no minimum is compared with.
        lengths = [limb.period.rough_days for limb in limbs if limb.period != Period() or least.binding]
        if rule.permanent or not lengths:
            continue
        if least.period is None or max(lengths) < least.period.rough_days:
            wanted = "permanent keeping" if least.period is None else f"at least {least.period}"
            kind, message = "shorter than statute", f"{rule.terms} where '{_short(rule.authority)}' asks for {wanted}"
            yield _fault(rule, kind, message) if least.binding else _advice(rule, "shorter than limitation", message)


def _of_alternatives(rule: Rule) -> Iterator[Fault]:
    alternatives = re.search(r"whichever", rule.notes, re.IGNORECASE) and len(rule.terms.limbs) == 1
    if alternatives:
        yield _advice(
            rule, "alternatives in notes", "the notes give two limbs, the terms only one: write them as terms"
        )


def _of_overlaps(rules: Sequence[Rule]) -> Iterator[Fault]:
    words = [(rule, _class_words(rule)) for rule in rules]
    by_function: dict[str, list[tuple[Rule, frozenset[str]]]] = {}
    for rule, mine in words:
        others = by_function.setdefault(rule.function.casefold(), [])
        for other, theirs in others:
            if mine and _same(mine, theirs) and not _alternative(rule, other):
                same = "the same" if str(rule.terms) == str(other.terms) else "different"
                yield _fault(rule, "overlapping rows", f"the class of {other.ref} (row {other.row}), with {same} terms")
        others.append((rule, mine))


def _same(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    return mine == theirs or (len(mine | theirs) >= 5 and len(mine & theirs) / len(mine | theirs) >= 0.8)


def _alternative(one: Rule, other: Rule) -> bool:
    """Whether two rows are limbs of one rule, as some schedules put down a death before 18."""
    return one.trigger != other.trigger and "date_of_death" in (one.trigger, other.trigger)


def _class_words(rule: Rule) -> frozenset[str]:
    found = re.findall(r"[a-z0-9]+", rule.record_class.casefold())
    return frozenset(word.removesuffix("s") for word in found) - _LITTLE


def _of_references(rules: Sequence[Rule]) -> Iterator[Fault]:
    known = {rule.ref for rule in rules}
    heads = {ref.partition("-")[0] for ref in known}
    for rule in rules:
        for ref in _REF.findall(rule.notes):
            if ref not in known and ref.partition("-")[0] in heads:
                yield _fault(rule, "unknown reference", f"the notes name {ref}, which the schedule does not have")


def _of_dates(adopted: dt.date | None, expires: dt.date | None, today: dt.date) -> Iterator[Fault]:
    if expires is not None and expires < today:
        yield Fault(1, "", "expired", f"the version expired on {expires}: nothing may be disposed of", fatal=False)
    if adopted and expires and expires <= adopted:
        yield Fault(1, "", "expires before adoption", f"adopted on {adopted}, expires on {expires}", fatal=False)
    if adopted and expires is None:
        yield Fault(1, "", "no expiry", "an adopted version needs a date on which it expires", fatal=False)


@cache
def minima() -> tuple[Minimum, ...]:
    """Return the minimum periods of enactments that come with the product."""
    text = (resources.files("retention") / "schedules" / "statute.toml").read_text(encoding="utf-8")
    return tuple(
        Minimum(
            re.compile(row["authority"], re.IGNORECASE),
            re.compile(row.get("record_class", ""), re.IGNORECASE),
            row.get("trigger", ""),
            None if row["period"] == "permanent" else Period.parse(row["period"]),
            row.get("binding", True),
        )
        for row in tomllib.loads(text)["minimum"]
    )


def _short(authority: str) -> str:
    return authority if len(authority) <= 80 else authority[:77] + "..."


def _fault(rule: Rule, kind: str, message: str) -> Fault:
    return Fault(rule.row, rule.ref, kind, message, fatal=False)


def _advice(rule: Rule, kind: str, message: str) -> Fault:
    return Fault(rule.row, rule.ref, kind, message, fatal=False, advice=True)
