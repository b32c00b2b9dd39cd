"""Expressions that cost linear time whatever the text, for folded text: one byte a character."""

from __future__ import annotations

from typing import Final, NamedTuple

import re2

_ANYWHERE: Final = re2._re2.RE2.Anchor.UNANCHORED  # noqa: SLF001 - the wrapper's match objects cost more than a search
Refused: Final = re2.error
"""What ``linear`` raises for an expression that RE2 does not accept, such as one with look-around or a back reference."""

Span = tuple[int, int]


class Linear(NamedTuple):
    """A compiled expression; searches give places (start, end), never match objects, which would cost more than the search."""

    engine: re2._re2.RE2

    def span(self, data: bytes, at: int = 0, end: int | None = None) -> Span | None:
        """Give the first match in ``data[at:end]``; what stands before ``at`` counts for word boundaries."""
        found: Span = self.engine.Match(_ANYWHERE, data, at, len(data) if end is None else end)[0]
        return None if found[0] < 0 else found

    def spans(self, data: bytes, at: int = 0, end: int | None = None) -> list[Span]:
        """Give all matches in ``data[at:end]`` that do not overlap and are not empty, in order."""
        last = len(data) if end is None else end
        match, found = self.engine.Match, []
        while at <= last:
            start, stop = match(_ANYWHERE, data, at, last)[0]
            if start < 0:
                break
            if stop > start:
                found.append((start, stop))
            at = max(stop, at + (stop == start))
        return found


def linear(pattern: bytes, *, case: bool = False) -> Linear:
    """Compile an expression without captures; ``case`` makes capitals count. Raises ``Refused``."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.case_sensitive = case
    options.never_capture = True
    options.log_errors = False
    return Linear(re2.compile(pattern, options)._regexp)  # noqa: SLF001 - see above
