"""The pool: every file comes back once, and a bad one costs itself alone."""

import functools
import itertools
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from classifier import opening
from classifier.limits import Limits
from classifier.pool import Outcome, Pool, PoolError, Task

JOB = "tests.classifier.pool_jobs:trouble"
QUICK = Limits(seconds=1.0, pdf_seconds=3.0)


@pytest.fixture
def share(tmp_path: Path):
    """Two small files, one of them a PDF by its first bytes; gives the folder's descriptor."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.txt").write_bytes(b"four")
    (tmp_path / "deep" / "b.pdf").write_bytes(b"%PDF-1.7 nine")
    root = os.open(tmp_path, os.O_RDONLY)
    yield root
    os.close(root)


def task(share: int, key: int | str, path: bytes = b"a.txt", **args: object) -> Task:
    """Make a task for one file of the share."""
    return Task(key, functools.partial(opening.below, share, path), args)


def outcomes(pool: Pool, tasks) -> dict[int | str, Outcome]:
    """Run tasks to their end; none may come back twice."""
    found = [(each.key, outcome) for each, outcome in pool.run(tasks)]
    assert len(found) == len({key for key, _ in found})
    return dict(found)


def kinds(found: dict[int | str, Outcome]) -> dict[int | str, str]:
    """Say of each task whether it went well, or why not."""
    return {key: outcome.problem.kind if outcome.problem else "ok" for key, outcome in found.items()}


def gone(pid: int, seconds: float = 10.0) -> bool:
    """Wait until no process has this number, or only one that has ended and waits for its parent."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_every_task_comes_back_once(share: int):
    """A thousand tasks give a thousand outcomes, each for its own file."""
    with Pool(JOB, {"zone": "parks"}, workers=2) as pool:
        found = outcomes(pool, (task(share, n, b"a.txt" if n % 2 else b"deep/b.pdf") for n in range(1000)))

    assert set(range(1000)) == set(found)
    assert {"ok"} == set(kinds(found).values())
    assert all((b'"size":4,' if n % 2 else b'"size":13,') in (found[n].value or b"") for n in found)
    assert b'"settings":{"zone":"parks"}' in (found[0].value or b"")


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("hang", "limit:time"),
        ("spin", "limit:time"),
        ("hang_up", "crashed"),
        ("crash", "crashed"),
        ("abort", "crashed"),
        ("quit", "crashed"),
        ("fail", "crashed"),
        ("panic", "crashed"),
        ("recurse", "crashed"),
        ("flood", "crashed"),
        ("babble", "crashed"),
        ("gorge", "limit:memory"),
        ("refuse", "encrypted"),
    ],
)
def test_a_bad_file_costs_itself_alone(share: int, action: str, kind: str):
    """Whatever a parser does over one file, that file has its reason and its neighbours are read."""
    tasks = [task(share, "before"), task(share, "bad", do=action), *(task(share, n) for n in range(5))]
    limits = QUICK if kind == "limit:time" else Limits(seconds=30.0)
    with Pool(JOB, workers=2, limits=limits) as pool:
        found = kinds(outcomes(pool, tasks))

    assert kind == found.pop("bad")
    assert {"ok"} == set(found.values())
    assert len(found) == 6


def test_an_answer_to_the_wrong_question_is_no_answer(share: int):
    """A worker that speaks out of turn is replaced, and what it said later is not believed."""
    with Pool(JOB, workers=1, limits=QUICK) as pool:
        found = outcomes(pool, [task(share, "bad", do="lie"), task(share, "next")])

    assert b'"size":4' in (found["next"].value or b"")


def test_an_error_tells_its_place_and_not_its_words(share: int):
    """The reason for a crash names a type and a line of code; the message, which may quote the file, is dropped."""
    with Pool(JOB, workers=1) as pool:
        problem = outcomes(pool, [task(share, 1, do="fail")])[1].problem

    assert problem
    assert problem.detail.startswith("KeyError at tests/classifier/pool_jobs.py:")
    assert "secret" not in problem.detail


def test_a_pdf_has_longer(share: int):
    """A file that begins as a PDF has the time limit of a PDF."""
    tasks = [task(share, "pdf", b"deep/b.pdf", do="nap", seconds=1.5), task(share, "txt", do="nap", seconds=1.5)]
    with Pool(JOB, workers=2, limits=QUICK) as pool:
        found = kinds(outcomes(pool, tasks))

    assert found == {"pdf": "ok", "txt": "limit:time"}


def test_what_earlier_files_left_behind_is_not_held_against_a_file(share: int):
    """A crash in a worker that has read other files is tried once more in a fresh one."""
    with Pool(JOB, workers=1) as pool:
        found = kinds(outcomes(pool, [task(share, 1), task(share, 2, do="second_crash"), task(share, 3)]))

    assert found == {1: "ok", 2: "ok", 3: "ok"}


def test_a_worker_is_replaced_after_its_share_of_files(share: int):
    """With a recycle limit of ten, no process reads more than ten files."""
    with Pool(JOB, workers=1, limits=Limits(recycle=10)) as pool:
        found = outcomes(pool, (task(share, n) for n in range(35)))

    readers = [outcome.value.partition(b'"pid":')[2].partition(b",")[0] for outcome in found.values() if outcome.value]
    assert [len(list(same)) for _, same in itertools.groupby(readers)] == [10, 10, 10, 5]


def test_a_file_that_cannot_be_opened_has_its_reason(share: int, tmp_path: Path):
    """A missing file, a link, a pipe and a file over the limit are outcomes of their own, and are not sent on."""
    (tmp_path / "link").symlink_to("a.txt")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "big").write_bytes(b"x" * 200)
    tasks = [task(share, name, name.encode()) for name in ("missing", "link", "pipe", "big", "a.txt")]
    with Pool(JOB, workers=1, limits=Limits(size=100)) as pool:
        found = outcomes(pool, tasks)

    expected = {"missing": "vanished", "link": "changed", "pipe": "changed", "big": "limit:size", "a.txt": "ok"}
    assert expected == kinds(found)
    assert found["big"].opened
    assert found["big"].opened.st_size == 200


def test_many_files_that_cannot_be_opened_hold_nobody_up(share: int):
    """Hundreds of vanished files in a row are told as such while a slow file is being read."""
    tasks = [task(share, "slow", do="nap", seconds=0.3), *(task(share, n, b"missing") for n in range(500))]
    with Pool(JOB, workers=2) as pool:
        found = kinds(outcomes(pool, tasks))

    assert found.pop("slow") == "ok"
    assert list(found.values()) == ["vanished"] * 500


def test_what_a_parser_prints_is_counted_and_dropped(share: int, capfd: pytest.CaptureFixture[str]):
    """Output of a parser may hold words of a document: none of it reaches the parent's terminal or log."""
    with Pool(JOB, workers=1) as pool:
        found = kinds(outcomes(pool, [task(share, 1, do="print"), task(share, 2, do="nap", seconds=0.2)]))
        stray = pool.stray_output

    assert found == {1: "ok", 2: "ok"}
    assert stray == 20 * 100 + 11
    assert capfd.readouterr() == ("", "")


def test_a_worker_has_none_of_the_parents_secrets(share: int, monkeypatch: pytest.MonkeyPatch):
    """The environment of the parent stays with the parent."""
    monkeypatch.setenv("STRONGROOM_CATALOGUE_URL", "postgresql://user:secret@host/db")
    with Pool(JOB, workers=1) as pool:
        value = outcomes(pool, [task(share, 1, do="environment")])[1].value

    assert value
    assert b"PYTHONPATH" in value
    assert b"secret" not in value


def test_a_job_that_does_not_load_is_told_at_the_start():
    """A wrong job stops the pool before any file, in words for whoever set it up."""
    with pytest.raises(PoolError, match="nowhere:job does not start: ModuleNotFoundError"), Pool("nowhere:job"):
        pass


def test_tasks_are_drawn_as_workers_fall_idle(share: int):
    """An endless stream of tasks can be left at any time; the pool then works for another."""
    drawn = itertools.count()
    with Pool(JOB, workers=2) as pool:
        for _, _ in zip(range(20), pool.run(task(share, next(drawn)) for _ in itertools.repeat(0)), strict=False):
            pass
        after = next(drawn)
        again = kinds(outcomes(pool, [task(share, "again")]))

    # A worker holds two tasks at most, and the two that it answered last may wait for the caller.
    assert after <= 20 + 4 * pool.workers
    assert again == {"again": "ok"}


def test_leaving_early_ends_what_is_in_flight(share: int):
    """A loop that is left while a worker hangs leaves no worker hanging."""
    with Pool(JOB, workers=2, limits=Limits(seconds=60)) as pool:
        run = pool.run([task(share, "quick"), task(share, "slow", do="hang")])
        _, first = next(run)
        run.close()
        again = kinds(outcomes(pool, [task(share, 1), task(share, 2)]))

    assert first.value
    assert again == {1: "ok", 2: "ok"}


def test_stop_lets_what_is_in_flight_finish(share: int):
    """After stop no further task begins, and those begun come back."""
    with Pool(JOB, workers=2) as pool:
        found = []
        for each, outcome in pool.run(task(share, n, do="nap", seconds=0.05) for n in range(1000)):
            found.append((each.key, outcome.value is not None))
            pool.stop()

    assert len(found) <= 4
    assert all(fine for _, fine in found)


def test_a_pool_works_in_a_thread(share: int):
    """A pool started in a thread that then ends goes on working: nothing hangs on the thread."""
    made: list[Pool] = []
    starter = threading.Thread(target=lambda: made.append(Pool(JOB, workers=1).__enter__()))
    starter.start()
    starter.join()
    try:
        found = kinds(outcomes(made[0], [task(share, n) for n in range(50)]))
    finally:
        made[0].close()

    assert {"ok"} == set(found.values())


PROGRAM = """
    import functools, os, signal, sys
    from classifier import opening
    from classifier.limits import Limits
    from classifier.pool import Pool, Task

    root = os.open(sys.argv[1], os.O_RDONLY)
    def tasks():
        for n in range(200):
            yield Task(n, functools.partial(opening.below, root, b"a.txt"), {"do": "nap", "seconds": float(sys.argv[2])})
    done = 0
    with Pool("tests.classifier.pool_jobs:trouble", workers=2, limits=Limits(seconds=60)) as pool:
        print(pool._template.pid, flush=True)
        for task, outcome in pool.run(tasks()):
            print(outcome.value.decode(), flush=True)
            done += 1
    print("stopped", pool.stopped, done, flush=True)
"""


def start(folder: Path, seconds: float) -> subprocess.Popen[str]:
    """Start a program that reads in a pool."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), str(folder), str(seconds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        start_new_session=True,
    )


def children_of(pid: int) -> list[int]:
    """List the child processes of a process."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.usefixtures("share")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_no_worker_outlives_its_parent(tmp_path: Path, number: signal.Signals):
    """When the parent is killed or interrupted while its workers hang, template and workers end too."""
    with start(tmp_path, 30.0) as parent:
        assert parent.stdout
        template = int(parent.stdout.readline())
        while len(workers := children_of(template)) < 2:
            time.sleep(0.01)
        os.killpg(parent.pid, number)
        parent.stdout.read()

    assert len(workers) == 2
    assert all(gone(pid) for pid in (template, *workers))


@pytest.mark.usefixtures("share")
def test_a_terminated_parent_finishes_what_is_in_flight(tmp_path: Path):
    """A SIGTERM ends the run after the files in hand: every file begun has its outcome, and the program goes on."""
    with start(tmp_path, 0.2) as parent:
        assert parent.stdout
        parent.stdout.readline()
        first = parent.stdout.readline()
        parent.send_signal(signal.SIGTERM)
        rest = parent.stdout.read().splitlines()

    assert first.startswith("{")
    assert f"stopped True {len(rest)}" == rest[-1]
    assert len(rest) < 20
    assert parent.returncode == 0
