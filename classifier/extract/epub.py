"""Electronic books (EPUB): every page of the package, in the order of their names."""

from __future__ import annotations

import io
import posixpath
from typing import BinaryIO

from classifier.extract import html, xmlsafe
from classifier.extract.draft import Draft
from classifier.extract.package import open_package
from classifier.item import PartKind, Unreadable

_PAGES = (".xhtml", ".html", ".htm", ".xml")
_OTHERS = (".pdf", ".txt", ".docx")


def read(file: BinaryIO, draft: Draft) -> None:
    """A whole book."""
    package = open_package(file, draft)
    draft.reader = "epub"
    for info in sorted(package.members, key=lambda info: info.filename):
        name, low = info.filename, info.filename.lower()
        if low.endswith((".opf", ".ncx")):
            _add_index(package.read(info), posixpath.basename(name), draft)
        elif low.endswith(_PAGES) and not name.startswith("META-INF/"):
            draft.pages += 1
            html.add_page(package.read(info), draft, posixpath.basename(name))
        elif low.endswith(_OTHERS):
            draft.attach(draft, posixpath.basename(name), io.BytesIO(package.read(info)))
        elif low.endswith((".png", ".jpg", ".jpeg", ".gif", ".svg")):
            draft.images += 1


def _add_index(data: bytes, name: str, draft: Draft) -> None:
    """The list of contents; a broken one is noted, since the pages are found without it."""
    try:
        root = xmlsafe.parse(data, draft.limits.xml_depth, doctype=True)
    except Unreadable as problem:
        if problem.detail == xmlsafe.DTD and not xmlsafe.harmless(data):
            raise
        draft.note("malformed-part")
        return
    draft.add(name, "\n".join(xmlsafe.walk_text(root)), PartKind.PROPERTY)
