"""Reading an item in custody for a person: the role and a purpose first, then the audit log, and only then the bytes.

Threat model: a person who may use this machine must not read restricted storage without the role, and nobody may read it unseen. The
role goes by the login of the process, which the kernel vouches for, not by the name that is given. Accepted risk: an
administrator who can read the vault's folder or bucket needs no leave from this program; seal the vault against that.
"""

from __future__ import annotations

import json
import os
import pwd
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from classifier import opening
from classifier.pool import Outcome, Pool, Task
from retention import custody, place, stages
from retention.catalogue import Catalogue, events, places
from retention.catalogue.moves import Moves
from retention.config import Config
from retention.vault import CUSTODY, Move, Step, VaultError
from retention.vault.checked import checked
from retention.vault.seal import SealError

_LONGEST = {"by": 80, "purpose": 300}
_PRESENT, _RESTRICTED = 0, 2


class AccessRefusedError(custody.CustodyError):
    """The item is not given; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who wants to read, on which login, and what for."""

    by: str
    login: str
    purpose: str


def login() -> str:
    """The login of this process as the system knows it; environment variables do not count."""
    number = os.geteuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def fault(asking: Asking, option: str = "--purpose") -> str:
    """One sentence on what is missing or unusable in how a person asks; empty when nothing is. ``option`` is what gives the purpose."""
    for name, longest in _LONGEST.items():
        value: str = getattr(asking, name)
        told = "--by" if name == "by" else option
        if not value.strip():
            return f"Say {'who asks' if name == 'by' else 'what for'}: {told}."
        if len(value) > longest or not value.isprintable():
            return f"{told} must be one line of at most {longest} characters."
    return ""


def read(config: Config, catalogue: Catalogue, reference: str, asking: Asking) -> tuple[Move, Iterator[bytes]]:
    """Give the bytes of an item in custody, in chunks; the event stands in the audit log when this returns.

    The object is read and hashed once before anything is given, and once more as it is given: ``VaultError`` at the end when
    those were other bytes. Raises ``AccessRefusedError`` without the role, which is logged too, and for an item that is not in custody
    or frozen; ``CustodyError`` for a reference that is not known.
    """
    move = custody.find(catalogue, reference)
    if asking.login not in config.access.readers:
        _log(catalogue, move, asking, "access.refused")
        raise AccessRefusedError(
            "This login may not read what restricted storage holds. Whoever may stands in [access] readers of the configuration."
        )
    if move.step is Step.FROZEN:
        raise AccessRefusedError(
            "The stored bytes no longer match, so nothing is given. Keep the storage as it is, repair it, then: strongroom vault thaw"
        )
    if move.step not in CUSTODY:
        raise AccessRefusedError("The item is not in restricted storage: it lies at its place on the share.")
    vault = custody.vault(config)
    try:
        vault.verify(move.key, move.size, move.sha256)
    except SealError as error:
        raise VaultError(str(error)) from error
    _log(catalogue, move, asking, "access.read")
    return move, checked(vault.get(move.key), move.size, move.sha256)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person may see of an item: its parts as (name, text, hidden), in memory only; or why there are none."""

    parts: tuple[tuple[str, str, bool], ...] = ()
    partial: bool = False
    problem: str = ""


def look(config: Config, catalogue: Catalogue, item_id: int, asking: Asking) -> Seen:
    """Read the text of an item live, from its place or from the vault, in a locked child process.

    That somebody looked, and what for, stands in the audit log before the first byte is read. The caller has checked the role. Raises
    ``AccessRefusedError`` for what lies in a sealed zone or is nowhere; what is in the vault is given as ``read`` gives it.
    """
    with catalogue.read() as connection:
        found = places.of(connection, item_id)
    if found is None or found.sealed or found.state not in (_PRESENT, _RESTRICTED):
        raise AccessRefusedError("The item is not given: it lies in a sealed zone or nowhere.")
    if found.state == _RESTRICTED:
        return _in_vault(config, catalogue, item_id, found.path, asking)
    with catalogue.begin() as connection:
        detail = {"login": asking.login, "purpose": asking.purpose}
        events.append(
            connection,
            actor=asking.by,
            action="access.preview",
            subject=f"item:{item_id}",
            detail=detail,
            at=stages.now(),
        )
    root = place.open_root(next(share.root for share in config.share if share.name == found.share))
    try:
        return _seen(config, found.path, partial(opening.below, root, found.path))
    finally:
        os.close(root)


def _in_vault(config: Config, catalogue: Catalogue, item_id: int, path: bytes, asking: Asking) -> Seen:
    move = Moves(catalogue, stages.now).latest(item_id)
    if move is None:
        raise AccessRefusedError("The item is not given: nothing is known of its move.")
    _move, chunks = read(config, catalogue, move.reference, asking)
    # Unnamed, in memory where the system allows: nothing of it is left when the file is closed.
    with tempfile.TemporaryFile(dir=_memory()) as scratch:
        for chunk in chunks:
            scratch.write(chunk)
        scratch.flush()
        return _seen(config, path, partial(_again, scratch.fileno()))


def _memory() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - memory, and the file has no name there


def _again(descriptor: int) -> int:
    return os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)


def _seen(config: Config, path: bytes, opener: Callable[[], int]) -> Seen:
    name = os.fsdecode(path.rpartition(b"/")[2])
    with Pool("classifier.jobs:text_job", {}, workers=1, limits=config.limits) as pool:
        outcomes: list[Outcome] = [outcome for _task, outcome in pool.run([Task(0, opener, {"name": name})])]
    told: dict[str, Any] = json.loads(outcomes[0].value) if outcomes and outcomes[0].value is not None else {}
    problem = told.get("problem") or (outcomes[0].problem if outcomes else None)
    parts = tuple((str(one["name"]), str(one["text"]), bool(one["hidden"])) for one in told.get("parts", ()))
    return Seen(parts, told.get("completeness") != "full", "unread" if problem or not told else "")


def _log(catalogue: Catalogue, move: Move, asking: Asking, action: str) -> None:
    with catalogue.begin() as connection:
        events.append(
            connection,
            actor=asking.by,
            action=action,
            subject=move.reference,
            detail={"operation": move.operation, "login": asking.login, "purpose": asking.purpose},
            at=stages.now(),
        )
