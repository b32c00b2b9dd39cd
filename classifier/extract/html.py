"""HTML pages, through selectolax's Lexbor engine."""

from __future__ import annotations

import re
from typing import BinaryIO

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from classifier.extract.draft import Draft
from classifier.extract.plain import decode
from classifier.item import PartKind, Unreadable

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
_BLOCK = re.compile(
    r"</?(p|div|br|tr|td|th|li|ul|ol|dl|dt|dd|h[1-6]|table|section|article|header|footer|nav|aside|main|blockquote|pre|form"
    r"|fieldset|legend|option|select|address|hr|title|caption|figure|figcaption|body|center|textarea|button)(?=[\s>/])",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)


def read(file: BinaryIO, draft: Draft) -> None:
    """A page: title, text, hidden elements, descriptions, links and comments."""
    file.seek(0)
    add_page(file.read(), draft)
    draft.reader = "selectolax"


def add_page(data: bytes, draft: Draft, name: str = "", hint: str = "") -> None:
    """Add the text of one HTML page to ``draft`` under ``name``."""
    found = _CHARSET.search(data, 0, 4096)
    charset = hint or (found.group(1).decode("ascii") if found else "")
    add_markup(decode(data, charset), draft, name)


def add_markup(markup: str, draft: Draft, name: str = "") -> None:
    """As ``add_page`` for markup that is text already."""
    if _is_deep(markup):
        draft.note("deep-markup")
        draft.add(name, squeeze(_TAG.sub(" ", markup)))
        return
    comments = [text for text in _COMMENT.findall(markup) if not text.startswith("[if") and text.strip()]
    try:
        tree = LexborHTMLParser(_lined(markup))
        _add_tree(tree, draft, name)
    except (SelectolaxError, ValueError, RuntimeError, AttributeError, UnicodeError) as error:
        raise Unreadable("malformed", "the page cannot be parsed") from error
    draft.add(f"{name} comments".strip(), "\n".join(comments), PartKind.COMMENT, hidden=True)


def _is_deep(markup: str) -> bool:
    """Whether elements are nested beyond reason, which would cost the parser quadratic time."""
    if markup.count("<") - 2 * markup.count("</") < _DEEP:
        return False
    opened = sum(1 for tag in _OPENED.findall(markup) if tag.lower() not in _VOID)
    return opened - markup.count("</") > _DEEP


_DEEP = 2_000
_OPENED = re.compile(r"<([a-zA-Z][a-zA-Z0-9]{0,15})")
_TAG = re.compile(r"<[^<>]*>")
_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "p",
        "li",
        "td",
        "th",
        "tr",
        "dt",
        "dd",
        "option",
    ]
)


def _lined(markup: str) -> str:
    """Put the line breaks that a browser would show into the source, and take out those it would not."""
    if "<pre" not in markup and "<PRE" not in markup:
        markup = markup.replace("\r", " ").replace("\n", " ")
    return _BLOCK.sub(_break, markup)


def _break(match: re.Match[str]) -> str:
    return ("\t" if match.group(1).lower() in {"td", "th"} else "\n") + match.group()


def _add_tree(tree: LexborHTMLParser, draft: Draft, name: str) -> None:
    title = tree.css_first("title")
    if title is not None:
        draft.add(f"{name} title".strip(), title.text(), PartKind.PROPERTY)
    values = []
    for node in tree.css("a[href],img[alt],meta[content],input[value],[title]"):
        for key in ("href", "alt", "content", "value", "title"):
            value = node.attributes.get(key)
            if value and not value.startswith(("#", "data:")):
                values.append(value)
    tree.strip_tags(["script", "style", "head"], recursive=True)
    body = tree.body or tree.root
    if body is None:
        return
    hidden = _take_hidden(tree)
    draft.add(name, squeeze(body.text()))
    draft.add(f"{name} hidden".strip(), hidden, hidden=True)
    draft.add(f"{name} links".strip(), "\n".join(dict.fromkeys(values)), PartKind.FIELD)


def _take_hidden(tree: LexborHTMLParser) -> str:
    texts = []
    for node in tree.css("[hidden],[style]"):
        style = (node.attributes.get("style") or "").replace(" ", "").lower()
        if "hidden" in node.attributes or "display:none" in style or "visibility:hidden" in style:
            texts.append(node.text())
            node.decompose()
    return squeeze("\n".join(texts))


_BLANKS = re.compile(r"[ \t\xa0\r\f\v]+")
_LINES = re.compile(r" ?\n[ \n]*")


def squeeze(text: str) -> str:
    """Runs of blanks become one, blank lines vanish."""
    return _LINES.sub("\n", _BLANKS.sub(" ", text)).strip()
