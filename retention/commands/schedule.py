# ruff: noqa: PLC0415 - a verb loads what it needs when it runs, so that help is quick
"""``strongroom schedule``: lint, compare, try out, adopt and show a retention schedule."""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from retention.commands import more
from retention.config import Config

OK, REFUSED = 0, 1


def add(verbs: Any, verb: Any) -> None:
    """Add the verb and its own verbs."""
    own = more.group(verbs, verb, "schedule", "check, compare, try out, adopt and show the retention schedule")
    lint = verb(own, "lint", "name every fault of a schedule with its row", _lint)
    lint.add_argument("file", nargs="?", type=Path, help="the CSV (default: the schedule in force)")
    diff = verb(own, "diff", "say what a schedule changes in another", _diff)
    diff.add_argument("file", nargs="?", type=Path, help="the CSV (default: the schedule in force)")
    diff.add_argument(
        "--base", type=Path, help="compared with this CSV (default: the schedule that comes with the product)"
    )
    what_if = verb(own, "what-if", "say what a draft would change for everything in the catalogue", _what_if)
    what_if.add_argument("file", nargs="?", type=Path, help="the draft (default: the schedule in force)")
    what_if.add_argument("--zones", type=Path, help="a TOML file with the [[zone]] sections to try out")
    approve = verb(
        own, "approve", "approve clauses of a draft by name; an edit afterwards undoes the approval", _approve
    )
    approve.add_argument("file", type=Path, help="the CSV")
    approve.add_argument("refs", nargs="+", metavar="REF", help="clauses by reference, such as LI-01")
    more.signed(approve)
    what_if.add_argument(
        "--sensitive", type=_chance, help="the chance from which the model calls an item sensitive, 0 to 1"
    )
    adopt = verb(own, "adopt", "write a schedule as adopted, with its dates and the person who adopted it", _adopt)
    adopt.add_argument("file", type=Path, help="the CSV; it must be without faults")
    adopt.add_argument("--version", required=True, help="the council's name for this version")
    adopt.add_argument("--expires", required=True, type=more.day, help="the last day of its validity, YYYY-MM-DD")
    adopt.add_argument("--on", type=more.day, help="the day of adoption (default: today)")
    adopt.add_argument("--approved", action="store_true", help="refuse while a changed clause has nobody's approval")
    more.signed(adopt)
    show = verb(own, "show", "tell what the schedule in force says of itself, or one of its rules", _show)
    show.add_argument("ref", nargs="?", default="", help="a rule's reference, such as LI-01")
    show.add_argument("--file", type=Path, help="of this CSV instead")
    for one in (lint, diff, what_if, show):
        more.listing(one)


def _loaded(config: Config, file: Path | None) -> Any:
    from retention import schedule, stages

    return schedule.load(_there(file)) if file else stages.load_schedule(config)


def _there(file: Path) -> Path:
    from retention.commands.documents import InputError

    if not file.is_file():
        raise InputError(f"There is no schedule at {file}.")
    return file


def _lint(given: argparse.Namespace) -> int:
    from retention import account, disposing, linter

    settings = None if given.file else more.config(given)
    source = _there(given.file) if given.file else settings.schedule.file if settings else None
    found = linter.lint(source or _loaded(settings or more.config(given), None), disposing.today())
    if given.json:
        more.tell(dataclasses.asdict(fault) for fault in found)
    else:
        more.say(account.lint_lines(found))
    return REFUSED if linter.blocking(found) else OK


def _diff(given: argparse.Namespace) -> int:
    from retention import account, schedule

    base = schedule.load(_there(given.base)) if given.base else schedule.shipped()
    other = schedule.load(_there(given.file)) if given.file else _loaded(more.config(given), None)
    if given.json:
        more.tell(dataclasses.asdict(change) for change in schedule.diff(base, other))
    else:
        more.say(account.diff_lines(base, other))
    return OK


def _what_if(given: argparse.Namespace) -> int:
    from retention import disposing, judging, stages, whatif

    settings = more.config(given)
    today = disposing.today()
    then = settings if given.zones is None else _with_zones(settings, given.zones)
    draft = _loaded(settings, given.file)
    refusal = draft.refuses(today)
    if refusal:
        draft = dataclasses.replace(draft, adopted=today, expires=today + dt.timedelta(days=365))
    with stages.opened(settings) as catalogue:
        judge = disposing.judge_now(settings, catalogue, today)
        drafted = judging.zone_maps(then)
        now = whatif.World(judge.schedule, judge.holds, judging.zone_of(judge.maps))
        tried = whatif.World(draft, judge.holds, judging.zone_of(drafted), given.sensitive)
        report = whatif.what_if(judging.everything(catalogue, judge), now, tried, today)
    if given.json:
        more.tell([{"items": report.items, **{name: _plain(one) for name, one in report.tallies().items()}}])
        return OK
    if refusal:
        more.say([f"{refusal}; this is what it would do once adopted"])
    more.say(report.lines())
    return OK


def _chance(text: str) -> float:
    value = float(text)
    if not 0.0 < value <= 1.0:
        raise argparse.ArgumentTypeError("a chance lies above 0 and up to 1")
    return value


def _plain(tally: Any) -> dict[str, Any]:
    counted = {name: dict(getattr(tally, name)) for name in ("by_class", "by_service", "by_year")}
    return {"items": tally.items, "gigabytes": tally.gigabytes, **counted, "examples": list(tally.examples)}


def _with_zones(config: Config, file: Path) -> Config:
    from retention.config import parse

    shares = [
        {"name": one.name, "root": os.fspath(one.root), "sentinel": one.sentinel, "mode": one.mode}
        for one in config.share
    ]
    table = tomllib.loads(_there(file).read_text(encoding="utf-8"))
    return dataclasses.replace(config, zone=parse({"share": shares, "zone": table.get("zone", [])}, {}, file).zone)


def _approve(given: argparse.Namespace) -> int:
    from retention import disposing, schedule, stages
    from retention.catalogue import events
    from retention.commands.documents import InputError

    settings, by = more.config(given), more.person(given)
    draft = schedule.load(_there(given.file))
    try:
        made = schedule.approve(draft, given.refs, by=by, on=disposing.today())
    except ValueError as error:
        raise InputError(f"{error}.") from error
    new = made.approvals[len(draft.approvals) :]
    beside = given.file.with_suffix(".toml")
    blocks = [line for one in new for line in _approval(one)]
    with stages.opened(settings) as catalogue, catalogue.begin() as connection:
        for one in new:
            events.append(
                connection,
                actor=by[:80],
                action="clause-approved",
                subject=one.ref[:80],
                detail={"clause": one.clause},
                at=stages.now(),
            )
        with beside.open("a", encoding="utf-8") as file:
            file.write("\n".join([*blocks, ""]))
    more.say([f"Approved as they are now: {', '.join(given.refs)}. Written to {beside}"])
    return OK


def _adopt(given: argparse.Namespace) -> int:
    from retention import account, disposing, linter, schedule, stages
    from retention.catalogue import events
    from retention.commands.documents import InputError

    settings, by = more.config(given), more.person(given)
    today = disposing.today()
    faults = linter.lint(_there(given.file), today, version=given.version, expires=given.expires)
    if linter.blocking(faults):
        more.say(account.lint_lines(faults))
        return REFUSED
    try:
        made = schedule.adopt(
            schedule.load(given.file), given.version, by=by, on=given.on or today, expires=given.expires
        )
    except ValueError as error:
        raise InputError(f"{error}.") from error
    waiting = schedule.unapproved(made, stages.load_schedule(settings))
    if waiting:
        more.say([f"Changed against the schedule in force and approved by nobody by name: {', '.join(waiting)}"])
    if waiting and given.approved:
        return REFUSED
    place = (
        settings.state / "schedules" / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', given.version).strip('.') or 'version'}.csv"
    )
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if place.exists():
        raise FileExistsError(f"Version {given.version} was adopted before: {place}. A version is never changed.")
    place.with_suffix(".toml").write_text("\n".join(_toml(made)) + "\n", encoding="utf-8")
    place.write_text(schedule.dump(made), encoding="utf-8")
    with stages.opened(settings) as catalogue, catalogue.begin() as connection:
        detail = {
            "digest": made.digest,
            "expires": str(made.expires),
            "rules": len(made.rules),
            "unapproved": len(waiting),
        }
        events.append(
            connection, actor=by, action="schedule-adopted", subject=given.version[:80], detail=detail, at=stages.now()
        )
    more.say(
        [f"Adopted: {place}", "To bring it into force, set in strongroom.toml:", "[schedule]", f'file = "{place}"']
    )
    return OK


def _toml(schedule: Any) -> Iterator[str]:
    yield f"version = {json.dumps(schedule.version)}"
    yield f"adopted = {schedule.adopted}"
    yield f"expires = {schedule.expires}"
    for name in ("council", "predecessor", "origin"):
        yield f"{name} = {json.dumps(getattr(schedule, name))}"
    yield f"edited_by = {json.dumps(list(schedule.edited_by))}"
    for one in schedule.approvals:
        yield from _approval(one)


def _approval(one: Any) -> Iterator[str]:
    yield f"\n[[approval]]\nref = {json.dumps(one.ref)}\nby = {json.dumps(one.by)}\non = {one.on}"
    if one.clause:
        yield f"clause = {json.dumps(one.clause)}"


def _show(given: argparse.Namespace) -> int:
    from retention import account, disposing

    schedule = _loaded(more.config(given), given.file)
    if given.json:
        rules = [rule for rule in schedule.rules if given.ref in ("", rule.ref)]
        more.tell(
            {"ref": rule.ref, "record_class": rule.record_class, "terms": str(rule.terms), "action": rule.action.value}
            for rule in rules
        )
        return OK if rules else REFUSED
    more.say(account.schedule_lines(schedule, disposing.today(), given.ref))
    return OK if not given.ref or schedule.rule(given.ref) else REFUSED
