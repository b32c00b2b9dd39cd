"""Exports of the queue, moves, holds, a disposal list and the log as CSV or XLSX: checked by role, logged, and inert in a spreadsheet."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import StreamingResponse

from retention.catalogue import events, exporting, journal, trail
from retention.catalogue import holds as kept_holds
from retention.catalogue.queue import Filter
from retention.review.inert import Cell, csv_lines, xlsx
from retention.review.pages import Need, Posted, Room, need_zone, posted
from retention.review.pages.card import today
from retention.review.pages.desk import place
from retention.review.pages.disposal import batch_for
from retention.review.pages.holds import sees
from retention.review.people import Act, Person, may, reach

Taking = Annotated[Person, Depends(Need(Act.EXPORT))]
Form = Annotated[Posted, Depends(posted)]
Row = Sequence[Cell]
_MOST = 100_000
_ROWS = 1_000
_MEDIA = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def router(room: Room) -> APIRouter:
    """The routes."""
    made = APIRouter()

    @made.post("/export/{what}")
    def take(request: Request, person: Taking, form: Form, what: str) -> Response:
        del request
        kind, build = form.one("kind"), _BUILDERS.get(what)
        if kind not in _MEDIA or build is None:
            raise HTTPException(404, "unknown")
        rows = build(room, person, form)  # refuses before anything is logged
        _log(room, person, what, kind, form)
        headers = {"content-disposition": f'attachment; filename="{what}-{today(room).isoformat()}.{kind}"'}
        if kind == "csv":
            return StreamingResponse(csv_lines(rows), media_type=_MEDIA[kind], headers=headers)
        return Response(xlsx(rows, what), media_type=_MEDIA[kind], headers=headers)

    return made


def _log(room: Room, person: Person, what: str, kind: str, form: Posted) -> None:
    asked = {name: form.one(name)[:80] for name in ("state", "lane", "zone", "ref", "run", "every") if form.one(name)}
    with room.catalogue.begin() as connection:
        events.append(
            connection, actor=person.by, action="export", subject=what, detail={"kind": kind, **asked}, at=room.clock()
        )


def _text(value: Any) -> str:
    """A value as the text of a cell; bytes are names."""
    if value is None:
        return ""
    return os.fsdecode(value) if isinstance(value, bytes) else str(value)


def _queue(room: Room, person: Person, form: Posted) -> Iterator[Row]:
    wanted = Filter(reach(person, Act.EXPORT), form.one("lane")[:2], form.one("zone")[:100], form.one("kind_of")[:12])

    def rows() -> Iterator[Row]:
        yield (
            "family",
            "lane",
            "zone",
            "kind",
            "files",
            "bytes",
            "label",
            "tier",
            "class",
            "due",
            "risk",
            "folder",
            "name",
        )
        after, left = None, _MOST
        while left > 0:
            with room.catalogue.read() as connection:
                found = exporting.families(connection, wanted, after, min(_ROWS, left))
            if not found:
                return
            after, left = (found[-1]["risk"], found[-1]["id"]), left - len(found)
            for one in found:
                told = (one["kind"], one["files"], one["size"], one["primary"] or "", one["tier"])
                yield (
                    *(one["id"], one["lane"], one["zone"], *told, one["rule"] or "", _text(one["due"])),
                    *(round(one["risk"], 4), _text(one["folder"]), _text(one["name"])),
                )

    return rows()


def _moves(room: Room, person: Person, form: Posted) -> Iterator[Row]:
    state = form.one("state")
    wanted = journal.Wanted(reach(person, Act.EXPORT), state if state in journal.STATES else "", place(form.one("run")))

    def rows() -> Iterator[Row]:
        yield (
            "reference",
            "state",
            "step",
            "zone",
            "share",
            "path",
            "bytes",
            "problem",
            "by",
            "run",
            "begun",
            "last step",
        )
        before, left = 0, _MOST
        while left > 0:
            with room.catalogue.read() as connection:
                found = journal.page(connection, wanted, before, min(_ROWS, left))
            if not found:
                return
            before, left = found[-1]["id"], left - len(found)
            for one in found:
                told = (journal.reference(one["operation"]), journal.state_of(one["step"]), one["step"], one["zone"])
                where = (one["share"], _text(one["path"]), one["size"], one["error"], one["by"], one["run"])
                yield (*told, *where, _text(one["created_at"]), _text(one["updated_at"]))

    return rows()


def _holds(room: Room, person: Person, form: Posted) -> Iterator[Row]:
    del form
    with room.catalogue.read() as connection:
        every = kept_holds.everything(connection)

    def rows() -> Iterator[Row]:
        yield (
            *("reference", "title", "in force", "kind", "authority", "placed by", "placed on"),
            *("confirmed by", "confirmed on", "review on", "ends on", "release asked by", "released on"),
        )
        for one in every:
            full = sees(person, one)
            yield (
                *(one.id, one.title, "yes" if one.in_force(today(room)) else "no"),
                *((one.kind.value, one.authority) if full else ("", "")),
                *(one.placed.by, _text(one.placed.on)),
                *((one.approved.by, _text(one.approved.on)) if one.approved else ("", "")),
                *(_text(one.review_on), _text(one.ends_on)),
                *(one.releases[0].by if one.releases else "", _text(one.released_on)),
            )

    return rows()


def _disposal(room: Room, person: Person, form: Posted) -> Iterator[Row]:
    batch = batch_for(room, person, form.one("ref"))
    need_zone(person, Act.EXPORT, batch.zone)
    gone = {one.item: one.reason for one in batch.withdrawals}

    def rows() -> Iterator[Row]:
        yield (
            *("list", "item", "class", "counted from", "trigger", "kept until", "tier", "bytes", "copies"),
            *("kept, because", "share", "path", "sha256"),
        )
        for one in batch.entries:
            dates = (_text(one.start), one.trigger, _text(one.due), None if one.tier is None else int(one.tier))
            where = (one.share, _text(one.path), one.sha256)
            yield (batch.id, one.item, one.rule, *dates, one.size, one.copies, gone.get(one.item, ""), *where)

    return rows()


def _log_rows(room: Room, person: Person, form: Posted) -> Iterator[Row]:
    if not may(person, Act.LOG):
        raise HTTPException(403, "right")
    texts = (form.one("actor")[:80], form.one("action")[:40], form.one("subject")[:80])
    wanted = trail.Wanted(not form.one("every"), *texts)

    def rows() -> Iterator[Row]:
        yield ("number", "at", "who", "what", "about", "purpose", "detail", "hash")
        before, left = 0, _MOST
        while left > 0:
            with room.catalogue.read() as connection:
                found = trail.page(connection, wanted, before, min(_ROWS, left))
            if not found:
                return
            before, left = found[-1]["id"], left - len(found)
            for one in found:
                detail: Mapping[str, Any] = one["detail"]
                rest = "; ".join(f"{name} {value}" for name, value in sorted(detail.items()) if name != "purpose")
                told = (one["id"], one["at"], one["actor"], one["action"], one["subject"])
                yield (*told, _text(detail.get("purpose")), rest, one["hash"])

    return rows()


_BUILDERS: Mapping[str, Callable[[Room, Person, Posted], Iterator[Row]]] = {
    "queue": _queue,
    "moves": _moves,
    "holds": _holds,
    "disposal": _disposal,
    "log": _log_rows,
}
