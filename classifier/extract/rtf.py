"""Rich Text Format (1.9.1): own reader, with code pages by font, fields, notes, hidden and deleted text, objects."""

from __future__ import annotations

import binascii
import io
import re
import struct
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from classifier.compound import MAGIC
from classifier.extract.draft import Draft
from classifier.item import PartKind

_TOKEN = re.compile(r"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|((?:\\'[0-9a-fA-F]{2})+)|\\(.)|([{}])|([^\\{}]+)|\\", re.DOTALL)
_BIN = re.compile(rb"\\bin(\d{1,10}) ?")
_PAGES = {0: "cp1252", 77: "mac-roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gbk", 136: "cp950", 161: "cp1253",
          162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
          238: "cp1250", 255: "cp437", 254: "cp437"}  # fmt: skip
_SKIPPED = frozenset(
    [
        "colortbl",
        "stylesheet",
        "pict",
        "themedata",
        "colorschememapping",
        "latentstyles",
        "datastore",
        "listtable",
        "listoverridetable",
        "rsidtbl",
        "generator",
        "xmlnstbl",
        "mmathPr",
        "wgrffmtfilter",
        "nonshppict",
        "revtbl",
        "filetbl",
        "panose",
        "falt",
        "bkmkstart",
        "bkmkend",
        "pgptbl",
        "sp",
        "sn",
        "sv",
        "shprslt",
        "datafield",
        "fldtype",
        "blipuid",
        "blipupi",
        "pnseclvl",
        "atnid",
        "atnref",
        "atntime",
        "annotationtime",
        "docvar",
        "formfield",
        "fchars",
        "lchars",
        "keycode",
        "password",
        "passwordhash",
        "xe",
        "tc",
        "tcn",
        "rxe",
        "objclass",
        "objname",
        "objtime",
        "background",
        "listpicture",
        "private1",
        "mailmerge",
        "aftnsep",
        "aftnsepc",
        "ftnsep",
        "ftnsepc",
        "ftncn",
        "aftncn",
    ]
)
_PLACES = {
    "header": PartKind.HEADER, "headerl": PartKind.HEADER, "headerr": PartKind.HEADER, "headerf": PartKind.HEADER,
    "footer": PartKind.FOOTER, "footerl": PartKind.FOOTER, "footerr": PartKind.FOOTER, "footerf": PartKind.FOOTER,
    "footnote": PartKind.NOTE, "annotation": PartKind.COMMENT, "atnauthor": PartKind.COMMENT, "info": PartKind.PROPERTY,
    "userprops": PartKind.PROPERTY, "fldinst": PartKind.FIELD,
}  # fmt: skip
_INFO = frozenset(
    [
        "title",
        "subject",
        "author",
        "operator",
        "keywords",
        "comment",
        "doccomm",
        "company",
        "manager",
        "category",
        "hlinkbase",
    ]
)
_KNOWN_STAR = frozenset(
    ["fldinst", "atnauthor", "annotation", "shptxt", "shpinst", "userprops", "propname", "staticval", "footnote"]
)
_SIGNS = {
    "par": "\n", "line": "\n", "sect": "\n", "page": "\n", "row": "\n", "tab": "\t", "cell": "\t", "nestcell": "\t",
    "nestrow": "\n", "emdash": "\u2014", "endash": "\u2013", "lquote": "\u2018", "rquote": "\u2019", "ldblquote": "\u201c",
    "rdblquote": "\u201d", "bullet": "\u2022", "emspace": " ", "enspace": " ", "qmspace": " ", "column": "\n",
}  # fmt: skip
_ESCAPED = {"~": "\u00a0", "_": "\u2011", "-": "\u00ad", "{": "{", "}": "}", "\\": "\\", "\n": "\n", "\r": "\n"}
_SETTINGS = frozenset(
    ["f", "fcharset", "cpg", "fonttbl", "ansicpg", "mac", "uc", "v", "deleted", "plain", "htmlrtf", "u"]
)
_MEANT = frozenset({*_SIGNS, *_PLACES, *_SKIPPED, *_INFO, *_SETTINGS})
_MOST_DEPTH = 10_000


@dataclass(frozen=True, slots=True)
class _Group:
    """What a brace restores: the destination, the font's code page, the characters to skip after ``u``."""

    kind: PartKind = PartKind.BODY
    skip: bool = False
    page: str = ""
    after: int = 1
    hidden: bool = False
    deleted: bool = False
    table: bool = False
    data: bool = False


@dataclass(slots=True)
class _State:
    group: _Group = field(default_factory=_Group)
    stack: list[_Group] = field(default_factory=list)
    fonts: dict[int, str] = field(default_factory=dict)
    font: int = 0
    default: str = "cp1252"
    pending: int = 0
    star: bool = False
    opened: bool = False
    out: dict[tuple[PartKind, bool], list[str]] = field(default_factory=dict)
    objects: list[list[str]] = field(default_factory=list)
    lost: int = 0

    def put(self, text: str) -> None:
        group = self.group
        kind = PartKind.DELETED if group.deleted else group.kind
        key = (kind, group.hidden or group.deleted)
        if key not in self.out:
            self.out[key] = []
        self.out[key].append(text)


def read(file: BinaryIO, draft: Draft) -> None:
    """A whole .rtf file."""
    file.seek(0)
    add(file.read(), draft)
    draft.reader = "rtf"


def add(data: bytes, draft: Draft) -> None:
    """Add the text of ``data`` to ``draft``; RTF is never refused, whatever is in it is read as far as it goes."""
    state = _State()
    _scan(data, state)
    for (kind, hidden), pieces in state.out.items():
        name = kind.value if kind is not PartKind.BODY else "hidden" if hidden else ""
        draft.add(name, "".join(pieces).strip(), kind, hidden=hidden)
    if (PartKind.DELETED, True) in state.out:
        draft.note("tracked-changes")
    if "DDE" in "".join(state.out.get((PartKind.FIELD, False), [])):
        draft.note("dde")
    for pieces in state.objects:
        _add_object("".join(pieces), draft)


def _scan(data: bytes, state: _State) -> None:
    for match in _TOKEN.finditer(_without_binaries(data).decode("latin-1")):
        word, number, hexes, sign, brace, text = match.groups()
        if text is not None:
            _take_text(text, state)
        elif word is not None:
            if word in _MEANT or state.star:  # most words only say how text looks
                _take_word(word, number, state)
        elif hexes is not None:
            _take_hex(hexes, state)
        elif brace is not None:
            _take_brace(brace, state)
        elif sign is not None:
            _take_sign(sign, state)
        state.opened = brace == "{"


def _without_binaries(data: bytes) -> bytes:
    if b"\\bin" not in data:
        return data
    pieces, at = [], 0
    while match := _BIN.search(data, at):
        pieces.append(data[at : match.start()])
        at = match.end() + int(match.group(1))
    pieces.append(data[at:])
    return b"".join(pieces)


def _take_brace(brace: str, state: _State) -> None:
    state.pending = 0
    if brace == "{":
        if len(state.stack) < _MOST_DEPTH:
            state.stack.append(state.group)
        else:
            state.lost += 1
    elif state.lost:
        state.lost -= 1
    elif state.stack:
        if (
            state.group.kind in {PartKind.NOTE, PartKind.COMMENT, PartKind.PROPERTY, PartKind.FIELD}
            and state.stack[-1].kind is not state.group.kind
        ):
            state.put("\n")
        state.group = state.stack.pop()
    state.star = False


def _take_text(text: str, state: _State) -> None:
    group = state.group
    if group.skip:
        if group.data:
            state.objects[-1].append(text)
        return
    if "\n" in text or "\r" in text:
        text = text.replace("\r", "").replace("\n", "")
    if state.pending:
        cut = min(state.pending, len(text))
        text, state.pending = text[cut:], state.pending - cut
    if group.table:
        return
    if text:
        if not text.isascii():
            text = _decode(text.encode("latin-1"), state)
        state.put(text)


def _take_hex(hexes: str, state: _State) -> None:
    if state.group.skip or state.group.table:
        return
    raw = bytes.fromhex(hexes.replace("\\'", ""))
    if state.pending:
        cut = min(state.pending, len(raw))
        raw, state.pending = raw[cut:], state.pending - cut
    if raw:
        state.put(_decode(raw, state))


def _decode(raw: bytes, state: _State) -> str:
    page = state.group.page or state.default
    try:
        return raw.decode(page)
    except (UnicodeDecodeError, LookupError):
        return raw.decode(state.default if page != state.default else "cp1252", "replace")


def _take_sign(sign: str, state: _State) -> None:
    if sign == "*":
        state.star = state.opened  # anywhere else it marks nothing
    elif not state.group.skip:
        if state.pending:
            state.pending -= 1
        else:
            text = _ESCAPED.get(sign)
            if text:
                state.put(text)


def _take_word(word: str, number: str | None, state: _State) -> None:
    group = state.group
    if state.star:
        state.star = False
        if word == "objdata":
            state.objects.append([])
            state.group = replace(group, skip=True, data=True)
            return
        if word not in _KNOWN_STAR:
            state.group = replace(group, skip=True)
            return
    if group.skip:
        return
    sign = _SIGNS.get(word)
    if sign is not None:
        state.put(sign)
    elif word == "u" and number:
        value = int(number)
        state.put(chr(value & 0xFFFF) if -32768 <= value <= 65535 else "\ufffd")
        state.pending = group.after
    elif word in _PLACES:
        state.group = replace(group, kind=_PLACES[word])
    elif word in _SKIPPED:
        state.group = replace(group, skip=True)
    else:
        _take_setting(word, number, state)


def _take_setting(  # noqa: C901, PLR0912 - one control word a branch
    word: str, number: str | None, state: _State
) -> None:
    group, value = state.group, int(number or 0)
    if word == "f":
        state.font = value
        if not group.table:
            state.group = replace(group, page=state.fonts.get(value, ""))
    elif word == "fcharset" and group.table:
        state.fonts[state.font] = _PAGES.get(value, "") if value != 1 else ""
    elif word == "cpg" and group.table:
        state.fonts[state.font] = f"cp{value}"
    elif word == "fonttbl":
        state.group = replace(group, table=True)
    elif word == "ansicpg" and value:
        state.default = "utf-8" if value == 65001 else f"cp{value}"
    elif word == "mac":
        state.default = "mac-roman"
    elif word == "uc":
        state.group = replace(group, after=max(0, min(value, 16)))
    elif word == "v":
        state.group = replace(group, hidden=number != "0")
    elif word == "deleted":
        state.group = replace(group, deleted=number != "0")
    elif word == "plain":
        state.group = replace(group, hidden=False, deleted=False, page="")
    elif word == "htmlrtf":
        state.group = replace(group, hidden=number != "0")
    elif word in _INFO and group.kind is PartKind.PROPERTY:
        state.put("\n")


_JUNK = re.compile(r"[^0-9a-fA-F]+")


def _add_object(text: str, draft: Draft) -> None:
    """An embedded object: an OLE 1 frame around a compound file or a packed file."""
    from classifier.extract import oldembedded  # noqa: PLC0415 - objects may hold RTF: the two call each other

    digits = _JUNK.sub("", text)
    raw = binascii.unhexlify(digits[: len(digits) // 2 * 2])
    draft.budget.take_entries(1)
    draft.budget.take_bytes(len(raw))
    start = raw.find(MAGIC)
    if start >= 0:
        draft.attach(draft, "object", io.BytesIO(raw[start:]))
        return
    try:
        at, names = 8, []
        for _ in range(3):
            length = struct.unpack_from("<I", raw, at)[0]
            names.append(raw[at + 4 : at + 4 + length].rstrip(b"\0"))
            at += 4 + length
        size = struct.unpack_from("<I", raw, at)[0]
    except struct.error:
        return
    body = raw[at + 4 : at + 4 + size]
    if names[0].lower() == b"package":
        oldembedded.add_native(body, draft)
    elif body:
        draft.attach(draft, "object", io.BytesIO(body))
