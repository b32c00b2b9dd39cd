"""The capability probe: prove each promise of the configured storage by trying it, before anything is moved.

A server that takes a setting and ignores it answers like one that keeps it; only the try tells. Probes use objects of their own.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from retention.vault import Absent, Corrupt, Occupied, Vault, VaultError, key_of
from retention.vault.removal import Litter

_BYTES = b"strongroom probe"


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise: its name, whether it was proved, whether moves need it, and a sentence for a person."""

    name: str
    kept: bool
    sentence: str
    needed: bool = True


def need(promises: tuple[Promise, ...]) -> None:
    """Raise ``VaultError`` with every sentence of a needed promise that was not proved."""
    broken = [promise.sentence for promise in promises if promise.needed and not promise.kept]
    if broken:
        raise VaultError("Nothing is moved. " + " ".join(broken))


def probe_vault(vault: Vault) -> tuple[Promise, ...]:
    """Try what the vault promises; an S3 vault's configured versions, locks and keys too. Never raises for what it finds."""
    sha256 = hashlib.sha256(_BYTES).hexdigest()
    operation = uuid.uuid4().hex
    key = key_of(sha256, operation, 1)
    tried = [
        try_promise("stores", "What is put in cannot be read back.", lambda: _stores(vault, key, sha256)),
        try_promise("create-only", "A second write replaces the first.", lambda: _create_only(vault, key, sha256)),
        try_promise(
            "checks", "Bytes that are not those promised are taken.", lambda: _checks(vault, sha256, operation)
        ),
        try_promise("removes", "An object cannot be removed.", lambda: _removes(vault, key, operation)),
    ]
    if vault.name == "s3":
        from retention.vault.s3_probe import probe_s3  # noqa: PLC0415 - boto3 loads only for S3

        tried += probe_s3(vault)
    return tuple(tried)


def try_promise(name: str, otherwise: str, act: Callable[[], bool]) -> Promise:
    """Try one promise; a fault on the way counts as not kept."""
    try:
        kept = act()
    except (VaultError, OSError) as error:
        return Promise(name, kept=False, sentence=f"{otherwise} ({type(error).__name__})")
    return Promise(name, kept, "proved" if kept else otherwise)


def _stores(vault: Vault, key: str, sha256: str) -> bool:
    vault.put_manifest(key, b"{}")
    vault.put(key, [_BYTES], len(_BYTES), sha256)
    return vault.verify(key, len(_BYTES), sha256).sha256 == sha256 and b"".join(vault.get(key)) == _BYTES


def _create_only(vault: Vault, key: str, sha256: str) -> bool:
    other = _BYTES[::-1]
    try:
        vault.put(key, [other], len(other), hashlib.sha256(other).hexdigest())
    except Occupied:
        return vault.verify(key, len(_BYTES), sha256).size == len(_BYTES)
    return False


def _checks(vault: Vault, sha256: str, operation: str) -> bool:
    try:
        vault.put(key_of(sha256, operation, 2), [_BYTES[::-1]], len(_BYTES), sha256)
    except Corrupt:
        return True
    return False


def _removes(vault: Vault, key: str, operation: str) -> bool:
    vault.remove(key, Litter(operation, ""))
    try:
        b"".join(vault.get(key))
    except Absent:
        return True
    return False
