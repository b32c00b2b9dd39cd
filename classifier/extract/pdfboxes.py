"""Text under boxes: words that someone painted over in a PDF and that are still there for anyone to copy."""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2.raw as pdf

_MOST_OBJECTS = 1_500  # of one page; a drawing with more is a map, not a redaction
_MOST_BOXES = 60
_DARK = 70  # of 255, in every colour
_SOLID = 200
_LEAST_WIDTH, _LEAST_HEIGHT, _MOST_HEIGHT = 10.0, 5.0, 400.0  # points
_Box = tuple[float, float, float, float]


def covered_text(page: Any, text_page: Any) -> str:
    """Text painted before a dark box that covers it; light text on a dark ground comes after its box and is left out."""
    count = pdf.FPDFPage_CountObjects(page)
    if not 1 < count <= _MOST_OBJECTS:
        return ""
    get, kind_of = pdf.FPDFPage_GetObject, pdf.FPDFPageObj_GetType
    texts: list[Any] = []
    boxes: list[tuple[int, _Box]] = []
    for number in range(count):
        thing = get(page, number)
        kind = kind_of(thing)
        if kind == pdf.FPDF_PAGEOBJ_TEXT:
            texts.append(thing)
        elif kind == pdf.FPDF_PAGEOBJ_PATH and texts:
            box = _dark_box(thing)
            if box is not None:
                boxes.append((len(texts), box))
                if len(boxes) >= _MOST_BOXES:
                    break
    if not boxes:
        return ""
    found = []
    for index, thing in enumerate(texts):
        if any(index < before and _inside(thing, box) for before, box in boxes):
            found.append(_text(thing, text_page))
    return " ".join(filter(None, found))


def _bounds(thing: Any) -> _Box | None:
    left, bottom, right, top = ctypes.c_float(), ctypes.c_float(), ctypes.c_float(), ctypes.c_float()
    if not pdf.FPDFPageObj_GetBounds(thing, left, bottom, right, top):
        return None
    return left.value, bottom.value, right.value, top.value


def _dark_box(thing: Any) -> _Box | None:
    if not 4 <= pdf.FPDFPath_CountSegments(thing) <= 6:
        return None
    red, green, blue, alpha = ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint()
    if not pdf.FPDFPageObj_GetFillColor(thing, red, green, blue, alpha):
        return None
    if max(red.value, green.value, blue.value) > _DARK or alpha.value < _SOLID:
        return None
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not pdf.FPDFPath_GetDrawMode(thing, fill, stroke) or fill.value == pdf.FPDF_FILLMODE_NONE:
        return None
    box = _bounds(thing)
    if box is None or box[2] - box[0] < _LEAST_WIDTH or not _LEAST_HEIGHT <= box[3] - box[1] <= _MOST_HEIGHT:
        return None
    return box


def _inside(thing: Any, box: _Box) -> bool:
    own = _bounds(thing)
    if own is None:
        return False
    middle = (own[0] + own[2]) / 2, (own[1] + own[3]) / 2
    return box[0] <= middle[0] <= box[2] and box[1] <= middle[1] <= box[3]


def _text(thing: Any, text_page: Any) -> str:
    need = pdf.FPDFTextObj_GetText(thing, text_page, None, 0)
    if need <= 2:
        return ""
    buffer = ctypes.create_string_buffer(need)
    pdf.FPDFTextObj_GetText(thing, text_page, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), need)
    return buffer.raw[: need - 2].decode("utf-16-le", "replace").strip()
