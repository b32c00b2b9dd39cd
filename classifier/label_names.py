"""Labels from names: what the path, the file's name and its format say of an item, read or unreadable."""

# ruff: noqa: E501, ISC004 - patterns read better in long rows, and a row is one pattern
from __future__ import annotations

import re
from functools import lru_cache

from classifier.item import Flag, Label, Primary, Tier

_WORDS: tuple[tuple[str, Tier, frozenset[Flag], str], ...] = (
    (
        r"top ?secret|\bsecret\b(?! santa| garden| agent| ballot| shopper)",
        Tier.T5,
        frozenset({Flag.SENSITIVE, Flag.MARKED}),
        "Its name carries the marking SECRET.",
    ),
    (
        r"whistle ?blow|protected disclosure|marac|safeguarding (?:case|referral|concern|strateg)|child protection|section 47|strategy meeting|"
        r"\bcse\b|adoption (?:case|file|panel|report)|adopters?\b|standards investigation|leak (?:inquiry|investigation)|"
        r"fraud investigation|lado\b",
        Tier.T4,
        frozenset({Flag.SENSITIVE, Flag.PERSONAL}),
        "Its name speaks of safeguarding, whistle-blowing or an investigation.",
    ),
    (
        r"\bpass ?words?\b|\bpasswd|\bcredentials?\b|private key|\bid_rsa\b",
        Tier.T4,
        frozenset({Flag.SENSITIVE, Flag.CREDENTIALS}),
        "Its name says that it holds passwords or keys.",
    ),
    (
        r"official[ :]*sensitive|\boff sen\b|(?:private and |private & |strictly |^|/ ?)confidential|confidential(?= ?[-–)\]]|$)|"
        r"\brestricted\b(?! byway)|\bprotect\b(?= ?[-–])|not for publication|\bexempt\b|\bpart (?:2|ii)\b|pink paper|legally privileged|"
        r"without prejudice|counsel'?s? (?:opinion|advice)|\bembargoed\b",
        Tier.T3,
        frozenset({Flag.SENSITIVE, Flag.MARKED}),
        "Its name carries a protective marking.",
    ),
    (
        r"capability (?:hearing|meeting|review)|disciplinary|grievance|dismissal|suspension letter|gross misconduct|settlement agreement|"
        r"redundanc(?:y|ies) (?:list|scor|select)|investigation report|witness statement|tender (?:evaluation|scores|prices)|bid evaluation",
        Tier.T3,
        frozenset({Flag.SENSITIVE}),
        "Its name speaks of a confidential matter.",
    ),
    (
        r"sickness (?:absence|record|log)|absence record|sick ?note|fit ?note|occupational health|medical (?:report|record|certificate)|"
        r"care plan|\behcp\b|\bdbs (?:check|cert|result)",
        Tier.T3,
        frozenset({Flag.PERSONAL, Flag.SPECIAL}),
        "Its name speaks of a person's health or care.",
    ),
)  # fmt: skip
_HARMLESS = re.compile(
    r"confidential waste|shredding|policy|policies|procedure|template|blank|guidance|guide|training|notice|form\b|leaflet|strategy|annual report|minutes|agenda|toolkit"
)
_INTERIM = re.compile(r"\b(?:draft|interim|v0\.\d+)\b")
_GRAVE = re.compile(r"investigat|safeguard|licensing|inquiry|whistle|cse\b|disciplinary|allegation")
_KEYS = frozenset(
    {"kdbx", "kdb", "pfx", "p12", "ppk", "pem", "key", "jks", "keystore", "psafe3", "1pif", "agilekeychain", "ovpn"}
)
_PICTURES = frozenset({"jpeg", "jpg", "png", "heic", "tiff", "tif", "gif", "bmp", "webp", "raw", "cr2", "mov", "mp4"})
_PHOTOS = re.compile(
    r"photos?\b|pictures?\b|selfie|staff (?:party|do|photo)|holiday|christmas party|leaving do|wedding|birthday|team day|away ?day|headshot"
)
_TABLE = tuple((re.compile(pattern), tier, flags, because) for pattern, tier, flags, because in _WORDS)
_FIRST = re.compile("|".join(f"(?:{pattern})" for pattern, *_ in _WORDS))
_SPLIT = str.maketrans(dict.fromkeys("_-–+.,()[]{}", " "))


def raise_to(label: Label, other: Label) -> Label:
    """Both judgements together: the higher tier, the higher probabilities, all flags and all reasons."""
    order = list(Primary)
    by = "+".join(dict.fromkeys(each for found in (label.by, other.by) for each in found.split("+") if each))
    return Label(
        max((label.primary, other.primary), key=order.index),
        max(label.tier, other.tier),
        max(label.sensitive, other.sensitive),
        max(label.personal, other.personal),
        label.flags | other.flags,
        by,
        tuple(dict.fromkeys(label.because + other.because)),
    )


def _made(tier: Tier, flags: frozenset[Flag], because: str) -> Label:
    sensitive, personal = Flag.SENSITIVE in flags, Flag.PERSONAL in flags
    primary = Primary.SENSITIVE if sensitive else Primary.PERSONAL
    return Label(primary, tier, 0.9 if sensitive else 0.0, 0.9 if personal else 0.0, flags, "rule:name", (because,))


@lru_cache(maxsize=4096)
def _of_folder(folder: str) -> Label | None:
    return _of_text(folder)


def _of_text(text: str) -> Label | None:
    words = " ".join(text.translate(_SPLIT).split())
    if not _FIRST.search(words) or _HARMLESS.search(words):
        return None
    for pattern, tier, flags, because in _TABLE:
        if pattern.search(words):
            if tier is Tier.T3 and Flag.SENSITIVE in flags and _INTERIM.search(words) and _GRAVE.search(words):
                return _made(Tier.T4, flags | {Flag.DRAFT}, because)
            return _made(tier, flags, because)
    return None


def _of_interim(words: str) -> Label | None:
    if _INTERIM.search(words) and _GRAVE.search(words) and not _HARMLESS.search(words):
        because = "Its name says that it is a draft or interim paper of an inquiry."
        return _made(Tier.T4, frozenset({Flag.SENSITIVE, Flag.DRAFT}), because)
    return None


def _named(path: bytes, format: str) -> Label | None:  # noqa: A002 - the word of the trade
    text = path.decode("utf-8", "replace").lower()
    folder, _, name = text.rpartition("/")
    stem, dot, ending = name.rpartition(".")
    ending = ending if dot else ""
    if ending in _KEYS or format in _KEYS:
        because = "Its kind of file holds keys or passwords: tell IT security."
        return _made(Tier.T4, frozenset({Flag.SENSITIVE, Flag.CREDENTIALS}), because)
    found = _of_text(stem if dot else name) or _of_interim((stem if dot else name).replace("_", " "))
    if found is None and folder:
        found = _of_folder(folder)
    if found is None and (format in _PICTURES or ending in _PICTURES) and _PHOTOS.search(text.replace("_", " ")):
        return _made(Tier.T2, frozenset({Flag.PERSONAL}), "It is a picture that by its name shows people.")
    return found


def by_name(path: bytes, format: str, label: Label | None) -> Label | None:  # noqa: A002 - the word of the trade
    """Raise a label by what the name, the folders and the format of an item say; never lower it.

    Gives a label to an unreadable item (``label`` is ``None``) only when its name alone is evidence; else ``None``.
    Names and paths are evidence, and personal data themselves: no reason quotes one.
    """
    named = _named(path, format)
    if named is None:
        return label
    if label is None:
        flags = named.flags | {Flag.UNREADABLE}
        return Label(named.primary, named.tier, named.sensitive, named.personal, flags, named.by, named.because)
    return raise_to(label, named)
