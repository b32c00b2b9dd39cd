"""The words of the pages in English and Welsh, and how names, dates and numbers are shown."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from retention.clock import LONDON

LANGUAGES = ("en", "cy")
_FOLDER = Path(__file__).parent / "words"
# CLDR's plural forms; a number without a form of its own takes the plain key.
_FORMS: Mapping[str, Mapping[int, str]] = {
    "en": {1: "one"},
    "cy": {0: "zero", 1: "one", 2: "two", 3: "few", 6: "many"},
}


@dataclass(frozen=True, slots=True)
class Words:
    """The strings of one language by key; what it lacks is taken from English."""

    language: str
    table: Mapping[str, str]
    spare: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """A sentence with its values put in; ``n`` chooses the plural form. Raises ``KeyError`` for an unknown key."""
        number = values.get("n")
        form = _FORMS[self.language].get(number) if isinstance(number, int) else None
        text = self.table.get(f"{key}.{form}") if form else None
        text = text or self.table.get(key) or (self.spare.get(f"{key}.{form}") if form else None) or self.spare[key]
        shown = {name: f"{value:,}" if isinstance(value, int) else value for name, value in values.items()}
        return text.format_map(shown) if values else text

    def knows(self, key: str) -> bool:
        """Whether there is such a string."""
        return key in self.table or key in self.spare


@cache
def words(language: str) -> Words:
    """The words of a language: every file ``words/<language>*.json``, so that pages may bring files of their own."""
    return Words(language, _load(language), _load("en"))


def _load(language: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(_FOLDER.glob(f"{language}*.json")):
        found |= json.loads(path.read_text(encoding="utf-8"))
    return found


def shown(name: bytes | str) -> str:
    """A name as text that cannot deceive: control, invisible and direction characters and bytes that are no text become escapes."""
    text = os.fsdecode(name) if isinstance(name, bytes) else name
    return "".join(one if one.isprintable() else _escape(one) for one in text)


def _escape(one: str) -> str:
    code = ord(one)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return one.encode("unicode_escape", "surrogatepass").decode("ascii")


def size(number: int) -> str:
    """An amount of bytes, as people say it."""
    value = float(number)
    for unit in ("bytes", "KB", "MB", "GB"):
        if value < 1024 or unit == "GB":
            return f"{value:,.0f} {unit}" if unit == "bytes" else f"{value:,.1f} {unit}"
        value /= 1024
    raise AssertionError


def day(value: dt.date | str | None, told: Words) -> str:
    """A date in words, such as 2 May 2026; empty for none."""
    if value is None or value == "":
        return ""
    date = dt.date.fromisoformat(value) if isinstance(value, str) else value
    return f"{date.day} {told(f'month.{date.month}')} {date.year}"


def moment(value: dt.datetime | str | None, told: Words) -> str:
    """A moment on London's clocks: the date and the time to the minute."""
    if value is None or value == "":
        return ""
    at = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    here = (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).astimezone(LONDON)
    return f"{day(here.date(), told)}, {here:%H:%M}"
