"""XML without document type definitions, network, entities or bottomless nesting. The only door to lxml's parsers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from xml.parsers import expat

from lxml import etree

from classifier.item import Unreadable

Element = etree._Element  # noqa: SLF001 - lxml publishes no other name for the type

_DEEP = "Excessive depth"
_STEP = 1024
DTD = "a document type definition, which is refused"
# what office programs write; UTF-7 and its like only serve to get past filters
_ENCODINGS = re.compile(
    r"utf-?8|utf-?16|ucs-?2|us-ascii|ascii|iso-8859-|windows-125|cp125|gb|big5|shift_jis|euc-", re.IGNORECASE
)


@cache
def _parser(*, recover: bool = False, huge: bool = False) -> etree.XMLParser:
    """A parser with every door shut, made once of each sort: a package has dozens of parts."""
    # never collect_ids=False: lxml turns it into a flag for which libxml2 opens the document type's file
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=huge,
        recover=recover,
        remove_comments=True,
        remove_pis=True,
    )


def parse(data: bytes, depth: int, *, doctype: bool = False, recover: bool = False) -> Element:
    """Parse ``data`` into its root element.

    Raises ``Unreadable``: ``malformed`` for broken XML and for any document type (with ``doctype`` only for one that
    declares something), ``limit:xml-depth`` beyond ``depth`` nested elements.
    """
    try:
        root = etree.fromstring(data, _parser(recover=recover))
    except etree.XMLSyntaxError as error:
        root = _again(data, str(error), depth, recover=recover)
    except (ValueError, LookupError) as error:
        raise Unreadable("malformed", "broken XML") from error
    if root is None:
        raise Unreadable("malformed", "broken XML")
    info: Any = root.getroottree().docinfo
    if info.doctype and not (doctype and harmless(data)):
        raise Unreadable("malformed", DTD)
    if info.encoding and not _ENCODINGS.match(info.encoding):
        raise Unreadable("malformed", "an encoding that hides what it says")
    if _deeper_than(depth)(root):
        raise Unreadable("limit:xml-depth", f"more than {depth} nested elements")
    return root


@cache
def _deeper_than(depth: int) -> etree.XPath:
    """Whether a tree has any element below that depth, asked in C; libxml2 by itself only stops at 2,048."""
    return etree.XPath(f"boolean({'/*' * (depth + 1)})")


def _again(data: bytes, message: str, depth: int, *, recover: bool) -> Element:
    if _DEEP in message:
        raise Unreadable("limit:xml-depth", f"more than {depth} nested elements")
    if "huge" in message.lower() and not recover and len(data) > 10_000_000 and harmless(data):
        try:  # one text node above libxml2's 10 MB; there is no document type in it, so nothing can multiply
            return etree.fromstring(data, _parser(huge=True))
        except (etree.XMLSyntaxError, ValueError) as error:
            raise Unreadable("malformed", "broken XML") from error
    raise Unreadable("malformed", DTD if _prolog(data) in {"internal", "external"} else "broken XML")


class _Begun(Exception):  # noqa: N818 - not an error: the root element was reached
    pass


def harmless(data: bytes) -> bool:
    """Whether the prolog declares nothing: no internal subset, no entities. Broken prologs are not harmless."""
    return _prolog(data) in {"none", "external"}


def _prolog(data: bytes) -> str:
    """What stands before the root element: ``none``, ``external`` (a bare doctype), ``internal`` or ``broken``."""
    found = "none"

    def begun(_name: str, _attributes: dict[str, str]) -> None:
        raise _Begun

    def doctype(_name: str, _system: str | None, _public: str | None, internal: int) -> None:
        nonlocal found
        found = "internal" if internal else "external"
        if internal:
            raise _Begun

    reader = expat.ParserCreate()
    reader.StartElementHandler = begun
    reader.StartDoctypeDeclHandler = doctype
    try:
        for start in range(0, len(data), _STEP):
            reader.Parse(data[start : start + _STEP], False)
    except _Begun:
        return found
    except (expat.ExpatError, ValueError, LookupError):
        return "broken"
    return found


def no_doctype(head: bytes) -> None:
    """Refuse a part that another library will parse if its first bytes hold a document type."""
    if _prolog(head) in {"internal", "external"}:
        raise Unreadable("malformed", DTD)


def local(element: Element) -> str:
    """The tag without its namespace; empty for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def walk_text(root: Element) -> Iterator[str]:
    """All text of a tree in document order, without markup."""
    for text in root.itertext():
        stripped = str(text).strip()
        if stripped:
            yield stripped
