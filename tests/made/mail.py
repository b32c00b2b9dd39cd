"""Internet mail: .eml with attachments, and .mbox."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Mapping
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from tests.made.paper import WRITTEN

_KINDS = {  # Python's table differs from version to version, the machine's from machine to machine
    "csv": "text/csv",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "jpg": "image/jpeg",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


def eml(
    subject: str,
    body: str,
    *,
    sender: str = "Officer <officer@example.com>",
    to: str = "Colleague <colleague@example.com>",
    date: dt.datetime = WRITTEN,
    html: str = "",
    attachments: Mapping[str, bytes] | None = None,
) -> bytes:
    """One message; ``html`` is the same body for readers of HTML, attachments are bytes by file name."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = format_datetime(date)
    token = sha256("\0".join([subject, sender, str(date), body]).encode()).hexdigest()[:24]
    message["Message-ID"] = f"<{token}@example.com>"
    message.set_content(body, cte="quoted-printable")
    if html:
        message.add_alternative(html, subtype="html", cte="quoted-printable")
    for name, data in (attachments or {}).items():
        kind = _KINDS.get(name.rpartition(".")[2].lower(), "application/octet-stream")
        maintype, _, subtype = kind.partition("/")
        message.add_attachment(data, maintype=maintype, subtype=subtype, filename=name)
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{token}_{number}")
    return message.as_bytes()


def mbox(messages: Iterable[tuple[str, dt.datetime, bytes]]) -> bytes:
    """Make a mailbox of (sender's address, date, message) in the mboxrd form."""
    out = bytearray()
    for sender, date, message in messages:
        out += f"From {sender} {time.asctime(date.utctimetuple())}\n".encode()
        for line in message.replace(b"\r\n", b"\n").split(b"\n"):
            out += (b">" + line if line.lstrip(b">").startswith(b"From ") else line) + b"\n"
        out += b"\n"
    return bytes(out)
