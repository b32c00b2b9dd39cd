"""Talk to an S3 server: which of its failures may pass and are tried again, and what the others mean."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from retention.vault import Absent, Occupied, VaultError

TRIES = 5
_PASSING = frozenset(
    {
        "429",
        "500",
        "502",
        "503",
        "504",
        "BadDigest",
        "IncompleteBody",
        "InternalError",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
    }
)
_MISSING = frozenset({"404", "NoSuchKey", "NoSuchUpload", "NotFound"})
_TAKEN = frozenset({"412", "409", "PreconditionFailed", "ConditionalRequestConflict"})
_T = TypeVar("_T")


class Passing(Exception):  # noqa: N818 - it says what the failure is
    """The failure may pass: look, and try again. Its text is a machine word for the case that it does not pass."""


@dataclass(frozen=True, slots=True)
class Server:
    """One bucket of one server. ``pause`` waits for some seconds."""

    client: Any
    bucket: str
    prefix: str
    pause: Callable[[float], None]

    def at(self, key: str) -> str:
        """The key as the server knows it."""
        return self.prefix + key

    def call(self, method: Callable[..., Mapping[str, Any]], **arguments: Any) -> Mapping[str, Any]:
        """Call a method of the client on the bucket, once."""
        with translated():
            return method(Bucket=self.bucket, **arguments)

    def again(self, act: Callable[[], _T]) -> _T:
        """Do something that may safely be repeated, until it works or was tried often enough; then ``VaultError``."""
        attempt = 0
        while True:
            try:
                return act()
            except Passing as failure:
                self.wait(attempt, failure)
                attempt += 1

    def wait(self, attempt: int, failure: Passing) -> None:
        """Wait longer after each attempt; ``VaultError`` after the last."""
        if attempt >= TRIES - 1:
            raise VaultError(f"The storage server does not answer as it should: {failure}.") from failure
        self.pause(0.05 * 4**attempt)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn every error of boto3 into ``Absent``, ``Occupied``, ``Passing`` or ``VaultError``."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = str(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))
        if code == "NoSuchBucket":
            raise VaultError("There is no such bucket on the storage server.") from error
        if code in _MISSING or status in _MISSING:
            raise Absent("There is no object under this key.") from error
        if code in _TAKEN or status in _TAKEN:
            raise Occupied("The key is in use.") from error
        if code in _PASSING or status in _PASSING:
            raise Passing(code or status) from error
        raise VaultError(f"The storage server refused: {code or status}.") from error
    except BotoCoreError as error:
        raise Passing(type(error).__name__) from error
