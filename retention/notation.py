"""The notation of a rule's time in a schedule file: trigger, period and, for several limbs, the terms.

``trigger`` is a word of the closed vocabulary, ``fixed_date:2033-12-31`` or ``end_of_financial_year(case_closed)``.
``terms`` holds rules of more than one limb: ``latest_of: date_of_birth P21Y4M; case_closed P10Y`` or
``first_of: date_of_death P15Y before age 18; date_of_birth P75Y``; with ``first_of`` the last limb is the ordinary case.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from dataclasses import replace

from retention.clock import TRIGGERS, Choice, Limb, Period, Terms, YearEnd

_YEAR_END = re.compile(r"end_of_(financial|academic|calendar|tax)_year(?:\((\w+)\))?")
_LIMB = re.compile(
    r"(\S+)\s+(P\w+)(?:\s+before\s+age\s+(\d{1,3}))?(?:\s+when\s+(\w+)\s+from\s+age\s+(\d{1,3}))?", re.IGNORECASE
)


def parse_terms(trigger: str, period: str, terms: str = "") -> Terms:
    """Read what the columns trigger, period and terms say; raises ``ValueError`` with a sentence that names the fault."""
    if terms.strip():
        return _several(terms.strip())
    if period.strip().lower() == "permanent":
        return Terms(permanent=True)
    if trigger.strip() == "none":
        raise ValueError("trigger 'none' goes with period 'permanent' only")
    return Terms((parse_limb(trigger.strip(), period),))


def parse_limb(trigger: str, period: str, before_age: int | None = None) -> Limb:
    """Read one limb; raises ``ValueError`` for an unknown trigger, an impossible date or an unreadable period."""
    if trigger.startswith("fixed_date"):
        return Limb("fixed_date", Period.parse(period), fixed=_fixed(trigger))
    match = _YEAR_END.fullmatch(trigger)
    if match:
        base = match[2] or ""
        if base:
            _known(base)
        return Limb(base, Period.parse(period), YearEnd(match[1]), before_age=before_age)
    _known(trigger)
    return Limb(trigger, Period.parse(period), before_age=before_age)


def _several(text: str) -> Terms:
    head, colon, rest = text.partition(":")
    if not colon or head.strip() not in set(Choice):
        raise ValueError(f"terms must begin with {', '.join(Choice)} and a colon")
    limbs = []
    for part in rest.split(";"):
        match = _LIMB.fullmatch(part.strip())
        if match is None:
            raise ValueError("each limb of the terms is a trigger and a period, such as 'case_closed P10Y'")
        limb = parse_limb(match[1], match[2], int(match[3]) if match[3] else None)
        if match[4]:
            _known(match[4])
            limb = replace(limb, given=match[4], from_age=int(match[5]))
        limbs.append(limb)
    if len(limbs) < 2:
        raise ValueError("terms need at least two limbs; a single one belongs in trigger and period")
    return Terms(tuple(limbs), Choice(head.strip()))


def _fixed(trigger: str) -> dt.date:
    _, _, day = trigger.partition(":")
    try:
        return dt.date.fromisoformat(day)
    except ValueError:
        raise ValueError(f"'{trigger[:40]}' needs a date that exists, as in fixed_date:2033-12-31") from None


def _known(trigger: str) -> None:
    if trigger in TRIGGERS and trigger not in {"none", "fixed_date"}:
        return
    near = difflib.get_close_matches(trigger, TRIGGERS, 1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise ValueError(f"unknown trigger '{trigger[:40]}'{hint}")
