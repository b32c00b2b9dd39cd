"""First bytes → format: own look at signatures and inside zip and OLE containers, libmagic for the rest."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Any, BinaryIO

import magic

from classifier.compound import MAGIC, Compound, CompoundError
from classifier.formats import (
    CONTENT_TYPES,
    EXTENSIONS,
    LIBMAGIC,
    MIMES,
    OPEN_DOCUMENT,
    SIGNATURES,
    STREAMS,
    ZIP_NAMES,
)

_HEAD = 4096
_MAGIC_HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class Identity:
    """What a file is: a short lowercase name, its MIME type, whether its name disagrees, and machine words about it."""

    format: str
    mime: str
    mismatch: bool = False
    notes: tuple[str, ...] = ()


def identify(file: BinaryIO, name: bytes = b"") -> Identity:
    """Tell the format of ``file`` (seekable, binary) by content; the extension of ``name`` is only a hint.

    Never fails: what nothing knows is ``data``. ``mismatch`` says that the extension promises another format.
    """
    file.seek(0)
    head = file.read(_HEAD)
    extension = name.rpartition(b".")[2].decode("ascii", "replace").lower() if b"." in name else ""
    fmt, mime = _format(file, head, extension)
    promised = EXTENSIONS.get(extension)
    mismatch = promised is not None and fmt not in promised and fmt not in {"empty", "encrypted-office"}
    return Identity(fmt, mime or MIMES.get(fmt, "application/octet-stream"), mismatch)


def warm() -> None:
    """Load libmagic's database."""
    _libmagic().from_buffer(b"\0")


def _format(file: BinaryIO, head: bytes, extension: str) -> tuple[str, str]:  # noqa: C901, PLR0911 - guards in order of precedence
    if not head:
        return "empty", "application/x-empty"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _in_zip(file, head, extension), ""
    if head.startswith(MAGIC):
        return _in_compound(file), ""
    for signature, offset, kind in SIGNATURES:
        if head.startswith(signature, offset):
            return kind, ""
    if b"%PDF-" in head[:1024]:
        return "pdf", ""
    if head[:4] == b"RIFF":
        return {b"WEBP": "webp", b"WAVE": "wav", b"AVI ": "avi"}.get(head[8:12], "data"), ""
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "mp4"), ""
    if len(head) > 262 and head[257:262] == b"ustar":
        return "tar", ""
    text = _as_text(head)
    if text is not None:
        return _in_text(text, extension), ""
    if _old_tar(head):
        return "tar", ""
    return _by_libmagic(file, extension)


_BRANDS = {
    b"heic": "heic",
    b"heix": "heic",
    b"mif1": "heic",
    b"avif": "avif",
    b"qt  ": "mov",
    b"M4A ": "m4a",
    b"jp2 ": "jp2",
}


def _old_tar(head: bytes) -> bool:
    """A tar of before ``ustar``: its checksum is the only mark."""
    block = head[:512]
    if len(block) < 512 or not block[0]:
        return False
    try:
        stated = int(block[148:156].strip(b" \0") or b"x", 8)
    except ValueError:
        return False
    return stated == sum(block[:148]) + 32 * 8 + sum(block[156:])


def _in_zip(file: BinaryIO, head: bytes, extension: str) -> str:
    try:
        file.seek(0)
        archive = zipfile.ZipFile(file)
        infos = archive.NameToInfo
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, UnicodeError):
        return _broken_zip(head, extension)
    for member, table in (("mimetype", OPEN_DOCUMENT), ("[Content_Types].xml", CONTENT_TYPES)):
        if member in infos:
            said = _first_bytes(archive, infos[member])
            for mark, fmt in table:
                if mark in said:
                    return fmt
    for begin, fmt in ZIP_NAMES:
        if any(name.startswith(begin) for name in infos):
            return fmt
    return "zip"


def _first_bytes(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(info) as member:
            return member.read(1 << 18)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, RuntimeError, NotImplementedError):
        return b""


def _broken_zip(head: bytes, extension: str) -> str:
    """A zip without a readable directory: its first members' names still stand in the head."""
    for mark, fmt in OPEN_DOCUMENT:
        if mark in head[:200]:
            return fmt
    for begin, fmt in ZIP_NAMES:
        if begin.encode() in head:
            return fmt
    if b"[Content_Types].xml" in head and "zip" in EXTENSIONS.get(extension, ()):
        return next(iter(EXTENSIONS[extension]), "zip")
    return "zip"


def _in_compound(file: BinaryIO) -> str:
    try:
        entries = Compound(file).entries
    except CompoundError:
        file.seek(0)
        data = file.read(1 << 20)
        for name, fmt in STREAMS:
            if name.encode("utf-16-le") in data.lower():
                return fmt
        return "ole"
    for name, fmt in STREAMS:
        if name in entries:
            return fmt
    return "ole"


_FEW = 2  # stray control characters that any text may have
_ASCII = bytes(range(128))
_TEXT_BYTES = bytes(range(32, 256)) + b"\t\n\r\f\b\x1b\x1a\v"


def _as_text(head: bytes) -> str | None:  # noqa: PLR0911 - guards in order of precedence
    """The head as text if it is text in any usual encoding."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace")
    if head.startswith(b"\xef\xbb\xbf"):
        return head[3:].decode("utf-8", "replace")
    odd = len(head.translate(None, _TEXT_BYTES))
    if odd:
        zeros = head.count(0)
        if zeros * 3 > len(head):
            for encoding, offset in (("utf-16-le", 1), ("utf-16-be", 0)):
                if head[offset::2].count(0) * 10 > len(head) * 4 and head[1 - offset :: 2].count(0) * 20 < len(head):
                    return head.decode(encoding, "replace")
            return None
        if odd > _FEW and odd * 50 > len(head):
            return None
    if len(head.translate(None, _ASCII)) * 10 > len(head) * 3 and not _is_utf8(head):
        return head.decode("latin-1") if not _high_control(head) else None
    return head.decode("utf-8", "replace") if _is_utf8(head) else head.decode("latin-1")


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 4 and len(head) == _HEAD
    return True


def _high_control(head: bytes) -> bool:
    return b"\n" not in head and b" " not in head


_KNOWN_HEADER = re.compile(
    r"^(?:from|to|cc|bcc|subject|date|received|return-path|message-id|mime-version|delivered-to|reply-to|sender"
    r"|content-type|content-transfer-encoding|x-[a-z0-9-]+|dkim-signature|authentication-results|arc-[a-z-]+|status"
    r"|thread-topic|thread-index|references|in-reply-to|organization|envelope-to|delivery-date|importance|priority):",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,60}:(?:[ \t]|\r?\n|\S)")
_MBOX = re.compile(r"From (?:\S+|-) .{0,80}\d\d:\d\d.{0,40}\r?\n")
_HTML = re.compile(
    r"<(?:!doctype\s+html|html|head|body|title|meta|script|table|div|h[1-6]|p|a\s|br|font|center|form|frameset)[\s>/]",
    re.IGNORECASE,
)
_PROLOG = re.compile(r"\s*(?:<\?xml.*?\?>|<!--.*?-->|<!DOCTYPE(?:[^>\[]|\[.*?\])*>|\s)*", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(r"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_JSON = re.compile(r"\s*(?:\{\s*(?:\"(?:[^\"\\]|\\.)*\"\s*:|\})|\[\s*(?:[\[{\"\d\]-]|true|false|null))")


def _in_text(text: str, extension: str) -> str:  # noqa: C901, PLR0911 - guards in order of precedence
    lead = text.lstrip("\ufeff \t\r\n")
    if lead.startswith("{\\rt"):
        return "rtf"
    if lead.startswith("<"):
        marked = _markup(lead, extension)
        if marked:
            return marked
    for mark, fmt in (("BEGIN:VCARD", "vcf"), ("BEGIN:VCALENDAR", "ics"), ("%!PS", "ps")):
        if lead[:16].upper().startswith(mark):
            return fmt
    mail = _mail(lead, extension)
    if mail:
        return mail
    if extension in {"csv", "tsv", "tab"}:
        return "tsv" if extension != "csv" else "csv"
    if _JSON.match(lead) and (extension in {"json", "geojson", ""} or lead.startswith("{")):
        return "json"
    if extension in {"htm", "html", "xhtml"} or (extension not in _TEXT_NAMES and _HTML.search(lead[:1024])):
        return "html" if _HTML.search(lead) else "txt"
    if extension in _TEXT_NAMES:
        return "txt"
    return _table(lead)


_TEXT_NAMES = frozenset(
    {"txt", "md", "log", "ini", "py", "js", "css", "sql", "sh", "bat", "ps1", "java", "c", "h", "text"}
)


def _markup(lead: str, extension: str) -> str:
    rest = lead[_PROLOG.match(lead).end() :] if _PROLOG.match(lead) else lead  # type: ignore[union-attr]
    root = _ROOT.match(rest)
    name = root.group(2).lower() if root else ""
    if name == "html":
        return "html"
    if (
        lead[:5] == "<?xml"
        or extension in {"xml", "svg", "xsd", "xsl", "rdf", "rss", "gml", "kml"}
        or "xmlns" in rest[:400]
    ):
        return "svg" if name == "svg" else "xml"
    if name == "svg":
        return "svg"
    return "html" if _HTML.search(lead[:2048]) else ""


def _mail(lead: str, extension: str) -> str:
    if _MBOX.match(lead):
        return "mbox"
    first, _, rest = lead.partition("\n")
    if first.strip().isdigit() and _HEADER.match(rest) and len(_KNOWN_HEADER.findall(rest[:2048])) > 2:
        return "eml"  # .emlx: the message's length stands on a line of its own before it
    if not _HEADER.match(lead) and not (lead.startswith((">From ", "From "))):
        return ""
    block = re.split(r"\r?\n\r?\n", lead, maxsplit=1)[0]
    known = {found.lower() for found in _KNOWN_HEADER.findall(block)}
    enough = 2 if extension in {"eml", "mht", "mhtml", "emlx", "msg", ""} else 3
    if extension in {"eml", "mht", "mhtml"} and known:
        enough = 1
    if len(known) < enough or (
        not _KNOWN_HEADER.match(lead.partition("From ")[2].partition("\n")[2] or lead) and len(known) < 4
    ):
        return ""
    related = "multipart/related" in block.lower()
    if extension in {"mht", "mhtml"} or (related and ("Snapshot-Content-Location" in block or "<Saved by" in block)):
        return "mhtml"
    return "eml"


def _table(lead: str) -> str:
    """Text whose first lines all split into the same number of cells is a table, whatever its name."""
    lines = lead.splitlines()[:20]
    if len(lines) > 2 and len(lead) >= _HEAD - 8:
        lines.pop()
    if len(lines) < 3:
        return "txt"
    for mark, fmt in (("\t", "tsv"), (",", "csv"), (";", "csv")):
        counts = {line.count(mark) for line in lines if line}
        if len(counts) == 1 and counts.pop() >= 2:
            return fmt
    return "txt"


@cache
def _libmagic() -> Any:
    return magic.Magic(mime=True)


def _by_libmagic(file: BinaryIO, extension: str) -> tuple[str, str]:
    file.seek(0)
    try:
        mime = str(_libmagic().from_buffer(file.read(_MAGIC_HEAD)))
    except magic.MagicException:
        return "data", ""
    fmt = LIBMAGIC.get(mime)
    if fmt is None:
        family = mime.partition("/")[0]
        fmt = {"audio": "audio", "video": "video", "image": "image", "text": "txt"}.get(family, "data")
    if fmt == "txt" and extension in {"csv", "tsv", "eml", "html"}:
        fmt = extension
    return fmt, mime
