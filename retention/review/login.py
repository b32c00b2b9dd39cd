"""Signing in to the pages that stand alone: scrypt passwords, a signed cookie, and a pause after too many failures.

Threat model: somebody on the same machine or network who can reach the port, with a list of logins and common passwords; a page of
another site in the same browser; a stolen catalogue. Passwords are salted scrypt (RFC 7914: N=2^15, r=8, p=1); the cookie is HttpOnly and
SameSite=Strict, and signed with a key beside the catalogue; raising a person's epoch ends their sessions. Failures cost the same
time whether or not there is such a person.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from retention.review.people import Person, Role

COOKIE = "strongroom"
SHORTEST = 12
_LIFE = dt.timedelta(hours=10)
_N, _R, _P = 1 << 15, 8, 1
_TRIES = 5
_PAUSE = dt.timedelta(minutes=15)
_REMEMBERED = 10_000


def seal(password: str) -> str:
    """Make a password into what is stored; the same password gives another result each time."""
    salt = os.urandom(16)
    return f"scrypt${_N}${_R}${_P}${_b64(salt)}${_b64(_scrypt(password, salt, _N, _R, _P))}"


def fits(password: str, secret: str) -> bool:
    """Whether a password is the stored one; takes as long for an empty ``secret``, which nothing fits."""
    kind, *rest = (secret or _NOBODY).split("$")
    if kind != "scrypt" or len(rest) != 5 or len(password) > 1_000:
        return False
    n, r, p = (int(number) for number in rest[:3])
    made = _scrypt(password, base64.b64decode(rest[3]), n, r, p)
    return hmac.compare_digest(made, base64.b64decode(rest[4])) and bool(secret)


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"), salt=salt, n=n, r=r, p=p, maxmem=64 << 20, dklen=32
    )


def _b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


_NOBODY = f"scrypt${_N}${_R}${_P}${_b64(bytes(16))}${_b64(bytes(32))}"


def weak(password: str, name: str) -> str:
    """One sentence on why a password is not taken; empty when it is."""
    if len(password) < SHORTEST:
        return (
            f"A password has at least {SHORTEST} characters; four words that do not belong together are easy to keep."
        )
    if len(password) > 1_000:
        return "A password has at most 1,000 characters."
    if name.lower() in password.lower() or len(set(password)) < 6:
        return "A password is not the login again, nor a few characters over and over."
    return ""


def issue(key: bytes, row: Mapping[str, Any], now: dt.datetime) -> str:
    """The cookie of a new session for a person's row."""
    body = f"{row['name']}|{row['epoch']}|{int((now + _LIFE).timestamp())}|{os.urandom(12).hex()}"
    return f"{base64.urlsafe_b64encode(body.encode()).decode()}.{_sign(key, 'session', body)}"


def opened(key: bytes, cookie: str, now: dt.datetime) -> tuple[str, int, str] | None:
    """The login, epoch and session of a cookie that is ours and not over."""
    encoded, _, signature = cookie.partition(".")
    try:
        body = base64.urlsafe_b64decode(encoded.encode()).decode()
    except (ValueError, UnicodeError):
        return None
    if not hmac.compare_digest(_sign(key, "session", body).encode(), signature.encode("utf-8", "replace")):
        return None
    name, epoch, until, session = body.split("|")
    return None if int(until) < now.timestamp() else (name, int(epoch), session)


def person(row: Mapping[str, Any], session: str = "") -> Person:
    """A person's row as the noun; roles that this version does not know give nothing."""
    roles = frozenset(Role(role) for role in row["roles"] if role in set(Role))
    return Person(row["name"], row["shown"], roles, frozenset(row["zones"]), session)


def token(key: bytes, who: Person) -> str:
    """What a form must carry to show that it comes from a page that this person was given."""
    return _sign(key, "form", f"{who.name}|{who.session}")


def _sign(key: bytes, use: str, body: str) -> str:
    return hmac.new(key, f"{use}|{body}".encode(), hashlib.sha256).hexdigest()


@dataclass(slots=True)
class Failures:
    """How often a login failed lately, in the memory of one process: too many and it must wait."""

    _seen: dict[str, list[dt.datetime]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def paused(self, name: str, now: dt.datetime) -> bool:
        """Whether a login must wait, right password or not."""
        with self._lock:
            return len([at for at in self._seen.get(name, ()) if now - at < _PAUSE]) >= _TRIES

    def failed(self, name: str, now: dt.datetime) -> bool:
        """Count a failure; tells whether it was the one that begins a pause."""
        with self._lock:
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            recent = [*(at for at in self._seen.get(name, ()) if now - at < _PAUSE), now]
            self._seen[name] = recent
            return len(recent) == _TRIES

    def forget(self, name: str) -> None:
        """Start again after a success."""
        with self._lock:
            self._seen.pop(name, None)


def same(given: str, wanted: str) -> bool:
    """Whether two tokens are the same, in a time that tells nothing."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
