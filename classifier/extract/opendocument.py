"""OpenDocument (ISO/IEC 26300): text, tables and slides, their styles' headers and footers, remarks, macros, objects."""

from __future__ import annotations

import io
import posixpath
from dataclasses import dataclass, field
from typing import BinaryIO
from zipfile import ZipInfo

from lxml import etree

from classifier.extract import xmlsafe
from classifier.extract.draft import Draft
from classifier.extract.package import Package, open_package
from classifier.item import PartKind, Unreadable

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_LINES = frozenset({"p", "h", "list-item", "line-break", "list-header"})
_SKIPPED = frozenset({"automatic-styles", "font-face-decls", "settings", "scripts", "sequence-decls", "forms-dummy"})
_ASIDE = {
    "annotation": ("comments", PartKind.COMMENT, False),
    "note": ("notes", PartKind.NOTE, False),
    "notes": ("speaker notes", PartKind.NOTE, False),
    "deletion": ("deleted", PartKind.DELETED, True),
    "header": ("headers", PartKind.HEADER, False),
    "header-left": ("headers", PartKind.HEADER, False),
    "header-first": ("headers", PartKind.HEADER, False),
    "footer": ("footers", PartKind.FOOTER, False),
    "footer-left": ("footers", PartKind.FOOTER, False),
    "footer-first": ("footers", PartKind.FOOTER, False),
    "hidden-text": ("hidden", PartKind.BODY, True),
    "hidden-paragraph": ("hidden", PartKind.BODY, True),
}
_Key = tuple[str, PartKind, bool]


@dataclass(slots=True)
class _Walk:
    draft: Draft
    name: str
    unseen: frozenset[str] = frozenset()
    texts: dict[_Key, list[str]] = field(default_factory=dict)
    keys: list[_Key] = field(default_factory=list)
    links: dict[str, None] = field(default_factory=dict)
    hidden_rows: int = 0
    cell: bool = False
    sheets: int = 0

    def put(self, text: str) -> None:
        self.texts.setdefault(self.keys[-1], []).append(text)


def read(file: BinaryIO, draft: Draft) -> None:
    """A whole OpenDocument package."""
    package = open_package(file, draft, office=True)
    draft.reader = "opendocument"
    _check_encryption(package)
    seen: set[str] = set()
    for info in sorted(package.members, key=lambda info: (info.filename != "content.xml", info.filename)):
        if info.is_dir():
            continue
        if info.filename in seen:
            draft.note("duplicate-part")
        seen.add(info.filename)
        _read_member(package, info.filename, info, draft)


def _check_encryption(package: Package) -> None:
    for info in package.named("META-INF/manifest.xml"):
        if b"encryption-data" in package.read(info):
            raise Unreadable("encrypted", "protected with a password")


def _read_member(package: Package, name: str, info: ZipInfo, draft: Draft) -> None:
    base = posixpath.basename(name)
    if base in {"content.xml", "styles.xml"}:
        _add_tree(xmlsafe.parse(package.read(info), draft.limits.xml_depth, doctype=True), name, draft)
    elif base == "meta.xml":
        root = xmlsafe.parse(package.read(info), draft.limits.xml_depth, doctype=True)
        draft.add("properties", "\n".join(xmlsafe.walk_text(root)), PartKind.PROPERTY)
    elif name.startswith(("Basic/", "Scripts/")):
        draft.note("macro")
        _add_macro(package.read(info), base, draft)
    elif name.startswith("Pictures/"):
        draft.images += 1
    elif name.startswith("Object") and "/" not in name:
        draft.attach(draft, "object", io.BytesIO(package.read(info)))


def _add_macro(data: bytes, base: str, draft: Draft) -> None:
    if base.endswith(".xml"):
        root = xmlsafe.parse(data, draft.limits.xml_depth, doctype=True)
        draft.add(f"macro {base}", "\n".join(xmlsafe.walk_text(root)), PartKind.FIELD, hidden=True)
    else:
        draft.add(f"macro {base}", data.decode("utf-8", "replace"), PartKind.FIELD, hidden=True)


def _add_tree(root: xmlsafe.Element, name: str, draft: Draft) -> None:
    walk = _Walk(draft, name, _unseen_styles(root))
    main = PartKind.HEADER if posixpath.basename(name) == "styles.xml" else PartKind.BODY
    top = ("page styles" if main is PartKind.HEADER else "", main, False)
    walk.keys.append(top)
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag
        local = tag.rpartition("}")[2]
        if event == "start":
            _open(local, element, walk)
        else:
            _close(local, element, walk)
    for (label, kind, hidden), pieces in walk.texts.items():
        draft.add(label, "".join(pieces).strip(), kind, hidden=hidden)
    draft.add("links", "\n".join(walk.links), PartKind.FIELD)
    if walk.hidden_rows:
        draft.note(f"hidden-rows:{walk.hidden_rows}")
    if any(kind is PartKind.DELETED for _, kind, _ in walk.texts):
        draft.note("tracked-changes")


def _unseen_styles(root: xmlsafe.Element) -> frozenset[str]:
    """Names of styles that hide what wears them: tables not displayed, text not displayed."""
    names: set[str] = set()
    for style in root.iter("{*}style"):
        for child in style:
            if (
                "none" in {child.get(_DISPLAY), child.get(_TEXT + "display")}
                or child.get(_TABLE + "display") == "false"
            ):
                names.update(str(value) for key, value in style.attrib.items() if str(key).endswith("}name"))
    return frozenset(names)


_DISPLAY = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}display"


def _open(local: str, element: xmlsafe.Element, walk: _Walk) -> None:  # noqa: C901 - one element a branch
    if local in _ASIDE:
        walk.keys.append(_ASIDE[local])
        walk.put("\n")
    elif local == "table" and element.tag == _TABLE + "table":
        _open_table(element, walk)
    elif local == "page" and element.tag == _DRAW + "page":
        walk.draft.pages += 1
        walk.keys.append((f"slide {walk.draft.pages}", PartKind.BODY, False))
    elif local in _LINES:
        if not walk.cell or local not in {"p", "h"}:
            walk.put("\n")
        walk.cell = False
    elif local == "s":
        walk.put(" " * _times(element.get(_TEXT + "c"), walk.draft))
    elif local == "tab":
        walk.put("\t")
    elif local == "table-row":
        walk.cell = False
        walk.hidden_rows += element.get(_TABLE + "visibility") in {"collapse", "filter"}
        walk.put("\n")
    elif local in {"table-cell", "covered-table-cell"}:
        walk.put("\t")
        walk.cell = True
    _open_rare(local, element, walk)
    if element.text and local not in {"style", "number-style", "text-style"}:
        walk.put(element.text)


def _open_rare(local: str, element: xmlsafe.Element, walk: _Walk) -> None:
    link = element.get(_XLINK)
    if link and ":" in link:
        walk.links[link] = None
    if local in {"hidden-text", "hidden-paragraph"}:
        walk.put(element.get(_TEXT + "string-value") or "")
    elif local == "table-cell" and len(element) == 0:
        walk.put(element.get(_OFFICE + "value") or element.get(_OFFICE + "string-value") or "")
    elif local in {"span", "section"} and element.get(_TEXT + "style-name") in walk.unseen:
        walk.draft.note("hidden-text")
    elif local == "dde-source":
        walk.draft.note("dde")


def _open_table(element: xmlsafe.Element, walk: _Walk) -> None:
    if walk.keys[-1][1] is not PartKind.BODY or walk.keys[-1][0].startswith("slide"):
        walk.keys.append(walk.keys[-1])
        return
    name = element.get(_TABLE + "name") or ""
    parent = element.getparent()
    sheet = parent is not None and xmlsafe.local(parent) == "spreadsheet"
    if not sheet:
        walk.keys.append(walk.keys[-1])
        return
    hidden = element.get(_TABLE + "style-name") in walk.unseen
    if hidden:
        walk.draft.note(f"hidden-sheet:{sum(1 for _ in element.iter(_TABLE + 'table-row'))}")
    walk.draft.pages += 1
    walk.keys.append((f"sheet {name}", PartKind.BODY, hidden))


def _close(local: str, element: xmlsafe.Element, walk: _Walk) -> None:
    if len(walk.keys) > 1 and (local in _ASIDE or element.tag in {_TABLE + "table", _DRAW + "page"}):
        walk.keys.pop()
    if element.tail:
        walk.put(element.tail)


def _times(count: str | None, draft: Draft) -> int:
    """How many blanks a repeat count stands for, within the limit."""
    try:
        return max(1, min(int(count or 1), draft.limits.repeat))
    except ValueError:
        return 1
