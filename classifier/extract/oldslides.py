"""PowerPoint presentations of 1997 to 2003 ([MS-PPT]): one pass over the records of the document's stream."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass, field
from typing import BinaryIO

from classifier.compound import Compound, CompoundError
from classifier.extract import oleprops
from classifier.extract.draft import Draft
from classifier.item import PartKind, Unreadable

_HEADER = struct.Struct("<HHI")
_ENCRYPTED = b"\xdf\xc4\xd1\xf3"
_SLIDE, _NOTES, _MASTER, _HANDOUT, _LIST = 1006, 1008, 1016, 4041, 4080
_FOOTERS, _LINK, _COMMENT, _SHAPE = 4057, 4055, 12000, 0xF004
_CHARS, _BYTES, _STRING, _PLACE, _PERSIST, _SHOWN, _OBJECT = 4000, 4008, 4026, 3011, 1011, 1017, 4113
_HELD = frozenset({_SLIDE, _NOTES, _MASTER, _HANDOUT, _LIST, _FOOTERS, _LINK, _COMMENT})
_FOOTER_PLACES = frozenset({9, 10})  # footer and header: what people write on every slide
_CLEAN = str.maketrans({"\r": "\n", "\x0b": "\n"})


@dataclass(slots=True)
class _State:
    inside: list[tuple[int, int, int]] = field(default_factory=list)  # (end, type, instance)
    slides: int = 0
    listed: int = 0
    place: int | None = None
    hidden: bool = False
    texts: dict[tuple[str, PartKind, bool], dict[str, None]] = field(default_factory=dict)

    def within(self, kind: int) -> int:
        """The instance of the innermost open container of that type, or -1."""
        return next((instance for _, what, instance in reversed(self.inside) if what == kind), -1)


def read(file: BinaryIO, draft: Draft) -> None:
    """A whole .ppt file, with its embedded objects."""
    try:
        compound = Compound(file)
        read_storage(compound, "", draft)
    except (CompoundError, struct.error, KeyError) as error:
        raise Unreadable("malformed", "the presentation's structure is damaged") from error


def read_storage(compound: Compound, prefix: str, draft: Draft) -> None:
    """The presentation whose streams lie at ``prefix``."""
    draft.reader = "ppt"
    if compound.has(f"{prefix}encryptedsummary") or _is_encrypted(compound, prefix):
        raise Unreadable("encrypted", "protected with a password")
    if not compound.has(f"{prefix}powerpoint document"):
        raise Unreadable("unsupported", "PowerPoint of before 1997")
    data = compound.read(f"{prefix}powerpoint document")
    state = _State()
    _walk(data, state, draft)
    for (name, kind, hidden), texts in state.texts.items():
        draft.add(name, "\n".join(texts), kind, hidden=hidden)
    draft.pages = state.slides
    if compound.has(f"{prefix}pictures"):
        draft.images += 1
    oleprops.add(compound, prefix, draft)


def _is_encrypted(compound: Compound, prefix: str) -> bool:
    path = f"{prefix}current user"
    return compound.has(path) and compound.read(path)[12:16] == _ENCRYPTED


def _walk(data: bytes, state: _State, draft: Draft) -> None:
    at, end, unpack = 0, len(data) - 8, _HEADER.unpack_from
    while at <= end:
        version, kind, size = unpack(data, at)
        at += 8
        while state.inside and at > state.inside[-1][0]:
            state.inside.pop()
        if version & 0xF == 0xF:
            _open(kind, version >> 4, at + size, state)
            continue
        if kind in _TAKEN:
            _take(kind, version >> 4, data[at : at + size], state, draft)
        at += size


_TAKEN = frozenset({_CHARS, _BYTES, _STRING, _PLACE, _PERSIST, _SHOWN, _OBJECT})


def _open(kind: int, instance: int, end: int, state: _State) -> None:
    if kind in _HELD:
        state.inside.append((end, kind, instance))
        if kind == _SLIDE:
            state.slides += 1
            state.hidden = False
    elif kind == _SHAPE:
        state.place = None


def _take(kind: int, instance: int, body: bytes, state: _State, draft: Draft) -> None:
    if kind == _CHARS:
        _keep(body.decode("utf-16-le", "replace"), state)
    elif kind == _BYTES:
        _keep(body.decode("latin-1"), state)
    elif kind == _STRING:
        _keep_string(body.decode("utf-16-le", "replace"), instance, state)
    elif kind == _PLACE and len(body) > 4:
        state.place = body[4]
    elif kind == _PERSIST and state.within(_LIST) == 0:
        state.listed += 1
    elif kind == _SHOWN and len(body) >= 11:
        state.hidden = bool(body[10] & 4)
        if state.hidden:
            draft.note("hidden-slide")
    elif kind == _OBJECT:
        _attach(body, instance, draft)


def _keep(text: str, state: _State) -> None:
    where = state.inside[-1][1] if state.inside else 0
    hidden = False
    if where == _SLIDE:
        name, kind, hidden = f"slide {state.slides}", PartKind.BODY, state.hidden
    elif where == _NOTES:
        name, kind = "notes", PartKind.NOTE
    elif where in {_MASTER, _HANDOUT}:
        if state.place is not None and state.place not in _FOOTER_PLACES:
            return  # a prompt such as "Click to edit"
        name, kind = "master", PartKind.HEADER
    elif where == _LIST:
        instance = state.inside[-1][2]
        if instance == 1:
            return  # the masters' prompts again
        name, kind = ("outline notes", PartKind.NOTE) if instance == 2 else (f"outline {state.listed}", PartKind.BODY)
    else:
        name, kind = "other text", PartKind.BODY
    _put((name, kind, hidden), text, state)


def _keep_string(text: str, instance: int, state: _State) -> None:
    where = state.inside[-1][1] if state.inside else 0
    if where == _FOOTERS:
        _put(("footers", PartKind.FOOTER, False), text, state)
    elif where == _LINK:
        _put(("links", PartKind.FIELD, False), text, state)
    elif where == _COMMENT and instance < 3:
        _put(("comments", PartKind.COMMENT, False), text, state)


def _put(key: tuple[str, PartKind, bool], text: str, state: _State) -> None:
    text = text.translate(_CLEAN).strip("\0")
    if text.strip("* \n"):
        state.texts.setdefault(key, {})[text] = None


def _attach(body: bytes, instance: int, draft: Draft) -> None:
    """An embedded object's storage, deflated when ``instance`` is 1; scripts (VBA) are kept the same way."""
    if instance == 1:
        limit = draft.budget.expanded
        machine = zlib.decompressobj()
        try:
            body = machine.decompress(body[4:], max(1, limit))
        except zlib.error:
            draft.refuse(Unreadable("malformed", "an object's packed data is damaged"))
            return
    draft.budget.take_entries(1)
    draft.budget.take_bytes(len(body))
    draft.attach(draft, "object", io.BytesIO(body))
