"""Archives: zip (also one with a password), tar, gzip."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zlib
from collections.abc import Mapping

from tests.made.packing import pack

_CRC = [0] * 256
for _n in range(256):
    _value = _n
    for _ in range(8):
        _value = (_value >> 1) ^ (0xEDB88320 if _value & 1 else 0)
    _CRC[_n] = _value


def zipped(members: Mapping[str, bytes], *, password: str = "", deflate: bool = False) -> bytes:
    """Make a zip of bytes by name; with a password, encrypted the traditional way (APPNOTE.TXT 6.1)."""
    if not password:
        return pack(members.items(), deflate=deflate, when=(2019, 4, 1, 12, 0, 0))
    out, directory = bytearray(), bytearray()
    for name, data in members.items():
        crc = zlib.crc32(data)
        locked = _cipher(password.encode(), bytes(11) + bytes([crc >> 24]) + data)
        raw = name.encode()
        rest = struct.pack("<HHHHHIIIHH", 20, 0x801, 0, 0x6000, 0x4E81, crc, len(locked), len(data), len(raw), 0)
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + rest + struct.pack("<HHHII", 0, 0, 0, 0, len(out)) + raw
        out += b"PK\x03\x04" + rest + raw + locked
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(directory), len(out), 0)
    return bytes(out + directory) + b"PK\x05\x06" + end


def tarred(members: Mapping[str, bytes], *, gzipped: bool = False) -> bytes:
    """Make a tar of bytes by name, in a gzip if asked (stored, not deflated)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_554_120_000
            archive.addfile(info, io.BytesIO(data))
    return gzip_stored(buffer.getvalue()) if gzipped else buffer.getvalue()


def gzip_stored(data: bytes) -> bytes:
    """Make a gzip that stores, without a name or a time."""
    return gzip.compress(data, compresslevel=0, mtime=0)


def _cipher(password: bytes, data: bytes) -> bytes:
    keys = [0x12345678, 0x23456789, 0x34567890]
    for byte in password:
        _stir(keys, byte)
    out = bytearray()
    for byte in data:
        mixed = (keys[2] | 2) & 0xFFFF
        out.append(byte ^ (((mixed * (mixed ^ 1)) >> 8) & 0xFF))
        _stir(keys, byte)
    return bytes(out)


def _stir(keys: list[int], byte: int) -> None:
    keys[0] = (keys[0] >> 8) ^ _CRC[(keys[0] ^ byte) & 0xFF]
    keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
    keys[2] = (keys[2] >> 8) ^ _CRC[(keys[2] ^ (keys[1] >> 24)) & 0xFF]
