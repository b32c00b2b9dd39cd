"""The note that is left where a file was: neutral words, a reference, and a signed mark by which we know our own notes.

A note is recognised by its signature, never by its name, so that nobody can hide a file from the crawl by naming it like a note.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import os
import re
from dataclasses import dataclass
from pathlib import Path

from retention.vault.removal import remove_scratch

MARK = "strongroom-note-1"
LARGEST = 8192
_SUFFIX = " – moved to restricted storage"
_FOLDER_NAME = "Files moved to restricted storage"
_NAME_MAX = 255
_MARKED = re.compile(rb"\[" + MARK.encode() + rb" ([0-9a-f]{32}|folder) ([0-9a-f]{64})\]\s*$")

_FILE_NOTE = """\
This file was moved on {date} because it may be more sensitive than this folder allows.
Nothing in it was changed, and it can be put back.

Reference: {reference}

To use it, or if you think that this is wrong, ask {access} and give the reference.
Urgent requests are answered the same working day.

If what you know of the file worries you:
  whistle-blowing: {whistleblowing}
  safeguarding: {safeguarding}

Deleting this note changes nothing.
"""
_FOLDER_NOTE = """\
One or more files in this folder were moved because they may be more sensitive than this folder allows.
Nothing in them was changed, and they can be put back.

To use a file that you miss, or if you think that this is wrong, ask {access}.
Urgent requests are answered the same working day.

If what you know of a file worries you:
  whistle-blowing: {whistleblowing}
  safeguarding: {safeguarding}

Deleting this note changes nothing.
"""


@dataclass(frozen=True, slots=True)
class Words:
    """What the council says in its notes."""

    access: str = "your information asset owner or the records management team"
    whistleblowing: str = "the council's intranet, under Whistle-blowing"
    safeguarding: str = "the council's intranet, under Safeguarding"


def write_note(words: Words, operation: str, reference: str, day: dt.date, key: bytes) -> bytes:
    """The note for one file, signed, in UTF-8 with the line ends that Windows expects."""
    text = _FILE_NOTE.format(
        date=f"{day.day} {day:%B %Y}",
        reference=reference,
        access=words.access,
        whistleblowing=words.whistleblowing,
        safeguarding=words.safeguarding,
    )
    return _sign(text, operation, key)


def write_notice(words: Words, key: bytes) -> bytes:
    """The one notice for a folder in which a file's very name is sensitive; it tells neither names nor numbers."""
    text = _FOLDER_NOTE.format(
        access=words.access, whistleblowing=words.whistleblowing, safeguarding=words.safeguarding
    )
    return _sign(text, "folder", key)


def read_mark(note: bytes, key: bytes) -> str:
    """Whose note this is: the operation's id, ``folder``, or empty when it is not ours or was changed."""
    found = _MARKED.search(note[-200:])
    if not found or len(note) > LARGEST:
        return ""
    subject = found[1].decode("ascii")
    body = note[: note.rindex(b"[" + MARK.encode())]
    return subject if hmac.compare_digest(found[2].decode("ascii"), _signature(body, subject, key)) else ""


def note_name(name: bytes, number: int = 1) -> bytes:
    """The note's name for a file's name; shortened at a letter when both would be longer than a name may be."""
    extra = f" ({number})" if number > 1 else ""
    tail = f"{_SUFFIX}{extra}.txt".encode()
    return _shorten(name, _NAME_MAX - len(tail)) + tail


def notice_name(number: int = 1) -> bytes:
    """The name of a folder's notice."""
    extra = f" ({number})" if number > 1 else ""
    return f"{_FOLDER_NAME}{extra}.txt".encode()


def returned_name(name: bytes, reference: str, number: int = 1) -> bytes:
    """The name for a file that comes back while its own name is in use: the ending stays, so that it still opens."""
    stem, dot, ending = name.rpartition(b".")
    if not stem or len(ending) > 16:
        stem, dot, ending = name, b"", b""
    extra = f" {number}" if number > 1 else ""
    tail = f" (put back {reference}{extra})".encode() + dot + ending
    return _shorten(stem, _NAME_MAX - len(tail)) + tail


def signing_key(path: Path) -> bytes:
    """Read the key that signs notes; made (32 bytes, owner only) when it is not there yet. Two at once get the same key."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{os.urandom(6).hex()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(32))
            file.flush()
            os.fsync(file.fileno())
        # A second run may have been quicker: its key then stands, for a link never replaces.
        _link_once(fresh, path)
    return path.read_bytes()


def _link_once(fresh: Path, path: Path) -> None:
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        remove_scratch(fresh, path.parent)


def _shorten(name: bytes, limit: int) -> bytes:
    if len(name) <= limit:
        return name
    cut = name[:limit]
    # A letter of several bytes is not torn: continuation bytes start with the bits 10.
    while cut and len(cut) < len(name) and name[len(cut)] & 0xC0 == 0x80:
        cut = cut[:-1]
    return cut


def _sign(text: str, subject: str, key: bytes) -> bytes:
    body = (text + "\n").replace("\n", "\r\n").encode()
    return body + f"[{MARK} {subject} {_signature(body, subject, key)}]\r\n".encode()


def _signature(body: bytes, subject: str, key: bytes) -> str:
    return hmac.new(key, subject.encode() + b"\0" + body, hashlib.sha256).hexdigest()
