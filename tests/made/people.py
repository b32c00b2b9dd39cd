"""``python -m tests.made.people CONFIG`` lets a visitor try the review pages of the sample in every role; run again it changes nothing.

They come in through Airflow's login, under passwords that the launcher makes and tells. Only the sample has them: a configuration of
one's own begins with nobody.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

from retention import config
from retention.catalogue import events, open_catalogue, people
from retention.review.people import EVERYWHERE, Role

BY = "the sample"
# Airflow's own reviewer and auditor among them; its op and admin have no role here, and see references and counts.
PEOPLE: dict[str, tuple[Role, tuple[str, ...]]] = {
    "records": (Role.RECORDS_MANAGER, (EVERYWHERE,)),
    "approver": (Role.APPROVER, (EVERYWHERE,)),
    "licensing": (Role.OWNER, ("Licensing", "Licensing - Safeguarding Review")),
    "viewer": (Role.VIEWER, (EVERYWHERE,)),
    "reviewer": (Role.REVIEWER, (EVERYWHERE,)),
    "auditor": (Role.AUDITOR, (EVERYWHERE,)),
}


def add(told: Path) -> int:
    """Add whoever is missing from the catalogue of a configuration, and tell how many were."""
    settings = config.load(told)
    catalogue = open_catalogue(settings.catalogue_url, settings.state / "backups")
    now = dt.datetime.now(dt.UTC)
    with catalogue.begin() as connection:
        missing = [name for name in PEOPLE if people.find(connection, name) is None]
        for name in missing:
            role, zones = PEOPLE[name]
            people.add(connection, name, shown="", roles=[role], zones=zones, secret="", added_by=BY, at=now)
            detail = {"roles": [role], "zones": list(zones)}
            events.append(connection, actor=BY, action="person-added", subject=name, detail=detail, at=now)
    catalogue.close()
    return len(missing)


if __name__ == "__main__":
    add(Path(sys.argv[1]))
