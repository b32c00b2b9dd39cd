"""Which waiting items one decision can cover: copies, near-copies, versions, a mail with its attachments, alike items of a place.

Items of one zone are gathered at a time; a family never reaches beyond its zone, because another place means another owner,
another clearance and so another question. Two kinds of tie make a family:

* *The same document.* Equal bytes; near-equal texts (by their signatures, Broder 1997, found by banding as in Leskovec,
  Rajaraman and Ullman, "Mining of Massive Datasets", section 3.4); names that differ in nothing but a version, a copy mark or a
  date, when their texts do not speak against it; a mail and what was saved from it. What was published never joins what was not.
* *The same question.* Items of one series (a folder with its years and case folders) that wait in the same lane, for the same
  reason, under the same record class and label. A document whose copies differ counts as the strictest of them.

The cost is that of sorting; what is kept of an item is some 60 bytes, and 256 of each different text, for one zone at a time.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from classifier.item import Flag, Tier
from classifier.signature import ORDERS
from retention.stem import NAMELESS, bundle_of, is_empty_word, stem_of

_Ints = NDArray[np.int64]
_Words = NDArray[np.uint32]
_BANDS = 16
_ROWS = ORDERS // _BANDS  # 16 bands of 4: texts that share 80 % meet in some band with a chance of .9998
NEAR = 0.8
"""Share of equal runs of words from which two texts count as near-copies; the estimate's standard error is .05 there."""
HALF = 0.5
"""Enough for a mail and its attachment, and for names that differ in a date."""
_UNLIKE = 0.1
_STRIDE = 1 << 15
_COLOURS = frozenset({Flag.INCIDENTAL, Flag.PERSONAL, Flag.SENSITIVE})
MAILS = frozenset({"eml", "msg", "mbox", "emlx"})


class Kind(StrEnum):
    """What holds a family together."""

    SINGLE = "single"
    COPIES = "copies"
    NEAR = "near"
    VERSIONS = "versions"
    MAIL = "mail"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An item that waits for a person, with what decides whom it can be decided with.

    ``series`` is the folder that ``series_of`` gives. ``content`` is the hash of its bytes, empty when they could not be
    read to their end; ``signature`` that of its text. ``by`` is who labelled it. ``apart`` says that a person has set it apart
    from its family, where it stays.
    """

    item: int
    folder: bytes
    name: bytes
    series: bytes
    content: str
    size: int
    lane: str
    action: str
    rule: str
    class_by: str
    format: str = ""
    signature: bytes = b""
    tier: int | None = None
    primary: str = ""
    flags: frozenset[str] = frozenset()
    by: str = ""
    problem: str = ""
    held: bool = False
    apart: bool = False

    @property
    def public(self) -> bool:
        """Whether it was published, or is meant for everybody."""
        return self.tier == Tier.T0 or Flag.PUBLISHED in self.flags

    def question(self) -> tuple[object, ...]:
        """What is asked about it: items with equal answers here can be answered together.

        Where retention has ended the question is one of the record class, and ordinary and special-category data of one
        class go together; T4 stays apart, since two people must approve. Elsewhere it is one of the label and of the grounds for it.
        """
        if self.apart:
            return (self.item,)
        asked = (self.series, self.lane, self.action, self.rule, self.class_by, self.held, self.primary, self.problem)
        if self.lane in ("E", "F"):
            return (*asked, (self.tier or 0) >= Tier.T4)
        ground = self.by if self.by.startswith("rule:") else self.by.partition(":")[0]
        return (*asked, self.tier, ground, tuple(sorted(self.flags - _COLOURS)))


@dataclass(frozen=True, slots=True)
class Grouping:
    """The families of one zone. ``of`` gives for each item, in the order of adding, the number of its family.

    ``leaders`` are positions of items: the strictest of each family, and among those the one that is least a copy. ``grounds``
    are digests of what each family has in common (32 hexadecimal digits), the same in every night.
    """

    of: _Ints
    kinds: tuple[Kind, ...]
    leaders: _Ints
    grounds: tuple[str, ...]


def series_of(folder: bytes, zone: bytes, classed: Iterable[bytes], class_by: str) -> bytes:
    """The series that a folder belongs to: the folder its record class was declared for, else without years and numbers.

    ``zone`` is the zone's folder and ``classed`` are the folders below it that the zone gives a record class.
    """
    if class_by == "folder":
        above = [place for place in classed if not place or folder == place or folder.startswith(place + b"/")]
        if above:
            return max(above, key=len)
    parts = folder.split(b"/")
    least = len(zone.split(b"/")) if zone else 0
    while len(parts) > least and any(48 <= byte <= 57 for byte in parts[-1]):
        parts.pop()
    return b"/".join(parts)


@dataclass(slots=True)
class Gathering:
    """The items of one zone, as numbers; ``add`` each, then ask for ``families`` once."""

    zone: str
    _contents: dict[object, int] = field(default_factory=dict)
    _questions: dict[tuple[object, ...], int] = field(default_factory=dict)
    _folders: dict[bytes, int] = field(default_factory=dict)
    _content: array[int] = field(default_factory=lambda: array("q"))
    _question: array[int] = field(default_factory=lambda: array("q"))
    _place: array[int] = field(default_factory=lambda: array("q"))
    _stem: array[int] = field(default_factory=lambda: array("q"))
    _dated: array[int] = field(default_factory=lambda: array("q"))
    _bundle: array[int] = field(default_factory=lambda: array("q"))
    _strict: array[int] = field(default_factory=lambda: array("q"))
    _marks: array[int] = field(default_factory=lambda: array("q"))
    _signed: bytearray = field(default_factory=bytearray)
    _slot: array[int] = field(default_factory=lambda: array("q"))

    def add(self, one: Waiting) -> None:
        """Take one item in; its position is the number of items added before it."""
        number = self._number(one)
        named = NAMELESS if one.apart else stem_of(one.name)
        mail = one.format in MAILS
        self._content.append(number)
        self._question.append(self._questions.setdefault(one.question(), len(self._questions)))
        self._place.append(self._folders.setdefault(one.folder, len(self._folders)))
        self._stem.append(_number(named.document))
        self._dated.append(_number(named.undated) if named.undated != named.document else 0)
        self._bundle.append(_number(b"" if one.apart else bundle_of(one.folder, named.document, mail=mail)))
        # Strictest first; among equals what bears no copy or version mark.
        self._strict.append(((one.tier if one.tier is not None else 3) << 1) | (not named.marked))
        self._marks.append(one.public | (mail << 1) | (is_empty_word(named.document) << 2))

    def _number(self, one: Waiting) -> int:
        """The number of its content: equal bytes share it, and an empty file is a copy of nothing."""
        shared = one.content and one.size and not one.apart
        key: object = bytes.fromhex(one.content)[-16:] if shared else one.item
        number = self._contents.setdefault(key, len(self._contents))
        if number == len(self._slot):
            whole = len(one.signature) == 4 * ORDERS and not one.apart
            self._slot.append(len(self._signed) // (4 * ORDERS) if whole else -1)
            self._signed += one.signature if whole else b""
        return number

    def families(self) -> Grouping:
        """Group what was added."""
        table = _Table(
            content=np.frombuffer(self._content, np.int64),
            place=np.frombuffer(self._place, np.int64),
            stem=np.frombuffer(self._stem, np.int64),
            dated=np.frombuffer(self._dated, np.int64),
            bundle=np.frombuffer(self._bundle, np.int64),
            marks=np.frombuffer(self._marks, np.int64),
            slot=np.frombuffer(self._slot, np.int64),
            signed=np.frombuffer(self._signed, np.uint32).reshape(-1, ORDERS),
        )
        strict = np.frombuffer(self._strict, np.int64)
        return _grouped(table, strict, np.frombuffer(self._question, np.int64), self._grounds())

    def _grounds(self) -> list[str]:
        return [
            f"apart-{asked[0]}"
            if len(asked) == 1
            else hashlib.blake2b(f"{self.zone}{asked!r}".encode(), digest_size=16).hexdigest()
            for asked in self._questions
        ]


def _number(word: bytes) -> int:
    """A word as a number that fits 63 bits; 0 for none."""
    return int.from_bytes(hashlib.blake2b(word, digest_size=8).digest(), "big") >> 1 if word else 0


@dataclass(frozen=True, slots=True)
class _Table:
    """Columns over items, and over contents (``slot``: the row of its signature, −1 for none)."""

    content: _Ints
    place: _Ints
    stem: _Ints
    dated: _Ints
    bundle: _Ints
    marks: _Ints
    slot: _Ints
    signed: _Words

    def alike(self, one: _Ints, other: _Ints, blank: float) -> NDArray[np.float64]:
        """The likeness of pairs of contents; ``blank`` where either has no signature."""
        found = np.full(len(one), blank)
        both = np.flatnonzero((self.slot[one] >= 0) & (self.slot[other] >= 0))
        for start in range(0, len(both), _STRIDE):
            at = both[start : start + _STRIDE]
            found[at] = (self.signed[self.slot[one[at]]] == self.signed[self.slot[other[at]]]).mean(axis=1)
        return found


_Pairs = tuple[_Ints, _Ints]


def near_groups(signatures: Sequence[bytes]) -> list[int]:
    """Number documents so that near-equal texts share a number; one without a signature stands alone."""
    signed = [number for number, one in enumerate(signatures) if len(one) == 4 * ORDERS]
    slot = np.full(len(signatures), -1, np.int64)
    slot[signed] = np.arange(len(signed))
    none = np.zeros(0, np.int64)
    words = np.frombuffer(b"".join(signatures[number] for number in signed), np.uint32).reshape(-1, ORDERS)
    alike = np.zeros(len(signatures), np.int64)
    traits = _Traits(alike, alike.astype(np.bool_), alike.astype(np.bool_), alike)
    one, other = _near(_Table(none, none, none, none, none, none, slot, words), traits)
    return [int(number) for number in components(len(signatures), one, other)]


def _grouped(table: _Table, strict: _Ints, question: _Ints, grounds: list[str]) -> Grouping:
    """Tie items of one document, give each document its strictest item's question, and join documents of one question."""
    contents = len(table.slot)
    traits = _traits(table, strict)
    versions = _versions(table, traits)
    others = (_near(table, traits), _bundles(table, traits))
    ones = np.concatenate([pair[0] for pair in (versions, *others)])
    twos = np.concatenate([pair[1] for pair in (versions, *others)])
    document = components(contents, ones, twos)[table.content]
    head = _first(document, strict, contents)
    asked = question[head[document]]
    used, of = np.unique(asked, return_inverse=True)
    leaders = _first(of, strict, len(used))
    kinds = _kinds(table, document, of, versions[0], len(used))
    return Grouping(of.astype(np.int64), kinds, leaders, tuple(grounds[number] for number in used))


@dataclass(frozen=True, slots=True)
class _Traits:
    """What each content is: the strictest tier of its items, whether all of them are published, whether it is a mail, its stem."""

    tier: _Ints
    public: NDArray[np.bool_]
    mail: NDArray[np.bool_]
    stem: _Ints


def _traits(table: _Table, strict: _Ints) -> _Traits:
    size = len(table.slot)
    tier, stem = np.zeros(size, np.int64), np.zeros(size, np.int64)
    np.maximum.at(tier, table.content, strict >> 1)
    public = np.ones(size, np.int64)
    np.minimum.at(public, table.content, table.marks & 1)
    mail = np.zeros(size, np.int64)
    np.maximum.at(mail, table.content, (table.marks >> 1) & 1)
    stem[table.content[::-1]] = table.stem[::-1]
    return _Traits(tier, public.astype(np.bool_), mail.astype(np.bool_), stem)


def _near(table: _Table, traits: _Traits) -> _Pairs:
    """Contents whose texts are near-equal: those that meet in a band, each held against the first there and the one before.

    Different tiers meet only under one stem: what differs in sensitivity by a few words may be a redaction.
    """
    signed = np.flatnonzero(table.slot >= 0)
    kept: list[_Pairs] = []
    for band in range(_BANDS):
        rows = table.signed[table.slot[signed], band * _ROWS : (band + 1) * _ROWS].astype(np.uint64)
        value = _mixed(rows)
        for one, other in _meeting(value, signed):
            fits = traits.public[one] == traits.public[other]
            same = (traits.tier[one] == traits.tier[other]) | (traits.stem[one] == traits.stem[other])
            mailed = traits.mail[one] != traits.mail[other]
            limit = np.where(mailed, HALF, np.where(same, NEAR, 2.0))
            fits &= table.alike(one, other, 0.0) >= limit
            kept.append((one[fits], other[fits]))
    return _joined(kept)


def _mixed(rows: NDArray[np.uint64]) -> NDArray[np.uint64]:
    value = np.zeros(len(rows), np.uint64)
    for column in range(rows.shape[1]):
        value = (value ^ rows[:, column]) * np.uint64(0x9E3779B97F4A7C15)
        value ^= value >> np.uint64(29)
    return value


def _meeting(value: NDArray[np.uint64] | _Ints, what: _Ints) -> tuple[_Pairs, _Pairs]:
    """Pairs of what has equal values: each with the first of its value, and each with the one before it."""
    order = np.argsort(value, kind="stable")
    ranked, sorted_what = value[order], what[order]
    same = np.flatnonzero(ranked[1:] == ranked[:-1]) + 1
    starts = (
        np.maximum.accumulate(np.where(np.append(True, ranked[1:] != ranked[:-1]), np.arange(len(ranked)), 0))
        if len(ranked)
        else order
    )
    return (sorted_what[same], sorted_what[starts[same]]), (sorted_what[same], sorted_what[same - 1])


def _versions(table: _Table, traits: _Traits) -> _Pairs:
    """Contents whose names in one folder differ in a version, a copy mark or a date, unless their texts are strangers."""
    kept: list[_Pairs] = []
    plain = (table.marks >> 2) & 1 == 0
    for column, least, blank in ((table.stem, _UNLIKE, 1.0), (table.dated, HALF, 0.0)):
        named = np.flatnonzero(column != 0)
        value = _mixed(np.stack((table.place[named], column[named]), axis=1).astype(np.uint64))
        for one, other in _meeting(value, named):
            first, second = table.content[one], table.content[other]
            limit = np.where(plain[one], least, HALF)
            unknown = np.where(plain[one], blank, 0.0)
            likeness = table.alike(first, second, -1.0)
            fits = np.where(likeness < 0, unknown, likeness) >= limit
            fits &= (traits.public[first] == traits.public[second]) & (first != second)
            kept.append((first[fits], second[fits]))
    return _joined(kept)


def _bundles(table: _Table, traits: _Traits) -> _Pairs:
    """Contents of a mail and of the folder or files that its attachments were saved as."""
    named = np.flatnonzero(table.bundle != 0)
    first, second = table.content[named], table.bundle[named]
    kept = []
    for one, other in _meeting(second, first):
        fits = (traits.public[one] == traits.public[other]) & (one != other)
        kept.append((one[fits], other[fits]))
    return _joined(kept)


def _joined(pairs: list[_Pairs]) -> _Pairs:
    if not pairs:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate([one for one, _ in pairs]), np.concatenate([other for _, other in pairs])


def components(size: int, one: _Ints, other: _Ints) -> _Ints:
    """The connected parts of a graph over 0 … ``size`` − 1: for each node the smallest node of its part."""
    root = np.arange(size, dtype=np.int64)
    while len(one):
        low = np.minimum(root[one], root[other])
        np.minimum.at(root, root[one], low)
        np.minimum.at(root, root[other], low)
        while not np.array_equal(root, root[root]):
            root = root[root]
        apart = root[one] != root[other]
        one, other = one[apart], other[apart]
    return root


def _first(of: _Ints, strict: _Ints, groups: int) -> _Ints:
    """For each group the position of its strictest item, the earliest among equals."""
    found = np.full(groups, -1, np.int64)
    order = np.lexsort((-np.arange(len(of)), strict))
    found[of[order]] = order
    return found


_KINDS = (Kind.NEAR, Kind.VERSIONS, Kind.MAIL, Kind.COPIES, Kind.SINGLE, Kind.FOLDER)


def _kinds(table: _Table, document: _Ints, of: _Ints, versioned: _Ints, families: int) -> tuple[Kind, ...]:
    """Name what holds each family together."""
    items = np.bincount(of, minlength=families)
    documents = np.bincount(of[np.unique(document, return_index=True)[1]], minlength=families)
    contents = np.bincount(of[np.unique(table.content, return_index=True)[1]], minlength=families)
    mails = np.bincount(of, weights=(table.marks >> 1) & 1, minlength=families)
    is_version = np.zeros(len(table.slot), np.bool_)
    is_version[versioned] = True
    versions = np.bincount(of, weights=is_version[table.content], minlength=families)
    which = np.zeros(families, np.int64)  # numbers of _KINDS; the later ones outweigh
    which[versions > 0] = 1
    which[(mails > 0) & (mails < items)] = 2
    which[contents == 1] = 3
    which[items == 1] = 4
    which[documents > 1] = 5
    return tuple(_KINDS[number] for number in which)
