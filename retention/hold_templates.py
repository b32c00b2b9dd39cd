"""Two holds ready to place, and holds taken from the register of information requests.

The template for the Independent Inquiry into Grooming Gangs is on by default: the inquiry is statutory (Inquiries Act 2005,
section 35), its terms reach local government, and the records it may ask for include licensing. It is released by the
monitoring officer and a second person, in writing. The Covid-19 template covers the months that the inquiry looks at.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

from retention.clock import Period, add
from retention.hold import Hold, HoldKind, Scope, Signature

_NAG_AFTER = Period(months=6)
# After the answer: FOI requests six months, subject access three: the time in which complaints are usually brought.
REVIEW_PERIODS = {HoldKind.FOI: Period(months=6), HoldKind.SAR: Period(months=3)}

GROOMING_GANGS = Scope(
    any_of=(
        Scope(classes=("CF-*", "LI-01", "LI-02", "LI-05", "LI-06", "HR-02", "DE-11", "DE-13", "CS-03", "CS-06")),
        # What no class was found for is held by name.
        Scope(
            keywords=("child sexual exploitation", "cse", "grooming", "group based exploitation", "child exploitation")
        ),
    )
)
COVID_19 = Scope(
    since=dt.date(2020, 1, 1),
    until=dt.date(2022, 7, 31),
    any_of=(
        Scope(classes=("AC-*", "CS-01", "CS-02", "CS-08", "HS-*", "DE-04", "PC-*")),
        Scope(keywords=("covid", "coronavirus", "pandemic", "test and trace", "shielding", "ppe", "care home")),
    ),
)


def grooming_gangs(placed_by: str, on: dt.date) -> Hold:
    """Return the hold for the Independent Inquiry into Grooming Gangs, to be placed by default."""
    return Hold(
        id="inquiry-grooming-gangs",
        title="Public inquiry A",
        kind=HoldKind.INQUIRY,
        authority="Inquiries Act 2005 s35",
        scope=GROOMING_GANGS,
        placed=Signature(placed_by, on),
        reason="Independent Inquiry into Grooming Gangs; released in writing by the monitoring officer and a second person",
        custodian="monitoring officer",
        review_on=add(on, _NAG_AFTER),
        access=("monitoring officer", "records manager"),
    )


def covid_19(placed_by: str, on: dt.date) -> Hold:
    """Return the hold for the UK Covid-19 Inquiry, to be placed where the council decides to."""
    return Hold(
        id="inquiry-covid-19",
        title="Public inquiry B",
        kind=HoldKind.INQUIRY,
        authority="Inquiries Act 2005 s35",
        scope=COVID_19,
        placed=Signature(placed_by, on),
        reason="UK Covid-19 Inquiry: records of January 2020 to July 2022",
        custodian="monitoring officer",
        review_on=add(on, _NAG_AFTER),
    )


TEMPLATES = {"grooming-gangs": grooming_gangs, "covid-19": covid_19}
ON_BY_DEFAULT = ("grooming-gangs",)


class RegisterError(ValueError):
    """The register cannot be imported; ``faults`` names each row and what is wrong, without its words."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__("the request register has faults:\n" + "\n".join(f"  {fault}" for fault in faults))


@dataclass(frozen=True, slots=True)
class _Columns:
    reference: str
    kind: str
    received: str
    closed: str
    scope: tuple[str, ...]


_NAMES = {
    "reference": ("reference", "ref", "request", "requestid", "id", "caseref", "requestreference"),
    "kind": ("kind", "type", "requesttype", "regime"),
    "received": ("received", "datereceived", "receivedon", "date"),
    "closed": ("closed", "dateclosed", "closedon", "completed", "responded", "datecompleted"),
}
_SCOPES = ("classes", "zones", "paths", "owners", "keywords")


def from_register(
    text: str, placed_by: str, today: dt.date, periods: Mapping[HoldKind, Period] | None = None
) -> tuple[Hold, ...]:
    """Turn the council's register of FOI, EIR and subject access requests (CSV) into holds.

    Columns: reference, kind, received, closed and at least one of classes, zones, paths, owners, keywords, with values
    separated by semicolons. An open request holds without end; a closed one until its review period is over. Requests that
    are over already give no hold. Raises ``RegisterError`` with every row that cannot be read.
    """
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    columns = _columns(list(rows[0]) if rows else [])
    lasting = {**REVIEW_PERIODS, **(periods or {})}
    holds, faults = [], []
    for number, row in enumerate(rows, 2):
        try:
            hold = _hold(row, columns, Signature(placed_by, today), lasting)
        except ValueError as error:
            faults.append(f"row {number}: {error}")
        else:
            if hold.ends_on is None or hold.ends_on >= today:
                holds.append(hold)
    if faults:
        raise RegisterError(tuple(faults))
    return tuple(holds)


def _columns(header: list[str]) -> _Columns:
    plain = {re.sub(r"[^a-z]", "", name.lower()): name for name in header if name}
    found = {field: next((plain[name] for name in names if name in plain), "") for field, names in _NAMES.items()}
    scope = tuple(plain[name] for name in _SCOPES if name in plain)
    lacking = [field for field in ("reference", "received", "closed") if not found[field]]
    if lacking or not scope:
        raise RegisterError((f"row 1: no column for {', '.join([*lacking, *([] if scope else ['a scope'])])}",))
    return _Columns(found["reference"], found["kind"], found["received"], found["closed"], scope)


def _hold(row: Mapping[str, str], columns: _Columns, importer: Signature, lasting: Mapping[HoldKind, Period]) -> Hold:
    reference = (row[columns.reference] or "").strip()
    if not reference:
        raise ValueError("no reference")
    kind = HoldKind.SAR if re.search(r"sar|subject|rights", (row.get(columns.kind) or "").lower()) else HoldKind.FOI
    received = _day(row[columns.received])
    if received is None:
        raise ValueError("no date of receipt")
    closed = _day(row[columns.closed])
    if closed is not None and closed < received:
        raise ValueError("closed before it was received")
    scope = _scope({name.strip().lower(): _listed(row[name]) for name in columns.scope})
    if scope.empty:
        raise ValueError("nothing is said of what it covers")
    authority = "DPA 2018 s173" if kind is HoldKind.SAR else "FOIA 2000 s77; EIR 2004 reg 19"
    return Hold(
        id=f"request-{reference}",
        title=f"Information request {reference}",
        kind=kind,
        authority=authority,
        scope=scope,
        # From the day of receipt on, whoever brought the register in and whenever.
        placed=Signature(importer.by, min(received, importer.on)),
        approved=Signature("request register", importer.on),
        ends_on=add(closed, lasting[kind]) if closed else None,
    )


def _scope(given: Mapping[str, tuple[str, ...]]) -> Scope:
    return Scope(
        classes=given.get("classes", ()),
        zones=given.get("zones", ()),
        paths=tuple(path.encode() for path in given.get("paths", ())),
        owners=given.get("owners", ()),
        keywords=given.get("keywords", ()),
    )


def _listed(cell: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (cell or "").split(";") if part.strip())


def _day(text: str | None) -> dt.date | None:
    said = (text or "").strip()
    if not said:
        return None
    match = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", said)
    try:
        return dt.date(int(match[3]), int(match[2]), int(match[1])) if match else dt.date.fromisoformat(said)
    except ValueError:
        raise ValueError("a date that does not exist") from None
