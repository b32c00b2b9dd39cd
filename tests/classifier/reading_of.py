"""Read bytes as the product does, for tests."""

import io

from classifier.extract import extract
from classifier.identify import identify
from classifier.item import Content, PartKind, Unreadable
from classifier.limits import Limits

LIMITS = Limits()


def content_of(data: bytes, name: str = "", limits: Limits = LIMITS) -> Content:
    """Identify and extract."""
    file = io.BytesIO(data)
    return extract(file, identify(file, name.encode()), limits, name.encode())


def problem_of(data: bytes, name: str = "", limits: Limits = LIMITS) -> str:
    """The kind of problem that reading ends in; an empty string when it does not."""
    try:
        content_of(data, name, limits)
    except Unreadable as problem:
        return problem.kind
    return ""


def said(content: Content, kind: PartKind, *, hidden: bool = False) -> str:
    """All text of one kind of part, hidden or not."""
    return "\n".join(part.text for part in content.parts if part.kind is kind and part.hidden == hidden)
