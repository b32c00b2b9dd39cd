"""Reading pictures of text through Tesseract's library, where it is installed; without it a picture is ``no-text``.

The library is called in this process: a locked worker cannot start programs, and needs none.
"""

from __future__ import annotations

import atexit
import ctypes
import io
from functools import cache
from typing import Any

import pypdfium2.raw as pdf
from PIL import Image, UnidentifiedImageError

from classifier.item import Unreadable

_NAMES = ("libtesseract.so.5", "libtesseract.so.4")
_LANGUAGE = b"eng"
_SCALE = 200 / 72  # 200 dots an inch: below, Tesseract loses small print
_MOST_SIDE = 6_000  # pixels


class Engine:
    """An initialised Tesseract; reads grey pictures, one at a time."""

    def __init__(self, library: Any, handle: Any) -> None:
        self._library = library
        self._handle = handle

    def read_image(self, data: bytes) -> str:
        """Text in an encoded picture (PNG, JPEG, TIFF …), all of its frames; empty when there is none.

        Raises ``malformed`` for a picture that cannot be decoded.
        """
        texts = []
        try:
            with Image.open(io.BytesIO(data)) as picture:
                for number in range(min(getattr(picture, "n_frames", 1), 50)):
                    picture.seek(number)
                    grey = picture.convert("L")
                    grey.thumbnail((_MOST_SIDE, _MOST_SIDE))
                    texts.append(self._read(grey.tobytes(), grey.width, grey.height, grey.width))
        except (
            UnidentifiedImageError,
            OSError,
            ValueError,
            SyntaxError,
            EOFError,
            Image.DecompressionBombError,
        ) as error:
            raise Unreadable("malformed", "the picture cannot be decoded") from error
        return "\n".join(texts)

    def read_pdf_page(self, page: Any) -> str:
        """Text on a loaded PDFium page, rendered in grey; empty when there is none."""
        width = min(_MOST_SIDE, max(1, int(pdf.FPDF_GetPageWidthF(page) * _SCALE)))
        height = min(_MOST_SIDE, max(1, int(pdf.FPDF_GetPageHeightF(page) * _SCALE)))
        bitmap = pdf.FPDFBitmap_CreateEx(width, height, pdf.FPDFBitmap_Gray, None, 0)
        if not bitmap:
            return ""
        try:
            pdf.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
            pdf.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, 0)
            stride = pdf.FPDFBitmap_GetStride(bitmap)
            pixels = ctypes.string_at(pdf.FPDFBitmap_GetBuffer(bitmap), stride * height)
        finally:
            pdf.FPDFBitmap_Destroy(bitmap)
        return self._read(pixels, width, height, stride)

    def _read(self, pixels: bytes, width: int, height: int, stride: int) -> str:
        library = self._library
        library.TessBaseAPISetImage(self._handle, pixels, width, height, 1, stride)
        place = library.TessBaseAPIGetUTF8Text(self._handle)
        if not place:
            return ""
        try:
            return ctypes.string_at(place).decode("utf-8", "replace")
        finally:
            library.TessDeleteText(place)
            library.TessBaseAPIClear(self._handle)


@cache
def engine() -> Engine | None:
    """The engine that is installed, if any; looked for once, before a worker locks itself."""
    library = _library()
    if library is None:
        return None
    handle = library.TessBaseAPICreate()
    if not handle or library.TessBaseAPIInit3(handle, None, _LANGUAGE) != 0:
        return None
    atexit.register(library.TessBaseAPIDelete, handle)  # else it complains of its own caches, with paths
    return Engine(library, handle)


def state() -> str:
    """Name the engine that readers would use, for a person; empty when there is none, or no English data for it."""
    library = _library()
    if library is None or engine() is None:
        return ""
    return f"Tesseract {library.TessVersion().decode()}, as a library"


def _library() -> Any:
    """The loaded library, by its own names: ``ctypes.util.find_library`` would write files and start a compiler."""
    for name in _NAMES:
        try:
            library = ctypes.CDLL(name)
            _declare(library)
        except (OSError, AttributeError):
            continue
        return library
    return None


def _declare(library: Any) -> None:
    """Types of the eight functions used (tesseract/capi.h)."""
    pointer, number = ctypes.c_void_p, ctypes.c_int
    library.TessBaseAPICreate.restype = pointer
    library.TessBaseAPIInit3.argtypes = (pointer, ctypes.c_char_p, ctypes.c_char_p)
    library.TessBaseAPISetImage.argtypes = (pointer, ctypes.c_char_p, number, number, number, number)
    library.TessBaseAPIGetUTF8Text.argtypes = (pointer,)
    library.TessBaseAPIGetUTF8Text.restype = pointer
    library.TessDeleteText.argtypes = (pointer,)
    library.TessBaseAPIClear.argtypes = (pointer,)
    library.TessBaseAPIDelete.argtypes = (pointer,)
    library.TessVersion.restype = ctypes.c_char_p
