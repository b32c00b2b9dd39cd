"""Format → Content: one family of formats a file, every limit honoured, every foreign error translated where it arises.

Nothing here opens a path, a socket or a program, and nothing writes: the only input is the file object handed in.
"""

from __future__ import annotations

import importlib
from typing import BinaryIO

from classifier.extract.draft import Budget, Draft
from classifier.extract.registry import READERS, REASONS
from classifier.identify import Identity, identify
from classifier.identify import warm as warm_identify
from classifier.item import Content, Unreadable
from classifier.limits import Limits

__all__ = ["VERSION", "Unreadable", "extract", "warm"]

VERSION = "1"


def extract(file: BinaryIO, identity: Identity, limits: Limits, name: bytes = b"") -> Content:  # noqa: ARG001 - a hint that no reader needs yet
    """Read ``file`` (seekable, binary) as what ``identity`` says it is.

    Raises only ``Unreadable``, with the kinds that ``classifier.item.Problem`` lists; ``MemoryError`` passes through,
    because it is the pool's business. ``name`` is a hint and never appears in the result.
    """
    draft = Draft(limits, _attach, Budget(limits.entries, limits.expanded), identity.format)
    for note in identity.notes:
        draft.note(note)
    if identity.mismatch:
        draft.note("extension-mismatch")
    _read(draft, file, identity.format)
    return draft.finish()


def _read(draft: Draft, file: BinaryIO, fmt: str) -> None:
    place = READERS.get(fmt)
    if place is None:
        kind, detail = REASONS.get(fmt, ("unsupported", f"no reader for the format {fmt}"))
        raise Unreadable(kind, detail)
    module, function = place
    reader = getattr(importlib.import_module(f"classifier.extract.{module}"), function)
    try:
        reader(file, draft)
    except RecursionError as error:
        raise Unreadable("malformed", "nested too deeply to be read") from error
    if not draft.reader:
        draft.reader = module


def _attach(holder: Draft, name: str, file: BinaryIO, *, archive: bool = False) -> None:
    """Read a member of ``holder`` and adopt what it says; a member that cannot be read is noted, not fatal."""
    identity = identify(file, name.encode("utf-8", "surrogatepass"))
    deeper = archive or identity.format in _ARCHIVES
    child = holder.child(identity.format, archive=deeper)
    try:
        _check_depth(child)
        file.seek(0)
        _read(child, file, identity.format)
    except Unreadable as problem:
        if problem.kind in _FATAL:
            raise
        holder.refuse(problem)
    finally:
        holder.adopt(name, child)
        if identity.format in _PICTURES:
            holder.images += 1


def _check_depth(child: Draft) -> None:
    if child.depth > child.limits.depth or child.level > child.limits.depth + child.limits.mail_depth:
        raise Unreadable("limit:depth", f"more than {child.limits.depth} containers inside each other")


_ARCHIVES = frozenset({"zip", "tar", "gz", "bz2", "xz", "7z"})
_PICTURES = frozenset({"png", "jpeg", "tiff", "gif", "bmp", "webp", "emf", "wmf", "heic"})
# what makes the whole file unreadable wherever in it it is met: the marks of an attack on the reader
_FATAL = frozenset({"limit:ratio", "limit:overlap", "limit:entries", "limit:expanded"})


def warm() -> None:
    """Import and try out every parser, so that a worker can lock itself away from the file system afterwards."""
    for module, _ in set(READERS.values()):
        loaded = importlib.import_module(f"classifier.extract.{module}")
        ready = getattr(loaded, "warm", None)
        if ready is not None:
            ready()
    warm_identify()
