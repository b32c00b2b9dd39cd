"""The walk in a process of its own: the same answers, and never a half told as the whole."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from classifier.ahead import WalkEndedError, walk_ahead
from classifier.crawl import ShareUnavailableError, walk


@pytest.fixture
def share(tmp_path):
    """A share with odd names, a link, a folder that nobody may list when not root, and enough folders for two messages."""
    for number in range(30):
        folder = tmp_path / f"Case {number}"
        folder.mkdir()
        (folder / "Letter.txt").write_text("x" * number)
    (tmp_path / os.fsdecode(b"bad \xff\xfe\n name.doc")).write_bytes(b"1")
    (tmp_path / "link").symlink_to("/etc")
    return tmp_path


def told(listings):
    """Everything that a walk tells."""
    return {one.path: (one.digest, one.found, sorted(one.entries()), one.error) for one in listings}


def walkers():
    """The process ids of this process's walking children."""
    mine = Path(f"/proc/{os.getpid()}/task")
    children = [int(pid) for task in mine.iterdir() for pid in (task / "children").read_text().split()]
    return [pid for pid in children if b"classifier.ahead" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def many_folders(root):
    """More folders than two messages and a full pipe can tell of, so that the walk is still at work after the first."""
    for number in range(5_000):
        (root / f"{number:05d}".ljust(200, "x")).mkdir()


def test_it_tells_what_the_walk_tells(share):
    """Both walks give the same folders, entries and digests, names that are not UTF-8 included."""
    assert told(walk(share)) == told(walk_ahead(share, "", {}))


def test_an_unchanged_folder_comes_without_its_entries(share):
    """Where the digest stands only the count is told; a changed folder is told in full."""
    before = {one.path: one.digest for one in walk(share)}
    (share / "Case 7" / "New.txt").write_text("new")

    listings = {one.path: one for one in walk_ahead(share, "", before)}

    assert [b"Case 7"] == [path for path, one in listings.items() if list(one.entries())]
    assert 30 + 2 + 1 == sum(one.found for one in listings.values())


def test_a_share_that_is_not_there_is_said(tmp_path):
    """A missing root and a missing sentinel are told as the walk tells them."""
    for root, sentinel in ((tmp_path / "none", ""), (tmp_path, ".sentinel")):
        with pytest.raises(ShareUnavailableError):
            list(walk_ahead(root, sentinel, {}))


def test_a_killed_walk_is_no_end(tmp_path):
    """When the walking process dies nobody is told that the share ended there; nothing of it is left behind."""
    many_folders(tmp_path)
    listings = walk_ahead(tmp_path, "", {})
    next(listings)
    for walker in walkers():
        os.kill(walker, signal.SIGKILL)

    with pytest.raises(WalkEndedError):
        list(listings)
    assert [] == walkers()


def test_a_walk_that_nobody_wants_any_more_ends(tmp_path):
    """Closing the walk early ends its process."""
    many_folders(tmp_path)
    listings = walk_ahead(tmp_path, "", {})
    next(listings)
    listings.close()

    assert [] == walkers()
