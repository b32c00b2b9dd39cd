"""Made-up people and facts for the slots of the starter corpus: names of many origins, reserved numbers, no one real."""

from __future__ import annotations

import random
from collections.abc import Mapping
from types import MappingProxyType

# Each origin: first names for women, first names for men, surnames; common ones only, paired at random.
ORIGINS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "English": (
            ("Susan", "Karen", "Emily", "Doreen", "Chloe", "Margaret"),
            ("Brian", "Kevin", "Oliver", "Derek", "Jamie", "Stuart"),
            ("Hughes", "Bramley", "Sutcliffe", "Thornton", "Pickering", "Holloway", "Ashworth"),
        ),
        "Welsh and Irish": (
            ("Sian", "Angharad", "Niamh", "Siobhan"),
            ("Gethin", "Rhys", "Cormac", "Declan"),
            ("Llewellyn", "Prosser", "Gallagher", "Maguire"),
        ),
        "South Asian": (
            ("Ayesha", "Priya", "Sunita", "Nasreen", "Harpreet"),
            ("Imran", "Rajesh", "Gurdeep", "Tariq", "Sanjay"),
            ("Hussain", "Patel", "Kaur", "Begum", "Chaudhry", "Sharma"),
        ),
        "African and Caribbean": (
            ("Folasade", "Ngozi", "Abena", "Shanice"),
            ("Chukwuemeka", "Kwame", "Olumide", "Leroy"),
            ("Okonkwo", "Adeyemi", "Mensah", "Campbell-Reid"),
        ),
        "Eastern European": (
            ("Agnieszka", "Katarzyna", "Ioana", "Svetlana"),
            ("Krzysztof", "Piotr", "Bogdan", "Dmitri"),
            ("Kowalski", "Nowak", "Popescu", "Ivanov"),
        ),
        "Chinese and Arabic": (
            ("Xiuying", "Meiling", "Fatima", "Layla"),
            ("Jianguo", "Haoran", "Mohammed", "Yusuf"),
            ("Zhang", "Cheung", "Al-Masri", "Haddad"),
        ),
    }
)

TOWNS = ("Northmoor", "Eastlea", "Wexbury", "Penhallow", "Stonebridge", "Ashcombe", "Marlford", "Thistlewick")
_STREETS = ("Mill Lane", "Station Road", "Chapel Street", "The Crescent", "Orchard Way", "High Street", "Beech Close")
_WARDS = ("Riverside", "Hillcrest", "Northgate", "Abbey", "Meadowbank", "Castle")
_DRUGS = ("sertraline", "metformin", "warfarin", "olanzapine", "morphine", "diazepam", "insulin", "methadone")
_ILLS = ("type 2 diabetes", "heart failure", "bipolar disorder", "chronic pain", "asthma", "epilepsy", "stroke")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def person(rng: random.Random, origin: str | None = None) -> tuple[str, str, bool]:
    """A first name, a surname and whether it is a woman, from one origin or from any."""
    women, men, surnames = ORIGINS[origin or rng.choice(tuple(ORIGINS))]
    woman = rng.random() < 0.5
    return rng.choice(women if woman else men), rng.choice(surnames), woman


def _date(rng: random.Random) -> str:
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1998, 2026)
    return rng.choice(
        (f"{day} {_MONTHS[month - 1]} {year}", f"{day:02d}/{month:02d}/{year}", f"{day}.{month}.{year % 100:02d}")
    )


def _pronouns(woman: bool) -> dict[str, str]:
    he, him, his = ("she", "her", "her") if woman else ("he", "him", "his")
    return {"he": he, "him": him, "his": his, "He": he.title(), "His": his.title()}


def _people(rng: random.Random, origin: str | None) -> dict[str, str]:
    first, last, woman = person(rng, origin)
    other, surname, _ = person(rng, origin)
    named = {"f": first, "l": last, "p": f"{first} {last}", "p2": f"{other} {surname}"}
    return named | _pronouns(woman) | {"email": f"{first.lower()}.{rng.randint(1, 99)}@example.com"}


def _facts(rng: random.Random) -> dict[str, str]:
    return {
        "age": str(rng.randint(19, 96)),
        "cage": str(rng.randint(1, 17)),
        "date": _date(rng),
        "dob": _date(rng),
        "time": f"{rng.randint(7, 22)}.{rng.choice(('00', '15', '30', '45'))}",
        "month": rng.choice(_MONTHS),
        "year": str(rng.randint(1999, 2026)),
        "year1": str(rng.randint(1, 11)),
        "num": str(rng.randint(2, 120)),
        "pct": f"{rng.uniform(0.5, 60):.1f}",
        "money": f"£{rng.randint(20, 90000):,}",
        "phone": f"07700 900{rng.randint(0, 999):03d}",
        "work_phone": f"01632 960{rng.randint(0, 999):03d}",
        "work_email": "democratic.services@example.gov.uk",
        "nino": f"QQ {rng.randint(10, 99)} {rng.randint(10, 99)} {rng.randint(10, 99)} A",
        "addr": f"{rng.randint(1, 180)} {rng.choice(_STREETS)}, {rng.choice(TOWNS)}",
        "town": rng.choice(TOWNS),
        "ward": rng.choice(_WARDS),
        "ref": f"{rng.randint(10**8, 10**9)}",
        "drug": rng.choice(_DRUGS),
        "illness": rng.choice(_ILLS),
        "secret": "".join(rng.choices("abcdefghjkmnpqrstuvwxyz23456789!", k=11)),
    }


def facts(rng: random.Random, origin: str | None = None) -> dict[str, str]:
    """Values for every slot of one document: one main person with fitting pronouns, and reserved numbers only."""
    return _people(rng, origin) | _facts(rng)
