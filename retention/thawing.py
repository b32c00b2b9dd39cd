"""Lifting the freeze of an item, by a person who may: the role and a reason first, then the audit log, then the bytes are looked at.

As for reading, the role goes by the login of the process, which the kernel vouches for. What is asked stands in the log before
anything is tried; what came of it stands there after.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from retention import custody, stages
from retention.access import AccessRefusedError, Asking
from retention.catalogue import Catalogue, events
from retention.catalogue.moves import Moves
from retention.config import Config
from retention.moving import thaw as machine
from retention.place import CHUNK
from retention.vault import Move, Step


def thaw(config: Config, catalogue: Catalogue, reference: str, asking: Asking, copy: Path | None = None) -> Step:
    """Put a frozen item into custody again once its bytes are whole, or with a whole copy; gives the step at which it now is.

    Raises ``AccessRefusedError`` without the role, ``CustodyError`` for a reference that is not known, ``ThawRefused`` when the item stays
    frozen, ``OSError`` when the copy cannot be read.
    """
    move = custody.find(catalogue, reference)
    how = "copy" if copy else "fixity"
    if asking.login not in config.access.keepers:
        _log(catalogue, move, asking, "thaw.refused", how)
        raise AccessRefusedError(
            "This login may not lift a freeze. Whoever may stands in [access] keepers of the configuration."
        )
    _log(catalogue, move, asking, "thaw.asked", how)
    chunks = _read(copy) if copy else None
    try:
        return machine.thaw(custody.vault(config), Moves(catalogue, stages.now), move, stages.now, chunks).step
    except machine.ThawRefused:
        _log(catalogue, move, asking, "thaw.failed", how)
        raise


def _read(path: Path) -> Iterator[bytes]:
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(opened, "rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _log(catalogue: Catalogue, move: Move, asking: Asking, action: str, how: str) -> None:
    with catalogue.begin() as connection:
        events.append(
            connection,
            actor=asking.by,
            action=action,
            subject=move.reference,
            detail={"operation": move.operation, "login": asking.login, "reason": asking.purpose, "how": how},
            at=stages.now(),
        )
