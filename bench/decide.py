"""Decide a million catalogue items from SQLite, and run a what-if over them: seconds, microseconds an item, peak memory.

Usage: ``python bench/decide.py [ITEMS]``. Paths are made from a seed; decisions are written back in batches, as a night does.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from classifier.item import Primary, Tier
from retention import schedule
from retention.clock import Source, TriggerValue
from retention.decide import decider
from retention.decision import Facts, Mode, Zone
from retention.hold_templates import covid_19, grooming_gangs
from retention.whatif import World, what_if

TODAY = dt.date(2026, 11, 22)
_FOLDERS = """HR Recruitment Finance Invoices Licensing Taxi Temp Shared Planning Applications Minutes Contracts Accounts Archive Old
Projects Correspondence Reports Housing Tenancy Benefits Audit Legal Enforcement Meetings Photos Policies Training Budget Elections"""
WORDS = _FOLDERS.split()
_FILES = "report letter invoice minutes scan notes plan draft form contract agenda photo spreadsheet email application"
NAMES = _FILES.split()


def fill(place: Path, count: int) -> None:
    """Make a catalogue of items in one folder per 25 files."""
    chance = random.Random(7)  # noqa: S311 - the same catalogue every time
    folders = [
        "/".join(chance.choices(WORDS, k=chance.randint(2, 5))) + f"/{number}" for number in range(max(count // 25, 1))
    ]
    with sqlite3.connect(place) as catalogue:
        catalogue.execute(
            "CREATE TABLE items (id INTEGER PRIMARY KEY, path BLOB, size INTEGER, modified TEXT, tier INTEGER, ended TEXT)"
        )
        catalogue.execute(
            "CREATE TABLE decisions (item INTEGER, action TEXT, lane TEXT, rule TEXT, due TEXT, because TEXT)"
        )
        rows = (
            (
                f"{folders[min(number // 25, len(folders) - 1)]}/{chance.choice(NAMES)} {number}.docx".encode(),
                chance.randint(1_000, 5_000_000),
                str(dt.date(2006, 1, 1) + dt.timedelta(days=chance.randint(0, 7_300))),
                chance.choices(range(5), (5, 60, 25, 8, 2))[0],
                str(dt.date(2010, 1, 1) + dt.timedelta(days=chance.randint(0, 5_000))) if number % 10 == 0 else None,
            )
            for number in range(count)
        )
        catalogue.executemany("INSERT INTO items (path, size, modified, tier, ended) VALUES (?, ?, ?, ?, ?)", rows)


def read(place: Path) -> Iterator[tuple[int, Facts]]:
    """Yield (row id, facts) in the order of the catalogue, a batch in memory at a time."""
    with sqlite3.connect(place) as catalogue:
        cursor = catalogue.execute("SELECT id, path, size, modified, tier, ended FROM items ORDER BY id")
        while rows := cursor.fetchmany(5_000):
            for number, path, size, modified, tier, ended in rows:
                feed = {"case_closed": TriggerValue(dt.date.fromisoformat(ended), Source.FEED)} if ended else {}
                facts = Facts(
                    "s",
                    path,
                    size,
                    dt.date.fromisoformat(modified),
                    Tier(tier),
                    Primary.OFFICIAL,
                    triggers=feed,
                    item=str(number),
                )
                yield number, facts


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("items", nargs="?", type=int, default=1_000_000)
    count = parser.parse_args().items
    zone = Zone(
        "all",
        "s",
        clearance=Tier.T2,
        mode=Mode.APPROVE,
        record_classes={"HR/Recruitment": "HR-03", "Finance/Invoices": "FI-02"},
    )
    rules = schedule.adopt(schedule.shipped(), "v1", by="bench", on=dt.date(2025, 1, 1), expires=dt.date(2030, 1, 1))
    holds = (grooming_gangs("bench", dt.date(2025, 1, 1)), covid_19("bench", dt.date(2025, 1, 1)))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "catalogue.db"
        fill(place, count)
        begun = time.perf_counter(), time.process_time()
        decide_all(place, decider(rules, holds, TODAY), zone)
        show("decide", begun, count)
        text = schedule.dump(rules).replace("P6Y", "P5Y")
        draft = schedule.load(text, version="v2", adopted=dt.date(2025, 1, 1), expires=dt.date(2030, 1, 1))
        begun = time.perf_counter(), time.process_time()
        now, then = (World(one, holds, lambda _: zone) for one in (rules, draft))
        report = what_if((facts for _, facts in read(place)), now, then, TODAY)
        show("what-if", begun, count)
        print("\n".join(line for line in report.lines() if not line.startswith("  ")))
    return 0


def decide_all(place: Path, made: object, zone: Zone) -> None:
    """Decide every item and write the decisions, 5,000 to a transaction."""
    batch = []
    with sqlite3.connect(place, isolation_level=None) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        for number, facts in read(place):
            decision = made.decide(facts, zone)  # type: ignore[attr-defined] - a Decider
            batch.append(
                (number, decision.action, decision.lane, decision.rule, str(decision.due), "\n".join(decision.because))
            )
            if len(batch) == 5_000:
                write(writer, batch)
        write(writer, batch)


def write(writer: sqlite3.Connection, batch: list[tuple[object, ...]]) -> None:
    """Write one batch in one transaction and empty it."""
    writer.execute("BEGIN")
    writer.executemany("INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?)", batch)
    writer.execute("COMMIT")
    batch.clear()


def show(what: str, begun: tuple[float, float], count: int) -> None:
    """Print seconds on the clock and on the processor since ``begun``, with the peak of memory so far."""
    wall, busy = time.perf_counter() - begun[0], time.process_time() - begun[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{what}: {wall:.1f} s ({busy:.1f} s of processor) for {count} items, {busy / count * 1e6:.1f} µs each, peak memory {peak:.0f} MB"
    )


if __name__ == "__main__":
    raise SystemExit(main())
