"""Nights: every run with its gates, what its parts counted, its report, the data docs and its run in Airflow."""

import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import FileResponse

from retention.catalogue import almanac
from retention.review.outward import airflow_address, run_page
from retention.review.pages import Need, Room
from retention.review.pages.desk import place, usable
from retention.review.people import Act, Person

Counting = Annotated[Person, Depends(Need(Act.COUNTS))]
PAGE = 30
_SHOWN = ("found", "labelled", "problems", "excluded", "queued", "moved", "opened", "bytes")
_DOCS = Path("gates", "gx", "uncommitted", "data_docs", "local_site")
_MEDIA = frozenset({".html", ".css", ".png", ".svg", ".jpg", ".ico", ".woff", ".woff2"})


def router(room: Room) -> APIRouter:
    """The routes."""
    made = APIRouter()

    @made.get("/nights")
    def show(request: Request, person: Counting, after: str = "") -> Response:
        with room.catalogue.read() as connection:
            rows = almanac.page(connection, place(after), PAGE + 1)
            gates = almanac.gates(connection, [row["id"] for row in rows])
        onward = rows[PAGE - 1]["id"] if len(rows) > PAGE else None
        return room.page(request, "nights.html", person, rows=rows[:PAGE], gates=gates, onward=onward)

    @made.get("/nights/{number}")
    def one(request: Request, person: Counting, number: int) -> Response:
        row = _run(room, number)
        with room.catalogue.read() as connection:
            gates = almanac.gates(connection, [row["id"]])[row["id"]]
            parts = almanac.parts(connection, row["id"])
        return room.page(
            request,
            "night.html",
            person,
            run=row,
            gates=gates,
            parts=parts,
            counted={name: row["figures"][name] for name in _SHOWN if isinstance(row["figures"].get(name), int)},
            report=_report(room, row) is not None,
            docs=(room.config.state / _DOCS / "index.html").is_file(),
            airflow=airflow_run(room, row["key"], row["kind"]),
        )

    @made.get("/nights/{number}/report")
    def report(_person: Counting, number: int) -> Response:
        row = _run(room, number)
        file = _report(room, row)
        if file is None:
            raise HTTPException(404, "unknown")
        # Saved, not shown: the page brings a style of its own, which the policy of these pages does not let in.
        return FileResponse(file, media_type="text/html; charset=utf-8", filename=f"night-{row['id']}.html")

    @made.get("/nights/docs/{path:path}")
    def docs(_person: Counting, path: str) -> Response:
        return _doc(room, path)

    return made


def _run(room: Room, number: int) -> Any:
    with room.catalogue.read() as connection:
        row = almanac.one(connection, usable(number))
    if row is None:
        raise HTTPException(404, "unknown")
    return row


def _report(room: Room, row: Mapping[Any, Any]) -> Path | None:
    name = row["figures"].get("report", "")
    folder = room.config.state / "reports"
    file = folder / str(name)
    return file if name and file.parent == folder and file.is_file() else None


def _doc(room: Room, path: str) -> Response:
    """A page of the data docs: only files of theirs, as they lie in the state folder."""
    folder = (room.config.state / _DOCS).resolve()
    file = (folder / path).resolve() if "\0" not in path else folder
    if not file.is_relative_to(folder) or not file.is_file() or file.suffix not in _MEDIA:
        raise HTTPException(404, "unknown")
    return FileResponse(file, media_type=mimetypes.guess_type(file.name)[0] or "application/octet-stream")


def airflow_run(room: Room, key: str, kind: str) -> str:
    """The address of a run in Airflow's own pages: beside ours inside Airflow, else where Airflow is known to be; else empty."""
    page, address = run_page(key, kind), airflow_address(room.config)
    if not room.login_here:
        # The same origin under whatever name the browser knows it; Airflow itself may lie below a path.
        return page and urlsplit(address).path + page
    return address and page and address + page
