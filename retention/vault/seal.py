"""Optional envelope encryption: each object under its own key, that key wrapped by one that lies outside the catalogue.

A sealed object is a header (magic, wrapped data key), then frames of at most 64 KiB of plain text, each AES-256-GCM under the data
key with the frame's number and a last-frame mark as nonce and associated data (the STREAM construction; Hoang, Reyhanitabar, Rogaway
and Vizár, CRYPTO 2015). So a cut, reordered or extended object does not open. The wrapping key is a file of 32 bytes, raw or
in hexadecimal; without it nothing in the vault can be read, so keep a copy of it apart from the machine.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

FRAME = 64 << 10
_TAG = 16
_MAGIC = b"strongroom seal 1\n"
_WRAPPED = 40


class SealError(Exception):
    """An object does not open with this key, or a key file is not usable. The message names no file of a share."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals and opens streams of bytes with one wrapping key of 32 bytes."""

    key: bytes

    def seal(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Encrypt a stream; what comes out differs each time."""
        data_key = AESGCM.generate_key(bit_length=256)
        box = AESGCM(data_key)
        yield _MAGIC + aes_key_wrap(self.key, data_key)
        frames = _frames(chunks, FRAME)
        current = next(frames, b"")
        number = 0
        for following in frames:
            yield box.encrypt(_nonce(number, last=False), current, None)
            current, number = following, number + 1
        yield box.encrypt(_nonce(number, last=True), current, None)

    def open(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Decrypt a stream; raises ``SealError`` as soon as a byte of it is not what was sealed."""
        stream = _Reader(chunks)
        header = stream.take(len(_MAGIC) + _WRAPPED)
        if not header.startswith(_MAGIC):
            raise SealError("The object was not sealed by this program.")
        try:
            box = AESGCM(aes_key_unwrap(self.key, header[len(_MAGIC) :]))
        except (InvalidUnwrap, ValueError) as error:
            raise SealError("The object was sealed with another key.") from error
        current = stream.take(FRAME + _TAG)
        number = 0
        try:
            while following := stream.take(FRAME + _TAG):
                yield box.decrypt(_nonce(number, last=False), current, None)
                current, number = following, number + 1
            yield box.decrypt(_nonce(number, last=True), current, None)
        except (InvalidTag, ValueError) as error:
            raise SealError("The sealed object was cut or changed.") from error

    @staticmethod
    def size(plain: int) -> int:
        """How many bytes a sealed object of so many plain bytes takes."""
        frames = max(1, -(-plain // FRAME))
        return len(_MAGIC) + _WRAPPED + plain + frames * _TAG


def read_key(path: Path) -> Sealer:
    """Read the wrapping key from a file that only its owner may read; raises ``SealError`` when it is not usable."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(1024)
    except OSError as error:
        raise SealError(f"The vault's key file cannot be read ({error.strerror}). Check [vault] key_file.") from error
    if mode & 0o077:
        raise SealError("The vault's key file can be read by others. Allow its owner only: chmod 600.")
    if len(data.strip()) == 64:
        try:
            data = bytes.fromhex(data.decode("ascii").strip())
        except ValueError as error:
            raise SealError("The vault's key file holds 64 characters that are not hexadecimal.") from error
    if len(data) != 32:
        raise SealError("The vault's key file must hold 32 bytes, raw or as 64 hexadecimal characters.")
    return Sealer(data)


def _nonce(number: int, *, last: bool) -> bytes:
    return struct.pack(">?3xQ", last, number)


def _frames(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Cut a stream into frames of one size; the last may be shorter and there is none for no bytes."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= size:
            yield bytes(waiting[:size])
            del waiting[:size]
    if waiting:
        yield bytes(waiting)


class _Reader:
    """Takes exact numbers of bytes from a stream of chunks; fewer only at its end."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._waiting = bytearray()

    def take(self, count: int) -> bytes:
        while len(self._waiting) < count:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._waiting += chunk
        taken = bytes(self._waiting[:count])
        del self._waiting[:count]
        return taken
