"""The catalogue on both databases: opening, migrating, refusing, the audit chain and leases."""

from __future__ import annotations

import datetime as dt
import sqlite3

import pytest
from alembic import command
from sqlalchemy import create_engine, inspect, update

from retention.catalogue import CatalogueError, events, leases, open_catalogue, runs, store
from retention.catalogue.store import file_system
from retention.catalogue.tables import event, metadata

NOW = dt.datetime(2026, 11, 22, 1, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def test_migrations_make_exactly_the_tables(catalogue):
    """What the migrations build is what the code expects, column for column."""
    found = inspect(catalogue.engine)

    assert set(metadata.tables) | {"alembic_version"} == set(found.get_table_names())
    for name, table in metadata.tables.items():
        assert {column.name for column in table.columns} == {column["name"] for column in found.get_columns(name)}


def test_opening_twice_changes_nothing(catalogue_url, tmp_path):
    """A catalogue at the newest revision is opened without a migration or a backup."""
    open_catalogue(catalogue_url, tmp_path / "backups").close()
    open_catalogue(catalogue_url, tmp_path / "backups").close()

    assert not (tmp_path / "backups").exists()


def test_a_migration_is_preceded_by_a_backup(tmp_path):
    """An older catalogue is copied whole before it is changed, and keeps what stood in it."""
    url = f"sqlite:///{tmp_path / 'c.db'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        command.upgrade(store._alembic(connection), "0001")
        connection.exec_driver_sql("INSERT INTO share (name, zones_digest) VALUES ('main', '')")
    engine.dispose()

    opened = open_catalogue(url, tmp_path / "backups")

    with opened.read() as connection:
        kept = connection.exec_driver_sql("SELECT name FROM share").scalar_one()
    opened.close()
    (backup,) = (tmp_path / "backups").glob("catalogue-0001-*.db")
    assert "main" == kept
    assert 0o600 == backup.stat().st_mode & 0o777


def test_a_catalogue_of_a_newer_release_is_refused(tmp_path):
    """An unknown revision means that a newer Strongroom wrote it; the message says so."""
    path = tmp_path / "c.db"
    open_catalogue(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(CatalogueError, match="newer Strongroom"):
        open_catalogue(f"sqlite:///{path}")


@pytest.mark.parametrize("kept", [0.5, 0.99])
def test_a_damaged_catalogue_is_refused(tmp_path, kept):
    """A truncated or overwritten database is opened by nobody, and the message says how to recover."""
    path = tmp_path / "c.db"
    catalogue = open_catalogue(f"sqlite:///{path}")
    catalogue.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = path.read_bytes()
    cut = int(len(whole) * kept) // 4096 * 4096
    path.write_bytes(whole[:cut] + b"\xde\xad" * ((len(whole) - cut) // 2))

    with pytest.raises(CatalogueError, match="vault rebuild"):
        open_catalogue(f"sqlite:///{path}")


def test_a_network_file_system_is_known_by_the_mount_table(tmp_path):
    """The longest mount point that holds the folder names its file system."""
    mounts = f"/dev/vda / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n"

    assert file_system(tmp_path / "state", mounts) == "nfs4"
    assert file_system(tmp_path.parent, mounts) == "ext4"


def add(connection, number):
    """Append one event."""
    return events.append(connection, actor="test", action="looked", subject=f"R-{number}", detail={"n": number}, at=NOW)


def test_the_chain_of_events_holds(catalogue):
    """Events written one after another verify, and an older head is still in the chain."""
    with catalogue.begin() as connection:
        first = add(connection, 1)
        add(connection, 2)

    with catalogue.read() as connection:
        assert events.verify(connection) is None
        assert events.holds(connection, first)


def test_a_changed_event_breaks_the_chain(catalogue):
    """Whoever edits an event is found out at that event."""
    with catalogue.begin() as connection:
        for number in (1, 2, 3):
            add(connection, number)
        connection.execute(update(event).where(event.c.subject == "R-2").values(actor="somebody else"))

    with catalogue.read() as connection:
        found = events.verify(connection)

    assert found.number == 2
    assert "changed" in found.reason


def test_a_missing_event_breaks_the_chain(catalogue):
    """Whoever removes an event is found out at the next one."""
    with catalogue.begin() as connection:
        for number in (1, 2, 3):
            add(connection, number)
        connection.execute(event.delete().where(event.c.subject == "R-2"))

    with catalogue.read() as connection:
        assert events.verify(connection).number == 3


def test_a_newer_attempt_takes_the_lease_over(catalogue):
    """The older attempt of the same work can write nothing more."""
    with catalogue.begin() as connection:
        leases.take(connection, "run:classify:1", "old", NOW, HOUR)
        leases.take(connection, "run:classify:1", "new", NOW, HOUR)
        leases.confirm(connection, "run:classify:1", "new")

        with pytest.raises(leases.LeaseLostError):
            leases.confirm(connection, "run:classify:1", "old")


def test_a_run_keeps_its_row_over_restarts(catalogue):
    """Beginning the same run twice is one run; a newer run makes it an earlier one."""
    with catalogue.begin() as connection:
        for _ in range(2):
            runs.begin(connection, "monday", "nightly", report_only=True, versions={"a": "1"}, now=NOW)
        runs.begin(connection, "tuesday", "nightly", report_only=False, versions={}, now=NOW)
        monday, tuesday = runs.find(connection, "monday"), runs.find(connection, "tuesday")

    assert (monday.id, monday.later) == (1, True)
    assert not tuesday.later


def test_a_run_never_changes_its_number_of_shards(catalogue):
    """An item stays in its shard however often the tasks are cleared."""
    with catalogue.begin() as connection:
        runs.begin(connection, "monday", "nightly", report_only=True, versions={}, now=NOW)
        runs.set_shards(connection, 1, 4)
        runs.set_shards(connection, 1, 9)

        assert runs.find(connection, "monday").shards == 4
