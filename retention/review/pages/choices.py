"""Decisions from the pages: one family, several at once, the way back, and what was decided today."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from retention.catalogue import choices
from retention.clock import LONDON
from retention.review import choosing
from retention.review.choosing import ChoiceError, Order, Outcome, StaleError, UnknownError, Verb
from retention.review.pages import Need, Posted, Room, back, inner, posted
from retention.review.pages.card import card, refs, rules, today
from retention.review.people import Act, Person

Deciding = Annotated[Person, Depends(Need(Act.DECIDE))]
Form = Annotated[Posted, Depends(posted)]
_DETAILS = ("class", "trigger", "date", "reason", "until", "to", "owner")
_MOST = 200  # families in one batch


def router(room: Room) -> APIRouter:
    """The routes."""
    made = APIRouter()

    @made.post("/family/{number}/choose")
    def choose(request: Request, person: Deciding, form: Form, number: int) -> Response:
        order = _order(form, number, _whole(form.one("version")), form.one("once"))
        try:
            outcome = choosing.apply(room.catalogue, person, order, rules(room), room.clock())
        except ChoiceError as error:
            return _refused(room, request, person, number, error)
        forget(room)
        return _after(room, request, person, form, [outcome])

    @made.post("/queue/choose")
    def together(request: Request, person: Deciding, form: Form) -> Response:
        outcomes, faults = [], []
        for picked in dict.fromkeys(form.many("pick")[:_MOST]):
            number, _, version = picked.partition(":")
            order = _order(form, _whole(number), _whole(version), f"{form.one('once')[:40]}-{number[:20]}")
            try:
                outcome = choosing.apply(
                    room.catalogue, person, replace(order, spared=frozenset()), rules(room), room.clock()
                )
                outcomes.append(outcome)
            except ChoiceError as error:
                faults.append((_whole(number), str(error)))
        forget(room)
        return _after(room, request, person, form, outcomes, faults)

    @made.post("/choices/{number}/undo")
    def take_back(request: Request, person: Deciding, form: Form, number: int) -> Response:
        return _take_back(room, request, person, form, number)

    @made.get("/choices")
    def mine(request: Request, person: Deciding) -> Response:
        with room.catalogue.read() as connection:
            rows = choices.by_person(connection, person.by, midnight(room), 500)
        return room.page(request, "choices.html", person, rows=rows, tally=tally(room, person))

    return made


def _take_back(room: Room, request: Request, person: Person, form: Posted, number: int) -> Response:
    told = room.words(request)
    try:
        outcome = choosing.undo(room.catalogue, person, number, form.one("once"), room.clock())
    except UnknownError as error:
        raise HTTPException(404, "unknown") from error
    except ChoiceError as error:
        values = {"title": told("undo.title"), "sentence": told(str(error))}
        return room.page(request, "refused.html", person, status=409, **values)
    forget(room)
    if request.headers.get("hx-request") != "true":
        return back(request, inner(form.one("back"), "/choices"))
    found = card(room, person, outcome.family, told)
    said = told("said.undo", n=outcome.items)
    answer = _part(room, request, person, found, said)
    answer.headers["hx-trigger"] = json.dumps({"undone": {"family": outcome.family}})
    return answer


def _order(form: Posted, number: int, version: int, token: str) -> Order:
    """A form as an order; raises 400 for one that no page of ours made."""
    verb, _, label = form.one("verb").partition(":")
    if verb not in set(Verb) - {Verb.UNDO} or not 16 <= len(token) <= 64:
        raise HTTPException(400)
    detail = {name: form.one(name) for name in _DETAILS if form.one(name)}
    if verb in (Verb.LABEL, Verb.WRONG):
        primary, _, tier = (label or form.one("label")).partition(":")
        detail |= {"primary": primary, "tier": tier}
    if form.one(f"{verb}_reason"):
        detail["reason"] = form.one(f"{verb}_reason")
    spared = frozenset(_whole(one) for one in form.many("spared"))
    return Order(number, version, token, Verb(verb), detail, spared)


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise HTTPException(400)
    return int(text)


def _refused(room: Room, request: Request, person: Person, number: int, error: ChoiceError) -> Response:
    told = room.words(request)
    found = None if isinstance(error, UnknownError) else card(room, person, number, told)
    if found is None:
        raise HTTPException(404, "unknown") from error
    if str(error) == "choice.right":
        raise HTTPException(403, "right") from error
    status = 409 if isinstance(error, StaleError) else 422
    part = request.headers.get("hx-request") == "true"
    template = "card_part.html" if part else "card.html"
    values = {"card": found, "fault": str(error), "done": "", "refs": () if part else refs(room)}
    return room.page(request, template, person, status=status, **values)


def _after(
    room: Room,
    request: Request,
    person: Person,
    form: Posted,
    outcomes: list[Outcome],
    faults: list[tuple[int, str]] | None = None,
) -> Response:
    """What the browser gets after decisions: the next card and the news of it, or a page when it has no script."""
    told = room.words(request)
    if request.headers.get("hx-request") != "true":
        return back(request, inner(form.one("back"), "/queue"))
    following = form.one("next")
    found = card(room, person, _whole(following), told) if following else None
    files = sum(one.items for one in outcomes)
    verbs = {one.verb for one in outcomes}
    said = told(f"said.{verbs.pop() if len(verbs) == 1 else 'several'}", n=files)
    if faults:
        said += " " + told("said.faults", n=len(faults)) + " " + told(faults[0][1])
    answer = _part(room, request, person, found, said)
    gone = [one.family for one in outcomes if one.state != "open"]
    answer.headers["hx-trigger"] = json.dumps({"decided": {"families": gone}})
    return answer


def _part(room: Room, request: Request, person: Person, found: Mapping[str, Any] | None, said: str) -> Response:
    return room.page(
        request, "decided.html", person, card=found, fault="", done=said, said=said, tally=tally(room, person)
    )


def midnight(room: Room) -> dt.datetime:
    """When this day began in London, in UTC."""
    return dt.datetime.combine(today(room), dt.time(), LONDON).astimezone(dt.UTC)


def tally(room: Room, person: Person) -> dict[str, Any]:
    """What a person has decided today: families, files, since when, how many a minute, and the choice that undo takes back."""
    since = midnight(room)
    with room.catalogue.read() as connection:
        found = choices.of_day(connection, person.by, since)
        last = choices.last_of(connection, person.by, since)
    first = _utc(found["first"])
    seconds = (room.clock() - first).total_seconds() if first else 0.0
    return {
        "choices": found["choices"],
        "items": int(found["items"]),
        "first": first,
        "minutes": int(seconds // 60),
        "last": last["id"] if last else 0,
    }


def _utc(value: dt.datetime | None) -> dt.datetime | None:
    return value.replace(tzinfo=dt.UTC) if value is not None and value.tzinfo is None else value


def forget(room: Room) -> None:
    """Let the queue be counted anew."""
    for key in [key for key in room.memory if key.startswith("counts")]:
        room.memory.pop(key, None)
