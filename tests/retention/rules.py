"""A small schedule, zones and items for the tests of decisions, made up for them."""

import datetime as dt

from classifier.item import Primary, Tier
from retention import schedule
from retention.clock import Source, TriggerValue
from retention.decision import Facts, Mode, Zone

TODAY = dt.date(2026, 11, 22)
_CHILD = "first_of: date_of_death P15Y before age 18; date_of_birth P75Y"
CSV = f"""ref,function,activity,record_class,description,trigger,period,action,authority,notes,verified,terms,keywords
LI-01,Licensing,Taxi,Taxi driver licence file,"Application, medical",licence_expiry,P7Y,destroy,Local Government Act 1976,,yes,,taxi
FI-02,Finance,Payments,Creditor invoices,,end_of_financial_year,P6Y,destroy,Limitation Act 1980,,yes,,
DE-01,Democracy,Decisions,Signed committee minutes,,none,permanent,transfer,LGA 1972,,yes,,
CF-01,Children,Care,Looked after child case record,,date_of_birth,P75Y,review,Regulations 2010,,yes,{_CHILD},
HO-01,Housing,Tenancies,Tenancy file,,contract_end,P6Y,destroy,Limitation Act 1980,,yes,,
PL-02,Planning,Enforcement,Planning enforcement case,,case_closed,P10Y,destroy,TCPA 1990,,yes,,
FI-08,Finance,Accounting,Statement of accounts,,decision_date,P6Y,transfer,Regulations 2015,,yes,,
GEN-01,General,Default,Unclassified working record,,end_of_financial_year,P6Y,review,Limitation Act 1980,,yes,,
"""
SCHEDULE = schedule.load(CSV, version="v1", adopted=dt.date(2025, 4, 1), expires=dt.date(2028, 3, 31))
ZONE = Zone("licensing", "s", b"Licensing", "head.licensing", Tier.T2, Mode.APPROVE, record_classes={"Taxi": "LI-01"})


def feed(year: int, month: int = 1, day: int = 1) -> TriggerValue:
    """Return a date on the word of a line-of-business system."""
    return TriggerValue(dt.date(year, month, day), Source.FEED)


def facts(path: bytes = b"Licensing/Taxi/A1/letter.docx", **changes: object) -> Facts:
    """Return an ordinary item with changes."""
    plain: dict[str, object] = {
        "share": "s",
        "path": path,
        "size": 1_000,
        "modified": dt.date(2012, 6, 1),
        "tier": Tier.T2,
        "primary": Primary.PERSONAL,
        "item": "i1",
        "sha256": "ab" * 32,
    }
    return Facts(**{**plain, **changes})  # type: ignore[arg-type] - the tests name fields of Facts only
