"""What the locked pool costs: ``python bench/pool.py FOLDER [--files 2000] [--most 0]``.

1. Overhead: small text files through one worker against the same readings in this process, milliseconds a file.
2. Kill and respawn: how long after a hanging file's time is up the next file is read, milliseconds.
3. Two cores: the files of FOLDER through two workers against one, by wall clock (only telling on an idle machine of two cores or more).

Rounds are interleaved; the first figure is given by wall clock and by processor time (parent, template and workers together),
for on a busy machine the wall clock measures the others. Small texts are read to a hash and a short answer, so that what is
measured is the way there and back; with ``--reading`` they are read to a label. The respawn is the time from the end of the
hanging file to the next outcome.
"""

from __future__ import annotations

import argparse
import functools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from classifier import jobs, opening, reading  # noqa: E402 - found by the line above
from classifier.limits import Limits  # noqa: E402
from classifier.pool import Pool, Task  # noqa: E402

LETTER = "Dear Sir or Madam,\n\nThe parks committee will meet on 1 March 2024 at the town hall. File {}.\n"


def bare_job(settings: Mapping[str, Any], limits: Limits) -> Callable[[BinaryIO, Mapping[str, Any]], object]:
    """Make a job that reads a file, hashes it and sleeps where its name says so."""
    del settings, limits

    def job(file: BinaryIO, args: Mapping[str, Any]) -> object:
        if args["name"].startswith("hang"):
            time.sleep(60)
        return {"sha256": reading.digest(file)}

    return job


def tasks(root: int, names: Iterable[str]) -> list[Task]:
    """Make one task a file below an open folder."""
    return [Task(name, functools.partial(opening.below, root, os.fsencode(name)), {"name": name}) for name in names]


def ticks(stat: Path, fields: slice) -> float:
    """Add up seconds of processor time from ``/proc/PID/stat`` (proc(5): utime, stime, cutime, cstime follow each other)."""
    return sum(map(int, stat.read_text(encoding="ascii").rpartition(")")[2].split()[fields])) / os.sysconf("SC_CLK_TCK")


def spent(pool: Pool) -> float:
    """Return the processor seconds of this process, a pool's template and its workers, dead ones included."""
    template = Path("/proc", str(pool._template.pid))  # noqa: SLF001 - a measure has to look behind the curtain
    living = (template / "task" / template.name / "children").read_text(encoding="ascii").split()
    own = ticks(template / "stat", slice(11, 15))
    return time.process_time() + own + sum(ticks(Path("/proc", pid, "stat"), slice(11, 13)) for pid in living)


def through(pool: Pool, work: list[Task]) -> tuple[float, float]:
    """Return the seconds that a pool takes, wall and processor; every file must have its outcome."""
    started, cpu = time.perf_counter(), spent(pool)
    done = sum(1 for _ in pool.run(work))
    assert done == len(work), "a file was lost"
    return time.perf_counter() - started, spent(pool) - cpu


def inside(job: Callable[[BinaryIO, Mapping[str, Any]], object], work: list[Task]) -> tuple[float, float]:
    """Return the seconds of the same readings in this process, opened in the same way."""
    started, cpu = time.perf_counter(), time.process_time()
    for task in work:
        with os.fdopen(task.open(), "rb") as file:
            job(file, task.args)
    return time.perf_counter() - started, time.process_time() - cpu


def overhead(folder: Path, count: int, model: str) -> None:
    """Print milliseconds a file over in-process, on small text files."""
    names = [f"{number}.txt" for number in range(count)]
    for name in names:
        (folder / name).write_text(LETTER.format(name), encoding="ascii")
    root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    work, limits = tasks(root, names), Limits()
    settings = {"model": model}
    named = "classifier.jobs:reading_job" if model else "pool:bare_job"
    job = jobs.reading_job(settings, limits) if model else bare_job(settings, limits)
    rounds = []
    with Pool(named, settings, workers=1, limits=limits) as pool:
        through(pool, work[:100])
        rounds += [(inside(job, work), through(pool, work)) for _ in range(5)]
    os.close(root)
    for clock, name in enumerate(("wall clock", "processor")):
        alone = statistics.median(one[clock] for one, _ in rounds) / count * 1e3
        more = statistics.median(pooled[clock] - one[clock] for one, pooled in rounds) / count * 1e3
        print(
            f"small texts, {name}: {alone:.3f} ms a file in-process, {more:.3f} ms more through the locked pool; the bar is .3"
        )


def respawn(folder: Path) -> None:
    """Print the milliseconds from a worker's kill to the next file's outcome."""
    (folder / "hang").write_text("x", encoding="ascii")
    (folder / "next").write_text("x", encoding="ascii")
    root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    took = []
    with Pool("pool:bare_job", workers=1, limits=Limits(seconds=0.5)) as pool:
        for _ in range(7):
            stamps = [(time.perf_counter(), outcome.problem) for _, outcome in pool.run(tasks(root, ["hang", "next"]))]
            assert [bool(problem) for _, problem in stamps] == [True, False], "the hanging file must end by its time"
            took.append((stamps[1][0] - stamps[0][0]) * 1e3)
    os.close(root)
    print(f"kill and respawn: {statistics.median(took):.1f} ms (most {max(took):.1f}); the bar is 100")


def scaling(share: Path, most: int, model: str) -> None:
    """Print how much faster two workers are than one on a folder of mixed files."""
    root = os.open(share, os.O_RDONLY | os.O_DIRECTORY)
    names = sorted(
        str(path.relative_to(share)) for path in share.rglob("*") if path.is_file() and not path.is_symlink()
    )
    chosen = tasks(root, names[:: max(1, len(names) // most)] if most else names)
    chosen.sort(key=lambda task: -(share / str(task.key)).stat().st_size)  # the last file must not be the longest
    settings = {"model": model}
    with (
        Pool("classifier.jobs:reading_job", settings, workers=1) as one,
        Pool("classifier.jobs:reading_job", settings, workers=2) as two,
    ):
        ratios = [through(one, chosen)[0] / through(two, chosen)[0] for _ in range(2)]
    os.close(root)
    print(f"two workers: {max(ratios):.2f} × one on {len(chosen)} files ({os.cpu_count()} cores); the bar is 1.7")


def starter(folder: Path) -> str:
    """Train the starter model into a folder and name it."""
    order = "import sys; from pathlib import Path; from classifier import train; train.starter(Path(sys.argv[1]), 2026)"
    subprocess.run([sys.executable, "-c", order, str(folder)], check=True, env=os.environ | {"PYTHONPATH": sys.path[0]})
    return str(folder)


def main() -> None:
    """Measure all three."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="mixed files for the third figure")
    parser.add_argument("--files", type=int, default=2000, help="small texts")
    parser.add_argument("--most", type=int, default=0, help="a sample of so many mixed files")
    parser.add_argument(
        "--model", default="", help="a model folder; otherwise the starter model is trained where one is needed"
    )
    parser.add_argument("--reading", action="store_true", help="read the small texts to a label")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="strongroom-pool-") as name:
        place = Path(name)
        model = given.model or (starter(place / "model") if given.folder or given.reading else "")
        for made in ("texts", "hanging"):
            (place / made).mkdir()
        overhead(place / "texts", given.files, model if given.reading else "")
        respawn(place / "hanging")
        if given.folder:
            scaling(given.folder, given.most, model)


if __name__ == "__main__":
    sys.path.insert(1, str(HERE))  # so that a pool's template finds this module's job
    main()
