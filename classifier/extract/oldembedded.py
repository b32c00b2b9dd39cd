"""What lies inside compound files: whole documents in storages, packed files, and objects of other programs."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable
from typing import BinaryIO

from classifier.compound import Compound, CompoundError
from classifier.extract import olddoc, oldsheets, oldslides, outlook
from classifier.extract.draft import Draft
from classifier.item import PartKind, Unreadable

_READERS: tuple[tuple[str, str, Callable[[Compound, str, Draft], None]], ...] = (
    ("worddocument", "doc", olddoc.read_storage),
    ("workbook", "xls", oldsheets.read_storage),
    ("book", "xls", oldsheets.read_storage),
    ("powerpoint document", "ppt", oldslides.read_storage),
    ("__properties_version1.0", "msg", outlook.read_storage),
)
_NATIVE, _PACKAGES = "\x01ole10native", ("package", "contents", "embeddedodf")
_STRINGS = re.compile(rb"(?:[\x20-\x7e]\0){6,}")


def read(file: BinaryIO, draft: Draft) -> None:
    """A compound file that is an embedded object or of an unknown program."""
    try:
        compound = Compound(file)
    except CompoundError as error:
        raise Unreadable("malformed", "the container's sectors contradict each other") from error
    draft.reader = "compound"
    before = len(draft.parts)
    add_storage(compound, "", draft)
    for path, entry in compound.below(""):
        if not entry.is_stream:
            add_storage(compound, f"{path}/", draft)
    if len(draft.parts) == before and not draft.failed:
        raise Unreadable("unsupported", "a container of an unknown program")


def add_objects(compound: Compound, prefix: str, draft: Draft) -> None:
    """Read every storage directly inside ``prefix`` as an embedded object."""
    for path, entry in compound.below(prefix.rstrip("/")):
        if not entry.is_stream:
            draft.budget.take_entries(1)
            add_storage(compound, f"{path}/", draft)


def add_storage(compound: Compound, prefix: str, draft: Draft) -> None:
    """Read the storage at ``prefix`` (empty or ending in ``/``) as an attachment, if anything in it can be read."""
    try:
        _add(compound, prefix, draft)
    except (CompoundError, struct.error, KeyError) as error:
        draft.refuse(Unreadable("malformed", type(error).__name__))


def _add(compound: Compound, prefix: str, draft: Draft) -> None:
    for stream, fmt, reader in _READERS:
        if compound.has(prefix + stream):
            child = draft.child(fmt, archive=True)
            try:
                _check_depth(child)
                reader(compound, prefix, child)
            except Unreadable as problem:
                draft.refuse(problem)
            draft.adopt("object", child)
            return
    if compound.has(prefix + _NATIVE):
        add_native(compound.read(prefix + _NATIVE)[4:], draft)
        return
    for name in _PACKAGES:
        if compound.has(prefix + name):
            data = compound.read(prefix + name)
            draft.budget.take_bytes(len(data))
            draft.attach(draft, "object", io.BytesIO(data))


def _check_depth(child: Draft) -> None:
    if child.depth > child.limits.depth + child.limits.mail_depth:
        raise Unreadable("limit:depth", "too many objects inside each other")


def add_native(data: bytes, draft: Draft) -> None:
    """A file packed by the Packager: two names, a path, then the bytes."""
    label, file_name, path, body = _unpack(data)
    draft.add("packed file", "\n".join(filter(None, (label, file_name, path))), PartKind.FIELD)
    if body:
        draft.budget.take_bytes(len(body))
        draft.attach(draft, label or file_name or "object", io.BytesIO(body))


def _unpack(data: bytes) -> tuple[str, str, str, bytes]:
    try:
        label, at = _zero_ended(data, 2)
        file_name, at = _zero_ended(data, at)
        at += 4
        length = struct.unpack_from("<I", data, at)[0]
        path = data[at + 4 : at + 4 + length].rstrip(b"\0").decode("cp1252", "replace")
        at += 4 + length
        size = struct.unpack_from("<I", data, at)[0]
    except (struct.error, ValueError):
        return "", "", "", data
    return label, file_name, path, data[at + 4 : at + 4 + size]


def _zero_ended(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(b"\0", at)
    return data[at:end].decode("cp1252", "replace"), end + 1
