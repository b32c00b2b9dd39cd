"""A small share for whole nights: texts with sentences and names that must not come out anywhere."""

import datetime as dt
from pathlib import Path

from retention import config
from retention.catalogue import open_catalogue, people
from tests.made import factories

CANARY = "The heron keeps its ledger under the seventh willow."
TELLING_NAME = "heron-ledger-willow"
SETTINGS = """
[strongroom]
state = "state"

[[share]]
name = "depot"
root = "share"
sentinel = ".sentinel"
mode = "move"

[[zone]]
name = "everything"
share = "depot"
owner = "Head of Depot"
clearance = "T1"
mode = "move"

[gates]
flagged = 1.0
drift = 1.0
problems = 0.5
floor = 1
"""
TEXTS = {
    f"{TELLING_NAME}.txt": f"Minutes of the allotment society. {CANARY} The meeting closed at nine.",
    "bins.txt": "Bins are emptied on Tuesdays. Put them out by seven in the morning. Garden waste is collected every second week.",
    "opening-hours.txt": "The library opens at nine and closes at five from Monday to Friday. It is closed on bank holidays.",
    "sickness.txt": (
        "Confidential. Occupational health report on an employee: diagnosed with depression, absent since March, fit note attached. "
        f"National Insurance number QQ 12 34 56 C. Disciplinary hearing adjourned. {CANARY}"
    ),
}


def make(folder: Path) -> Path:
    """Write the share and its configuration into ``folder``; gives the configuration."""
    share = folder / "share"
    (share / "old").mkdir(parents=True)
    (share / ".sentinel").touch()
    for name, text in TEXTS.items():
        (share / name).write_text(f"{text}\n")
        (share / "old" / f"copy of {name}").write_text(f"{text}\n")
    (share / "report.docx").write_bytes(factories.docx_bytes(["The depot needs a new roof.", CANARY]))
    (share / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing more")
    told = folder / "strongroom.toml"
    told.write_text(SETTINGS)
    return told


# Who may sign in, with which role and what their password was made into: "alone" has one, and so uses no login of Airflow's.
PEOPLE = {
    "records": (["records_manager"], ""),
    "looker": (["viewer"], ""),
    "gone": (["records_manager"], ""),
    "alone": (["records_manager"], "scrypt$32768$8$1$AAAA$AAAA"),
}


def add_people(told: Path) -> None:
    """Put the people into the catalogue of a configuration; one of them has left since."""
    settings = config.load(told)
    catalogue = open_catalogue(settings.catalogue_url, settings.state / "backups")
    now = dt.datetime.now(dt.UTC)
    with catalogue.begin() as connection:
        for name, (roles, secret) in PEOPLE.items():
            people.add(
                connection, name, shown="", roles=roles, zones=["*"], secret=secret, added_by="the tests", at=now
            )
        people.change(connection, "gone", active=False)
    catalogue.close()
