"""Published wordings of retention periods, read into terms: "current year plus six", "DOB+25", "75 years, or 15 if …".

A wording that can be read in two ways is read in the stated one, and the reading that was taken is written beside it.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

from retention import vague
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
_ORDINALS = {"eighteenth": "18th", "twenty-first": "21st", "twenty-fifth": "25th", "twenty-sixth": "26th"}
_UNIT = re.compile(
    r"(\d+)(?:\s*-\s*|\s*)(?:calendar |working |full |complete |completed |clear |financial |academic |tax |school )?"
    r"(year|yr|y|month|mnth|mth|fortnight|week|wk|day|hour|hr)s?\b(?!\s*(?:old|of age))"
)
_IN_DAYS = {"week": ("day", 7), "fortnight": ("day", 14), "hour": ("day", 1)}
_UNITS_OF = {"yr": "year", "y": "year", "mnth": "month", "mth": "month", "wk": "week", "hr": "hour"}
_NO_END = re.compile(
    r"\b(?:permanent(?:ly)?|perm|indefinite(?:ly)?|in perpetuity|never destroy\w*|do not destroy|for ever|forever|retain always)\b"
    r"(?! (?:employ|staff|secretar|exclu|contract|post|appoint|resid|placement|member|worker|position))"
)
_CHOSEN = re.compile(
    r"(?:for|of|as|to|consider|select\w*|review\w*|archiv\w*|then|offer\w*)\W+(?:\w+\W+){0,3}permanent|permanent preservation"
)
_KIND = r"(calendar|financial|fiscal|accounting|academic|school|tax)"
_CURRENT = re.compile(
    rf"\b(?:current|present|this)\s+(?:{_KIND}\s+)?(?:year|yr)\b|\b(cy|fy|ay|ty|cur)\s*\+|\+\s*(cy|fy|ay|ty)\b"
    r"|\bcurrent\s*(?:\+|plus)|(?:\+|plus|and)\s*(?:the )?current\b"
)
_END_OF = re.compile(
    rf"\b(?:end|close) of (?:the |that |each |current |relevant |same )*(?:{_KIND}\s+)?(?:year|yr|period)\b"
    rf"|(?:{_KIND} (?:year|yr)(?:[- ]ends?\b| end))|\b(fye)\b|\b(31 march|5 april|31 august|31 december)\b|\b(?:year|yr)[- ]end\b"
)
_KINDS = {
    "calendar": YearEnd.CALENDAR,
    "financial": YearEnd.FINANCIAL,
    "fiscal": YearEnd.FINANCIAL,
    "accounting": YearEnd.FINANCIAL,
    "fy": YearEnd.FINANCIAL,
    "fye": YearEnd.FINANCIAL,
    "31 march": YearEnd.FINANCIAL,
    "31 december": YearEnd.CALENDAR,
    "31 august": YearEnd.ACADEMIC,
    "5 april": YearEnd.TAX,
    "academic": YearEnd.ACADEMIC,
    "school": YearEnd.ACADEMIC,
    "ay": YearEnd.ACADEMIC,
    "tax": YearEnd.TAX,
    "ty": YearEnd.TAX,
}
_LATER = re.compile(
    r"whichever (?:is |comes |be )?(?:the )?(?:later|latest|longer|longest|greater|greatest|last)\b"
    r"|\bthe (?:later|latest|longer|longest|greater) (?:of|period)\b|\bif (?:later|longer|greater)\b"
)
_SOONER = re.compile(
    r"whichever (?:is |comes |be )?(?:the )?(?:sooner|soonest|earlier|earliest|shorter|shortest|first|less)\b"
    r"|\bthe (?:sooner|earlier|earliest|shorter|shortest|lesser) (?:of|period)\b|\bif (?:sooner|earlier|shorter)\b"
)
_AGE = re.compile(
    r"(?:\bage(?:d)? (?:of )?(\d+)|(\d+)(?:st|nd|rd|th)? (?:birthday|birth day|years of age|years old)"
    r"|(?:reach|attain)(?:es|ing|s|ed)? (?:the age of |age )?(\d+)"
    r"|\b(?:is|are|turns?|becomes?) (\d+)\b(?! (?:year|month|day)s? (?:from|after)))"
)
_PLUS = re.compile(r"\bplus\b|\+|\bthen\b|\bfurther\b|\badditional\b|\band\b|\bfollowed by\b")
_PARTS = re.compile(r"\bor\b|;|\bwhichever\b.*|\bunless\b.*|\botherwise\b")
_EVENTS = (
    (r"birth|\bdob\b", "date_of_birth"),
    (
        r"last (?:action|contact|entry|activity|use|transaction|amend|update|correspond|payment|attend|modif|review|visit)",
        "last_action",
    ),
    (r"life of|lifetime|demoli|disposal of|disposed of|decommission|\bsold\b", "life_of_asset"),
    (r"supersed|replaced|obsolete|no longer in force|expiry of the policy", "superseded"),
    (
        (
            r"(?:end|terminat\w*|cessation|last day|leaving|duration|period) of (?:their |the )?(?:employment|service)"
            r"|leav(?:ing|er|es)|\bleft\b|retire|resign"
            r"|employment (?:end|ceas|terminat)|\bemployment\s*(?:\+|plus)|while employed|(?:ceas|end)\w* to be employed"
        ),
        "employment_end",
    ),
    (
        (
            r"(?:end|expir\w*|terminat\w*|complet\w*|conclu\w*|duration|length|term|life) of (?:the |any )?"
            r"(?:contract|agreement|lease|tenancy|grant|loan|project|insurance|policy|term|deed|warranty)"
            r"|(?:contract|agreement|lease|tenancy|grant|loan|policy)\w* (?:end|expir|terminat|conclu)|\btermination\b|\bend of term\b"
        ),
        "contract_end",
    ),
    (
        r"(?:expir\w*|end|surrender|revocation|lapse) of (?:the )?(?:licen|permit|registr|certificate)|licen\w+ (?:expir|end|laps|ceas)",
        "licence_expiry",
    ),
    (
        r"clos(?:ure|ed|ing|e)\b|end of (?:the )?(?:claim|case)|claim|settle|resol(?:ved|ution)|conclu|case complet|complet(?:ion|ed)",
        "case_closed",
    ),
    (r"decision|determination|date of (?:the )?(?:order|award|approval|refusal)", "decision_date"),
    (
        r"(?:debt|account|arrears|loan) (?:is |are )?(?:cleared|paid|repaid|discharged)|repayment|debt clear",
        "debt_cleared",
    ),
    (r"receipt|received", "date_received"),
    (r"(?:date of )?(?:creation|created|publication|issue)\b", "date_created"),
)
_CEILING = re.compile(
    r"\b[dx]\s*<\s*\d|\b(?:within|up to) \d+ (?:year|month|day)|\bmaximum of\b|\bno longer than\b|\bnot more than\b"
)
_DEATH = re.compile(r"\bd(?:ies|ied|eath|eceased|od)\b")


def plain(text: str) -> str:
    """Write a wording in lower case with figures for number words: "One hundred years" becomes "100 years"."""
    text = re.sub(r"[–—‐‑]", "-", text.lower()).replace("&", " and ")
    text = re.sub(r"\bd\.?\s?o\.?\s?b\b\.?", "dob", text)
    text = re.sub(r"\bc/y\b|\bcurrent yr\b", "current year", text)
    text = re.sub("|".join(_ORDINALS), lambda match: _ORDINALS[match[0]], text)
    text = re.sub(rf"\b({_TENS_PATTERN})[- ]({'|'.join(_ONES[1:10])})\b", _tens_and_ones, text)
    text = re.sub(r"\b(?:a|one) hundred\b|\bhundred\b", "100", text)
    words = {**_NUMBERS, **_TENS, "couple": 2}
    text = re.sub(r"[a-z]+", lambda match: str(words.get(match[0], match[0])), text)
    text = re.sub(r"(\d+)(?:st|nd|rd|th) anniversary of", r"\1 years from", text)
    text = re.sub(r"(\d+)\s*(?:\.5|½| and (?:a|1) half) years?", r"\1 years 6 months", text)
    return re.sub(r"\bhalf (?:a )?year\b", "6 months", text)


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
    chosen = _CHOSEN.search(said) and period(said) is not None
    if _NO_END.search(said) and not chosen:
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
        kind = next((word for word in _KINDS if re.search(rf"\b{word} (?:year|yr)|\({word}\)", said)), "")
    return True, _KINDS.get(kind)


def period(text: str) -> Period | None:
    """Add up the lengths in a wording: "21 years 4 months", "6y0m", "30 calendar days"; nothing when there are none."""
    said = plain(text)
    short = re.fullmatch(r"\s*(?:(\d+)\s*y)?\s*(?:(\d+)\s*m)?\s*(?:(\d+)\s*d)?\s*", said)
    if short and any(short.groups()):
        return Period(*(int(part or 0) for part in short.groups()))
    found = [(int(amount), _UNITS_OF.get(unit, unit)) for amount, unit in _UNIT.findall(said)]
    if not found:
        return None
    total = {"year": 0, "month": 0, "day": 0}
    joined = bool(_PLUS.search(said))
    for amount, unit in found:
        name, days = _IN_DAYS.get(unit, (unit, 1))
        many = -(-amount // 24) if unit == "hour" else amount * days
        # The same unit twice and nothing that joins them is a rule and its exception: the longer is the safe one.
        total[name] = total[name] + many if joined else max(total[name], many)
    return Period(total["year"], total["month"], total["day"])


def fixed_date(text: str) -> dt.date | None:
    """Return the one absolute date that a wording names, if it does."""
    said = plain(text)
    iso = re.search(r"\b(\d{4})-(\d{2})-(\d{2})\b", said)
    long = re.search(rf"\b(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({'|'.join(_MONTHS)}),? (\d{{4}})\b", said)
    slashed = re.search(r"\b(\d{1,2})[/.](\d{1,2})[/.](\d{4})\b", said)
    bare = re.search(rf"\b(?:until|to|by|till)\b\D{{0,20}}?(?:({'|'.join(_MONTHS)}) )?(20\d\d)\b(?!-)", said)
    try:
        if iso:
            return dt.date(int(iso[1]), int(iso[2]), int(iso[3]))
        if long:
            return dt.date(int(long[3]), _MONTHS.index(long[2]) + 1, int(long[1]))
        if slashed:
            return dt.date(int(slashed[3]), int(slashed[2]), int(slashed[1]))
        return _last_day(int(bare[2]), _MONTHS.index(bare[1]) + 1 if bare[1] else 12) if bare else None
    except ValueError:
        return None


def _last_day(year: int, month: int) -> dt.date:
    return dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)


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
    found += vague.sentences(said)
    amounts = [unit for _, unit in _UNIT.findall(said)]
    alternatives = _LATER.search(said) or _SOONER.search(said) or re.search(r"\bor\b|;", said)
    if len(amounts) > len(set(amounts)) and not _PLUS.search(said) and not alternatives:
        found.append("the wording gives several lengths without saying when each holds: the longest is taken")
    if re.search(r"\bworking days?\b", said):
        found.append("working days are counted without bank holidays: check the day")
    if re.search(r"\bmunicipal year|\bterm of (?:office|council)", said) and runs:
        found.append("the municipal year has no fixed end: a person must name it")
    return tuple(found)


def _code(text: str, trigger: str) -> Terms | None:
    """Read the short codes of published schedules: 6+, C+6, T+6, DOB+25, CASE+6, ACTION+15, TERMS+12, P, PERM, D<1."""
    if re.fullmatch(r"P|RP|PERM(?:ANENT)?", text, re.IGNORECASE):
        return Terms(permanent=True)
    lettered = re.fullmatch(r"([CT])\s*\+\s*(\d{1,3})(?:\s*(?:years?|yrs?|y))?", text, re.IGNORECASE)
    if lettered:
        return _lettered(lettered[1].upper(), Period(int(lettered[2])), trigger)
    plus = re.fullmatch(r"(\d{1,3})\s*\+", text)
    if plus:
        return Terms((Limb(trigger, Period(int(plus[1])), YearEnd.FINANCIAL),))
    below = re.match(r"[DX]\s*<\s*(\d{1,3})\b", text)
    if below:
        return Terms((Limb(trigger, Period(int(below[1]))),), ambiguous=doubts(text))
    return _named_code(text, trigger)


def _named_code(text: str, trigger: str) -> Terms | None:
    many = re.fullmatch(
        r"(DOB|DOD|CASE|ACTION|TERMS)((?:\s*\+\s*\d{1,3}(?:\s*(?:years?|yrs?|y))?){2,4})", text, re.IGNORECASE
    )
    if many:
        return Terms((Limb(_CODES[many[1].upper()], Period(sum(map(int, re.findall(r"\d+", many[2]))))),))
    units = r"(?!\s*(?:month|mth|day|week|wk)|.*\b(?:or|whichever)\b)"
    named = re.match(rf"(DOB|DOD|CASE|ACTION|TERMS)\s*\+\s*(\d{{1,3}})\b{units}", text)
    if named is None:
        return None
    # A closure point that the wording names beside the code is the council's own event.
    own = "closure point" in text.lower()
    extra = (period(text[named.end() :]) if own else None) or Period()
    length = replace(extra, years=extra.years + int(named[2]))
    return Terms((Limb(trigger if own else _CODES[named[1]], length),))


def _lettered(letter: str, length: Period, trigger: str) -> Terms:
    """Read C+6 and T+6: C is the current year in some schedules and the closure in others, T the termination."""
    if letter == "T":
        ending = trigger if trigger in ("contract_end", "employment_end", "licence_expiry") else "contract_end"
        return Terms((Limb(ending, length),))
    note = "C can be the current year or the closure: the end of the later of calendar and financial year is taken"
    limbs = (Limb(trigger, length, YearEnd.FINANCIAL), Limb(trigger, length, YearEnd.CALENDAR))
    return Terms(limbs, Choice.LATEST, ambiguous=(note,))


def _limbs(said: str, trigger: str) -> Terms:
    notes = doubts(said)
    if re.search(r"inactiv|no activity", said):
        return Terms(_inactive(said, trigger), Choice.LATEST, ambiguous=notes)
    at_an_age = _at_an_age(said, trigger)
    if at_an_age is not None:
        return Terms(at_an_age, Choice.FIRST, ambiguous=notes)
    parts = [part for part in _PARTS.split(said) if part and part.strip()]
    limbs = tuple(limb for part in parts if (limb := _limb(part, trigger, said)) is not None)
    return _several(said, limbs, notes) if len(limbs) > 1 else _single(said, limbs, notes)


def _single(said: str, limbs: tuple[Limb, ...], notes: tuple[str, ...]) -> Terms:
    if limbs and limbs[0].year_end and year_end(said)[1] is None:
        return Terms((limbs[0], replace(limbs[0], year_end=YearEnd.CALENDAR)), Choice.LATEST, ambiguous=notes)
    return Terms(limbs, ambiguous=notes)


def _several(said: str, limbs: tuple[Limb, ...], notes: tuple[str, ...]) -> Terms:
    if _LATER.search(said) or _SOONER.search(said):
        return Terms(limbs, Choice.LATEST if _LATER.search(said) else Choice.EARLIEST, ambiguous=notes)
    conditional = tuple(limb for limb in limbs if limb.trigger == "date_of_death")
    ordinary = tuple(limb for limb in limbs if limb.trigger != "date_of_death")
    if conditional and ordinary:
        return Terms((*conditional, ordinary[0]), ambiguous=notes)
    either = "the wording gives alternatives without saying which: the later is taken"
    return Terms(limbs, Choice.LATEST, ambiguous=(*notes, either))


def _at_an_age(said: str, trigger: str) -> tuple[Limb, ...] | None:
    """Read "until the 25th birthday (26th if 17 at the conclusion)"."""
    ages = _AGE.search(said)
    other = re.search(r"(\d+)(?:st|nd|rd|th)?(?: birthday)?,? (?:if|when|where)\b\D{0,60}?(\d+)\b", said)
    if ages is None or other is None or not 10 <= int(other[2]) < int(other[1]) or "die" in said or "death" in said:
        return None
    first = int(next(group for group in ages.groups() if group))
    given = trigger if trigger != "date_of_birth" else "case_closed"
    later = Limb("date_of_birth", Period(int(other[1])), given=given, from_age=int(other[2]))
    return (later, Limb("date_of_birth", Period(first)))


def _inactive(said: str, trigger: str) -> tuple[Limb, ...]:
    age = _AGE.search(said)
    rest = said[age.end() :] if age else said
    quiet = period(rest) or Period()
    years = int(next(group for group in age.groups() if group)) if age else 0
    born = Limb("date_of_birth" if age else trigger, replace(quiet, years=quiet.years + years))
    return (born, Limb("last_action", quiet))


def _limb(part: str, trigger: str, whole: str) -> Limb | None:
    dying = _DEATH.search(part)
    before = re.search(r"(?:before|under|below|prior to)\D{0,30}?(\d+)", part) if dying else None
    rest = part[: before.start()] + part[before.end() :] if before else part
    age = _AGE.search(part)
    if age and not dying:
        further = _length(part[: age.start()] + part[age.end() :], bare=True) or Period()
        years = int(next(group for group in age.groups() if group))
        return Limb("date_of_birth", replace(further, years=further.years + years))
    length = _length(rest, bare=bool(re.search(r"year|yr|current|\bcy\b|\bfy|\+|plus \d", rest)))
    if length is None:
        return None
    if dying:
        return Limb("date_of_death", length, before_age=int(before[1]) if before else None)
    runs, kind = year_end(part)
    if runs and kind is None:
        kind = year_end(whole)[1] or YearEnd.FINANCIAL
    return Limb(_named(part, trigger), length, kind if runs else None)


def _length(part: str, *, bare: bool) -> Period | None:
    """Return the length in a part of a wording; a brief remark in brackets that repeats it in other words is left out."""
    outside = re.sub(r"\([^)]*\)", " ", part)
    length = period(outside) or period(part)
    if length is not None or not bare:
        return length
    found = re.search(r"(?:year|yr)s? plus (\d+)|(?:\+|plus|and)\s*(\d+)\b|\b(\d+)\s*(?:\+|plus)", part)
    return Period(int(next(group for group in found.groups() if group))) if found else None


def _named(part: str, trigger: str) -> str:
    """Return the trigger a limb names for itself, else the rule's."""
    for pattern, name in _EVENTS:
        if re.search(pattern, part):
            return name
    return trigger
