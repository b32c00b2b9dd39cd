"""Chromium before the real app, served on a port of its own."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from retention.review import login
from tests.review.conftest import World

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
needs_browser = pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium on this machine")


@contextlib.contextmanager
def served(world: World) -> Iterator[str]:
    """The app on a free port; its address."""
    server = uvicorn.Server(uvicorn.Config(world.app, host="127.0.0.1", port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """A Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=PROGRAM, args=ARGUMENTS)
        yield started
        started.close()


class Watched:
    """A page in which somebody has signed in, and all that happened in it that should not."""

    def __init__(self, started: Any, world: World, address: str, name: str = "manager", **more: Any) -> None:
        self.context = started.new_context(**more)
        room = world.app.state.room
        cookie = login.issue(room.key, {"name": name, "epoch": 1}, room.clock())
        self.context.add_cookies([{"name": login.COOKIE, "value": cookie, "url": address}])
        self.page = self.context.new_page()
        self.address = address
        self.odd: list[str] = []
        self.context.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error('policy', e.violatedDirective, e.blockedURI))"
        )
        self.page.on("dialog", lambda dialog: (self.odd.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.on("pageerror", lambda error: self.odd.append(f"error {error}"))
        self.page.on("console", lambda said: self.odd.append(said.text) if said.type == "error" else None)
        self.page.on(
            "request",
            lambda asked: None if asked.url.startswith(address) else self.odd.append(f"request {asked.url}"),
        )

    def open(self, path: str) -> Any:
        """Go to a page of ours and wait until its script is there."""
        self.page.goto(self.address + path)
        self.page.wait_for_selector("html.scripted")
        return self.page
