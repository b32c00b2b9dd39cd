"""Names of persons: capitalised words by class, joined into runs, judged by patterns over classes and by context.

Lists of names of many origins, how words are spelled, titles, initials and neighbours decide together; streets, firms and
places veto. No single list is needed: a name on none is found by its title, its initials or its spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import accumulate, product, repeat
from typing import Final, NamedTuple

from classifier.identifiers import Hit
from classifier.linear import linear
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
_SIGNS: Final = _JOINTS | {bytes([sign]): joint for sign, joint in zip(b" -'/.&,", "___/.&,", strict=True)}
_NO_JOINT: Final = "|"
_CAPITALISED: Final = re.compile(rb"([A-Z][A-Za-z\xff]*+)")
_NO_WORD: Final = linear(
    rb"(?:^|[^A-Za-z\xff])[a-z\xff]+[A-Z][A-Za-z\xff]*|[0-9][A-Z][A-Za-z\xff]*|[A-Z][A-Za-z\xff]*[0-9_]", case=True
)
"""Letters that belong to a code, a user name or a brand such as iPhone, with a sign before or behind."""
_BROKEN: Final = re.compile(r"([^TtIX])\.|(D)[_,]")
_NAMELY: Final = re.compile(r"[GgSsqVUHTt]")
_JOINED: Final = str.maketrans("", "", "_.")
_AROUND: Final = {flags: Around(*flags) for flags in product((False, True), repeat=6)}
_OPENING: Final = frozenset(b'.!?:;"*\n\r\f)|') | frozenset(range(0x80, 0x100))
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
_RUNS: Final = re.compile(rb"[A-Za-z\xff]+")
_CASELESS: Final = 0.03
"""Share of words with a capital below which a text is taken to be written without capitals."""


class _Tokens(NamedTuple):
    """Capitalised words of a text, what stands between them, and their classes (``name_rules``).

    ``pieces`` is the whole text cut up: gap, word, gap, word, …, gap. ``letters`` has one class for each word.
    """

    pieces: list[bytes]
    texts: list[bytes]
    letters: list[str]


def warm() -> None:
    """Read the word lists and class their words, so that no document waits for it."""
    _classes()
    lower_case()
    sayings()
    spelling()


def scan_names(data: bytes) -> list[Hit]:
    """Find names of persons in folded text. Linear in the length of the text."""
    hits = list(_handles(data))
    tokens = _tokens(data)
    if tokens.texts:
        hits += _named(data, tokens)
    if 2 * len(tokens.texts) < _CASELESS * len(data) and len(tokens.texts) < _CASELESS * len(_RUNS.findall(data)):
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


def _tokens(data: bytes) -> _Tokens:
    """Cut out the capitalised words and class them, each distinct one once."""
    pieces = _CAPITALISED.split(_without_codes(data))
    texts = pieces[1::2]
    known = _classes()
    met = {text: known.get(text) or _remembered(text) for text in set(texts)}
    return _Tokens(pieces, texts, list(map(met.__getitem__, texts)))


def _without_codes(data: bytes) -> bytes:
    """Blot out letters that are no words, so that every capital left begins one."""
    found = _NO_WORD.span(data)
    if found is None:
        return data
    blotted = bytearray(data)
    while found is not None:
        start, end = found
        blotted[start:end] = b"~" * (end - start)
        found = _NO_WORD.span(data, end - 1)
    return bytes(blotted)


@cache
def _classes() -> dict[bytes, str]:
    """Class every word of the lists once."""
    return {text: _listed(text, bits) for text, bits in table().items() if len(text) > 1}


_SEEN: Final[dict[int, str]] = {}
"""Salted hash of a word on no list to its class: what was worked out for one document serves the next, and no word is kept."""
_MOST_SEEN: Final = 200_000


def _remembered(text: bytes) -> str:
    """Give the class letter of a word on no list, worked out at its first meeting."""
    key = hash(text)
    letter = _SEEN.get(key)
    if letter is None:
        if len(_SEEN) >= _MOST_SEEN:
            _SEEN.clear()
        letter = _SEEN[key] = _class(text)
    return letter


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


def _signed(tokens: _Tokens) -> str:
    """Write the text as one string: for each word its class letter and the sign of what follows it."""
    written = [_NO_JOINT] * (2 * len(tokens.texts))
    written[::2] = tokens.letters
    written[1::2] = map(_SIGNS.get, tokens.pieces[2::2], repeat(_NO_JOINT))
    written[-1] = _NO_JOINT
    return _BROKEN.sub(r"\1\2|", "".join(written))


def _named(data: bytes, tokens: _Tokens) -> Iterator[Hit]:
    """Judge every run of joined words, then single surnames of people who are named in full elsewhere."""
    signed = _signed(tokens)
    runs = list(_with_names(signed))
    if not runs:
        return
    surnames: set[bytes] = set()
    covered: set[int] = set()
    ends = list(accumulate(map(len, tokens.pieces)))
    for first, (shape, best, certain, steps) in runs:
        names = best
        if not certain:
            names = judge(shape, _context(data, ends[2 * first], ends[2 * (first + steps[-1]) + 1]))
        for name in names:
            low, high = first + steps[name.first], first + steps[name.last - 1]
            covered.update(range(low, high + 1))
            if high > low or name.score > 0.9:
                surnames.add(tokens.texts[high])
            yield _hit(data, ends[2 * low], ends[2 * high + 1], name.score, name.because)
    wanted = {text for text in surnames if len(text) > 2}
    for at in [at for at, text in enumerate(tokens.texts) if text in wanted and at not in covered]:
        if (
            signed[2 * at] in "SsVUugqo"
            and signed[2 * at + 1] not in "_p"
            and (not at or signed[2 * at - 1] not in "_p")
        ):
            yield _hit(data, ends[2 * at], ends[2 * at + 1], 0.75, "named in full elsewhere")


def _with_names(signed: str) -> Iterator[tuple[int, _Verdict]]:
    """Judge the runs between bars; yield those that may hold a name, with the number of their first word."""
    first = 0
    known: dict[str, _Verdict | None] = {}
    for run in signed.split(_NO_JOINT):
        if run not in known:
            verdict = _judged(run) if _NAMELY.search(run) else None
            known[run] = verdict if verdict and verdict.names else None
        judged = known[run]
        if judged is not None:
            yield first, judged
        first += (len(run) + 1) // 2


class _Verdict(NamedTuple):
    """What a run is at best: its shape, its names, whether they hold anywhere, and where each sign's word stands."""

    shape: str
    names: tuple[Accepted, ...]
    certain: bool
    steps: tuple[int, ...]


@lru_cache(maxsize=16_384)
def _judged(run: str) -> _Verdict:
    """Judge a run in the kindest surroundings."""
    written = run.rstrip("_.,&/p")
    shape = written.translate(_JOINED)
    names = judge(shape, _KINDEST)
    steps = tuple(at // 2 for at, sign in enumerate(written) if sign not in "_.") if names else ()
    return _Verdict(shape, names, names == judge(shape, _HARSHEST) if names else True, steps)


def _context(data: bytes, start: int, end: int) -> Around:
    """Look at what stands around a run of words."""
    before = data[max(0, start - 24) : start]
    tail = before.rstrip(b" \t")
    opens = not tail or tail[-1] in _OPENING
    words = tail.rstrip(b",:").rsplit(None, 1)
    word = words[-1].lower() if words else b""
    marked = word in _MARKS or before.endswith((b"\t", b": ", b"| ", b"- "))
    after = data[end : end + 24]
    following = after.lstrip(b" ,(").split(None, 1)
    verb = following[0].strip(b".,;:") if following else b""
    says = verb in sayings()
    weak = says and verb in _WEAK
    owns = weak or after.startswith((b"'s", b" 's"))
    return _AROUND[opens, says and not weak, owns, word in _CUES, marked, word in _WITHIN and not opens]


def _hit(data: bytes, start: int, end: int, score: float, because: str) -> Hit:
    return Hit("person_name", start, end, score, because, b" ".join(data[start:end].lower().split()))


def _handles(data: bytes) -> Iterator[Hit]:
    """Find user names that hold a person's name."""
    given, surnames = lower_case()
    at = -1
    while (at := data.find(b"@", at + 1)) >= 0:
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
