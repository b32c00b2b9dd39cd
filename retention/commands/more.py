"""Verbs of the records manager: the schedule, holds, disposal and the replay of past nights."""

from __future__ import annotations

import argparse
import datetime as dt
import getpass
import json
import sys
from collections.abc import Iterable
from typing import Any

from retention.config import Config, load


def add(verbs: Any, verb: Any) -> None:
    """Add these verbs to the command line; ``verb`` makes one."""
    from retention.commands import disposal, facts, holds, retraining, review, schedule  # noqa: PLC0415 - they import this module

    schedule.add(verbs, verb)
    facts.add(verbs, verb)
    holds.add(verbs, verb)
    disposal.add(verbs, verb)
    review.add(verbs, verb)
    retraining.add(verbs, verb)


def group(verbs: Any, verb: Any, name: str, meaning: str) -> Any:
    """Make a verb that has verbs of its own, and return where those are added."""
    return verb(verbs, name, meaning, None).add_subparsers(title="verbs", metavar="VERB", required=True)


def signed(parser: argparse.ArgumentParser) -> None:
    """Let a verb say who asks."""
    parser.add_argument("--by", default="", help="who asks (default: the login)")


def listing(parser: argparse.ArgumentParser) -> None:
    """Let a verb that lists answer for programs."""
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def config(given: argparse.Namespace) -> Config:
    """The configuration that was named, or the usual one."""
    return load(given.config)


def person(given: argparse.Namespace) -> str:
    """Who asks."""
    return str(given.by or getpass.getuser())


def day(text: str) -> dt.date:
    """A date on the command line; argparse turns the error into a sentence."""
    return dt.date.fromisoformat(text)


def say(lines: Iterable[str]) -> None:
    """Print lines."""
    for line in lines:
        sys.stdout.write(f"{line}\n")


def tell(rows: Iterable[Any]) -> None:
    """Print one JSON object a line."""
    say(json.dumps(row, ensure_ascii=True) for row in rows)
