"""Lift the freeze of an item whose stored bytes did not match: only once they match again, or with a whole copy from elsewhere.

Threat model: a person who is in a hurry must not be able to declare a damaged object good. So nothing is believed: either the object in
the vault is read and hashed and is what it should be (the storage was repaired, or its old version brought back), or a copy is given
whose bytes have the very hash that was recorded when the item was judged; it is stored under a new key and read back. The damaged object is
not touched: the janitor removes it after the grace, as it does with every attempt that is not in custody.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace

from retention.moving import manifest
from retention.moving.bench import Journal, LeaseLost
from retention.vault import Absent, Corrupt, Move, Step, Vault, key_of

_LEASE = dt.timedelta(minutes=30)
_FROM = "frozen_from"


class ThawRefused(Exception):  # noqa: N818 - it says what happened
    """The item stays frozen; the message says why and what to do."""


def frozen(move: Move, reason: str) -> dict[str, object]:
    """What to record of a move that is frozen: the step, the reason, and the step to which it may be thawed."""
    return {"step": Step.FROZEN, "error": reason, "trail": {**move.trail, _FROM: move.step.value}}


def thaw(
    vault: Vault, journal: Journal, move: Move, clock: Callable[[], dt.datetime], copy: Iterable[bytes] | None = None
) -> Move:
    """The move in custody again, after its object, or the copy that is given, was held against the recorded hash.

    Raises ``ThawRefused`` when the move is not frozen, is being worked on, or the bytes are not the recorded ones.
    """
    if move.step is not Step.FROZEN:
        raise ThawRefused("The item is not frozen.")
    claimed = journal.claim(move, f"thaw:{secrets.token_hex(8)}", clock() + _LEASE)
    if claimed is None:
        raise ThawRefused("The item is being worked on by another run; try again later.")
    try:
        key = claimed.key
        if copy is not None:
            key = key_of(claimed.sha256, claimed.operation, claimed.fence)
            # Recorded before it is written, so that what a kill leaves behind is known. A frozen move keeps no lease; its fence guards it.
            trail = {**claimed.trail, "attempts": [*claimed.trail.get("attempts", []), key]}
            claimed = journal.record(claimed, trail=trail)
            _store(vault, replace(claimed, key=key), copy)
        _check(vault, claimed, key)
        back = Step(str(claimed.trail.get(_FROM, Step.REMOVED.value)))
        trail = {name: value for name, value in claimed.trail.items() if name != _FROM}
        return journal.record(claimed, step=back, key=key, trail=trail, error="vanished" if back is Step.KEPT else "")
    except LeaseLost as error:
        raise ThawRefused("The item is being worked on by another run; try again later.") from error


def _check(vault: Vault, move: Move, key: str) -> None:
    try:
        vault.verify(key, move.size, move.sha256)
    except (Corrupt, Absent) as error:
        raise ThawRefused(
            "The stored bytes are still not the recorded ones. Bring the object back from the storage's versions or backups, "
            "or give a whole copy with --copy FILE."
        ) from error


def _store(vault: Vault, move: Move, copy: Iterable[bytes]) -> None:
    try:
        vault.put_manifest(move.key, manifest.write(move))
        vault.put(move.key, copy, move.size, move.sha256)
    except Corrupt as error:
        raise ThawRefused("The copy is not the record: its bytes do not have the recorded hash.") from error
