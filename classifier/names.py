"""Names of persons: capitalised words by class, joined into runs, judged by patterns over classes and by context.

Lists of names of many origins, how words are spelled, titles, initials and neighbours decide together; streets, firms and
places veto. No single list is needed: a name on none is found by its title, its initials or its spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier.identifiers import Hit
from classifier.name_lists import (
    COMMON,
    GIVEN,
    NATIONALITY,
    ORGANISATION,
    PLACE,
    SURNAME,
    TITLE,
    WORD,
    lower_case,
    resembles,
    sayings,
    spelling,
    table,
)
from classifier.name_rules import Accepted, Around, judge
from classifier.window import AT, DIGIT, LETTER, UPPER, Bytes

_OFFICES: Final = frozenset(
    b"Lord General Gen Judge Justice Major Colonel Captain Commander President Senator Governor Minister Secretary Chancellor Mayor "
    b"Alderman Ambassador Sister Brother Father Bishop Canon Nurse Sheikh Sultan Prince Princess King Queen Emperor Pope Officer Coach "
    b"Uncle Aunt Auntie Nan Chairman Chairwoman Chairperson Spokesman Spokeswoman Master Pastor Deacon Doctor Premier Private Detective "
    b"Inspector Superintendent Constable Magistrate Baron Hon Monsieur PC DC DS DI Sergeant".split()
)
_PARTICLES: Final = frozenset(
    b"Al El De Da Di Del Della Dos Van Von Der Den Ter Bin Bint Ibn Ap Mac Mc La Le Abu Umm Ul Ur Du Dela".split()
)
_LINKS: Final = (
    b"de da do dos das del della di du van von der den ter ten bin bint ibn al el ul ur la le ap ab af av zu y e "
    b"van-der van-den van-de von-der de-la de-los bin-al".split()
)
_GREETINGS: Final = frozenset(b"dear hi hello hey thanks".split())
_BEFORE_PLACES: Final = frozenset(b"St Saint Fort Mount Mt San Santa Port Lake Camp Wat".split())
_JOINTS: Final = {
    b"  ": "_",
    b". ": ".",
    b", ": ",",
    b" & ": "&",
    b" / ": "/",
    b" ' ": "_",
    b" - ": "_",
    b" . ": ".",
} | {b" " + link.replace(b"-", b" ") + gap: "p" for link in _LINKS for gap in (b" ", b"-")}
"""What may stand between two words of a name, and the sign for it; a bar stands for everything else."""
_FAR: Final = max(map(len, _JOINTS))
_SIGNS: Final = {between: ord(sign) for between, sign in _JOINTS.items()}
_NO_JOINT: Final = ord("|")
_NEXT: Final = bytearray(b"|" * 256)
for _sign, _joint in zip(b" -'/.&,", b"___/.&,", strict=True):
    _NEXT[_sign] = _joint
_ADJACENT: Final = np.frombuffer(bytes(_NEXT), dtype=np.uint8)
_BROKEN: Final = re.compile(r"([^TtIX])\.|(D)[_,]")
_RUN: Final = re.compile(r"[^|]*?[GgSsqVUHTt][^|]*")
_JOINED: Final = str.maketrans("", "", "_.")
_KINDEST: Final = Around(says=True, owns=True, cue=True, marked=True)
_HARSHEST: Final = Around(opens=True, within=True)
_CUES: Final = frozenset(
    b"dear hi hello hey name client tenant applicant applicants claimant patient pupil student resident customer employee attn fao author "
    b"signed signature mother father son daughter wife husband sister brother partner friend neighbour named kin interviewed witness "
    b"driver payroll carer username nee alias national nationals colleague nephew niece uncle aunt cousin".split()
)
_MARKS: Final = frozenset(
    b"by with from cc called known spoke chair present said told asked and contact officer thanked".split()
)
_WITHIN: Final = frozenset(
    b"the a an in at near of around outside across through into this our your his her their my".split()
)
_ENDINGS: Final = tuple(
    b"ing ings tion tions sion ment ments ness ity ities ous ship ships ised ized ally ably able ible ology ances ences".split()
)
"""Endings of English words that no name has; names on the lists are met before these are asked."""
_WEAK: Final = frozenset(b"is was has had will would can could did does".split())
_HANDLE: Final = re.compile(rb"[A-Za-z0-9_][A-Za-z0-9_.]{2,29}[A-Za-z0-9_]")
_USER: Final = re.compile(rb"ame ?[:=] ?([A-Za-z0-9_.@]{3,30})(?![A-Za-z0-9_])")
_WHOLE: Final = re.compile(rb"[A-Za-z][A-Za-z'., -]{1,60}")
_WORDS: Final = re.compile(rb"[A-Za-z]+")
_CASELESS: Final = 0.03
"""Share of words with a capital below which a text is taken to be written without capitals."""


class _Tokens(NamedTuple):
    """Capitalised words of a text: where they start and end, their bytes and their classes (``name_rules``)."""

    starts: NDArray[np.intp]
    ends: NDArray[np.intp]
    texts: list[bytes]
    shapes: bytes


def warm() -> None:
    """Read the word lists and class their words, so that no document waits for it."""
    _classes()
    lower_case()
    sayings()
    spelling()


def scan_names(data: bytes, kinds: Bytes) -> list[Hit]:
    """Find names of persons in folded text; ``kinds`` are its byte classes. Linear in the length of the text."""
    begins, ends = _words(kinds)
    hits = list(_handles(data, kinds))
    if begins.size:
        tokens = _tokens(data, kinds, begins, ends)
        if tokens.texts:
            hits += _named(data, tokens)
        if len(tokens.texts) < _CASELESS * begins.size:
            hits += _uncapitalised(data)
    hits.sort()
    return hits


def looks_like_name(text: bytes) -> bool:
    """Say whether a whole text, such as a table's cell, is the name of a person."""
    text = text.strip()
    if not _WHOLE.fullmatch(text):
        return False
    words = _WORDS.findall(text)
    if not 1 <= len(words) <= 6:
        return False
    bits = [table().get(word.capitalize(), 0) for word in words if len(word) > 1]
    if any(bit & ORGANISATION and not bit & (GIVEN | SURNAME) for bit in bits):
        return False
    named = sum(bool(bit & (GIVEN | SURNAME)) for bit in bits)
    other = sum(bool(bit & (COMMON | PLACE | WORD)) and not bit & (GIVEN | SURNAME | TITLE) for bit in bits)
    if named and not other:
        return len(words) > 1 or not bits[0] & ~(GIVEN | SURNAME)
    return not other and len(words) > 1 and all(resembles(word) > 0 for word in words)


def _words(kinds: Bytes) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where each run of letters begins and ends."""
    letters = np.zeros(kinds.size + 2, dtype=bool)
    letters[1:-1] = (kinds & LETTER) != 0
    edges = np.flatnonzero(letters[1:] != letters[:-1])
    return edges[::2], edges[1::2]


def _tokens(data: bytes, kinds: Bytes, begins: NDArray[np.intp], ends: NDArray[np.intp]) -> _Tokens:
    """Cut out the capitalised words and class them."""
    following = np.frombuffer(data, dtype=np.uint8)[np.minimum(ends, kinds.size - 1)]
    wanted = (kinds[begins] == UPPER) & ((begins == 0) | (kinds[begins - 1] != DIGIT))
    wanted &= ((following != ord("_")) & (kinds[np.minimum(ends, kinds.size - 1)] != DIGIT)) | (ends == kinds.size)
    starts, stops = begins[wanted], ends[wanted]
    texts = list(map(data.__getitem__, map(slice, starts.tolist(), stops.tolist())))
    known = _classes()
    met = {text: known.get(text) or _class(text) for text in set(texts)}
    shapes = "".join(map(met.__getitem__, texts))
    return _Tokens(starts, stops, texts, shapes.encode())


@cache
def _classes() -> dict[bytes, str]:
    """Class every word of the lists once."""
    return {text: _listed(text, bits) for text, bits in table().items() if len(text) > 1}


def _class(text: bytes) -> str:
    """Give the class letter of a capitalised word that is on no list."""
    if len(text) == 1:
        return "I"
    if text in _PARTICLES or text in _BEFORE_PLACES:
        return "p" if text in _PARTICLES else "X"
    if text[1:].islower():
        return _unlisted(text)
    if text.isupper():
        return "A" if len(text) < 6 else _unlisted(text)
    return _mixed(text)


def _listed(text: bytes, bits: int) -> str:
    """Give the class letter of a word of the lists."""
    if text in _PARTICLES or text in _BEFORE_PLACES:
        letter = "p" if text in _PARTICLES else "X"
    elif text.lower() in _GREETINGS:
        letter = "D"
    elif bits & TITLE:
        letter = "t" if text in _OFFICES else "g" if bits & (GIVEN | SURNAME) else "T"
    elif bits & (GIVEN | SURNAME):
        letter = _name(text, bits)
    else:
        letter = "O" if bits & ORGANISATION else "N" if bits & NATIONALITY else "P" if bits & PLACE else "C"
    return letter


def _name(text: bytes, bits: int) -> str:
    """Give the class letter of a name of the lists, by what else it means."""
    if bits & (WORD | NATIONALITY):
        return "s" if bits & SURNAME else "g" if bits & NATIONALITY else "C"
    if bits & PLACE:
        return "q"
    short = text.isupper() and len(text) < 5
    if bits & GIVEN:
        return "g" if short or bits & ~(GIVEN | SURNAME) else "G"
    return "o" if bits & ORGANISATION else "s" if short or bits & COMMON else "S"


def _unlisted(text: bytes) -> str:
    if not 3 <= len(text) <= 18 or text.endswith(_ENDINGS):
        return "C"
    likely = resembles(text)
    return "V" if likely > 2.5 else "U" if likely > 0.5 else "u" if likely > -3.0 else "C"


def _mixed(text: bytes) -> str:
    """Class a word with capitals inside: McSomething, plural abbreviations, two names run together."""
    if re.fullmatch(rb"(?:Ma?c|Fitz|Van|De|Di|La|Le|O)[A-Z][a-z]+", text):
        return "S"
    parts = re.fullmatch(rb"([A-Z][a-z]{2,})([A-Z][a-z]+)", text)
    if parts and _classes().get(parts[1]) == "G":
        return "H" if _classes().get(parts[2]) in {"G", "S", "g", "s", "q", "o"} or resembles(parts[2]) > 0 else "C"
    return "C"


def _signed(data: bytes, tokens: _Tokens) -> str:
    """Write the text as one string: for each word its class letter and the sign of what follows it."""
    size = len(tokens.texts)
    joints = np.full(size, _NO_JOINT, dtype=np.uint8)
    gaps = tokens.starts[1:] - tokens.ends[:-1]
    close = np.flatnonzero(gaps == 1)
    joints[close] = _ADJACENT[np.frombuffer(data, dtype=np.uint8)[tokens.ends[close]]]
    middle = np.flatnonzero((gaps > 1) & (gaps <= _FAR))
    spans = zip(tokens.ends[middle].tolist(), tokens.starts[middle + 1].tolist(), strict=True)
    joints[middle] = [_SIGNS.get(data[end:start], _NO_JOINT) for end, start in spans]
    written = np.empty(2 * size, dtype=np.uint8)
    written[::2] = np.frombuffer(tokens.shapes, dtype=np.uint8)
    written[1::2] = joints
    return _BROKEN.sub(r"\1\2|", written.tobytes().decode("ascii"))


def _named(data: bytes, tokens: _Tokens) -> Iterator[Hit]:
    """Judge every run of joined words, then single surnames of people who are named in full elsewhere."""
    surnames: set[bytes] = set()
    covered: set[int] = set()
    signed = _signed(data, tokens)
    starts, ends = tokens.starts.tolist(), tokens.ends.tolist()
    for run in _RUN.finditer(signed):
        shape, names, certain, steps = _judged(run.group())
        if not names:
            continue
        first = run.start() // 2
        if not certain:
            names = judge(shape, _context(data, starts[first], ends[first + steps[-1]]))
        for name in names:
            low, high = first + steps[name.first], first + steps[name.last - 1]
            covered.update(range(low, high + 1))
            if high > low or name.score > 0.9:
                surnames.add(tokens.texts[high])
            yield _hit(data, starts[low], ends[high], name.score, name.because)
    wanted = {text for text in surnames if len(text) > 2}
    for at in [at for at, text in enumerate(tokens.texts) if text in wanted and at not in covered]:
        if (
            signed[2 * at] in "SsVUugqo"
            and signed[2 * at + 1] not in "_p"
            and (not at or signed[2 * at - 1] not in "_p")
        ):
            yield _hit(data, starts[at], ends[at], 0.75, "named in full elsewhere")


@lru_cache(maxsize=16_384)
def _judged(run: str) -> tuple[str, tuple[Accepted, ...], bool, tuple[int, ...]]:
    """Judge a run at its best: its shape, its names, whether they hold anywhere, and where each sign's word stands."""
    written = run.rstrip("_.,&/p")
    shape = written.translate(_JOINED)
    names = judge(shape, _KINDEST)
    steps = tuple(at // 2 for at, sign in enumerate(written) if sign not in "_.") if names else ()
    return shape, names, names == judge(shape, _HARSHEST) if names else True, steps


def _context(data: bytes, start: int, end: int) -> Around:
    """Look at what stands around a run of words."""
    before = data[max(0, start - 24) : start]
    tail = before.rstrip(b" \t")
    opens = not tail or tail[-1:] in b'.!?:;"*\n\r\f)|' or tail[-1] > 0x7F
    words = tail.rstrip(b",:").split()
    word = words[-1].lower() if words else b""
    marked = word in _MARKS or before[-1:] == b"\t" or before[-2:] in (b": ", b"| ", b"- ")
    after = data[end : end + 24]
    owns = after[:2] == b"'s" or after[:3] in (b" 's", b" ' s")
    following = after.lstrip(b" ,(").split(maxsplit=1)
    verb = following[0].strip(b".,;:") if following else b""
    says = verb in sayings()
    weak = says and verb in _WEAK
    return Around(opens, says and not weak, owns or weak, word in _CUES, marked, word in _WITHIN and not opens)


def _hit(data: bytes, start: int, end: int, score: float, because: str) -> Hit:
    return Hit("person_name", start, end, score, because, b" ".join(data[start:end].lower().split()))


def _handles(data: bytes, kinds: Bytes) -> Iterator[Hit]:
    """Find user names that hold a person's name."""
    given, surnames = lower_case()
    for at in np.flatnonzero(kinds == AT).tolist():
        if at and (data[at - 1 : at].isalnum() or data[at - 1] in b"._-"):
            continue
        match = _HANDLE.match(data, at + 1)
        if match is None:
            continue
        parts = re.findall(rb"[a-z]{4,}", match.group().lower())
        cuts = [part[:size] for part in parts for size in range(4, len(part) + 1)]
        cuts += [part[1:] for part in parts] + [part[-size:] for part in parts for size in range(5, len(part))]
        if any(cut in given or cut in surnames for cut in cuts):
            yield _hit(data, match.start(), match.end(), 0.6, "user name made of a name")
    for match in _USER.finditer(data):
        if re.search(rb"[a-z][A-Z]|[a-z][0-9_]", match[1]):
            yield _hit(data, match.start(1), match.end(1), 0.6, "user name")


def _uncapitalised(data: bytes) -> Iterator[Hit]:
    """Find names in a text written without capitals: only those that mean nothing else."""
    given, surnames = lower_case()
    words = list(re.finditer(rb"\b[a-z]{4,18}\b", data))
    at = 0
    while at < len(words):
        start, end = words[at].span()
        if words[at].group() in given:
            while at + 1 < len(words) and words[at + 1].start() == end + 1 and words[at + 1].group() in surnames:
                at += 1
                end = words[at].end()
            yield _hit(data, start, end, 0.5, "name list, in a text without capitals")
        at += 1
