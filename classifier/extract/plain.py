"""Files that are text already: plain text, tables in text, JSON, XML, contacts and calendars."""

from __future__ import annotations

import codecs
import quopri
import re
from typing import BinaryIO

from charset_normalizer import from_bytes

from classifier.extract import xmlsafe
from classifier.extract.draft import Draft
from classifier.item import PartKind, Unreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 1 << 15
_WHOLE = 64 << 20  # bytes; of a larger text only the beginning and the end could be kept anyhow
_ASCII = bytes(range(128))
_ESCAPE = re.compile(r"(?:\\u[0-9a-fA-F]{4})+")


def decode(data: bytes, hint: str = "") -> str:
    """Text of ``data``: by byte order mark, ``hint``, UTF-8, the shape of UTF-16, a guess, at last Windows-1252."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) if name == "utf-8" else 0 :].decode(name, "replace")
    if hint:
        try:
            return data.decode(hint)
        except (UnicodeDecodeError, LookupError, ValueError):
            pass
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    return _guess(data)


def _guess(data: bytes) -> str:
    wide = _wide(data)
    if wide:
        return data.decode(wide, "replace")
    odd = len(data[:_SAMPLE].translate(None, _ASCII))
    if odd * 4 < min(len(data), _SAMPLE):  # mostly ASCII: Windows-1252, as nearly all of it is in this country
        if data.isascii() or not _BAD_1252.search(data):
            return data.decode("cp1252", "replace")
        return data.decode("utf-8", "replace")
    best = from_bytes(data[:_SAMPLE], steps=5, chunk_size=512).best()
    return data.decode(best.encoding if best else "cp1252", "replace")


_BAD_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


def _wide(data: bytes) -> str:
    head = data[:4096]
    if len(head) < 4:
        return ""
    if head[1::2].count(0) * 10 > len(head) * 3 and head[0::2].count(0) * 10 < len(head):
        return "utf-16-le"
    if head[0::2].count(0) * 10 > len(head) * 3 and head[1::2].count(0) * 10 < len(head):
        return "utf-16-be"
    return ""


def read_text(file: BinaryIO, draft: Draft) -> None:
    """Plain text and tables in text: the whole file as one part, or the ends of a very large one."""
    draft.reader = "text"
    size = file.seek(0, 2)
    file.seek(0)
    if size <= _WHOLE:
        draft.add("", decode(file.read()))
        return
    head = file.read(_WHOLE // 2)
    file.seek(size - _WHOLE // 2)
    draft.add("beginning", decode(head))
    draft.add("end", decode(file.read()))
    draft.dropped += size - _WHOLE  # bytes, near enough to characters to say how much


def read_json(file: BinaryIO, draft: Draft) -> None:
    """JSON as its text with escapes resolved; not parsed, so that neither depth nor huge numbers matter."""
    file.seek(0)
    draft.add("", _ESCAPE.sub(_unescape, decode(file.read())))
    draft.reader = "json"


def _unescape(match: re.Match[str]) -> str:
    units = match.group().split("\\u")[1:]
    return b"".join(int(unit, 16).to_bytes(2, "little") for unit in units).decode("utf-16-le", "replace")


def read_xml(file: BinaryIO, draft: Draft) -> None:
    """Any XML: its text and its attributes' values; broken XML is read as plain text and noted."""
    file.seek(0)
    data = file.read()
    draft.reader = "xml"
    try:
        root = xmlsafe.parse(data, draft.limits.xml_depth, doctype=True)
    except Unreadable:
        if not xmlsafe.harmless(data):
            raise
        draft.note("malformed-xml")
        draft.add("", decode(data))
        return
    draft.add("", "\n".join(xmlsafe.walk_text(root)))
    values = (value for element in root.iter() for value in element.attrib.values())
    draft.add("attributes", "\n".join(dict.fromkeys(str(value) for value in values)), PartKind.FIELD)


_FOLD = re.compile(rb"\r?\n[ \t]")
_QUOTED = re.compile(rb"ENCODING=QUOTED-PRINTABLE", re.IGNORECASE)
_SOFT = re.compile(rb"=\r?\n")


def read_card(file: BinaryIO, draft: Draft) -> None:
    """Contacts (vCard, RFC 6350) and calendars (iCalendar, RFC 5545): unfolded lines with escapes resolved."""
    file.seek(0)
    data = file.read()
    quoted = bool(_QUOTED.search(data))
    if quoted:
        data = _SOFT.sub(b"", data)
    lines = []
    for line in _FOLD.sub(b"", data).splitlines():
        if quoted and _QUOTED.search(line):
            head, _, value = line.partition(b":")
            lines.append(decode(head + b":" + quopri.decodestring(value)))
        elif not line[:6].upper().startswith((b"BEGIN:", b"END:")) and b"ENCODING=B" not in line[:80].upper():
            lines.append(decode(line))
    text = "\n".join(lines)
    text = text.replace("\\n", "\n").replace("\\N", "\n").replace("\\,", ",").replace("\\;", ";")
    draft.add("", text)
    draft.reader = "card"


# what mail, RTF and old Office name most; Python opens a file for each at its first use
_CODECS = (
    *(f"cp{number}" for number in (437, 850, 874, 932, 936, 949, 950, *range(1250, 1259))),
    *(f"iso8859-{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)),
    *("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "gbk", "gb18030", "big5", "shift_jis"),
    *(
        "euc_jp",
        "euc_kr",
        "iso2022_jp",
        "koi8_r",
        "koi8_u",
        "mac-roman",
        "johab",
        "quopri",
        "base64",
        "idna",
        "punycode",
    ),
)


def warm() -> None:
    """Load the codecs and the guesser that documents may ask for."""
    for name in _CODECS:
        codecs.lookup(name)
    decode("Привет, мир. Это письмо.".encode("cp1251") * 3)
