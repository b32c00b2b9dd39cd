"""A person's mark: what a council's own number for somebody becomes before it is kept, so that nobody can read it back.

The mark is an HMAC-SHA-256 under a key of this installation (``<state>/person.key``, readable by its owner only). Threat: someone
who reads the catalogue learns whom a hold is about. Accepted: who has the key as well can try numbers; keep both apart in backups.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

from retention.vault.removal import remove_scratch

_KEY_BYTES = 32


def mark(key: bytes, number: str) -> str:
    """Return the mark of a number, however it is spaced or written; raises ``ValueError`` for one of fewer than four characters."""
    plain = re.sub(r"[^0-9A-Z]", "", number.upper())
    if len(plain) < 4:
        raise ValueError("a person's number needs four letters or digits or more")
    return hmac.new(key, plain.encode(), hashlib.sha256).hexdigest()[:40]


def key(state: Path) -> bytes:
    """Return the key of this installation, made at the first use; raises ``ValueError`` when the file does not hold one."""
    place = state / "person.key"
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not place.exists():
        scratch = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        # The first one to link wins: two that start at once must not use two keys.
        with contextlib.suppress(FileExistsError):
            os.link(scratch, place)
        remove_scratch(scratch, state)
    found = place.read_bytes()
    if len(found) != _KEY_BYTES:
        raise ValueError(
            "person.key in the state folder is damaged; restore it from a backup, or holds on persons hold nothing"
        )
    return found
