"""Hold a stream of bytes against what was promised of it, while it passes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from retention.vault import Corrupt


def checked(chunks: Iterable[bytes], size: int, sha256: str) -> Iterator[bytes]:
    """Pass a stream on and raise ``Corrupt`` at its end when it was not the promised bytes (``size`` in bytes)."""
    digest, count = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        count += len(chunk)
        yield chunk
    if count != size or digest.hexdigest() != sha256:
        raise Corrupt("The bytes to store are not those that were promised.")
