"""The login of the pages that stand alone, and the way out."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from retention.catalogue import events, people
from retention.review import login
from retention.review.pages import Need, Posted, Room, back, base_of, posted
from retention.review.people import Act, Person, usable_name


def session(room: Room) -> Callable[[Request], Person | None]:
    """Who a request comes from, by its cookie: the person as the catalogue has them now."""

    def whoami(request: Request) -> Person | None:
        told = login.opened(room.key, request.cookies.get(login.COOKIE, ""), room.clock())
        if told is None:
            return None
        name, epoch, number = told
        with room.catalogue.read() as connection:
            row = people.find(connection, name)
        if row is None or not row["active"] or row["epoch"] != epoch:
            return None
        return login.person(row, number)

    return whoami


def router(room: Room) -> APIRouter:
    """The routes."""
    made = APIRouter()
    failures = login.Failures()

    @made.get("/login")
    def ask(request: Request) -> Response:
        return room.page(request, "login.html", None, fault="", name="")

    @made.post("/login")
    async def enter(request: Request, form: Annotated[Posted, Depends(posted)]) -> Response:
        return await run_in_threadpool(_enter, room, failures, request, form)

    @made.post("/logout")
    def leave(request: Request, _person: Annotated[Person, Depends(Need(Act.COUNTS))]) -> Response:
        answer = back(request, "/login")
        answer.delete_cookie(login.COOKIE, path=base_of(request) or "/")
        return answer

    return made


def _enter(room: Room, failures: login.Failures, request: Request, form: Posted) -> Response:
    name, now = form.one("name").strip(), room.clock()
    if failures.paused(name, now):
        return _again(room, request, name, "login.paused", 429)
    with room.catalogue.read() as connection:
        row = people.find(connection, name) if usable_name(name) else None
    known = row is not None and row["active"]
    if not login.fits(form.one("password"), row["secret"] if row is not None and known else ""):
        if failures.failed(name, now) and row is not None:
            _log(room, row["name"], "login.paused")
        return _again(room, request, name, "login.wrong", 401)
    assert row is not None
    failures.forget(name)
    _log(room, row["name"], "login")
    answer = back(request, "/queue")
    answer.set_cookie(
        login.COOKIE,
        login.issue(room.key, row, now),
        path=base_of(request) or "/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


def _again(room: Room, request: Request, name: str, fault: str, status: int) -> Response:
    return room.page(request, "login.html", None, status=status, fault=fault, name=name[:60])


def _log(room: Room, name: str, action: str) -> None:
    with room.catalogue.begin() as connection:
        events.append(connection, actor=f"person:{name}", action=action, subject=name, detail={}, at=room.clock())
