"""The share of awkward entries is what it says it is."""

import os
import shutil
import stat
import sys

import pytest

from tests.made.farm import LONG_PART, OUTSIDE, farm, open_up


@pytest.fixture
def root(tmp_path):
    """A folder that is opened up and cleared afterwards, however deep it went."""
    yield tmp_path / "farm"
    open_up(tmp_path / "farm")
    shutil.rmtree(tmp_path / "farm" / "share" / LONG_PART.decode(), ignore_errors=True)


def kind_of(path: bytes) -> str:
    """What lstat calls an entry."""
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode):
        return "link"
    return "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "special"


def test_every_oddity_is_of_its_kind(root):
    """What is said to be made is there, as what it is said to be."""
    oddities = farm(root)
    share = os.fsencode(root / "share")
    reachable = [oddity for oddity in oddities if oddity.made and LONG_PART not in oddity.path]
    assert {oddity.path: kind_of(share + b"/" + oddity.path) for oddity in reachable} == {
        oddity.path: oddity.kind for oddity in reachable
    }
    assert len({oddity.path for oddity in oddities}) == len(oddities)
    assert len(reachable) >= 50


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse some of these names")
def test_only_what_needs_root_may_be_missing(root):
    """Everything but the device can be made by anybody."""
    assert {oddity.path for oddity in farm(root) if not oddity.made} <= {b"special/null"}


def test_three_names_lead_out_of_the_share(root):
    """Two links and one hard link reach what lies outside; all else stays inside or leads nowhere."""
    oddities = farm(root)
    share, outside = os.fsencode(root / "share"), os.fsencode(root / "outside")
    restricted = (root / "outside" / "restricted.txt").stat().st_ino
    found = {
        oddity.path
        for oddity in oddities
        if oddity.path.startswith(b"links/")
        and (
            os.path.realpath(share + b"/" + oddity.path).startswith(outside)
            or os.lstat(share + b"/" + oddity.path).st_ino == restricted
        )
    }
    assert found == {b"links/to a file outside", b"links/to a folder outside", b"links/hard outside.txt"}
    assert (root / "outside" / "restricted.txt").read_bytes() == OUTSIDE


def test_the_deep_file_is_beyond_one_path(root):
    """Its path is longer than the system allows, and it is there all the same."""
    deep = farm(root)[-1]
    assert len(deep.path) > os.pathconf(root, "PC_PATH_MAX")
    folder = os.open(root / "share", os.O_RDONLY)
    *parts, name = deep.path.split(b"/")
    for part in parts:
        inner = os.open(part, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    assert os.stat(name, dir_fd=folder).st_size == len(b"deep down")
    os.close(folder)
