"""Find vocabulary, dates of birth, ages, registrations and credentials: one linear-time pass for anchors, a closer look at each."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from types import MappingProxyType

from classifier.checks import civil_date
from classifier.identifiers import Hit
from classifier.linear import linear
from classifier.vocabulary import ANCHORS, PERSON_WORDS, TERMS, Terms

CLOSE = 120
"""Characters between a word and a person's name within which the word is taken to be about the person."""

OLDEST = 120
"""Years: nobody is older."""


def _alternation(phrases: Sequence[str]) -> str:
    longest_first = sorted(phrases, key=len, reverse=True)
    return "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in longest_first)


def _table() -> dict[str, Terms]:
    return {phrase: terms for terms in reversed(TERMS) for phrase in terms.phrases}


_BY_PHRASE = MappingProxyType(_table())
_ANCHOR_OF = MappingProxyType(
    {phrase: kind for kind, phrases in ANCHORS.items() if kind != "key" for phrase in phrases}
)
_EVERY = [phrase for terms in TERMS if not terms.exact for phrase in terms.phrases]
_EVERY += [phrase for kind, phrases in ANCHORS.items() if kind != "key" for phrase in phrases]
_EXACT = [phrase for terms in TERMS if terms.exact for phrase in terms.phrases]
_ANCHORS = linear(
    rf"\b(?:{_alternation(_EVERY)})\b|\b(?-i:{'|'.join(_EXACT)})\b|(?-i:{'|'.join(ANCHORS['key'])})".encode()
)
_PERSON = re.compile(rf"\b(?:{_alternation(PERSON_WORDS)})\b".encode())

_MONTH = rb"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\.?"
_DATE = re.compile(
    rb"(?P<y>(?:18|19|20)\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)"
    rb"|(?<!\d)(?P<d2>\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?[\s/.-]{1,3}(?P<m2>\d{1,2}|"
    rb"" + _MONTH + rb")[\s/.,-]{1,3}(?P<y2>(?:18|19|20)?\d\d)(?!\d)"
    rb"|(?P<m3>" + _MONTH + rb")\s+(?P<d3>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y3>(?:19|20)\d\d)(?!\d)"
    rb"|(?<!\d)(?P<y4>(?:19|20)\d\d)(?P<m4>[01]\d)(?P<d4>[0-3]\d)(?!\d)",
    re.IGNORECASE,
)  # fmt: skip
_PLATE = re.compile(
    rb"\b(?:[A-HJ-PR-Y]{2}[0-9]{2} ?[A-HJ-PR-Z]{3}|[A-HJ-NPR-TV-Y][0-9]{1,3} ?[A-HJ-PR-Z]{3}|[A-Z]{3} ?[0-9]{1,3}[A-HJ-NPR-TV-Y]|"
    rb"[A-Z]{1,2}[IZ][A-Z]? [0-9]{1,4})\b"
)
_NOT_PLATES = frozenset(b"JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC AND THE FOR".split())
_SECRET = re.compile(
    rb"""\s{1,4}(?P<bare>(?=[^\s]{0,40}[0-9])(?=[^\s]{0,40}[A-Za-z])[^\s"',;<>]{6,60})(?=\s*(?:\n|$))|\s{0,2}(?:is|"
                                                                        "was|are)?\s{0,2}[:=]\s{0,3}["']?(?P<value>[^\s"',;<>]{4,80})|\s{1,2}(?:is|was)\s{1,3}["']?(?P<said>(?=\S{0,40}[0-9])[^\s"',;<>]{4,60})""",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    rb"[ \t]{0,2}[/:|][ \t]{0,2}(?P<value>(?=[^\s/]{0,40}[0-9])(?=[^\s/]{0,40}[A-Za-z])[^\s/\"',;<>]{5,60})[ \t]*(?=\r?\n|$)"
)
_REFERENCE = re.compile(
    rb"(?:[\s.:#(]|is|was){0,4}(?P<value>(?=[A-Za-z/-]{0,4}[0-9])[A-Za-z0-9]{1,10}(?:[/-][A-Za-z0-9]{1,10}){0,4})(?![A-Za-z0-9/])"
)
_NEXT_REFERENCE = re.compile(
    rb"(?:,|;|\s+and|,\s+and|&)\s{1,2}(?P<value>[A-Za-z]{0,3}[0-9]{1,7}[/-][A-Za-z0-9]{2,8}(?:[/-][A-Za-z0-9]{1,8}){0,2})(?![A-Za-z0-9/])"
)
_MOST_REFERENCES = 200
"""References after one word: a judgement may join a long list of applications."""
_EMPTY_SECRET = re.compile(
    rb"[_.*x\-<>\[\]{}$%#?/]+|(?:required|optional|none|null|false|true|changeme|your|string|the|and|to|reset|policy|"
    rb"hidden|n/a|tbc)\S{0,3}",
    re.IGNORECASE,
)
_AGE_BEFORE = re.compile(rb"(\d{1,2})[\s-]{0,2}$")
_AGE_AFTER = re.compile(rb"\s{0,3}:?\s{0,2}(?:of\s)?(\d{1,2})(?![\d%,.]\d|\s?[-+%]|\s?(?:to|and|or)\b)")


def scan_phrases(data: bytes, people: Sequence[int], today: dt.date | None, *, vocabulary: bool = True) -> list[Hit]:
    """Find what words tell; ``people`` are the ascending offsets of persons' names already found in ``data``.

    Without ``vocabulary`` only what stands beside a word is looked for: dates of birth, registrations, credentials, references.
    """
    looks: dict[str, Callable[[bytes, int, int, Sequence[int], dt.date | None], Iterator[Hit]]] = {
        "date_of_birth": _birth,
        "age": _age,
        "vehicle_registration": _plate,
        "credential": _credential,
        "account_name": _login,
        "reference": _reference,
    }
    hits: list[Hit] = []
    for start, end in _ANCHORS.spans(data):
        phrase = b" ".join(data[start:end].lower().split()).decode("latin-1")
        kind = _ANCHOR_OF.get(phrase)
        if kind is not None:
            hits += looks[kind](data, start, end, people, today)
        elif vocabulary:
            hits += _term(data, start, end, phrase, people)
        elif phrase not in _BY_PHRASE and phrase.upper() not in _BY_PHRASE:
            hits += _key(data, start, end)
    return hits


def near_person(data: bytes, start: int, end: int, people: Sequence[int]) -> str:
    """Say what person stands near: ``name``, the word for one, or nothing."""
    place = bisect_left(people, start)
    if (place < len(people) and people[place] - end <= CLOSE) or (place and start - people[place - 1] <= CLOSE):
        return "name"
    found = _PERSON.search(data[max(0, start - CLOSE // 2) : end + CLOSE // 2].lower())
    return found.group().decode("latin-1") if found else ""


def _term(data: bytes, start: int, end: int, phrase: str, people: Sequence[int]) -> Iterator[Hit]:
    """Weigh one phrase of the vocabulary by who stands near it."""
    terms = _BY_PHRASE.get(phrase) or _BY_PHRASE.get(phrase.upper())
    if terms is None:
        yield from _key(data, start, end)
        return
    who = near_person(data, start, end, people)
    score = terms.near if who == "name" else round(terms.near - 0.2, 2) if who else terms.alone
    if score:
        ground = "a name near" if who == "name" else f"'{who}' near" if who else "no person near"
        yield Hit(terms.kind, start, end, score, f"vocabulary: {terms.about}; '{phrase}'; {ground}", phrase.encode())


def _key(data: bytes, start: int, end: int) -> Iterator[Hit]:
    yield Hit("credential", start, end, 0.97, "pattern key; unmistakable prefix", data[start:end])


def _birth(data: bytes, start: int, end: int, people: Sequence[int], today: dt.date | None) -> Iterator[Hit]:
    """Look for a date beside a word of birth."""
    found = _DATE.search(data, end, min(len(data), end + 60))
    word = b" ".join(data[start:end].lower().split()).decode("latin-1")
    if (
        found is None
        or len(re.findall(rb"[A-Za-z]+", data[end : found.start()])) > 4
        or b"\n\n" in data[end : found.start()]
    ):
        return
    born = read_date(found, today)
    if born is None:
        return
    score = 0.97 if word not in {"born", "born on", "birthday"} or near_person(data, start, end, people) else 0.75
    yield from birth(born, found.start(), found.end(), score, f"'{word}' before", today)


def birth(born: dt.date, start: int, end: int, score: float, ground: str, today: dt.date | None) -> Iterator[Hit]:
    """Give the date of birth and, where it makes somebody under eighteen ``today``, the child."""
    value = born.isoformat().encode()
    yield Hit("date_of_birth", start, end, score, f"pattern date; a day of the calendar; {ground}", value)
    if today is not None and (today.year - born.year - ((today.month, today.day) < (born.month, born.day))) < 18:
        yield Hit("child", start, end, 0.9, f"date of birth under eighteen years ago; {ground}", value)


def read_date(found: re.Match[bytes], today: dt.date | None) -> dt.date | None:
    """Read a matched date, refusing days that do not exist, lie ahead of ``today`` or beyond a lifetime."""
    year = found["y"] or found["y2"] or found["y3"] or found["y4"]
    month = (found["m"] or found["m2"] or found["m3"] or found["m4"]).rstrip(b".")
    day = found["d"] or found["d2"] or found["d3"] or found["d4"]
    born = civil_date(day.decode(), month.decode(), year.decode(), latest=today)
    if born is None or born.year < (today.year if today else 2030) - OLDEST:
        return None
    return None if today is not None and born > today else born


def date_at(text: bytes) -> re.Match[bytes] | None:
    """Match a date that fills ``text``, as a table's cell does; a time of day may follow."""
    found = _DATE.match(text)
    return found if found and not text[found.end() :].strip(b" 0:T.Z") else None


def _age(data: bytes, start: int, end: int, people: Sequence[int], _today: dt.date | None) -> Iterator[Hit]:
    """Look for an age under eighteen beside a word of age, about somebody."""
    word = data[start:end].lower()
    found = (
        _AGE_AFTER.match(data, end, end + 12)
        if word in {b"aged", b"age"}
        else _AGE_BEFORE.search(data, max(0, start - 6), start)
    )
    if found is None or (int(found.group(1)) >= 18 and b"month" not in word):
        return
    who = near_person(data, start, end, people)
    if who:
        low, high = min(start, found.start(1)), max(end, found.end(1))
        ground = "a name near" if who == "name" else f"'{who}' near"
        yield Hit(
            "child", low, high, 0.85 if who == "name" else 0.7, f"age under eighteen; {ground}", data[low:high].lower()
        )


def _plate(data: bytes, start: int, end: int, _people: Sequence[int], _today: dt.date | None) -> Iterator[Hit]:
    """Look for a number plate shortly after (or before) a word for a vehicle."""
    word = " ".join(data[start:end].decode("latin-1").lower().split())
    found = _PLATE.search(data, end, min(len(data), end + 40)) or _PLATE.search(data, max(0, start - 20), start)
    if found is None or found.group().split()[-1] in _NOT_PLATES or found.group()[:3] in _NOT_PLATES:
        return
    current = re.fullmatch(rb"[A-Z]{2}[0-9]{2} ?[A-Z]{3}", found.group()) is not None
    strong = word.startswith(("reg", "vr", "number plate", "index", "plate", "keeper", "vehicle"))
    score = 0.6 + 0.15 * current + 0.15 * strong
    if score >= 0.7:
        value = found.group().replace(b" ", b"")
        yield Hit(
            "vehicle_registration", found.start(), found.end(), round(score, 2), f"pattern plate; '{word}' near", value
        )


def _credential(data: bytes, start: int, end: int, _people: Sequence[int], _today: dt.date | None) -> Iterator[Hit]:
    """Look for a value given to a word for a password, and refuse blanks, samples and sentences."""
    word = " ".join(data[start:end].decode("latin-1").lower().split())
    found = _SECRET.match(data, end, min(len(data), end + 100))
    if found is None:
        return
    name = next(name for name in ("value", "said", "bare") if found[name])
    value = found[name]
    if _EMPTY_SECRET.fullmatch(value) or (word in {"pin", "bearer"} and not any(48 <= code < 58 for code in value)):
        return
    mixed = any(48 <= code < 58 for code in value) or bool(re.search(rb"[^A-Za-z0-9]", value))
    score = 0.9 if mixed else 0.7 if found["value"] else 0.0
    if score:
        yield Hit(
            "credential", found.start(name), found.end(name), score, f"pattern credential; '{word}' before", value
        )


def _login(data: bytes, start: int, end: int, _people: Sequence[int], _today: dt.date | None) -> Iterator[Hit]:
    """Look for a password after the name of an account: ``admin / Letters1``, at the end of a line."""
    found = _LOGIN.match(data, end, min(len(data), end + 120))
    if found is not None and not _EMPTY_SECRET.fullmatch(found["value"]):
        word = data[start:end].decode("latin-1").lower()
        because = f"pattern credential; '{word}' before"
        yield Hit("credential", found.start("value"), found.end("value"), 0.85, because, found["value"])


def _reference(data: bytes, start: int, end: int, _people: Sequence[int], _today: dt.date | None) -> Iterator[Hit]:
    """Look for the reference of a crime, or of a person's case before a court, after the words for one; lists are followed."""
    word = " ".join(data[start:end].decode("latin-1").lower().split())
    kind = "crime_ref" if word.startswith(("crime", "incident", "cad", "log", "occurrence")) else "case_ref"
    if data[max(0, start - 12) : start].lower().endswith((b"planning ", b"plan ")):
        return
    found = _REFERENCE.match(data, end, min(len(data), end + 60))
    for _ in range(_MOST_REFERENCES):
        if found is None or sum(48 <= code < 58 for code in found["value"]) < 3:
            return
        because = f"pattern reference; '{word}' before"
        yield Hit(kind, found.start("value"), found.end("value"), 0.75, because, found["value"])
        found = _NEXT_REFERENCE.match(data, found.end(), min(len(data), found.end() + 60))
