"""How fast we read, against the peers: ``python bench/throughput.py FOLDER [--peers kreuzberg,extractous,pdfminer]``.

Contestants, interleaved file by file in one run, all on one core:

- ours: identify, extract, detect, label
- kreuzberg: kreuzberg's extraction, then Presidio's pattern recognisers (English and United Kingdom, or all)
- extractous: extractous (Tika), then the same
- pdfminer: ours, with the bare pdfminer.six for every PDF
- reading: our identify and extract alone, on the PDFs
- pdfium: the bare pypdfium2 on the PDFs, the yardstick for our reading there

Presidio's telephone recogniser is no pattern recogniser and is left out, which favours the peers: ours finds telephones too.

Each peer comes from the package index into an environment of its own below ``bench/.venvs``, made at the first run. Each
contestant is a process with its own memory ceiling (resident) and a time limit for each file; one that breaks either is
ended, the file counts as its failure at the time it took, and a fresh one goes on. Text recall is the share of the words
that at least two contestants found. Nothing of any text is printed or kept.
"""

import argparse
import json
import os
import random
import select
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
VENVS = HERE / ".venvs"
PEERS = {
    "kreuzberg": ("kreuzberg", "presidio-analyzer"),
    "extractous": ("extractous", "presidio-analyzer"),
    "pdfminer": ("pdfminer.six>=20260107",),
}
PDF_ONLY = {"pdfminer", "reading", "pdfium"}
MEMORY = 4 << 30  # bytes resident
SECONDS = 60.0  # for one file
LEAST_WORDS = 20  # a consensus of fewer words says nothing about recall
Figures = dict[str, object]


@dataclass
class Contestant:
    """A contestant's process, and the figures of every file it was given (path → figures)."""

    name: str
    model: str
    recognisers: str
    core: int
    results: dict[str, Figures] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start the process on its core and wait until it has loaded everything."""
        command = [interpreter(self.name), "-u", str(HERE / "contestant.py"), self.name, self.model, self.recognisers]
        alone = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
        self.process = subprocess.Popen(
            ["taskset", "-c", str(self.core), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | alone | {"PYTHONPATH": str(ROOT) if self.name in {"ours", "reading", "pdfminer"} else ""},
        )
        assert self.process.stdout
        if not self.process.stdout.readline():
            raise SystemExit(f"{self.name} does not start: {' '.join(command)}")

    def read(self, path: str) -> None:
        """Give it a file; a contestant that dies, hangs or swells fails on it."""
        if not self.process:
            self.start()
        assert self.process
        assert self.process.stdin
        assert self.process.stdout
        started = time.perf_counter()
        self.process.stdin.write(json.dumps({"path": path}) + "\n")
        self.process.stdin.flush()
        failed = self._wait(started + SECONDS)
        line = "" if failed else self.process.stdout.readline()
        if line:
            self.results[path] = json.loads(line)
            return
        took = time.perf_counter() - started
        self.stop()
        self.results[path] = {"wall": took, "cpu": took, "chars": 0, "failed": failed or "died", "words": []}

    def _wait(self, until: float) -> str:
        assert self.process
        while not select.select([self.process.stdout], [], [], 0.25)[0]:
            if time.perf_counter() > until:
                return "time"
            if resident(self.process.pid) > MEMORY:
                return "memory"
        return ""

    def stop(self) -> None:
        """End the process."""
        if self.process:
            self.process.kill()
            self.process.communicate()
            self.process = None


def resident(pid: int) -> int:
    """Measure a process's resident memory in bytes; 0 when it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def interpreter(name: str) -> str:
    """Give the Python of a contestant's environment, made first where it is missing."""
    if name not in PEERS:
        return sys.executable
    place = VENVS / name
    python = place / "bin" / "python"
    done = place / "made"
    if not done.exists():
        print(f"making the environment of {name} …", flush=True)
        venv.create(place, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS[name]], check=True)
        if name == "pdfminer":
            theirs = next((place / "lib").glob("python*")) / "site-packages"
            ours = [entry for entry in sys.path if entry.endswith("site-packages")]
            (theirs / "ours.pth").write_text("\n".join(ours) + "\n", encoding="utf-8")
        done.touch()
    return str(python)


def model_folder(given: str) -> str:
    """Give the model to judge by; without one, train the starter model once, in a temporary folder."""
    if given:
        return given
    folder = tempfile.mkdtemp(prefix="strongroom-bench-")
    order = "import sys; from pathlib import Path; from classifier import train; train.starter(Path(sys.argv[1]), 2026)"
    subprocess.run([sys.executable, "-c", order, folder], check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    return folder


def files_below(folder: Path, most: int) -> list[str]:
    """Pick the files to read: all, or a sample that is the same on every run, in mixed order."""
    paths = sorted(str(path) for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    random.Random(2026).shuffle(paths)  # noqa: S311 - an order, no secret
    return paths[:most] if most else paths


def is_pdf(path: str) -> bool:
    """Tell a PDF by its first bytes."""
    with Path(path).open("rb") as file:
        return b"%PDF-" in file.read(1024)


def turns(contestants: Sequence[Contestant], number: int) -> Iterator[Contestant]:
    """Let the contestants take turns in going first, so that none always finds the file in the cache."""
    start = number % len(contestants)
    yield from contestants[start:]
    yield from contestants[:start]


def words_agreed(contestants: Sequence[Contestant], path: str) -> set[int]:
    """Give the words that at least two contestants found in a file; our reading agrees with ours by nature and has no voice."""
    seen: set[int] = set()
    agreed: set[int] = set()
    for one in contestants:
        if one.name == "reading":
            continue
        words = set(one.results.get(path, {}).get("words", ()))  # type: ignore[call-overload]
        agreed |= seen & words
        seen |= words
    return agreed


def recall(one: Contestant, agreed: dict[str, set[int]], paths: Sequence[str]) -> float:
    """Average, over files with a consensus, the share of its words that a contestant found."""
    shares = [
        len(agreed[path] & set(one.results[path]["words"])) / len(agreed[path])  # type: ignore[call-overload]
        for path in paths
        if path in one.results and len(agreed[path]) >= LEAST_WORDS
    ]
    return sum(shares) / len(shares) if shares else float("nan")


def total(one: Contestant, paths: Sequence[str], clock: str, rest: Contestant | None = None) -> float:
    """Add up seconds; where a contestant reads only PDFs, ``rest`` gives the time of the other files."""
    return sum(
        float(str((one.results.get(path) or (rest.results[path] if rest else {})).get(clock, 0.0))) for path in paths
    )


def report(contestants: Sequence[Contestant], paths: Sequence[str], pdfs: Sequence[str]) -> None:
    """Print files and megabytes a second, ratios to ours, failures and recall: all files, then PDFs alone."""
    ours = contestants[0]
    agreed = {path: words_agreed(contestants, path) for path in paths}
    size = {path: Path(path).stat().st_size for path in paths}
    for title, chosen in (("all files", paths), ("PDFs", pdfs)):
        if not chosen:
            continue
        megabytes = sum(size[path] for path in chosen) / 1e6
        print(f"\n{title}: {len(chosen)} files, {megabytes:.1f} MB")
        print(f"{'':12}{'files/s':>9}{'MB/s':>9}{'times ours':>12}{'by CPU':>9}{'failed':>8}{'recall':>9}")
        for one in contestants:
            rest = ours if one.name == "pdfminer" else None
            if chosen is paths and one.name in {"reading", "pdfium"}:
                continue
            wall, base = total(one, chosen, "wall", rest), total(ours, chosen, "wall")
            cpu = total(one, chosen, "cpu", rest) / total(ours, chosen, "cpu")
            failed = sum(bool(one.results[path]["failed"]) for path in chosen if path in one.results)
            print(
                f"{one.name:12}{len(chosen) / wall:9.1f}{megabytes / wall:9.2f}{wall / base:12.2f}{cpu:9.2f}"
                f"{failed:8}{recall(one, agreed, chosen):9.3f}"
            )


def share_of_pdfium(contestants: Sequence[Contestant], pdfs: Sequence[str]) -> None:
    """Print the speed of our reading of PDFs as a share of the bare PDFium's."""
    reading, bare = contestants[-2:]
    if pdfs:
        shares = [total(bare, pdfs, clock) / total(reading, pdfs, clock) for clock in ("wall", "cpu")]
        print(f"\nPDFs, identify and extract: {shares[0]:.2f} of the bare pypdfium2's speed, {shares[1]:.2f} by CPU")


def worst(contestants: Sequence[Contestant], paths: Sequence[str], most: int) -> None:
    """Name the files where our recall is lowest and those that take most of our time."""
    ours = contestants[0]
    shares = []
    for path in paths:
        agreed = words_agreed(contestants, path)
        if len(agreed) >= LEAST_WORDS:
            shares.append((recall(ours, {path: agreed}, [path]), path))
    print("\nlowest recall of ours:")
    for share, path in sorted(shares)[:most]:
        print(f"{share:9.3f}  {ours.results[path]['failed'] or 'read':12} {Path(path).name}")
    print("most of our time:")
    for path in sorted(paths, key=lambda one: -total(ours, [one], "wall"))[:most]:
        print(f"{total(ours, [path], 'wall'):9.3f}  {Path(path).name}")


def main() -> None:
    """Run the contest and print the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peers", default=",".join(PEERS), help="which of them, by comma; empty for none")
    parser.add_argument("--most", type=int, default=0, help="read a sample of so many files")
    parser.add_argument("--model", default="", help="a model folder; otherwise the starter model is trained first")
    parser.add_argument("--recognisers", default="uk", choices=("default", "uk", "all"), help="which of Presidio's")
    parser.add_argument("--worst", type=int, default=0, help="name so many of our weakest and slowest files")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="the core to run on")
    options = parser.parse_args()
    paths = files_below(options.folder, options.most)
    pdfs = [path for path in paths if is_pdf(path)]
    model = model_folder(options.model)
    names = ["ours", *(name for name in options.peers.split(",") if name), "reading", "pdfium"]
    contestants = [Contestant(name, model, options.recognisers, options.core) for name in names]
    among_pdfs = set(pdfs)
    for number, path in enumerate(paths):
        fitting = [one for one in contestants if path in among_pdfs or one.name not in PDF_ONLY]
        for one in turns(fitting, number):
            one.read(path)
        if number % 50 == 49:
            print(f"{number + 1}/{len(paths)}", file=sys.stderr, flush=True)
    for one in contestants:
        one.stop()
    report(contestants, paths, pdfs)
    share_of_pdfium(contestants, pdfs)
    if options.worst:
        worst(contestants, paths, options.worst)


if __name__ == "__main__":
    main()
