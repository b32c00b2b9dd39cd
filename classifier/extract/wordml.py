"""WordprocessingML (ECMA-376 part 1, section 17): one story, such as the body or a header, to its text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from classifier.extract import xmlsafe
from classifier.extract.draft import Draft
from classifier.extract.numbering import Numbering
from classifier.item import PartKind

_TAGS = tuple(
    "{*}" + tag
    for tag in [
        "t",
        "p",
        "tab",
        "br",
        "cr",
        "tc",
        "tr",
        "delText",
        "instrText",
        "delInstrText",
        "fldSimple",
        "noBreakHyphen",
        "softHyphen",
        "sym",
        "vanish",
        "webHidden",
        "moveFrom",
        "moveTo",
        "ins",
        "del",
        "textpath",
        "docPr",
        "cNvPr",
        "comment",
        "footnoteReference",
        "endnoteReference",
    ]
)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DDE = re.compile(r"\bDDE(?:AUTO)?\b", re.IGNORECASE)
_OFF = frozenset({"0", "false", "off", "none"})
_MOVED = "{*}moveFrom"


@dataclass(slots=True)
class _Story:
    shown: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    described: list[str] = field(default_factory=list)
    cell: bool = False
    unseen: xmlsafe.Element | None = None
    lists: Numbering | None = None


def add_story(
    root: xmlsafe.Element, story_of: tuple[str, PartKind], draft: Draft, lists: Numbering | None = None
) -> None:
    """Add a story's text, and apart from it what was deleted, hidden, or stands in fields and descriptions."""
    name, kind = story_of
    drop_fallbacks(root)
    moved = {text for move in root.iter(_MOVED) for text in move.iter("{*}t")}
    story = _Story(lists=lists)
    for element in root.iter(_TAGS):
        _take(element, story, moved, draft)
    draft.add(name, "".join(story.shown).strip("\n"), kind)
    draft.add(f"{name} deleted", "".join(story.gone), PartKind.DELETED, hidden=True)
    draft.add(f"{name} hidden", "".join(story.hidden), kind, hidden=True)
    draft.add(f"{name} fields", "\n".join(story.fields), PartKind.FIELD)
    draft.add(f"{name} descriptions", "\n".join(story.described), PartKind.FIELD)


def drop_fallbacks(root: xmlsafe.Element) -> None:
    """Take out the second telling of what ``mc:AlternateContent`` says twice."""
    for fallback in list(root.iter("{*}Fallback")):
        choice = fallback.getprevious()
        if choice is not None and next(choice.iter("{*}t", "{*}delText"), None) is not None:
            fallback.clear()


def _take(  # noqa: C901, PLR0912 - one element a branch, and called for each: flat for speed
    element: xmlsafe.Element, story: _Story, moved: set[xmlsafe.Element], draft: Draft
) -> None:
    tag = element.tag.rpartition("}")[2]
    if tag == "t":
        text = element.text
        if not text:
            return
        if moved and element in moved:
            story.gone.append(text)
        elif story.unseen is not None and element.getparent() is story.unseen:
            story.hidden.append(text)
        else:
            story.shown.append(text)
    elif tag == "p":
        if story.cell:
            story.cell = False
        else:
            story.shown.append("\n")
        if story.lists is not None:
            story.shown.append(story.lists.label(element))
    elif tag == "tc":
        story.shown.append("\t")
        story.cell = True
    elif tag in _BREAKS:
        if tag != "tab" or not len(element.attrib):
            story.shown.append(_BREAKS[tag])
    else:
        _take_rare(tag, element, story, draft)


_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "tr": "\n", "noBreakHyphen": "\u2011", "softHyphen": "\u00ad"}


def _take_rare(  # noqa: C901 - one element a branch
    tag: str, element: xmlsafe.Element, story: _Story, draft: Draft
) -> None:
    if tag == "delText":
        story.gone.append(element.text or "")
    elif tag in {"instrText", "delInstrText", "fldSimple"}:
        code = element.text if tag != "fldSimple" else element.get(_W + "instr")
        if code and code.strip():
            story.fields.append(code.strip())
            if _DDE.search(code):
                draft.note("dde")
    elif tag in {"vanish", "webHidden"}:
        properties = element.getparent()
        if element.get(_W + "val") not in _OFF and properties is not None and tag == "vanish":
            story.unseen = properties.getparent()
    elif tag == "sym":
        code = element.get(_W + "char") or ""
        story.shown.append(_symbol(code))
    elif tag in {"ins", "del", "moveFrom", "moveTo"}:
        draft.note("tracked-changes")
    elif tag in {"docPr", "cNvPr"}:
        story.described.extend(value for key in ("descr", "title") if (value := element.get(key)))
    elif tag == "textpath":
        story.shown.append(" " + (element.get("string") or ""))
    elif tag == "comment":
        who = element.get(_W + "author") or ""
        story.shown.append(f"\n{who}: ")
        story.cell = True


def _symbol(code: str) -> str:
    try:
        point = int(code, 16)
    except ValueError:
        return ""
    return "" if 0xF000 <= point <= 0xF0FF else chr(point) if point < 0x10000 else ""
