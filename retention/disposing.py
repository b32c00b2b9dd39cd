"""Disposal in the shell: find what is due, put it on lists, pass lists on, execute what people authorised, certify it.

Every step of a person is checked by ``retention.dispose`` and written to the audit log. What comes out are references, ids and
counts, never a path.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import secrets
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from retention import dispose, judging
from retention.casefolder import whole_folders
from retention.catalogue import Catalogue, decisions, disposal, events, listing
from retention.certificate import Circumstances, issue
from retention.clock import Period, add, london_date
from retention.config import Config
from retention.decision import Decision
from retention.dispose import Batch, DisposalError, Entry, Method, Proposal, State
from retention.execute import Outcome, Result, execute
from retention.hold import in_force
from retention.judging import Judge
from retention.removing import OnShares, unsigned
from retention.stages import holds, load_schedule, now, opened
from retention.transfer import Sender, make_bag
from retention.vault.removal import remove_scratch

log = logging.getLogger("strongroom")

ANNEX_KEPT = Period(years=1)
_FOLDERS = 400
_RESIDUAL = (
    "backups and snapshots of the file server, until they are overwritten as the council's backup policy says",
    "copies with other contents, printed copies, and copies outside the shares that were crawled",
)


@dataclass(frozen=True, slots=True)
class Due:
    """What may be listed now, by zone and method, and why other folders with something due may not, counted."""

    lists: dict[tuple[str, Method], list[Entry]]
    kept: Counter[str]


def today() -> dt.date:
    """The civil date in London."""
    return london_date(int(now().timestamp() * 1e9))


def judge_now(config: Config, catalogue: Catalogue, on: dt.date) -> Judge:
    """The rules as they are now."""
    return judging.prepare(config, catalogue, load_schedule(config), holds(config, catalogue), on)


def due(catalogue: Catalogue, judge: Judge) -> Due:
    """Decide afresh on every folder in which the last night found something due; a folder is listed whole or not at all."""
    found = Due({}, Counter())
    with catalogue.read() as connection:
        folders = listing.folders_with_due(connection)
        taken = {entry.item for batch, _ in disposal.open_lists(connection) for entry in batch.standing}
        for start in range(0, len(folders), _FOLDERS):
            some = folders[start : start + _FOLDERS]
            unread = listing.with_unread(connection, some)
            entries: dict[str, tuple[Entry, str, Decision]] = {}
            for row in _rows(connection, some):
                decision, zone, _ = judge.judge(row)
                entries[str(row.id)] = (_entry(row, decision, judge), zone.name, decision)
            by_folder = sorted((entry.folder, item, made) for item, (entry, _, made) in entries.items())
            for folder, items, reason in whole_folders(by_folder):
                why = reason or ("not all of the case folder was read" if int(folder) in unread else "")
                if not why and not taken.isdisjoint(items):
                    why = "the case folder stands on a list already"
                if why:
                    found.kept[why.partition(" of ")[2] if " of " in why else why] += 1
                    continue
                for item in items:
                    entry, zone_name, made = entries[item]
                    found.lists.setdefault((zone_name, Method(made.disposal)), []).append(entry)
    return found


def _rows(connection: Any, folders: Sequence[int]) -> Iterator[Any]:
    last = 0
    while rows := decisions.candidates(connection, last, folders):
        last = rows[-1].id
        yield from rows


def _entry(row: Any, decision: Decision, judge: Judge) -> Entry:
    return Entry(
        item=str(row.id),
        share=row.share,
        path=decisions.path_of(row),
        sha256=row.sha256 or "",
        size=row.size,
        modified_ns=row.modified_ns,
        device=unsigned(row.device),
        inode=unsigned(row.inode),
        rule=decision.rule,
        trigger=decision.trigger,
        start=decision.start,
        due=decision.due or dt.date.max,
        tier=decision.tier,
        folder=str(row.folder_id),
        copies=judge.standing.copies.get(row.reading_id, 1) - 1,
    )


def propose(config: Config, *, by: str, zone: str = "", on: dt.date | None = None, lifted_by: str = "") -> list[Batch]:
    """Put all that is due, of one zone or of every zone, on lists that wait for the owner; what is on a list is left there."""
    on = on or today()
    made = []
    with opened(config) as catalogue:
        judge = judge_now(config, catalogue, on)
        refusal = judge.schedule.refuses(on)
        if refusal:
            raise DisposalError(refusal)
        for (named, method), entries in sorted(due(catalogue, judge).lists.items()):
            if zone and named != zone:
                continue
            ref = f"D-{on:%Y%m%d}-{uuid.uuid4().hex[:6].upper()}"
            caps = dispose.Caps(lifted_by=lifted_by)
            batch = dispose.propose(Proposal(ref, named, method, by), entries, judge.schedule, on, caps)
            with catalogue.begin() as connection:
                disposal.keep(connection, batch)
                _log(connection, by, "disposal-proposed", ref, {"items": len(entries), "list": batch.list_hash})
            made.append(batch)
    return made


def _log(connection: Any, by: str, action: str, ref: str, detail: dict[str, Any]) -> None:
    events.append(connection, actor=by[:80], action=action, subject=ref, detail=detail, at=now())


def lists(config: Config, *, every: bool = False) -> list[Batch]:
    """The lists that have not ended, or every list."""
    with opened(config) as catalogue, catalogue.read() as connection:
        return [batch for batch, _ in (disposal.everything if every else disposal.open_lists)(connection)]


def step(config: Config, ref: str, *, by: str, action: str, change: Callable[[Batch], Batch]) -> Batch:
    """Do one person's step on a list: read it, check it, write it and log it, all in one transaction."""
    with opened(config) as catalogue, catalogue.begin() as connection:
        batch, seen = _named(connection, ref)
        after = change(batch)
        if after != batch:
            disposal.change(connection, after, seen)
            detail = {"state": after.state.value, "standing": len(after.standing), "list": after.list_hash}
            _log(connection, by, action, ref, detail)
        return after


def _named(connection: Any, ref: str) -> tuple[Batch, int]:
    found = disposal.named(connection, ref)
    if found is None:
        raise DisposalError(f"no list is called {ref}; all are shown by: strongroom dispose list")
    return found


# --- the stages of the DAG --------------------------------------------------------------------------------------------------------


def chase(config: Config, on: dt.date | None = None) -> dict[str, int]:
    """Remind, escalate, and retain what nobody answered about; silence never disposes of anything."""
    on = on or today()
    counts = {"open": 0, "reminded": 0, "retained": 0}
    with opened(config) as catalogue, catalogue.begin() as connection:
        for batch, seen in disposal.open_lists(connection):
            after, said = dispose.chase(batch, on)
            counts["open"] += not after.done
            counts["retained"] += after.done
            counts["reminded"] += bool(said) and not after.done
            if after != batch:
                disposal.change(connection, after, seen)
            if said:
                _log(connection, "strongroom", "disposal-chased", batch.id, {"said": said})
        disposal.forget_annexes(connection, on)
    log.info("chased: %s", counts)
    return counts


def find(config: Config, *, listed: bool, on: dt.date | None = None) -> dict[str, int]:
    """Count what is due and, when asked, put it on lists for people to judge."""
    on = on or today()
    with opened(config) as catalogue:
        judge = judge_now(config, catalogue, on)
        found = due(catalogue, judge)
        refused = bool(judge.schedule.refuses(on))
    items = sum(map(len, found.lists.values()))
    made = propose(config, by="strongroom", on=on) if listed and items and not refused else []
    counts = {"due": items, "folders_kept": found.kept.total(), "lists": len(made)}
    log.info("due for disposal: %s", counts)
    return counts


def authorised(config: Config) -> list[str]:
    """The lists that everybody who is asked has approved, and those whose execution was interrupted."""
    return [batch.id for batch in lists(config) if batch.state in (State.AUTHORISED, State.EXECUTING)]


def carry_out(config: Config, ref: str, *, by: str = "strongroom", on: dt.date | None = None) -> dict[str, int]:
    """Execute one authorised list, certify it and write the certificate; asked again, it goes on or says what it did.

    Raises ``DisposalError`` when the list may not be executed, ``ShareUnavailableError`` when a share is not there.
    """
    on = on or today()
    with opened(config) as catalogue:
        with catalogue.begin() as connection:
            batch, seen = _named(connection, ref)
            before = batch
            if batch.state is not State.EXECUTED:
                batch = dispose.start(batch, load_schedule(config), on)
            if batch != before:
                disposal.change(connection, batch, seen)
                _log(connection, by, "disposal-begun", ref, {"items": len(batch.standing), "list": batch.list_hash})
        if batch.state is State.EXECUTED:
            with catalogue.read() as connection:
                results = [disposal.result(connection, ref, entry.item) for entry in batch.entries]
            found = [one for one in results if one is not None]
        else:
            batch, found = _execute(config, catalogue, batch, by, on)
        write_certificate(config, catalogue, ref)
    counts = dict.fromkeys((outcome.value for outcome in Outcome), 0) | Counter(one.outcome.value for one in found)
    log.info("list %s executed: %s", ref, counts)
    return counts


def _execute(config: Config, catalogue: Catalogue, batch: Batch, by: str, on: dt.date) -> tuple[Batch, list[Result]]:
    judge = judge_now(config, catalogue, on)
    custody = OnShares(config, catalogue, judge, batch)
    if batch.method is Method.TRANSFER:
        custody.bag = _bag(config, catalogue, custody, batch, on)
    done, results = execute(batch, judge.schedule, custody, custody.remove, on)
    about = Circumstances(
        council=config.council,
        executed_at=now(),
        method="names removed from the share" if batch.method is Method.DESTROY else "handed over as a BagIt bag",
        tool=f"strongroom {metadata.version('strongroom')}",
        run=batch.id,
        holds_checked=len(in_force(holds(config, catalogue), on)),
        residual=_RESIDUAL,
    )
    with catalogue.begin() as connection:
        _, seen = _named(connection, batch.id)
        previous = disposal.last_certificate(connection)
        issued = issue(done, results, about, previous, lambda: secrets.token_hex(16))
        disposal.change(connection, done, seen)
        disposal.keep_certificate(connection, issued, add(on, ANNEX_KEPT))
        ended = Counter(one.outcome.value for one in results)
        _log(connection, by, "disposal-executed", batch.id, {**ended, "certificate": issued.digest})
    return done, list(results)


def _bag(config: Config, catalogue: Catalogue, custody: OnShares, batch: Batch, on: dt.date) -> Path:
    """Make the bag for an archive, or take the one that an interrupted execution made."""
    place = config.state / "transfers" / batch.id
    if (place / "tagmanifest-sha256.txt").exists():
        return place
    with catalogue.read() as connection:
        rows = {entry.item: decisions.candidate(connection, int(entry.item)) for entry in batch.standing}
    if place.exists():
        remove_scratch(place, place.parent)  # half a bag of ours; the originals are still where they were
    flags = {item: judging.flags(row) for item, row in rows.items() if row is not None}
    sender = Sender(config.council, config.council, "the archive", batch.id)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return make_bag(place, batch, sender, custody.copy, flags, on)


# --- certificates -----------------------------------------------------------------------------------------------------------------


def certificates(config: Config) -> Path:
    """The folder in which certificates are written; the catalogue keeps them, too."""
    return config.state / "certificates"


def write_certificate(config: Config, catalogue: Catalogue, ref: str) -> list[Path]:
    """Write a list's certificate as JSON, as a page and as a PDF, and its restricted annex, each only once."""
    from retention import certificate_pdf  # noqa: PLC0415 - drawing is loaded only where something is drawn

    with catalogue.read() as connection:
        issued = disposal.issued(connection, f"{ref}-certificate")
    if issued is None:
        raise DisposalError(f"there is no certificate for {ref}: it has not been executed")
    folder = certificates(config)
    restricted = folder / "restricted"
    restricted.mkdir(parents=True, exist_ok=True, mode=0o700)
    parts = [(folder / f"{issued.id}.json", issued.json), (folder / f"{issued.id}.html", issued.page)]
    if issued.annex:
        parts.append((restricted / f"{issued.id}-annex.json", issued.annex))
    drawn = folder / f"{issued.id}.pdf"
    if not drawn.exists():
        parts.append((drawn, certificate_pdf.render(issued.json)))
    for path, body in parts:
        if not path.exists() or path.read_bytes() != body:
            scratch = path.with_name(f".{path.name}.new")
            with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(path)
    return [path for path, _ in parts]


@dataclass(frozen=True, slots=True)
class Chain:
    """The certificates that were issued, as files in their order, with what else the verifier is given."""

    certificates: tuple[Path, ...]
    options: tuple[str, ...]
    head: str


def chain(config: Config, catalogue: Catalogue) -> Chain | None:
    """Write every certificate's files that are missing, and name them in the order of the chain; nothing when none was issued."""
    with catalogue.read() as connection:
        bodies = [json.loads(body) for body in disposal.chain(connection)]
    if not bodies:
        return None
    written = [_written(config, catalogue, body["batch"]["id"]) for body in bodies]
    options = [option for files in written for option in ("--page", str(files[1]))]
    options += [option for files in written for annex in files[2:] for option in ("--annex", str(annex))]
    return Chain(tuple(files[0] for files in written), tuple(options), bodies[-1]["digest"])


def _written(config: Config, catalogue: Catalogue, ref: str) -> list[Path]:
    """The files of a certificate as they lie there, for the verifier to judge; written only where they are missing."""
    name, folder = f"{ref}-certificate", certificates(config)
    if not (folder / f"{name}.json").exists():
        write_certificate(config, catalogue, ref)
    annex = folder / "restricted" / f"{name}-annex.json"
    return [folder / f"{name}.json", folder / f"{name}.html", *([annex] if annex.exists() else [])]
