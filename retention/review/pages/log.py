"""The page log."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from retention.review.pages import Need, Room
from retention.review.people import Act, Person

Seeing = Annotated[Person, Depends(Need(Act.LOG))]


def router(room: Room) -> APIRouter:
    """The routes."""
    made = APIRouter()

    @made.get("/log")
    def show(request: Request, person: Seeing) -> Response:
        return room.page(request, "stub.html", person, title=room.words(request)("nav.log"))

    return made
