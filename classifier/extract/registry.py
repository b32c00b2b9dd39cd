"""Which reader speaks for which format, and why some formats have none."""

from __future__ import annotations

_WORD = ("word", "read")
_SHEETS = ("sheets", "read")
_SLIDES = ("slides", "read")
_TEXT = ("plain", "read_text")
_CARD = ("plain", "read_card")

READERS: dict[str, tuple[str, str]] = {
    "pdf": ("pdf", "read"),
    "docx": _WORD, "docm": _WORD, "dotx": _WORD, "dotm": _WORD,
    "xlsx": _SHEETS, "xlsm": _SHEETS, "xlsb": _SHEETS, "xltx": _SHEETS, "xltm": _SHEETS, "xlam": _SHEETS,
    "pptx": _SLIDES, "pptm": _SLIDES, "ppsx": _SLIDES, "ppsm": _SLIDES, "potx": _SLIDES, "potm": _SLIDES,
    "html": ("html", "read"),
    "txt": _TEXT, "csv": _TEXT, "tsv": _TEXT,
    "json": ("plain", "read_json"),
    "xml": ("plain", "read_xml"),
    "vcf": _CARD, "ics": _CARD,
    "eml": ("mail", "read"),
    "mhtml": ("mail", "read"),
    "mbox": ("mail", "read_mbox"),
    "msg": ("outlook", "read"),
    "doc": ("olddoc", "read"),
    "ppt": ("oldslides", "read"),
    "xls": ("oldsheets", "read"),
    "rtf": ("rtf", "read"),
    "odt": ("opendocument", "read"), "ods": ("opendocument", "read"), "odp": ("opendocument", "read"),
    "odg": ("opendocument", "read"), "odf": ("opendocument", "read"),
    "epub": ("epub", "read"),
    "zip": ("archives", "read_zip"), "tar": ("archives", "read_tar"), "gz": ("archives", "read_gzip"),
    "bz2": ("archives", "read_bzip2"), "xz": ("archives", "read_xz"), "7z": ("archives", "read_7z"),
    "svg": ("plain", "read_xml"),
    "png": ("images", "read"), "jpeg": ("images", "read"), "gif": ("images", "read"), "tiff": ("images", "read"),
    "bmp": ("images", "read"), "webp": ("images", "read"),
    "ole": ("oldembedded", "read"),
}  # fmt: skip

REASONS: dict[str, tuple[str, str]] = {
    "empty": ("empty", "the file has no bytes"),
    "encrypted-office": ("encrypted", "protected with a password"),
    "audio": ("media", "sound is not listened to"),
    "video": ("media", "moving pictures are not watched"),
}
