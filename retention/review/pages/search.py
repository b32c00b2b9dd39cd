"""Search over references and facts: one field that knows what a reference looks like, and filters for the rest."""

import re
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request, Response

from classifier.item import Primary
from retention.catalogue import batches, finder, journal, lookup
from retention.catalogue import holds as kept_holds
from retention.catalogue.moves import Moves
from retention.review.pages import Need, Room, back, base_of
from retention.review.pages.card import rules
from retention.review.pages.desk import PAGE, place, remembered, usable
from retention.review.people import Act, Person, may, reach
from retention.review.queue import Lane

Searching = Annotated[Person, Depends(Need(Act.SEARCH))]
_MOVE = re.compile(r"r-[0-9a-f]{4}-[0-9a-f]{4}", re.IGNORECASE)
_LIST = re.compile(r"d-\d{8}-[0-9a-f]{6}", re.IGNORECASE)
_HASH = re.compile(r"(?=.*[a-f])[0-9a-f]{6,64}", re.IGNORECASE)
_WORDS = 6
_FIELDS = ("item", "hash", "class", "format", "zone", "label", "tier", "lane")


def router(room: Room) -> APIRouter:
    """The routes."""
    made = APIRouter()

    @made.get("/search")
    def show(request: Request, person: Searching, q: str = "", after: str = "") -> Response:
        q = q.strip()[:200]
        direct = _direct(room, person, q)
        if direct:
            return back(request, direct)
        given = {name: request.query_params.get(name, "").strip()[:100] for name in _FIELDS}
        asked = _asked(room, person, q, given)
        with room.catalogue.read() as connection:
            found = [] if asked.empty else finder.ids(connection, asked, place(after), PAGE + 1)
            rows = finder.details(connection, found[:PAGE])
            entered = finder.facts(connection, found[:PAGE])
            moves = journal.of_items(connection, [row["id"] for row in rows if row["state"] != 0])
        query = urlencode({name: value for name, value in ({"q": q} | given).items() if value})
        onward = f"{base_of(request)}/search?{query}&after={found[PAGE - 1]}" if len(found) > PAGE else ""
        return room.page(
            request,
            "search.html",
            person,
            q=q,
            given=given,
            asked=asked,
            rows=rows,
            entered=entered,
            moves=moves,
            onward=onward,
            choices=_choices(room, person),
        )

    return made


def _direct(room: Room, person: Person, q: str) -> str:
    """Where a reference leads, when it is one and what it names may be seen by the person."""
    with room.catalogue.read() as connection:
        if _MOVE.fullmatch(q):
            operations = lookup.operations(connection, q)
            move = Moves(room.catalogue, room.clock).find(operations[0]) if len(operations) == 1 else None
            row = journal.one(connection, move.id) if move else None
            return f"/moves/{row['id']}" if row and may(person, Act.SEE, row["zone"]) else ""
        if _LIST.fullmatch(q) and batches.version(connection, q.upper()):
            return f"/disposal/list?ref={q.upper()}"
        if q and kept_holds.named(connection, q[:40]) is not None:
            return f"/holds/one?ref={quote(q[:40], safe='')}"
    return ""


def _asked(room: Room, person: Person, q: str, given: dict[str, str]) -> finder.Asked:
    """The question that a field and the filters make. A filter that says nothing we know of finds nothing of it."""
    zones = reach(person, Act.SEARCH)
    hashed = given["hash"].lower()
    asked = finder.Asked(
        zones,
        item=usable(place(given["item"])),
        sha256=hashed if re.fullmatch(r"[0-9a-f]{4,64}", hashed) else "",
        rule=given["class"],
        format=given["format"],
        zone=given["zone"],
        primary=given["label"] if given["label"] in set(Primary) else "",
        tier=int(given["tier"]) if re.fullmatch(r"[0-5]", given["tier"]) else -1,
        lane=given["lane"] if given["lane"] in set(Lane) else "",
    )
    if not q:
        return asked
    if q.isascii() and q.isdecimal() and len(q) < 16:
        return replace(asked, item=usable(int(q)) or -1)
    if _HASH.fullmatch(q):
        return replace(asked, sha256=q.lower())
    if rules(room).schedule.rule(q.upper()) is not None:
        return replace(asked, rule=q.upper())
    return replace(asked, words=tuple(q.split()[:_WORDS]))


def _choices(room: Room, person: Person) -> dict[str, Any]:
    zones = reach(person, Act.SEARCH)

    def ask() -> list[str]:
        with room.catalogue.read() as connection:
            return finder.formats(connection)

    return {
        "format": remembered(room, "formats", 600, ask),
        "zone": [zone.name for zone in room.config.zone if zones is None or zone.name in zones],
        "label": [primary.value for primary in Primary],
        "tier": ["0", "1", "2", "3", "4"],
        "lane": [str(lane) for lane in Lane],
        "class": [(rule.ref, rule.record_class) for rule in rules(room).schedule.rules],
    }
