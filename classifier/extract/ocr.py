"""Reading pictures of text, when an engine is installed: none is needed, and without one a picture is ``no-text``."""

from __future__ import annotations

from functools import cache
from typing import Any, Protocol

from classifier.extract.draft import Draft


class Engine(Protocol):
    """Reads pictures."""

    def read_image(self, data: bytes, draft: Draft) -> str:
        """Text in an encoded picture (PNG, JPEG, TIFF …); empty when there is none."""

    def read_pdf_page(self, page: Any, draft: Draft) -> str:
        """Text on a loaded PDFium page; empty when there is none."""


@cache
def engine() -> Engine | None:
    """The engine that is installed, if any; looked for once."""
    return None
