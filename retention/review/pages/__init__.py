"""What every page stands on: the room, who may enter, and how an answer is made.

To add a page:
1. write ``pages/<name>.py`` with ``router(room: Room) -> APIRouter`` (no ``from __future__ import annotations`` is needed or harmful);
2. each route takes ``person: Annotated[Person, Depends(Need(Act.X))]`` — that is the check of right, and of the form token on a POST;
   what belongs to a zone is checked once more: ``need_zone(person, Act.X, zone)`` answers 404 for a zone that is not theirs;
3. answer with ``room.page(request, "<name>.html", person, key=value)``; the template begins with ``{% extends "base.html" %}`` and puts
   ``{{ form_fields() }}`` (token and once-token) into each form; read a form with ``form: Annotated[Posted, Depends(posted)]``;
4. put its strings into ``words/en_<name>.json`` (and ``cy_<name>.json``), shown with ``{{ t("key", n=3) }}``; names of files and
   folders always through ``| shown``, and only ``{% if may("see", zone) %}``;
5. name it in ``app.PAGES`` (its router) and in ``NAVIGATION`` below. No inline script, no ``style=`` attribute: the policy refuses them.
"""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from retention.catalogue import Catalogue, open_catalogue
from retention.config import Config
from retention.pointer import signing_key
from retention.review import login
from retention.review.pages import wording
from retention.review.people import Act, Person, may

HERE = Path(__file__).parent
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_FIELDS = 5_000

# (key of the word, path, right that shows it)
NAVIGATION: tuple[tuple[str, str, Act], ...] = (
    ("morning", "/morning", Act.COUNTS),
    ("queue", "/queue", Act.COUNTS),
    ("moves", "/moves", Act.SEE),
    ("holds", "/holds", Act.SEE),
    ("schedule", "/schedule", Act.SCHEDULE),
    ("disposal", "/disposal", Act.SEE),
    ("log", "/log", Act.LOG),
    ("nights", "/nights", Act.COUNTS),
    ("search", "/search", Act.SEARCH),
)


@dataclass(slots=True)
class Room:
    """All that the pages share. The catalogue is opened at the first question, so that a server may fork before.

    ``clock`` gives the time in UTC. ``login_here`` says that the pages have a login of their own; inside Airflow they have Airflow's.
    """

    config: Config
    clock: Callable[[], dt.datetime]
    login_here: bool = True
    _catalogue: Catalogue | None = None
    _key: bytes = b""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _pages: Environment | None = None
    memory: dict[str, Any] = field(default_factory=dict)

    @property
    def catalogue(self) -> Catalogue:
        """The open catalogue."""
        with self._lock:
            if self._catalogue is None:
                self._catalogue = open_catalogue(self.config.catalogue_url, self.config.state / "backups")
            return self._catalogue

    @property
    def key(self) -> bytes:
        """The key that signs sessions and forms."""
        if not self._key:
            self._key = signing_key(self.config.state / "review.key")
        return self._key

    def close(self) -> None:
        """Give the catalogue back."""
        with self._lock:
            if self._catalogue is not None:
                self._catalogue.close()
                self._catalogue = None

    def words(self, request: Request) -> wording.Words:
        """The words in the language that the person chose, or that their browser asks for."""
        chosen = request.query_params.get("lang") or request.cookies.get("strongroom_lang") or ""
        if chosen not in wording.LANGUAGES:
            asked = request.headers.get("accept-language", "").lower()
            chosen = "cy" if asked.startswith("cy") else "en"
        return wording.words(chosen)

    def page(
        self, request: Request, template: str, person: Person | None = None, /, *, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """Answer with a template. It knows ``t``, ``person``, ``may``, ``base``, ``nav``, ``form_fields`` and the filters."""
        told = self.words(request)
        body = self.pages.get_template(template).render(self.context(request, person, told) | values)
        answer = HTMLResponse(body, status_code=status)
        if request.query_params.get("lang") == told.language:
            answer.set_cookie("strongroom_lang", told.language, max_age=31_536_000, samesite="strict", httponly=True)
        return answer

    def context(self, request: Request, person: Person | None, told: wording.Words) -> dict[str, Any]:
        """What every template knows."""
        base = base_of(request)
        path = request.url.path.removeprefix(base)

        def allowed(act: str, zone: str | None = None) -> bool:
            return person is not None and may(person, Act(act), zone)

        def form_fields() -> Markup:
            token = login.token(self.key, person) if person else ""
            return Markup(
                '<input type="hidden" name="token" value="{}"><input type="hidden" name="once" value="{}">'
            ).format(token, os.urandom(16).hex())

        return {
            "t": told,
            "language": told.language,
            "person": person,
            "may": allowed,
            "base": base,
            "path": path,
            "nav": [(key, base + to, path.startswith(to)) for key, to, act in NAVIGATION if allowed(act)],
            "council": self.config.council,
            "form_fields": form_fields,
            "form_token": login.token(self.key, person) if person else "",
            "login_here": self.login_here,
            "fragment": request.headers.get("hx-request") == "true",
            "day": lambda value: wording.day(value, told),
            "moment": lambda value: wording.moment(value, told),
            "now": self.clock(),
        }

    @property
    def pages(self) -> Environment:
        """The templates; everything that is put in is escaped, and a name that nobody gave is an error."""
        if self._pages is None:
            made = Environment(
                loader=FileSystemLoader(HERE / "templates"),
                autoescape=True,
                undefined=StrictUndefined,
                trim_blocks=True,
                lstrip_blocks=True,
            )
            made.filters |= {"shown": wording.shown, "size": wording.size, "count": lambda number: f"{number:,}"}
            self._pages = made
        return self._pages


def base_of(request: Request) -> str:
    """The path below which the pages are served: empty alone, ``/records`` inside Airflow."""
    return str(request.scope.get("root_path", ""))


def room_of(request: Request) -> Room:
    """The room that an app was made with."""
    room: Room = request.app.state.room
    return room


@dataclass(frozen=True, slots=True)
class Need:
    """The right that a route asks for, as a dependency: it gives the person, or answers 403.

    That somebody is signed in at all was settled before any route. A request that changes something must carry the person's form token.
    """

    act: Act

    async def __call__(self, request: Request) -> Person:
        """The person who asks."""
        person: Person = request.state.person
        if not may(person, self.act):
            raise HTTPException(403, "right")
        if request.method not in SAFE:
            form = await posted(request)
            given = form.one("token") or request.headers.get("x-strongroom-token", "")
            if not login.same(given, login.token(room_of(request).key, person)):
                raise HTTPException(403, "token")
        return person


def need_zone(person: Person, act: Act, zone: str) -> None:
    """Answer 404 for what lies in a zone that the person may not see, 403 for one where they may only look."""
    if may(person, act, zone):
        return
    raise HTTPException(
        403 if may(person, Act.SEE, zone) else 404, "right" if may(person, Act.SEE, zone) else "unknown"
    )


@dataclass(frozen=True, slots=True)
class Posted:
    """The fields of a form, each with all its values."""

    fields: Mapping[str, tuple[str, ...]]

    def one(self, name: str, default: str = "") -> str:
        """The last value of a field."""
        return self.fields.get(name, (default,))[-1]

    def many(self, name: str) -> tuple[str, ...]:
        """All values of a field."""
        return self.fields.get(name, ())


async def posted(request: Request) -> Posted:
    """The form of a request; a dependency. Files are refused, and more fields than any page of ours has."""
    form = await request.form(max_files=0, max_fields=_MOST_FIELDS)
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            fields[name] = (*fields.get(name, ()), value)
    return Posted(fields)


def back(request: Request, path: str) -> Response:
    """Send the browser to a page of ours after a change."""
    return RedirectResponse(base_of(request) + path, status_code=303)


def inner(target: str, default: str = "/queue") -> str:
    """A path that a form named, when it is one of ours; never another site."""
    parts = urlsplit(target)
    mine = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc and target.isprintable()
    return target if mine else default
