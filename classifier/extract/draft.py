"""What is being read: parts, notes and limits collect here while the readers walk through a document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from classifier.item import Completeness, Content, Part, PartKind, Unreadable
from classifier.limits import Limits

# no text characters: NUL is refused by PostgreSQL, lone surrogates by UTF-8
_SURROGATES = dict.fromkeys(range(55296, 57344), "�")
_GAP = "\n\n"

Attach = Callable[["Draft", str, BinaryIO], None]


@dataclass(slots=True)
class Budget:
    """What all members of one file, however deep, may use together: entries and unpacked bytes."""

    entries: int
    expanded: int

    def take_entries(self, count: int) -> None:
        """Count ``count`` members; raises ``limit:entries``."""
        self.entries -= count
        if self.entries < 0:
            raise Unreadable("limit:entries", "more members than the limit allows")

    def take_bytes(self, count: int) -> None:
        """Count ``count`` unpacked bytes; raises ``limit:expanded``."""
        self.expanded -= count
        if self.expanded < 0:
            raise Unreadable("limit:expanded", "unpacks to more bytes than the limit allows")


@dataclass(slots=True)
class Draft:
    """The unfinished ``Content`` of one file; members share the budget of the file that holds them.

    ``depth`` counts archives around this document, ``mails`` messages around it and ``level`` files of any kind. ``attach`` reads a member
    (set by ``classifier.extract``, which alone knows every reader).
    """

    limits: Limits
    attach: Attach
    budget: Budget
    format: str = ""
    depth: int = 0
    mails: int = 0
    level: int = 0
    pages: int = 0
    reader: str = ""
    parts: list[Part] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    cuts: dict[str, None] = field(default_factory=dict)
    size: int = 0
    dropped: int = 0
    failed: list[Unreadable] = field(default_factory=list)
    images: int = 0

    def add(self, name: str, text: str, kind: PartKind = PartKind.BODY, *, hidden: bool = False) -> None:
        """Keep ``text`` as a part; blank text is left out, NUL and lone surrogates are cleaned away."""
        text = clean(text)
        if not text or text.isspace():
            return
        if self.size > 2 * self.limits.text:
            self._thin()
        self.size += len(text)
        self.parts.append(Part(name, text, kind, hidden))

    def note(self, word: str) -> None:
        """Keep a short machine word about the file, once."""
        self.notes[word] = None

    def cut(self, limit: str) -> None:
        """Say that the reading is partial and which limit, with amounts, made it so."""
        self.cuts[limit] = None

    def child(self, fmt: str, *, archive: bool = False, mail: bool = False) -> Draft:
        """Start the draft of a member, one level deeper where the member lies in an archive or message."""
        return Draft(
            self.limits,
            self.attach,
            self.budget,
            fmt,
            self.depth + int(archive),
            self.mails + int(mail),
            self.level + 1,
        )

    def adopt(self, name: str, child: Draft) -> None:
        """Take over the parts, notes and cuts of a member, named after it."""
        for part in child.parts:
            where = f"{name} › {part.name}" if part.name else name
            kind = PartKind.ATTACHMENT if part.kind is PartKind.BODY else part.kind
            self.size += len(part.text)
            self.parts.append(Part(where, part.text, kind, part.hidden))
        self.dropped += child.dropped
        if self.size > 2 * self.limits.text:
            self._thin()
        self.notes.update(child.notes)
        self.cuts.update(child.cuts)
        self.images += child.images
        self.failed.extend(child.failed)

    def refuse(self, problem: Unreadable) -> None:
        """Remember that a member could not be read; the rest is still worth reading, but is no longer all of it."""
        self.failed.append(problem)
        self.note(f"unread-attachment:{problem.kind}")
        if problem.kind not in _HARMLESS:
            self.cut(f"attachment:{problem.kind}")

    def spoken(self) -> bool:
        """Whether there is text beyond the document's properties."""
        return any(part.kind is not PartKind.PROPERTY for part in self.parts)

    def finish(self) -> Content:
        """Make the Content; raises ``Unreadable`` where nothing but properties was found."""
        if not self.spoken():
            if self.failed:
                raise min(
                    self.failed, key=lambda problem: (problem.kind in _HARMLESS, not problem.kind.startswith("limit:"))
                )
            raise Unreadable("no-text" if self.images else "empty", "no text in it" if self.images else "nothing in it")
        parts = self._capped()
        state = Completeness.PARTIAL if self.cuts else Completeness.FULL
        return Content(
            self.format,
            parts,
            self.reader,
            state,
            tuple(self.cuts),
            tuple(self.notes),
            self.pages,
        )

    def _thin(self) -> None:
        """Drop middle parts while reading goes on, so that memory stays bounded."""
        half = self.limits.text // 2
        total = self.size + self.dropped
        self.parts = _head(self.parts, half) + _tail(self.parts, half)
        self.size = sum(len(part.text) for part in self.parts)
        self.dropped = total - self.size

    def _capped(self) -> tuple[Part, ...]:
        gaps = max(0, len(self.parts) - 1) * len(_GAP)
        total = sum(len(part.text) for part in self.parts)
        if total + gaps <= self.limits.text and not self.dropped:
            return tuple(self.parts)
        room = max(2, self.limits.text - gaps) if gaps < self.limits.text // 2 else self.limits.text // 2
        self.cut(f"text:{self.limits.text}/{total + self.dropped}")
        if total <= room:
            return tuple(self.parts)
        return tuple(_head(self.parts, room // 2) + _tail(self.parts, room // 2))


_HARMLESS = frozenset({"no-text", "media", "empty"})


def clean(text: str) -> str:
    """Drop NULs and replace lone surrogates."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").translate(_SURROGATES)
    return text


def _head(parts: list[Part], room: int) -> list[Part]:
    kept = []
    for part in parts:
        if room <= 0:
            break
        kept.append(part if len(part.text) <= room else replace(part, text=part.text[:room]))
        room -= len(part.text)
    return kept


def _tail(parts: list[Part], room: int) -> list[Part]:
    kept = []
    for part in reversed(parts):
        if room <= 0:
            break
        kept.append(part if len(part.text) <= room else replace(part, text=part.text[-room:]))
        room -= len(part.text)
    return kept[::-1]
