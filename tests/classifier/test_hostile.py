"""Hostile files: each ends as it must, within its limits, and harms neither its neighbours nor this machine."""

import csv
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

from classifier import opening
from classifier.limits import Limits
from classifier.pool import Outcome, Pool, Task
from tests.made import docx_bytes, pdf_bytes, zip_bytes
from tests.shared import SHARED, needs_shared

LIMITS = Limits(seconds=20.0, pdf_seconds=20.0)
# what each file must end as: kinds of problem, or "text"; notes it must carry; words its text must hold
READ = {"text"}
BROKEN = {"malformed"}
ANYHOW = {"text", "empty", "no-text", "malformed", "encrypted", "unsupported", "crashed", "limit:time", "limit:memory"}
ENDS: dict[str, set[str]] = {
    "C01": READ, "C02": READ, "C03": {"empty"},
    "Z01": {"limit:ratio", "limit:expanded"}, "Z02": {"limit:overlap", "limit:entries", "limit:expanded"},
    "Z03": {"limit:depth"}, "Z04": {"limit:depth"}, "Z05": {"limit:entries"}, "Z06": {"malformed", "limit:expanded"},
    "Z08": {"encrypted"}, "Z09": BROKEN, "Z10": BROKEN, "Z11": {"limit:ratio"},
    "Z13": {"limit:overlap", "limit:expanded"}, "Z15": READ,
    "O01": BROKEN, "O02": BROKEN, "O03": BROKEN, "O04": BROKEN, "O05": BROKEN, "O06": BROKEN,
    "O07": {"limit:xml-depth", "malformed"}, "O08": {"text", "limit:expanded"}, "O09": READ, "O10": READ, "O11": READ,
    "O12": READ, "O13": BROKEN, "O14": READ, "O15": {"malformed", "unsupported"}, "O16": BROKEN, "O18": BROKEN,
    "O19": BROKEN, "O30": {"encrypted"},
    "P05": {"limit:time", "limit:memory"}, "P06": {"limit:memory", "limit:expanded", "empty"},
    "P12": {"malformed", "text"}, "P13": BROKEN, "P14": READ, "P15": READ, "P23": READ, "P30": {"encrypted"},
    "P31": READ,
    "I01": {"limit:pixels"}, "I03": BROKEN,
    "T01": READ, "T03": {"text", "limit:depth"}, "T04": READ, "T06": READ, "T07": {"text", "limit:ratio"}, "T08": READ,
    "T14": READ, "T15": READ, "T16": READ,
    "M01": {"unsupported"},
}  # fmt: skip
NOTES = {
    "Z15": "duplicate-part", "O10": "external-refs:2", "O11": "macro", "O12": "dde", "P14": "polyglot",
    "P15": "javascript", "P23": "xfa", "P31": "restricted-permissions",
}  # fmt: skip
WORDS = {"C01": "Hello council", "C02": "Hello council record", "P31": "Hello council record", "T01": "visible text"}


def state_of(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Tell of every file below a folder its size, times and mode, so that any touch shows."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_size, path.lstat().st_mtime_ns, path.lstat().st_mode)
        for path in folder.rglob("*")
    }


def read_all(root: Path, names: dict[str, bytes], limits: Limits) -> dict[str, Outcome]:
    """Read files by key through a pool for text."""
    folder = os.open(root, os.O_RDONLY)
    tasks = [
        Task(key, functools.partial(opening.below, folder, name), {"name": os.fsdecode(name.rpartition(b"/")[2])})
        for key, name in names.items()
    ]
    with Pool("classifier.jobs:text_job", workers=2, limits=limits) as pool:
        found = {str(task.key): outcome for task, outcome in pool.run(tasks)}
    os.close(folder)
    assert set(names) == set(found)
    return found


def end_of(outcome: Outcome) -> str:
    """Name how a file ended: "text", or the kind of its problem."""
    if outcome.problem:
        return outcome.problem.kind
    problem = json.loads(outcome.value or b"{}")["problem"]
    return problem["kind"] if problem else "text"


def text_of(outcome: Outcome) -> str:
    """Give all text that was read."""
    return "\n".join(part["text"] for part in json.loads(outcome.value or b'{"parts": []}')["parts"])


@needs_shared
@pytest.mark.timeout(400)
def test_every_hostile_file_ends_as_it_must(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Bombs, loops, traps and lies end in their reason or their text; the good file after each is read as ever."""
    assert SHARED
    hostile = SHARED / "data" / "hostile"
    with (hostile / "MANIFEST.csv").open(encoding="utf-8") as file:
        names = {row["id"]: row["file"].encode() for row in csv.DictReader(file) if (hostile / row["file"]).is_file()}
    good = {f"good after {key}": b"control/ok.docx" for key in names}
    before = state_of(hostile)
    monkeypatch.setenv("HOSTILE_MARKER", str(tmp_path / "marker"))
    monkeypatch.chdir(tmp_path)
    found = read_all(
        hostile, {key: name for pair in zip(names.items(), good.items(), strict=True) for key, name in pair}, LIMITS
    )

    ends = {key: end_of(found[key]) for key in names}
    notes = {key: json.loads(found[key].value or b"{}")["notes"] for key in NOTES}
    assert {key: end for key, end in ends.items() if end not in ENDS.get(key, ANYHOW)} == {}
    assert {key: had for key, had in notes.items() if NOTES[key] not in had} == {}
    assert {key for key, words in WORDS.items() if words not in text_of(found[key])} == set()
    assert {key for key in names if "root:" in text_of(found[key])} == set()
    assert {end_of(found[key]) for key in good} == {"text"}
    assert {key for key in names if found[key].seconds > 25} == set()
    assert before == state_of(hostile)
    assert list(tmp_path.iterdir()) == []


@needs_shared
@pytest.mark.timeout(400)
def test_every_file_of_a_real_share_ends_in_one_outcome():
    """Each of a thousand Office files, papers, mails and archives has its text or its reason, and none crashes."""
    assert SHARED
    root = SHARED / "data" / "files"
    names = {str(path): os.fsencode(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    found = read_all(root, names, Limits())
    ends = [end_of(outcome) for outcome in found.values()]

    assert len(ends) == len(names)
    assert ends.count("text") > len(ends) // 2
    assert ends.count("crashed") == 0


def test_a_bomb_made_here_harms_nobody(tmp_path: Path):
    """Without any outside data: a bomb and a torn file have their reasons, the files beside them their text."""
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("zeros.txt", bytes(64 << 20))
    (tmp_path / "torn.docx").write_bytes(docx_bytes(["Whole."])[:-200])
    (tmp_path / "good.docx").write_bytes(docx_bytes(["Hello council"]))
    (tmp_path / "good.pdf").write_bytes(pdf_bytes(["Hello council"]))
    before = state_of(tmp_path)
    found = read_all(tmp_path, {path.name: os.fsencode(path.name) for path in tmp_path.iterdir()}, LIMITS)

    assert end_of(found["bomb.zip"]).startswith("limit:")
    assert end_of(found["torn.docx"]) == "malformed"
    assert "Hello council" in text_of(found["good.docx"])
    assert "Hello council" in text_of(found["good.pdf"])
    assert before == state_of(tmp_path)


PROGRAM = """
    import functools, os, sys
    from classifier import opening
    from classifier.pool import Pool, Task

    root = os.open(sys.argv[1], os.O_RDONLY)
    with Pool("classifier.jobs:text_job", workers=1) as pool:
        names = sorted(os.listdir(root))
        print(len(list(pool.run(Task(n, functools.partial(opening.below, root, os.fsencode(n))) for n in names))))
"""
CALLS = "open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlink,symlinkat"
CALLS += ",truncate,ftruncate,mknod,mknodat,memfd_create,connect,bind,sendto,execve"


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed; the lock's own tests stand alone")
def test_a_run_writes_nothing_and_calls_nobody(tmp_path: Path):
    """Traced by the kernel, a whole run makes no file, opens none for writing, and connects to nothing."""
    share = tmp_path / "share"
    share.mkdir()
    (share / "a.docx").write_bytes(docx_bytes(["Hello council"]))
    (share / "b.pdf").write_bytes(pdf_bytes(["Hello council"]))
    (share / "c.zip").write_bytes(zip_bytes({"d.txt": b"Hello council"}))
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-qq", "-e", f"trace={CALLS}", "-o", str(trace)]
    run = subprocess.run(
        [*command, sys.executable, "-B", "-c", textwrap.dedent(PROGRAM), str(share)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    if "ptrace" in run.stderr.lower():
        pytest.skip("this machine forbids tracing")
    done = [line for line in trace.read_text().splitlines() if re.search(r"= \d+(<.*>)?$", line)]
    reading = re.compile(r"open(at)?\(.*O_RDONLY|execve\(|O_PATH")
    doing = [line.partition(" ")[2] for line in done if not reading.search(line) and "/dev/null" not in line]

    assert run.stdout.strip() == "3", run.stderr
    assert len(done) > 50
    assert [line for line in doing if "/proc/self/oom_score_adj" not in line] == []
