"""Drafts of a schedule that people try out on the pages: kept in the state folder by what they say, never in force.

Threat model: an upload is text of up to a megabyte from somebody who may propose; it is parsed as CSV and nothing else, never taken for
a path, and named by its own hash.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retention import disposing, judging, linter, schedule, whatif
from retention.catalogue import Catalogue
from retention.config import Config
from retention.rule import Fault, ScheduleError
from retention.schedule import Change, Schedule

_NAME = re.compile(r"[0-9a-f]{32}")
_YEAR = dt.timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as it was judged: its rules, unless a fault keeps them from being read, and what the linter says."""

    name: str
    by: str
    at: str
    faults: tuple[Fault, ...]
    made: Schedule | None
    changes: tuple[Change, ...] = ()

    @property
    def fatal(self) -> bool:
        """Whether it cannot be read at all."""
        return self.made is None


def _folder(config: Config) -> Path:
    return config.state / "review" / "drafts"


def keep(config: Config, text: str, by: str, at: dt.datetime) -> str:
    """Keep a draft and return its name; the same text again is the same draft."""
    plain = text.lstrip("\ufeff").replace("\r\n", "\n").rstrip() + "\n"
    name = hashlib.sha256(plain.encode()).hexdigest()[:32]
    folder = _folder(config)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(folder / f"{name}.csv", plain)
    if not (folder / f"{name}.json").exists():
        _write(folder / f"{name}.json", json.dumps({"by": by, "at": at.isoformat()}))
    return name


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def names(config: Config) -> list[tuple[str, str, str]]:
    """The newest drafts as (name, by, at)."""
    found = []
    for path in _folder(config).glob("*.json"):
        if _NAME.fullmatch(path.stem):
            told = json.loads(path.read_text(encoding="utf-8"))
            found.append((path.stem, str(told["by"]), str(told["at"])))
    return sorted(found, key=lambda one: one[2], reverse=True)[:10]


def read(config: Config, name: str, base: Schedule, today: dt.date) -> Draft | None:
    """A draft by its name, judged today and compared with a base; nothing when there is none."""
    path = _folder(config) / f"{name}.csv"
    if not _NAME.fullmatch(name) or not path.exists():
        return None
    told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    # With its newline at the end it cannot be taken for the name of a file.
    text = path.read_text(encoding="utf-8")
    try:
        made: Schedule | None = schedule.load(text)
        faults = linter.lint(text, today)
    except ScheduleError as error:
        made, faults = None, error.faults
    changes = schedule.diff(base, made) if made is not None else ()
    return Draft(name, str(told["by"]), str(told["at"]), faults, made, changes)


def what_if(config: Config, catalogue: Catalogue, draft: Schedule, today: dt.date) -> dict[str, Any]:
    """What a draft would change for everything in the catalogue, once adopted; as plain values that can be kept."""
    refusal = draft.refuses(today)
    if refusal:
        draft = dataclasses.replace(draft, adopted=today, expires=today + _YEAR)
    judge = disposing.judge_now(config, catalogue, today)
    zone_of: Callable[..., Any] = judging.zone_of(judge.maps)
    now = whatif.World(judge.schedule, judge.holds, zone_of)
    report = whatif.what_if(judging.everything(catalogue, judge), now, whatif.World(draft, judge.holds, zone_of), today)
    return {"items": report.items, "refusal": refusal, "tallies": {k: _plain(v) for k, v in report.tallies().items()}}


def _plain(tally: whatif.Tally) -> dict[str, Any]:
    counted = {name: dict(getattr(tally, name).most_common(30)) for name in ("by_class", "by_service")}
    counted["by_year"] = dict(sorted(tally.by_year.items()))
    return {"items": tally.items, "gigabytes": tally.gigabytes, **counted, "examples": list(tally.examples)}


def outcome(config: Config, name: str, night: int, today: dt.date) -> dict[str, Any] | None:
    """The kept outcome of a what-if, made of this draft, this night's catalogue and this day."""
    path = _folder(config) / f"{name}.{night}.{today}.whatif"
    if not _NAME.fullmatch(name) or not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def keep_outcome(config: Config, name: str, night: int, today: dt.date, found: dict[str, Any]) -> None:
    """Keep what a what-if said."""
    _write(_folder(config) / f"{name}.{night}.{today}.whatif", json.dumps(found))
