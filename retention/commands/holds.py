# ruff: noqa: PLC0415 - a verb loads what it needs when it runs, so that help is quick
"""``strongroom hold``: place, approve, release, list and import holds."""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import os
from pathlib import Path
from typing import Any

from retention.commands import more
from retention.commands.documents import InputError

OK = 0
_CRITERIA = {
    "class": "a record class; CF-* for all that begin so",
    "zone": "a zone's name",
    "share": "a share's name",
    "path": "a folder or file below a share's root",
    "owner": "an information asset owner",
    "keyword": "a word in the path",
    "hash": "a SHA-256",
    "item": "an item's number",
    "group": "a near-duplicate group",
}


def add(verbs: Any, verb: Any) -> None:
    """Add the verb and its own verbs."""
    own = more.group(verbs, verb, "hold", "keep records from disposal, whatever the schedule says")
    place = verb(own, "place", "place a hold; it counts at once, and a second person approves it", _place)
    place.add_argument("ref", nargs="?", default="", help="its reference")
    place.add_argument("--template", default="", help="place one that comes with the product; see: hold templates")
    place.add_argument("--title", default="", help="a neutral title: that there is an inquiry may itself be a secret")
    place.add_argument("--kind", default="other", help="why: foi, litigation, public-inquiry, audit, police, other, …")
    place.add_argument("--authority", default="", help="on what legal ground")
    place.add_argument("--reason", default="", help="what it is about; not shown in lists")
    place.add_argument("--review", type=more.day, help="when it is looked at again; this never ends it")
    place.add_argument("--since", type=more.day, help="records from this day on")
    place.add_argument("--until", type=more.day, help="records up to this day")
    for name, meaning in _CRITERIA.items():
        place.add_argument(f"--{name}", action="append", default=[], help=f"{meaning}; may be given several times")
    place.add_argument(
        "--person",
        action="append",
        default=[],
        help="the council's own number for a person whom a feed names; only a mark of it is kept",
    )
    approve = verb(own, "approve", "confirm a hold that somebody else placed", _approve)
    release = verb(own, "release", "agree to a release; two different people end a hold", _release)
    for one in (approve, release):
        one.add_argument("ref", help="the hold's reference")
    shown = verb(own, "list", "list the holds, and what wants attention", _list)
    shown.add_argument("--all", action="store_true", help="also those that have ended")
    brought = verb(own, "import", "bring in the register of information requests (CSV) as holds", _import)
    brought.add_argument("file", type=Path, help="columns: reference, kind, received, closed, and a scope")
    templates = verb(own, "templates", "list the holds that come with the product", _templates)
    for one in (place, approve, release, brought):
        more.signed(one)
    for one in (shown, templates):
        more.listing(one)


def _place(given: argparse.Namespace) -> int:
    from retention import disposing, hold_templates
    from retention.hold import Hold, HoldKind, Scope, Signature, place

    today, by = disposing.today(), more.person(given)
    if given.template:
        made = hold_templates.TEMPLATES.get(given.template)
        if made is None:
            raise InputError(f"No template is called {given.template}. See: strongroom hold templates")
        hold = made(by, today)
    else:
        if given.kind not in set(HoldKind):
            raise InputError(f"No kind of hold is called {given.kind}. Known: {', '.join(HoldKind)}.")
        scope = Scope(
            classes=tuple(vars(given)["class"]),
            zones=tuple(given.zone),
            shares=tuple(given.share),
            paths=tuple(os.fsencode(path.strip("/")) for path in given.path),
            owners=tuple(given.owner),
            since=given.since,
            until=given.until,
            keywords=tuple(given.keyword),
            hashes=frozenset(given.hash),
            items=frozenset(given.item),
            groups=frozenset(given.group),
            persons=_marks(given),
        )
        hold = Hold(
            id=given.ref[:40],
            title=given.title,
            kind=HoldKind(given.kind),
            authority=given.authority,
            scope=scope,
            placed=Signature(by, today),
            reason=given.reason,
            review_on=given.review,
        )
    _keep(given, place(hold), by)
    more.say(
        [
            f"Placed {hold.id}. It counts from now on; a second person confirms it with: strongroom hold approve {hold.id}"
        ]
    )
    return OK


def _marks(given: argparse.Namespace) -> frozenset[str]:
    from retention import persons

    if not given.person:
        return frozenset()
    key = persons.key(more.config(given).state)
    try:
        return frozenset(persons.mark(key, number) for number in given.person)
    except ValueError as error:
        raise InputError(f"{error}.") from error


def _keep(given: argparse.Namespace, hold: Any, by: str) -> None:
    from retention import stages
    from retention.catalogue import events, holds

    with stages.opened(more.config(given)) as catalogue, catalogue.begin() as connection:
        holds.keep(connection, hold)
        events.append(
            connection,
            actor=by,
            action="hold-placed",
            subject=hold.id,
            detail={"kind": hold.kind.value},
            at=stages.now(),
        )


def _change(given: argparse.Namespace, action: str, change: Any) -> Any:
    from retention import stages
    from retention.catalogue import events, holds
    from retention.hold import HoldError

    with stages.opened(more.config(given)) as catalogue, catalogue.begin() as connection:
        before = holds.named(connection, given.ref)
        if before is None:
            raise HoldError(f"no hold is called {given.ref}; all are shown by: strongroom hold list --all")
        after = change(before)
        holds.change(connection, before, after)
        events.append(
            connection, actor=more.person(given), action=action, subject=given.ref, detail={}, at=stages.now()
        )
    return after


def _approve(given: argparse.Namespace) -> int:
    from retention import disposing, hold

    _change(given, "hold-approved", lambda one: hold.approve(one, more.person(given), disposing.today()))
    more.say([f"Approved {given.ref}."])
    return OK


def _release(given: argparse.Namespace) -> int:
    from retention import disposing, hold

    after = _change(given, "hold-release", lambda one: hold.release(one, more.person(given), disposing.today()))
    more.say(
        [f"{given.ref} is released." if after.released_on else f"{given.ref} still holds: a second person must agree."]
    )
    return OK


def _list(given: argparse.Namespace) -> int:
    from retention import account, disposing, stages

    settings, today = more.config(given), disposing.today()
    with stages.opened(settings) as catalogue:
        found = [one for one in stages.holds(settings, catalogue) if given.all or one.in_force(today)]
    if given.json:
        more.tell(
            {
                "ref": one.id,
                "title": one.title,
                "kind": one.kind.value,
                "placed": one.placed.on.isoformat(),
                "confirmed": one.approved is not None,
                "in_force": one.in_force(today),
                "review_on": _iso(one.review_on),
                "ends_on": _iso(one.ends_on),
            }
            for one in found
        )
    else:
        more.say(account.hold_lines(found, today))
    return OK


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


def _import(given: argparse.Namespace) -> int:
    from retention import disposing, stages
    from retention.catalogue import events, holds
    from retention.hold_templates import from_register

    if not given.file.is_file():
        raise InputError(f"There is no register at {given.file}.")
    text, by, today = given.file.read_text(encoding="utf-8-sig"), more.person(given), disposing.today()
    found = from_register(text, by, today)
    # Requests that are over give no hold, but their day still ends the hold that an earlier import placed.
    ends = {one.id: one.ends_on for one in from_register(text, by, dt.date.min)}
    counts = {"placed": 0, "changed": 0}
    with stages.opened(more.config(given)) as catalogue, catalogue.begin() as connection:
        known = {one.id: one for one in holds.everything(connection)}
        for one in found:
            if one.id not in known:
                holds.keep(connection, one)
                counts["placed"] += 1
        for ref, day in ends.items():
            before = known.get(ref)
            if before is not None and before.ends_on != day:
                holds.change(connection, before, dataclasses.replace(before, ends_on=day))
                counts["changed"] += 1
        events.append(connection, actor=by, action="register-imported", subject="holds", detail=counts, at=stages.now())
    more.say([f"{counts['placed']} holds placed, {counts['changed']} changed."])
    return OK


def _templates(given: argparse.Namespace) -> int:
    from retention import disposing, hold_templates

    made = {name: make("", disposing.today()) for name, make in hold_templates.TEMPLATES.items()}
    rows = [
        {"name": name, "title": one.title, "reason": one.reason, "by_default": name in hold_templates.ON_BY_DEFAULT}
        for name, one in made.items()
    ]
    if given.json:
        more.tell(rows)
    else:
        more.say(
            f"{row['name']}: {row['title']}: {row['reason']}{' (placed by default)' if row['by_default'] else ''}"
            for row in rows
        )
    return OK
