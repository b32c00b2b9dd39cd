"""The manifest beside each object: enough to rebuild custody, and to give the record back, when the catalogue is lost."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass

from retention import pointer
from retention.moving.holding import HOLDING
from retention.origin import decode, encode, identity_of
from retention.place import Identity, look, open_parent
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
            pointer=_likely_note(decode(table["path"]), quiet=bool(table["quiet"])),
            by=str(table["by"]),
            created_at=created,
            updated_at=created,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Corrupt("The manifest cannot be read.") from error


def _likely_note(path: bytes, *, quiet: bool) -> bytes:
    """The first name that the note would have tried; it is only ever removed when its signature says that it is ours."""
    folder, slash, name = path.rpartition(b"/")
    return folder + slash + (pointer.notice_name() if quiet else pointer.note_name(name))


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


def found_at(move: Move, root: int) -> Step | None:
    """Where the record of a manifest stands on its share (whose root is open): the step at which to adopt its move.

    ``removed`` when only the vault has it, ``taken`` when the original is held still, ``None`` when it lies at its place untouched, so
    that the vault's copy is of a move that never came to taking it.
    """
    expected = identity_of(move.origin)
    held = _seen(root, f"{HOLDING}/{move.operation}".encode())
    if held is not None and Identity.of(held).same_file(expected):
        return Step.TAKEN
    there = _seen(root, move.path)
    return None if there is not None and Identity.of(there).same_file(expected) else Step.REMOVED


def _seen(root: int, path: bytes) -> os.stat_result | None:
    try:
        folder, name = open_parent(root, path)
    except OSError:
        return None
    try:
        return look(folder, name)
    finally:
        os.close(folder)
