"""The sample share: every story of the plan told, written as a file, put into its folder with its time."""

from __future__ import annotations

import datetime as dt
import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from tests.made import factories
from tests.made.council import Cast
from tests.made.expected import Document, Summary, Truth
from tests.made.paper import Paper, parse
from tests.made.places import zone_of

_HERE = Path(__file__).parent
_GROUP = re.compile(r"\[(\d+) (\d{4})-(\d{4})\] (.*)")
_ENTRY = re.compile(r"(.*)\.([\w,]+) = ([\w,]+)(?: ~(\d+))?(?: \+(\d+))?")
_MIGRATED = dt.datetime(2016, 8, 13, 2, 0, tzinfo=dt.UTC)  # when the old server was copied, and its times were lost
_DOS = dt.datetime(1980, 1, 1, tzinfo=dt.UTC)
_LAST_DAY = dt.date(2026, 6, 30)
_SUFFIXES = {"scan": "pdf"}
_FORMATS = {"properties": "txt"}


@dataclass(frozen=True, slots=True)
class Made:
    """A document with its bytes and its time, before it is written."""

    document: Document
    data: bytes
    when: dt.datetime


@cache
def stories() -> dict[str, tuple[Truth, str]]:
    """Every text of ``words/`` by its name, with what is true of it."""
    found: dict[str, tuple[Truth, str]] = {}
    for page in sorted((_HERE / "words").glob("*.txt")):
        for text in page.read_text(encoding="utf-8").split("=== ")[1:]:
            head, _, body = text.partition("\n")
            name, labels, tier, about = (part.strip() for part in head.split("|"))
            found[name] = (Truth(frozenset(labels.split()), int(tier[1]), about), body.strip())
    return found


def tell(story: str, cast: Cast, *, written: dt.datetime, percent: int = 100) -> Paper:
    """The story told by a cast; less than 100 percent leaves off the end, as an earlier draft would."""
    filled = cast.fill(stories()[story][1])
    lines = filled.splitlines()
    return parse("\n".join(lines[: max(3, len(lines) * percent // 100)]), written=written)


def _moment(rng: random.Random, day: dt.date) -> dt.datetime:
    """A time of a working day, with the odd late evening."""
    hour = rng.choice((8, 9, 9, 10, 11, 11, 12, 13, 14, 14, 15, 16, 16, 17, 20))
    clock = dt.time(hour, rng.randrange(60), rng.randrange(60), rng.randrange(1_000_000), tzinfo=dt.UTC)
    return dt.datetime.combine(day, clock)


def _segment(cast: Cast, text: str) -> str:
    return cast.fill(text).replace("/", "-").replace('"', "")


class Share:
    """Documents as they are made, no two of the same path."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.made: dict[bytes, Made] = {}

    def add(self, document: Document, data: bytes, when: dt.datetime) -> Document:
        """Keep a document; a path that is taken gets a number, as the file manager would give it."""
        path, number = document.path, 2
        stem, dot, suffix = path.rpartition(b".")
        while path in self.made:
            path = b"%s (%d)%s%s" % (stem, number, dot, suffix)
            number += 1
        document = replace(document, path=path)
        self.made[path] = Made(document, data, when)
        return document

    def find(self, story: str, kind: str = "") -> list[Made]:
        """The documents made from a story, in the order of making."""
        return [m for m in self.made.values() if m.document.story == story and kind in {"", m.document.kind}]


def plan() -> Iterator[tuple[int, tuple[int, int], str, list[str]]]:
    """The groups of the plan: how many, between which years, in which folder, which files."""
    groups: list[tuple[int, tuple[int, int], str, list[str]]] = []
    for line in (_HERE / "plan.txt").read_text(encoding="utf-8").splitlines():
        if match := _GROUP.fullmatch(line):
            groups.append((int(match[1]), (int(match[2]), int(match[3])), match[4], []))
        else:
            groups[-1][3].append(line)
    return iter(groups)


def fill(share: Share) -> None:
    """Make every document of the plan."""
    for count, (first, last), folder, entries in plan():
        for turn in range(count):
            rng = random.Random(f"{share.seed}:{folder}:{entries[0]}:{turn}")
            start, end = dt.date(first, 1, 4), min(dt.date(last, 6, 1), dt.date(2026, 1, 1))
            day = start + dt.timedelta(days=rng.randrange(max(1, (end - start).days)))
            cast = Cast(rng, day)
            place = "/".join(_segment(cast, part) for part in folder.split("/"))
            for entry in entries:
                _make(share, cast, place, entry, turn)


def _make(share: Share, cast: Cast, place: str, entry: str, turn: int) -> None:
    match = _ENTRY.fullmatch(entry)
    assert match, entry
    kinds, told = match[2].split(","), match[3].split(",")
    kind, story = kinds[turn % len(kinds)], told[turn % len(told)]
    opened = cast.day
    cast.day = min(opened + dt.timedelta(days=int(match[5] or 0)), _LAST_DAY)
    when = _moment(cast.rng, cast.day)
    name = _segment(cast, match[1])
    paper = tell(story, cast, written=when.replace(microsecond=0), percent=int(match[4] or 100))
    cast.day = opened
    data = factories.one(_FORMATS.get(kind, kind), paper)
    trusted = cast.rng.random() > 0.05
    if not trusted:
        when = cast.rng.choice((_DOS, _MIGRATED))
    path = f"{place}/{name}.{_SUFFIXES.get(kind, kind)}"
    zone = zone_of(path)
    document = Document(
        path=path.encode(),
        kind=kind,
        zone=zone,
        truth=stories()[story][0],
        story=story,
        problem="no-text" if kind == "scan" else "",
        excluded="sealed" if zone.sealed else "",
        trusted_time=trusted,
    )
    share.add(document, data, when)


def make(out: Path, seed: int = 2026) -> Summary:
    """Make the whole share in an empty or missing folder: the same bytes and times for a seed on every machine.

    Raises FileExistsError when the folder holds anything.
    """
    from tests.made import extras  # extras builds on this module

    if out.exists() and any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty")
    share = Share(seed)
    fill(share)
    extras.add_all(share)
    part = out.parent / f".{out.name}.part"  # a making that was cut off leaves no half share, and can be made again
    summary = write(share, part)
    part.rename(out)
    return replace(summary, root=out)


def write(share: Share, root: Path) -> Summary:
    """Write every document with its time; folders get the time of their newest file."""
    base = os.fsencode(root)
    newest: dict[bytes, int] = {}
    for path, made in sorted(share.made.items()):
        target = os.path.join(base, path)  # noqa: PTH118 - a path is bytes
        folder = os.path.dirname(target)  # noqa: PTH120 - a path is bytes
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - a path is bytes
        with open(target, "wb") as file:  # noqa: PTH123 - a path is bytes
            file.write(made.data)
        moment = _nanoseconds(made.when)
        os.utime(target, ns=(moment, moment))
        while len(folder) > len(base):
            newest[folder] = max(newest.get(folder, 0), moment)
            folder = os.path.dirname(folder)  # noqa: PTH120 - a path is bytes
    for folder, moment in sorted(newest.items(), reverse=True):
        os.utime(folder, ns=(moment, moment))
    return Summary(root, share.seed, tuple(share.made[path].document for path in sorted(share.made)))


def _nanoseconds(when: dt.datetime) -> int:
    return (when - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1) * 1000
