"""The queue: families by risk, filtered by lane, zone and kind, a page at a time."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from classifier.item import Primary
from retention.catalogue import queue as kept
from retention.review.choosing import REFER, TIERS, YEAR
from retention.review.pages import Need, Room, base_of
from retention.review.pages.card import card, refs, today
from retention.review.pages.choices import tally
from retention.review.people import Act, Person, may, reach
from retention.review.queue import Drawn, Lane, weave

Counting = Annotated[Person, Depends(Need(Act.COUNTS))]
PAGE = 40
KINDS = ("copies", "near", "versions", "mail", "folder", "single")
_COUNTS_LAST = 20.0


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page begins: the place in the pattern, and for each draw the last family that was shown."""

    start: int = 0
    after: tuple[tuple[str, tuple[float, int]], ...] = ()

    def text(self) -> str:
        """The cursor for an address."""
        return base64.urlsafe_b64encode(json.dumps([self.start, dict(self.after)]).encode()).decode()


def cursor(text: str) -> Cursor:
    """A cursor out of an address; the beginning for anything that is none."""
    try:
        start, after = json.loads(base64.urlsafe_b64decode(text.encode()))
        places = tuple((str(kind), (float(place[0]), int(place[1]))) for kind, place in after.items())
        return Cursor(int(start), places)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, binascii.Error):
        return Cursor()


def router(room: Room) -> APIRouter:
    """The routes."""
    made = APIRouter()

    @made.get("/queue")
    def show(
        request: Request,
        person: Counting,
        lane: str = "",
        zone: str = "",
        kind: str = "",
        after: str = "",
        rows: str = "",
    ) -> Response:
        zones = reach(person) if person.roles else None
        wanted = kept.Filter(
            zones,
            lane if lane in set(Lane) else "",
            zone if zones is None or zone in zones else "",
            kind if kind in KINDS else "",
        )
        base = base_of(request)

        def here(**changes: str) -> str:
            told = {"lane": wanted.lane, "zone": wanted.zone, "kind": wanted.kind} | changes
            query = urlencode({name: value for name, value in told.items() if value})
            return f"{base}/queue?{query}" if query else f"{base}/queue"

        found, onward = _page(room, wanted, cursor(after))
        if rows:
            return room.page(request, "rows.html", person, rows=found, onward=onward, here=here)
        first = card(room, person, found[0]["id"], room.words(request)) if found and may(person, Act.SEE) else None
        return room.page(
            request,
            "queue.html",
            person,
            rows=found,
            onward=onward,
            here=here,
            first=first,
            fault="",
            wanted=wanted,
            lanes=[str(one) for one in Lane],
            kinds=KINDS,
            counts=counted(room, zones),
            tally=tally(room, person),
            tiers=[(primary.value, int(tier)) for primary in Primary for tier in sorted(TIERS[primary]) if tier < 5],
            refer=REFER,
            refs=refs(room) if may(person, Act.DECIDE) else (),
            leave_until=today(room) + YEAR,
            back=here()[len(base) :],
        )

    return made


def _page(room: Room, wanted: kept.Filter, place: Cursor) -> tuple[list[Mapping[str, Any]], str | None]:
    after = dict(place.after)
    with room.catalogue.read() as connection:
        streams = {kind: kept.page(connection, wanted, kind, after.get(kind), PAGE + 1) for kind in Drawn}
        woven = weave(streams, PAGE, place.start)
        details = kept.leaders(connection, [row["id"] for _kind, row in woven])
    for kind, row in woven:
        after[kind] = (row["risk"], row["id"])
    more = sum(len(rows) for rows in streams.values()) > len(woven)
    onward = Cursor((place.start + PAGE) % 10, tuple(after.items())).text() if more else None
    return [details[row["id"]] for _kind, row in woven if row["id"] in details], onward


@dataclass(frozen=True, slots=True)
class Counts:
    """Open families and files by lane and by zone."""

    families: int
    files: int
    lanes: Mapping[str, int]
    zones: Mapping[str, int]


def counted(room: Room, zones: frozenset[str] | None) -> Counts:
    """What is open; remembered for some seconds, for a count goes through the whole queue."""
    key = f"counts {sorted(zones) if zones is not None else None}"
    known = room.memory.get(key)
    moment = room.clock().timestamp()
    if known is not None and moment - known[0] < _COUNTS_LAST:
        found: Counts = known[1]
        return found
    with room.catalogue.read() as connection:
        rows = kept.counts(connection, zones)
    lanes: dict[str, int] = {}
    by_zone: dict[str, int] = {}
    for row in rows:
        lanes[row["lane"]] = lanes.get(row["lane"], 0) + row["families"]
        by_zone[row["zone"]] = by_zone.get(row["zone"], 0) + row["families"]
    found = Counts(
        sum(row["families"] for row in rows),
        sum(int(row["files"] or 0) for row in rows),
        lanes,
        dict(sorted(by_zone.items())),
    )
    room.memory[key] = (moment, found)
    return found
