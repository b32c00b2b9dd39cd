"""Office packages of 2007 and later: walk over every part, whatever its name, and read it by its root element."""

from __future__ import annotations

import io
import posixpath
import re
from typing import Any, BinaryIO

from classifier.extract import drawingml, wordml, xmlsafe
from classifier.extract.draft import Draft
from classifier.extract.numbering import Numbering, load
from classifier.extract.package import Package, open_package
from classifier.item import PartKind, Unreadable

# parts that hold looks, not words
_LOOKS = re.compile(
    r"(?:^|/)(?:styles|stylesWithEffects|fontTable|webSettings|settings|itemProps\d*|numbering|theme\d*|themeOverride\d*|tableStyles"
    r"|viewProps|presProps|calcChain|printerSettings\d*|persons?|colors\d*|style\d*|quickStyles\d*|layout\d*|drs)\.(?:xml|bin)$"
)
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|tiff?|bmp|emf|wmf|wdp|emz|wmz|svg|ico|webp|heic)$", re.IGNORECASE)
_MEMBER = re.compile(
    r"(?:^|/)(?:embeddings|afchunk)[^/]*(?:/|\.)|\.(?:mht|mhtml|html?|rtf|txt|docx|xlsx|pptx|eml|msg|pdf)$",
    re.IGNORECASE,
)
_LISTED = b"numPr"
_EXTERNAL = re.compile(rb"""TargetMode\s*=\s*["']External["']""")


def read_parts(package: Package, skip: frozenset[str] = frozenset()) -> None:
    """Read every part of ``package`` except those named in ``skip``, the main ones first."""
    draft = package.draft
    for info in package.named("[Content_Types].xml"):
        xmlsafe.parse(package.read(info), draft.limits.xml_depth)
    lists = _numbering(package)
    seen: set[str] = set()
    for info in sorted(package.members, key=lambda info: _rank(info.filename)):
        name = info.filename
        if info.is_dir() or name in skip:
            continue
        if name in seen:
            draft.note("duplicate-part")
        seen.add(name)
        try:
            _read_part(package, name, info, lists)
        except Unreadable as problem:
            if problem.kind != "malformed" or problem.detail == xmlsafe.DTD:
                raise
            draft.failed.append(problem)
            draft.cut("part:malformed")


def _rank(name: str) -> tuple[int, str]:
    order = (
        "document",
        "workbook",
        "presentation",
        "slides/",
        "worksheets/",
        "footnotes",
        "endnotes",
        "comments",
        "header",
        "footer",
        "notesSlides/",
    )
    for number, word in enumerate(order):
        if word in name and not name.endswith(".rels"):
            return number, re.sub(r"\d+", lambda match: match.group().zfill(6), name)
    return len(order), name


def _numbering(package: Package) -> Numbering | None:
    """How the document's lists count, where it has any."""
    numbers = package.named("word/numbering.xml")
    if not numbers:
        return None
    depth = package.draft.limits.xml_depth
    styles = [package.read(info) for info in package.named("word/styles.xml")[:1]]
    if not any(_LISTED in data for data in styles) and not any(
        _LISTED in package.read(info) for info in package.named("word/document.xml")
    ):
        return None
    try:
        return load(
            xmlsafe.parse(package.read(numbers[0]), depth),
            xmlsafe.parse(styles[0], depth) if styles and _LISTED in styles[0] else None,
        )
    except Unreadable as problem:
        if problem.kind != "malformed" or problem.detail == xmlsafe.DTD:
            raise
        return None


def _read_part(package: Package, name: str, info: Any, lists: Numbering | None) -> None:
    draft = package.draft
    low = name.lower()
    if low.endswith(".rels"):
        _read_relations(package.read(info), draft)
    elif low.endswith("vbaproject.bin"):
        draft.note("macro")
    elif _PICTURE.search(low):
        draft.images += 1
    elif _MEMBER.search(low) and "activex" not in low:
        draft.attach(draft, posixpath.basename(name), io.BytesIO(package.read(info)))
    elif low.endswith((".xml", ".vml")) and not _LOOKS.search(name) and name != "[Content_Types].xml":
        read_xml_part(package.read(info), name, draft, lists)


def _read_relations(data: bytes, draft: Draft) -> None:
    if not _EXTERNAL.search(data):
        return
    root = xmlsafe.parse(data, draft.limits.xml_depth)
    links: list[str] = []
    others: list[str] = []
    for relation in root.iter("{*}Relationship"):
        if relation.get("TargetMode") == "External":
            kind = (relation.get("Type") or "").rpartition("/")[2]
            (links if kind == "hyperlink" else others).append(relation.get("Target") or "")
    draft.add("links", "\n".join(links), PartKind.FIELD)
    draft.add("external references", "\n".join(others), PartKind.FIELD)
    if others:
        before = next((note for note in draft.notes if note.startswith("external-refs:")), "")
        draft.notes.pop(before, None)
        draft.note(f"external-refs:{len(others) + int(before.partition(':')[2] or 0)}")


def read_xml_part(data: bytes, name: str, draft: Draft, lists: Numbering | None = None) -> None:
    """Read one XML part by what its root element says it is."""
    root = xmlsafe.parse(data, draft.limits.xml_depth)
    read_tree(root, name, draft, lists)


def read_tree(root: xmlsafe.Element, name: str, draft: Draft, lists: Numbering | None = None) -> None:
    """As ``read_xml_part`` for a parsed tree."""
    tag = xmlsafe.local(root)
    if tag in _STORIES:
        label, kind = _STORIES[tag]
        wordml.add_story(root, (label or _stem(name), kind), draft, lists)
    elif tag in _SLIDES:
        drawingml.add_slide(root, name, draft)
    elif tag in _PROPERTIES:
        told = ((xmlsafe.local(element), (element.text or "").strip()) for element in root.iter())
        lines = [f"{name}: {text}" for name, text in told if any(map(str.isalpha, text)) and name not in _COUNTED]
        draft.add("properties", "\n".join(lines), PartKind.PROPERTY)
    elif name.startswith("customXml/"):
        draft.add("custom data", "\n".join(xmlsafe.walk_text(root)), PartKind.PROPERTY)
    elif tag in _DRAWN:
        drawingml.add_any(root, _stem(name), draft)


def _stem(name: str) -> str:
    return posixpath.basename(name).rpartition(".")[0]


_STORIES = {
    "document": ("", PartKind.BODY),
    "hdr": ("", PartKind.HEADER),
    "ftr": ("", PartKind.FOOTER),
    "footnotes": ("footnotes", PartKind.NOTE),
    "endnotes": ("endnotes", PartKind.NOTE),
    "comments": ("comments", PartKind.COMMENT),
    "glossaryDocument": ("building blocks", PartKind.BODY),
}
_SLIDES = frozenset({"sld", "notes", "sldLayout", "sldMaster", "notesMaster", "handoutMaster"})
_COUNTED = frozenset({"ScaleCrop", "LinksUpToDate", "SharedDoc", "HyperlinksChanged", "PresentationFormat", "bool"})
_PROPERTIES = frozenset({"coreProperties", "Properties"})
_DRAWN = frozenset(
    {"chartSpace", "dataModel", "drawing", "wsDr", "userShapes", "cmLst", "cmAuthorLst", "xml", "txbxContent"}
)


def read(file: BinaryIO, draft: Draft) -> None:
    """Read a whole Office package part by part."""
    read_parts(open_package(file, draft, office=True))
    draft.reader = "ooxml"
