"""Every limit on reading a document, in one place, with the value that was found to work."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what one file may cost. A reading that meets one says so by its name.

    Seconds, bytes, characters and counts as each field's comment says.
    """

    seconds: float = 60.0  # wall clock for one file
    pdf_seconds: float = 120.0  # wall clock for one PDF
    memory: int = 1 << 30  # bytes of address space a worker may take above what it had when idle
    size: int = 512 << 20  # bytes; a larger file is catalogued, not read
    text: int = 5_000_000  # characters kept of one file: head and tail
    pages: int = 500  # PDF pages read
    depth: int = 3  # archives inside archives
    entries: int = 10_000  # members of one archive
    expanded: int = 200 << 20  # bytes all members of one archive may unpack to
    ratio: int = 200  # unpacked to packed, judged above ratio_floor
    ratio_floor: int = 10 << 20  # bytes below which the ratio is not judged
    xml_depth: int = 256  # nested elements
    pixels: int = 100_000_000  # of one image
    mail_depth: int = 10  # messages inside messages
    repeat: int = 100  # repeated cells or spaces honoured in OpenDocument
    recycle: int = 500  # files a worker reads before it is replaced by a fresh one
