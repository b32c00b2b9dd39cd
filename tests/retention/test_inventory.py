"""The crawl and what it writes down: new, changed, moved, missing, gone, and never more than it has evidence for."""

from __future__ import annotations

import os
import socket

import pytest
from sqlalchemy import func, select, update

from classifier.ahead import walk_ahead
from classifier.crawl import ShareUnavailableError, exclusion, walk
from retention.catalogue import inventory, runs
from retention.catalogue.inventory import Place, record
from retention.catalogue.readings import PRESENT
from retention.catalogue.tables import State, folder, item
from tests.retention.test_catalogue import NOW


@pytest.fixture
def share(tmp_path):
    """A small share."""
    root = tmp_path / "share"
    for name in ("a/one.txt", "a/two.txt", "b/c/three.txt", "four.txt"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return root


def night(catalogue, root, number, *, drop=0.9, nights=3, sentinel=""):
    """Crawl the share as one night's run."""
    with catalogue.begin() as connection:
        runs.begin(connection, f"r{number}", "nightly", report_only=True, versions={}, now=NOW)
        run_id = runs.find(connection, f"r{number}").id
    listings = walk_ahead(root, sentinel, inventory.digests(catalogue, "main"))
    return record(catalogue, "main", listings, run_id=run_id, place=lambda _path: Place(), drop=drop, nights=nights)


def names(catalogue):
    """The names of the items that are there."""
    with catalogue.read() as connection:
        return {row.name for row in connection.execute(select(item.c.name).where(PRESENT))}


def test_the_first_night_finds_every_file(catalogue, share):
    """Each file is a row; folders are not."""
    crawl = night(catalogue, share, 1)

    assert (crawl.found, crawl.new, crawl.errors) == (4, 4, 0)
    assert {b"one.txt", b"two.txt", b"three.txt", b"four.txt"} == names(catalogue)


def test_an_unchanged_share_changes_nothing(catalogue, share):
    """The second night finds the same and writes no item."""
    night(catalogue, share, 1)
    crawl = night(catalogue, share, 2)

    assert (crawl.found, crawl.new, crawl.changed, crawl.missing) == (4, 0, 0, 0)


def test_a_changed_file_loses_its_reading(catalogue, share):
    """New bytes are new work; the old reading does not speak for them."""
    night(catalogue, share, 1)
    (share / "four.txt").write_text("changed")

    crawl = night(catalogue, share, 2)

    assert (crawl.new, crawl.changed) == (0, 1)


def test_an_edit_that_hides_its_time_is_seen(catalogue, share):
    """Same size and the old modified time put back: the change time tells."""
    night(catalogue, share, 1)
    path = share / "four.txt"
    before = path.stat()
    path.write_text("Four.txt")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert night(catalogue, share, 2).changed == 1


def test_a_renamed_file_stays_the_same_item(catalogue, share):
    """A move within the share keeps the item and its reading."""
    night(catalogue, share, 1)
    with catalogue.begin() as connection:
        before = connection.execute(select(item.c.id).where(item.c.name == b"one.txt")).scalar_one()
    (share / "b" / "uno.txt").parent.mkdir(exist_ok=True)
    (share / "a" / "one.txt").rename(share / "b" / "uno.txt")

    crawl = night(catalogue, share, 2)

    with catalogue.read() as connection:
        after = connection.execute(select(item.c.id).where(item.c.name == b"uno.txt")).scalar_one()
    assert (crawl.moved, crawl.new, crawl.missing) == (1, 0, 0)
    assert before == after


def test_a_renamed_folder_moves_its_items(catalogue, share):
    """A folder with another name is a move of everything in it."""
    night(catalogue, share, 1)
    (share / "b").rename(share / "z")

    crawl = night(catalogue, share, 2)

    assert (crawl.moved, crawl.new, crawl.missing) == (1, 0, 0)


def test_missing_needs_three_nights_to_be_gone(catalogue, share):
    """One night's absence proves nothing; three in a row do."""
    night(catalogue, share, 1)
    (share / "four.txt").unlink()

    seen = [night(catalogue, share, number) for number in (2, 3, 4)]

    assert [crawl.missing for crawl in seen] == [1, 1, 1]
    assert [crawl.gone for crawl in seen] == [0, 0, 1]


def test_a_file_that_comes_back_was_never_gone(catalogue, share):
    """Absence is forgotten when the file is there again."""
    night(catalogue, share, 1)
    (share / "four.txt").rename(share.parent / "aside")
    night(catalogue, share, 2)
    (share.parent / "aside").rename(share / "four.txt")

    night(catalogue, share, 3)

    with catalogue.read() as connection:
        row = connection.execute(select(item).where(item.c.name == b"four.txt", item.c.occupant == 0)).one()
    assert (row.missing, row.absent, row.state) == (0, False, State.PRESENT)


def test_running_a_crawl_again_counts_no_night_twice(catalogue, share):
    """A cleared crawl task is not another night of evidence."""
    night(catalogue, share, 1)
    (share / "four.txt").unlink()
    for _ in range(4):
        night(catalogue, share, 2)

    with catalogue.read() as connection:
        assert connection.execute(select(item.c.missing).where(item.c.name == b"four.txt")).scalar_one() == 1


def test_a_large_drop_marks_nothing_missing(catalogue, share):
    """An emptied share looks like an unmounted one: nothing is concluded from it."""
    night(catalogue, share, 1)
    for path in share.rglob("*.txt"):
        path.unlink()

    crawl = night(catalogue, share, 2, drop=0.2)

    with catalogue.read() as connection:
        counted = connection.execute(select(func.max(item.c.missing))).scalar_one()
    assert crawl.dropped
    assert counted == 0


def test_a_missing_sentinel_stops_the_crawl(catalogue, share):
    """Without its sentinel a share counts as not mounted."""
    with pytest.raises(ShareUnavailableError, match="sentinel"):
        night(catalogue, share, 1, sentinel=".sentinel")


def test_an_absent_root_stops_the_crawl(catalogue, tmp_path):
    """A root that is not there is an error, not an empty share."""
    with pytest.raises(ShareUnavailableError, match="mounted"):
        night(catalogue, tmp_path / "absent", 1)


def test_names_that_are_no_text_survive(catalogue, share):
    """Bytes that are not UTF-8, newlines, twins in other normal forms and very long names come back exactly."""
    odd = [b"bad\xff\xfe\xe9.pdf", b"a\nb\rc.txt", "caf\u00e9".encode(), "cafe\u0301".encode(), b"x" * 255, b"end. "]
    for name in odd:
        with open(os.path.join(os.fsencode(share), name), "wb"):  # noqa: PTH118, PTH123 - bytes names have no Path
            pass

    night(catalogue, share, 1)

    assert set(odd) <= names(catalogue)


def test_a_path_longer_than_the_kernel_takes_is_walked(catalogue, share):
    """Deep trees beyond PATH_MAX are reached step by step."""
    here = os.open(share, os.O_RDONLY)
    for _ in range(120):
        os.mkdir("d" * 50, dir_fd=here)
        below = os.open("d" * 50, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("deep.txt", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)

    night(catalogue, share, 1)

    assert b"deep.txt" in names(catalogue)


def test_links_and_special_files_are_listed_and_never_entered(catalogue, share, tmp_path, monkeypatch):
    """A link out, a loop, a pipe and a socket are rows with a reason; nothing behind them is met."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("x")
    (share / "out").symlink_to(outside)
    (share / "loop").symlink_to(share)
    (share / "dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(share / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(share)
        listening.bind("sock")
        night(catalogue, share, 1)

    with catalogue.read() as connection:
        rows = dict(connection.execute(select(item.c.name, item.c.excluded)).all())
    assert b"secret.txt" not in rows
    assert {"link"} == {rows[name] for name in (b"out", b"loop", b"dangling")}
    assert {"special"} == {rows[name] for name in (b"pipe", b"sock")}


def test_a_folder_that_cannot_be_listed_loses_nothing(catalogue, share):
    """What lies below a folder without permission is not counted as missing."""
    night(catalogue, share, 1)
    listings = [one if one.path != b"b" else type(one)(b"b", b"", error="EACCES") for one in walk(share)]
    listings = [one for one in listings if not one.path.startswith(b"b/")]
    with catalogue.begin() as connection:
        runs.begin(connection, "r2", "nightly", report_only=True, versions={}, now=NOW)

    crawl = record(catalogue, "main", listings, run_id=2, place=lambda _path: Place(), drop=0.9, nights=3)

    assert (crawl.errors, crawl.missing) == (1, 0)


def test_a_killed_crawl_is_taken_up_again(catalogue, share):
    """What the first attempt wrote is found unchanged; the end result is the same."""
    inventory_batch, inventory.BATCH = inventory.BATCH, 1
    try:
        with catalogue.begin() as connection:
            runs.begin(connection, "r1", "nightly", report_only=True, versions={}, now=NOW)
        with pytest.raises(RuntimeError):
            record(catalogue, "main", broken(walk(share)), run_id=1, place=lambda _p: Place(), drop=0.9, nights=3)
        crawl = record(catalogue, "main", walk(share), run_id=1, place=lambda _p: Place(), drop=0.9, nights=3)
    finally:
        inventory.BATCH = inventory_batch

    assert crawl.found == 4
    assert len(names(catalogue)) == 4


def broken(listings):
    """Listings that end in a crash after the second folder."""
    for number, listing in enumerate(listings):
        if number == 2:
            raise RuntimeError("the plug was pulled")
        yield listing


def test_another_file_may_take_the_name_of_one_that_left(catalogue, share):
    """A restricted item keeps its row; a new file of the same name is a new item."""
    night(catalogue, share, 1)
    with catalogue.begin() as connection:
        connection.execute(
            update(item).where(item.c.name == b"four.txt").values(state=State.RESTRICTED, occupant=item.c.id)
        )
    (share / "four.txt").write_text("a new one")

    crawl = night(catalogue, share, 2)

    assert crawl.new == 1


def test_zones_are_written_anew_when_they_change(catalogue, share):
    """A changed zone map reaches folders that the crawl already knows."""
    night(catalogue, share, 1)

    changed = inventory.rezone(
        catalogue, "main", "v2", lambda path: Place("Children" if path == b"a" else "", path == b"a")
    )

    with catalogue.read() as connection:
        sealed = connection.execute(select(folder.c.path).where(folder.c.sealed)).scalars().all()
    assert changed == 1
    assert sealed == [b"a"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (b"~$report.docx", "lock file"),
        (b"Thumbs.db", "system file"),
        (b"._resource", "system file"),
        (b"report.docx", None),
        (b"stub.txt.MOVED.txt", None),
    ],
)
def test_lock_and_system_files_are_not_records(name, reason):
    """Files that programs leave behind are listed with the reason and not opened."""
    assert reason == exclusion(name, "file")
