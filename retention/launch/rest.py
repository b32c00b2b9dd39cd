"""Airflow's REST API, as far as the launcher needs it."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any


class RestError(Exception):
    """Airflow refused a request. ``status`` is the HTTP status; the text is Airflow's own."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"Airflow answered {status}: {text}")
        self.status = status


class Unreachable(Exception):  # noqa: N818 - a state of the world that callers wait out, not a fault
    """Nobody answers at the address."""


class Rest:
    """One user's view of the Airflow at ``address``; logs in when it must."""

    def __init__(self, address: str, user: str, password: str, *, timeout: float = 30.0) -> None:
        self.address = address
        self.user = user
        self.password = password
        self.timeout = timeout
        self.token = ""

    def get(self, path: str, **query: str | int) -> Any:
        """Answer of a GET below ``/api/v2``, parsed from JSON."""
        return self.call("GET", f"/api/v2{path}?{urllib.parse.urlencode(query)}")

    def post(self, path: str, body: Any) -> Any:
        """Answer of a POST below ``/api/v2``."""
        return self.call("POST", f"/api/v2{path}", body)

    def patch(self, path: str, body: Any) -> Any:
        """Answer of a PATCH below ``/api/v2``."""
        return self.call("PATCH", f"/api/v2{path}", body)

    def health(self) -> dict[str, str]:
        """Status of each component that has one, by name; needs no login. Raises ``Unreachable``."""
        answer = self._send("GET", "/api/v2/monitor/health", None)
        return {name: about["status"] for name, about in answer.items() if about.get("status")}

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request as the user; logs in first, and again when the token has run out."""
        if not self.token:
            self._login()
        try:
            return self._send(method, path, body)
        except RestError as error:
            if error.status != http.client.UNAUTHORIZED:
                raise
        self._login()
        return self._send(method, path, body)

    def _login(self) -> None:
        self.token = ""
        answer = self._send("POST", "/auth/token", {"username": self.user, "password": self.password})
        self.token = answer["access_token"]

    def _send(self, method: str, path: str, body: Any) -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, headers, method=method)  # noqa: S310 - always http://127.0.0.1
        # A proxy set for the machine must never see a request to 127.0.0.1.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=self.timeout) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise RestError(error.code, _reason(error.read())) from error
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(self.address) from error
        return json.loads(text) if text else None


def quoted(name: str) -> str:
    """Quote a name as one part of a path."""
    return urllib.parse.quote(name, safe="")


def _reason(text: bytes) -> str:
    try:
        answer = json.loads(text)
    except ValueError:
        return text.decode(errors="replace")[:200]
    return str(answer.get("detail", answer)) if isinstance(answer, dict) else str(answer)
