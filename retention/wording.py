"""Published wordings of retention periods, read into terms: "current year plus six", "DOB+25", "75 years, or 15 if …".

A wording that can be read in two ways is read in the stated one, and the reading that was taken is written beside it.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

from retention.clock import Choice, Limb, Period, Terms, YearEnd

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_ONES = _UNITS.split()
_NUMBERS = {word: value for value, word in enumerate((*_ONES, "seventeen", "eighteen", "nineteen"))}
_DECADES = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = {word: 10 * value for value, word in enumerate(_DECADES.split(), 2)}
_TENS_PATTERN = "|".join(_TENS)
_YEAR = "january february march april may june july august september october november december"
_MONTHS = _YEAR.split()
_CODES = {
    "DOB": "date_of_birth",
    "CASE": "case_closed",
    "ACTION": "last_action",
    "TERMS": "contract_end",
    "DOD": "date_of_death",
}
_UNIT = re.compile(r"(\d+)\s*(?:calendar |working |full |complete |clear )?(year|yr|month|week|day)s?\b")
_NO_END = re.compile(
    r"\b(?:permanent(?:ly)?|perm|indefinite(?:ly)?|in perpetuity|never destroy\w*|for ever|forever|retain always)\b"
)
_CURRENT = re.compile(
    r"\b(?:current|present|this)\s+(?:(calendar|financial|fiscal|academic|school|tax)\s+)?year|\b(cy|fy|ay|cur)\s*\+|\bcurrent\s*\+"
)
_END_OF = re.compile(
    r"\b(?:end|close) of (?:the |that |each |current )*(?:(calendar|financial|fiscal|academic|school|tax)\s+)?(?:year|yr)"
    r"|(?:(calendar|financial|fiscal|academic|school|tax) year(?:[- ]end| end))"
)
_KINDS = {
    "calendar": YearEnd.CALENDAR,
    "financial": YearEnd.FINANCIAL,
    "fiscal": YearEnd.FINANCIAL,
    "fy": YearEnd.FINANCIAL,
    "academic": YearEnd.ACADEMIC,
    "school": YearEnd.ACADEMIC,
    "ay": YearEnd.ACADEMIC,
    "tax": YearEnd.TAX,
}
_LATER = re.compile(r"whichever (?:is |comes |be )?(?:the )?(?:later|latest|longer|longest|greater|greatest|last)")
_SOONER = re.compile(
    r"whichever (?:is |comes |be )?(?:the )?(?:sooner|soonest|earlier|earliest|shorter|shortest|first|less)"
)
_AGE = re.compile(
    r"(?:\bage(?:d)? (?:of )?(\d+)|(\d+)(?:st|nd|rd|th)? (?:birthday|years of age|years old)"
    r"|reach(?:es|ing)? (?:the age of )?(\d+))"
)
_PLUS = re.compile(r"(?:plus|\+|and then|then|further)\s+(?:a further )?")
_CEILING = re.compile(
    r"\b[dx]\s*<\s*\d|\b(?:within|up to) \d+ (?:year|month|day)|\bmaximum of\b|\bno longer than\b|\bnot more than\b"
)
_DEATH = re.compile(r"\bd(?:ies|ied|eath|eceased|od)\b")


def plain(text: str) -> str:
    """Write a wording in lower case with figures for number words: "One hundred years" becomes "100 years"."""
    text = re.sub(r"[–—]", "-", text.lower()).replace("&", " and ")
    text = re.sub(rf"\b({_TENS_PATTERN})[- ]({'|'.join(_ONES[1:10])})\b", _tens_and_ones, text)
    text = re.sub(r"\b(?:a|one) hundred\b|\bhundred\b", "100", text)
    words = {**_NUMBERS, **_TENS, "eighteenth": 18, "twenty-fifth": 25}
    return re.sub(r"[a-z-]+", lambda match: str(words.get(match[0], match[0])), text)


def _tens_and_ones(match: re.Match[str]) -> str:
    return str(_TENS[match[1]] + _NUMBERS[match[2]])


def read(text: str, trigger: str) -> Terms:
    """Read a published period; ``trigger`` is the vocabulary word it counts from where the wording names none.

    A wording without any period that can be computed gives open terms: a person must say when it ends.
    """
    code = _code(text.strip(), trigger)
    if code is not None:
        return code
    said = plain(text)
    fixed = fixed_date(said)
    if fixed is not None:
        return Terms((Limb("fixed_date", Period(), fixed=fixed),))
    if _NO_END.search(said):
        return Terms(permanent=True)
    return _limbs(said, trigger)


def year_end(text: str) -> tuple[bool, YearEnd | None]:
    """Whether a wording runs to the end of a year, and of which kind if it says so."""
    said = plain(text)
    if re.fullmatch(r"\s*\d+\s*\+\s*", said):
        return True, YearEnd.FINANCIAL  # the published code "6+" is defined by the financial year
    match = _END_OF.search(said) or _CURRENT.search(said)
    if match is None:
        return False, None
    kind = next((group for group in match.groups() if group in _KINDS), "")
    if not kind:
        kind = next((word for word in _KINDS if re.search(rf"\b{word} (?:year|yr)", said)), "")
    return True, _KINDS.get(kind)


def period(text: str) -> Period | None:
    """Add up the lengths in a wording: "21 years 4 months", "6y0m", "30 calendar days"; nothing when there are none."""
    said = plain(text)
    short = re.fullmatch(r"\s*(?:(\d+)\s*y)?\s*(?:(\d+)\s*m)?\s*(?:(\d+)\s*d)?\s*", said)
    if short and any(short.groups()):
        return Period(*(int(part or 0) for part in short.groups()))
    total = {"year": 0, "month": 0, "day": 0}
    found = False
    for amount, unit in _UNIT.findall(said):
        found = True
        name = {"yr": "year", "week": "day"}.get(unit, unit)
        total[name] += int(amount) * (7 if unit == "week" else 1)
    return Period(total["year"], total["month"], total["day"]) if found else None


def fixed_date(text: str) -> dt.date | None:
    """Return the one absolute date that a wording names, if it does."""
    said = plain(text)
    iso = re.search(r"\b(\d{4})-(\d{2})-(\d{2})\b", said)
    long = re.search(rf"\b(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({'|'.join(_MONTHS)}),? (\d{{4}})\b", said)
    slashed = re.search(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b", said)
    try:
        if iso:
            return dt.date(int(iso[1]), int(iso[2]), int(iso[3]))
        if long:
            return dt.date(int(long[3]), _MONTHS.index(long[2]) + 1, int(long[1]))
        return dt.date(int(slashed[3]), int(slashed[2]), int(slashed[1])) if slashed else None
    except ValueError:
        return None


def doubts(text: str, year: YearEnd | None = None) -> tuple[str, ...]:
    """Say in which ways a wording can be read, and which reading is taken; empty for a plain one.

    ``year`` is the kind of year that the rule was put down with, when its wording may leave that open.
    """
    said = plain(text)
    found = []
    runs, named = year_end(text)
    if (runs or year is not None) and named is None:
        taken = f"{year} year" if year else "later of calendar and financial year"
        found.append(f"the wording does not say which year ends: the {taken} is taken")
    if re.search(r"inactiv|no activity|dormant", said) and not _LATER.search(said):
        found.append("the age and the inactivity can each be the last: the later is taken")
    if _CEILING.search(said):
        found.append("the wording sets a latest day, not a period to keep: that day is taken")
    if re.search(r"\d\s*(?:-|to)\s*\d+\s*(?:year|month|day)", said):
        found.append("the wording gives a range: the longest is taken")
    if re.search(r"\bworking days?\b", said):
        found.append("working days are counted without bank holidays: check the day")
    if re.search(r"\bmunicipal year|\bterm of (?:office|council)", said) and runs:
        found.append("the municipal year has no fixed end: a person must name it")
    return tuple(found)


def _code(text: str, trigger: str) -> Terms | None:
    """Read the short codes of published schedules: 6+, DOB+25, CASE+6, ACTION+15, TERMS+12, PERM, D<1."""
    if re.fullmatch(r"PERM(?:ANENT)?", text, re.IGNORECASE):
        return Terms(permanent=True)
    plus = re.fullmatch(r"(\d{1,3})\s*\+", text)
    if plus:
        return Terms((Limb(trigger, Period(int(plus[1])), YearEnd.FINANCIAL),))
    named = re.match(r"(DOB|DOD|CASE|ACTION|TERMS)\s*\+\s*(\d{1,3})\b(?!\s*(?:month|day|week))", text)
    if named:
        # A closure point that the wording names beside the code is the council's own event.
        base = trigger if "closure point" in text.lower() else _CODES[named[1]]
        extra = period(text[named.end() :]) if "closure point" in text.lower() else None
        years = int(named[2]) + (extra.years if extra else 0)
        return Terms((Limb(base, Period(years, extra.months if extra else 0, extra.days if extra else 0)),))
    below = re.match(r"[DX]\s*<\s*(\d{1,3})\b", text)
    if below:
        return Terms((Limb(trigger, Period(int(below[1]))),), ambiguous=doubts(text))
    return None


def _limbs(said: str, trigger: str) -> Terms:
    choice = Choice.LATEST if _LATER.search(said) else Choice.EARLIEST if _SOONER.search(said) else Choice.FIRST
    notes = doubts(said)
    if re.search(r"inactiv|no activity", said):
        return Terms(_inactive(said, trigger), Choice.LATEST, ambiguous=notes)
    parts = [
        part for part in re.split(r"\bor\b|;|\bwhichever\b.*|\bunless\b|\botherwise\b", said) if part and part.strip()
    ]
    limbs = [limb for part in parts if (limb := _limb(part, trigger, said)) is not None]
    if not limbs:
        return Terms(ambiguous=notes)
    if len(limbs) > 1 and choice is Choice.FIRST:
        conditional = [limb for limb in limbs if limb.trigger == "date_of_death"]
        ordinary = [limb for limb in limbs if limb.trigger != "date_of_death"]
        if conditional and ordinary:
            return Terms((*conditional, *ordinary[:1]), ambiguous=notes)
        either = "the wording gives alternatives without saying which: the later is taken"
        return Terms(tuple(limbs), Choice.LATEST, ambiguous=(*notes, either))
    if len(limbs) == 1 and limbs[0].year_end and year_end(said)[1] is None:
        return Terms((limbs[0], replace(limbs[0], year_end=YearEnd.CALENDAR)), Choice.LATEST, ambiguous=notes)
    return Terms(tuple(limbs), choice if len(limbs) > 1 else Choice.FIRST, ambiguous=notes)


def _inactive(said: str, trigger: str) -> tuple[Limb, ...]:
    age = _AGE.search(said)
    rest = said[age.end() :] if age else said
    quiet = period(rest) or Period()
    years = int(next(group for group in age.groups() if group)) if age else 0
    born = Limb("date_of_birth" if age else trigger, replace(quiet, years=quiet.years + years))
    return (born, Limb("last_action", quiet))


def _limb(part: str, trigger: str, whole: str) -> Limb | None:
    age = _AGE.search(part)
    dying = _DEATH.search(part)
    before = re.search(r"(?:before|under|below|prior to)\D{0,30}?(\d+)", part) if dying else None
    if age and not dying:
        further = period(part[: age.start()] + part[age.end() :]) or Period()
        years = int(next(group for group in age.groups() if group))
        return Limb("date_of_birth", replace(further, years=further.years + years))
    length = period(part[: before.start()] if before else part)
    if length is None:
        bare = re.search(r"(?:year|yr)s? plus (\d+)|\+\s*(\d+)\b|(?:plus|and) (\d+)\b", part)
        if bare is None or not re.search(r"year|current|cy|fy|\+", part):
            return None
        length = Period(int(next(group for group in bare.groups() if group)))
    if dying:
        return Limb("date_of_death", length, before_age=int(before[1]) if before else None)
    runs, kind = year_end(part)
    if runs and kind is None:
        kind = year_end(whole)[1] or YearEnd.FINANCIAL
    return Limb(_named(part, trigger), length, kind if runs else None)


def _named(part: str, trigger: str) -> str:
    """Return the trigger a limb names for itself, else the rule's."""
    for pattern, name in (
        (r"birth|\bdob\b", "date_of_birth"),
        (r"clos(?:ure|ed|ing)|end of (?:the )?(?:claim|case)|claim", "case_closed"),
        (r"last (?:action|contact|entry|activity|use)", "last_action"),
        (r"(?:end|termination) of employment|leav(?:ing|er)|retire", "employment_end"),
        (r"(?:end|expiry|termination) of (?:the )?(?:contract|agreement|lease|tenancy)", "contract_end"),
        (r"decision", "decision_date"),
    ):
        if re.search(pattern, part):
            return name
    return trigger
