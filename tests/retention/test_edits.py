"""Users go on working while their files are moved: whatever they do, and at whatever point, no byte of theirs is lost."""

from __future__ import annotations

import os

import pytest

from retention.vault import FINAL, Step
from tests.retention.failing import Stable, Watch, points
from tests.retention.moving import BYTES

NAME = b"panel minutes.txt"
EDITED = BYTES[:-20] + b"a user's own words.\n"


def opened(path):
    """Open as a user's program does, but do not wait while a lease keeps it back."""
    return os.open(path, os.O_RDWR | os.O_NONBLOCK)


def truncate(path):
    """Cut the file short."""
    handle = opened(path)
    os.ftruncate(handle, 100)
    os.close(handle)
    return BYTES[:100]


def append(path):
    """Add to the end."""
    handle = opened(path)
    os.lseek(handle, 0, os.SEEK_END)
    os.write(handle, b"more")
    os.close(handle)
    return BYTES + b"more"


def replace(path):
    """Save as word processors do: a new file over the old name."""
    os.lstat(path)
    fresh = path + b".tmp"
    with open(fresh, "wb") as file:  # noqa: PTH123 - the path is bytes
        file.write(EDITED)
    os.replace(fresh, path)  # noqa: PTH105 - the path is bytes
    return EDITED


def rename(path):
    """Give it another name."""
    os.rename(path, path + b".old")  # noqa: PTH104 - the path is bytes
    return BYTES


def delete(path):
    """Throw it away: the one act after which no copy is owed, though one may be kept."""
    os.unlink(path)  # noqa: PTH108 - the path is bytes
    return b""


def same_size(path):
    """Change words, keep the size, and put the old times back."""
    before = os.lstat(path)
    handle = opened(path)
    os.pwrite(handle, EDITED, 0)
    os.close(handle)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return EDITED


def create(path):
    """Save under the name again although the file has just been taken away."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
    os.write(handle, EDITED)
    os.close(handle)
    return EDITED


EDITS = [truncate, append, replace, rename, delete, same_size]


class User(Watch):
    """Does the edit at the k-th point, or as soon after as the file can be opened; never once it is gone."""

    def __init__(self, at, edit, path) -> None:
        super().__init__(at)
        self.edit, self.path, self.result, self.over = edit, path, None, False

    def __call__(self, _point) -> None:
        """Pass, and edit when it is time."""
        self.count += 1
        if self.count >= self.at and not self.over:
            self.act()

    def act(self):
        """Edit, if that can be done now."""
        try:
            self.result = self.edit(self.path)
            self.over = True
        except (FileNotFoundError, FileExistsError):
            self.over = self.edit is not create
        except BlockingIOError:
            pass  # a lease holds the open back: the user's program waits


class Slow(User):
    """Opens at one point and writes at a later one."""

    def __init__(self, at, later, path) -> None:
        super().__init__(at, self.hold, path)
        self.later, self.handles = later, []

    def hold(self, path):
        """Open, and write later."""
        self.handles.append(opened(path))
        return EDITED

    def __call__(self, _point) -> None:
        """Pass, open when it is time, and write when it is time."""
        super().__call__(_point)
        if self.handles and self.count >= self.at + self.later:
            os.pwrite(self.handles[0], EDITED, 0)
            os.close(self.handles.pop())


def contents(house):
    """The bytes of every file on the share, the held ones too, and of every object in custody."""
    found = [path.read_bytes() for path in house.root.rglob("*") if path.is_file()]
    keys = [key for key in house.objects() if not key.endswith(".manifest")]
    return found + [b"".join(house.vault.get(key)) for key in keys]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("edit", [*EDITS, create], ids=lambda edit: edit.__name__)
def test_an_edit_at_any_point_of_a_move_is_not_lost(tmp_path, edit):
    """After an edit at the first, second, third … point, the edited bytes are there, and so are the first ones if they were moved."""
    stable = Stable(tmp_path)
    for point in points(edit.__name__):
        house = stable.house()
        order = house.file(NAME)
        user = User(point, edit, house.path(NAME))
        vault, disk = stable.watched(house, user)
        house.mover(disk=disk, vault=vault).restrict(order)
        receipt = None
        for _ in range(2):
            receipt = house.mover().restrict(order)
        there = contents(house)
        assert receipt.step in FINAL, (point, receipt)
        assert not house.held()
        if user.result:
            assert user.result in there, (point, receipt)
        if user.result is None or edit is create:
            assert BYTES in there, (point, receipt)
        house.catalogue.close()
        if user.count < point:
            break
    assert point > 20


@pytest.mark.timeout(300)
@pytest.mark.parametrize("later", [1, 9, 500])
def test_words_written_through_a_handle_are_not_lost(tmp_path, later):
    """A file opened at any point and written to through that handle at a later one keeps what was written."""
    stable = Stable(tmp_path)
    for point in points(str(later)):
        house = stable.house()
        order = house.file(NAME)
        user = Slow(point, later, house.path(NAME))
        handles = user.handles
        vault, disk = stable.watched(house, user)
        house.mover(disk=disk, vault=vault).restrict(order)
        house.mover().restrict(order)
        if handles:
            os.pwrite(handles[0], EDITED, 0)
            os.close(handles.pop())
        for _ in range(2):
            house.mover().restrict(order)
        assert (user.result or BYTES) in contents(house), point
        house.catalogue.close()
        if user.count < point:
            break
    assert point > 20


@pytest.mark.timeout(300)
@pytest.mark.parametrize("edit", [create, rename, delete, append], ids=lambda edit: edit.__name__)
def test_an_edit_at_any_point_of_a_return_is_not_lost(tmp_path, edit):
    """While a file comes back, what users do to its name is kept beside it."""
    stable = Stable(tmp_path)
    for point in points(edit.__name__):
        house = stable.house()
        order = house.file(NAME)
        house.mover().restrict(order)
        user = User(point, edit, house.path(NAME))
        if edit is not create:
            user.act = lambda user=user: _patient(user)
        vault, disk = stable.watched(house, user)
        house.mover(disk=disk, vault=vault).restore(house.journal.latest(order.item_id), "records.manager")
        for _ in range(2):
            receipt = house.mover().restore(house.journal.latest(order.item_id), "records.manager")
        there = contents(house)
        assert receipt.step is Step.RETURNED, (point, receipt)
        if user.result:
            assert user.result in there, (point, receipt)
        if user.result is None or edit is create:
            assert BYTES in there, (point, receipt)
        house.catalogue.close()
        if user.count < point:
            break
    assert point > 20


def _patient(user):
    """Wait for the file to come back, and act then."""
    try:
        user.result = user.edit(user.path)
        user.over = True
    except (FileNotFoundError, BlockingIOError):
        pass
