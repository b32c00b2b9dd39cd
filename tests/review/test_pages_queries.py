"""What the pages beside the queue ask of the catalogue: the same answers on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select, update

from retention.catalogue import almanac, batches, classes, disposal, events, exporting, journal, runs, trail
from retention.catalogue.queue import Filter
from retention.catalogue.tables import decision, event, item, move
from tests.retention.queue_rows import NOW, Rows
from tests.review.pages_world import batch

HERE = frozenset({"Licensing"})


@pytest.fixture
def rows(catalogue):
    """Items in two zones, a move of each, a list, events, and a night with a finished part."""
    made = Rows(catalogue)
    numbers = [made.add(f"{zone}/{name}.docx") for zone in ("Licensing", "Temp") for name in ("a", "b", "c")]
    made.refresh()
    shared = {"run_id": made.run, "share": "main", "size": 10, "origin": {}, "created_at": NOW, "updated_at": NOW}
    with catalogue.begin() as connection:
        for number, step in zip(numbers, ("removed", "kept", "planned", "removed", "returned", "refused"), strict=True):
            told = {"item_id": number, "operation": f"{number:032x}", "path": b"p", "step": step}
            connection.execute(insert(move).values(**shared, **told))
        connection.execute(update(decision).where(decision.c.item_id == numbers[0]).values(action="dispose"))
        disposal.keep(connection, batch("D-20261122-AAAAAA", "Licensing", b"a", b"b"))
        runs.finish(connection, made.run, "crawl", {"seen": 3, "name": "no number"}, NOW, "main")
        runs.finish(connection, made.run, "crawl", {"seen": 4}, NOW, "other")
        for number in range(7):
            action = "access.read" if number % 2 else "login"
            events.append(connection, actor="person:a", action=action, subject=f"s{number}", detail={"n": 1}, at=NOW)
    made.numbers = numbers
    return made


def test_moves_by_state_and_zone(rows, catalogue):
    """Moves are counted by state, narrowed by zone and run, and paged from the newest on."""
    with catalogue.read() as connection:
        every = journal.counts(connection, journal.Wanted(None))
        mine = journal.counts(connection, journal.Wanted(HERE, run=rows.run))
        pages = [journal.page(connection, journal.Wanted(HERE), before, 2) for before in (0, 2)]
        waits = journal.page(connection, journal.Wanted(None, "waits"), 0, 9)
        newest = journal.of_items(connection, rows.numbers)

    assert {name: count for name, (count, _size) in every.items()} == {
        "restricted": 2,
        "going": 1,
        "waits": 1,
        "returned": 1,
        "refused": 1,
    }
    assert mine["restricted"] == (1, 10)
    assert [[row["id"] for row in page] for page in pages] == [[3, 2], [1]]
    assert [row["step"] for row in waits] == ["kept"]
    assert newest == {number: place for place, number in enumerate(rows.numbers, 1)}


def test_classes_and_what_is_due(rows, catalogue):
    """Items and bytes are counted by class and, when due, by zone."""
    with catalogue.begin() as connection:
        connection.execute(update(item).where(item.c.id == rows.numbers[5]).values(state=1))

    with catalogue.read() as connection:
        assert classes.counts(connection, None) == {"LI-01": (5, 4500)}
        assert classes.counts(connection, HERE) == {"LI-01": (3, 2700)}
        assert classes.due(connection, None) == {"Licensing": (1, 900)}
        assert classes.due(connection, frozenset({"Temp"})) == {}


def test_runs_lists_and_families(rows, catalogue):
    """A run tells its stages, a list its version, and families are given by risk, page after page."""
    with catalogue.read() as connection:
        (stage,) = almanac.parts(connection, rows.run)
        index = batches.index(connection)
        first = exporting.families(connection, Filter(HERE), None, 1)
        rest = exporting.families(connection, Filter(HERE), (first[0]["risk"], first[0]["id"]), 99)

        assert almanac.last(connection)["id"] == almanac.newest_id(connection) == rows.run
        assert almanac.last(connection, ended=True) is None
    assert (stage["parts"], stage["counts"]) == (2, {"seen": 7})
    assert [(row["ref"], row["version"]) for row in index] == [("D-20261122-AAAAAA", 1)]
    assert sum(one["files"] for one in (*first, *rest)) == 3
    assert {one["zone"] for one in (*first, *rest)} == {"Licensing"}


def test_the_log_and_its_chain(rows, catalogue):
    """Events are narrowed by what and who; a walk goes on where the last one ended, and finds a row that was changed."""
    assert rows.numbers
    with catalogue.read() as connection:
        looks = trail.page(connection, trail.Wanted(access=True, actor="a"), 0, 99)
        proven = trail.prove(connection, trail.Proven())
        again = trail.prove(connection, proven)
    assert [row["subject"] for row in looks] == ["s5", "s3", "s1"]
    assert (proven.events, proven.broken, again) == (7, None, proven)

    with catalogue.begin() as connection:
        fourth = connection.execute(select(event.c.id).where(event.c.subject == "s3")).scalar_one()
        connection.execute(update(event).where(event.c.id == fourth).values(detail={"n": 2}))
    with catalogue.read() as connection:
        broken = trail.prove(connection, trail.Proven())
    assert (broken.events, broken.broken.number) == (3, fourth)
