"""The people, places and numbers of a district council that does not exist: Eldermere.

Every name is invented and every identifier is from a range reserved for fiction and tests: telephone numbers from
Ofcom's drama ranges, National Insurance numbers with the prefix QQ, NHS numbers from 999, pupil numbers of authority
999, hosts under .test and example.com, the example bank's IBAN, card numbers that issuers publish for testing.
Postcodes are of council buildings.
"""

from __future__ import annotations

import datetime as dt
import random
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

COUNCIL = "Eldermere Metropolitan District Council"

_CARDS = ["4111 1111 1111 1111", "5555 5555 5555 4444", "3782 822463 10005"]
_LISTS: dict[str, list[str]] = tomllib.loads((Path(__file__).parent / "lists.toml").read_text(encoding="utf-8"))
_LISTS |= {"card": _CARDS, "iban": ["GB82 WEST 1234 5698 7654 32"]}
_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_FIELD = re.compile(r"\{([a-z]+)(\d*)([+-]\d+)?(?:\.(\w+))?\}")
_CHOICE = re.compile(r"\[\[(.*?)\]\]")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody invented."""

    first: str
    last: str

    def __str__(self) -> str:
        """Give the name as it is written in a letter."""
        return f"{self.first} {self.last}"

    @property
    def initials(self) -> str:
        """First letters."""
        return self.first[0] + self.last[0]

    @property
    def address(self) -> str:
        """The part of an e-mail address before the @."""
        fold = str.maketrans({"é": "e", "ë": "e", "â": "a", " ": "", "'": ""})
        return f"{self.first}.{self.last}".lower().translate(fold)


def nhs_number(rng: random.Random) -> str:
    """A number from the test range with its check digit."""
    while True:
        nine = f"999{rng.randrange(1_000_000):06d}"
        check = 11 - sum(int(d) * w for d, w in zip(nine, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            ten = nine + str(check % 11)
            return f"{ten[:3]} {ten[3:6]} {ten[6:]}"


def pupil_number(rng: random.Random) -> str:
    """A pupil number of authority 999, which does not exist, with its check letter."""
    digits = f"999{rng.randrange(10**9):09d}"
    total = sum(int(d) * w for d, w in zip(digits, range(2, 14), strict=True))
    return _UPN_LETTERS[total % 23] + digits


def long_date(day: dt.date) -> str:
    """A date as British letters write it, whatever the machine's language."""
    months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ]
    return f"{day.day} {months[day.month - 1]} {day.year}"


class Cast:
    """The people, places and numbers of one story; the same field always gives the same value.

    ``{name}`` and ``{name2}`` are two people, ``{name.first}`` a part, ``{date-14}`` two weeks before the story's
    day, ``[[one||other]]`` a choice.
    """

    def __init__(self, rng: random.Random, day: dt.date) -> None:
        self.rng, self.day = rng, day
        self.known: dict[str, object] = {}

    def fill(self, text: str) -> str:
        """The text with every choice made and every field filled; a line ``*12 …`` becomes twelve, each its own."""
        lines: list[str] = []
        for line in text.splitlines():
            if line.startswith("*"):
                count, _, row = line[1:].partition(" ")
                lines += [Cast(self.rng, self.day)._line(row) for _ in range(int(count))]
            else:
                lines.append(self._line(line))
        return "\n".join(lines)

    def _line(self, line: str) -> str:
        chosen = _CHOICE.sub(lambda match: self.rng.choice(match[1].split("||")), line)
        return _FIELD.sub(self._field, chosen)

    def _field(self, match: re.Match[str]) -> str:
        kind, number, days, part = match.groups()
        if kind in {"date", "iso", "year", "month"}:
            return self._day(kind, int(days or 0))
        key = kind + number
        if key not in self.known:
            self.known[key] = self._make(kind, number)
        value = self.known[key]
        if part == "lower":
            return str(value).lower()
        if part == "road":
            return str(value).split(" ", 1)[1]
        return str(getattr(value, part)) if part else str(value)

    def _day(self, kind: str, days: int) -> str:
        day = self.day + dt.timedelta(days=days)
        if kind == "year":
            return str(day.year)
        if kind == "iso":
            return day.isoformat()
        return long_date(day).split()[1] if kind == "month" else long_date(day)

    def _person(self, key: str) -> Person:
        self._field(_FIELD.match("{" + key + "}"))  # type: ignore[arg-type]
        person = self.known[key]
        assert isinstance(person, Person)
        return person

    def _make(self, kind: str, number: str) -> object:
        rng = self.rng
        if kind in {"name", "child", "staff", "cllr"}:
            return Person(rng.choice(_LISTS["first"]), rng.choice(_LISTS["last"]))
        if kind in {"mail", "workmail", "cllrmail"}:
            who, host = {"mail": ("name", "example.com"), "workmail": ("staff", "eldermere.test")}.get(
                kind, ("cllr", "members.eldermere.test")
            )
            return f"{self._person(who + number).address}@{host}"
        if kind in _LISTS:
            return self._another(kind)
        return _NUMBERS[kind](rng, self.day)

    def _another(self, kind: str) -> str:
        """One of a list that this story has not used yet, while any is left."""
        used = {str(value) for key, value in self.known.items() if key.rstrip("0123456789") == kind}
        return self.rng.choice([value for value in _LISTS[kind] if value not in used] or _LISTS[kind])


def _birthday(rng: random.Random, day: dt.date, youngest: int, oldest: int) -> str:
    born = day - dt.timedelta(days=rng.randrange(youngest * 366, oldest * 365))
    return f"{born.day:02d}/{born.month:02d}/{born.year}"


_NUMBERS: dict[str, Callable[[random.Random, dt.date], str]] = {
    "address": lambda rng, _: f"{rng.randrange(1, 140)} {rng.choice(_LISTS['road'])}, Eldermere",
    "street": lambda rng, _: f"{rng.randrange(1, 140)} {rng.choice(_LISTS['road'])}",
    "phone": lambda rng, _: f"01632 960{rng.randrange(1000):03d}",
    "mobile": lambda rng, _: f"07700 900{rng.randrange(1000):03d}",
    "nino": lambda rng, _: (
        f"QQ {rng.randrange(100):02d} {rng.randrange(100):02d} {rng.randrange(100):02d} {rng.choice('ABCD')}"
    ),
    "nhs": lambda rng, _: nhs_number(rng),
    "upn": lambda rng, _: pupil_number(rng),
    "dob": lambda rng, day: _birthday(rng, day, 19, 64),
    "cdob": lambda rng, day: _birthday(rng, day, 1, 16),
    "odob": lambda rng, day: _birthday(rng, day, 68, 97),
    "sort": lambda rng, _: f"00-{rng.randrange(100):02d}-{rng.randrange(100):02d}",
    "account": lambda rng, _: f"{rng.randrange(10**8):08d}",
    "payno": lambda rng, _: f"P{rng.randrange(10**5):05d}",
    "ref": lambda rng, day: f"EM/{day.year % 100:02d}/{rng.randrange(10_000):04d}",
    "salary": lambda rng, _: str(rng.randrange(19_500, 58_000, 50)),
    "money": lambda rng, _: str(rng.randrange(210, 980)),
    "num": lambda rng, _: str(rng.randrange(1000, 9999)),
    "n": lambda rng, _: str(rng.randrange(11, 99)),
    "small": lambda rng, _: str(rng.randrange(2, 7)),
    "rating": lambda rng, _: str(rng.randrange(0, 6)),
    "pct": lambda rng, _: str(rng.randrange(61, 99)),
}
