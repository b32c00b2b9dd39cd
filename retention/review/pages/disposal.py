"""Disposal: lists of what is due, what is asked of whom, refusals, and the certificates of what was carried out.

Every rule of a disposal is ``retention.dispose``'s, and what it refuses is shown in its words. Nothing is carried out from a page.
"""

import datetime as dt
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from retention import dispose, disposing
from retention.catalogue import batches, classes
from retention.catalogue import disposal as kept
from retention.certificate import Issued
from retention.dispose import Batch, DisposalError, State
from retention.review.pages import Need, Posted, Room, back, need_zone, posted
from retention.review.pages.card import rules, today
from retention.review.pages.desk import errand, news, remembered, under_way
from retention.review.people import EVERYWHERE, WHOLE, Act, Person, Role, may, reach

Seeing = Annotated[Person, Depends(Need(Act.SEE))]
Proposing = Annotated[Person, Depends(Need(Act.PROPOSE))]
Form = Annotated[Posted, Depends(posted)]
ENTRIES = 100
# Who may sign in which capacity: an owner in zones of their own, and an approver also for the records manager and the archivist.
SIGNS: Mapping[dispose.Role, frozenset[Role]] = {
    dispose.Role.OWNER: frozenset({Role.OWNER}),
    dispose.Role.RECORDS_MANAGER: frozenset({Role.RECORDS_MANAGER, Role.APPROVER}),
    dispose.Role.ARCHIVIST: frozenset({Role.APPROVER}),
}
ASKED = {
    State.OWNER_REVIEW: dispose.Role.OWNER,
    State.RM_REVIEW: dispose.Role.RECORDS_MANAGER,
    State.ARCHIVE_APPRAISAL: dispose.Role.ARCHIVIST,
}
_PATH = (
    State.LISTED,
    State.OWNER_REVIEW,
    State.RM_REVIEW,
    State.ARCHIVE_APPRAISAL,
    State.AUTHORISED,
    State.EXECUTING,
    State.EXECUTED,
)
_TAKEN = {"json": "application/json", "html": "text/html; charset=utf-8", "pdf": "application/pdf"}
_WAIT = 1.5
_BATCHES, _HEADS = 4, 1_000  # lists kept in memory whole, and what the overview says of them


def router(room: Room) -> APIRouter:
    """The routes."""
    made = APIRouter()
    _looking(made, room)
    _stepping(made, room)
    return made


def _looking(made: APIRouter, room: Room) -> None:
    @made.get("/disposal")
    def show(request: Request, person: Seeing, ended: str = "") -> Response:
        return _lists(room, request, person, ended=bool(ended))

    @made.get("/disposal/list")
    def one(request: Request, person: Seeing, ref: str = "", start: int = 0) -> Response:
        return _card(room, request, person, batch_for(room, person, ref), start)

    @made.get("/disposal/certificate")
    def certificate(request: Request, person: Seeing, ref: str = "", kind: str = "") -> Response:
        return _certificate(room, request, person, ref, kind)


def _stepping(made: APIRouter, room: Room) -> None:
    @made.post("/disposal/propose")
    def propose(request: Request, person: Proposing, form: Form) -> Response:
        zone = form.one("zone")
        if zone and zone not in {one.name for one in room.config.zone}:
            raise HTTPException(400)
        begun = errand(
            room,
            "propose",
            lambda: len(disposing.propose(room.config, by=person.name, zone=zone)),
            (DisposalError, OSError),
        )
        until = time.monotonic() + _WAIT
        while not begun.done and time.monotonic() < until:
            time.sleep(0.02)
        return back(request, "/disposal")

    @made.post("/disposal/approve")
    def approve(request: Request, person: Seeing, form: Form) -> Response:
        batch = batch_for(room, person, form.one("ref"))
        role = next((one for one in dispose.Role if one.value == form.one("role")), None)
        if role is None or not capable(person, role, batch.zone):
            raise HTTPException(403, "right")
        change = partial(_approve, person, role, form.one("hash"), today(room))
        return _step(room, request, person, batch, "disposal-approved", change)

    @made.post("/disposal/withdraw")
    def withdraw(request: Request, person: Seeing, form: Form) -> Response:
        batch = batch_for(room, person, form.one("ref"))
        if not keeps(person, batch.zone):
            raise HTTPException(403, "right")
        try:
            change = _withdrawal(person, form, today(room))
        except ValueError as error:
            return _card(room, request, person, batch, fault=f"disposal.fault.{error}")
        return _step(room, request, person, batch, "disposal-withdrawn", change)


def capable(person: Person, role: dispose.Role, zone: str) -> bool:
    """Whether somebody may sign in a capacity for a zone."""
    mine = EVERYWHERE in person.zones or zone in person.zones
    return any(mine or one in WHOLE for one in person.roles & SIGNS[role])


def keeps(person: Person, zone: str) -> bool:
    """Whether somebody may take items off a list: whoever might be asked, for that only ever keeps records."""
    return any(capable(person, role, zone) for role in dispose.Role)


def _read(room: Room, ref: str) -> Batch | None:
    """A list as it is now; a version that was read once is not read again soon, for a list may be long."""
    with room.catalogue.read() as connection:
        number = batches.version(connection, ref)
        key = f"batch {ref} {number}"
        if not number or key in room.memory:
            known: Batch | None = room.memory.get(key)
            return known
        found = kept.named(connection, ref)
    batch = found[0] if found else None
    _remember(room, "batch ", key, batch, _BATCHES)
    return batch


def _remember(room: Room, kind: str, key: str, value: Any, most: int) -> None:
    for old in [one for one in list(room.memory) if one.startswith(kind)][: 1 - most]:
        room.memory.pop(old, None)
    room.memory[key] = value


def head(room: Room, ref: str, number: int) -> tuple[Batch, dict[str, Any]] | None:
    """What the overview says of one version of a list: the list without its items, and their sums."""
    key = f"head {ref} {number}"
    if key not in room.memory:
        batch = _read(room, ref)
        light = (replace(batch, entries=(), withdrawals=()), _summary(batch)) if batch else None
        _remember(room, "head ", key, light, _HEADS)
    known: tuple[Batch, dict[str, Any]] | None = room.memory.get(key)
    return known


def batch_for(room: Room, person: Person, ref: str) -> Batch:
    """A list for a person; 404 for one that is not there or lies in a zone that is not theirs."""
    batch = _read(room, ref[:60])
    if batch is None:
        raise HTTPException(404, "unknown")
    need_zone(person, Act.SEE, batch.zone)
    return batch


def _lists(room: Room, request: Request, person: Person, *, ended: bool) -> Response:
    over = {State.EXECUTED.value, State.WITHDRAWN.value, State.RETAINED.value}
    with room.catalogue.read() as connection:
        index = batches.index(connection)
        certified = set(batches.certified(connection))
    wanted = [row for row in index if (row["state"] in over) == ended][:200]
    heads = [one for row in wanted if (one := head(room, row["ref"], row["version"]))]
    found = [(batch, told) for batch, told in heads if may(person, Act.SEE, batch.zone)]
    asked = [one for one, _told in found if one.state in ASKED and capable(person, ASKED[one.state], one.zone)]
    work = under_way(room, "propose") if may(person, Act.PROPOSE) else None
    if work is not None and work.done:
        room.memory.pop("errand propose", None)  # what came of it is said once
    zones = reach(person)
    due = remembered(room, f"due {sorted(zones) if zones is not None else None}", 120, lambda: _due(room, zones))
    return room.page(
        request,
        "disposal.html",
        person,
        rows=[(batch, told, f"{batch.id}-certificate" in certified) for batch, told in found],
        ended=ended,
        asked=asked,
        due=due,
        zones=[zone.name for zone in room.config.zone],
        refusal=rules(room).schedule.refuses(today(room)),
        going=work is not None and not work.done,
        problem=work.problem if work and work.done else "",
        made=work.result if work and work.done else None,
        news=news(room, request),
    )


def _due(room: Room, zones: frozenset[str] | None) -> list[tuple[str, int, int]]:
    with room.catalogue.read() as connection:
        return [(zone, *counted) for zone, counted in sorted(classes.due(connection, zones).items())]


def _summary(batch: Batch) -> dict[str, Any]:
    standing = batch.standing
    return {
        "standing": len(standing),
        "items": len(batch.entries),
        "bytes": sum(entry.size for entry in standing),
        "classes": sorted({entry.rule for entry in batch.entries}),
        "highest": int(batch.highest),
    }


def _steps(batch: Batch) -> list[tuple[str, str]]:
    path = [one for one in _PATH if one is not State.ARCHIVE_APPRAISAL or batch.needs_archivist]
    if batch.state not in path:
        path = [*path[: 2 + min(len(batch.approvals), 2)], batch.state]
    here = path.index(batch.state)
    return [(one.value, "here" if n == here else "passed" if n < here else "open") for n, one in enumerate(path)]


def _card(room: Room, request: Request, person: Person, batch: Batch, start: int = 0, fault: str = "") -> Response:
    start = max(0, min(start, len(batch.entries)))
    entries = batch.entries[start : start + ENTRIES]
    with room.catalogue.read() as connection:
        results = batches.of_items(connection, batch.id, [entry.item for entry in entries])
        outcomes = batches.outcomes(connection, batch.id)
        certified = f"{batch.id}-certificate" in batches.certified(connection)
    role = ASKED.get(batch.state)
    asked = role if role and capable(person, role, batch.zone) else None
    return room.page(
        request,
        "disposal_list.html",
        person,
        status=409 if fault else 200,
        batch=batch,
        summary=_summary(batch),
        steps=_steps(batch),
        entries=entries,
        start=start,
        more=start + ENTRIES if start + ENTRIES < len(batch.entries) else 0,
        gone={one.item: one for one in batch.withdrawals},
        results=results,
        outcomes=outcomes,
        certified=certified,
        asked=asked,
        own=batch.proposer == person.name,
        keeps=keeps(person, batch.zone) and not batch.done and batch.state is not State.EXECUTING,
        waits=role,
        until=batch.since + dispose.LAPSE if role else None,
        fault=fault,
        news=news(room, request),
    )


def _approve(person: Person, role: dispose.Role, seen: str, on: dt.date, batch: Batch) -> Batch:
    if any(one.by == person.name and one.role is role and one.list_hash == seen for one in batch.approvals):
        return batch  # the same form sent again
    return dispose.approve(batch, by=person.name, role=role, seen_hash=seen, today=on)


def _withdrawal(person: Person, form: Posted, on: dt.date) -> Callable[[Batch], Batch]:
    """What a form takes off a list; raises ``ValueError`` with the name of what is missing."""
    reason, items = form.one("reason").strip(), frozenset(form.many("item"))
    if not reason or len(reason) > 200 or not reason.isprintable():
        raise ValueError("reason")
    if form.one("verb") == "all":
        return lambda batch: batch if batch.done else dispose.refuse(batch, by=person.name, reason=reason, on=on)
    if not items:
        raise ValueError("items")
    try:
        until = dt.date.fromisoformat(form.one("until")) if form.one("until") else None
    except ValueError:
        raise ValueError("until") from None

    def change(batch: Batch) -> Batch:
        for item in sorted(items & {entry.item for entry in batch.standing}):
            batch = dispose.withdraw(batch, item, reason=reason, on=on, by=person.name, until=until)
        return batch

    return change


def _step(
    room: Room, request: Request, person: Person, batch: Batch, action: str, change: Callable[[Batch], Batch]
) -> Response:
    try:
        disposing.step(room.config, batch.id, by=person.name, action=action, change=change)
    except DisposalError as error:
        return _card(room, request, person, batch_for(room, person, batch.id), fault=str(error))
    return back(request, f"/disposal/list?ref={quote(batch.id, safe='')}&news={action.replace('-', '.')}")


def _certificate(room: Room, request: Request, person: Person, ref: str, kind: str) -> Response:
    batch = batch_for(room, person, ref)
    with room.catalogue.read() as connection:
        issued = kept.issued(connection, f"{batch.id}-certificate")
    if issued is None:
        raise HTTPException(404, "unknown")
    if kind in _TAKEN:
        headers = {"content-disposition": f'attachment; filename="{issued.id}.{kind}"'}
        return Response(_taken(issued, kind), media_type=_TAKEN[kind], headers=headers)
    body = json.loads(issued.json)
    return room.page(request, "certificate.html", person, body=body, batch=batch, certificate=issued)


def _taken(issued: Issued, kind: str) -> bytes:
    """A certificate to take away: as it was issued, or drawn from that as a PDF."""
    if kind == "pdf":
        from retention import certificate_pdf  # noqa: PLC0415 - drawing is loaded only where something is drawn

        return certificate_pdf.render(issued.json)
    return issued.json if kind == "json" else issued.page
