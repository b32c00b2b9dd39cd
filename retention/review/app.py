"""The app of the review pages: the same alone, behind a login of its own, and inside Airflow, behind Airflow's.

Threat model: names and texts of files are an attacker's; so are other sites open in the same browser. Before any route stands a guard:
without a person nothing answers but the login and the style; a strict content policy lets nothing run or load but our own files; answers
are never stored by the browser; a form from another site is refused by its origin and by the lack of its token.
"""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from retention.config import Config
from retention.review.pages import (
    HERE,
    SAFE,
    Room,
    base_of,
    card,
    choices,
    disposal,
    enter,
    exports,
    holds,
    log,
    morning,
    moves,
    nights,
    preview,
    queue,
    schedule,
    search,
)
from retention.review.people import Person

WhoAmI = Callable[[Request], Person | Awaitable[Person | None] | None]
PAGES: tuple[ModuleType, ...] = (
    *(morning, queue, card, choices, preview, moves),
    *(holds, schedule, disposal, log, nights, search, exports),
)
_PUBLIC = ("/static/", "/login")
_LARGEST = 1 << 20
_HEADERS: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
    "x-robots-tag": "noindex",
}


def now() -> dt.datetime:
    """The clock of the pages, in UTC."""
    return dt.datetime.now(dt.UTC)


def create_app(
    config: Config,
    whoami: WhoAmI | None = None,
    *,
    clock: Callable[[], dt.datetime] = now,
    framed: bool = False,
    hosts: tuple[str, ...] = (),
) -> FastAPI:
    """Make the app. Without ``whoami`` it has a login of its own; ``framed`` lets a page of the same origin show it in a frame.

    ``hosts`` are the names under which a browser may ask for it; none means any. Nothing is opened before the first request.
    """
    room = Room(config, clock, login_here=whoami is None)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, title="Strongroom")
    app.state.room = room
    asked = whoami
    if asked is None:
        app.include_router(enter.router(room))
        asked = enter.session(room)
    for page in PAGES:
        app.include_router(page.router(room))
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(404, _refused)
    app.add_exception_handler(405, _refused)
    app.add_middleware(Guard, whoami=asked, room=room, policy=policy(framed=framed), hosts=hosts)
    return app


def policy(*, framed: bool = False) -> str:
    """The content security policy: our own files, and nothing else."""
    ancestors = "'self'" if framed else "'none'"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"form-action 'self'; frame-ancestors {ancestors}; base-uri 'none'"
    )


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else getattr(error, "status_code", 404)
    detail = str(getattr(error, "detail", ""))
    room: Room = request.app.state.room
    person: Person | None = getattr(request.state, "person", None)
    told = room.words(request)
    why = f"refused.{detail}" if told.knows(f"refused.{detail}") else f"refused.{status}"
    key = why if told.knows(why) else "refused.400"
    return await run_in_threadpool(
        lambda: room.page(
            request, "refused.html", person, status=status, title=told("refused.title"), sentence=told(key)
        )
    )


@dataclass(slots=True)
class Guard:
    """The door: refuses what no page may be asked, finds out who asks, and puts the headers on every answer."""

    app: ASGIApp
    whoami: WhoAmI
    room: Room
    policy: str
    hosts: tuple[str, ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        static = path.startswith("/static/")

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers["content-security-policy"] = self.policy
                if not static:
                    headers["cache-control"] = "no-store"
            await send(message)

        answer = self._fault(request) or await self._enter(request, path)
        await (answer or self.app)(scope, receive, dressed)

    def _fault(self, request: Request) -> Response | None:
        headers = request.headers
        if self.hosts and (request.url.hostname or "") not in self.hosts:
            return PlainTextResponse("Unknown host.", 400)
        if request.method in SAFE:
            return None
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return PlainTextResponse("This form does not come from these pages.", 403)
        length = headers.get("content-length", "")
        if not length.isdecimal() or int(length) > _LARGEST:
            return PlainTextResponse("The form is too large.", 413)
        return None

    async def _enter(self, request: Request, path: str) -> Response | None:
        state: dict[str, Any] = request.scope.setdefault("state", {})
        state["person"] = None
        if path.startswith(_PUBLIC[0]):
            return None
        person = await self._person(request)
        state["person"] = person
        if person is not None or (self.room.login_here and path == _PUBLIC[1]):
            return None
        if self.room.login_here and request.method == "GET" and "hx-request" not in request.headers:
            return RedirectResponse(f"{base_of(request)}/login", status_code=303)
        return HTMLResponse("<!doctype html><title>401</title><p>Sign in first.", 401, {"hx-refresh": "true"})

    async def _person(self, request: Request) -> Person | None:
        if inspect.iscoroutinefunction(self.whoami):
            found: Person | None = await self.whoami(request)
            return found
        answer = await run_in_threadpool(self.whoami, request)
        return await answer if inspect.isawaitable(answer) else answer
