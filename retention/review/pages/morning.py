"""The front page: the morning at a glance. Last night and its gates, what waits, what is asked of the person, and how sure we are."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from markupsafe import Markup

from retention import hold as rules_of
from retention import stopping
from retention.assurance import Standing, together
from retention.catalogue import almanac, batches, journal, samples
from retention.catalogue import holds as kept_holds
from retention.review.pages import Need, Room, back, base_of, drawn
from retention.review.pages.card import rules, today
from retention.review.pages.desk import remembered
from retention.review.pages.disposal import ASKED, capable, head
from retention.review.pages.holds import sees
from retention.review.pages.nights import airflow_run
from retention.review.pages.queue import counted
from retention.review.pages.wording import Words
from retention.review.people import Act, Person, may, reach
from retention.review.queue import Lane

Counting = Annotated[Person, Depends(Need(Act.COUNTS))]
_LATE = dt.timedelta(hours=36)


def router(room: Room) -> APIRouter:
    """The routes."""
    made = APIRouter()

    @made.get("/")
    def front(request: Request, _person: Counting) -> Response:
        return back(request, "/morning")

    @made.get("/morning")
    def show(request: Request, person: Counting) -> Response:
        zones = reach(person) if person.roles else None
        told = room.words(request)
        waiting = counted(room, zones)
        return room.page(
            request,
            "morning.html",
            person,
            night=_night(room),
            waiting=waiting,
            lanes=_lanes(waiting.lanes, told, base_of(request)),
            sample=_sample(room, zones, told),
            moves=_moves(room, zones),
            asked=_asked(room, person),
            refusal=rules(room).schedule.refuses(today(room)),
        )

    return made


def _night(room: Room) -> dict[str, Any] | None:
    """The night that began last, with its gates and figures, and whether it is late."""
    with room.catalogue.read() as connection:
        last = almanac.last(connection)
        if last is None:
            return None
        ended = last if last["ended_at"] is not None else almanac.last(connection, ended=True)
        gates = almanac.gates(connection, [last["id"]])[last["id"]]
    figures: Mapping[str, Any] = ended["figures"] if ended else {}
    found = int(figures.get("found", 0))
    began = last["started_at"].replace(tzinfo=dt.UTC) if last["started_at"].tzinfo is None else last["started_at"]
    return {
        "run": last,
        "gates": gates,
        "figures": figures,
        "ended": ended,
        "coverage": int(figures.get("labelled", 0)) / found if found else None,
        "late": room.clock() - began > _LATE,
        "airflow": airflow_run(room, last["key"], last["kind"]),
    }


def _lanes(counts: Mapping[str, int], told: Words, base: str) -> Markup:
    """What waits by lane, as bars; every lane has its line, so that the eye finds it at the same place each morning."""
    tones = {"A": "alarm", "B": "warn", "C": "mid", "D": "faint", "E": "calm", "F": "warn", "G": "mid", "H": "alarm"}
    lines = [
        drawn.Line(f"{lane} {told(f'lane.{lane}')}", counts.get(lane, 0), tones[lane], f"{base}/queue?lane={lane}")
        for lane in map(str, Lane)
    ]
    return drawn.bars(lines, told("morning.lanes"))


def _sample(room: Room, zones: frozenset[str] | None, told: Words) -> list[dict[str, Any]]:
    """By zone: what a random sample says of what was missed, with its exact bounds and never without the coverage."""

    def ask() -> tuple[list[Standing], dict[str, list[bool]]]:
        with room.catalogue.read() as connection:
            found = samples.standing(connection, None if zones is None else sorted(zones))
            return found, {one: samples.control(connection, one) for one in {pile.zone for pile in found}}

    known, controls = remembered(room, f"sample {sorted(zones) if zones is not None else None}", 120, ask)
    by_zone: dict[str, list[Standing]] = {}
    for one in known:
        by_zone.setdefault(one.zone, []).append(one)
    return [_zone(zone, piles, told) | {"pays": _pays(controls[zone], told)} for zone, piles in sorted(by_zone.items())]


def _pays(control: Sequence[bool], told: Words) -> str:
    """Whether more review of a zone would pay, by the stopping rule whose promise is stated in ``retention.stopping``."""
    found, place = sum(control), stopping.position(len(control))
    if place is None:
        return told("pays.unknown", lack=stopping.needed() - len(control))
    key = "pays.no" if stopping.advise(control).stop else "pays.yes"
    share, sure = round(100 * stopping.TARGET), round(100 * stopping.CONFIDENCE)
    return told(key, found=found, control=len(control), place=place, share=share, sure=sure)


def _zone(zone: str, piles: list[Standing], told: Words) -> dict[str, Any]:
    low, high, whole = together(piles)
    answered = sum(one.answered for one in piles)
    words = told("sample.bounds", low=low, high=high, whole=whole)
    return {
        "zone": zone,
        "piles": piles,
        "asked": sum(one.asked for one in piles),
        "answered": answered,
        "missed": sum(one.missed for one in piles),
        "low": low,
        "high": high,
        "whole": whole,
        "coverage": piles[0].coverage,
        "picture": drawn.interval(low / whole, high / whole, words) if whole and answered else Markup(),
        "words": words,
    }


def _moves(room: Room, zones: frozenset[str] | None) -> dict[str, tuple[int, int]]:
    def ask() -> dict[str, tuple[int, int]]:
        with room.catalogue.read() as connection:
            return journal.counts(connection, journal.Wanted(zones))

    found: dict[str, tuple[int, int]] = remembered(
        room, f"moves 0 {sorted(zones) if zones is not None else None}", 20, ask
    )
    return found


def _asked(room: Room, person: Person) -> dict[str, int]:
    """What is asked of this very person: lists to approve, holds to confirm, holds past their review."""
    if not may(person, Act.SEE):
        return {"lists": 0, "confirm": 0, "holds": 0}
    on = today(room)
    with room.catalogue.read() as connection:
        index = batches.index(connection)
        every = kept_holds.everything(connection)
    waits = {state.value for state in ASKED}
    known = [head(room, row["ref"], row["version"]) for row in index[:500] if row["state"] in waits]
    lists = [one[0] for one in known if one]
    mine = sum(
        capable(person, ASKED[one.state], one.zone) and one.proposer != person.name
        for one in lists
        if one.state in ASKED
    )
    in_force = rules_of.in_force(every, on)
    confirm = [one for one in in_force if one.approved is None and one.placed.by != person.name and sees(person, one)]
    return {
        "lists": mine,
        "confirm": len(confirm) if may(person, Act.RELEASE) else 0,
        "holds": len({ref for ref, _sentence in rules_of.nags(in_force, on)}) if may(person, Act.HOLD) else 0,
    }
