"""Mail of the internet (RFC 5322, MIME) through the standard library."""

from __future__ import annotations

import email
import email.policy
import io
from email.header import decode_header, make_header
from email.message import Message
from typing import BinaryIO

from classifier.extract.draft import Draft
from classifier.extract.html import add_page
from classifier.extract.plain import decode
from classifier.item import PartKind


def read(file: BinaryIO, draft: Draft) -> None:
    """One message with all its parts."""
    file.seek(0)
    add_message(email.message_from_bytes(file.read(), policy=email.policy.compat32), draft)
    draft.reader = "email"


def header(value: object) -> str:
    """A header's value with its encoded words decoded."""
    text = str(value)
    if "=?" not in text:
        return text
    try:
        return str(make_header(decode_header(text)))
    except (ValueError, LookupError, UnicodeError, email.errors.MessageError):
        return text


def add_message(message: Message, draft: Draft) -> None:
    """Add headers, bodies and attachments of ``message``."""
    draft.add("subject", header(message.get("Subject", "")), PartKind.SUBJECT)
    lines = [f"{key}: {header(value)}" for key, value in message.items() if key.lower() in _SHOWN]
    draft.add("headers", "\n".join(lines), PartKind.HEADER)
    _add_parts(message, draft)


_SHOWN = frozenset({"from", "to", "cc", "bcc", "date", "reply-to", "sender", "subject"})


def _add_parts(message: Message, draft: Draft) -> None:
    if message.is_multipart():
        for part in message.get_payload():
            _add_parts(part, draft)
        return
    payload = message.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return
    name = header(message.get_filename() or "")
    kind = message.get_content_type()
    if not name and kind == "text/html":
        add_page(payload, draft, "html", str(message.get_content_charset() or ""))
    elif not name and kind.startswith("text/"):
        draft.add("body", decode(payload, str(message.get_content_charset() or "")))
    elif payload:
        draft.attach(draft, name or kind, io.BytesIO(payload))
