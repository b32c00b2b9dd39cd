"""Text under boxes: words that someone painted over in a PDF and that are still there for anyone to copy."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import pypdfium2.raw as pdf

_MOST_OBJECTS = 1_500  # of one page; a drawing with more is a map, not a redaction
_IN_ALL = 3_000  # of one document: some ten pages of a letter; looking at every object costs a tenth of reading it
_MOST_BOXES = 60
_DARK = 70  # of 255, in every colour
_SOLID = 200
_LEAST_WIDTH, _LEAST_HEIGHT, _MOST_HEIGHT = 10.0, 5.0, 400.0  # points
_Box = tuple[float, float, float, float]
_PLACE, _INT, _FLOATS, _INTS = (
    ctypes.c_void_p,
    ctypes.c_int,
    ctypes.POINTER(ctypes.c_float),
    ctypes.POINTER(ctypes.c_uint),
)


def _plain(function: Any, result: Any, *arguments: Any) -> Callable[..., Any]:
    """The same function with addresses as numbers: a page has hundreds of objects, and wrapping each takes longest."""
    return ctypes.CFUNCTYPE(result, *arguments)(ctypes.cast(function, ctypes.c_void_p).value or 0)


_get = _plain(pdf.FPDFPage_GetObject, _PLACE, _PLACE, _INT)
_kind = _plain(pdf.FPDFPageObj_GetType, _INT, _PLACE)
_segments = _plain(pdf.FPDFPath_CountSegments, _INT, _PLACE)
_bounds_of = _plain(pdf.FPDFPageObj_GetBounds, _INT, _PLACE, _FLOATS, _FLOATS, _FLOATS, _FLOATS)
_fill_of = _plain(pdf.FPDFPageObj_GetFillColor, _INT, _PLACE, _INTS, _INTS, _INTS, _INTS)
_FOUR = tuple(ctypes.c_float() for _ in range(4))
_COLOURS = tuple(ctypes.c_uint() for _ in range(4))
_TEXT, _PATH = pdf.FPDF_PAGEOBJ_TEXT, pdf.FPDF_PAGEOBJ_PATH


@dataclass(slots=True)
class Look:
    """How many objects may still be looked at in one document, and on how many pages none were."""

    left: int = _IN_ALL
    skipped: int = 0


def covered_text(page: Any, text_page: Any, look: Look) -> str:
    """Text that a dark box makes unreadable: painted before the box, or dark itself on a box painted before.

    Light text on a dark ground, such as a table's heading, is no finding. Pages beyond what ``look`` allows are
    counted in it.
    """
    count = pdf.FPDFPage_CountObjects(page)
    if count < 2:
        return ""
    if count > min(_MOST_OBJECTS, look.left):
        look.skipped += 1
        return ""
    look.left -= count
    place = ctypes.cast(page, ctypes.c_void_p).value
    things = list(map(_get, repeat(place), range(count)))
    kinds = list(map(_kind, things))
    if _PATH not in kinds or _TEXT not in kinds:
        return ""
    texts: list[int] = []
    boxes: list[tuple[int, _Box]] = []
    for thing, kind in zip(things, kinds, strict=True):
        if kind == _TEXT:
            texts.append(thing)
        elif kind == _PATH and 4 <= _segments(thing) <= 6:
            box = _dark_box(thing)
            if box is not None and len(boxes) < _MOST_BOXES:
                boxes.append((len(texts), box))
    if not boxes:
        return ""
    found = [_text(thing, text_page) for index, thing in enumerate(texts) if _is_covered(thing, index, boxes)]
    return " ".join(filter(None, found))


def _is_covered(thing: int, index: int, boxes: list[tuple[int, _Box]]) -> bool:
    own = _bounds(thing)
    if own is None:
        return False
    across, up = (own[0] + own[2]) / 2, (own[1] + own[3]) / 2
    inside = [before for before, box in boxes if box[0] <= across <= box[2] and box[1] <= up <= box[3]]
    return any(index < before for before in inside) or (bool(inside) and _is_dark(thing))


def _bounds(thing: int) -> _Box | None:
    left, bottom, right, top = _FOUR
    if not _bounds_of(thing, left, bottom, right, top):
        return None
    return left.value, bottom.value, right.value, top.value


def _is_dark(thing: int) -> bool:
    red, green, blue, alpha = _COLOURS
    if not _fill_of(thing, red, green, blue, alpha):
        return False
    return max(red.value, green.value, blue.value) <= _DARK and alpha.value >= _SOLID


def _dark_box(thing: int) -> _Box | None:
    box = _bounds(thing)
    if box is None or box[2] - box[0] < _LEAST_WIDTH or not _LEAST_HEIGHT <= box[3] - box[1] <= _MOST_HEIGHT:
        return None
    if not _is_dark(thing):
        return None
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    path = ctypes.cast(thing, pdf.FPDF_PAGEOBJECT)
    if not pdf.FPDFPath_GetDrawMode(path, fill, stroke) or fill.value == pdf.FPDF_FILLMODE_NONE:
        return None
    return box


def _text(thing: int, text_page: Any) -> str:
    run = ctypes.cast(thing, pdf.FPDF_PAGEOBJECT)
    need = pdf.FPDFTextObj_GetText(run, text_page, None, 0)
    if need <= 2:
        return ""
    buffer = ctypes.create_string_buffer(need)
    pdf.FPDFTextObj_GetText(run, text_page, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), need)
    return buffer.raw[: need - 2].decode("utf-16-le", "replace").strip()
