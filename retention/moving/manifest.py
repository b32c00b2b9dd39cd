"""The manifest beside each object: enough to rebuild custody, and to give the record back, when the catalogue is lost."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass

from retention.origin import decode, encode
from retention.vault import MANIFEST, Absent, Corrupt, Move, Step, Vault

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Custody:
    """One object found in the vault, with the move that its manifest tells of; ``problem`` when they do not agree.

    ``problem`` is empty, ``manifest`` (none, or not readable), ``absent`` (a manifest without its object) or ``corrupt``.
    """

    key: str
    move: Move | None
    problem: str = ""


def write(move: Move) -> bytes:
    """The manifest of a move as it is about to store its copy; JSON with sorted keys, so that equal moves give equal bytes."""
    table = {
        "strongroom": _FORMAT,
        "operation": move.operation,
        "item": move.item_id,
        "run": move.run_id,
        "share": move.share,
        "path": encode(move.path),
        "sha256": move.sha256,
        "size": move.size,
        "key": move.key,
        "origin": dict(move.origin),
        "quiet": bool(move.trail.get("quiet")),
        "by": move.by,
        "created_at": move.created_at.isoformat(),
    }
    return json.dumps(table, sort_keys=True, ensure_ascii=True).encode("ascii")


def read(manifest: bytes) -> Move:
    """The move that a manifest tells of, at ``removed``; raises ``Corrupt`` when it is not a manifest of this program."""
    try:
        table = json.loads(manifest)
        if table["strongroom"] != _FORMAT:
            raise Corrupt("The manifest was written by a newer Strongroom.")
        created = dt.datetime.fromisoformat(table["created_at"])
        return Move(
            id=0,
            item_id=int(table["item"]),
            run_id=int(table["run"]),
            operation=str(table["operation"]),
            share=str(table["share"]),
            path=decode(table["path"]),
            step=Step.REMOVED,
            sha256=str(table["sha256"]),
            size=int(table["size"]),
            key=str(table["key"]),
            origin=table["origin"],
            trail={"quiet": bool(table["quiet"]), "attempts": [str(table["key"])]},
            by=str(table["by"]),
            created_at=created,
            updated_at=created,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Corrupt("The manifest cannot be read.") from error


def rebuild(vault: Vault, *, check: bool = True) -> Iterator[Custody]:
    """Everything in the vault with the move that it belongs to, in the order of keys; ``check`` reads and hashes each object.

    Raises ``VaultError`` only when the vault itself does not answer.
    """
    objects = [entry.key for entry in vault.list()]
    bare = {key for key in objects if not key.endswith(MANIFEST)}
    for key in sorted(bare | {key.removesuffix(MANIFEST) for key in objects}):
        try:
            move = read(vault.manifest(key))
        except (Absent, Corrupt):
            yield Custody(key, None, "manifest")
            continue
        if key not in bare:
            yield Custody(key, move, "absent")
            continue
        yield Custody(key, move, _problem(vault, move) if check else "")


def _problem(vault: Vault, move: Move) -> str:
    try:
        vault.verify(move.key, move.size, move.sha256)
    except Corrupt:
        return "corrupt"
    except Absent:
        return "absent"
    return ""
