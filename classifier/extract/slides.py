"""Word documents of 2007 and later (docx, docm, dotx, dotm): own reading of the package's parts."""

from __future__ import annotations

from typing import BinaryIO

from classifier.extract import ooxml
from classifier.extract.draft import Draft


def read(file: BinaryIO, draft: Draft) -> None:
    """Every story of the document."""
    ooxml.read(file, draft)
