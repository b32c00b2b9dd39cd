"""Telephone numbers, e-mail and postal addresses and bank details: private or at work, real or reserved for fiction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import phonenumbers

Found = tuple[str, int, int, float, str, bytes]
"""kind, start, end, score, because, value — what ``classifier.identifiers.Hit`` is made of."""

WORK_DOMAINS = re.compile(
    rb"(?:^|\.)(?:gov\.uk|gov\.wales|gov\.scot|gov|nhs\.uk|nhs\.net|nhs\.scot|police\.uk|pnn\.police\.uk|parliament\.uk|parliament\.scot|"
    rb"senedd\.wales|mod\.uk|ac\.uk|sch\.uk|cjsm\.net|llyw\.cymru|lga\.gov\.uk|fire\.uk|gsi\.gov\.uk|gcsx\.gov\.uk)$"
)
_MAILBOXES = re.compile(
    rb"(?:info|information|enquir(?:y|ies)|inquir(?:y|ies)|contact(?:us|-us|\.us)?|office|admin(?:istration)?|help(?:desk|line)?|support|"
    rb"customer[._-]?(?:services?|care)|planning[a-z]*|licens(?:e|ing)|council(?:s|lors?|tax)?|committee[s]?|democra(?:cy|tic)[a-z._-]*|"
    rb"elections?|electoral[a-z._-]*|press(?:office)?|media|news(?:letter|desk)?|jobs|recruitment|hr|payroll|finance|accounts?|invoices?|"
    rb"procurement|foi[a-z]*|dpo|dataprotection|data\.protection|privacy|feedback|complaints?|consultations?|reception|"
    rb"webmaster|postmaster|noreply|no-reply|donotreply|secretary|clerk|parish[a-z.]*|bookings?|sales|team|hello|mail|general|legal|"
    rb"safeguarding|mash|lado|highways|parking|waste|housing|benefits|library|libraries|registrars?|school)[0-9]*"
)
_SAMPLE_DOMAINS = re.compile(
    rb"(?:^|[.@])(?:example\.(?:com|org|net|co\.uk|gov\.uk)|example|test|invalid|localhost)$|(?:^|\.)(?:test|invalid|example)$"
)
FREE_DOMAINS = re.compile(
    rb"(?:gmail|googlemail|hotmail|outlook|live|msn|yahoo|ymail|rocketmail|aol|icloud|me|mac|btinternet|btopenworld|talktalk|tiscali|"
    rb"sky|virginmedia|virgin|ntlworld|blueyonder|o2|plusnet|gmx|proton(?:mail)?|pm|tutanota|hushmail|zoho|mail|fastmail|"
    rb"freeserve|orange|wanadoo|lineone|supanet|onetel|waitrose|post|web|yandex|qq|163|wp|onet|interia)\.(?:com|"
    rb"co\.uk|net|me|org|uk|ie|fr|de|pl|ru|in)"
)

_WORK_WORDS = re.compile(
    rb"\b(?:switchboard|contact cent(?:re|er)|helpline|hotline|reception|enquir(?:y|ies)|customer services?|opening (?:hours|times)|office|"
    rb"ext(?:ension)?|direct (?:line|dial)|democratic services|press office|council|committee|department|directorate|head of|director|"
    rb"officer|manager|clerk|textphone|minicom|fax|freephone|call us|ring us|our team|surgery|school|library|hospital)\b"
)
_PHONE_WORDS = re.compile(
    rb"\b(?:t|m|tel|telephone|phone|ph|mob|mobile|cell|call(?:ed|s|ing)?|ring|rang|contact(?:ed|able)?(?: (?:no|"
    rb"number|details))?|text(?:ed)?|fax|"
    rb"number|no|on|landline|home|work|daytime|evening|whatsapp|sms|reach(?:ed)?|kin)\b"
)


_LOCAL = re.compile(rb"[A-Za-z0-9_](?:[A-Za-z0-9._%+'-]*[A-Za-z0-9_+-])?$")
_DOMAIN = re.compile(rb"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")


def email(  # noqa: PLR0911 - a ladder of answers, the surest first
    data: bytes, at: int, own: Sequence[bytes] = ()
) -> Found | None:
    """Judge the address around the sign ``at``: reserved for documentation, a work mailbox, or somebody's own.

    ``own`` are domains whose addresses are for work, besides those of public bodies.
    """
    site = _DOMAIN.match(data, at + 1, at + 255)
    person = _LOCAL.search(data, max(0, at - 64), at) if site else None
    if site is None or person is None:
        return None
    local, domain = person.group().lower(), site.group().lower().rstrip(b"-")
    start, end = person.start(), at + 1 + len(domain)
    top = domain.rpartition(b".")[2]
    if not 2 <= len(top) <= 24 or top.isdigit():
        return None
    value = local + b"@" + domain
    if any(domain == mine or domain.endswith(b"." + mine) for mine in own):
        return "email_work", start, end, 0.95, "pattern email; the council's own domain", value
    if _SAMPLE_DOMAINS.search(domain):
        return "fixture:email_private", start, end, 0.95, "pattern email; domain reserved for documentation", value
    if WORK_DOMAINS.search(domain):
        return "email_work", start, end, 0.95, "pattern email; public-body domain", value
    if _MAILBOXES.fullmatch(local):
        return "email_work", start, end, 0.9, "pattern email; shared mailbox", value
    if FREE_DOMAINS.fullmatch(domain):
        return "email_private", start, end, 0.97, "pattern email; free-mail domain", value
    return "email_private", start, end, 0.8, "pattern email; domain of no public body", value


def _fiction(digits: str) -> bool:
    """Say whether a national number lies in a block that Ofcom keeps for drama."""
    blocks = (
        "01632960", "07700900", "0207946 0", "0161496 0", "0113496 0", "0114496 0", "0115496 0", "0116496 0", "0117496 0", "0118496 0",
        "0121496 0", "0131496 0", "0141496 0", "0151496 0", "0191498 0", "0289018 0", "0292018 0", "0808157 0", "0909879 0", "0306999 0",
    )  # fmt: skip
    return any(digits.startswith(block.replace(" ", "")) for block in blocks) or digits.startswith("02079460")


@lru_cache(maxsize=4096)
def _foreign(text: str) -> bool:
    """Ask the numbering plans of the world about a number with a country code."""
    try:
        return bool(phonenumbers.is_possible_number(phonenumbers.parse(text, None)))
    except phonenumbers.NumberParseException:
        return False


def phone(data: bytes, start: int, end: int) -> Found | None:
    """Judge a run of digits as a telephone number, with a leading plus or bracket taken in."""
    while start and data[start - 1 : start] in b"+(" and data[start - 1 : start]:
        start -= 1
    raw = data[start:end]
    digits = raw.translate(None, b" .()-+").decode()
    if digits.startswith("00") and len(digits) > 11:
        raw, digits = b"+" + raw, digits[2:]
    if raw.lstrip(b"(").startswith(b"+"):
        if not digits.startswith("44"):
            return _abroad(start, end, digits, data)
        digits = "0" + digits[2:].lstrip("0")
    elif not raw.lstrip(b"(")[:3].isdigit():  # a code is never dialled as one or two digits
        return None
    if not _british(digits):
        return None
    return _weigh(data, start, end, raw, digits)


def _abroad(start: int, end: int, digits: str, data: bytes) -> Found | None:
    if not 9 <= len(digits) <= 15 or not _foreign(f"+{digits}"):
        return None
    word = _PHONE_WORDS.search(data[max(0, start - 40) : start].lower())
    return (
        "phone_private",
        start,
        end,
        0.9 if word else 0.7,
        "pattern phone; numbering plan of its country",
        digits.encode(),
    )


def _british(digits: str) -> bool:
    """Check length and first digits against the national plan; ten digits are allowed where old areas have them."""
    if not digits.startswith("0") or len(set(digits)) < 3:
        return False
    if len(digits) == 11:
        return digits[1] in "123789"
    return len(digits) == 10 and (digits[1] == "1" or digits.startswith(("0800", "0500")))


def _weigh(data: bytes, start: int, end: int, raw: bytes, digits: str) -> Found | None:
    near = data[max(0, start - 40) : start].lower()
    word = _PHONE_WORDS.search(near)
    grouped = len(raw.split()) > 1 or raw[:1] in b"(+" or b"-" in raw or b"." in raw
    score = 0.95 if word else 0.75 if grouped else 0.65 if len(digits) == 11 else 0.0
    if raw.count(b"-") > 3 or score < 0.5:
        return None
    if _fiction(digits):
        return "fixture:phone_private", start, end, score, "pattern phone; block kept for drama", digits.encode()
    kind, why = _place_of_work(data, start, end, digits)
    word_text = f"'{word.group().decode()}' before" if word else "no context needed"
    return kind, start, end, score, f"pattern phone; {why}; {word_text}", digits.encode()


def _place_of_work(data: bytes, start: int, end: int, digits: str) -> tuple[str, str]:
    """Tell a switchboard from somebody's own telephone."""
    if digits.startswith(("03", "08", "09")):
        return "phone_work", "non-geographic number"
    wide = data[max(0, start - 120) : end + 120].lower()
    if digits.startswith("07"):
        return "phone_private", "mobile number"
    if _WORK_WORDS.search(wide) or b".gov.uk" in wide or b"nhs.uk" in wide or b"police.uk" in wide:
        return "phone_work", "work words near"
    return "phone_private", "landline, nothing says office"


_SORT = re.compile(rb"[0-9]{2}([- ])[0-9]{2}\1[0-9]{2}")
_ACCOUNT = re.compile(rb"(?<![0-9/.-])[0-9]{8}(?![0-9/]|[.-][0-9])")
_BANK_WORDS = re.compile(
    rb"\b(?:sort(?: |-)?code|s/?c|sort|a/?c(?:count)?s?|acc|acct|account(?: (?:no|number|name))?|bank(?:ing|ed)?|bacs|"
    rb"payee|iban|building society)\b"
)
_ACCOUNT_WORDS = re.compile(
    rb"\b(?:bank account|account (?:no|number|num)|a/?c (?:no|number)|acc(?:t)? (?:no|number))\b"
)
_SORT_WORDS = re.compile(rb"\bsort(?: |-)?code\b")


def bank(data: bytes, start: int, end: int) -> tuple[Found, ...]:
    """Judge a sort code with an account number near it, or an account number so called."""
    text = data[start:end]
    if not text.isdigit():
        code = _SORT.match(text)
        return _pair(data, start, start + code.end(), plain=False) if code is not None else ()
    if len(text) == 6:
        return _pair(data, start, end, plain=True)
    before = data[max(0, start - 60) : start].lower()
    code = _SORT.search(data, end, end + 36)
    if code is not None and _BANK_WORDS.search((before + data[end : code.start()]).lower()):
        why, value = "pattern account and sort code; bank words near", code.group().translate(None, b" -") + text
        return (
            ("bank_account", start, end, 0.95, why, value),
            ("bank_account", code.start(), code.end(), 0.95, why, value),
        )
    if b"c" in before[-40:] and _ACCOUNT_WORDS.search(before[-40:]):
        return (("bank_account", start, end, 0.7, "pattern account number; so called", text),)
    return ()


def _pair(data: bytes, start: int, stop: int, *, plain: bool) -> tuple[Found, ...]:
    account = _ACCOUNT.search(data, stop, stop + 52)
    if account is None:
        return _so_called(data, start, stop)
    word = _BANK_WORDS.search(data[max(0, start - 60) : start].lower()) or _BANK_WORDS.search(
        data[stop : stop + 40].lower()
    )
    if word is None and plain:
        return _so_called(data, start, stop)
    if word is None and b"\n\n" in data[stop : account.start()]:
        return ()
    score = 0.97 if word else 0.6
    why = (
        f"pattern sort code and account; '{word.group().decode()}' near"
        if word
        else "pattern sort code and account; side by side"
    )
    value = data[start:stop].translate(None, b" -") + account.group()
    return (
        ("bank_account", start, stop, score, why, value),
        ("bank_account", account.start(), account.end(), score, why, value),
    )


def _so_called(data: bytes, start: int, stop: int) -> tuple[Found, ...]:
    before = data[max(0, start - 30) : start].lower()
    if b"sort" not in before or _SORT_WORDS.search(before) is None:
        return ()
    return (("bank_account", start, stop, 0.65, "pattern sort code; so called", data[start:stop]),)


_AREAS = frozenset(
    b"AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY "
    b"G GL GU GY HA HD HG HP HR "
    b"HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO "
    b"PR RG RH RM S SA SE SG "
    b"SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE GIR".split()
)
"""The 124 postcode areas and the old Girobank code."""

_STREET = re.compile(
    rb"\b(?:road|rd|street|st|avenue|ave|lane|ln|close|cl|drive|dr|way|crescent|cres|court|ct|place|pl|gardens|gdns|grove|terrace|terr?|"
    rb"square|sq|hill|row|walk|mews|park|parade|rise|green|view|mount|gate|parkway|broadway|villas?|cottages?|house|flats?|farm|"
    rb"lodge|apartments?|estate|wharf|quay|yard|bank|brae|wynd|gait|heol|ffordd|stryd|rhodfa|maes|loan|quadrant|circus|crofts?|"
    rb"embankment|esplanade|promenade|boulevard|approach|alley|vale|unit|suite|floor|building|block|room|arcade|centre|"
    rb"mansions?|heights|meadows?|orchard|chase|dene|drove|fold|garth|glade|glen|holt|ridge|side|spur|strand|top|wood)\b\.?"
)
_CHAIN = re.compile(
    rb"(?<![A-Za-z0-9])(?:(?:[A-Z0-9&][A-Za-z0-9'&/.-]*|of|the|on|in|at|upon|le|de|la|and|by|y|yr|under|next|near|cum|with|-|"
    rb"/)(?:,\s{0,3}|\s{1,3}|,?[ \t]*\r?\n[ \t]*))+$"
)
_HOUSE = re.compile(rb"(?:^|[\s,(])(?:(?:[Ff]lat|[Uu]nit|[Aa]partment|[Rr]oom)\s+)?[0-9]{1,4}[A-Za-z]?\b")
_CONNECTIVE = re.compile(rb"\s*(?:(?:of|the|on|in|at|and|by|with|-|/)\s+)+", re.IGNORECASE)
_SENTENCE = re.compile(rb"(?<!\bSt)(?<!\bRd)(?<!\bAve)(?<!\bDr)(?<!\b[A-Z])\.\s+")
_COUNTRY = re.compile(
    rb",?[ \t]{0,2}\r?\n?[ \t]{0,3}(?:U\.?K\b\.?|United Kingdom|England|Scotland|Wales|Cymru|Northern Ireland)"
)
_DWELLERS = re.compile(
    rb"(?:tenant|mr|mrs|ms|miss|dr|client|claimant|applicant|resident|occupier|complainant|patient|employee)\b"
)
_COUNCIL = re.compile(
    rb"\b(?:council|county hall|town hall|city hall|civic (?:centre|offices)|sessions house|guildhall|shire hall|"
    rb"committee|ministry|department)\b"
)
_PUBLIC = re.compile(
    rb"\b(?:council|county hall|town hall|city hall|civic|guildhall|shire hall|sessions house|committee|chamber|offices?|department|"
    rb"ministry|directorate|school|academy|college|university|hospital|surgery|clinic|health centre|library|museum|theatre|station|"
    rb"church|parish|community centre|leisure centre|community hub|headquarters|hq|tribunal|inspectorate|authority|trust|"
    rb"association|society|plc|ltd|limited|llp|services|venue|website|gateway)\b"
)
_LIVES = re.compile(
    rb"\b(?:lives?|lived|living|resid(?:es?|ed|ing|ent)|address|home|tenant|tenancy|occupier|of|at|to|mr|mrs|ms|miss|dr|moved|property|"
    rb"next of kin|family|applicant|complain(?:t|ant)|client|claimant)\b"
)


_POSTCODE = re.compile(
    rb"(?<![A-Za-z0-9])(?:GIR ?0AA|[A-PR-UWYZ](?:[0-9]{1,2}|[A-HK-Y][0-9](?:[0-9]|[ABEHMNPRVWXY])?|[0-9][A-HJKPSTUW]) ?"
    rb"[0-9][ABD-HJLNP-UW-Z]{2})$",
    re.IGNORECASE,
)


def address(data: bytes, inward: int) -> Found | None:
    """Judge the postcode whose second half stands at ``inward``: an address with house or street, otherwise a weak finding."""
    found = _POSTCODE.search(data, max(0, inward - 5), inward + 3)
    if found is None:
        return None
    start, end = found.span()
    text = data[start:end].upper()
    area = re.match(rb"[A-Z]+", text)
    if area is None or area.group() not in _AREAS or (text != data[start:end] and b" " not in text):
        return None
    compact = text.translate(None, b" ")
    lead = _lead(data, start)
    why = _ground(lead)
    begin = start - len(lead)
    lived = _LIVES.search(data[max(0, begin - 24) : begin].lower()) or _DWELLERS.match(lead.lower())
    country = _COUNTRY.match(data, end, end + 24)
    end = country.end() if country else end
    if not why and (lived is None or len(lead) < 4):
        return "postcode", start, end, 0.3, "pattern postcode; no street or house before it", compact
    around = data[max(0, begin - 60) : end].lower() if lived is None else lead.lower()
    if (_PUBLIC if lived is None else _COUNCIL).search(around):
        return "postcode", start, end, 0.35, "pattern postcode; address of a public building or firm", compact
    word = f"'{lived.group().decode()}' before" if lived else "no context needed"
    return (
        "address",
        begin,
        end,
        0.9 if lived else 0.75,
        f"pattern address; {why or 'places'}; {word}",
        compact + lead[:6].lower(),
    )


def _lead(data: bytes, start: int) -> bytes:
    """Return the capitalised words and numbers that run up to a postcode, from the start of their sentence."""
    chain = _CHAIN.search(data[max(0, start - 160) : start])
    if chain is None:
        return b""
    lead = chain.group()
    lead = lead[lead.rfind(b"\n\n") + 1 :]
    for stop in _SENTENCE.finditer(lead):
        lead = lead[stop.end() :]
        break
    return lead.lstrip(b" \t\r\n,") if not _CONNECTIVE.match(lead) else lead[_CONNECTIVE.match(lead).end() :].lstrip()  # type: ignore[union-attr]


def _ground(lead: bytes) -> str:
    """Say what in the words before a postcode makes them an address, if anything does."""
    if len(lead) < 4:
        return ""
    number = _HOUSE.search(lead)
    street = _STREET.search(lead.lower())
    if number is not None and (street is not None or lead.count(b",") >= 1):
        return "house number and street"
    return "street" if street is not None else ""


_NUMBERED = re.compile(rb"\b[0-9]{1,4}[A-Za-z]?[ ,]{1,2}[A-Za-z]{2}")
_BUILDING = re.compile(rb"\b(?:flat|unit|apartment|room|house|cottage|farm|barn|lodge|court)\s*$", re.IGNORECASE)
_APART = re.compile(rb"[ ,;:\r\n\t(-]*(?:(?:of|at)\s)?")


def after_name(data: bytes, start: int, end: int, name: int) -> int:
    """Return where an address begins when a person's name ends at ``name`` within it: 0 unless a house number follows."""
    before = data[start:name]
    if re.search(rb"[0-9]", before) or _BUILDING.search(before) or not _NUMBERED.search(data, name, end):
        return 0
    rest = _APART.match(data, name, end)
    return rest.end() if rest is not None else name
