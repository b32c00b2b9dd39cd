"""DrawingML and PresentationML (ECMA-376 part 1, sections 19 to 21): slides, charts, diagrams and shapes to text."""

from __future__ import annotations

import posixpath
import re

from classifier.extract import xmlsafe
from classifier.extract.draft import Draft
from classifier.item import PartKind

_TEXTS = ("{*}t", "{*}p", "{*}br", "{*}tc", "{*}tr", "{*}v", "{*}text", "{*}cm", "{*}cNvPr", "{*}pt", "{*}textpath")
_PROMPTS = frozenset(
    {
        "title",
        "body",
        "ctrTitle",
        "subTitle",
        "sldNum",
        "sldImg",
        "obj",
        "pic",
        "tbl",
        "chart",
        "dgm",
        "media",
        "clipArt",
        "",
    }
)
_NUMBER = re.compile(r"(\d+)")


def add_slide(root: xmlsafe.Element, name: str, draft: Draft) -> None:
    """A slide, its notes, a layout or a master. Prompts in layouts and masters ("Click to add title") are left out."""
    tag = xmlsafe.local(root)
    found = _NUMBER.search(posixpath.basename(name))
    number = found.group() if found else ""
    if tag in {"sldLayout", "sldMaster", "notesMaster", "handoutMaster"}:
        for shape in root.iter("{*}sp"):
            mark = next(shape.iter("{*}ph"), None)
            if mark is not None and mark.get("type", "") in _PROMPTS:
                shape.clear()
        lines = [line for line in text_of(root).split("\n") if any(map(str.isalpha, line))]  # no bare dates and numbers
        text = "\n".join(lines)
        if all(part.text != text for part in draft.parts):  # layouts repeat their master
            draft.add(f"master {posixpath.basename(name).rpartition('.')[0]}", text, PartKind.HEADER)
        return
    if tag == "sld":
        hidden = root.get("show") in {"0", "false"}
        draft.pages += 1
        if hidden:
            draft.note("hidden-slide")
        draft.add(f"slide {number}", text_of(root), hidden=hidden)
    else:
        draft.add(f"notes {number}", text_of(root), PartKind.NOTE)
    _add_descriptions(root, f"slide {number}", draft)


def _add_descriptions(root: xmlsafe.Element, name: str, draft: Draft) -> None:
    texts = [
        value for shape in root.iter("{*}cNvPr", "{*}docPr") for key in ("descr", "title") if (value := shape.get(key))
    ]
    draft.add(f"{name} descriptions", "\n".join(texts), PartKind.FIELD)


def add_any(root: xmlsafe.Element, name: str, draft: Draft) -> None:
    """A chart, diagram, drawing or list of comments."""
    if xmlsafe.local(root) == "cmAuthorLst":
        draft.add("comment authors", "\n".join(author.get("name") or "" for author in root), PartKind.COMMENT)
        return
    kind = PartKind.COMMENT if xmlsafe.local(root).startswith("cm") else PartKind.BODY
    draft.add(name, text_of(root), kind)
    _add_descriptions(root, name, draft)


def text_of(root: xmlsafe.Element) -> str:
    """All drawn text below ``root``: paragraphs on lines, cells with tabs."""
    pieces: list[str] = []
    cell = False
    for element in root.iter(*_TEXTS):
        tag = element.tag.rpartition("}")[2]
        if tag in {"t", "text"}:
            pieces.append(element.text or "")
        elif tag == "v":
            pieces.append(f"{element.text or ''}\n")
        elif tag == "tc":
            pieces.append("\t")
            cell = True
        elif tag == "textpath":
            pieces.append(element.get("string") or "")
        elif tag == "p" and cell:
            cell = False
        elif tag not in {"cNvPr", "pt"}:
            pieces.append("\n")
    return "".join(pieces).strip()
