"""``strongroom nightly``: the same stages as the DAG, one after the other, for a person at a terminal."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from retention import stages
from retention.config import Config


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked of one night."""

    run: str
    report_only: bool | None
    force: bool
    shares: tuple[str, ...]


def run(config: Config, wish: Wish, console: Console) -> dict[str, Any]:
    """Run every stage of a night in this process; raises what a stage raises."""
    key = wish.run or f"manual-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}"
    with _progress(console) as step:
        with step("plan"):
            planned = stages.plan(
                config, key, report_only=wish.report_only, force=wish.force, shares=wish.shares or None
            )
        for share in planned["shares"]:
            with step(f"crawl {share}") as tell:
                stages.crawl(config, key, share, progress=tell)
        with step("gate: inventory"):
            stages.check_inventory(config, key)
        for shard in stages.shards(config, key):
            with step(f"classify, shard {shard['shard'] + 1}") as tell:
                stages.classify(config, key, shard["shard"], progress=tell)
        with step("gate: readings"):
            stages.check_readings(config, key)
        with step("decide") as tell:
            stages.decide(config, key, progress=tell)
        with step("gate: decisions"):
            stages.check_decisions(config, key)
        for lot in stages.lots(config, key):
            with step(f"restrict, lot {lot + 1}") as tell:
                stages.restrict(config, key, lot, progress=tell)
        with step("gate: custody"):
            stages.check_custody(config, key)
        with step("queue") as tell:
            stages.queue(config, key, progress=tell)
        with step("report"):
            return stages.report(config, key)


Step = Callable[[str], Any]


@contextmanager
def _progress(console: Console) -> Iterator[Step]:
    if not console.is_terminal:
        yield _plain(console)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:

        @contextmanager
        def step(name: str) -> Iterator[stages.Progress]:
            task = bar.add_task(name, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total or None)
            finished = bar.tasks[task].completed or 1
            bar.update(task, total=finished, completed=finished)

        yield step


def _plain(console: Console) -> Step:
    @contextmanager
    def step(name: str) -> Iterator[stages.Progress]:
        console.print(f"{dt.datetime.now(dt.UTC):%H:%M:%S}  {name}")
        yield lambda _done, _total: None

    return step


def summary(config: Config, console: Console) -> None:
    """Print what the last night counted, and where its report lies."""
    counted = stages.status(config)
    if not counted:
        console.print("No night has run yet. Start one with: strongroom nightly")
        return
    table = Table(title=f"Night {counted['run']}", title_justify="left", show_header=False, box=None, padding=(0, 2))
    for name, meaning in MEANINGS.items():
        if name in counted:
            table.add_row(name, f"{counted[name]:,}", meaning)
    console.print(table)
    for name, passed in counted.get("gates", {}).items():
        console.print(f"  gate {name}: {'[green]passed[/]' if passed else '[red]failed[/]'}")
    page = config.state / "reports" / "latest.html"
    if page.exists():
        console.print(f"\nReport: {_near(page)}")


MEANINGS = {
    "found": "entries met on the shares",
    "labelled": "carry a label with reasons",
    "problems": "could not be read, each with a reason",
    "excluded": "listed only: links, lock files, sealed zones, our own notes",
    "queued": "wait for a person",
    "moved": "moved into restricted storage, each with a receipt",
    "opened": "files opened to read them",
}


def _near(path: Path) -> str:
    """A path as a person at this prompt would type it."""
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") else str(path)


def terminal() -> Console:
    """Where progress goes: standard error, so that what a command prints can be piped."""
    return Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())
