"""PDF (ISO 32000): PDFium first; pdfminer.six where PDFium refuses, finds too little, or the text looks wrong."""

from __future__ import annotations

import ctypes
import io
import re
from collections.abc import Callable
from typing import Any, BinaryIO

import pypdfium2 as pdfium
import pypdfium2.raw as pdf

from classifier.extract import pdfboxes, pdfextra, pdfsecond
from classifier.extract.draft import Budget, Draft
from classifier.extract.ocr import engine
from classifier.item import Unreadable
from classifier.limits import Limits

_LITTLE = 20  # characters; a page with fewer has no text worth the name
_HEADER_WITHIN = 1024
_WRONG_SHARE = 0.15
_WRONG = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff]|\\(cid:\\d+\\)")
_HYPHEN = re.compile("\ufffe(?:\r?\n)?")


def read(file: BinaryIO, draft: Draft) -> None:
    """Pages, annotations, form fields, attachments, bookmarks and properties of a PDF.

    ``reader`` says ``pdfium`` or ``pdfminer``. Pages that hold pictures and no text make the reading partial, or
    ``no-text`` when there is nothing else. Raises ``encrypted`` and ``malformed``.
    """
    file.seek(0)
    data = file.read()
    start = data.find(b"%PDF-", 0, _HEADER_WITHIN)
    if start > 0:
        data = data[start:]
    handle = pdf.FPDF_LoadMemDocument64(data, len(data), None)
    if not handle:
        _refused(data, draft, pdf.FPDF_GetLastError())
        return
    try:
        _read_document(handle, data, draft)
    finally:
        pdf.FPDF_CloseDocument(handle)
    _look_behind(data, draft)


def _refused(data: bytes, draft: Draft, code: int) -> None:
    if code in {pdf.FPDF_ERR_PASSWORD, pdf.FPDF_ERR_SECURITY}:
        raise Unreadable("encrypted", "protected with a password")
    pages = pdfsecond.pages_of(data, draft.limits.pages)
    if not any(page.strip() for page in pages):
        raise Unreadable("malformed", "neither reader can make sense of it")
    for number, text in enumerate(pages, 1):
        draft.add(f"page {number}", text)
    draft.pages = len(pages)
    draft.reader = "pdfminer"


def _read_document(handle: Any, data: bytes, draft: Draft) -> None:
    count = pdf.FPDF_GetPageCount(handle)
    draft.pages = count
    draft.reader = "pdfium"
    texts, pictured, bad, odd = _pages(handle, min(count, draft.limits.pages), draft)
    if not texts and count == 0:
        raise Unreadable("malformed", "it has no pages")
    if _doubtful(texts, pictured, odd + bad):
        second = pdfsecond.try_pages(data, draft.limits.pages)
        if _worth(second) > _worth(texts):
            texts = second
            draft.reader = "pdfminer"
    for number, text in enumerate(texts, 1):
        draft.add(f"page {number}", text)
    if count > draft.limits.pages:
        draft.cut(f"pages:{draft.limits.pages}/{count}")
    if bad:
        draft.cut(f"pages:{count - bad}/{count}")
    if pictured:
        draft.images += pictured
        draft.cut(f"no-text:{pictured}/{count}")
    pdfextra.add_document(handle, data, draft)


def _pages(handle: Any, count: int, draft: Draft) -> tuple[list[str], int, int, int]:
    """Texts of the pages; how many are pictures without text, could not be loaded, have less text than what is drawn on them."""
    texts, pictured, bad, odd = [], 0, 0, 0
    form = pdfextra.Form(handle)
    look = pdfboxes.Look()
    try:
        for number in range(count):
            page = pdf.FPDF_LoadPage(handle, number)
            if not page:
                bad += 1
                texts.append("")
                continue
            try:
                text = _text(page, number + 1, look, draft)
                if len(text) < _LITTLE and not text.strip() and pdfextra.is_picture(page):
                    text = _recognised(page, draft)
                    pictured += not text
                elif len(text) < _LITTLE:
                    odd += pdfextra.owes_text(page, text)
                texts.append(text)
                pdfextra.add_page(handle, page, number + 1, form, draft)
            finally:
                pdf.FPDF_ClosePage(page)
    finally:
        form.close()
    if look.skipped:
        draft.note(f"boxes-unchecked:{look.skipped}")
    return texts, pictured, bad, odd


def _recognised(page: Any, draft: Draft) -> str:
    """What an engine reads on a page without text; nothing when none is installed."""
    reader = engine()
    text = reader.read_pdf_page(page) if reader is not None else ""
    if text.strip():
        draft.note("ocr")
    return text


_MAKE_BUFFER: Callable[[int], Any] = ctypes.create_string_buffer


def _text(page: Any, number: int, look: pdfboxes.Look, draft: Draft) -> str:
    handle = pdf.FPDFText_LoadPage(page)
    if not handle:
        return ""
    try:
        count = pdf.FPDFText_CountChars(handle)
        if count <= 0:
            return ""
        buffer = _MAKE_BUFFER(count * 2 + 2)
        got = pdf.FPDFText_GetText(handle, 0, count, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)))
        text: str = buffer.raw[: max(0, got - 1) * 2].decode("utf-16-le", "replace")
        covered = pdfboxes.covered_text(page, handle, look)
    finally:
        pdf.FPDFText_ClosePage(handle)
    if covered:
        draft.note("covered-text")
        draft.add(f"page {number} under boxes", covered, hidden=True)
    if "\ufffe" in text:
        text = _HYPHEN.sub("", text)
    return text.replace("\r\n", "\n")


def _doubtful(texts: list[str], pictured: int, odd: int) -> bool:
    """Whether a second opinion is worth its time: hardly any text, unexplained by pictures and drawings, or odd letters."""
    total = sum(map(len, texts))
    if total < _LITTLE * max(1, len(texts)):
        return odd > 0 and pictured * 2 < len(texts)
    sample = "".join(texts[:10])[:20_000]
    return len(_WRONG.findall(sample)) > _WRONG_SHARE * len(sample)


def _worth(texts: list[str]) -> int:
    """Characters that look like text, less those that do not."""
    joined = "".join("".join(texts).split())
    return len(joined) - 5 * len(_WRONG.findall(joined))


def _look_behind(data: bytes, draft: Draft) -> None:
    """Note what follows the end of the PDF, and read it when it is an archive of its own."""
    end = data.rfind(b"%%EOF")
    tail = data[end + 5 :] if end >= 0 else b""
    if len(tail.strip(b"\0 \t\r\n")) > 64:
        draft.note("trailing-data")
    if b"PK\5\6" in data[-66_000:]:
        draft.note("polyglot")
        archive = data[data.find(b"PK\3\4", max(0, end)) :] if b"PK\3\4" in data[max(0, end) :] else data
        if archive is not data:
            draft.attach(draft, "appended archive", io.BytesIO(archive))


# a page in a font that is not embedded: PDFium looks for the system's fonts when it first meets one
_SAMPLE = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj "
    b"4 0 obj<</Length 31>>stream\nBT /F 9 Tf 9 9 Td (warm) Tj ET\nendstream endobj "
    b"5 0 obj<</Type/Font/Subtype/TrueType/BaseFont/Arial>>endobj trailer<</Root 1 0 R>>"
)


def _no_members(_draft: Draft, _name: str, _file: BinaryIO) -> None:
    """The sample has no members."""


def warm() -> None:
    """Load PDFium, pdfminer and the character maps that it would otherwise open later."""
    pdfium.PdfDocument.new().close()
    handle = pdf.FPDF_LoadMemDocument64(_SAMPLE, len(_SAMPLE), None)
    _pages(handle, pdf.FPDF_GetPageCount(handle), Draft(Limits(), _no_members, Budget(0, 0)))
    pdf.FPDF_CloseDocument(handle)
    pdfsecond.warm()
    engine()
