"""Fixity: read every object in custody again and hash it, some each night, and freeze what no longer matches."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from retention.moving.bench import Journal, LeaseLost
from retention.moving.janitor import may_freeze
from retention.moving.thaw import frozen
from retention.vault import Absent, Corrupt, Move, Vault

_PAGE = 200
_LEASE = dt.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Fixity:
    """What one night checked: objects, bytes, the references of those that did not match, and where the next night goes on.

    ``after`` is the id of the last move that was looked at, and 0 once the last one was reached.
    """

    objects: int = 0
    size: int = 0
    bad: tuple[str, ...] = ()
    after: int = 0


def check_fixity(
    vault: Vault, journal: Journal, budget: int, clock: Callable[[], dt.datetime], after: int = 0
) -> Fixity:
    """Check objects from the move after ``after`` on, until ``budget`` bytes were read (one object at least).

    An object that is absent or other than recorded freezes its move, so that nothing is given back from it, and is named in the
    result; the caller raises the alarm. A vault that does not answer raises ``VaultError``: that says nothing about an object.
    """
    objects, size = 0, 0
    bad: list[str] = []
    while moves := journal.in_custody(after, _PAGE):
        for move in moves:
            if objects and size + move.size > budget:
                return Fixity(objects, size, tuple(bad), after)
            after = move.id
            if not may_freeze(move):
                continue
            objects, size = objects + 1, size + move.size
            reason = _fault(vault, move)
            if reason and _freeze(journal, move, reason, clock):
                bad.append(move.reference)
    return Fixity(objects, size, tuple(bad), 0)


def nightly_budget(total: int, nights: int) -> int:
    """How many bytes a night must read so that everything is read within so many nights."""
    return -(-total // max(1, nights))


def _fault(vault: Vault, move: Move) -> str:
    try:
        vault.verify(move.key, move.size, move.sha256)
    except Corrupt:
        return "fixity:corrupt"
    except Absent:
        return "fixity:absent"
    return ""


def _freeze(journal: Journal, move: Move, reason: str, clock: Callable[[], dt.datetime]) -> bool:
    """Freeze the move unless somebody has taken it up since it was read: then the object was rightly removed meanwhile."""
    claimed = journal.claim(move, f"fixity:{secrets.token_hex(8)}", clock() + _LEASE)
    if claimed is None:
        return False
    try:
        journal.record(claimed, **frozen(claimed, reason))
    except LeaseLost:
        return False
    return True
