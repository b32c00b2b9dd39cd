"""What the names of folders say about dates: ``CLOSED 2016`` is a closure, on some day of that year."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

from retention.clock import Source, TriggerValue

_CLOSED = re.compile(
    rb"(?:^|[/\W_])(?:closed|closure|case[ _-]closed|ended)[ _-]*(?:in |on )?"
    rb"(?:(\d{4})[-._](\d{2})[-._](\d{2})|(?:(\d{2})[-._])?((?:19|20)\d{2}))(?=\D|$)",
    re.IGNORECASE,
)


@lru_cache(maxsize=65_536)
def triggers(folder: bytes) -> tuple[tuple[str, TriggerValue], ...]:
    """Return what a folder's name says of its records, as (trigger, value) pairs; a bare year or month counts to its end."""
    found = [day for match in _CLOSED.finditer(folder) if (day := _day(match)) is not None]
    if not found:
        return ()
    return (("case_closed", TriggerValue(max(found), Source.FOLDER, 0.6)),)


def _day(match: re.Match[bytes]) -> dt.date | None:
    year, month, day, only_month, only_year = (int(part) if part else 0 for part in match.groups())
    try:
        if day:
            return dt.date(year, month, day)
        if not only_month:
            return dt.date(only_year, 12, 31)
        following = dt.date(only_year + only_month // 12, only_month % 12 + 1, 1)
        return following - dt.timedelta(days=1)
    except ValueError:
        return None
