"""Protective markings by position, and the false twins that only look like them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from classifier.identifiers import Hit, linear
from classifier.item import Content, PartKind

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
                      r"exempt information|confidential appendix|confidential minutes?|below the line", 0.95, 0.45),
    Marking("exempt", r"part (?:2|ii|b)|closed session|private session", 0.75, 0.0, alone=True),
    Marking("confidential", r"(?:strictly )?private (?:and|&) confidential|strictly confidential|(?:commercial|medical|staff|policy) in confidence|"
                            r"commercially sensitive|addressee only|need to know|do not (?:forward|copy)|to be opened by addressee only|"
                            r"for the eyes of .{0,20}only|recipients only|personal and confidential", 0.95, 0.5),
    Marking("confidential", r"confidential", 0.9, 0.5, capitals=True, alone=True),
    Marking("confidential", r"confidential", 0.85, 0.15, alone=True),
    Marking("restricted", r"restricted", 0.85, 0.4, capitals=True, alone=True),
    Marking("protect", r"protect(?:\s*-\s*[a-z]+)?", 0.85, 0.4, capitals=True, alone=True),
    Marking("privileged", r"legally privileged|privileged (?:and|&) confidential|confidential (?:and|&) (?:legally )?privileged|"
                          r"legal professional privilege|subject to (?:legal )?privilege|counsel's (?:opinion|advice)|"
                          r"without prejudice(?: save as to costs)?|in contemplation of litigation|subject to contract|legal advice privilege",
            0.95, 0.6),
    Marking("draft", r"draft(?: [a-z0-9.]{1,12})? ?- ?(?:for comment|not for|confidential)[a-z ]{0,20}|draft for comment(?: only)?|"
                     r"working draft|first draft|second draft|draft report|not final", 0.9, 0.35),
    Marking("draft", r"draft", 0.9, 0.3, capitals=True, alone=True),
    Marking("interim", r"interim (?:report|findings|investigation report)", 0.9, 0.5),
    Marking("embargoed", r"(?:strictly )?embargo(?:ed)? until", 0.95, 0.7),
    Marking("public", r"public document pack|for public release|not protectively marked|part (?:1|i|a) - (?:non-exempt|public)(?: items?)?|"
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
_ANY = "|".join(row.wording.replace(" ", r"\s+") for row in MARKINGS if not row.capitals)
_SCAN = linear(rf"\b(?:{_ANY})\b|\b(?-i:{_CAPITALS})\b".encode())
_WORDINGS = tuple((row, re.compile(row.wording, re.IGNORECASE)) for row in MARKINGS)

_DISCLAIMER = linear(
    rb"(?:this|the) (?:e-?mail|message|communication|transmission|fax|information (?:contained )?in this)[^\n]{0,120}(?:\n[^\n]{0,120}){0,2}?"
    rb"(?:confidential|privileged|intended (?:solely|only|recipient)|addressee)|intended (?:solely|only) for the (?:use|person|named|individual|addressee|attention)|"
    rb"if you (?:are not the intended|have received this|receive this)|confidentiality notice"
)
_PROCEEDINGS = linear(
    rb"exclu(?:de|ded|sion)(?: of)?(?: the)? (?:press|public)|press and (?:the )?public (?:be|were|are) excluded|"
    rb"(?:be|were) excluded from the meeting|section 100 ?\(?a\)?|schedule 12a|public interest in maintaining the exemption|"
    rb"exclusion of the (?:press|public)|likely (?:to )?(?:be )?disclos(?:e|ure)"
)
_MENTION = re.compile(
    r"(?:appendi(?:x|ces)|annex(?:es)?|schedule|report)\s+[\w.,() ]{0,24}$|(?:mark(?:ed|ing|ings)?|classif(?:ied|ication|y)|label(?:led)?|headed|stamped|"
    r"treated as|definition of|meaning of|whether|non-?disclosure|keep|kept|remain|maintain|strictly|highly|be|as|is|are|any|no|not|of|for|"
    r"considered|contain(?:s|ing)?|or|and|the|a|in)\s+[\"']?$",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"^(?:\s*(?:waste|shredd\w*|clauses?|agreements?|counsell\w*|advice line|helpline|service|support|inquiry|enquiry|reporting line|"
    r"survey|santa|ballot|garden|shopper|world|agent|history|byways?|areas?|parking|access|zone|working group|sites?|"
    r"information (?:policy|about|will|is|provided|which|that|relating|from)|items?\b|discussions?|basis|manner|nature|references?|register))",
    re.IGNORECASE,
)
_GUIDE = re.compile(
    r"privacy (?:notice|policy|statement)|retention (?:schedule|policy)|data protection policy|information (?:security|governance|classification) policy|"
    r"protective marking|security classification|training|guidance|toolkit|handbook|template|code of (?:conduct|practice)|constitution|"
    r"procedure rules|access to information|standing orders|policy\b",
    re.IGNORECASE,
)
_MINUTES = re.compile(r"\bminutes\b|\bagenda\b|public document pack|\bpresent:|apologies for absence", re.IGNORECASE)


def scan_markings(content: Content, data: bytes, spans: Sequence[tuple[int, int]]) -> list[Hit]:
    """Find markings in folded text; ``spans`` are the folded offsets of each part that has text, in order."""
    found = [match.span() for match in _SCAN.finditer(data)]
    if not found:
        return []
    kinds = [part.kind for part in content.parts if part.text]
    place = _Places(data, spans, kinds)
    disclaimers = [match.start() for match in _DISCLAIMER.finditer(data)]
    proceedings = [match.start() for match in _PROCEEDINGS.finditer(data)]
    head = data[:600].decode("latin-1")
    guide, minutes = bool(_GUIDE.search(head)), bool(_MINUTES.search(data[:3000].decode("latin-1")))
    hits: list[Hit] = []
    for start, end in found:
        text = " ".join(data[start:end].decode("latin-1").split())
        position = place.of(start, end)
        row = _row(text, position, place.line(start, end))
        if row is None:
            continue
        score, twin = row.banner if position == "banner" else row.body, ""
        twin = _twin(data, start, end, position, (disclaimers, proceedings), guide=guide, minutes=minutes, row=row)
        score = round(score * 0.15, 2) if twin else score
        if score:
            ground = f"discounted: {twin}" if twin else "a protective marking"
            hits.append(
                Hit(
                    f"marking:{row.name}",
                    start,
                    end,
                    score,
                    f"wording '{row.name}'; in {position}; {ground}",
                    row.name.encode(),
                )
            )
    return hits


def _row(text: str, position: str, line: str) -> Marking | None:
    """Choose the row whose wording, case and place fit."""
    bare = _little_else(text, line)
    for row, wording in _WORDINGS:
        if (
            wording.fullmatch(text)
            and (not row.capitals or text.isupper() or text[:2] in {"O-", "OF"})
            and (bare or not row.alone)
        ):
            if (row.banner if position == "banner" else row.body) > 0:
                return row
    return None


def _little_else(text: str, line: str) -> bool:
    """Say whether a line holds a marking and little else, so that it is no sentence."""
    rest = line.replace(text, "", 1).strip(" -:|[]()*_.\t")
    return len(rest) <= 24 or (line.isupper() and len(rest) <= 48)


def _near(offsets: Sequence[int], start: int, before: int, after: int) -> bool:
    place = bisect_right(offsets, start + after)
    return place > 0 and offsets[place - 1] >= start - before


def _twin(
    data: bytes,
    start: int,
    end: int,
    position: str,
    zones: tuple[Sequence[int], Sequence[int]],
    *,
    guide: bool,
    minutes: bool,
    row: Marking,
) -> str:
    """Name the false twin that a match is, or nothing."""
    disclaimers, proceedings = zones
    after = data[end : end + 40].decode("latin-1")
    if _HARMLESS.match(after) and row.name in {"confidential", "secret", "restricted", "exempt"}:
        return "ordinary words"
    if row.name in {"confidential", "privileged", "restricted"} and _near(disclaimers, start, 700, 500):
        return "e-mail disclaimer"
    if row.name in {"public", "official"} or position == "banner":
        quoting = row.name in {"exempt", "confidential"} and minutes and _near(proceedings, start, 400, 400)
        return "minutes or agenda that quote an exclusion" if quoting else ""
    if row.name in {"exempt", "confidential"} and _near(proceedings, start, 500, 500):
        return "minutes or agenda that quote an exclusion"
    if guide and row.name != "interim":
        return "policy, notice or guidance"
    before = data[max(0, start - 48) : start].decode("latin-1")
    return (
        "mentioned in a sentence"
        if _MENTION.search(before) and row.name not in {"interim", "privileged", "embargoed"}
        else ""
    )


class _Places:
    """Tell banner from body by the kind of part and by the lines of its pages."""

    def __init__(self, data: bytes, spans: Sequence[tuple[int, int]], kinds: Sequence[PartKind]) -> None:
        self._data = data
        self._spans = spans
        self._kinds = kinds
        self._starts = [start for start, _ in spans]

    def of(self, start: int, end: int) -> str:
        """Return ``banner``, ``body`` or ``quoted`` for a match."""
        place = max(0, bisect_right(self._starts, start) - 1)
        if self._kinds[place] in {PartKind.HEADER, PartKind.FOOTER, PartKind.PROPERTY, PartKind.SUBJECT}:
            return "banner"
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
