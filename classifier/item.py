"""The nouns of the classifier: Item, Content, Finding, Label, Problem, Reading. All frozen, none does anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """What a directory entry is. Only a ``FILE`` is ever opened."""

    FILE = "file"
    LINK = "link"
    SPECIAL = "special"


@dataclass(frozen=True, slots=True)
class Item:
    """One directory entry, as the listing told it; nothing was opened to learn this.

    ``path`` is relative to the share's root and is bytes, because names on a share need not be text.
    Times are nanoseconds since 1970 in UTC, ``size`` is in bytes.
    """

    share: str
    path: bytes
    kind: Kind
    size: int
    modified_ns: int
    changed_ns: int
    device: int
    inode: int
    links: int
    uid: int
    gid: int
    mode: int


class Completeness(StrEnum):
    """How much of a document was read: all of it, some of it (a limit says which), or nothing (a problem says why)."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"


class PartKind(StrEnum):
    """Where in a document a text stands; a marking in a header weighs more than the same words in the body."""

    BODY = "body"
    HEADER = "header"
    FOOTER = "footer"
    COMMENT = "comment"
    NOTE = "note"
    DELETED = "deleted"
    PROPERTY = "property"
    FIELD = "field"
    ATTACHMENT = "attachment"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class Part:
    """A named stretch of a document: a page, a sheet, a header, a comment, an attachment.

    ``name`` is for a person ("page 3", "sheet Staff", "attachment minutes.docx › page 1"). ``hidden`` marks
    what a reader
    of the document on a screen would not see: hidden sheets, rows and columns, deleted text, text under a box.
    """

    name: str
    text: str
    kind: PartKind = PartKind.BODY
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """What was read out of one file. Lives in memory only; nothing stores it.

    ``notes`` are short machine words about the file, never text of it: ``hidden-sheet:2341`` (rows), ``macro``,
    ``dde``,
    ``javascript``, ``external-refs:2``, ``duplicate-part``, ``trailing-data``, ``polyglot``, ``xfa``,
    ``restricted-permissions``,
    ``extension-mismatch``, ``tracked-changes``, ``hidden-rows:12``, ``pivot-cache:200``, ``ocr``.
    ``limits`` name the limits that cut the reading short (``text``, ``pages``, ``entries``, …), with amounts:
    ``pages:500/812``.
    """

    format: str
    parts: tuple[Part, ...]
    reader: str
    completeness: Completeness = Completeness.FULL
    limits: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pages: int = 0

    @property
    def text(self) -> str:
        """All parts in order, one blank line between them."""
        return "\n\n".join(part.text for part in self.parts if part.text)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a text: what kind, where (characters, end exclusive), how sure (0–1) and on what ground.

    It never holds the value itself. ``group`` counts distinct values: equal groups within one document are the
    same value.
    """

    kind: str
    start: int
    end: int
    score: float
    because: str = ""
    group: int = 0


class Tier(IntEnum):
    """Who may read it, from anyone (T0) to an incident (T5)."""

    T0 = 0
    T1 = 1
    T2 = 2
    T3 = 3
    T4 = 4
    T5 = 5


class Primary(StrEnum):
    """The one label shown, by precedence sensitive > personal > official."""

    OFFICIAL = "official"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


class Flag(StrEnum):
    """Sub-flags of a label; most of them raise its tier."""

    SENSITIVE = "sensitive"
    PERSONAL = "personal"
    INCIDENTAL = "personal_incidental"
    SPECIAL = "special"
    OFFENCE = "offence"
    CHILD = "child"
    DECEASED = "deceased"
    CREDENTIALS = "credentials"
    MARKED = "marked"
    DRAFT = "draft"
    PUBLISHED = "published"
    FIXTURE = "fixture"
    HIDDEN = "hidden"
    UNREADABLE = "unreadable"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Label:
    """A judgement: is it sensitive, is it about people, how sure, and why.

    ``sensitive`` and ``personal`` are calibrated probabilities. ``by`` says who judged: ``model:<version>``,
    ``rule:<name>`` or
    ``person:<login>``. ``because`` holds reasons that a person can read and never a word of the document that
    is not in a
    public word list.
    """

    primary: Primary
    tier: Tier
    sensitive: float
    personal: float
    flags: frozenset[Flag] = frozenset()
    by: str = ""
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an item has no label: a normal outcome, reviewed like any other, and never "official".

    ``kind`` is one of: ``encrypted``, ``malformed``, ``no-text``, ``empty``, ``unsupported``, ``media``,
    ``permission``, ``io``, ``changed``,
    ``vanished``, ``crashed``, or ``limit:`` and the limit's name (``limit:time``, ``limit:memory``,
    ``limit:ratio``, ``limit:size`` …).
    ``detail`` is for a person and never holds text of the document or a file's name.
    """

    stage: str
    kind: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """All that is kept of one reading of some bytes: shared by every copy of them.

    Exactly one of ``label`` and ``problem`` is set. ``counts`` gives findings by kind, as (all, distinct).
    ``signature`` is a one-way
    MinHash of the text's shingles, empty when there is too little text to compare.
    """

    sha256: str
    size: int
    format: str
    reader: str
    completeness: Completeness
    label: Label | None
    problem: Problem | None
    counts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    signature: bytes = b""
    versions: Mapping[str, str] = field(default_factory=dict)


class Unreadable(Exception):  # noqa: N818 - it names what the document is, and reads so where it is raised
    """A document could not be read: the problem to record. The only exception that leaves ``classifier.extract``."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind
        self.detail = detail
