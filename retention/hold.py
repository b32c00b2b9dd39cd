"""Holds: what must not be destroyed whatever the schedule says, on whose word, and which items that covers.

A hold counts from the moment it is placed; a second person confirms it, and two people together release it. It never
runs out by itself: past its review date it nags. Only a hold taken from a request register ends on a day, which the
register's closing of the request has set.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache

_CONFIRM_WITHIN = dt.timedelta(days=7)
_PLACES = 20_000


class HoldKind(StrEnum):
    """Why something is held."""

    FOI = "foi"
    SAR = "subject-access"
    LITIGATION = "litigation"
    INQUIRY = "public-inquiry"
    AUDIT = "audit"
    POLICE = "police"
    REGULATOR = "regulator"
    OMBUDSMAN = "ombudsman"
    SAFEGUARDING = "safeguarding-review"
    STANDARDS = "standards"
    OTHER = "other"


_BREAKS = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])|(?<=[^\W\d])(?=\d)|(?<=\d)(?=[^\W\d])")


def _spoken(text: str) -> str:
    """Write a path or a keyword as plain words, so that 'Child_Sexual-Exploitation2015' is found by what one would say."""
    return f" {_BREAKS.sub(' ', text).casefold().strip()} "


@lru_cache(maxsize=1024)
def _sought(keywords: tuple[str, ...]) -> tuple[tuple[bytes, str], ...]:
    """Pair each keyword with a few bytes that any path naming it must hold, empty where no such bytes can be told."""
    pairs = []
    for word in keywords:
        plain = _spoken(word).rstrip()
        first = plain.split(maxsplit=1)[0] if plain.strip() else ""
        pairs.append((first.encode() if first.isascii() else b"", plain))
    return tuple(pairs)


def _names(path: bytes, keywords: tuple[str, ...]) -> bool:
    """Whether a path names a keyword; the cheap look at the bytes spares most paths the careful one."""
    lowered = path.lower()
    likely = [plain for first, plain in _sought(keywords) if first in lowered]
    if not likely:
        return False
    text = _spoken(path.decode("utf-8", "replace"))
    return any(plain in text for plain in likely)


class HoldError(ValueError):
    """A step in the life of a hold was not allowed; the message says which rule it breaks."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who put their name to something, and on which day."""

    by: str
    on: dt.date


@dataclass(frozen=True, slots=True)
class Subject:
    """What a hold may ask of an item. ``classes`` are all the record classes it may belong to, not only the best one."""

    share: str = ""
    zone: str = ""
    path: bytes = b""
    owner: str = ""
    classes: frozenset[str] = frozenset()
    dates: tuple[dt.date, ...] = ()
    sha256: str = ""
    item: str = ""
    group: str = ""
    persons: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scope:
    """What a hold covers: every criterion that is given must fit; ``any_of`` joins further scopes, one of which must.

    ``classes`` may end with a star (``CF-*``); ``paths`` are folders or files within the share; ``keywords`` are looked for
    in the path as beginnings of words, in either case; an item without any known date fits every date range, so that doubt holds.
    ``persons`` are marks made by ``retention.persons``, never a number or a name.
    """

    classes: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    paths: tuple[bytes, ...] = ()
    owners: tuple[str, ...] = ()
    since: dt.date | None = None
    until: dt.date | None = None
    keywords: tuple[str, ...] = ()
    hashes: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    persons: frozenset[str] = frozenset()
    any_of: tuple[Scope, ...] = ()

    @property
    def by_hash(self) -> bool:
        """Whether it asks for hashes anywhere, so that they must be known of every item."""
        return bool(self.hashes) or any(scope.by_hash for scope in self.any_of)

    @property
    def empty(self) -> bool:
        """Whether nothing at all is asked, which no hold may do."""
        plain = (self.classes, self.zones, self.shares, self.paths, self.owners, self.keywords, self.any_of)
        return not any((*plain, self.hashes, self.items, self.groups, self.persons, self.since, self.until))

    def covers(self, subject: Subject) -> bool:
        """Whether an item falls under this scope."""
        return self.settled(subject, place_only=False) is True

    def settled(self, subject: Subject, *, place_only: bool) -> bool | None:
        """Answer for an item, or with ``place_only`` for all items of a zone, owner and set of classes: yes, no, or not known."""
        answers = [self._by_place(subject), *self._by_item(subject, place_only=place_only)]
        if self.any_of:
            inner = [scope.settled(subject, place_only=place_only) for scope in self.any_of]
            answers.append(True if True in inner else None if None in inner else False)
        if False in answers:
            return False
        return None if None in answers else True

    def needles(self, place: Subject) -> tuple[bytes, ...]:
        """Return bytes of which any path that this scope covers must hold one; an empty one when that cannot be told."""
        if self.paths:
            return tuple(prefix.rstrip(b"/") for prefix in self.paths)
        if self.keywords:
            return tuple(first for first, _ in _sought(self.keywords))
        inner = [(scope, scope.settled(place, place_only=True)) for scope in self.any_of]
        open_ones = [scope for scope, answer in inner if answer is None]
        if not open_ones or any(answer is True for _, answer in inner):
            return (b"",)
        return tuple(needle for scope in open_ones for needle in scope.needles(place))

    def _by_place(self, subject: Subject) -> bool:
        return (
            (not self.classes or any(fnmatchcase(ref, glob) for ref in subject.classes for glob in self.classes))
            and (not self.zones or subject.zone in self.zones)
            and (not self.shares or subject.share in self.shares)
            and (not self.owners or subject.owner in self.owners)
        )

    def _by_item(self, subject: Subject, *, place_only: bool) -> Iterable[bool | None]:
        if self.paths:
            yield None if place_only else self._under(subject.path)
        if self.keywords:
            yield None if place_only else _names(subject.path, self.keywords)
        if self.since or self.until:
            yield None if place_only else self._dated(subject.dates)
        for wanted, have in ((self.hashes, subject.sha256), (self.items, subject.item), (self.groups, subject.group)):
            if wanted:
                yield None if place_only else have in wanted
        if self.persons:
            yield None if place_only else not self.persons.isdisjoint(subject.persons)

    def _under(self, path: bytes) -> bool:
        prefixes = (prefix.rstrip(b"/") for prefix in self.paths)
        return any(not prefix or path == prefix or path.startswith(prefix + b"/") for prefix in prefixes)

    def _dated(self, dates: tuple[dt.date, ...]) -> bool:
        first, last = self.since or dt.date.min, self.until or dt.date.max
        return not dates or any(first <= day <= last for day in dates)


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold. ``title`` is neutral, because that there is an investigation may itself be a secret; ``reason`` is not shown to all.

    ``releases`` are the people who agreed to let go; two different ones end the hold. ``ends_on`` is set for requests
    from a register only. ``access`` names who may see more than the title.
    """

    id: str
    title: str
    kind: HoldKind
    authority: str
    scope: Scope
    placed: Signature
    reason: str = ""
    custodian: str = ""
    approved: Signature | None = None
    review_on: dt.date | None = None
    releases: tuple[Signature, ...] = ()
    ends_on: dt.date | None = None
    access: tuple[str, ...] = ()
    prospective: bool = True

    def __hash__(self) -> int:
        return hash(self.id)

    def in_force(self, on: dt.date) -> bool:
        """Whether the hold counts on a day: placed, not released by two, not ended by its register."""
        if on < self.placed.on or (self.ends_on is not None and on > self.ends_on):
            return False
        return len({one.by for one in self.releases if one.on <= on}) < 2

    @property
    def released_on(self) -> dt.date | None:
        """The day on which the second person released it."""
        people: set[str] = set()
        for one in sorted(self.releases, key=lambda signature: signature.on):
            people.add(one.by)
            if len(people) == 2:
                return one.on
        return None


def place(hold: Hold) -> Hold:
    """Check a new hold and return it; raises ``HoldError`` for one without scope, authority, name or a neutral title."""
    lacking = [name for name in ("id", "title", "authority") if not getattr(hold, name).strip()]
    if not hold.placed.by.strip():
        lacking.append("placed by")
    if hold.scope.empty or any(part.empty for part in hold.scope.any_of):
        lacking.append("scope")
    if lacking:
        raise HoldError(f"a hold needs {', '.join(lacking)}")
    if hold.approved is not None or hold.releases:
        raise HoldError("a new hold is neither approved nor released yet")
    return hold


def approve(hold: Hold, by: str, on: dt.date) -> Hold:
    """Confirm a hold as a second person; raises ``HoldError`` for the one who placed it or a second confirmation."""
    if not by.strip() or by == hold.placed.by:
        raise HoldError("a hold is confirmed by somebody other than the person who placed it")
    if hold.approved is not None:
        raise HoldError("this hold is confirmed already")
    return replace(hold, approved=Signature(by, on))


def release(hold: Hold, by: str, on: dt.date) -> Hold:
    """Agree to a release; the hold ends when a second person agrees. Raises ``HoldError`` for the same person twice."""
    if not by.strip():
        raise HoldError("a release needs a name")
    if hold.released_on is not None:
        raise HoldError("this hold is released already")
    if any(one.by == by for one in hold.releases):
        raise HoldError("a hold is released by two different people")
    return replace(hold, releases=(*hold.releases, Signature(by, on)))


def extend(hold: Hold, review_on: dt.date) -> Hold:
    """Set the next review date; this never ends anything."""
    return replace(hold, review_on=review_on)


def in_force(holds: Iterable[Hold], on: dt.date) -> tuple[Hold, ...]:
    """Return the holds that count on a day, in the order given: for tonight, or for the night that is replayed."""
    return tuple(hold for hold in holds if hold.in_force(on))


def nags(holds: Iterable[Hold], today: dt.date) -> tuple[tuple[str, str], ...]:
    """Return (hold id, sentence) for each hold that wants attention: unconfirmed, past review, half released."""
    found = []
    for hold in in_force(holds, today):
        if hold.approved is None and today > hold.placed.on + _CONFIRM_WITHIN:
            found.append((hold.id, f"placed on {hold.placed.on} and still not confirmed by a second person"))
        if hold.review_on is not None and today > hold.review_on:
            days = (today - hold.review_on).days
            found.append((hold.id, f"review was due on {hold.review_on}, {days} days ago; the hold goes on"))
        if len(hold.releases) == 1:
            found.append((hold.id, f"one person agreed to release it on {hold.releases[0].on}; a second is needed"))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Placed:
    """What the holds say of a zone, an owner and a set of classes: ids that hold all of it, and those to ask item by item.

    Those need only be asked of paths in which ``needles`` finds something.
    """

    place: Subject
    sure: tuple[str, ...]
    asked: tuple[Hold, ...]
    needles: re.Pattern[bytes]

    def might_cover(self, path: bytes) -> bool:
        """Whether any hold need be asked about a path at all."""
        return bool(self.asked) and self.needles.search(path.lower()) is not None


@dataclass(slots=True)
class HoldIndex:
    """The holds in force on one day, prepared so that most items cost one look-up.

    What a hold says of a whole zone and class is worked out once; only holds that ask for names, dates, hashes or lists
    are asked again for each item.
    """

    holds: tuple[Hold, ...]
    placed: dict[tuple[object, ...], Placed] = field(default_factory=dict)

    @classmethod
    def of(cls, holds: Sequence[Hold], today: dt.date) -> HoldIndex:
        """Prepare the holds that are in force on a day."""
        return cls(in_force(holds, today))

    def at(self, share: str, zone: str, owner: str, classes: frozenset[str]) -> Placed:
        """Return what the holds say of everything in a zone, of an owner, and of any of these record classes."""
        key = (share, zone, owner, classes)
        found = self.placed.get(key)
        if found is None:
            if len(self.placed) >= _PLACES:
                self.placed.clear()
            found = self._at(Subject(share, zone, owner=owner, classes=classes))
            self.placed[key] = found
        return found

    def _at(self, place: Subject) -> Placed:
        answers = [(hold, hold.scope.settled(place, place_only=True)) for hold in self.holds]
        sure = tuple(hold.id for hold, answer in answers if answer is True)
        asked = tuple(hold for hold, answer in answers if answer is None)
        needles = {needle.lower() for hold in asked for needle in hold.scope.needles(place)}
        return Placed(place, sure, asked, re.compile(b"|".join(map(re.escape, sorted(needles)))))
