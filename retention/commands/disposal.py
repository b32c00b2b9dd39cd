# ruff: noqa: PLC0415 - a verb loads what it needs when it runs, so that help is quick
"""``strongroom dispose`` and ``replay``: what is due, lists and their approvals, execution, certificates, past nights."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from retention.commands import more
from retention.commands.documents import InputError

OK, REFUSED = 0, 1
ROLES = {"owner": "information asset owner", "records-manager": "records manager", "archivist": "archivist"}


def add(verbs: Any, verb: Any) -> None:
    """Add the verbs and their own verbs."""
    own = more.group(
        verbs, verb, "dispose", "list what is due, pass lists on, execute what people authorised, certify it"
    )
    due = verb(own, "due", "count what may be listed now, and what keeps the rest", _due)
    propose = verb(own, "propose", "put what is due on lists that wait for their owners", _propose)
    propose.add_argument("--zone", default="", help="only of this zone")
    propose.add_argument("--lifted-by", default="", help="the second person who allows a list above the caps")
    shown = verb(own, "list", "list the lists: where each stands, its hash, its approvals", _list)
    shown.add_argument("--all", action="store_true", help="also those that have ended")
    show = verb(own, "show", "show the items of a list, with their paths, to those who must judge it", _show)
    approve = verb(own, "approve", "approve a list in the role that is asked now", _approve)
    approve.add_argument("--role", required=True, choices=tuple(ROLES), help="in what capacity")
    approve.add_argument("--hash", required=True, help="the hash of the list that was looked at")
    withdraw = verb(own, "withdraw", "take items off a list, or with none named all of it: they are kept", _withdraw)
    execute = verb(own, "execute", "carry out an authorised list and certify it", _execute)
    certificate = verb(own, "certificate", "write the certificate of an executed list again", _certificate)
    for one in (show, approve, withdraw, execute, certificate):
        one.add_argument("ref", help="the list's reference")
    withdraw.add_argument("items", nargs="*", metavar="ITEM", help="items by number")
    withdraw.add_argument("--reason", required=True, help="why they are kept")
    withdraw.add_argument("--until", type=more.day, help="kept at least until this day")
    verify = verb(own, "verify", "verify certificates and their chain, as anybody can offline", _verify)
    verify.add_argument(
        "files", nargs="*", type=Path, help="certificates in their order (default: all that were issued)"
    )
    verify.add_argument("--head", default="", help="the newest digest, as it was written down elsewhere")
    replay = verb(verbs, "replay", "recompute the decisions of a past night from what was recorded with them", _replay)
    replay.add_argument("run", help="the run's name, as in strongroom status")
    for one in (propose, approve, withdraw, execute):
        more.signed(one)
    for one in (due, propose, shown, show, replay):
        more.listing(one)


def _due(given: argparse.Namespace) -> int:
    from retention import disposing, stages

    settings, today = more.config(given), disposing.today()
    with stages.opened(settings) as catalogue:
        judge = disposing.judge_now(settings, catalogue, today)
        found = disposing.due(catalogue, judge)
    rows: list[dict[str, Any]] = [
        {
            "zone": zone,
            "method": method.value,
            "items": len(entries),
            "bytes": sum(entry.size for entry in entries),
            "classes": dict(Counter(entry.rule for entry in entries)),
        }
        for (zone, method), entries in sorted(found.lists.items())
    ]
    if given.json:
        more.tell([*rows, {"kept": dict(found.kept)}])
        return OK
    refusal = judge.schedule.refuses(today)
    more.say([refusal] if refusal else [])
    for row in rows:
        classes = ", ".join(f"{ref} {count}" for ref, count in row["classes"].items())
        more.say([f"{row['zone']}: {row['items']} items to {row['method']}, {row['bytes']:,} bytes ({classes})"])
    more.say(f"kept: {count} case folders: {reason}" for reason, count in found.kept.items())
    more.say([] if rows else ["nothing is due"])
    return OK


def _propose(given: argparse.Namespace) -> int:
    from retention import disposing

    made = disposing.propose(more.config(given), by=more.person(given), zone=given.zone, lifted_by=given.lifted_by)
    _tell(made, as_json=given.json)
    if not made:
        more.say([] if given.json else ["nothing is due, or all of it stands on lists already"])
    return OK


def _list(given: argparse.Namespace) -> int:
    from retention import disposing

    _tell(disposing.lists(more.config(given), every=given.all), as_json=given.json)
    return OK


def _tell(batches: Any, *, as_json: bool) -> None:
    from retention import account

    if not as_json:
        for batch in batches:
            more.say(account.batch_lines(batch))
        return
    more.tell(
        {
            "ref": batch.id,
            "zone": batch.zone,
            "method": batch.method.value,
            "state": batch.state.value,
            "since": batch.since.isoformat(),
            "items": len(batch.entries),
            "standing": len(batch.standing),
            "hash": batch.list_hash,
            "approvals": [one.role.value for one in batch.approvals],
        }
        for batch in batches
    )


def _show(given: argparse.Namespace) -> int:
    from retention import disposing
    from retention.dispose import DisposalError

    batch = next((one for one in disposing.lists(more.config(given), every=True) if one.id == given.ref), None)
    if batch is None:
        raise DisposalError(f"no list is called {given.ref}; all are shown by: strongroom dispose list --all")
    standing = {entry.item for entry in batch.standing}
    rows = [
        {
            "item": one.item,
            "standing": one.item in standing,
            "rule": one.rule,
            "due": one.due.isoformat(),
            "tier": None if one.tier is None else f"T{one.tier:d}",
            "size": one.size,
            "share": one.share,
            "path": one.path.decode("utf-8", "backslashreplace"),
        }
        for one in batch.entries
    ]
    if given.json:
        more.tell(rows)
        return OK
    _tell([batch], as_json=False)
    for row in rows:
        state = "" if row["standing"] else "  (withdrawn)"
        # JSON's escapes keep control characters of a file's name from the terminal.
        more.say(
            [
                f"  {row['item']}  {row['rule']}  due {row['due']}  {row['tier'] or 'unread'}  {json.dumps(row['path'])}{state}"
            ]
        )
    return OK


def _approve(given: argparse.Namespace) -> int:
    from retention import dispose, disposing

    change = partial(
        dispose.approve,
        by=more.person(given),
        role=dispose.Role(ROLES[given.role]),
        seen_hash=given.hash,
        today=disposing.today(),
    )
    after = disposing.step(
        more.config(given), given.ref, by=more.person(given), action="disposal-approved", change=change
    )
    _tell([after], as_json=False)
    return OK


def _withdraw(given: argparse.Namespace) -> int:
    from retention import dispose, disposing

    today, by = disposing.today(), more.person(given)

    def change(batch: dispose.Batch) -> dispose.Batch:
        if not given.items:
            return dispose.refuse(batch, by=by, reason=given.reason, on=today)
        strangers = set(given.items) - {entry.item for entry in batch.standing}
        if strangers:
            raise InputError(
                f"Not on the list: {', '.join(sorted(strangers))}. See: strongroom dispose show {given.ref}"
            )
        for item in given.items:
            batch = dispose.withdraw(batch, item, reason=given.reason, on=today, by=by, until=given.until)
        return batch

    after = disposing.step(more.config(given), given.ref, by=by, action="disposal-withdrawn", change=change)
    _tell([after], as_json=False)
    return OK


def _execute(given: argparse.Namespace) -> int:
    from retention import disposing

    settings = more.config(given)
    counts = disposing.carry_out(settings, given.ref, by=more.person(given))
    more.say([", ".join(f"{count} {name}" for name, count in counts.items())])
    more.say([f"Certificate: {disposing.certificates(settings) / given.ref}-certificate.json"])
    return REFUSED if counts["failed"] else OK


def _certificate(given: argparse.Namespace) -> int:
    from retention import disposing, stages

    settings = more.config(given)
    with stages.opened(settings) as catalogue:
        more.say(map(str, disposing.write_certificate(settings, catalogue, given.ref)))
    return OK


def _verify(given: argparse.Namespace) -> int:
    from retention import disposing, stages, verify_certificate

    settings = more.config(given)
    if given.files:
        head = ["--head", given.head] if given.head else []
        return verify_certificate.main([*map(str, given.files), *head])
    with stages.opened(settings) as catalogue:
        files = disposing.chain(settings, catalogue)
    if not files:
        more.say(["no certificate was issued yet"])
        return OK
    head = ["--head", given.head or files.head]
    return verify_certificate.main([*map(str, files.certificates), *files.options, *head])


def _replay(given: argparse.Namespace) -> int:
    from retention import past

    told = past.replay(more.config(given), given.run)
    if given.json:
        more.tell([{"run": given.run, "decisions": told.decisions, "same": told.same, "unknown": told.unknown}])
        more.tell({"item": item, "differs": fields} for item, fields in told.differing)
    else:
        more.say(
            [f"{told.decisions} decisions: {told.same} the same, {len(told.differing)} differ, {told.unknown} not told"]
        )
        more.say(f"  {item}: {', '.join(fields)}" for item, fields in told.differing[:20])
    return OK if told.same == told.decisions else REFUSED
