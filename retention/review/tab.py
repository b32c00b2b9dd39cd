# ruff: noqa: PLC0415 - Airflow reads this file in every one of its processes; only the one that is asked for a page loads the pages
"""The review pages as a tab of Airflow, behind Airflow's own login.

Airflow gives an app that it mounts no protection at all, and reads its plugins in the scheduler and in the DAG processor as well. So this
file loads nothing but Airflow's plugin class; a door stands before the pages and asks Airflow who is there, for every address below them,
styles and scripts included; and the pages are made when the first person who is signed in asks for one.

Roles are Strongroom's own. Airflow's user name is looked up among the people; what a user may do in Airflow, as its administrator too,
gives no role here. Who has no entry sees references and counts, if Airflow lets them see the runs at all.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
    from fastapi import FastAPI, Request, Response

    from retention.review.people import Person

PREFIX = "/records"
ROUTE = "review"
NIGHT = "nightly"
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Door:
    """The ASGI app that Airflow mounts: it finds out who asks, and only then makes and calls the pages."""

    def __init__(self) -> None:
        self._pages: FastAPI | None = None
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it pass with Airflow's user in its state."""
        if scope["type"] != "http":
            return
        from fastapi import Request
        from starlette.concurrency import run_in_threadpool

        request = Request(scope)
        user = await airflow_user(request)
        if user is None:
            await outside(request)(scope, receive, send)
            return
        scope.setdefault("state", {})["airflow_user"] = user
        pages = await run_in_threadpool(self.pages)
        await pages(scope, receive, send)

    def pages(self) -> FastAPI:
        """The pages, made once; their configuration is the one of the nights."""
        with self._lock:
            if self._pages is None:
                from retention import config
                from retention.review.app import create_app

                self._pages = create_app(config.load(), person, framed=True)
            return self._pages


async def airflow_user(request: Request) -> BaseUser | None:
    """Airflow's user, by the cookie or the bearer token that Airflow itself has checked; ``None`` for anybody else."""
    from airflow.api_fastapi.core_api.security import bearer_scheme, get_user
    from fastapi import HTTPException

    try:
        return await get_user(request, None, await bearer_scheme(request))
    except HTTPException:
        return None


def outside(request: Request) -> Response:
    """The answer for somebody who is not signed in: Airflow's login for a page, 401 for anything else."""
    from fastapi.responses import PlainTextResponse, RedirectResponse

    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
    if request.method == "GET" and request.headers.get("sec-fetch-dest") in ("document", "iframe"):
        whole = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        above = str(request.scope.get("root_path", "")).removesuffix(PREFIX)
        return RedirectResponse(f"{above}/api/v2/auth/login?next={quote(whole, safe='')}", 303, headers)
    return PlainTextResponse("Sign in to Airflow first.", 401, headers | {"hx-refresh": "true"})


def person(request: Request) -> Person | None:
    """The person whom Airflow's user is here, as the catalogue has them now; ``None`` for whom even counts are not meant."""
    from retention.catalogue import people
    from retention.review import login
    from retention.review.pages import room_of
    from retention.review.people import Person, usable_name

    user: BaseUser = request.state.airflow_user
    name = user.get_name()
    row = None
    if usable_name(name):
        with room_of(request).catalogue.read() as connection:
            row = people.find(connection, name)
    if row is not None and row["active"]:
        # Airflow renews its cookie in the middle of a morning; forms that are open must outlive that, but no change of the person.
        return login.person(row, f"airflow-{row['epoch']}")
    return Person(name, session="airflow") if sees_nights(user) else None


def sees_nights(user: BaseUser) -> bool:
    """Whether Airflow lets a user see the runs of the night, and with them their counts."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails

    return get_auth_manager().is_authorized_dag(
        method="GET", access_entity=DagAccessEntity.RUN, details=DagDetails(id=NIGHT), user=user
    )


class StrongroomPlugin(AirflowPlugin):
    """The pages below ``/records``, and the entry *Review* in Airflow's navigation that shows them in a frame."""

    name = "strongroom"
    # Without a leading slash the addresses also hold where Airflow itself lies below a path.
    fastapi_apps: list[Any] = [  # noqa: RUF012 - Airflow declares a field of its instances
        {"app": Door(), "url_prefix": PREFIX, "name": "Strongroom"}
    ]
    external_views: list[Any] = [  # noqa: RUF012 - as above
        {
            "name": "Review",
            "href": f"{PREFIX[1:]}/queue",
            "icon": f"{PREFIX[1:]}/static/icon.svg",
            "destination": "nav",
            "url_route": ROUTE,
            "nav_top_level": True,
        }
    ]
