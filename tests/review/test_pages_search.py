"""Search: every kind of reference leads where it should, facts narrow down, and nothing of another's zone is found."""

from __future__ import annotations

import hashlib
import re

import pytest
from sqlalchemy import select

from retention.catalogue import finder, journal
from retention.catalogue.tables import fact, move
from tests.retention.queue_rows import NOW, Rows
from tests.review.pages_world import HOSTILE, World


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Items of several kinds in two zones."""
    made = World(tmp_path_factory.mktemp("search"))
    told = {"rule": "LI-02", "tier": 3, "primary": "sensitive", "format": "pdf", "lane": "A"}
    made.first = made.file("Licensing/Drivers/Renewal 100% sure_.txt", b"first", **told)
    made.second = made.file("Licensing/Panel/Überblick renewal.txt", b"second")
    made.odd = made.file(f"Licensing/Panel/{HOSTILE}", b"third")
    made.theirs = made.file("Temp/renewal of others.txt", b"fourth", bytes="theirs")
    made.sealed_one = made.sealed("Licensing/Shut/renewal sealed.docx")
    made.moved_one = made.moved("Temp/gone away.txt", b"fifth")
    made.list("D-20261122-AAAAAA", "Licensing", "Licensing/x.txt")
    made.hold()
    made.rows.refresh()
    told = {"kind": "owner", "value": "Head of Odd", "source": "person", "by": "p", "made_at": NOW}
    made.write(fact, item_id=made.first, confidence=1.0, **told)
    yield made
    made.close()


def found(world, who, query):
    """The numbers of the items that a search shows."""
    text = world.get(who, f"/search?{query}").text
    return {int(number) for number in re.findall(r'<tr><td class="ref">(?:<a href="/family/\d+">)?(\d+)', text)}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("q=renewal", {"first", "second"}),
        ("q=RENEWAL+drivers", {"first"}),
        ("q=100%25", {"first"}),
        ("q=sure_", {"first"}),
        ("q=%C3%9Cberblick", {"second"}),
        ("q=_", {"first"}),
        ("q=LI-02", {"first"}),
        ("class=LI-02", {"first"}),
        ("class=LI-99", set()),
        ("format=pdf", {"first"}),
        ("label=sensitive&tier=3", {"first"}),
        ("lane=A", {"first"}),
        ("zone=Licensing&lane=E&q=renewal", {"second"}),
        ("zone=Temp", set()),
        ("label=nonsense", set()),
        ("tier=9", set()),
        ("q='; DROP TABLE item --", set()),
        ("q=onerror", {"odd"}),
        ("q=sealed", set()),
        ("q=others", set()),
        ("q=99999999999999999999", set()),
        ("item=99999999999999", set()),
    ],
)
def test_an_owner_finds_what_is_theirs(world, query, wanted):
    """References, facts and words are found in one's own zones, and what is another's or sealed never is."""
    assert found(world, "owner", query) == {getattr(world, name) for name in wanted}


def test_who_sees_everything_finds_everything_but_what_is_sealed(world):
    """A records manager finds items of every zone; sealed folders are left out for them, too."""
    assert found(world, "manager", "q=renewal") == {world.first, world.second, world.theirs}
    assert found(world, "manager", f"q={world.sealed_one}") == set()


def test_a_hash_is_found_by_its_beginning(world):
    """Six digits of a SHA-256 are enough, and only for what is one's own."""
    start = hashlib.sha256(b"theirs").hexdigest()[:12]

    assert found(world, "manager", f"hash={start}") == {world.theirs}
    assert found(world, "owner", f"hash={start}") == set()
    assert found(world, "manager", "hash=zz%25") == set()


def test_a_reference_leads_to_what_it_names(world):
    """References of moves, lists and holds lead to their pages; to one that may not be seen there is no way."""
    with world.catalogue.read() as connection:
        operation = connection.execute(select(move.c.operation)).scalar_one()
    reference = journal.reference(operation)

    assert world.get("manager", f"/search?q={reference}").headers["location"] == f"/moves/{world.moved_one}"
    assert world.get("owner", f"/search?q={reference}").status_code == 200
    assert "list?ref=D-20261122-AAAAAA" in world.get("owner", "/search?q=d-20261122-aaaaaa").headers["location"]
    assert "/holds/one" in world.get("viewer", "/search?q=inquiry-grooming-gangs").headers["location"]
    assert world.get("manager", "/search?q=R-0000-0000").status_code == 200


def test_a_found_item_shows_what_is_known(world):
    """A line has class, label, hash, what people entered, and leads to the item's family."""
    text = world.get("owner", "/search?class=LI-02").text

    assert "Head of Odd" in text
    assert 'href="/family/' in text


def test_search_finds_the_same_on_both_databases(catalogue):
    """Words with signs that mean something to a database are found as they are, on SQLite and on PostgreSQL."""
    rows = Rows(catalogue)
    made = {name: rows.add(f"Licensing/{name}") for name in ("50%_a\\b!.docx", "Über A.docx", "plain.docx")}
    words = {
        "50%_a": "50%_a\\b!.docx",
        "A\\B!": "50%_a\\b!.docx",
        "Über": "Über A.docx",
        "PLAIN": "plain.docx",
        "%%": "",
    }

    with catalogue.read() as connection:
        for word, name in words.items():
            asked = finder.Asked(None, words=(word,))
            assert finder.ids(connection, asked, 0, 9) == ([made[name]] if name else [])
