"""The retention schedule: a council's rules as data; load, version, write back, match and compare.

Columns: ref, function, activity, record_class, description, trigger, period, action, authority, notes, verified, and
optionally terms (rules of several limbs), keywords (words in a path that speak for the class) and
predecessor_authority. Version and dates stand in a TOML file beside the CSV, or in ``# version: …`` lines above the
header. A schedule that nobody has adopted, or that has expired, never lets anything be disposed of.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path

from retention import matching, national, notation
from retention.rule import Approval, Fault, Rule, RuleAction, ScheduleError

__all__ = [
    "Approval",
    "Change",
    "Fault",
    "Rule",
    "RuleAction",
    "Schedule",
    "ScheduleError",
    "adopt",
    "diff",
    "dump",
    "load",
    "shipped",
]

DEFAULT_CLASS = "GEN-01"
COLUMNS = (
    "ref",
    "function",
    "activity",
    "record_class",
    "description",
    "trigger",
    "period",
    "action",
    "authority",
    "notes",
    "verified",
)
EXTRA_COLUMNS = ("terms", "keywords", "predecessor_authority")
_NEEDED = ("ref", "function", "record_class", "trigger", "period", "action")


@dataclass(frozen=True, eq=False)
class Schedule:
    """One version of a council's rules. Two schedules are the same when their ``digest`` is."""

    version: str
    adopted: dt.date | None
    expires: dt.date | None
    rules: tuple[Rule, ...]
    council: str = ""
    predecessor: str = ""
    origin: str = ""
    edited_by: tuple[str, ...] = ()
    approvals: tuple[Approval, ...] = ()
    by_ref: Mapping[str, Rule] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_ref", {rule.ref: rule for rule in self.rules})

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the rules in their written form, whatever file they came from."""
        return hashlib.sha256(dump(self).encode()).hexdigest()

    @property
    def default(self) -> Rule:
        """The rule for items that match no class; it only ever asks for a review."""
        rule = self.by_ref.get(DEFAULT_CLASS)
        if rule is None or rule.action is not RuleAction.REVIEW:
            return _FALLBACK
        return rule

    def rule(self, ref: str) -> Rule | None:
        """Return the rule with that reference, if the schedule has it."""
        return self.by_ref.get(ref)

    def match(self, path: bytes, text_class: str | None = None) -> matching.Candidates:
        """Suggest a record class from the words of a path and the class a reader of the text suggested, with reasons."""
        return matching.match(self, path, text_class)

    def approvals_of(self, ref: str) -> tuple[Approval, ...]:
        """Return the approvals of one clause that still stand, and those of the whole."""
        rule = self.by_ref.get(ref)
        now = "" if rule is None else clause(rule)
        return tuple(one for one in self.approvals if one.ref == "*" or (one.ref == ref and one.clause in ("", now)))

    def refuses(self, today: dt.date) -> str:
        """Say why nothing may be disposed of under this version today, or return an empty text."""
        if self.adopted is None:
            return f"schedule {self.version} has not been adopted"
        if self.adopted > today:
            return f"schedule {self.version} is adopted only from {self.adopted}"
        if self.expires is None:
            return f"schedule {self.version} states no expiry date"
        if self.expires < today:
            return f"schedule {self.version} expired on {self.expires}"
        return ""


_FALLBACK = Rule(
    DEFAULT_CLASS,
    "General",
    "Default",
    "Unclassified working record (default rule)",
    "",
    "end_of_financial_year",
    "P6Y",
    RuleAction.REVIEW,
    "Limitation Act 1980",
    "",
    verified=True,
    terms=notation.parse_terms("end_of_financial_year", "P6Y"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of a schedule file before they are judged: (line, cells) pairs and what the file says of itself."""

    rows: tuple[tuple[int, Mapping[str, str]], ...]
    meta: Mapping[str, object]
    faults: tuple[Fault, ...] = ()


def load(source: str | Path, **meta: object) -> Schedule:
    """Load a schedule from a CSV file, or from CSV text.

    ``meta`` overrides what the file says: version, adopted, expires (dates), council, predecessor, origin. Raises
    ``ScheduleError`` with every fault that keeps it from being used.
    """
    table = read(source)
    rules, faults = parse(table)
    facts = {**table.meta, **meta}
    faults = [*table.faults, *faults]
    try:
        dates = {name: as_date(facts.get(name)) for name in ("adopted", "expires")}
    except ValueError as error:
        faults.append(Fault(1, "", "bad date", str(error)))
        dates = {}
    if faults:
        raise ScheduleError(sorted(faults, key=lambda fault: fault.row))
    schedule = Schedule(
        version=str(facts.get("version") or ""),
        adopted=dates["adopted"],
        expires=dates["expires"],
        rules=tuple(rules),
        council=str(facts.get("council") or ""),
        predecessor=str(facts.get("predecessor") or ""),
        origin=str(facts.get("origin") or ""),
        edited_by=_names(facts.get("edited_by")),
        approvals=_approvals(facts.get("approval")),
    )
    return schedule if schedule.version else replace(schedule, version=f"unversioned-{schedule.digest[:8]}")


@cache
def shipped() -> Schedule:
    """Return the sample schedule that comes with the product, for a council to edit and adopt."""
    place = resources.files("retention") / "schedules"
    text = (place / "uk-council.csv").read_text(encoding="utf-8")
    return load(text, **tomllib.loads((place / "uk-council.toml").read_text(encoding="utf-8")))


def read(source: str | Path) -> Table:
    """Read the cells of a schedule in our columns or in the national field list; judges nothing but the shape."""
    text, meta = _text(source)
    lines = text.lstrip("\ufeff").splitlines(keepends=True)
    skip = 0
    while skip < len(lines) and (lines[skip].startswith("#") or not lines[skip].strip()):
        key, _, value = lines[skip].lstrip("# ").partition(":")
        if value.strip():
            meta.setdefault(key.strip().lower(), value.strip())
        skip += 1
    reader = csv.reader(io.StringIO("".join(lines[skip:])))
    header = [name.strip().lower() for name in next(reader, [])]
    cells = [(skip + number, row) for number, row in enumerate(reader, 2) if any(cell.strip() for cell in row)]
    if national.recognises(header):
        return Table(tuple(national.translate(header, cells)), meta)
    lacking = [name for name in _NEEDED if name not in header]
    if lacking:
        return Table((), meta, (Fault(skip + 1, "", "missing column", f"no column {', '.join(lacking)}"),))
    rows, faults = [], []
    for number, row in cells:
        if len(row) != len(header):
            ref = row[header.index("ref")] if len(row) > header.index("ref") else ""
            faults.append(Fault(number, ref, "row width", f"{len(row)} cells where the header has {len(header)}"))
            continue
        rows.append((number, dict(zip(header, (cell.strip() for cell in row), strict=True))))
    return Table(tuple(rows), meta, tuple(faults))


def parse(table: Table) -> tuple[list[Rule], list[Fault]]:
    """Turn cells into rules, and name each row that is none."""
    rules: list[Rule] = []
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    for number, cells in table.rows:
        ref = cells.get("ref", "")
        if ref and ref in seen:
            faults.append(Fault(number, ref, "duplicate ref", f"already used in row {seen[ref]}"))
        seen.setdefault(ref, number)
        found = list(_cell_faults(number, cells))
        faults.extend(found)
        if not found:
            rules.append(_rule(number, cells))
    if not table.rows and not table.faults:
        faults.append(Fault(1, "", "empty", "the schedule has no rules"))
    return rules, faults


def _cell_faults(number: int, cells: Mapping[str, str]) -> Iterator[Fault]:
    ref = cells.get("ref", "")
    for name in ("ref", "record_class"):
        if not cells.get(name):
            yield Fault(number, ref, f"missing {name.replace('_', ' ')}", f"{name} is empty")
    if cells["action"] not in set(RuleAction):
        yield Fault(number, ref, "unknown action", f"'{cells['action'][:40]}' is none of {', '.join(RuleAction)}")
    try:
        notation.parse_terms(cells["trigger"], cells["period"], cells.get("terms", ""))
    except ValueError as error:
        yield Fault(number, ref, _kind(str(error)), str(error))


def _kind(message: str) -> str:
    for word in ("unknown trigger", "needs a date", "terms", "limb", "goes with"):
        if word in message:
            return {"needs a date": "bad date", "limb": "terms", "goes with": "none without permanent"}.get(word, word)
    return "bad period"


def _rule(number: int, cells: Mapping[str, str]) -> Rule:
    text = {name: cells.get(name, "") for name in (*COLUMNS, *EXTRA_COLUMNS)}
    return Rule(
        ref=text["ref"],
        function=text["function"],
        activity=text["activity"],
        record_class=text["record_class"],
        description=text["description"],
        trigger=text["trigger"],
        period=text["period"],
        action=RuleAction(text["action"]),
        authority=text["authority"],
        notes=text["notes"],
        verified=text["verified"].lower() in {"yes", "true", "1"},
        terms=notation.parse_terms(text["trigger"], text["period"], text["terms"]),
        keywords=tuple(word.strip() for word in text["keywords"].split(";") if word.strip()),
        predecessor=text["predecessor_authority"],
        row=number,
    )


def dump(schedule: Schedule) -> str:
    """Write the rules back as CSV in our columns; loading the result gives the same rules."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*COLUMNS, *EXTRA_COLUMNS))
    writer.writerows([_cell(rule, name) for name in (*COLUMNS, *EXTRA_COLUMNS)] for rule in schedule.rules)
    return out.getvalue()


def clause(rule: Rule) -> str:
    """Return the digest of one clause as it is written, in sixteen hexadecimal digits."""
    return hashlib.sha256("\x1f".join(_cell(rule, name) for name in (*COLUMNS, *EXTRA_COLUMNS)).encode()).hexdigest()[
        :16
    ]


def approve(schedule: Schedule, refs: Sequence[str], *, by: str, on: dt.date) -> Schedule:
    """Return the schedule with clauses approved by a named person as they are written now.

    Raises ``ValueError`` for a clause that it does not have, for nobody, and for an editor of the schedule: nobody approves
    what they wrote themselves.
    """
    strangers = [ref for ref in refs if ref not in schedule.by_ref]
    if strangers or not refs:
        raise ValueError(
            f"the schedule has no clause {', '.join(strangers)}" if strangers else "name a clause to approve"
        )
    if not by.strip():
        raise ValueError("somebody must approve a clause by name")
    if by in schedule.edited_by:
        raise ValueError("who edits the schedule does not approve its clauses")
    made = tuple(Approval(ref, by, on, clause(schedule.by_ref[ref])) for ref in refs)
    return replace(schedule, approvals=(*schedule.approvals, *made))


def unapproved(schedule: Schedule, base: Schedule) -> tuple[str, ...]:
    """Return the clauses that are new or different from a base and that nobody has approved as they are now."""
    changed = dict.fromkeys(change.ref for change in diff(base, schedule) if change.ref in schedule.by_ref)
    return tuple(ref for ref in changed if not any(one.ref == ref for one in schedule.approvals_of(ref)))


def adopt(schedule: Schedule, version: str, *, by: str, on: dt.date, expires: dt.date) -> Schedule:
    """Return the schedule as adopted by a named person from a day until another; raises ``ValueError`` when the days cross."""
    if expires <= on:
        raise ValueError("a schedule must expire after the day of its adoption")
    if not by.strip():
        raise ValueError("somebody must adopt a schedule by name")
    approval = Approval("*", by, on)
    return replace(schedule, version=version, adopted=on, expires=expires, approvals=(*schedule.approvals, approval))


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions: a rule added or removed, or a field of it (``what``) before and after."""

    ref: str
    what: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        return f"{self.ref}: {self.what}" + (
            f": '{self.before}' becomes '{self.after}'" if self.before or self.after else ""
        )


def diff(base: Schedule, other: Schedule) -> tuple[Change, ...]:
    """Return what another version changes in a base, by reference and field."""
    found = [Change(ref, "removed") for ref in base.by_ref if ref not in other.by_ref]
    found += [Change(ref, "added") for ref in other.by_ref if ref not in base.by_ref]
    for ref, rule in base.by_ref.items():
        new = other.by_ref.get(ref)
        if new is not None:
            found.extend(_changes(rule, new))
    return tuple(sorted(found, key=lambda change: (change.ref, change.what)))


def _changes(old: Rule, new: Rule) -> Iterator[Change]:
    for name in (*COLUMNS[1:], *EXTRA_COLUMNS):
        before, after = (_cell(rule, name) for rule in (old, new))
        if before != after:
            yield Change(old.ref, name, before, after)


def _cell(rule: Rule, name: str) -> str:
    if name == "terms":
        return str(rule.terms) if len(rule.terms.limbs) > 1 else ""
    if name == "keywords":
        return ";".join(rule.keywords)
    if name == "verified":
        return "yes" if rule.verified else "no"
    return str(getattr(rule, "predecessor" if name == "predecessor_authority" else name))


def as_date(value: object) -> dt.date | None:
    """Read a date of a schedule's own data; raises ``ValueError`` when it is none."""
    if value is None or value == "":
        return None
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"'{str(value)[:40]}' is not a date such as 2026-04-01") from None


def _text(source: str | Path) -> tuple[str, dict[str, object]]:
    if isinstance(source, str) and ("\n" in source or "," in source):
        return source, {}
    path = Path(source)
    beside = path.with_suffix(".toml")
    meta = tomllib.loads(beside.read_text(encoding="utf-8")) if beside.exists() else {}
    return path.read_text(encoding="utf-8-sig"), meta


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(name.strip() for name in value.split(",") if name.strip())
    return tuple(str(name) for name in value) if isinstance(value, list) else ()


def _approvals(value: object) -> tuple[Approval, ...]:
    if not isinstance(value, list):
        return ()
    names = ("ref", "by", "clause")
    found = (({"ref": "*"} | {name: str(one[name]) for name in names if name in one}, one.get("on")) for one in value)
    read = ((told, as_date(on)) for told, on in found)
    return tuple(Approval(told["ref"], told.get("by", ""), on, told.get("clause", "")) for told, on in read if on)
