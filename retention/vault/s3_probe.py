"""Prove what an S3 server promises: it refuses damage, keeps versions, locks, legal holds and encrypts with our key, where configured."""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

from retention.vault import VaultError
from retention.vault.probe import Promise, try_promise
from retention.vault.removal import remove_probe
from retention.vault.s3_calls import Passing, translated

_BYTES = b"strongroom probe"


def probe_s3(vault: Any) -> list[Promise]:
    """Try what an S3 server promises; never raises for what it finds."""
    settings, client, bucket = vault.settings, vault.client, vault.settings.bucket
    promises = [
        try_promise(
            "refuses-damage",
            "The server takes bytes whose Content-MD5 is wrong.",
            _act(lambda: _refuses(vault, client)),
        )
    ]
    if settings.versioning or settings.object_lock:
        promises.append(
            try_promise("versions", "The bucket does not keep versions.", _act(lambda: _versions(client, bucket)))
        )
    if settings.object_lock:
        promises.append(
            try_promise(
                "lock",
                "The server does not keep object lock: a locked object could be deleted.",
                _act(lambda: locks(vault)),
            )
        )
        promises.append(try_promise("legal-hold", "The server does not keep legal hold.", _act(lambda: holds(vault))))
    if settings.kms_key:
        promises.append(
            try_promise(
                "kms", "The server does not encrypt with the configured key.", _act(lambda: _encrypts(vault, client))
            )
        )
    return promises


def _act(act: Callable[[], bool]) -> Callable[[], bool]:
    """A failure that might pass is a failure of the probe."""

    def tried() -> bool:
        try:
            return act()
        except Passing as error:
            raise VaultError("The storage server does not answer as it should.") from error

    return tried


def _key(vault: Any) -> str:
    return f"{vault.settings.prefix}probe/{uuid.uuid4().hex}"


def _refuses(vault: Any, client: Any) -> bool:
    key, bucket = _key(vault), vault.settings.bucket
    try:
        with translated():
            client.put_object(Bucket=bucket, Key=key, Body=_BYTES, ContentMD5="AAAAAAAAAAAAAAAAAAAAAA==")
    except (VaultError, Passing):
        return True
    remove_probe(client, bucket, key)
    return False


def _versions(client: Any, bucket: str) -> bool:
    with translated():
        return bool(client.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled")


def locks(vault: Any) -> bool:
    """Lock an object for a few seconds and try to delete that very version: it must be refused."""
    client, bucket, key = vault.client, vault.settings.bucket, _key(vault)
    with translated():
        version = client.put_object(Bucket=bucket, Key=key, Body=_BYTES).get("VersionId")
        until = (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=30)).replace(microsecond=0)
        # Governance mode for the probe whatever is configured: a compliance lock on it could not be lifted.
        client.put_object_retention(Bucket=bucket, Key=key, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until})
        found = client.get_object_retention(Bucket=bucket, Key=key).get("Retention", {})
    return bool(version) and found.get("Mode") == "GOVERNANCE" and _delete_refused(client, bucket, key, version)


def holds(vault: Any) -> bool:
    """Put a legal hold on an object of our own and try to delete that very version: it must be refused."""
    client, bucket, key = vault.client, vault.settings.bucket, _key(vault)
    with translated():
        version = client.put_object(Bucket=bucket, Key=key, Body=_BYTES).get("VersionId")
        client.put_object_legal_hold(Bucket=bucket, Key=key, LegalHold={"Status": "ON"})
        found = client.get_object_legal_hold(Bucket=bucket, Key=key).get("LegalHold", {})
    kept = bool(version) and found.get("Status") == "ON" and _delete_refused(client, bucket, key, version)
    with contextlib.suppress(VaultError, Passing), translated():
        client.put_object_legal_hold(Bucket=bucket, Key=key, LegalHold={"Status": "OFF"})
        remove_probe(client, bucket, key, version)
    return kept


def _delete_refused(client: Any, bucket: str, key: str, version: str) -> bool:
    try:
        with translated():
            remove_probe(client, bucket, key, version)
    except (VaultError, Passing):
        return True
    return False


def _encrypts(vault: Any, client: Any) -> bool:
    key, bucket, kms = _key(vault), vault.settings.bucket, vault.settings.kms_key
    with translated():
        client.put_object(Bucket=bucket, Key=key, Body=_BYTES, ServerSideEncryption="aws:kms", SSEKMSKeyId=kms)
        found = client.head_object(Bucket=bucket, Key=key)
    remove_probe(client, bucket, key)
    return found.get("ServerSideEncryption") == "aws:kms" and kms in str(found.get("SSEKMSKeyId", ""))
