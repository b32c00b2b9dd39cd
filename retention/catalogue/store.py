"""Open the catalogue: refuse what is unsafe, back up, migrate, and hand out connections."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DatabaseError, OperationalError

_NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "fuse.sshfs", "glusterfs", "ceph", "lustre"}
)


class CatalogueError(Exception):
    """The catalogue cannot be used safely; the message says what to do next."""


class CatalogueDamagedError(CatalogueError):
    """The catalogue's file, at ``path``, is damaged."""

    def __init__(self, message: str, path: Path) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class Catalogue:
    """An open, migrated catalogue. ``begin`` gives a connection in a transaction, ``read`` one for looking only."""

    engine: Engine

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, undone when the block raises."""
        with self.engine.begin() as connection:
            if self.is_sqlite:
                # pysqlite would open the transaction at the first write; taking the write lock at once turns a
                # deadlock between two upgrading readers into a plain wait.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """Look at one consistent state and change nothing."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            yield connection
            connection.rollback()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def open_catalogue(url: str, backups: Path | None = None) -> Catalogue:
    """Open, check and migrate the catalogue at a SQLAlchemy URL (``sqlite:///…`` or ``postgresql+psycopg://…``).

    Raises ``CatalogueError`` when the file is damaged, lies on a network file system, or comes from a newer Strongroom.
    ``backups`` is the folder for the copy made before a migration (SQLite; for PostgreSQL the migration runs in one
    transaction and the operator's own backup stands).
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = Path(parsed.database or "")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _refuse_network(path.parent)
        _refuse_damage(path)
        engine = _sqlite(url)
    else:
        path = None
        engine = create_engine(url, pool_pre_ping=True)
    catalogue = Catalogue(engine)
    try:
        _migrate(catalogue, path, backups)
    except OperationalError as error:
        engine.dispose()
        raise CatalogueError(
            f"The catalogue's database does not answer ({type(error.orig).__name__}). Check [catalogue] url and that the server runs."
        ) from error
    return catalogue


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 60})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=60000",
            "cache_size=-65536",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _refuse_network(folder: Path) -> None:
    kind = file_system(folder)
    if kind in _NETWORK_FILE_SYSTEMS:
        raise CatalogueError(
            f"The catalogue would lie on a network file system ({kind}), where SQLite's locks do not hold and records could be lost. "
            "Put [strongroom] state on a local disk, or set [catalogue] url to a PostgreSQL database."
        )


def file_system(folder: Path, mounts: str | None = None) -> str:
    """Name the kind of file system that holds a folder, from the kernel's mount table; empty when unknown."""
    table = (
        mounts
        if mounts is not None
        else Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    )
    resolved = os.fspath(folder.resolve())
    best, kind = "", ""
    for line in table.splitlines():
        _device, mount, found, *_ = line.split(" ")
        mount = mount.replace("\\040", " ")
        inside = resolved == mount or resolved.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, found
    return kind


def _refuse_damage(path: Path) -> None:
    if not path.exists() or not path.stat().st_size:
        return
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=60)) as connection:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.OperationalError as error:
        # A lock, a full disk, a missing right: nothing is known about the file, so nobody may set it aside.
        raise CatalogueError(
            f"The catalogue cannot be read ({error}). Check its folder's rights and disk, and what else uses it."
        ) from error
    except sqlite3.DatabaseError as error:
        verdict = type(error).__name__
    if verdict != "ok":
        raise CatalogueDamagedError(
            "The catalogue is damaged and nothing will be written to it. Restore the newest good copy from the state folder's backups, "
            "or rebuild custody from the vault with: strongroom vault rebuild",
            path,
        )


def _alembic(connection: Connection) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", os.fspath(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _migrate(catalogue: Catalogue, path: Path | None, backups: Path | None) -> None:
    with catalogue.read() as connection:
        script = ScriptDirectory.from_config(_alembic(connection))
        current = MigrationContext.configure(connection).get_current_revision()
    head = script.get_current_head()
    if current == head:
        return
    known = {revision.revision for revision in script.walk_revisions()}
    if current is not None and current not in known:
        raise CatalogueError(
            f"The catalogue was written by a newer Strongroom (its revision {current} is unknown here). Install that release or later."
        )
    if current is not None and path is not None:
        _back_up(path, backups or path.parent / "backups", current)
    with catalogue.begin() as connection:
        if not catalogue.is_sqlite:
            # Two tasks that start at once must not both migrate.
            connection.execute(text("SELECT pg_advisory_xact_lock(7203915)"))
        command.upgrade(_alembic(connection), "head")


def _back_up(path: Path, folder: Path, revision: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%f")
    target = folder / f"catalogue-{revision}-{stamp}.db"
    with contextlib.closing(sqlite3.connect(path)) as source, contextlib.closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    target.chmod(0o600)
    return target


def damage(catalogue: Catalogue) -> str:
    """Look through the whole database for damage; an empty answer means none was found."""
    if not catalogue.is_sqlite:
        return ""
    try:
        with catalogue.read() as connection:
            verdict = str(connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one())
    except DatabaseError as error:
        verdict = type(error).__name__
    return "" if verdict == "ok" else verdict
