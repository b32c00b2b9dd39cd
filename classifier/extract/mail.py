"""Mail of the internet: messages (RFC 5322, MIME), mailboxes (RFC 4155) and web archives (RFC 2557)."""

from __future__ import annotations

import email
import email.errors
import email.policy
import io
import re
from email.header import decode_header
from email.message import Message
from typing import Any, BinaryIO

from classifier.extract.draft import Draft
from classifier.extract.html import add_page
from classifier.extract.plain import decode
from classifier.item import PartKind, Unreadable

_FROM = re.compile(rb"(?:\A|\n)From [^\n]*\n")
_BORING = re.compile(
    r"^(?:received|x-|dkim-|arc-|authentication-results|mime-version|content-|return-path|list-|precedence|domainkey)",
    re.IGNORECASE,
)
_MOST_HEADER = 1 << 16


def read(file: BinaryIO, draft: Draft) -> None:
    """One message: headers, bodies, attachments, messages inside it."""
    file.seek(0)
    data = file.read()
    first, _, rest = data.partition(b"\n")
    if first.strip().isdigit():
        data = rest[: int(first[:12])]  # .emlx: length, message, property list
    add_message(data, draft)
    draft.reader = "email"


def read_mbox(file: BinaryIO, draft: Draft) -> None:
    """A mailbox: every message as an attachment of its own."""
    file.seek(0)
    data = file.read()
    draft.reader = "email"
    marks = list(_FROM.finditer(data))
    starts = [match.end() for match in marks]
    ends = [match.start() for match in marks]
    if not marks or marks[0].start() > 0:  # what stands before the first line that begins a message
        starts.insert(0, 0)
    else:
        del ends[0]
    ends.append(len(data))
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1):
        if number > draft.limits.entries:
            draft.cut(f"entries:{draft.limits.entries}/{len(starts)}")
            break
        child = draft.child("eml", mail=True)
        add_message(data[start:end], child)
        draft.adopt(f"message {number}", child)


def add_message(data: bytes, draft: Draft) -> None:
    """Add the message in ``data``."""
    if draft.mails > draft.limits.mail_depth:
        raise Unreadable("limit:depth", f"more than {draft.limits.mail_depth} messages inside each other")
    try:
        message = email.message_from_bytes(data, policy=email.policy.compat32)
    except (email.errors.MessageError, ValueError, LookupError, RecursionError) as error:
        raise Unreadable("malformed", "the message cannot be parsed") from error
    _add(message, draft)


def header(value: object) -> str:
    """A header's value, unfolded, with its encoded words (RFC 2047) decoded."""
    text = str(value)[:_MOST_HEADER].replace("\r", "").replace("\n", "")
    if "=?" not in text:
        return _raw(text)
    try:
        pieces = decode_header(text)
    except (ValueError, LookupError, email.errors.MessageError):
        return text
    return "".join(piece if isinstance(piece, str) else decode(piece, charset or "ascii") for piece, charset in pieces)


def _raw(text: str) -> str:
    """Undo the surrogates that the parser makes of bytes outside ASCII."""
    if text.isascii():
        return text
    return decode(text.encode("utf-8", "surrogateescape"))


def _add(message: Message, draft: Draft) -> None:
    subject = header(message.get("Subject", ""))
    draft.add("subject", subject, PartKind.SUBJECT)
    shown: list[str] = []
    boring: list[str] = []
    for key, value in message.items():
        (boring if _BORING.match(key) else shown).append(f"{key}: {header(value)}")
    draft.add("headers", "\n".join(shown), PartKind.HEADER)
    draft.add("transport headers", "\n".join(boring), PartKind.PROPERTY)
    _add_parts(message, draft)
    for name, text in (("preamble", message.preamble), ("epilogue", message.epilogue)):
        if text and text.strip() and not _CUSTOMARY.search(text):  # more than the usual word to old mail programs
            draft.add(name, text, hidden=True)


_CUSTOMARY = re.compile(r"multi-?part|mime", re.IGNORECASE)


def _add_parts(root: Message, draft: Draft) -> None:
    waiting: list[Any] = [root]
    count = 0
    while waiting:
        part = waiting.pop()
        count += 1
        if count > draft.limits.entries:
            draft.cut(f"entries:{draft.limits.entries}")
            return
        inner: Any = part.get_payload()
        if part.get_content_type() == "message/rfc822" and isinstance(inner, list):
            for message in inner:
                _add_inner(message, draft)
        elif isinstance(inner, list):
            waiting.extend(reversed(inner))
        else:
            _add_leaf(part, draft)


def _add_inner(message: Message, draft: Draft) -> None:
    child = draft.child("eml", mail=True)
    if child.mails > draft.limits.mail_depth:
        draft.cut(f"mail-depth:{draft.limits.mail_depth}")
        return
    _add(message, child)
    draft.adopt("message", child)


def _add_leaf(part: Message, draft: Draft) -> None:
    payload = _payload(part)
    if not payload:
        return
    kind = part.get_content_type()
    name = header(part.get_filename() or "")
    charset = _charset(part)
    if name:
        draft.add("attachment names", name, PartKind.FIELD)
    if kind == "text/html" and not name:
        add_page(payload, draft, "html", charset)
    elif kind in {"text/plain", "text/enriched"} and not name:
        draft.add("body", decode(payload, charset))
    else:
        draft.attach(draft, name or kind, io.BytesIO(payload))


def _payload(part: Message) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        return b""
    return payload if isinstance(payload, bytes) else b""


def _charset(part: Message) -> str:
    try:
        return str(part.get_content_charset() or "")
    except (ValueError, LookupError, UnicodeError):
        return ""
