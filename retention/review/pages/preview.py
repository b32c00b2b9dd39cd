"""A look at the text of one item: asked for with a purpose, logged before the first byte, read under containment, kept nowhere."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from retention import access
from retention.catalogue import queue
from retention.review.pages import Need, Posted, Room, need_zone, posted
from retention.review.people import Act, Person

Looking = Annotated[Person, Depends(Need(Act.PREVIEW))]
Form = Annotated[Posted, Depends(posted)]
_CHARACTERS = 20_000
_PARTS = 40


def router(room: Room) -> APIRouter:
    """The routes."""
    made = APIRouter()

    @made.post("/family/{number}/preview")
    def look(request: Request, person: Looking, form: Form, number: int) -> Response:
        with room.catalogue.read() as connection:
            family = queue.one(connection, number)
        if family is None:
            raise HTTPException(404, "unknown")
        need_zone(person, Act.PREVIEW, family["zone"])
        asking = access.Asking(person.by, person.name, form.one("purpose").strip())
        values: dict[str, Any] = {"item": family["leader_item_id"], "parts": [], "cut": False, "fault": ""}
        if access.fault(asking):
            return room.page(
                request, "preview.html", person, status=422, **{**values, "fault": "preview.fault.purpose"}
            )
        try:
            seen = access.look(room.config, room.catalogue, family["leader_item_id"], asking)
        except access.AccessRefusedError:
            return room.page(request, "preview.html", person, status=403, **{**values, "fault": "preview.fault.sealed"})
        if seen.problem:
            values["fault"] = "preview.fault.read"
        values["parts"], values["cut"] = _cut(seen)
        return room.page(request, "preview.html", person, **values)

    return made


def _cut(seen: access.Seen) -> tuple[list[tuple[str, str, bool]], bool]:
    """The parts as far as a page shows them, control characters shown as escapes, and whether something is left out."""
    left, parts, cut = _CHARACTERS, [], len(seen.parts) > _PARTS or seen.partial
    for name, text, hidden in seen.parts[:_PARTS]:
        parts.append((name, plain(text[:left]), hidden))
        cut = cut or len(text) > left
        left -= len(text)
        if left <= 0:
            break
    return parts, cut or len(parts) < len(seen.parts)


def plain(text: str) -> str:
    """Text for a page: lines and tabs stay, every other character that is not shown becomes an escape."""
    kept = {"\n", "\t"}
    return "".join(
        one if one in kept or one.isprintable() else one.encode("unicode_escape", "surrogatepass").decode()
        for one in text.replace("\r\n", "\n")
    )
