"""What a file name says of a document: its name without the marks of versions, copies and dates.

People number versions by hand ("report v2 FINAL (use this one).docx"), and programs name copies ("Copy of …", "… (2)",
"… - Copy"). What remains when these are left off is called the stem. "Redacted" and "published" stay: they name another record.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import lru_cache

_GAP = re.compile(r"[\s_\-–—.,;+]+")
_FRONT = re.compile(r"^(?:copy(?: \(\d+\))? of |fw |fwd |re |new |~\$)+")
_BACK = re.compile(
    r"(?: copy(?: \d+| \(\d+\))?| ?\(\d+\)| ?\((?:copy|copied|autosaved|recovered|repaired|conflict[^)]*)\))+$"
)
_VERSION = re.compile(
    r"\b(?:v|ver|vers|version|rev|revision|issue)[ .]?\d+(?:[ .]\d+)*[a-z]?\b|\bdraft(?: ?\d+)?\b|\bfinal\b|\binterim\b"
    r"|\b(?:amended|updated|latest|clean|signed|tracked|track changes|with comments|old|new|use this one|do not use)\b"
    r"|\b(?:attachment|attachments|enclosure|att)(?: ?\d+)?\b|\([a-z ]*comments?\)"
)
_DATE = re.compile(
    r"\b(?:19|20)\d\d[ ](?:0?[1-9]|1[0-2])[ ](?:0?[1-9]|[12]\d|3[01])\b|\b(?:0?[1-9]|[12]\d|3[01])[ ](?:0?[1-9]|1[0-2])[ ](?:19|20)?\d\d\b"
    r"|\b(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\b|\b(?:19|20)\d\d\b"
    r"|\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
)
_BRACKETS = re.compile(r"[()!\[\]]+")
_SAVED = re.compile(rb"^(.+?)[ _.-]*(?:attachments?|files|att|enclosures?)$", re.IGNORECASE)
_EMPTY = frozenset(
    {
        "document",
        "doc",
        "untitled",
        "scan",
        "scanned",
        "img",
        "image",
        "photo",
        "picture",
        "book",
        "sheet",
        "presentation",
        "notes",
        "note",
        "report",
        "letter",
        "form",
        "file",
        "page",
        "attachment",
        "export",
        "print",
        "data",
        "list",
        "email",
        "message",
    }
)


@dataclass(frozen=True, slots=True)
class Stem:
    """A document's name without marks, and without dates as well; empty when nothing is left. ``marked`` says that marks stood in it."""

    document: bytes
    undated: bytes
    marked: bool


NAMELESS = Stem(b"", b"", marked=False)


def stem_of(name: bytes) -> Stem:
    """Take the marks off a file name."""
    base, _, suffix = name.rpartition(b".")
    text = os.fsdecode(base if base and len(suffix) <= 5 else name).casefold()
    plain = _GAP.sub(" ", text).strip()
    bare = _VERSION.sub(" ", _BACK.sub("", _FRONT.sub("", plain)))
    document = _BRACKETS.sub(" ", bare)
    document = " ".join(document.split())
    undated = " ".join(_DATE.sub(" ", document).split())
    marked = document != " ".join(_BRACKETS.sub(" ", plain).split())
    return Stem(document.encode("utf-8", "surrogateescape"), undated.encode("utf-8", "surrogateescape"), marked)


def is_empty_word(stem: bytes) -> bool:
    """Whether a stem names nothing in particular: a word that programs and hurried people give, or a number alone."""
    text = stem.decode("utf-8", "replace")
    return all(word in _EMPTY or word.isdigit() for word in text.split())


def bundle_of(folder: bytes, document: bytes, *, mail: bool) -> bytes:
    """What a mail shares with the folder that its attachments were saved in ("<subject> attachments"); empty for other items."""
    if mail:
        return folder + b"/" + document if document else b""
    return _saved_from(folder)


@lru_cache(maxsize=4096)
def _saved_from(folder: bytes) -> bytes:
    above, slash, last = folder.rpartition(b"/")
    match = _SAVED.match(last)
    if match is None:
        return b""
    subject = stem_of(match[1] + b".eml").document
    return above + slash + subject if slash else b"/" + subject
