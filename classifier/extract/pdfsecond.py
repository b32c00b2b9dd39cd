"""The second opinion on PDF: pdfminer.six, the one place that calls it and translates its errors."""

from __future__ import annotations

import io
import logging
import struct
import zlib
from itertools import islice

from pdfminer.cmapdb import CMapDB
from pdfminer.converter import TextConverter
from pdfminer.layout import LAParams
from pdfminer.pdfdocument import PDFDocument, PDFPasswordIncorrect
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.psexceptions import PSException

from classifier.item import Unreadable

logging.getLogger("pdfminer").setLevel(logging.CRITICAL)  # its warnings quote the document

_PAGES = 60  # it needs some 80 ms a page
_BYTES = 40 << 20
_OBJECTS = 1_000_000
# all that pdfminer is known to let through on broken files, besides its own family
_ERRORS = (
    PSException, ValueError, TypeError, LookupError, AttributeError, AssertionError, ArithmeticError, RuntimeError,
    OSError, EOFError, StopIteration, struct.error, zlib.error,
)  # fmt: skip
_MAPS = ("H", "V", "UniJIS-UCS2-H", "UniGB-UCS2-H", "UniCNS-UCS2-H", "UniKS-UCS2-H", "90ms-RKSJ-H", "GBK-EUC-H")
_COLLECTIONS = ("Adobe-Japan1", "Adobe-GB1", "Adobe-CNS1", "Adobe-Korea1")


def pages_of(data: bytes, most: int) -> list[str]:
    """Texts of up to ``most`` pages; raises ``encrypted`` or ``malformed``."""
    if len(data) > _BYTES:
        raise Unreadable("malformed", "damaged, and too large for the second reader")
    texts: list[str] = []
    manager = PDFResourceManager(caching=True)
    try:
        document = PDFDocument(PDFParser(io.BytesIO(data)))
        _check_size(document)
        for page in islice(PDFPage.create_pages(document), min(most, _PAGES)):
            out = io.StringIO()
            # boxes_flow: without it the order of boxes is worked out in quadratic time
            device = TextConverter(manager, out, laparams=LAParams(boxes_flow=None))
            PDFPageInterpreter(manager, device).process_page(page)
            texts.append(out.getvalue())
    except PDFPasswordIncorrect as error:
        raise Unreadable("encrypted", "protected with a password") from error
    except _ERRORS as error:
        if not texts:
            raise Unreadable("malformed", "neither reader can make sense of it") from error
    return texts


def _check_size(document: PDFDocument) -> None:
    """Refuse tables that claim more objects than any file holds; pdfminer would count through them."""
    claimed = sum(count for table in document.xrefs for _, count in getattr(table, "ranges", ()))
    if claimed > _OBJECTS:
        raise Unreadable("malformed", "claims an impossible number of objects")


def try_pages(data: bytes, most: int) -> list[str]:
    """As ``pages_of``, with nothing instead of an error: want of memory included, as the first reader has spoken."""
    try:
        return pages_of(data, most)
    except (Unreadable, MemoryError):
        return []


def warm() -> None:
    """Read the character maps of the usual Asian fonts, which cannot be opened once a worker is locked."""
    for name in _MAPS:
        _quietly(CMapDB.get_cmap, name)
    for name in _COLLECTIONS:
        _quietly(CMapDB.get_unicode_map, name)


def _quietly(call: object, name: str) -> None:
    try:
        call(name)  # type: ignore[operator]
    except (CMapDB.CMapNotFound, KeyError, OSError):
        return
