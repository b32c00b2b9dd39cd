"""Names of persons: tokens, lists and context."""

from __future__ import annotations

from classifier.identifiers import Hit
from classifier.window import Bytes


def scan_names(data: bytes, kinds: Bytes) -> list[Hit]:
    """Find names of persons in folded text."""
    return []


def looks_like_name(text: bytes) -> bool:
    """Say whether a whole text, such as a table's cell, is the name of a person."""
    return False
