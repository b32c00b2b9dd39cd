"""A vault in an S3 bucket: AWS, or another server that speaks S3.

What was learnt of servers decides the form. Checksums are computed only where S3 requires them (``when_required``): boto3's newer default
sends trailers that several servers refuse. Every body carries Content-MD5, which all servers check, and its SHA-256 as header and
metadata. A write is never repeated blindly: when an answer is lost, the vault first looks whether the object landed, for a repeated
conditional write would be refused because of our own first one. Large objects are sent in parts under our control; the key, which the
catalogue has recorded before, finds an upload again whose first answer was lost. Nothing counts before it was read back and hashed.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import hashlib
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from retention.vault import MANIFEST, Absent, Corrupt, Entry, Occupied, VaultError, VaultSettings, operation_of
from retention.vault.checked import checked
from retention.vault.removal import Grounds, Proof, abort_upload, check_grounds, prove, remove_object, remove_probe
from retention.vault.s3_calls import TRIES, Passing, Server, translated
from retention.vault.s3_probe import holds, locks
from retention.vault.seal import Sealer, SealError

PART = 16 << 20
_PARTS_MAX = 9_000
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Upload:
    """One unfinished upload in parts: its key, its id and when it began (UTC)."""

    key: str
    upload: str
    began_at: dt.datetime


class S3Vault:
    """Keeps objects in a bucket; see ``retention.vault.Vault`` for what each call promises."""

    def __init__(
        self,
        client: Any,
        settings: VaultSettings,
        sealer: Sealer | None = None,
        pause: Callable[[float], None] = time.sleep,
        part: int = PART,
    ) -> None:
        self.name = "s3"
        self.client = client
        self.settings = settings
        self._server = Server(client, settings.bucket, settings.prefix, pause)
        self._sealer = sealer
        self._part = part
        self._conditional: bool | None = None
        self._proved: dict[str, bool] = {}

    def put(self, key: str, chunks: Iterable[bytes], size: int, sha256: str) -> None:
        """Store bytes under a new key, durably; in one piece, or in parts when they are many."""
        plain = checked(chunks, size, sha256)
        stored = self._sealer.size(size) if self._sealer else size
        stream = self._sealer.seal(plain) if self._sealer else plain
        if stored <= self._part:
            self._put_whole(key, b"".join(stream), sha256)
        else:
            self._put_parts(key, stream, stored, sha256)
        self._lock(key)

    def put_manifest(self, key: str, manifest: bytes) -> None:
        """Store the manifest beside the object."""
        body = b"".join(self._sealer.seal([manifest])) if self._sealer else manifest
        self._put_whole(key + MANIFEST, body, hashlib.sha256(manifest).hexdigest())
        self._lock(key + MANIFEST)

    def _put_whole(self, key: str, body: bytes, sha256: str) -> None:
        headers = {
            "ContentMD5": _md5(body),
            "ChecksumSHA256": _base64(hashlib.sha256(body).digest()),
            **self._about(sha256),
        }

        def send() -> None:
            self._server.call(
                self.client.put_object, Key=self._server.at(key), Body=body, **headers, **self._only_new()
            )

        self._write_once(key, len(body), sha256, send)

    def _write_once(self, key: str, size: int, sha256: str, send: Callable[[], object]) -> None:
        """Send until it landed; look before each repetition, and before the first where the server has no conditional writes."""
        looked = self._is_conditional()
        for attempt in range(TRIES):
            try:
                if not looked and self._landed(key, size, sha256):
                    return
                send()
            except Passing as failure:
                looked = False
                self._server.wait(attempt, failure)
            except Occupied:
                if self._server.again(lambda: self._landed(key, size, sha256)):
                    return
                raise
            else:
                return

    def _landed(self, key: str, size: int, sha256: str) -> bool:
        """Whether the object is there as ours; ``Occupied`` when the key holds something else."""
        try:
            found = self._server.call(self.client.head_object, Key=self._server.at(key))
        except Absent:
            return False
        if found["ContentLength"] != size or found.get("Metadata", {}).get("sha256") != sha256:
            raise Occupied("The key is in use by other bytes.")
        return True

    def _put_parts(self, key: str, stream: Iterable[bytes], size: int, sha256: str) -> None:
        if self._server.again(lambda: self._landed(key, size, sha256)):
            for _ in stream:
                pass  # the bytes are still held against their promise
            return
        made = self._server.again(lambda: self._begin_parts(key, sha256))
        upload = str(made["UploadId"])
        try:
            length = max(self._part, -(-size // _PARTS_MAX))
            parts = [
                {"PartNumber": number, "ETag": self._put_part(key, upload, number, body)}
                for number, body in enumerate(_pieces(stream, length), 1)
            ]
            self._complete(key, upload, parts, size, sha256)
            # A first request that was thought lost may have been carried out after the look that preceded the second.
            self.abort_uploads(operation_of(key), key)
        except BaseException:
            # What fails here is tidied by the next attempt or the janitor, who find the upload by its key.
            with contextlib.suppress(VaultError, Passing):
                self._abort(key, upload)
            raise

    def _begin_parts(self, key: str, sha256: str) -> Mapping[str, Any]:
        """Begin an upload in parts, after ending those that earlier attempts began, whose answers may have been lost."""
        self.abort_uploads(operation_of(key), key)
        return self._server.call(self.client.create_multipart_upload, Key=self._server.at(key), **self._about(sha256))

    def _put_part(self, key: str, upload: str, number: int, body: bytes) -> str:
        md5 = _md5(body)
        sent = self._server.again(
            lambda: self._server.call(
                self.client.upload_part,
                Key=self._server.at(key),
                UploadId=upload,
                PartNumber=number,
                Body=body,
                ContentMD5=md5,
            )
        )
        return str(sent["ETag"])

    def _complete(self, key: str, upload: str, parts: list[dict[str, Any]], size: int, sha256: str) -> None:
        def finish() -> None:
            try:
                self._server.call(
                    self.client.complete_multipart_upload,
                    Key=self._server.at(key),
                    UploadId=upload,
                    MultipartUpload={"Parts": parts},
                    **self._only_new(),
                )
            except Absent:
                # The upload is gone because an earlier answer was lost, or because somebody ended it.
                if not self._landed(key, size, sha256):
                    raise

        self._write_once(key, size, sha256, finish)

    def _about(self, sha256: str) -> dict[str, Any]:
        about: dict[str, Any] = {"Metadata": {"sha256": sha256}, "ContentType": "application/octet-stream"}
        if self.settings.kms_key:
            about |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.settings.kms_key}
        return about

    def _only_new(self) -> dict[str, str]:
        return {"IfNoneMatch": "*"} if self._is_conditional() else {}

    def _is_conditional(self) -> bool:
        """Whether the server keeps a second write away from a used key; tried once."""
        if self._conditional is None:
            self._conditional = self._try_conditional()
        return self._conditional

    def _try_conditional(self) -> bool:
        key = self._server.at(f"probe/{uuid.uuid4().hex}")

        def send(body: bytes) -> bool:
            try:
                self._server.call(self.client.put_object, Key=key, Body=body, IfNoneMatch="*", ContentMD5=_md5(body))
            except Occupied:
                return False
            return True

        try:
            self._server.again(lambda: send(b"one"))
            return not self._server.again(lambda: send(b"two"))
        finally:
            self._server.again(lambda: remove_probe(self.client, self.settings.bucket, key))

    # --- object lock
    def _lock(self, key: str) -> None:
        """Lock the object in a second call, since headers on the first are ignored by some servers, and read the lock back."""
        if not self.settings.object_lock:
            return
        self._need("lock", locks)
        until = dt.datetime.now(dt.UTC) + dt.timedelta(days=max(1, self.settings.lock_days))
        wanted = {"Mode": self.settings.object_lock.upper(), "RetainUntilDate": until.replace(microsecond=0)}
        self._server.again(
            lambda: self._server.call(self.client.put_object_retention, Key=self._server.at(key), Retention=wanted)
        )
        found = self._server.again(lambda: self._server.call(self.client.head_object, Key=self._server.at(key)))
        if found.get("ObjectLockMode") != wanted["Mode"]:
            raise VaultError("The storage server took the lock and does not keep it.")

    def hold(self, key: str, *, on: bool) -> None:
        """Set or lift the legal hold of an object and read it back; ``VaultError`` when the server does not keep it."""
        self._need("legal-hold", holds)
        wanted = "ON" if on else "OFF"
        self._server.again(
            lambda: self._server.call(
                self.client.put_object_legal_hold, Key=self._server.at(key), LegalHold={"Status": wanted}
            )
        )
        found = self._server.again(lambda: self._server.call(self.client.head_object, Key=self._server.at(key)))
        if found.get("ObjectLockLegalHoldStatus", "OFF") != wanted:
            raise VaultError("The storage server took the legal hold and does not keep it.")

    def _need(self, promise: str, proved: Callable[[S3Vault], bool]) -> None:
        """Prove a kind of lock on an object of our own first: a server without it may take the call for a write over the record."""
        if promise not in self._proved:
            try:
                self._proved[promise] = proved(self)
            except Passing as error:
                raise VaultError("The storage server does not answer as it should.") from error
        if not self._proved[promise]:
            raise VaultError(f"The storage server does not keep the promise that is configured: {promise}.")

    # --- reading

    def manifest(self, key: str) -> bytes:
        """Read the manifest beside an object."""
        return b"".join(self.get(key + MANIFEST))

    def verify(self, key: str, size: int, sha256: str) -> Proof:
        """Read the object back from the server, hash it and give the proof."""
        proof = prove(f"{self.name}:{key}", self.get(key), size, sha256)
        if proof is None:
            raise Corrupt("The stored object is not the bytes that were put in.")
        return proof

    def get(self, key: str) -> Iterator[bytes]:
        """The plain bytes in chunks."""
        try:
            raw = self._read(key)
            yield from self._sealer.open(raw) if self._sealer else raw
        except SealError as error:
            raise Corrupt("The stored object does not open.") from error

    def _read(self, key: str) -> Iterator[bytes]:
        """The stored bytes; when the connection breaks, goes on where it broke, if the object is still the same one."""
        offset, tag, length, attempt = 0, "", -1, 0
        while length < 0 or offset < length:
            more = {"Range": f"bytes={offset}-", "IfMatch": tag} if offset else {}
            try:
                found = self._server.call(self.client.get_object, Key=self._server.at(key), **more)
                if length < 0:
                    length, tag = int(found["ContentLength"]), str(found["ETag"])
                with contextlib.closing(found["Body"]) as body:
                    for chunk in self._chunks(body, length - offset):
                        offset += len(chunk)
                        yield chunk
            except Passing as failure:
                self._server.wait(attempt, failure)
                attempt += 1

    @staticmethod
    def _chunks(body: Any, expected: int) -> Iterator[bytes]:
        try:
            for chunk in body.iter_chunks(_CHUNK):
                expected -= len(chunk)
                yield chunk
        except BotoCoreError as error:
            raise Passing(type(error).__name__) from error
        if expected > 0:
            raise Passing("cut")

    def list(self) -> Iterator[Entry]:
        """Every object and manifest below the prefix, in the order of keys."""
        start = self.settings.prefix
        token: dict[str, str] = {}
        while True:
            found = self._server.again(lambda: self._server.call(self.client.list_objects_v2, Prefix=start, **token))  # noqa: B023 - called at once
            for entry in found.get("Contents", ()):
                key = entry["Key"][len(start) :]
                if not key.startswith("probe/"):
                    yield Entry(key, int(entry["Size"]), entry["LastModified"])
            if not found.get("IsTruncated"):
                return
            token = {"ContinuationToken": found["NextContinuationToken"]}

    def free(self) -> int | None:
        """Not known of a bucket."""
        return None

    # --- removing

    def remove(self, key: str, grounds: Grounds) -> None:
        """Remove an object, then its manifest; in a bucket with versions both stay as old versions until those expire."""
        check_grounds(grounds, key, key.rpartition("/")[2].partition(".")[0], operation_of(key))
        for name in (key, key + MANIFEST):
            self._server.again(lambda: self._remove_one(name))  # noqa: B023 - called at once

    def _remove_one(self, key: str) -> None:
        try:
            with translated():
                remove_object(self.client, self.settings.bucket, self._server.at(key))
        except Absent:
            return

    def uploads(self, key: str = "") -> Iterator[Upload]:
        """Uploads in parts that nobody has completed, of keys that start so."""
        found = self._server.again(
            lambda: self._server.call(self.client.list_multipart_uploads, Prefix=self._server.at(key), MaxUploads=1000)
        )
        for entry in found.get("Uploads", ()):
            yield Upload(entry["Key"][len(self.settings.prefix) :], entry["UploadId"], entry["Initiated"])

    def abort_uploads(self, operation: str, key: str = "") -> int:
        """End the uploads in parts that an operation left behind, and say how many there were."""
        left = [found for found in self.uploads(key) if operation and operation_of(found.key) == operation]
        for found in left:
            self._abort(found.key, found.upload)
        return len(left)

    def _abort(self, key: str, upload: str) -> None:
        def end() -> None:
            with contextlib.suppress(Absent), translated():
                abort_upload(self.client, self.settings.bucket, self._server.at(key), upload)

        self._server.again(end)


def open_s3(settings: VaultSettings, sealer: Sealer | None) -> S3Vault:
    """Open the configured bucket; credentials come from the environment or boto3's own chain, never from the settings."""
    if not settings.bucket:
        raise VaultError("An S3 vault needs its bucket: set [vault] bucket.")
    config = Config(
        region_name=settings.region,
        signature_version="s3v4",
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=64,
        user_agent="strongroom",  # botocore would put its own together twice for each request
        parameter_validation=False,
        s3={"addressing_style": "path" if settings.endpoint else "auto"},
    )
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=settings.endpoint or None,
        verify=str(settings.ca_file) if settings.ca_file else None,
        config=config,
    )
    return S3Vault(client, settings, sealer)


def _pieces(stream: Iterable[bytes], length: int) -> Iterator[bytes]:
    waiting = bytearray()
    for chunk in stream:
        waiting += chunk
        while len(waiting) >= length:
            yield bytes(waiting[:length])
            del waiting[:length]
    if waiting:
        yield bytes(waiting)


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")


def _md5(body: bytes) -> str:
    return _base64(hashlib.md5(body, usedforsecurity=False).digest())
