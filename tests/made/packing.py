"""Packages (zip) whose bytes depend on nothing but what is put in them."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable

_EPOCH = (1980, 1, 1, 0, 0, 0)
_TIMES = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")


def pack(
    members: Iterable[tuple[str, bytes]], *, deflate: bool = False, when: tuple[int, ...] = _EPOCH, comment: bytes = b""
) -> bytes:
    """Pack members in the given order.

    Stored by default: implementations of deflate differ from machine to machine in the bytes they choose.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.comment = comment
        for name, data in members:
            info = zipfile.ZipInfo(name, (when[0], when[1], when[2], when[3], when[4], when[5]))
            info.create_system = 3
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
            archive.writestr(info, data)
    return buffer.getvalue()


def unpack(package: bytes) -> list[tuple[str, bytes]]:
    """Give the members of a package, in their order."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def repack(package: bytes, written: dt.datetime) -> bytes:
    """Take the machine's clock and compressor out of an Office package: entry times, property times, deflate."""
    stamp = written.strftime("%Y-%m-%dT%H:%M:%SZ").encode()

    def steady(name: str, data: bytes) -> bytes:
        return _TIMES.sub(rb"\g<1>" + stamp + rb"\g<3>", data) if name == "docProps/core.xml" else data

    return pack((name, steady(name, data)) for name, data in unpack(package))
