"""PDF: PDFium first, pdfminer.six for a second opinion."""

from __future__ import annotations

from typing import BinaryIO

import pypdfium2 as pdfium

from classifier.extract.draft import Draft
from classifier.item import Unreadable


def read(file: BinaryIO, draft: Draft) -> None:
    """Pages as parts."""
    file.seek(0)
    data = file.read()
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        raise Unreadable(
            "encrypted" if "password" in str(error).lower() else "malformed", "PDFium refuses it"
        ) from error
    draft.pages = len(document)
    for number in range(min(len(document), draft.limits.pages)):
        try:
            page = document[number]
            draft.add(f"page {number + 1}", page.get_textpage().get_text_range())
        except pdfium.PdfiumError:
            continue
    if draft.pages > draft.limits.pages:
        draft.cut(f"pages:{draft.limits.pages}/{draft.pages}")
    draft.images += 1
    draft.reader = "pdfium"
