"""Measure the crawl against ``find``: ``python bench/crawl.py [--entries 500000] [--folders 20000] [--rounds 3]``.

Makes a tree of empty files, then in each round, one after the other: ``find -printf`` of the same fields, and an unchanged night into the
catalogue. Prints entries a second of the first crawl, the ratio of each round with the median, and the peak memory of this process.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from classifier.ahead import walk_ahead
from retention.catalogue import Catalogue, open_catalogue, runs
from retention.catalogue.inventory import Place, digests, record

FIELDS = "%p %y %s %T@ %C@ %D %i %n %U %G %m\\n"


def make_tree(root: Path, entries: int, folders: int) -> None:
    """Make empty files with names as long as people give them, evenly over the folders, two levels deep."""
    each, wide = entries // folders, 200
    for number in range(folders):
        folder = root / f"Service {number // wide:03d}" / f"Case {number:06d}"
        folder.mkdir(parents=True)
        descriptor = os.open(folder, os.O_RDONLY)
        for file in range(each):
            os.close(os.open(f"Letter to resident {file:04d}.docx", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))
        os.close(descriptor)


def crawl(catalogue: Catalogue, root: Path, number: int) -> tuple[float, int]:
    """One night's crawl: seconds and entries found."""
    with catalogue.begin() as connection:
        runs.begin(connection, f"r{number}", "nightly", report_only=True, versions={}, now=dt.datetime.now(dt.UTC))
        run_id = runs.find(connection, f"r{number}")
    assert run_id is not None
    started = time.perf_counter()
    listings = walk_ahead(root, "", digests(catalogue, "bench"))
    found = record(catalogue, "bench", listings, run_id=run_id.id, place=lambda _path: Place(), drop=0.2, nights=3)
    return time.perf_counter() - started, found.found


def find(root: Path) -> float:
    """Seconds that ``find`` takes to print the same fields."""
    started = time.perf_counter()
    subprocess.run(["find", root, "-printf", FIELDS], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=500_000)
    parser.add_argument("--folders", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tree", type=Path, help="a tree that is there already")
    given = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="strongroom-bench-"))
    try:
        root = given.tree or scratch / "tree"
        if given.tree is None:
            make_tree(root, given.entries, given.folders)
        find(root)
        catalogue = open_catalogue(f"sqlite:///{scratch / 'catalogue.db'}")
        seconds, found = crawl(catalogue, root, 1)
        print(f"first night: {found:,} entries in {seconds:.2f} s, {found / seconds:,.0f} entries/s")
        ratios = []
        for number in range(given.rounds):
            theirs = find(root)
            ours, _found = crawl(catalogue, root, number + 2)
            ratios.append(ours / theirs)
            print(f"unchanged night: {ours:.2f} s, find {theirs:.2f} s, ratio {ours / theirs:.2f}")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"median ratio {statistics.median(ratios):.2f}; peak memory {peak} MB")
        catalogue.close()
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
