"""Protective markings by position, and the false twins that only look like them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from classifier.identifiers import Hit
from classifier.item import Content, PartKind
from classifier.linear import linear

BANNER_LINES = 3
"""Lines at the top and at the foot of a page that count as its banner."""


@dataclass(frozen=True, slots=True)
class Marking:
    """One marking: its wording, and what it scores in a banner and in running text (0: not reported there).

    ``wording`` is for the whole matched text, case ignored unless ``capitals``. ``alone`` wants a line with little else on it.
    """

    name: str
    wording: str
    banner: float
    body: float
    capitals: bool = False
    alone: bool = False


MARKINGS: tuple[Marking, ...] = (
    Marking("secret", r"(?:uk )?(?:top secret|secret)", 0.97, 0.0, capitals=True, alone=True),
    Marking("official-sensitive", r"official[\s:\[(/-]{1,4}sensitive|off-sen|o-s", 0.98, 0.75, capitals=True),
    Marking("official-sensitive", r"official[\s:\[(/-]{1,4}sensitive", 0.95, 0.55),
    Marking("exempt", r"not for publication(?: by virtue of paragraphs?)?|exempt (?:report|appendix|item|minutes?|paper)|"
                      r"contains? exempt information|pink papers?|by virtue of paragraphs? [0-9]{1,2}|"
                      r"exempt (?:by virtue of|under) paragraphs?|exempt information|confidential appendix|"
                      r"confidential minutes?|below the line", 0.95, 0.45),
    Marking("exempt", r"part (?:2|ii|b)|closed session|private session", 0.75, 0.0, alone=True),
    Marking("confidential", r"(?:strictly )?private (?:and|&) confidential|strictly confidential|(?:commercial|"
                            r"medical|staff|policy) in confidence|"
                            r"commercially sensitive|addressee only|need to know|do not (?:forward|copy)|to be opened by addressee only|"
                            r"for the eyes of .{0,20}only|recipients only|personal and confidential", 0.95, 0.5),
    Marking("confidential", r"confidential", 0.9, 0.5, capitals=True, alone=True),
    Marking("confidential", r"confidential", 0.85, 0.15, alone=True),
    Marking("confidential", r"sensitive (?:personal|commercial)|impact level:? ?[3-6]|il[3-6]", 0.85, 0.0, capitals=True, alone=True),
    Marking("restricted", r"restricted", 0.85, 0.4, capitals=True, alone=True),
    Marking("protect", r"protect(?:\s*-\s*[a-z]+)?", 0.85, 0.4, capitals=True, alone=True),
    Marking("privileged", r"legally privileged|privileged (?:and|&) confidential|confidential (?:and|&) (?:legally )?privileged|"
                          r"legal professional privilege|subject to (?:legal )?privilege|counsel's (?:opinion|advice)|"
                          r"without prejudice(?: save as to costs)?|in contemplation of litigation|subject to "
                          r"contract|legal advice privilege",
            0.95, 0.6),
    Marking("draft", r"draft(?: [a-z0-9.]{1,12})? ?- ?(?:for comment(?: only)?|not for (?:circulation|publication|"
                     r"distribution|release)|confidential)|draft for comment(?: only)?|"
                     r"working draft|first draft|second draft|draft report|not final", 0.9, 0.35),
    Marking("draft", r"draft", 0.9, 0.3, capitals=True, alone=True),
    Marking("interim", r"interim (?:report|findings|investigation report)", 0.9, 0.5),
    Marking("embargoed", r"(?:strictly )?embargo(?:ed)? until", 0.95, 0.7),
    Marking("public", r"public document pack|for public release|not protectively marked|part (?:1|i|a)(?: ?[-:,] ?| "
                      r"\(?)(?:non-exempt|public)(?: items?)?|"
                      r"official ?- ?public|open session|public minutes", 0.9, 0.5),
    Marking("public", r"public|unclassified|unrestricted", 0.85, 0.0, capitals=True, alone=True),
    Marking("personal-data", r"personal data", 0.85, 0.0, capitals=True, alone=True),
    Marking("official", r"official", 0.85, 0.0, capitals=True, alone=True),
)  # fmt: skip


def _upper(wording: str) -> str:
    """Write the letters of a wording in capitals and leave its escapes alone."""
    return re.sub(
        r"\\.|\(\?:|[a-z]", lambda found: found.group() if len(found.group()) > 1 else found.group().upper(), wording
    )


_CAPITALS = "|".join(_upper(row.wording) for row in MARKINGS if row.capitals)
_ANY = "|".join(row.wording.replace(" ?", r"\s?").replace(" ", r"\s+") for row in MARKINGS if not row.capitals)
_SCAN = linear(rf"\b(?:{_ANY})\b|\b(?-i:{_CAPITALS})\b".encode())
_WORDINGS = tuple((row, re.compile(row.wording, re.IGNORECASE)) for row in MARKINGS)

_DISCLAIMER = linear(
    rb"(?:this|the) (?:e-?mail|message|communication|transmission|fax|information (?:contained )?in "
    rb"this)[^\n]{0,120}(?:\n[^\n]{0,120}){0,2}?"
    rb"(?:confidential|privileged|intended (?:solely|only|recipient)|addressee)|intended (?:solely|only) for the "
    rb"(?:use|person|named|individual|addressee|attention)|"
    rb"if you (?:are not the intended|have received this|receive this)|confidentiality notice"
)
_PROCEEDINGS = linear(
    rb"exclu(?:de|ded|sion)(?: of)?(?: the)? (?:press|public)|press and (?:the )?public (?:be|were|are) excluded|"
    rb"(?:be|were) excluded from the meeting|section 100 ?\(?a\)?|schedule 12a|public interest in maintaining the exemption|"
    rb"exclusion of the (?:press|public)|likely (?:to )?(?:be )?disclos(?:e|ure)"
)
_RESOLUTION = linear(
    rb"exclu(?:de|ded|sion)(?: of)?(?: the)? (?:press|public)|(?:be|were|are) excluded from the meeting|"
    rb"press and (?:the )?public (?:be|were|are) excluded"
)
_MENTION = re.compile(
    r"(?:appendi(?:x|ces)|annex(?:es)?|schedule|report)\s+[\w.,() ]{0,24}$|(?:mark(?:ed|ing|ings)?|classif(?:ied|"
    r"ication|y)|label(?:led)?|headed|stamped|"
    r"treated as|definition of|meaning of|whether|non-?disclosure|keep|kept|remain|maintain|strictly|highly|be|as|is|are|any|no|not|of|for|"
    r"considered|contain(?:s|ing)?|or|and|the|a|in)\s+[\"']?$",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"^(?:\s*(?:waste|shredd\w*|clauses?|agreements?|counsell\w*|advice line|helpline|service|support|inquiry|enquiry|reporting line|"
    r"survey|santa|ballot|garden|shopper|world|agent|history|byways?|areas?|parking|access|zone|working group|sites?|"
    r"information (?:policy|about|will|is|provided|which|that|relating|from)|items?\b|discussions?|basis|manner|"
    r"nature|references?|register))",
    re.IGNORECASE,
)
_GUIDE = re.compile(
    r"privacy (?:notice|policy|statement)|retention (?:schedule|policy)|data protection policy|information "
    r"(?:security|governance|classification) policy|"
    r"protective marking|security classification|training|guidance|toolkit|handbook|template|code of (?:conduct|practice)|constitution|"
    r"procedure rules|access to information|standing orders|policy\b",
    re.IGNORECASE,
)
_SENTENCE_AFTER = re.compile(
    r"[\"')]?[ \t]+(?!(?:by|under|as|pursuant|to|for|until|not|and|exempt|contains?|containing|when|once|in "
    r"(?:accordance|confidence))\b)[a-z]{2,}"
)
_SEPARATED = re.compile(r"\s*(?:[-:|,(\[/*]|$)")
_TIERS = frozenset({"secret", "official-sensitive", "official", "restricted", "protect", "confidential"})
_PARAGRAPHS = re.compile(
    r"paragraphs?\s+(?P<numbers>[0-9]{1,2}[A-C]?(?:(?:\s*,\s*|\s+and\s+|\s*&\s*|\s*-\s*)[0-9]{1,2}[A-C]?){0,6})"
    r"(?:[^.\n]{0,40}?\bpart\s+(?P<part>[0-9iv]{1,3}))?(?:[^.]{0,60}?\bschedule\s+(?P<schedule>12A|7A))?",
    re.IGNORECASE,
)
_MINUTES = re.compile(r"\bminutes\b|\bagenda\b|public document pack|\bpresent:|apologies for absence", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What the whole document says about its markings: where disclaimers and resolutions stand, and what kind of paper it is."""

    disclaimers: Sequence[int]
    proceedings: Sequence[int]
    resolutions: Sequence[int]
    guide: bool
    minutes: bool
    tiers: bool
    public: bool


class _Match(NamedTuple):
    """A row that fits a stretch of text, and where that stands."""

    row: Marking
    start: int
    end: int
    position: str


def scan_markings(content: Content, data: bytes, spans: Sequence[tuple[int, int]]) -> list[Hit]:
    """Find markings in folded text; ``spans`` are the folded offsets of each part that has text, in order."""
    found = _SCAN.spans(data)
    if not found:
        return []
    place = _Places(data, spans, [part.kind for part in content.parts if part.text])
    matches = []
    for start, end in found:
        match = _placed(data, start, end, place)
        if match is not None:
            matches.append(match)
    if not matches:
        return []
    scene = _scene(data, matches)
    return [hit for match in matches if (hit := _judged(data, match, scene)) is not None]


def _scene(data: bytes, matches: Sequence[_Match]) -> _Scene:
    head = data[:600].decode("latin-1")
    names = {match.row.name for match in matches}
    guide = bool(_GUIDE.search(head))
    return _Scene(
        [start for start, _ in _DISCLAIMER.spans(data)],
        [start for start, _ in _PROCEEDINGS.spans(data)],
        [start for start, _ in _RESOLUTION.spans(data)],
        guide,
        bool(_MINUTES.search(data[:3000].decode("latin-1"))),
        guide and len(names & _TIERS) > 2,
        any(match.row.name == "public" and match.position != "body" for match in matches),
    )


def _placed(data: bytes, start: int, end: int, place: _Places) -> _Match | None:
    """Settle position and row of one match: a sentence in a banner's place is running text."""
    text = " ".join(data[start:end].decode("latin-1").split())
    position, line = place.of(start, end), place.line(start, end)
    before, _, _ = line.partition(data[start:end].decode("latin-1"))
    after = data[end : end + 48].decode("latin-1")
    leads = not before.strip(" -:|[]()*_.\t")
    set_apart = leads and _SEPARATED.match(after) is not None
    if position == "banner" and not (leads or text.isupper() or _little_else(text, line)):
        position = "body"
    if position in {"banner", "heading"} and _SENTENCE_AFTER.match(after):
        position = "body"
    row = _row(text, position, bare=_little_else(text, line) or (set_apart and position != "body"))
    return _Match(row, start, end, position) if row is not None else None


def _judged(data: bytes, match: _Match, scene: _Scene) -> Hit | None:
    row = match.row
    twin = _twin(data, match, scene)
    score = row.body if match.position in {"body", "quoted"} else row.banner
    score = round(score * 0.15, 2) if twin else score
    if not score:
        return None
    ground = f"discounted: {twin}" if twin else "a protective marking"
    where = "banner" if match.position == "heading" else match.position
    because = f"wording '{row.name}'; in {where}; {ground}"
    if row.name == "exempt":
        because += _paragraphs(data[match.start : match.end + 160].decode("latin-1"))
    return Hit(f"marking:{row.name}", match.start, match.end, score, because, row.name.encode())


def _paragraphs(text: str) -> str:
    """Name the paragraphs a marking relies on and the scheme they belong to, for the number alone does not tell the reason.

    England since 2006: Schedule 12A Part 1, paragraphs 1 to 7; England before 2006: 1 to 15; Wales: Part 4, from 12 on;
    Scotland: Schedule 7A of the Local Government (Scotland) Act 1973.
    """
    found = _PARAGRAPHS.search(" ".join(text.split()))
    if found is None:
        return ""
    numbers = [int(number) for number in re.findall(r"[0-9]+", found["numbers"])]
    if (found["schedule"] or "").upper() == "7A":
        scheme = "Scotland"
    elif found["part"] in {"4", "IV", "iv"}:
        scheme = "Wales"
    elif max(numbers) > 7:
        scheme = "England before 2006, or Wales"
    else:
        scheme = "England since 2006, unless older"
    return f"; paragraphs {', '.join(map(str, numbers))} ({scheme})"


def _row(text: str, position: str, *, bare: bool) -> Marking | None:
    """Choose the row whose wording, case and place fit."""
    for row, wording in _WORDINGS:
        if (
            wording.fullmatch(text)
            and (not row.capitals or text.isupper())
            and (bare or not row.alone)
            and (row.body if position in {"body", "quoted"} else row.banner) > 0
        ):
            return row
    return None


def _little_else(text: str, line: str) -> bool:
    """Say whether a line holds a marking and little else, so that it is no sentence."""
    rest = line.replace(text, "", 1).strip(" -:|[]()*_.\t\r")
    return len(rest) <= 24 or (line.isupper() and len(rest) <= 48)


def _near(offsets: Sequence[int], start: int, before: int, after: int) -> bool:
    place = bisect_right(offsets, start + after)
    return place > 0 and offsets[place - 1] >= start - before


def _twin(data: bytes, match: _Match, scene: _Scene) -> str:
    """Name the false twin that a match is, or nothing."""
    name, start = match.row.name, match.start
    if name in {"confidential", "secret", "restricted", "exempt"} and _HARMLESS.match(
        data[match.end : match.end + 40].decode("latin-1")
    ):
        return "ordinary words"
    if match.position == "heading" or name in {"public", "official"}:
        return ""
    if name in {"confidential", "privileged", "restricted"} and _near(scene.disclaimers, start, 700, 500):
        return "e-mail disclaimer"
    quoted = scene.resolutions if match.position == "banner" else scene.proceedings
    quotable = name in {"exempt", "confidential"} and (scene.minutes or match.position != "banner")
    if quotable and _near(quoted, start, 500, 500):
        return "minutes or agenda that quote an exclusion"
    if scene.tiers and name in _TIERS:
        return "guidance that explains markings"
    return "" if match.position == "banner" else _mentioned(data, match, scene)


def _mentioned(data: bytes, match: _Match, scene: _Scene) -> str:
    """Name the reason why a marking in running text belongs to another document, or to none."""
    name = match.row.name
    if scene.guide and name != "interim":
        return "policy, notice or guidance"
    if scene.public and name in {"exempt", "confidential"}:
        return "a public paper that speaks of an exempt one"
    before = data[max(0, match.start - 48) : match.start].decode("latin-1")
    if _MENTION.search(before) and name not in {"interim", "privileged", "embargoed"}:
        return "mentioned in a sentence"
    return ""


class _Places:
    """Tell banner from body by the kind of part and by the lines of its pages."""

    def __init__(self, data: bytes, spans: Sequence[tuple[int, int]], kinds: Sequence[PartKind]) -> None:
        self._data = data
        self._spans = spans
        self._kinds = kinds
        self._starts = [start for start, _ in spans]

    def of(self, start: int, end: int) -> str:
        """Return ``heading`` (a header, footer, property or subject), ``banner`` (a page's edge), ``body`` or ``quoted``."""
        place = max(0, bisect_right(self._starts, start) - 1)
        if self._kinds[place] in {PartKind.HEADER, PartKind.FOOTER, PartKind.PROPERTY, PartKind.SUBJECT}:
            return "heading"
        low, high = self._spans[place]
        top = max(low, self._data.rfind(b"\f", low, start) + 1)
        foot = self._data.find(b"\f", end, high)
        foot = high if foot < 0 else foot
        line = self._data[self._data.rfind(b"\n", 0, start) + 1 : start]
        if line.lstrip().startswith(b">"):
            return "quoted"
        return (
            "banner" if _edge(self._data, top, start, back=False) or _edge(self._data, end, foot, back=True) else "body"
        )

    def line(self, start: int, end: int) -> str:
        """Return the line a match stands on, at most 200 characters each way."""
        low = max(self._data.rfind(b"\n", 0, start) + 1, self._data.rfind(b"\f", 0, start) + 1, start - 200)
        high = self._data.find(b"\n", end, end + 200)
        return self._data[low : high if high >= 0 else end + 200].decode("latin-1")


def _edge(data: bytes, low: int, high: int, *, back: bool) -> bool:
    """Say whether fewer than ``BANNER_LINES`` full lines lie between a page's edge and the match."""
    if high - low > 600:
        return False
    lines = data[low:high].split(b"\n")
    lines = lines[1:] if back else lines[:-1]
    return sum(1 for line in lines if line.strip()) < BANNER_LINES


def spans_of(content: Content) -> Iterator[tuple[int, int]]:
    """Yield the original offsets of each part that has text, as they stand in ``content.text``."""
    at = 0
    for part in content.parts:
        if part.text:
            yield at, at + len(part.text)
            at += len(part.text) + 2
