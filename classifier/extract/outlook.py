"""Outlook messages ([MS-OXMSG]): subject, people, body, attachments and messages inside messages."""

from __future__ import annotations

import datetime as dt
import io
import re
import struct
from typing import BinaryIO

from classifier.compound import Compound, CompoundError
from classifier.extract import html, plain, rtf
from classifier.extract.draft import Draft
from classifier.item import PartKind, Unreadable

_SUBJECT, _BODY, _HTML, _RTF, _TRANSPORT = "0037", "1000", "1013", "1009", "007d"
_PEOPLE = (
    ("From", "0c1a"), ("From address", "0c1f"), ("From address", "5d01"), ("On behalf of", "0042"),
    ("To", "0e04"), ("Cc", "0e03"), ("Bcc", "0e02"), ("Conversation", "0070"),
)  # fmt: skip
_RECIPIENT = ("3001", "3003", "39fe", "5ff6")
_STRING = re.compile(r"__substg1\.0_([0-9a-f]{4})(001f|001e)$")
_MESSAGE_PAGE, _INTERNET_PAGE, _SENT = 0x3FFD, 0x3FDE, 0x0039
_EPOCH = dt.datetime(1601, 1, 1, tzinfo=dt.UTC)
_TYPES = frozenset({"SMTP", "EX", "MAPIPDL", "UNKNOWN"})  # kinds of address
_DONE = frozenset({_SUBJECT, _BODY, _HTML, _RTF, _TRANSPORT, "001a", "003d", "0e1d", "1035", "0065", "0064"})


def read(file: BinaryIO, draft: Draft) -> None:
    """A whole .msg file."""
    try:
        read_storage(Compound(file), "", draft)
    except (CompoundError, struct.error, KeyError) as error:
        raise Unreadable("malformed", "the message's structure is damaged") from error


def read_storage(compound: Compound, prefix: str, draft: Draft) -> None:
    """The message whose streams lie at ``prefix`` (empty or ending in ``/``)."""
    draft.reader = "msg"
    fixed = _fixed(compound, prefix)
    page = _code_page(fixed)
    draft.add("subject", _text(compound, prefix, _SUBJECT, page), PartKind.SUBJECT)
    draft.add("headers", "\n".join(_heads(compound, prefix, page, fixed)), PartKind.HEADER)
    _add_body(compound, prefix, page, draft)
    draft.add("transport headers", _text(compound, prefix, _TRANSPORT, page), PartKind.HEADER)
    draft.add("properties", "\n".join(_others(compound, prefix, page)), PartKind.FIELD)
    for path, entry in compound.below(prefix.rstrip("/")):
        if not entry.is_stream and path[len(prefix) :].startswith("__attach"):
            draft.budget.take_entries(1)
            _add_attachment(compound, f"{path}/", page, draft)


def _fixed(compound: Compound, prefix: str) -> dict[int, bytes]:
    """Properties of fixed length, by number: eight bytes each."""
    data = compound.read(f"{prefix}__properties_version1.0")
    start = 32 if not prefix else 24
    found = {}
    for at in range(start, len(data) - 15, 16):
        number = struct.unpack_from("<H", data, at + 2)[0]
        found[number] = data[at + 8 : at + 16]
    return found


def _code_page(fixed: dict[int, bytes]) -> str:
    for number in (_INTERNET_PAGE, _MESSAGE_PAGE):
        if number in fixed:
            page = struct.unpack_from("<I", fixed[number])[0]
            name = {65001: "utf-8", 20127: "cp1252", 28591: "cp1252", 28605: "iso8859-15", 50220: "iso2022_jp",
                    51932: "euc_jp", 20866: "koi8_r", 1200: "utf-16-le"}.get(page, f"cp{page}")  # fmt: skip
            try:
                b"".decode(name)
            except LookupError:
                continue
            return name
    return "cp1252"


def _text(compound: Compound, prefix: str, number: str, page: str) -> str:
    path = f"{prefix}__substg1.0_{number}"
    if compound.has(f"{path}001f"):
        return compound.read(f"{path}001f").decode("utf-16-le", "replace")
    if compound.has(f"{path}001e"):
        return _narrow(compound.read(f"{path}001e"), page)
    return ""


def _narrow(raw: bytes, page: str) -> str:
    if raw.isascii():
        return raw.decode("ascii")
    try:
        return raw.decode(page)
    except (UnicodeDecodeError, LookupError):
        return plain.decode(raw)


def _heads(compound: Compound, prefix: str, page: str, fixed: dict[int, bytes]) -> list[str]:
    lines = [f"{label}: {text}" for label, number in _PEOPLE if (text := _text(compound, prefix, number, page))]
    for path, entry in compound.below(prefix.rstrip("/")):
        if not entry.is_stream and path[len(prefix) :].startswith("__recip"):
            names = dict.fromkeys(_text(compound, f"{path}/", number, page) for number in _RECIPIENT)
            lines.append(f"Recipient: {' '.join(filter(None, names))}")
    if _SENT in fixed:
        ticks = struct.unpack("<Q", fixed[_SENT])[0]
        if ticks < 1 << 60:
            lines.append(f"Date: {(_EPOCH + dt.timedelta(microseconds=ticks // 10)).isoformat()}")
    return lines


def _add_body(compound: Compound, prefix: str, page: str, draft: Draft) -> None:
    body = _text(compound, prefix, _BODY, page)
    draft.add("body", body.replace("\r\n", "\n"))
    path = f"{prefix}__substg1.0_{_HTML}"
    if compound.has(f"{path}0102"):
        html.add_page(compound.read(f"{path}0102"), draft, "html", page)
    elif compound.has(f"{path}001f"):
        html.add_markup(_text(compound, prefix, _HTML, page), draft, "html")
    elif not body.strip() and compound.has(f"{prefix}__substg1.0_{_RTF}0102"):
        packed = compound.read(f"{prefix}__substg1.0_{_RTF}0102")
        rtf.add(inflate(packed, draft), draft)


def _others(compound: Compound, prefix: str, page: str) -> list[str]:
    """Every other property of text: what appointments, contacts and tasks keep their details in."""
    known = _DONE | {number for _, number in _PEOPLE}
    lines: dict[str, None] = {}
    for path, entry in compound.below(prefix.rstrip("/")):
        match = _STRING.match(path[len(prefix) :])
        if match and entry.size < 1 << 16 and match.group(1) not in known:
            text = _text(compound, prefix, match.group(1), page).strip("\0 ")
            if len(text) > 1 and text not in _TYPES and not text.startswith(("EX:", "SMTP:", "IPM.")):
                lines[text] = None
    return list(lines)


def _add_attachment(compound: Compound, prefix: str, page: str, draft: Draft) -> None:
    name = (
        _text(compound, prefix, "3707", page)
        or _text(compound, prefix, "3704", page)
        or _text(compound, prefix, "3001", page)
    )
    draft.add("attachment names", name, PartKind.FIELD)
    path = f"{prefix}__substg1.0_3701"
    if compound.has(f"{path}0102"):
        data = compound.read(f"{path}0102")
        draft.budget.take_bytes(len(data))
        if data:
            draft.attach(draft, name or "attachment", io.BytesIO(data))
    elif compound.has(f"{path}000d"):
        _add_inner(compound, f"{path}000d/", name, draft)


def _add_inner(compound: Compound, prefix: str, name: str, draft: Draft) -> None:
    from classifier.extract import oldembedded  # noqa: PLC0415 - objects may hold messages: the two call each other

    if not compound.has(f"{prefix}__properties_version1.0"):
        oldembedded.add_storage(compound, prefix, draft)
        return
    child = draft.child("msg", mail=True)
    if child.mails > draft.limits.mail_depth:
        draft.cut(f"mail-depth:{draft.limits.mail_depth}")
        return
    try:
        read_storage(compound, prefix, child)
    except Unreadable as problem:
        draft.refuse(problem)
    draft.adopt(name or "message", child)


_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbol"
    b"ArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def inflate(packed: bytes, draft: Draft) -> bytes:
    """Unpack compressed RTF ([MS-OXRTFCP]); raises ``malformed``."""
    if len(packed) < 16:
        raise Unreadable("malformed", "the packed body is cut short")
    size, kind = struct.unpack_from("<II", packed, 4)
    if kind == 0x414C454D:
        return packed[16 : 16 + size]
    if kind != 0x75465A4C:
        raise Unreadable("malformed", "the body is packed in an unknown way")
    draft.budget.take_bytes(min(size, len(packed) * 9))
    ring = bytearray(_DICTIONARY.ljust(4096, b"\0"))
    write, out, at = len(_DICTIONARY), bytearray(), 16
    while at < len(packed) and len(out) < size:
        control = packed[at]
        at += 1
        for bit in range(8):
            if at >= len(packed):
                break
            if not control & (1 << bit):
                chunk = packed[at : at + 1]
                at += 1
            else:
                reference = int.from_bytes(packed[at : at + 2], "big")
                at += 2
                offset, length = reference >> 4, (reference & 0xF) + 2
                if offset == write:
                    return bytes(out)
                chunk = _copy(ring, offset, length, write)
            for byte in chunk:
                ring[write] = byte
                write = (write + 1) & 0xFFF
            out += chunk
    return bytes(out)


def _copy(ring: bytearray, offset: int, length: int, write: int) -> bytes:
    """Bytes from the ring; a reference may run into what it is itself writing."""
    chunk = bytearray()
    for step in range(length):
        place = (offset + step) & 0xFFF
        distance = (place - write) & 0xFFF
        chunk.append(chunk[distance] if distance < len(chunk) else ring[place])
    return bytes(chunk)
