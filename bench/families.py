"""How many decisions a night leaves for the files it found: the sample share as it is, and with the copies that years of work leave.

python bench/families.py            both shares, each read by a whole night without Airflow
python bench/families.py --million  how long a million made-up waiting items take to be put into families
"""

from __future__ import annotations

import argparse
import collections
import datetime as dt
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from retention import config, stages
from retention.catalogue import open_catalogue
from retention.catalogue.tables import family
from retention.family import Gathering, Waiting
from tests.made import zones_toml
from tests.made.copies import grow
from tests.made.extras import add_all
from tests.made.share import Share, fill, write
from tests.retention.queue_rows import Rows


def night(folder: Path, *, grown: bool) -> dict[str, object]:
    """Make the share, run a night over it, and count."""
    share = Share(2026)
    fill(share)
    add_all(share)
    if grown:
        grow(share)
    write(share, folder / "share")
    head = f'[strongroom]\nstate = "{folder / "state"}"\n\n[[share]]\nname = "main"\nroot = "{folder / "share"}"\nmode = "move"\n\n'
    (folder / "strongroom.toml").write_text(head + zones_toml(), encoding="utf-8")
    told = config.load(folder / "strongroom.toml")
    stages.plan(told, "n", report_only=True)
    stages.crawl(told, "n", "main")
    for shard in stages.shards(told, "n"):
        stages.classify(told, "n", shard["shard"])
    decided = stages.decide(told, "n")
    began = time.process_time()
    queued = stages.queue(told, "n")
    seconds = time.process_time() - began
    catalogue = open_catalogue(told.catalogue_url)
    with catalogue.read() as connection:
        rows = connection.execute(family.select().where(family.c.state == "open")).mappings().all()
    catalogue.close()
    kinds = collections.Counter(row["kind"] for row in rows)
    files = len(share.made)
    return {
        "files": files,
        "decided": decided["decided"],
        "queued": queued["items"],
        "families": queued["families"],
        "files a decision": round(files / queued["families"], 2),
        "queued a decision": round(queued["items"] / queued["families"], 2),
        "kinds": dict(kinds),
        "CPU seconds": round(seconds, 1),
    }


def million(count: int) -> dict[str, object]:
    """Put made-up items into families: ten to a folder, every third a copy or a version of another."""
    rng = np.random.default_rng(1)
    began = time.process_time()
    gathering = Gathering("s/z/")
    base = rng.integers(0, 2**32, (count // 3 + 1, 64), dtype=np.uint32)
    for at in range(count):
        gathering.add(_made(at, base[at // 3]))
    added = time.process_time()
    grouping = gathering.families()
    return {
        "items": count,
        "families": len(grouping.kinds),
        "seconds to add": round(added - began, 1),
        "seconds to group": round(time.process_time() - added, 1),
        "MiB at most": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _made(at: int, signature: np.ndarray) -> Waiting:
    folder = b"Series %s/%d" % (b"ABCDEFGH"[at // 1000 % 8 : at // 1000 % 8 + 1], at // 10)
    return Waiting(
        item=at + 1,
        folder=folder,
        name=b"paper %d v%d.docx" % (at // 3, at % 3),
        series=folder,
        content=f"{at - at % 3 + at % 3 // 2:064x}",
        size=1000,
        lane="E",
        action="review",
        rule=f"R-{at // 30 % 40}",
        class_by="folder",
        format="docx",
        signature=signature.tobytes(),
        tier=2,
        primary="personal",
    )


def catalogued(count: int) -> dict[str, object]:
    """The same in an SQLite catalogue: a first night, and a second one that changes nothing."""
    with tempfile.TemporaryDirectory() as folder:
        catalogue = open_catalogue(f"sqlite:///{folder}/catalogue.db")
        rows = Rows(catalogue)
        rows.many(count)
        told = {"items": count}
        for name in ("first", "second"):
            began = time.process_time()
            counts = rows.refresh(dt.date(2026, 11, 22))
            told |= {f"{name} night, CPU seconds": round(time.process_time() - began, 1), f"{name} new": counts["new"]}
        catalogue.close()
    return told | {
        "families": counts["families"],
        "MiB at most": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--items", type=int, default=1_000_000)
    given = parser.parse_args()
    if given.million:
        sys.stdout.write(f"{million(given.items)}\n{catalogued(given.items)}\n")
        return
    for grown in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            sys.stdout.write(f"{'with copies' if grown else 'as made'}: {night(Path(folder), grown=grown)}\n")


if __name__ == "__main__":
    main()
