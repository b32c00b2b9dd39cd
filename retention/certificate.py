"""The certificate of a disposal batch: what was disposed of, on whose authority, under which rules, chained to the last one.

The certificate holds no personal data and is kept for good: items stand in it as salted hashes in a Merkle tree, people as
roles and salted hashes. The restricted annex holds what the hashes are of and is kept for a set time. The chain's newest
digest must also be kept elsewhere, else the last certificate could be replaced as a whole.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import html
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

from retention.dispose import Approval, Batch, Entry
from retention.execute import Outcome, Result

FORMAT = "strongroom-certificate/1"
_STATEMENT = (
    "This certificate holds no personal data. Items and people stand in it as salted hashes; the restricted annex that "
    "resolves them is kept for a limited time."
)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a batch does not know of itself: when and with what it was executed, and what may remain of its items."""

    council: str
    executed_at: dt.datetime
    method: str
    tool: str
    run: str
    holds_checked: int
    residual: tuple[str, ...] = ()
    residual_expires: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate as its JSON bytes, the page for people, the annex, and the digest that the next one names."""

    id: str
    json: bytes
    page: bytes
    annex: bytes
    digest: str


def canonical(value: object) -> bytes:
    """Write JSON in the one form that is hashed: keys sorted, no spaces, ASCII, a newline at the end."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode() + b"\n"


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def leaf(item: Mapping[str, object]) -> str:
    """Return the hash of one item of the annex; the leading byte keeps leaves and nodes apart (RFC 6962)."""
    return sha256(b"\x00" + canonical(item))


def merkle_root(leaves: Sequence[str]) -> str:
    """Return the root over leaf hashes in their order, split as in RFC 6962; of none, the hash of nothing."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha256(b"")
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + bytes.fromhex(merkle_root(leaves[:half])) + bytes.fromhex(merkle_root(leaves[half:])))


def issue(
    batch: Batch,
    results: Sequence[Result],
    about: Circumstances,
    previous: Mapping[str, object] | None,
    salt: Callable[[], str],
) -> Issued:
    """Issue the certificate of an executed batch.

    ``previous`` is the last certificate issued, as parsed, or nothing for the first; ``salt`` gives a fresh random hex
    text of 128 bits or more at each call. Raises ``ValueError`` when results and list do not match one to one.
    """
    if [result.item for result in results] != [entry.item for entry in batch.entries]:
        raise ValueError("there must be one result for every item of the list, in its order")
    items = [_item(entry, result, salt()) for entry, result in zip(batch.entries, results, strict=True)]
    people = [{"name": name, "role": role, "on": on.isoformat(), "salt": salt()} for name, role, on in _people(batch)]
    body = _body(batch, results, about)
    body["people"] = [{"role": one["role"], "on": one["on"], "who": leaf(one)} for one in people]
    body["leaves"] = [leaf(item) for item in items]
    body["merkle_root"] = merkle_root([leaf(item) for item in items])
    body["sequence"] = 1 if previous is None else int(str(previous["sequence"])) + 1
    body["previous"] = None if previous is None else {"id": previous["id"], "digest": previous["digest"]}
    page = render(body)
    body["page"] = sha256(page)
    body["digest"] = sha256(canonical(body))
    annex = canonical({"certificate": body["id"], "items": items, "people": people})
    return Issued(str(body["id"]), canonical(body), page, annex, str(body["digest"]))


def _body(batch: Batch, results: Sequence[Result], about: Circumstances) -> dict[str, object]:
    starts = [entry.start for entry in batch.entries if entry.start]
    outcomes = Counter(result.outcome.value for result in results)
    ended = {result.item for result in results if result.outcome in (Outcome.DESTROYED, Outcome.TRANSFERRED)}
    return {
        "format": FORMAT,
        "id": f"{batch.id}-certificate",
        "council": about.council,
        "zone": batch.zone,
        "batch": {
            "id": batch.id,
            "list_hash": batch.list_hash,
            "items": len(batch.entries),
            "proposed_on": str(batch.proposed_on),
        },
        "bytes": sum(entry.size for entry in batch.entries if entry.item in ended),
        "schedule": {"version": batch.schedule, "digest": batch.schedule_digest},
        "classes": dict(Counter(entry.rule for entry in batch.entries)),
        "triggers": dict(Counter(entry.trigger for entry in batch.entries)),
        "trigger_dates": {"from": str(min(starts)), "to": str(max(starts))} if starts else None,
        "earliest_eligible": str(min(entry.due for entry in batch.entries) + dt.timedelta(days=1)),
        "holds_checked": {"count": about.holds_checked, "at": about.executed_at.isoformat()},
        "archive": "appraised" if batch.needs_archivist else "no appraisal asked for",
        "method": {"disposal": batch.method.value, "how": about.method, "tool": about.tool, "run": about.run},
        "executed_at": about.executed_at.isoformat(),
        "outcomes": dict(outcomes),
        "exclusions": dict(Counter(result.reason for result in results if result.item not in ended)),
        "residual": {
            "copies_elsewhere": sum(entry.copies for entry in batch.entries if entry.item in ended),
            "known": list(about.residual),
            "last_expires": str(about.residual_expires) if about.residual_expires else None,
        },
        "personal_data": _STATEMENT,
    }


def _people(batch: Batch) -> list[tuple[str, str, dt.date]]:
    approvals: tuple[Approval, ...] = batch.approvals
    return [(batch.proposer, "proposer", batch.proposed_on), *((one.by, one.role.value, one.on) for one in approvals)]


def _item(entry: Entry, result: Result, salt: str) -> dict[str, object]:
    return {
        "item": entry.item,
        "share": entry.share,
        "path": quote_from_bytes(entry.path),
        "sha256": entry.sha256,
        "size": entry.size,
        "tier": None if entry.tier is None else int(entry.tier),
        "rule": entry.rule,
        "trigger": entry.trigger,
        "start": entry.start.isoformat() if entry.start else None,
        "due": entry.due.isoformat(),
        "outcome": result.outcome.value,
        "reason": result.reason,
        "salt": salt,
    }


_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:46em;margin:2em auto;padding:0 1em}"
    "th{text-align:left;vertical-align:top;padding-right:2em}td{overflow-wrap:anywhere}"
)


def render(body: Mapping[str, object]) -> bytes:
    """Write the certificate as one HTML page that needs no network; the same certificate always gives the same bytes."""
    rows = "\n".join(
        _row(name.replace("_", " "), body[name]) for name in sorted(body) if name not in ("leaves", "page", "digest")
    )
    return (
        f'<!doctype html>\n<html lang="en-GB"><head><meta charset="utf-8"><title>Certificate of disposal</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>Certificate of disposal</h1>\n<table>\n{rows}\n</table>\n</body></html>\n"
    ).encode()


def _row(name: str, value: object) -> str:
    return f'<tr><th scope="row">{html.escape(name)}</th><td>{_cell(value)}</td></tr>'


def _cell(value: object) -> str:
    if isinstance(value, Mapping):
        return (
            "<br>".join(f"{html.escape(str(key).replace('_', ' '))}: {_cell(value[key])}" for key in sorted(value))
            or "none"
        )
    if isinstance(value, list):
        return "<br>".join(_cell(one) for one in value) or "none"
    return html.escape("none" if value is None else str(value))
