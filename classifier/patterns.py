"""The kinds of finding, as data: what each looks like, what checks it, which words stand near it, how much it weighs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from classifier import checks

NEAR = 40
"""Characters before a value in which a context word counts; after it, half of that."""

REPORTED = 0.5
"""Lowest score that is reported; only a bare postcode is reported below it."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One row: a layout, its check, and what it is worth alone and beside a context word.

    ``layout`` is a regular expression for the whole value, in capitals, separators included. ``alone`` and ``near`` are scores
    (0–1); ``context`` is an alternation of whole words, in lower case. ``fixture`` recognises values reserved for tests
    and documentation (Ofcom, HMRC, NHS, RFC 2606 and issuers' samples). ``place`` is where the row stands in ``ROWS``.
    """

    kind: str
    layout: str
    check: Callable[[str], bool] | None
    alone: float
    near: float
    context: str
    proof: str = ""
    fixture: Callable[[str], bool] | None = None
    place: int = -1


def _nhs_fixture(digits: str) -> bool:
    return digits.startswith("999")


def _nino_fixture(text: str) -> bool:
    return text.startswith("QQ") or text[:8] == "AB123456"


def _upn_fixture(text: str) -> bool:
    return text[1:4] == "999"


def _driver_fixture(text: str) -> bool:
    return text.startswith("MORGA")


def _iban_fixture(text: str) -> bool:
    return text[4:8] in {"WEST", "TEST", "NWBK"} and "123456" in text


def _card_fixture(digits: str) -> bool:
    return digits in checks.TEST_CARDS


def _passport(digits: str) -> bool:
    return not checks.repeated(digits)


_HEALTH = r"nhs|n\.h\.s|patient|hospital (?:no|number)|health (?:no|number)"
_TAX = r"utr|unique tax(?:payer)?(?:'?s)?(?: reference)?|tax (?:reference|ref)|self[- ]assessment|hmrc|taxpayer"
_LEARNER = r"uln|unique learner(?: number)?|learner (?:no|number|ref(?:erence)?)"
_INSURANCE = r"n\.? ?i\.? ?(?:no|number|num)?|nino|national insurance|insurance (?:no|number)"
_PASSPORT = r"passports?"
_DRIVER = r"driv(?:er|ing)(?:'?s)?|licen[cs]e|dvla"
_CARD = r"card|visa|mastercard|maestro|amex|american express|credit|debit|pan"
_PUPIL = r"upn|unique pupil|pupils?"
_HOME_OFFICE = (
    r"brp|biometric|residence permit|visa|immigration|home office|asylum|arc (?:no|number|card)|ho ref|"
    r"leave to remain|nass|refugee|ukvi"
)
_CRIME = (
    r"crime (?:ref(?:erence)?|no|number)|crime|police|incident (?:no|number|ref)|cad|log (?:no|number)|urn|occurrence"
)

_SOMEBODY = r"driver|applicant|payroll|client|claimant|employee|tenant|customer|resident|mr|mrs|ms|miss"

_NUMBERS = (
    Pattern(
        "nhs_number", r"\d{3}[ -]?\d{3}[ -]?\d{4}", checks.nhs_number, 0.3, 0.97, _HEALTH, "modulus 11 and issued band",
        _nhs_fixture,
    ),
    Pattern("nhs_number", r"\d(?:[ -]{0,2}\d){9}", checks.nhs_number, 0.0, 0.9, _HEALTH, "modulus 11 and issued band, odd grouping",
            _nhs_fixture),
    Pattern("hc_number", r"\d{3}[ -]?\d{3}[ -]?\d{4}", checks.hc_number, 0.2, 0.96,
            r"h ?& ?c(?: (?:no|number))?|hcn|health and (?:social )?care(?: (?:no|number))?|nhs|"
            r"patient", "modulus 11 and Northern Ireland band"),
    Pattern("chi_number", r"\d{6}[ -]?\d{4}", checks.chi_number, 0.2, 0.96, r"chi|community health index", "modulus 11 and a date"),
    Pattern("chi_number", r"\d{9}", lambda text: checks.chi_number("0" + text), 0.0, 0.8,
            r"chi|community health index", "modulus 11 and a date, leading zero restored"),
    Pattern("utr", r"\d{5}[ -]?\d{5}|\d{3} \d{3} \d{4}|\d{4} \d{6}", checks.utr, 0.2, 0.95, _TAX, "UTR check digit"),
    Pattern("uln", r"\d{10}|\d{3} \d{3} \d{4}", checks.uln, 0.15, 0.94, _LEARNER, "modulus 11"),
    Pattern("passport", r"\d{9}|\d{3} \d{3} \d{3}", _passport, 0.0, 0.85, _PASSPORT, ""),
    Pattern("driving_licence", r"\d{8}", None, 0.0, 0.7, r"driv(?:er|ing)(?:'?s)? (?:licen[cs]e|no|number)", "Northern Ireland layout"),
    Pattern("card", r"\d{4}(?:[ -]\d{4}){3}|3\d{3}[ -]\d{6}[ -]\d{4,5}", checks.card, 0.8, 0.97, _CARD,
            "issuer's prefix and Luhn", _card_fixture),
    Pattern("card", r"\d{13,19}|\d{4}(?:[ -]?\d{4}){2,3}(?:[ -]?\d{1,4})?", checks.card, 0.3, 0.93, _CARD,
            "issuer's prefix and Luhn", _card_fixture),
)  # fmt: skip
_CODES = (
    Pattern("nino", r"[A-Z]{2}[ .-]{0,2}\d{2}[ .-]{0,2}\d{2}[ .-]{0,2}\d{2}[ "
                    r".-]{0,2}[A-D]", checks.nino_letters, 0.0, 0.8, _INSURANCE + "|" + _SOMEBODY,
            "possible letters, prefix not in use"),
    Pattern("nino", r"[A-Z]{2}[ .-]{0,2}\d{2}[ .-]{0,2}\d{2}[ .-]{0,2}\d{2}[ .-]{0,2}[A-D]", checks.nino, 0.85, 0.98, _INSURANCE,
            "prefix and suffix letters in use", _nino_fixture),
    Pattern("nino", r"[A-Z]{2}[ .-]{0,2}\d{2}[ .-]{0,2}\d{2}[ .-]{0,2}\d{2}", checks.nino, 0.0, 0.75, _INSURANCE,
            "prefix letters in use, no suffix", _nino_fixture),
    Pattern("upn", r"[A-HJ-NP-RT-Z]\d{11}[\dA-HJ-NP-RT-Z]", checks.upn, 0.7, 0.97, _PUPIL, "check letter", _upn_fixture),
    Pattern("driving_licence", r"[A-Z][A-Z9]{4}[ -]?\d{6}[ -]?[A-Z9]{2}\d[A-Z0-9]{2}(?: ?\d{2})?", checks.driving_licence, 0.85, 0.97,
            _DRIVER, "layout and hidden date", _driver_fixture),
    Pattern("iban", r"[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?", checks.iban, 0.95, 0.98,
            r"iban|bank|account", "modulus 97", _iban_fixture),
    Pattern("passport", r"[A-Z0-9<]{44}", checks.mrz, 0.98, 0.99, _PASSPORT, "machine-readable zone digits"),
    Pattern("passport", r"[A-Z]{1,2}\d{6,8}", None, 0.0, 0.75, _PASSPORT, ""),
    Pattern("utr", r"K?\d{10}K?", lambda text: checks.utr(text.strip("K")), 0.0, 0.93, _TAX, "UTR check digit"),
    Pattern("immigration_ref", r"[A-Z]{2}X?\d{7}|[A-Z]\d{7}(?:/\d{1,3})?|[A-Z]{3}/\d{5,9}", None, 0.0, 0.75, _HOME_OFFICE, ""),
    Pattern("crime_ref", r"\d{2}[A-Z]{1,2}\d?/?\d{5,8}/\d{2}", None, 0.6, 0.85, _CRIME, ""),
    Pattern("crime_ref", r"[A-Z]{1,3}-?\d{6,8}-\d{3,4}|[A-Z]{2}/\d{5,6}/\d{2,4}|\d{2,6}/\d{2,6}(?:/\d{2,4})?", None, 0.0, 0.75,
            r"crime (?:ref(?:erence)?|no|number)|cad|incident (?:no|number|ref)|occurrence (?:no|number)", ""),
)  # fmt: skip

ROWS = tuple(replace(row, place=place) for place, row in enumerate((*_NUMBERS, *_CODES)))
"""All rows; each knows its place among them."""

NUMBERS = ROWS[: len(_NUMBERS)]
"""Kinds that are written in digits, most telling first."""

CODES = ROWS[len(_NUMBERS) :]
"""Kinds that mix letters and digits, most telling first."""

SHAPES = (
    rb"\b[A-Z]{2}[ .-]{0,2}[0-9]{2}[ .-]{0,2}[0-9]{2}[ .-]{0,2}[0-9]{2}(?:[ .-]{0,2}[A-D])?\b"
    rb"|\b[A-Z][0-9]{11}[0-9A-Z]\b"
    rb"|\b[A-Z][A-Z9]{4}[ -]?[0-9]{6}[ -]?[A-Z9]{2}[0-9][A-Z0-9]{2}(?: ?[0-9]{2})?\b"
    rb"|\b[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b"
    rb"|\b(?:K[0-9]{10}|[0-9]{10}K)\b"
    rb"|\b(?:[A-Z]{1,2}X?[0-9]{6,8}(?:/[0-9]{1,3})?|[A-Z]{3}/[0-9]{5,9})\b"
    rb"|\b(?:[0-9]{2}[A-Z]{1,2}[0-9]?/?[0-9]{5,8}/[0-9]{2}|[A-Z]{1,3}-?[0-9]{6,8}-[0-9]{3,4}|[A-Z]{2}/[0-9]{5,6}/[0-9]{2,4})\b"
)
"""All shapes of codes at once, for a linear-time engine on folded text, in either case; which row a match belongs to is told
afterwards. Each is bounded in length, so that no search looks far ahead."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding: its name, the words a person reads, and how it counts.

    ``sole``: only one of these kinds can stand in one place, and the surest stays. ``strong``: an identifier of one person, so that
    one good finding makes a document personal.
    """

    name: str
    words: str
    sole: bool = True
    strong: bool = False


_KINDS = (
    Kind("nino", "National Insurance number", strong=True),
    Kind("nhs_number", "NHS number", strong=True),
    Kind("chi_number", "CHI number (Scotland)", strong=True),
    Kind("hc_number", "Health and Care number (Northern Ireland)", strong=True),
    Kind("utr", "Unique Taxpayer Reference", strong=True),
    Kind("driving_licence", "driving licence number", strong=True),
    Kind("passport", "passport number", strong=True),
    Kind("upn", "Unique Pupil Number", strong=True),
    Kind("uln", "Unique Learner Number", strong=True),
    Kind("bank_account", "sort code and account number", strong=True),
    Kind("iban", "international bank account number", strong=True),
    Kind("card", "payment card number", strong=True),
    Kind("vehicle_registration", "vehicle registration"),
    Kind("address", "postal address"),
    Kind("postcode", "postcode alone"),
    Kind("date_of_birth", "date of birth"),
    Kind("email_private", "private e-mail address"),
    Kind("email_work", "work e-mail address"),
    Kind("phone_private", "private telephone number"),
    Kind("phone_work", "work telephone number"),
    Kind("person_name", "name of a person"),
    Kind("special_category", "special-category detail about a person", sole=False),
    Kind("offence", "criminal-offence detail about a person", sole=False),
    Kind("child", "a child", sole=False),
    Kind("safeguarding", "safeguarding vocabulary", sole=False),
    Kind("credential", "password or key", sole=False),
    Kind("immigration_ref", "immigration reference", strong=True),
    Kind("crime_ref", "police crime reference"),
    Kind("case_ref", "reference of a person's case or application"),
)

KINDS: Mapping[str, str] = MappingProxyType({kind.name: kind.words for kind in _KINDS})
"""Kind to the words a person reads. ``marking:<name>``, ``local:<name>`` and ``fixture:<kind>`` are made from other tables."""

SOLE = frozenset(kind.name for kind in _KINDS if kind.sole)
"""Kinds of which only one can stand in one place."""

STRONG = frozenset(kind.name for kind in _KINDS if kind.strong)
"""Kinds that identify one person."""
