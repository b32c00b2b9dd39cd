"""The page search."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from retention.review.pages import Need, Room
from retention.review.people import Act, Person

Seeing = Annotated[Person, Depends(Need(Act.SEARCH))]


def router(room: Room) -> APIRouter:
    """The routes."""
    made = APIRouter()

    @made.get("/search")
    def show(request: Request, person: Seeing) -> Response:
        return room.page(request, "stub.html", person, title=room.words(request)("nav.search"))

    return made
