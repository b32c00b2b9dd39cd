"""Outlook messages (.msg): a compound file of MAPI properties, after [MS-OXMSG]."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Iterable, Mapping
from email.utils import format_datetime

from tests.made.ole import compound
from tests.made.paper import WRITTEN

_MSG_CLSID = bytes.fromhex("0B0D020000000000C000000000000046")
_INTEGER, _TIME, _UNICODE, _BINARY = 0x0003, 0x0040, 0x001F, 0x0102
_READABLE_WRITABLE = 6
_1601 = dt.datetime(1601, 1, 1, tzinfo=dt.UTC)
Value = str | bytes | int | dt.datetime


def write(
    subject: str,
    body: str,
    *,
    sender: tuple[str, str] = ("Officer", "officer@example.com"),
    to: Iterable[tuple[str, str]] = (("Colleague", "colleague@example.com"),),
    date: dt.datetime = WRITTEN,
    attachments: Mapping[str, bytes] | None = None,
) -> bytes:
    """One message with its recipients and attachments (bytes by file name)."""
    people = list(to)
    files = list((attachments or {}).items())
    streams = {f"__nameid_version1.0/__substg1.0_000{n}0102": b"" for n in (2, 3, 4)}
    top: dict[int, Value] = {
        0x001A: "IPM.Note",
        0x0037: subject,
        0x0070: subject,
        0x1000: body.replace("\n", "\r\n"),
        0x0C1A: sender[0],
        0x0C1E: "SMTP",
        0x0C1F: sender[1],
        0x0E04: "; ".join(name for name, _ in people),
        0x0039: date,
        0x0E06: date,
        0x007D: f"From: {sender[0]} <{sender[1]}>\r\nSubject: {subject}\r\nDate: {format_datetime(date)}\r\n",
        0x340D: 0x40000,  # its texts are Unicode
    }
    counts = struct.pack("<8xIIII8x", len(people), len(files), len(people), len(files))
    _properties(streams, "", top, counts)
    for number, (name, address) in enumerate(people):
        about: dict[int, Value] = {0x3001: name, 0x3002: "SMTP", 0x3003: address, 0x39FE: address, 0x0C15: 1}
        _properties(streams, f"__recip_version1.0_#{number:08X}/", about, bytes(8))
    for number, (name, data) in enumerate(files):
        about = {0x3704: name[:12], 0x3707: name, 0x3701: data, 0x3705: 1, 0x0E21: number}
        _properties(streams, f"__attach_version1.0_#{number:08X}/", about, bytes(8))
    return compound(streams, clsid=_MSG_CLSID)


def _properties(streams: dict[str, bytes], place: str, values: Mapping[int, Value], head: bytes) -> None:
    rows = bytearray(head)
    for tag, value in sorted(values.items()):
        if isinstance(value, dt.datetime):
            ticks = (value - _1601) // dt.timedelta(microseconds=1) * 10
            rows += struct.pack("<HHIQ", _TIME, tag, _READABLE_WRITABLE, ticks)
        elif isinstance(value, int):
            rows += struct.pack("<HHIIi", _INTEGER, tag, _READABLE_WRITABLE, value, 0)
        else:
            data = value.encode("utf-16-le") if isinstance(value, str) else value
            kind = _UNICODE if isinstance(value, str) else _BINARY
            streams[f"{place}__substg1.0_{tag:04X}{kind:04X}"] = data
            told = len(data) + (2 if kind == _UNICODE else 0)
            rows += struct.pack("<HHIIi", kind, tag, _READABLE_WRITABLE, told, 0)
    streams[f"{place}__properties_version1.0"] = bytes(rows)
