"""Holds: what must be kept whatever the schedule says. Placed by one person, confirmed by another, released by two."""

import datetime as dt
import hashlib
import os
import re
import time
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from retention import hold as rules_of
from retention import hold_templates
from retention.catalogue import almanac, events
from retention.catalogue import holds as kept
from retention.hold import Hold, HoldError, HoldKind, Scope, Signature
from retention.review import covering
from retention.review.pages import Need, Posted, Room, back, posted
from retention.review.pages.card import today
from retention.review.pages.desk import errand, news
from retention.review.people import Act, Person, Role, may, reach

Seeing = Annotated[Person, Depends(Need(Act.SEE))]
Placing = Annotated[Person, Depends(Need(Act.HOLD))]
Confirming = Annotated[Person, Depends(Need(Act.RELEASE))]
Form = Annotated[Posted, Depends(posted)]
LISTS = ("classes", "zones", "paths", "owners", "keywords", "items", "hashes")
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")
_SPLIT = re.compile(r"[;\r\n]+")
_LONGEST = {"title": 200, "authority": 200, "reason": 2000}
_WAIT = 0.4  # seconds for which a page waits for a count before it says that it is being made


def router(room: Room) -> APIRouter:
    """The routes."""
    made = APIRouter()
    _looking(made, room)
    _placing(made, room)
    _ending(made, room)
    return made


def _looking(made: APIRouter, room: Room) -> None:
    @made.get("/holds")
    def show(request: Request, person: Seeing, ended: str = "") -> Response:
        return _list(room, request, person, ended=bool(ended))

    @made.get("/holds/one")
    def one(request: Request, person: Seeing, ref: str = "") -> Response:
        return _detail(room, request, person, ref)

    @made.get("/holds/covers")
    def covers(request: Request, person: Seeing, ref: str = "", draft: str = "") -> Response:
        hold = room.memory.get(f"draft hold {draft[:64]} {person.name}") if draft else _named(room, ref)
        if hold is None:
            raise HTTPException(404, "unknown")
        return _covers(room, request, person, hold, draft[:64])


def _placing(made: APIRouter, room: Room) -> None:
    @made.get("/holds/new")
    def new(request: Request, person: Placing) -> Response:
        return _form(room, request, person, {})

    @made.post("/holds/new")
    def place(request: Request, person: Placing, form: Form) -> Response:
        return _place(room, request, person, form)

    @made.post("/holds/template")
    def template(request: Request, person: Placing, form: Form) -> Response:
        make = hold_templates.TEMPLATES.get(form.one("template"))
        if make is None:
            raise HTTPException(400)
        return _keep(room, request, person, make(person.name, today(room)))


def _ending(made: APIRouter, room: Room) -> None:
    @made.post("/holds/approve")
    def approve(request: Request, person: Confirming, form: Form) -> Response:
        def change(one: Hold) -> Hold:
            done = one.approved is not None and one.approved.by == person.name
            return one if done else rules_of.approve(one, person.name, today(room))

        return _change(room, request, person, form, "hold-approved", change)

    @made.post("/holds/release")
    def release(request: Request, person: Confirming, form: Form) -> Response:
        def change(one: Hold) -> Hold:
            done = any(signed.by == person.name for signed in one.releases)
            return one if done else rules_of.release(one, person.name, today(room))

        return _change(room, request, person, form, "hold-release", change)

    @made.post("/holds/review")
    def review(request: Request, person: Placing, form: Form) -> Response:
        day = _day(form.one("review"))
        if day is None or not today(room) < day <= today(room) + dt.timedelta(days=3 * 366):
            return _detail(room, request, person, form.one("ref"), "holds.fault.review")
        return _change(room, request, person, form, "hold-review", lambda one: rules_of.extend(one, day))


def sees(person: Person, hold: Hold) -> bool:
    """Whether somebody may see more of a hold than its title: who places, confirms or audits, or whom its access list names."""
    if Role.AUDITOR in person.roles or hold.placed.by == person.name:
        return True
    if not hold.access:
        return may(person, Act.HOLD) or may(person, Act.RELEASE)
    mine = {role.value.replace("_", " ") for role in person.roles} | {person.name.casefold(), person.shown.casefold()}
    return any(one.casefold() in mine for one in hold.access)


def _named(room: Room, ref: str) -> Hold | None:
    with room.catalogue.read() as connection:
        return kept.named(connection, ref[:40])


def _list(room: Room, request: Request, person: Person, *, ended: bool) -> Response:
    on = today(room)
    with room.catalogue.read() as connection:
        every = kept.everything(connection)
    attention: dict[str, list[str]] = {}
    for ref, sentence in rules_of.nags(every, on):
        attention.setdefault(ref, []).append(sentence)
    in_force = [hold for hold in every if hold.in_force(on)]
    over = [hold for hold in every if not hold.in_force(on)]
    listed = sorted(over if ended else in_force, key=lambda hold: (hold.id not in attention, hold.id))
    rows = [(hold, sees(person, hold), attention.get(hold.id, ())) for hold in listed]
    counts = {"force": len(in_force), "ended": len(over), "attention": len(attention)}
    taken = {hold.id for hold in every}
    templates = {name: make("", on) for name, make in hold_templates.TEMPLATES.items()}
    offered = {name: hold for name, hold in templates.items() if hold.id not in taken}
    return room.page(
        request,
        "holds.html",
        person,
        rows=rows,
        counts=counts,
        ended=ended,
        templates=offered,
        news=news(room, request),
        today=on,
    )


def _detail(room: Room, request: Request, person: Person, ref: str, fault: str = "") -> Response:
    hold, on = _named(room, ref), today(room)
    if hold is None:
        raise HTTPException(404, "unknown")
    open_to = sees(person, hold)
    return room.page(
        request,
        "hold.html",
        person,
        status=409 if fault else 200,
        hold=hold,
        full=open_to,
        criteria=criteria(hold.scope) if open_to else [],
        in_force=hold.in_force(on),
        nags=[sentence for _ref, sentence in rules_of.nags([hold], on)],
        can_approve=hold.approved is None and hold.placed.by != person.name and open_to,
        can_release=hold.in_force(on) and open_to and all(one.by != person.name for one in hold.releases),
        next_review=on + dt.timedelta(days=182),
        today=on,
        fault=fault,
        news=news(room, request),
    )


def criteria(scope: Scope) -> list[tuple[str, list[str]]]:
    """A scope as lines for a page: the name of each criterion with its values; alternatives as further lines."""
    found: list[tuple[str, list[str]]] = []
    for name in LISTS:
        values = [os.fsdecode(one) if isinstance(one, bytes) else str(one) for one in getattr(scope, name)]
        if values:
            found.append((name, sorted(values)))
    found += [(name, [day.isoformat()]) for name in ("since", "until") if (day := getattr(scope, name))]
    for inner in scope.any_of:
        found.append(("any", [f"{name}: {'; '.join(values)}" for name, values in criteria(inner)]))
    return found


def _covers(room: Room, request: Request, person: Person, hold: Hold, draft: str) -> Response:
    with room.catalogue.read() as connection:
        night = almanac.newest_id(connection)
    name = f"covers {hashlib.sha256(repr(hold).encode()).hexdigest()[:32]} {night} {today(room)}"
    known = room.memory.get(f"errand {name}")
    if known is None or known.problem:
        known = errand(room, name, lambda: covering.covered(room.config, room.catalogue, hold, today(room)), (OSError,))
    until = time.monotonic() + _WAIT
    while not known.done and time.monotonic() < until:
        time.sleep(0.02)
    lines, elsewhere = known.result.within(reach(person)) if known.result else ([], 0)
    values = {"lines": lines, "elsewhere": elsewhere, "done": known.done, "problem": known.problem, "draft": draft}
    return room.page(request, "hold_covers.html", person, hold=hold, **values)


def _form(
    room: Room, request: Request, person: Person, given: dict[str, str], fault: str = "", draft: str = ""
) -> Response:
    return room.page(
        request,
        "hold_form.html",
        person,
        status=422 if fault else 200,
        given=given,
        fault=fault,
        kinds=[kind.value for kind in HoldKind],
        zones=[zone.name for zone in room.config.zone],
        draft=draft,
        today=today(room),
        review=today(room) + dt.timedelta(days=182),
    )


def _place(room: Room, request: Request, person: Person, form: Posted) -> Response:
    given = {name: values[-1] for name, values in form.fields.items() if name not in ("token", "once")}
    try:
        made = _made(form, person, today(room))
        rules_of.place(made)
    except HoldError as error:
        return _form(room, request, person, given, str(error))
    except ValueError as error:
        return _form(room, request, person, given, f"holds.fault.{error}")
    if form.one("verb") == "count":
        digest = hashlib.sha256(repr(made).encode()).hexdigest()
        for old in [key for key in list(room.memory) if key.startswith("draft hold ")][:-20]:
            room.memory.pop(old, None)
        room.memory[f"draft hold {digest} {person.name}"] = made
        return _form(room, request, person, given, draft=digest)
    return _keep(room, request, person, made)


def _made(form: Posted, person: Person, on: dt.date) -> Hold:
    """The hold of a form; raises ``ValueError`` with the name of the field that cannot be used."""
    for name, longest in _LONGEST.items():
        if len(form.one(name)) > longest:
            raise ValueError(name)
    ref = form.one("ref").strip() or f"H-{on:%Y%m%d}-{form.one('once')[:4].upper()}"
    if not _REF.fullmatch(ref):
        raise ValueError("ref")
    if form.one("kind") not in set(HoldKind):
        raise ValueError("kind")
    lists = {name: tuple(_split(form, name)) for name in LISTS}
    if any(not one.isdecimal() for one in lists["items"]):
        raise ValueError("items")
    hashes = frozenset(one.lower() for one in lists["hashes"])
    if any(not re.fullmatch(r"[0-9a-f]{64}", one) for one in hashes):
        raise ValueError("hashes")
    days = {name: _day(form.one(name), name) for name in ("since", "until", "review")}
    scope = Scope(
        classes=lists["classes"],
        zones=lists["zones"],
        paths=tuple(os.fsencode(path.strip("/")) for path in lists["paths"]),
        owners=lists["owners"],
        keywords=lists["keywords"],
        items=frozenset(lists["items"]),
        hashes=hashes,
        since=days["since"],
        until=days["until"],
    )
    return Hold(
        id=ref,
        title=form.one("title").strip(),
        kind=HoldKind(form.one("kind")),
        authority=form.one("authority").strip(),
        scope=scope,
        placed=Signature(person.name, on),
        reason=form.one("reason").strip(),
        review_on=days["review"],
    )


def _split(form: Posted, name: str) -> list[str]:
    found = [one.strip() for text in form.many(name) for one in _SPLIT.split(text) if one.strip()]
    if len(found) > 1000 or any(len(one) > 400 for one in found):
        raise ValueError(name)
    return found


def _day(text: str, name: str = "") -> dt.date | None:
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        if name:
            raise ValueError(name) from None
        return None


def _keep(room: Room, request: Request, person: Person, made: Hold) -> Response:
    with room.catalogue.begin() as connection:
        known = kept.named(connection, made.id)
        if known is None:
            kept.keep(connection, rules_of.place(made))
            detail = {"kind": made.kind.value}
            _log(room, connection, person, "hold-placed", made.id, detail)
    if known is not None and known != made:
        return _detail(room, request, person, made.id, "holds.fault.taken")
    return back(request, f"/holds/one?ref={quote(made.id, safe='')}&news=holds.placed")


def _change(
    room: Room, request: Request, person: Person, form: Posted, action: str, change: Callable[[Hold], Hold]
) -> Response:
    ref = form.one("ref")[:40]
    try:
        with room.catalogue.begin() as connection:
            before = kept.named(connection, ref)
            if before is None:
                raise HTTPException(404, "unknown")
            if not sees(person, before):
                raise HTTPException(403, "right")
            after = change(before)
            if after != before:
                kept.change(connection, before, after)
                _log(room, connection, person, action, ref, {})
    except HoldError as error:
        return _detail(room, request, person, ref, str(error))
    key = {"hold-approved": "holds.approved", "hold-review": "holds.review"}.get(action)
    key = key or ("holds.released" if after.released_on else "holds.asked")
    return back(request, f"/holds/one?ref={quote(ref, safe='')}&news={key}")


def _log(room: Room, connection: Any, person: Person, action: str, ref: str, detail: dict[str, Any]) -> None:
    events.append(connection, actor=person.by, action=action, subject=ref, detail=detail, at=room.clock())
