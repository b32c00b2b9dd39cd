"""Names of persons: capitalised words by class, joined into runs, judged by patterns over classes and by context.

Lists of names of many origins, how words are spelled, titles, initials and neighbours decide together; streets, firms and
places veto. No single list is needed: a name on none is found by its title, its initials or its spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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
    table,
)
from classifier.name_rules import judge
from classifier.window import DIGIT, LETTER, UPPER, Bytes

_OFFICES: Final = frozenset(
    b"Lord General Gen Judge Justice Major Colonel Captain Commander President Senator Governor Minister Secretary Chancellor Mayor "
    b"Alderman Ambassador Sister Brother Father Bishop Canon Nurse Sheikh Sultan Prince Princess King Queen Emperor Pope Officer Coach "
    b"Uncle Aunt Auntie Nan Chairman Chairwoman Chairperson Spokesman Spokeswoman Master Pastor Deacon Doctor Premier Private Detective "
    b"Inspector Superintendent Constable Magistrate Baron Hon Monsieur PC DC DS DI Sergeant".split()
)
_PARTICLES: Final = frozenset(
    b"Al El De Da Di Del Della Dos Van Von Der Den Ter Bin Bint Ibn Ap Mac Mc La Le Abu Umm Ul Ur Du Dela St".split()
)
_JOINTS: Final = {
    b" ": "",
    b"  ": "",
    b"-": "",
    b"'": "",
    b". ": ".",
    b".": ".",
    b", ": ",",
    b" & ": "&",
    b"/": "/",
    b" / ": "/",
    b" ' ": "",
    b" - ": "-",
} | {
    b" " + particle + gap: "p"
    for particle in b"de da do dos das del della di du van von der den ter ten bin bint ibn al el ul ur la le ap ab af av zu st y e|van der|van den|van de|von der|de la|de los|de las|bin al".replace(
        b"|", b"\0"
    )
    .split(b"\0")[0]
    .split()
    + [b"van der", b"van den", b"van de", b"von der", b"de la", b"de los", b"bin al"]
    for gap in (b" ", b"-")
}
_FAR: Final = max(map(len, _JOINTS))
_CUES: Final = re.compile(
    rb"(?:\b(?:dear|hi|hello|name|contact|client|tenant|applicant|claimant|patient|pupil|student|resident|customer|employee|attn|fao|from|to|cc|by|author|signed|"
    rb"signature|mother|father|son|daughter|wife|husband|sister|brother|partner|friend|neighbour|named|called|kin|present|attended by|chair|"
    rb"spoke to|spoke with|interviewed|witness|driver|payroll|carer|officer|known as|username)[,:]?[ \t]{0,3}|[:|\t] ?|- )$",
    re.IGNORECASE,
)
_AFTER: Final = re.compile(rb"(?:'s\b|,? ?\(?([a-z]+)|,? ?\(?[0-9]{2}\))")
_OPENING: Final = re.compile(rb"(?:^|[.!?:;\"*\x80-\xfe]\s{0,3}|[\n\r\f\t|]\s{0,3}|[0-9)] )$")
_HANDLE: Final = re.compile(
    rb"(?<![A-Za-z0-9_.@])@([A-Za-z0-9_][A-Za-z0-9_.]{2,29}[A-Za-z0-9_])|\b[Uu]sername ?[:=] ?([A-Za-z0-9_.@]{3,30})"
)
_WHOLE: Final = re.compile(rb"[A-Za-z][A-Za-z'., -]{1,60}")
_WORDS: Final = re.compile(rb"[A-Za-z]+")
_CASELESS: Final = 0.03
"""Share of words with a capital below which a text is taken to be written without capitals."""


class _Tokens(NamedTuple):
    """Capitalised words of a text: where they start and end, their bytes and their classes (``name_rules``)."""

    starts: list[int]
    ends: list[int]
    texts: list[bytes]
    shapes: list[str]


def scan_names(data: bytes, kinds: Bytes) -> list[Hit]:
    """Find names of persons in folded text; ``kinds`` are its byte classes. Linear in the length of the text."""
    tokens, words = _tokens(data, kinds)
    hits = list(_handles(data))
    waiting: list[tuple[int, int]] = []
    surnames: set[bytes] = set()
    for first, last in _runs(data, tokens):
        hits += _judged(data, tokens, first, last, waiting, surnames)
    for at, _ in waiting:
        if tokens.texts[at].lower() in surnames:
            hits.append(_hit(data, tokens.starts[at], tokens.ends[at], 0.75, "named in full elsewhere"))
    if words and len(tokens.starts) < _CASELESS * words:
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
    bits = [table().get(word.capitalize(), 0) for word in words]
    if any(bit & ORGANISATION and not bit & (GIVEN | SURNAME) for bit in bits):
        return False
    named = sum(bool(bit & (GIVEN | SURNAME)) for bit in bits)
    other = sum(bool(bit & (COMMON | PLACE | WORD)) and not bit & (GIVEN | SURNAME) for bit in bits)
    if named and not other:
        return any(bit and not bit & ~(GIVEN | SURNAME) for bit in bits) or named > 1
    return not other and all(resembles(word) > 0 for word in words) and len(words) > 1


def _tokens(data: bytes, kinds: Bytes) -> tuple[_Tokens, int]:
    """Cut out the capitalised words and class them; also count all words."""
    letters = np.zeros(kinds.size + 2, dtype=bool)
    letters[1:-1] = (kinds & LETTER) != 0
    edges = np.flatnonzero(letters[1:] != letters[:-1])
    begins, ends = edges[::2], edges[1::2]
    if not begins.size:
        return _Tokens([], [], [], []), 0
    upper = kinds[begins] == UPPER
    digit = np.zeros(begins.size, dtype=bool)
    digit[begins > 0] = kinds[begins[begins > 0] - 1] == DIGIT
    wanted = upper & ~digit
    starts, stops = begins[wanted].tolist(), ends[wanted].tolist()
    texts = [data[start:stop] for start, stop in zip(starts, stops, strict=True)]
    classes = {text: _class(text) for text in set(texts)}
    return _Tokens(starts, stops, texts, [classes[text] for text in texts]), int(begins.size)


def _class(text: bytes) -> str:
    """Give the class letter of one capitalised word."""
    if len(text) == 1:
        return "I"
    bits = table().get(text, 0)
    if text in _PARTICLES:
        return "X" if text == b"St" else "p"
    if bits:
        return _listed(text, bits)
    if text[1:].islower():
        return _unlisted(text)
    if text.isupper():
        return "A" if len(text) < 6 else _unlisted(text)
    return _mixed(text)


def _listed(text: bytes, bits: int) -> str:
    if bits & TITLE:
        return ("t" if text in _OFFICES else "T") if not bits & (GIVEN | SURNAME) or text in _OFFICES else "g"
    plain = not bits & ~(GIVEN | SURNAME)
    if bits & GIVEN:
        return "G" if plain else "C" if bits & (WORD | NATIONALITY) and not bits & SURNAME else "g"
    if bits & SURNAME:
        return "S" if plain else "o" if bits & ORGANISATION else "C" if bits & (WORD | NATIONALITY) else "s"
    return "O" if bits & ORGANISATION else "N" if bits & NATIONALITY else "P" if bits & PLACE else "C"


def _unlisted(text: bytes) -> str:
    if len(text) < 3 or len(text) > 18:
        return "C"
    likely = resembles(text)
    return "U" if likely > 0.5 else "u" if likely > -2.0 else "C"


def _mixed(text: bytes) -> str:
    """Class a word with capitals inside: McSomething, plural abbreviations, two names run together."""
    if re.fullmatch(rb"(?:Ma?c|Fitz|Van|De|Di|La|Le|O)[A-Z][a-z]+", text):
        return "S"
    parts = re.fullmatch(rb"([A-Z][a-z]{2,})([A-Z][a-z]+)", text)
    if parts and table().get(parts[1], 0) & GIVEN and not table().get(parts[1], 0) & (COMMON | PLACE | WORD):
        return "H" if not table().get(parts[2], 0) & ~(GIVEN | SURNAME) else "C"
    return "C"


def _runs(data: bytes, tokens: _Tokens) -> Iterator[tuple[int, int]]:
    """Yield stretches of joined words (first, last + 1) in which at least one word may be a name."""
    starts, ends, shapes = tokens.starts, tokens.ends, tokens.shapes
    size = len(starts)
    if not size:
        return
    gaps: NDArray[np.intp] = np.array(starts[1:], dtype=np.intp) - np.array(ends[:-1], dtype=np.intp)
    near = (gaps <= _FAR).tolist()
    first = 0
    for at in range(size):
        joined = at + 1 < size and near[at] and data[ends[at] : starts[at + 1]] in _JOINTS
        if joined and data[ends[at] : ends[at] + 1] == b"." and not _abbreviated(tokens, at):
            joined = False
        if not joined:
            if any(shape in "GgSsUHTtI" for shape in shapes[first : at + 1]):
                yield first, at + 1
            first = at + 1


def _abbreviated(tokens: _Tokens, at: int) -> bool:
    return tokens.shapes[at] in "TIXt" or len(tokens.texts[at]) <= 2


def _shape(data: bytes, tokens: _Tokens, first: int, last: int) -> tuple[str, list[int]]:
    """Write a run as class letters with joints between, and give for each letter the number of its word."""
    letters: list[str] = []
    places: list[int] = []
    for at in range(first, last):
        letters.append(tokens.shapes[at])
        places.append(at)
        if at + 1 < last:
            joint = _JOINTS[data[tokens.ends[at] : tokens.starts[at + 1]]].strip(".")
            letters += joint
            places += [at] * len(joint)
    return "".join(letters), places


def _judged(
    data: bytes, tokens: _Tokens, first: int, last: int, waiting: list[tuple[int, int]], surnames: set[bytes]
) -> Iterator[Hit]:
    """Judge one run; note surnames met in full names, and single words that one of them may explain later."""
    shape, places = _shape(data, tokens, first, last)
    if shape in "ICPOAN,":
        return
    start, end = tokens.starts[first], tokens.ends[last - 1]
    before = data[max(0, start - 24) : start]
    after = _AFTER.match(data, end, end + 24)
    says = after is not None and (after.group(1) is None or after.group(1) in sayings())
    accepted = judge(
        shape,
        opens=_OPENING.search(before) is not None,
        says=says,
        cue=_CUES.search(before) is not None,
    )
    met: set[int] = set()
    for name in accepted:
        low, high = places[name.first], places[name.last - 1]
        met.update(range(low, high + 1))
        if (high > low or name.score > 0.9) and shape[name.last - 1] not in "PNC":
            surnames.add(tokens.texts[high].lower())
        yield _hit(data, tokens.starts[low], tokens.ends[high], name.score, name.because)
    for at in range(first, last):
        following = tokens.shapes[at + 1] if at + 1 < last else ""
        if at not in met and tokens.shapes[at] in "SsUuog" and following not in ("O", "o"):
            waiting.append((at, last))


def _hit(data: bytes, start: int, end: int, score: float, because: str) -> Hit:
    return Hit("person_name", start, end, score, because, b" ".join(data[start:end].lower().split()))


def _handles(data: bytes) -> Iterator[Hit]:
    """Find user names that hold a person's name."""
    if b"@" not in data and b"sername" not in data:
        return
    given, surnames = lower_case()
    for match in _HANDLE.finditer(data):
        group = 1 if match[1] else 2
        word = match[group].lower()
        parts = re.findall(rb"[a-z]+", word)
        named = any(part in given or part in surnames for part in parts)
        named = named or any(
            part[:size] in given or part[:size] in surnames for part in parts for size in range(4, len(part))
        )
        if named or group == 2:
            yield _hit(data, match.start(group), match.end(group), 0.6, "user name made of a name")


def _uncapitalised(data: bytes) -> Iterator[Hit]:
    """Find names in a text written without capitals: only those that mean nothing else."""
    given, surnames = lower_case()
    words: Sequence[re.Match[bytes]] = list(re.finditer(rb"\b[a-z]{4,18}\b", data))
    at = 0
    while at < len(words):
        match = words[at]
        if match.group() in given or match.group() in surnames:
            end = match.end()
            while at + 1 < len(words) and words[at + 1].start() == end + 1 and words[at + 1].group() in surnames:
                at += 1
                end = words[at].end()
            yield _hit(data, match.start(), end, 0.5, "name list, in a text without capitals")
        at += 1
