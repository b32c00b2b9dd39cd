"""Reading an item in custody for a person: the role and a purpose first, then the audit log, and only then the bytes.

Threat model: a person who may use this machine must not read restricted storage without the role, and nobody may read it unseen. The
role goes by the login of the process, which the kernel vouches for, not by the name that is given. Accepted risk: an
administrator who can read the vault's folder or bucket needs no leave from this program; seal the vault against that.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from dataclasses import dataclass

from retention import custody, stages
from retention.catalogue import Catalogue, events
from retention.config import Config
from retention.vault import CUSTODY, Move, Step, VaultError
from retention.vault.checked import checked
from retention.vault.seal import SealError

_LONGEST = {"by": 80, "purpose": 300}


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


def fault(asking: Asking) -> str:
    """One sentence on what is missing or unusable in how a person asks; empty when nothing is."""
    for name, longest in _LONGEST.items():
        value: str = getattr(asking, name)
        if not value.strip():
            return f"Say {'who reads' if name == 'by' else 'what for'}: --{name}."
        if len(value) > longest or not value.isprintable():
            return f"--{name} must be one line of at most {longest} characters."
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
        raise AccessRefusedError("The stored bytes no longer match, so nothing is given. Keep the storage as it is.")
    if move.step not in CUSTODY:
        raise AccessRefusedError("The item is not in restricted storage: it lies at its place on the share.")
    vault = custody.vault(config)
    try:
        vault.verify(move.key, move.size, move.sha256)
    except SealError as error:
        raise VaultError(str(error)) from error
    _log(catalogue, move, asking, "access.read")
    return move, checked(vault.get(move.key), move.size, move.sha256)


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
