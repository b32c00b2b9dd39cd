# ruff: noqa: PLC0415 - a verb loads what it needs when it runs, so that help is quick
"""``strongroom facts``: tell Strongroom what the file system does not know: closing dates, births, ends of contracts, classes."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from retention.commands import more
from retention.commands.documents import InputError

OK, REFUSED = 0, 1


def add(verbs: Any, verb: Any) -> None:
    """Add the verb and its own verbs."""
    own = more.group(verbs, verb, "facts", "enter dates and record classes, from a business system or as their owner")
    brought = verb(
        own, "import", "enter what a business system exports (CSV): when cases closed, contracts ended …", _import
    )
    brought.add_argument("file", help="the CSV, or - for standard input; columns: item or path, then trigger and date")
    brought.add_argument("--share", default="", help="the share that paths lie on, where a row names none")
    brought.add_argument("--owner", action="store_true", help="on the owner's word rather than a system's")
    enter = verb(
        own, "enter", "say as the owner which class an item or a case folder belongs to, or a date of it", _enter
    )
    enter.add_argument("place", help="an item's number, or a file or folder below the share's root")
    enter.add_argument("--share", default="", help="the share that it lies on (default: the only one)")
    enter.add_argument("--class", dest="record_class", default="", help="the class by its reference, such as LI-01")
    enter.add_argument("--trigger", default="", help="what the date is of: case_closed, contract_end, date_of_birth …")
    enter.add_argument("--date", default="", help="the date, as 2016-03-31; the word withdrawn takes it back")
    for one in (brought, enter):
        one.add_argument(
            "--dry-run", action="store_true", help="check everything and say what would be entered; enter nothing"
        )
        more.signed(one)
        more.listing(one)


def _import(given: argparse.Namespace) -> int:
    from retention import entering
    from retention.clock import Source

    source = Source.OWNER if given.owner else Source.FEED
    text = sys.stdin.read() if given.file == "-" else _text(Path(given.file))
    return _told(
        given,
        lambda: entering.bring(
            more.config(given), text, by=more.person(given), source=source, share=given.share, dry_run=given.dry_run
        ),
    )


def _text(file: Path) -> str:
    if not file.is_file():
        raise InputError(f"There is no feed at {file}.")
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("The feed is not UTF-8. Export it as CSV UTF-8.") from error


def _enter(given: argparse.Namespace) -> int:
    from retention import disposing, entering, feed

    if not given.record_class and not (given.trigger and given.date):
        raise InputError("Say what is entered: --class, or --trigger with --date.")
    number = given.place.isdigit()
    header = "item,share,path,trigger,date,record_class"
    cells = (
        given.place if number else "",
        given.share or _only_share(given),
        "" if number else os.fspath(given.place),
        given.trigger,
        given.date,
        given.record_class,
    )
    row = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    told, faults = feed.read(f"{header}\n{row}\n", disposing.today())
    if faults:
        raise InputError(faults[0].partition(": ")[2] + ".")
    return _told(given, lambda: entering.tell(more.config(given), told, by=more.person(given), dry_run=given.dry_run))


def _only_share(given: argparse.Namespace) -> str:
    shares = [one.name for one in more.config(given).share]
    return shares[0] if len(shares) == 1 else ""


def _told(given: argparse.Namespace, work: Any) -> int:
    from retention.feed import FeedError

    try:
        done = work()
    except FeedError as error:
        if given.json:
            more.tell({"fault": fault} for fault in error.faults)
        else:
            more.say([*error.faults, f"{len(error.faults)} faults: nothing was entered"])
        return REFUSED
    if given.json:
        more.tell([{"rows": done.rows, "items": done.items, "new": done.new, "known": done.known}])
        return OK
    verb = "would be entered" if given.dry_run else "entered"
    more.say([f"{done.rows} rows tell of {done.items} items: {done.new} facts {verb}, {done.known} stood so already"])
    return OK
