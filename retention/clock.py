"""Triggers and civil-date arithmetic in Europe/London: the day on which the retention of a record ends.

A date here is the last day of retention; a record is eligible the day after it. Where a rule can be read in two
ways the later day is taken or the reading is stated, so that nothing is ever due too early.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
ONE_DAY = dt.timedelta(days=1)
_EPOCH = dt.date(1970, 1, 1).toordinal()
# London was never ahead of UTC by more than an hour in these days, so only the last hour of one can be on the next.
_SIMPLE_FROM, _SIMPLE_TO = (dt.date(year, 1, 1).toordinal() - _EPOCH for year in (1973, 2200))

TRIGGERS = frozenset(
    {
        "date_created",
        "date_received",
        "last_action",
        "case_closed",
        "end_of_financial_year",
        "end_of_academic_year",
        "end_of_calendar_year",
        "end_of_tax_year",
        "date_of_birth",
        "date_of_death",
        "employment_end",
        "contract_start",
        "contract_end",
        "licence_expiry",
        "decision_date",
        "event_date",
        "debt_cleared",
        "superseded",
        "life_of_asset",
        "fixed_date",
        "none",
    }
)
# What a file system can stand in for. A modified date is no closure, leaving or birth.
PROXIED = frozenset({"date_created", "date_received", "last_action"})
_BASES = ("last_action", "date_created", "date_received", "decision_date", "event_date")
_UNTRUSTED_DAYS = frozenset({dt.date(1601, 1, 1), dt.date(1970, 1, 1), dt.date(1980, 1, 1)})
FIRST_TRUSTED = dt.date(1985, 1, 1)
_BULK = 1_000


class YearEnd(StrEnum):
    """The kinds of year a council's rule can end with."""

    FINANCIAL = "financial"
    ACADEMIC = "academic"
    CALENDAR = "calendar"
    TAX = "tax"


_YEAR_ENDS = {
    YearEnd.FINANCIAL: (3, 31),
    YearEnd.ACADEMIC: (8, 31),
    YearEnd.CALENDAR: (12, 31),
    YearEnd.TAX: (4, 5),
}


class Source(StrEnum):
    """Where the date of a trigger came from, the strongest first."""

    FEED = "feed"
    OWNER = "owner"
    SCHEDULE = "schedule"
    FOLDER = "folder"
    CONTENT = "content"
    FILESYSTEM = "filesystem"


_STRENGTH = {source: rank for rank, source in enumerate(Source)}


@dataclass(frozen=True, slots=True)
class TriggerValue:
    """The date of one trigger, and on whose word: ``confidence`` runs from 0 to 1, ``who`` and ``on`` say who entered it when."""

    date: dt.date
    source: Source
    confidence: float = 1.0
    who: str = ""
    on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time in civil years, months and days."""

    years: int = 0
    months: int = 0
    days: int = 0

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read an ISO 8601 duration such as ``P21Y4M`` or ``P2W``; raises ``ValueError`` for anything else."""
        match = _ISO.fullmatch(text.strip().upper())
        if match is None or not any(match.groups()):
            raise ValueError(f"'{text[:40]}' is not a period such as P6Y, P21Y4M or P30D")
        years, months, weeks, days = (int(part or 0) for part in match.groups())
        return cls(years, months, days + 7 * weeks)

    def __str__(self) -> str:
        parts = ((self.years, "Y"), (self.months, "M"), (self.days, "D"))
        return "P" + ("".join(f"{amount}{unit}" for amount, unit in parts if amount) or "0D")

    @property
    def rough_days(self) -> int:
        """About how many days it is, for comparing two periods only."""
        return self.years * 1461 // 4 + self.months * 30 + self.days


_ISO = re.compile(r"P(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?")


class Choice(StrEnum):
    """How several limbs of one rule become one date."""

    FIRST = "first_of"
    LATEST = "latest_of"
    EARLIEST = "earliest_of"


@dataclass(frozen=True, slots=True)
class Limb:
    """One way to a date: a trigger, rolled to the end of its year if asked, plus a period.

    ``base`` names the trigger whose year ends; ``before_age`` makes the limb apply only when the trigger fell before
    that birthday (a child who died before 18). ``given`` and ``from_age`` make it apply only when that other trigger fell
    at that age or later (to the 26th birthday when treatment ended at 17).
    """

    trigger: str
    period: Period
    year_end: YearEnd | None = None
    fixed: dt.date | None = None
    before_age: int | None = None
    given: str = ""
    from_age: int | None = None
    text: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", _written(self))

    def __str__(self) -> str:
        return self.text


def _written(limb: Limb) -> str:
    name = f"fixed_date:{limb.fixed.isoformat()}" if limb.fixed else limb.trigger
    if limb.year_end:
        name = f"end_of_{limb.year_end}_year({limb.trigger})" if limb.trigger else f"end_of_{limb.year_end}_year"
    age = f" before age {limb.before_age}" if limb.before_age is not None else ""
    given = f" when {limb.given} from age {limb.from_age}" if limb.given else ""
    return f"{name} {limb.period}{age}{given}"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a rule says about time: permanent, open (a person says when it ends), or limbs and how they combine.

    ``ambiguous`` holds the sentences that say which reading of an unclear wording was taken.
    """

    limbs: tuple[Limb, ...] = ()
    choice: Choice = Choice.FIRST
    permanent: bool = False
    ambiguous: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.permanent:
            return "permanent"
        text = "; ".join(str(limb) for limb in self.limbs)
        return f"{self.choice}: {text}" if len(self.limbs) > 1 else text or "open"

    @property
    def open(self) -> bool:
        """Whether no date can be computed because the rule ends with an event that only a person can name."""
        return not self.permanent and not self.limbs


class Timed(Protocol):
    """Anything that carries terms; a rule of a schedule does."""

    @property
    def terms(self) -> Terms:
        """The rule's terms."""


@dataclass(frozen=True, slots=True)
class Due:
    """When retention ends: ``date`` is its last day, or nothing when permanent or unknown.

    ``start`` and ``source`` belong to the limb that decided; ``missing`` names triggers whose dates are not known, and a
    due date with something missing may start a review but never a disposal. ``notes`` hold ambiguities.
    """

    date: dt.date | None
    permanent: bool = False
    limb: str = ""
    trigger: str = ""
    start: dt.date | None = None
    source: Source | None = None
    confidence: float = 1.0
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def eligible(self) -> dt.date | None:
        """The first day on which the record may be disposed of: the day after the last day of retention."""
        if self.date is None or self.date == dt.date.max:
            return None
        return self.date + ONE_DAY


def london_date(ns: int) -> dt.date:
    """Return the civil date in London of an instant in nanoseconds since 1970 (UTC), clamped to the years 1 to 9999."""
    seconds = ns // 1_000_000_000
    day, late = divmod(seconds, 86_400)
    if _SIMPLE_FROM <= day < _SIMPLE_TO and late < 82_800:
        return dt.date.fromordinal(_EPOCH + day)
    try:
        return dt.datetime.fromtimestamp(seconds, LONDON).date()
    except (OverflowError, ValueError, OSError):
        return dt.date.min if seconds < 0 else dt.date.max


def year_end(day: dt.date, kind: YearEnd) -> dt.date:
    """Return the last day of the year of that kind in which the day falls."""
    month, last = _YEAR_ENDS[kind]
    year = day.year if (day.month, day.day) <= (month, last) else day.year + 1
    return dt.date(year, month, last) if year <= dt.MAXYEAR else dt.date.max


def fy_end(day: dt.date) -> dt.date:
    """Return the 31 March that ends the financial year of the day."""
    return year_end(day, YearEnd.FINANCIAL)


def add(day: dt.date, period: Period) -> dt.date:
    """Add years and months, then days; a day its month does not have moves forward, never back (29 February to 1 March)."""
    months = day.year * 12 + day.month - 1 + period.years * 12 + period.months
    year, month = divmod(months, 12)
    month += 1
    if year > dt.MAXYEAR:
        return dt.date.max
    if day.day > calendar.monthrange(year, month)[1]:
        year, month, number = (year + 1, 1, 1) if month == 12 else (year, month + 1, 1)
    else:
        number = day.day
    try:
        return dt.date(year, month, number) + dt.timedelta(days=period.days)
    except (OverflowError, ValueError):
        return dt.date.max


def untrusted(day: dt.date, today: dt.date, *, same_instant: int = 1) -> str:
    """Say why a file system's date is no evidence of a record's date, or return an empty text when it is some.

    ``same_instant`` counts the files that carry the very same instant: above 1,000 it is the mark of a bulk copy.
    """
    if day in _UNTRUSTED_DAYS or day < FIRST_TRUSTED:
        return "the file's date is a default or lies before 1985"
    if day > today:
        return "the file's date lies in the future"
    if same_instant > _BULK:
        return f"{same_instant} files share this very instant: a bulk copy"
    return ""


def latest_plausible(days: tuple[dt.date, ...], today: dt.date) -> dt.date | None:
    """Return the latest trustworthy of several dates for one record: the late error is the safe one."""
    return max((day for day in days if not untrusted(day, today)), default=None)


def due(rule: Timed, facts: Mapping[str, TriggerValue]) -> Due:
    """Return when the retention of a record under a rule ends, from the trigger dates that are known."""
    terms = rule.terms
    if terms.permanent:
        return Due(None, permanent=True, limb="permanent", trigger="none", notes=terms.ambiguous)
    if terms.open:
        return Due(None, missing=("event",), notes=(*terms.ambiguous, "ends with an event that a person must name"))
    if terms.choice is Choice.FIRST:
        return _first(terms, facts)
    reached = [_reach(limb, facts) for limb in terms.limbs]
    known = [one for one in reached if one.date is not None]
    missing = tuple(name for one in reached for name in one.missing)
    if not known:
        return Due(None, missing=missing, notes=terms.ambiguous)
    pick = max if terms.choice is Choice.LATEST else min
    chosen = pick(known, key=lambda one: one.date or dt.date.max)
    return _noted(chosen, terms, missing)


def _first(terms: Terms, facts: Mapping[str, TriggerValue]) -> Due:
    last = terms.limbs[-1]
    for limb in terms.limbs:
        if limb is last or _applies(limb, facts):
            one = _reach(limb, facts)
            return _noted(one, terms, one.missing)
    raise AssertionError("the last limb always applies")


def _applies(limb: Limb, facts: Mapping[str, TriggerValue]) -> bool:
    value, born = facts.get(limb.trigger), facts.get("date_of_birth")
    if value is None:
        return False
    if limb.given:
        other = facts.get(limb.given)
        # Not knowing how old somebody was takes the longer limb, which stands first.
        return born is None or other is None or other.date >= add(born.date, Period(years=limb.from_age or 0))
    if limb.before_age is None:
        return True
    return born is not None and value.date < add(born.date, Period(years=limb.before_age))


def _reach(limb: Limb, facts: Mapping[str, TriggerValue]) -> Due:
    if limb.fixed is not None:
        return Due(add(limb.fixed, limb.period), False, str(limb), "fixed_date", limb.fixed, Source.SCHEDULE)
    name = limb.trigger
    value = facts.get(name) if name else _base(limb, facts)
    if value is None:
        return Due(None, missing=(name or f"end_of_{limb.year_end}_year",), limb=str(limb), trigger=name)
    start = year_end(value.date, limb.year_end) if limb.year_end else value.date
    end = add(start, limb.period)
    return Due(
        end, False, str(limb), name or f"end_of_{limb.year_end}_year", value.date, value.source, value.confidence
    )


def _base(limb: Limb, facts: Mapping[str, TriggerValue]) -> TriggerValue | None:
    """Take the date whose year ends: the one entered for the rule, else the latest of the ordinary ones."""
    entered = facts.get(f"end_of_{limb.year_end}_year")
    if entered is not None:
        return entered
    known = [facts[name] for name in _BASES if name in facts]
    return max(known, key=lambda value: (value.date, -_STRENGTH[value.source]), default=None)


def _noted(one: Due, terms: Terms, missing: tuple[str, ...]) -> Due:
    if missing == one.missing and not terms.ambiguous:
        return one
    return Due(
        one.date, one.permanent, one.limb, one.trigger, one.start, one.source, one.confidence, missing, terms.ambiguous
    )
