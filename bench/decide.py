"""Decide every item of a real catalogue as a night does, again unchanged, and as a what-if: seconds, processor, peak memory.

Usage: ``python bench/decide.py [ITEMS] [--keep FOLDER] [--profile]``. The catalogue is SQLite, made from a seed: one folder per 25
files, a tenth of them copies, a tenth with a closing date from a feed, two holds, an adopted schedule. What is timed is
``stages.decide`` itself, with its gathering, its writing and what it keeps for a replay.
"""

from __future__ import annotations

import argparse
import cProfile
import datetime as dt
import json
import pstats
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from retention import disposing, judging, schedule, stages
from retention.catalogue import holds as kept_holds
from retention.catalogue import runs
from retention.catalogue.inventory import bulk_insert
from retention.config import Config, parse
from retention.hold_templates import covid_19, grooming_gangs
from retention.whatif import World, what_if

TODAY = dt.date(2026, 11, 22)
_FOLDERS = """HR Recruitment Finance Invoices Licensing Taxi Temp Shared Planning Applications Minutes Contracts Accounts Archive Old
Projects Correspondence Reports Housing Tenancy Benefits Audit Legal Enforcement Meetings Photos Policies Training Budget Elections"""
WORDS = _FOLDERS.split()
_FILES = "report letter invoice minutes scan notes plan draft form contract agenda photo spreadsheet email application"
NAMES = _FILES.split()
FLAGS = ("[]", '["personal"]', '["personal", "special"]', '["uncertain"]')
MADE = "2026-11-22 00:00:00.000000"
BATCH = 50_000
_DAY_NS = 86_400 * 1_000_000_000


def settings(home: Path) -> Config:
    """A council with one share and three zones, and the sample schedule as adopted."""
    rules = schedule.adopt(schedule.shipped(), "v1", by="bench", on=dt.date(2025, 1, 1), expires=dt.date(2030, 1, 1))
    (home / "share").mkdir(exist_ok=True)
    (home / "rules.csv").write_text(schedule.dump(rules), encoding="utf-8")
    (home / "rules.toml").write_text('version = "v1"\nadopted = 2025-01-01\nexpires = 2030-01-01\n', encoding="utf-8")
    table = {
        "strongroom": {"state": str(home / "state")},
        "share": [{"name": "main", "root": str(home / "share"), "mode": "approve"}],
        "zone": [
            {"name": "Staff", "path": "HR", "clearance": "T3", "record_classes": {"Recruitment": "HR-03"}},
            {"name": "Money", "path": "Finance", "clearance": "T2", "record_classes": {"Invoices": "FI-02"}},
            {"name": "Commons", "path": "Shared", "clearance": "T1", "mode": "approve"},
        ],
        "schedule": {"file": str(home / "rules.csv")},
    }
    return parse(table, {}, home)


def fill(config: Config, count: int) -> None:
    """Make the catalogue: folders, items, readings, labels, facts, holds and a run that waits to be decided."""
    chance = random.Random(7)  # noqa: S311 - the same catalogue every time
    folders = max(count // 25, 1)
    with stages.opened(config) as catalogue, catalogue.begin() as connection:
        runs.begin(connection, "n1", "nightly", report_only=False, versions={}, now=stages.now())
        for hold in (grooming_gangs("bench", dt.date(2025, 1, 1)), covid_19("bench", dt.date(2025, 1, 1))):
            kept_holds.keep(connection, hold)
        bulk_insert(connection, "share", ("id", "name", "zones_digest"), [(1, "main", "")])
        zones = judging.zone_maps(config)["main"]
        paths = [f"{'/'.join(chance.choices(WORDS, k=chance.randint(2, 5)))}/{n}".encode() for n in range(folders)]
        rows = [(n, 1, path, zones.zone(path).name, False) for n, path in enumerate(paths, 1)]
        bulk_insert(connection, "folder", ("id", "share_id", "path", "zone", "sealed"), rows)
        for start in range(1, count + 1, BATCH):
            _fill(connection, chance, range(start, min(start + BATCH, count + 1)), folders)


def _fill(connection: Any, chance: random.Random, numbers: range, folders: int) -> None:
    readings, labels, items, facts = [], [], [], []
    first = int(dt.datetime(2006, 1, 1, tzinfo=dt.UTC).timestamp()) * 1_000_000_000
    for number in numbers:
        tier = chance.choices(range(5), (5, 60, 25, 8, 2))[0]
        primary = "sensitive" if tier > 2 else "personal" if tier == 2 else "official"
        size = chance.randint(1_000, 5_000_000)
        if not readings or chance.random() < 0.9:
            fixed = ("v", "docx", "docx", "whole", "[]", "[]", "{}", "[]", "[]", 1)
            readings.append((number, f"{number:064x}", size, *fixed))
        read = readings[-1][0]
        labels.append((number, number, primary, tier, 0.1, 0.2, chance.choice(FLAGS), "model", "[]", 1, MADE))
        name = f"{chance.choice(NAMES)} {number}.docx".encode()
        modified = first + chance.randint(0, 7_300) * _DAY_NS + chance.randrange(_DAY_NS)
        folder = min((number - 1) // 25, folders - 1) + 1
        told = (size, modified, modified, 1, number, 1, 0, 0, 0o100644, 1, 1)
        items.append((number, folder, name, "file", *told, read, number))
        if number % 10 == 0:
            ended = str(dt.date(2010, 1, 1) + dt.timedelta(days=chance.randint(0, 5_000)))
            facts.append((number, "case_closed", ended, "feed", 1.0, "feed", MADE))
    for table, (names, rows) in zip(
        ("reading", "item", "label", "fact"), _columns(readings, items, labels, facts), strict=True
    ):
        bulk_insert(connection, table, names, rows)


def _columns(*rows: list[tuple[Any, ...]]) -> Iterator[tuple[tuple[str, ...], list[tuple[Any, ...]]]]:
    names = (
        "id sha256 size versions format reader completeness flags because counts notes limits run_id",
        """id folder_id name kind size modified_ns changed_ns device inode links uid gid mode first_run_id changed_run_id
        reading_id label_id""",
        "id item_id primary tier sensitive personal flags by because run_id made_at",
        "item_id kind value source confidence by made_at",
    )
    for told, table in zip(names, rows, strict=True):
        yield tuple(told.split()), table


def main() -> int:
    """Make the catalogue in a process of its own, then print the figures of each step."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("items", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="make or use the catalogue in this folder")
    parser.add_argument("--profile", action="store_true", help="also print where the time of each step goes")
    parser.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fill:
        fill(settings(given.keep), given.items)
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        home = given.keep or Path(scratch)
        home.mkdir(parents=True, exist_ok=True)
        config = settings(home)
        if not (home / "state").exists():
            again = [sys.executable, __file__, str(given.items), "--keep", str(home), "--fill"]
            subprocess.run(again, check=True)
        measure(config, given.items, profiled=given.profile)
    return 0


def measure(config: Config, count: int, *, profiled: bool) -> None:
    """Decide all as new, decide all again, and run a what-if."""

    def timed(what: str, work: Any) -> None:
        profile = cProfile.Profile() if profiled else None
        wall, busy = time.perf_counter(), time.process_time()
        told = profile.runcall(work) if profile else work()
        show(what, (wall, busy), count)
        print(f"  {told}")
        if profile:
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)

    def night(key: str) -> str:
        with stages.opened(config) as catalogue, catalogue.begin() as connection:
            runs.begin(connection, key, "nightly", report_only=False, versions={}, now=stages.now())
        return json.dumps(stages.decide(config, key, today=TODAY))

    with stages.opened(config) as catalogue, catalogue.read() as connection:
        begun = runs.newest(connection)
    number = 1 if begun is None else begun.id
    timed("first night, all new", lambda: night(f"n{number + 1}"))
    timed("next night, unchanged", lambda: night(f"n{number + 2}"))
    timed("what-if", lambda: drafted(config))


def drafted(config: Config) -> str:
    """Compare the schedule with a draft in which six years are five."""
    rules = stages.load_schedule(config)
    text = schedule.dump(rules).replace("P6Y", "P5Y")
    draft = schedule.load(text, version="v2", adopted=dt.date(2025, 1, 1), expires=dt.date(2030, 1, 1))
    with stages.opened(config) as catalogue:
        judge = disposing.judge_now(config, catalogue, TODAY)
        zone_of = judging.zone_of(judge.maps)
        now, then = (World(one, judge.holds, zone_of) for one in (judge.schedule, draft))
        report = what_if(judging.everything(catalogue, judge), now, then, TODAY)
    return "\n  ".join(line for line in report.lines() if not line.startswith("  "))


def show(what: str, begun: tuple[float, float], count: int) -> None:
    """Print seconds on the clock and on the processor since ``begun``, with the peak of memory so far."""
    wall, busy = time.perf_counter() - begun[0], time.process_time() - begun[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    each = busy / count * 1e6
    print(f"{what}: {wall:.1f} s ({busy:.1f} s of processor) for {count} items, {each:.1f} µs each, peak {peak:.0f} MB")


if __name__ == "__main__":
    raise SystemExit(main())
