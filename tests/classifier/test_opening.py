"""Opening: no link is followed, nothing but a regular file is handed out."""

import errno
import os
from pathlib import Path

import pytest

from classifier import opening
from classifier.item import Unreadable


@pytest.fixture(params=["openat2", "walk"])
def root(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """A share, opened by the kernel's own resolution and by the walk that older kernels need."""
    if request.param == "walk":
        monkeypatch.setattr(opening, "has_openat2", lambda: False)
    elif not opening.has_openat2():
        pytest.skip("this kernel has no openat2")
    share = tmp_path / "share"
    (share / "deep" / "er").mkdir(parents=True)
    (share / "deep" / "er" / "a.txt").write_bytes(b"inside")
    (tmp_path / "outside.txt").write_bytes(b"outside")
    (share / "link.txt").symlink_to("deep/er/a.txt")
    (share / "way").symlink_to("deep")
    (share / "out").symlink_to("..")
    (share / "self").symlink_to("self")
    os.mkfifo(share / "pipe")
    (share / os.fsdecode(b"bad\xff\n")).mkdir()
    (share / os.fsdecode(b"bad\xff\n") / "b").write_bytes(b"odd")
    descriptor = os.open(share, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def read(root: int, path: bytes) -> bytes:
    """Read a whole file below the share."""
    with os.fdopen(opening.below(root, path), "rb") as file:
        return file.read()


def test_a_file_below_is_opened(root: int):
    """A file at any depth and of any name is opened for reading."""
    assert (read(root, b"deep/er/a.txt"), read(root, b"bad\xff\n/b")) == (b"inside", b"odd")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (b"link.txt", "changed"),
        (b"way/er/a.txt", "changed"),
        (b"out/outside.txt", "changed"),
        (b"../outside.txt", "changed"),
        (b"deep/../../outside.txt", "changed"),
        (b"/etc/passwd", "changed"),
        (b"self", "changed"),
        (b"pipe", "changed"),
        (b"deep", "changed"),
        (b"missing", "vanished"),
        (b"deep/missing/a", "vanished"),
        (b"deep/er/a.txt/b", "vanished"),
        (b"null\0byte", "vanished"),
    ],
)
def test_nothing_else_is(root: int, path: bytes, kind: str):
    """Links anywhere in the path, ways out, pipes and folders are refused with a reason."""
    with pytest.raises(Unreadable) as refused:
        opening.below(root, path)

    # without openat2 a link in the middle of a path reads as "not a folder", which is as good a refusal
    assert refused.value.kind in {kind, "vanished" if path.startswith((b"way/", b"out/", b"null")) else kind}


def test_the_access_time_stays(root: int, tmp_path: Path):
    """Reading a file through the pool's opener does not touch its times."""
    path = tmp_path / "share" / "deep" / "er" / "a.txt"
    os.utime(path, (1, 2))
    before = path.stat()
    read(root, b"deep/er/a.txt")
    after = path.stat()

    assert (before.st_atime_ns, before.st_mtime_ns) == (after.st_atime_ns, after.st_mtime_ns)


def test_a_persons_path_may_lead_through_links(tmp_path: Path):
    """A path typed by a person may pass linked folders, but the file itself must be one."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").write_bytes(b"here")
    (tmp_path / "way").symlink_to("real")
    (tmp_path / "real" / "b").symlink_to("a")
    with os.fdopen(opening.beside(os.fsencode(tmp_path / "way" / "a")), "rb") as file:
        text = file.read()

    assert text == b"here"
    with pytest.raises(Unreadable):
        opening.beside(os.fsencode(tmp_path / "real" / "b"))


def test_errors_of_the_file_system_have_kinds():
    """A refusal is told apart from a fault of the device."""
    numbers = (errno.EACCES, errno.ENOENT, errno.EIO, errno.ESTALE, errno.ELOOP)

    assert [opening.kind_of(OSError(n, "")) for n in numbers] == ["permission", "vanished", "io", "io", "changed"]
