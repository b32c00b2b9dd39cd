"""The card of a family: why it waits, what it is, where it lies, how long it is kept, and what each choice will do."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from markupsafe import Markup

from classifier.item import Primary
from retention import judging
from retention.catalogue import choices, queue
from retention.catalogue import holds as kept_holds
from retention.clock import london_date
from retention.decision import Mode, Zone
from retention.review import choosing
from retention.review.choosing import OWNER_TIME, REFER, REMIND, TIERS, YEAR, Rules, movable, triggers
from retention.review.pages import Need, Room, pictures
from retention.review.pages.wording import Words
from retention.review.people import Act, Person, may

Seeing = Annotated[Person, Depends(Need(Act.SEE))]
MEMBERS = 100


def router(room: Room) -> APIRouter:
    """The routes."""
    made = APIRouter()

    @made.get("/family/{number}")
    def show(request: Request, person: Seeing, number: int) -> Response:
        found = card(room, person, number, room.words(request))
        if found is None:
            raise HTTPException(404, "unknown")
        part = request.headers.get("hx-request") == "true"
        template = "card_part.html" if part else "card.html"
        return room.page(request, template, person, card=found, fault="", done="", refs=() if part else refs(room))

    return made


def today(room: Room) -> dt.date:
    """The day on London's calendar."""
    return london_date(int(room.clock().timestamp() * 1e9))


def rules(room: Room) -> Rules:
    """The schedule and zones of now; the schedule is read again only when its file changes."""
    from retention import stages  # noqa: PLC0415 - the stages load more than a page needs before its first question

    file = room.config.schedule.file
    stamp = file.stat().st_mtime_ns if file is not None and file.exists() else 0
    known = room.memory.get("schedule")
    if known is None or known[0] != stamp:
        known = (stamp, stages.load_schedule(room.config), judging.zone_maps(room.config))
        room.memory["schedule"] = known
    owners = sorted({zone.owner for zone in room.config.zone if zone.owner})
    return Rules(known[1], known[2], tuple(owners), today(room))


def refs(room: Room) -> list[tuple[str, str]]:
    """Every class of the schedule, for a field that proposes them; a page holds the list once, not each card."""
    return [(one.ref, one.record_class) for one in rules(room).schedule.rules]


def card(room: Room, person: Person, number: int, told: Words) -> dict[str, Any] | None:
    """All that a card shows; nothing when there is no such family for this person."""
    with room.catalogue.read() as connection:
        family = queue.one(connection, number)
        if family is None or not may(person, Act.SEE, family["zone"]):
            return None
        leader = queue.detail(connection, family["leader_item_id"])
        members = queue.members(connection, number, MEMBERS)
        copies = queue.copies(connection, leader["reading_id"], number) if leader and leader["reading_id"] else []
        history = choices.of_family(connection, number)
        named = {hold.id: hold.title for hold in kept_holds.everything(connection)} if leader and leader["held"] else {}
    held = [(ref, named.get(ref, "")) for ref in (leader["held"] or ())] if leader else []
    now = rules(room)
    zone = now.maps[family["share"]].named(family["zone"]) if family["share"] in now.maps else None
    movables = sum(movable(row | {"zone": family["zone"]}, now.maps) for row in map(dict, members)) if zone else 0
    return {
        "family": family,
        "leader": leader,
        "members": members,
        "more": max(0, family["files"] - len(members)),
        "copies": _copies(person, copies),
        "history": history,
        "held": held,
        "zone": zone,
        "place": _place(leader, zone, told),
        "label": _label(leader, told),
        "findings": _findings(leader),
        "time": _time(family, leader, now, told),
        "classes": _classes(family, leader, now),
        "choices": _choices(person, family, leader, zone, now, movables),
    }


def _copies(person: Person, rows: list[Mapping[Any, Any]]) -> list[tuple[str, str, int]]:
    """Copies elsewhere by zone; those in zones that are not the person's are one number without a name."""
    found: dict[tuple[str, str], int] = {}
    for row in rows:
        where = "restricted" if row["state"] == 2 else "share"
        zone = row["zone"] if may(person, Act.SEE, row["zone"]) else ""
        found[zone, where] = found.get((zone, where), 0) + row["files"]
    return [(zone, where, files) for (zone, where), files in sorted(found.items())]


def _place(leader: Mapping[Any, Any] | None, zone: Zone | None, told: Words) -> Markup:
    if leader is None or zone is None:
        return Markup()
    tier = leader["label_tier"]
    words = told("card.ladder", tier="?" if tier is None else f"T{tier}", clearance=f"T{int(zone.clearance)}")
    return pictures.ladder(tier, int(zone.clearance), words)


def _label(leader: Mapping[Any, Any] | None, told: Words) -> dict[str, Any] | None:
    if leader is None or leader["primary"] is None:
        return None
    against = []
    chance = (
        leader[leader["primary"]]
        if leader["primary"] != "official"
        else 1.0 - max(leader["sensitive"], leader["personal"])
    )
    by_model = str(leader["by"]).startswith("model:")
    if by_model and chance < 0.8:
        against.append(told("card.against.chance", chance=f"{chance:.0%}"))
    against += [told("card.against.partial", what=one) for one in leader["limits"] or ()]
    against += [
        told(f"card.against.{flag}") for flag in ("published", "fixture", "uncertain") if flag in leader["flags"]
    ]
    return {
        "chances": [
            (
                name,
                leader[name],
                pictures.chance(leader[name], told(f"card.chance.{name}", chance=f"{leader[name]:.0%}")),
            )
            for name in ("sensitive", "personal")
        ],
        "for": leader["label_because"],
        "against": against,
    }


def _findings(leader: Mapping[Any, Any] | None) -> list[tuple[str, int, int]]:
    counts = (leader["counts"] if leader else None) or {}
    return [(kind.replace("_", " ").replace(":", ": "), both[0], both[1]) for kind, both in sorted(counts.items())]


def _time(
    family: Mapping[Any, Any], leader: Mapping[Any, Any] | None, now: Rules, told: Words
) -> dict[str, Any] | None:
    if leader is None or not leader["rule"]:
        return None
    rule = now.schedule.rule(leader["rule"]) or now.schedule.default
    picture = Markup()
    start, due = leader["start"], leader["due"]
    if start and due:
        words = told("card.line", start=start.isoformat(), due=due.isoformat(), today=now.today.isoformat())
        picture = pictures.line(start, due, now.today, words)
    return {"rule": rule, "terms": str(rule.terms), "start": start, "due": due, "picture": picture, "family": family}


def _classes(
    family: Mapping[Any, Any], leader: Mapping[Any, Any] | None, now: Rules
) -> list[tuple[str, str, str, float | None]]:
    """Candidates for the record class: the one in force, then what the path suggests, each with its clause and score."""
    path = family["folder"] + b"/" + family["name"] if family["folder"] else family["name"]
    match = now.schedule.match(path, None)
    found: dict[str, float | None] = {}
    if leader is not None and leader["rule"]:
        found[leader["rule"]] = None
    for one in match.ranked[:4]:
        found.setdefault(one.ref, one.confidence)
    rules = [(ref, now.schedule.rule(ref), score) for ref, score in found.items()]
    return [(ref, rule.record_class, rule.authority, score) for ref, rule, score in rules if rule is not None]


def _choices(
    person: Person,
    family: Mapping[Any, Any],
    leader: Mapping[Any, Any] | None,
    zone: Zone | None,
    now: Rules,
    movables: int,
) -> dict[str, Any]:
    rule = now.schedule.rule(leader["rule"]) if leader and leader["rule"] else None
    mode = zone.mode if zone else Mode.REPORT
    open_now = family["state"] == "open"
    return {
        "decide": open_now and may(person, Act.DECIDE, family["zone"]),
        "move": movables if open_now and may(person, Act.MOVE, family["zone"]) else 0,
        "mode": str(mode),
        "preview": may(person, Act.PREVIEW, family["zone"]),
        "tiers": [(primary.value, int(tier)) for primary in Primary for tier in sorted(TIERS[primary]) if tier < 5],
        "triggers": triggers(rule) if rule else (),
        "rule": rule.ref if rule else "",
        "owners": now.owners,
        "refer": REFER,
        "leave_until": now.today + YEAR,
        "leave_last": now.today + dt.timedelta(days=5 * 365),
        "remind": now.today + REMIND,
        "owner_time": now.today + OWNER_TIME,
        "year": now.today + YEAR,
        "today": now.today,
        "effect": choosing.confirm_key(leader) if leader else "confirm.none",
        "wrong": (leader["by"] or "") if leader else "",
    }
