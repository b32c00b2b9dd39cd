"""Files that cannot be read, or are not what they seem."""

from __future__ import annotations

import random
import struct
from xml.sax.saxutils import escape

from tests.made.ole import compound

_AGILE = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><encryption xmlns="http://schemas.microsoft.com/office/2006/'
    'encryption" xmlns:p="http://schemas.microsoft.com/office/2006/keyEncryptor/password"><keyData saltSize="16" '
    'blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" '
    'hashAlgorithm="SHA512" saltValue="AAECAwQFBgcICQoLDA0ODw=="/></encryption>'
)


def encrypted_office(*, seed: int = 0, size: int = 24_000) -> bytes:
    """Give what Word or Excel leave when a file has a password: a compound file of noise ([MS-OFFCRYPTO] 2.3.4)."""
    noise = random.Random(seed).randbytes(size)
    info = struct.pack("<HHI", 4, 4, 0x40) + _AGILE.encode()
    spaces = "\x06DataSpaces"
    return compound(
        {
            "EncryptionInfo": info,
            "EncryptedPackage": struct.pack("<Q", size - 8) + noise,
            f"{spaces}/Version": "\x3c\0Microsoft.Container.DataSpaces".encode("utf-16-le"),
        }
    )


def truncated(data: bytes, *, keep: float = 0.4) -> bytes:
    """Give the beginning of a file whose copying was cut off."""
    return data[: int(len(data) * keep)]


def lock_file(user: str) -> bytes:
    """Give the owner file that Word puts beside an open document: a user's name, twice, in 162 bytes."""
    name = user[:26]
    short = bytes([len(name)]) + name.encode("cp1252", "replace").ljust(53, b" ")
    return (short + struct.pack("<H", len(name)) + name.encode("utf-16-le")).ljust(162, b"\0")


def thumbs_db() -> bytes:
    """Windows' cache of thumbnails."""
    catalogue = struct.pack("<HHIII", 16, 7, 1, 96, 96)
    return compound({"Catalog": catalogue, "1": b"\x0c\0\0\0\x01\0\0\0" + bytes(600)})


def ds_store() -> bytes:
    """Give the Finder's notes about a folder."""
    return b"\0\0\0\x01Bud1\0\0\x10\0\0\0\x08\0\0\0\x10\0".ljust(6148, b"\0")


def desktop_ini() -> bytes:
    """Windows' notes about a folder."""
    return b"[.ShellClassInfo]\r\nIconResource=C:\\WINDOWS\\System32\\SHELL32.dll,3\r\n"


def key_database(*, seed: int = 0) -> bytes:
    """Make a password safe: the KeePass 2 signature and noise."""
    return bytes.fromhex("03D9A29A67FB4BB501000400") + random.Random(seed).randbytes(2400)


def sound(*, seed: int = 0, seconds: int = 1) -> bytes:
    """Make a recording: a WAV of quiet noise, 8 kHz, eight bits."""
    data = bytes(128 + random.Random(seed).randrange(-6, 7) for _ in range(8000 * seconds))
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8)
    return b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVE" + form + b"data" + struct.pack("<I", len(data)) + data


def access_database() -> bytes:
    """Give the first pages of an Access 2003 database."""
    return (b"\0\x01\0\0Standard Jet DB\0\x01\0\0\0").ljust(8192, b"\0")


def ms_project() -> bytes:
    """Make a compound file of a kind nobody here reads."""
    return compound({"Props": escape("schedule").encode() * 40, "   114/TBkndTask/FixedData": bytes(5000)})
