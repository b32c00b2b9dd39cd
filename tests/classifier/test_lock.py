"""The locks: what a worker that was taken over cannot do."""

import functools
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from classifier import lock, opening, syscalls
from classifier.pool import Pool, Task
from tests.classifier.pool_jobs import WAYS_OUT

CAPABLE = lock.capabilities()
needs_locks = pytest.mark.skipif(
    any(state.startswith("missing") for state in CAPABLE.values()), reason=f"this kernel lacks locks: {CAPABLE}"
)
needs_x86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="the probes use x86_64 call numbers")


def attempt(folder: Path, ways: list[str]) -> dict[str, str]:
    """Let a locked worker try ways out of its cell, while something listens for it."""
    (folder / "neighbour.txt").write_bytes(b"of another resident")
    root = os.open(folder, os.O_RDONLY)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        args = {"do": "escape", "ways": ways, "folder": str(folder), "port": listener.getsockname()[1]}
        with Pool("tests.classifier.pool_jobs:trouble", workers=1) as pool:
            ((_, outcome),) = pool.run([Task(1, functools.partial(opening.below, root, b"neighbour.txt"), args)])
        with pytest.raises(BlockingIOError):
            listener.accept()
    os.close(root)
    assert outcome.value, outcome.problem
    told: dict[str, str] = json.loads(outcome.value)["said"]
    return told


@needs_locks
@needs_x86
def test_every_way_out_is_shut(tmp_path: Path):
    """Network, programs, processes, other files and the kernel's odd corners all answer no."""
    told = attempt(tmp_path, WAYS_OUT)

    assert [way for way, answer in told.items() if answer == "done"] == []
    assert set(WAYS_OUT) == set(told)
    assert [path.name for path in tmp_path.iterdir()] == ["neighbour.txt"]
    assert (tmp_path / "neighbour.txt").read_bytes() == b"of another resident"


@needs_locks
def test_what_a_parser_needs_stays_open(tmp_path: Path):
    """A parser may start threads and read the libraries of Python."""
    told = attempt(tmp_path, ["start a thread", "import a module"])

    assert told == {"start a thread": "done", "import a module": "done"}


@needs_locks
def test_the_pool_says_which_locks_are_in_force(tmp_path: Path):
    """What the workers report is what the kernel offers, and nothing is missing."""
    (tmp_path / "a").write_bytes(b"a")
    root = os.open(tmp_path, os.O_RDONLY)
    with Pool("tests.classifier.pool_jobs:trouble", workers=1) as pool:
        list(pool.run([Task(1, functools.partial(opening.below, root, b"a"))]))
        locks = pool.locks
    os.close(root)

    assert CAPABLE["landlock"] == locks["landlock"]
    assert (locks["seccomp"], locks["no-new-privileges"], locks["capabilities"]) == ("yes", "yes", "none")
    assert locks["template"] == "one thread"


def test_capabilities_are_told_in_words():
    """Every lock is either there or missing with what that means."""
    assert {"landlock", "seccomp", "no-new-privileges", "limits", "openat2", "pidfd"} == set(CAPABLE)
    assert all(state.startswith(("yes", "missing: ")) for state in CAPABLE.values())


@pytest.mark.parametrize("machine", sorted(syscalls.TABLES))
def test_the_filter_fits_the_kernel(machine: str):
    """A filter is at most 4,096 instructions of eight bytes, and ends by allowing what nothing refused."""
    code = syscalls.program(machine, os.getpid())

    assert len(code) % 8 == 0
    assert len(code) // 8 < 4096
    assert (int.from_bytes(code[-8:-6], "little"), int.from_bytes(code[-4:], "little")) == (0x06, 0x7FFF0000)


@pytest.mark.parametrize("machine", sorted(syscalls.TABLES))
def test_every_refused_call_has_a_number(machine: str):
    """No call of the list is misspelt: names are unique and numbers differ within a machine."""
    column, _ = syscalls.TABLES[machine]
    numbers = list(syscalls.denied(column))

    assert len(numbers) == len(set(numbers))
    assert len(numbers) > 100


def test_processor_time_can_be_given_again_and_again():
    """Each file gets its own processor time; a limit once given does not stop the next file from getting its own."""
    pid = os.fork()
    if pid == 0:
        for _ in range(3):
            lock.allow_cpu(0)
        while True:
            pass
    _, status = os.waitpid(pid, 0)

    assert os.WTERMSIG(status) == signal.SIGXCPU


WITHOUT_LANDLOCK = """
    import json, os, sys
    from pathlib import Path
    from classifier import lock

    lock._landlock_abi = lambda: 0
    ceiling = lock.address_space() + (1 << 28)
    locks = lock.fence() | lock.seal(ceiling)
    def attempt(action):
        try:
            action()
        except (OSError, MemoryError) as error:
            return type(error).__name__
        return "done"
    folder = sys.argv[1]
    tried = [
        attempt(lambda: Path(folder, "new").write_bytes(b"x")),
        attempt(lambda: Path(folder, "old").unlink()),
        attempt(lambda: os.open(folder, os.O_RDWR | os.O_TMPFILE)),
        attempt(lambda: bytearray(1 << 29)),
        attempt(os.fork),
    ]
    print(json.dumps([locks["landlock"], tried]))
"""


@needs_locks
def test_without_landlock_nothing_is_written_either(tmp_path: Path):
    """On a kernel without Landlock the state says so, and the call filter alone refuses to write."""
    (tmp_path / "old").write_bytes(b"x")
    run = subprocess.run(
        [sys.executable, "-B", "-c", textwrap.dedent(WITHOUT_LANDLOCK), str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    state, tried = json.loads(run.stdout)

    assert state.startswith("missing: ")
    assert tried == ["PermissionError", "PermissionError", "PermissionError", "MemoryError", "PermissionError"]
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
