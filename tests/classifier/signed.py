"""Signatures of short texts, made once."""

from functools import cache

from classifier.signature import signature


@cache
def signed(text: str) -> bytes:
    """Sign a text."""
    return signature(text)
