"""The audit log: who looked at what and why, all that happened, and whether the chain of it holds."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from retention.catalogue import trail
from retention.review.pages import Need, Room, base_of
from retention.review.pages.desk import PAGE, errand, place, under_way
from retention.review.people import Act, Person

Looking = Annotated[Person, Depends(Need(Act.LOG))]
_FIRST = trail.Proven()


def router(room: Room) -> APIRouter:
    """The routes."""
    made = APIRouter()

    @made.get("/log")
    def show(
        request: Request,
        person: Looking,
        every: str = "",
        actor: str = "",
        action: str = "",
        subject: str = "",
        after: str = "",
    ) -> Response:
        wanted = trail.Wanted(not every, actor.strip()[:80], action.strip()[:40], subject.strip()[:80])
        with room.catalogue.read() as connection:
            rows = trail.page(connection, wanted, place(after), PAGE + 1)
            newest = trail.newest(connection)
        base = base_of(request)

        def here(**changes: str | int) -> str:
            told: dict[str, str | int] = {"every": "" if wanted.access else "1", "subject": wanted.subject}
            told |= {"actor": wanted.actor, "action": wanted.action, **changes}
            query = urlencode({name: value for name, value in told.items() if value})
            return f"{base}/log{'?' + query if query else ''}"

        onward = rows[PAGE - 1]["id"] if len(rows) > PAGE else None
        proven, going = _proven(room)
        values: dict[str, Any] = {"wanted": wanted, "here": here, "onward": onward, "newest": newest}
        return room.page(request, "log.html", person, rows=rows[:PAGE], proven=proven, going=going, **values)

    @made.get("/log/chain")
    def chain(request: Request, person: Looking, start: str = "") -> Response:
        known, going = _proven(room)
        with room.catalogue.read() as connection:
            newest = trail.newest(connection)
        if not going and (start or known is None or (known.broken is None and known.last < newest)):
            errand(room, "chain", lambda: _walk(room, known if known and not start else _FIRST), ())
            going = True
        return room.page(request, "log_chain.html", person, proven=None if going else known, going=going, newest=newest)

    return made


def _proven(room: Room) -> tuple[trail.Proven | None, bool]:
    """What the last walk found, and whether one is under way."""
    known, walk = room.memory.get("chain proven"), under_way(room, "chain")
    return known, walk is not None and not walk.done


def _walk(room: Room, known: trail.Proven) -> None:
    with room.catalogue.read() as connection:
        room.memory["chain proven"] = trail.prove(connection, known)
