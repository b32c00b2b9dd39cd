"""The retention schedule: what is in force, what the linter says of it, drafts with their differences, and what a draft would do."""

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from starlette.datastructures import UploadFile

from retention import linter
from retention.catalogue import almanac, classes, events
from retention.review import drafts
from retention.review.pages import Need, Posted, Room, back
from retention.review.pages.card import rules, today
from retention.review.pages.desk import errand, news, remembered, under_way
from retention.review.pages.spoken import kept
from retention.review.people import Act, Person, may, reach
from retention.schedule import Rule, Schedule, unapproved

Seeing = Annotated[Person, Depends(Need(Act.SCHEDULE))]
Drafting = Annotated[Person, Depends(Need(Act.PROPOSE))]
_LARGEST = 900_000
_SHOWN = 400


async def uploaded(request: Request) -> Posted:
    """A form that may bring one file, as the field ``draft``; read before ``Need`` reads it, which takes no files."""
    form = await request.form(max_files=1, max_fields=20)
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in form.multi_items():
        text = value
        if isinstance(value, UploadFile):
            data = await value.read(_LARGEST + 1)
            text = data.decode("utf-8-sig", "replace") if len(data) <= _LARGEST else ""
        fields[name] = (*fields.get(name, ()), str(text))
    return Posted(fields)


def router(room: Room) -> APIRouter:
    """The routes."""
    made = APIRouter()

    @made.get("/schedule")
    def show(request: Request, person: Seeing, q: str = "") -> Response:
        in_force = rules(room).schedule
        found = _searched(in_force, q)
        return room.page(
            request,
            "schedule.html",
            person,
            schedule=in_force,
            kept=kept,
            refusal=in_force.refuses(today(room)),
            q=q[:200],
            rules=found[:_SHOWN],
            more=max(0, len(found) - _SHOWN),
            counts=_counts(room, person),
            lint=_lint(room, in_force),
            drafts=drafts.names(room.config) if may(person, Act.PROPOSE) else [],
            news=news(room, request),
        )

    @made.get("/schedule/rule")
    def rule(request: Request, person: Seeing, ref: str = "") -> Response:
        in_force = rules(room).schedule
        found = in_force.rule(ref)
        if found is None:
            raise HTTPException(404, "unknown")
        faults = [one for one in _lint(room, in_force) if one.ref == ref]
        approvals = in_force.approvals_of(ref)
        return room.page(
            request,
            "rule.html",
            person,
            rule=found,
            kept=kept,
            faults=faults,
            approvals=approvals,
            counted=_counts(room, person).get(ref),
        )

    @made.post("/schedule/draft")
    def upload(form: Annotated[Posted, Depends(uploaded)], request: Request, person: Drafting) -> Response:
        text = form.one("draft") or form.one("text")
        if not text.strip() or len(text) > _LARGEST:
            raise HTTPException(400)
        name = drafts.keep(room.config, text, person.name, room.clock())
        return back(request, f"/schedule/draft?name={name}")

    @made.get("/schedule/draft")
    def draft(request: Request, person: Drafting, name: str = "") -> Response:
        return _draft(room, request, person, name)

    @made.post("/schedule/what-if")
    def try_out(form: Annotated[Posted, Depends(uploaded)], request: Request, person: Drafting) -> Response:
        return _try_out(room, request, person, form.one("name"))

    return made


def _searched(schedule: Schedule, q: str) -> list[Rule]:
    words = q.casefold().split()[:10]
    if not words:
        return list(schedule.rules)

    def text(rule: Rule) -> str:
        parts = (
            rule.ref,
            rule.function,
            rule.activity,
            rule.record_class,
            rule.description,
            rule.authority,
            rule.notes,
        )
        return " ".join((*parts, *rule.keywords)).casefold()

    return [rule for rule in schedule.rules if all(word in text(rule) for word in words)]


def _lint(room: Room, schedule: Schedule) -> tuple[Any, ...]:
    """What the linter says of the schedule in force; it is asked about the file, which says more than the rules alone."""
    file = room.config.schedule.file
    key = f"lint {schedule.digest} {today(room)}"
    found: tuple[Any, ...] = remembered(room, key, 3600, lambda: linter.lint(file or schedule, today(room)))
    return found


def _counts(room: Room, person: Person) -> dict[str, tuple[int, int]]:
    """Items and bytes by class in the person's zones, as the last decisions say."""
    zones = reach(person)

    def ask() -> dict[str, tuple[int, int]]:
        with room.catalogue.read() as connection:
            return classes.counts(connection, zones)

    known: dict[str, tuple[int, int]] = remembered(
        room, f"classes {sorted(zones) if zones is not None else None}", 300, ask
    )
    return known


def _night(room: Room) -> int:
    with room.catalogue.read() as connection:
        return almanac.newest_id(connection)


def _draft(room: Room, request: Request, person: Person, name: str) -> Response:
    on = today(room)
    found = drafts.read(room.config, name, rules(room).schedule, on)
    if found is None:
        raise HTTPException(404, "unknown")
    night = _night(room)
    outcome = drafts.outcome(room.config, name, night, on)
    known = under_way(room, f"what-if {name} {night} {on}")
    going = outcome is None and known is not None and not known.done
    return room.page(
        request,
        "draft.html",
        person,
        draft=found,
        blocking=linter.blocking(found.faults),
        unapproved=unapproved(found.made, rules(room).schedule) if found.made is not None else (),
        outcome=outcome,
        going=going,
        failed=outcome is None and known is not None and known.done,
        in_force=rules(room).schedule.version,
    )


def _try_out(room: Room, request: Request, person: Person, name: str) -> Response:
    on = today(room)
    found = drafts.read(room.config, name, rules(room).schedule, on)
    if found is None or found.made is None:
        raise HTTPException(404, "unknown")
    night, made = _night(room), found.made
    if drafts.outcome(room.config, name, night, on) is None:
        known = under_way(room, f"what-if {name} {night} {on}")
        if known is None or known.done:
            _log(room, person, name)
        errand(room, f"what-if {name} {night} {on}", lambda: _work(room, name, night, on, made), (OSError, ValueError))
    return back(request, f"/schedule/draft?name={name}")


def _work(room: Room, name: str, night: int, on: dt.date, made: Schedule) -> bool:
    drafts.keep_outcome(room.config, name, night, on, drafts.what_if(room.config, room.catalogue, made, on))
    return True


def _log(room: Room, person: Person, name: str) -> None:
    with room.catalogue.begin() as connection:
        events.append(connection, actor=person.by, action="schedule-what-if", subject=name, detail={}, at=room.clock())
