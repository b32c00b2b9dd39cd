"""Who signs in to the Airflow that Strongroom starts: four users of its own, and the people whom Strongroom knows without a password.

A person with a password uses ``strongroom review`` and does not come by a login here as well: Airflow's simple login keeps passwords as
they are, so only those get one who were added for it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from retention.catalogue import open_catalogue, people
from retention.config import Config

# Name and role in Airflow's simple auth manager; a role includes all that the one below it may do.
USERS = {"auditor": "viewer", "reviewer": "user", "op": "op", "admin": "admin"}


@dataclass(frozen=True, slots=True)
class Login:
    """A login: its name, its role in Airflow, and the person's roles on the review pages."""

    name: str
    airflow: str
    roles: tuple[str, ...] = ()

    def __str__(self) -> str:
        """What the login may do, in words."""
        here = " and ".join(role.replace("_", " ") for role in self.roles)
        return f"role {self.airflow}, on the review pages {here or 'none'}"


OWN = tuple(Login(name, role) for name, role in USERS.items())


def known(config: Config) -> tuple[Login, ...]:
    """Every login, Airflow's own four first. Raises ``CatalogueError``; a catalogue that is not there yet knows nobody."""
    if not config.catalogue.url and not (config.state / "catalogue.db").exists():
        return OWN
    opened = open_catalogue(config.catalogue_url, config.state / "backups")
    with contextlib.closing(opened) as catalogue, catalogue.read() as connection:
        roles = {row["name"]: tuple(row["roles"]) for row in people.everybody(connection) if row["active"]}
        asked = people.without_password(connection)
    own = (Login(name, role, roles.get(name, ())) for name, role in USERS.items())
    # Looking is all that they need in Airflow; what they may do on the review pages is checked there.
    added = (Login(name, "viewer", held) for name, held in roles.items() if name in asked and name not in USERS)
    return (*own, *added)
