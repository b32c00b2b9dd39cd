"""How fast we detect against Presidio's recognisers for the same kinds, and how fast each of our steps is.

``python bench/detect.py FILE [--rounds 3] [--sample 40]``, FILE holding one JSON object a line with ``text``. Presidio comes from the
package index into an environment of its own below ``bench/.venvs``, made at the first run. Its recognisers are called directly,
without a language model and without its context step, which favours it.

Two comparisons on the same texts in the same rounds: the *same kinds* on both sides (numbers, codes, telephones, e-mail, postcodes,
dates of birth, registrations: no names, vocabulary or markings, for which Presidio has no pattern), and *everything* that we look for.
Presidio is counted with and without its telephone recogniser, which is no pattern recogniser and takes most of its time on
some texts. Rounds are interleaved; seconds are processor time.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import json
import random
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
PLACE = HERE / ".venvs" / "presidio"

PEER = """
import json, sys, time
from presidio_analyzer import PatternRecognizer, RecognizerRegistry
from presidio_analyzer import predefined_recognizers as known
wanted = (
    "UkNinoRecognizer", "NhsRecognizer", "UkPostcodeRecognizer", "UkPassportRecognizer", "UkDrivingLicenceRecognizer",
    "UkVehicleRegistrationRecognizer", "UkNinoRecognizer", "EmailRecognizer", "CreditCardRecognizer", "IbanRecognizer",
    "DateRecognizer", "PhoneRecognizer",
)
ours = [getattr(known, name)() for name in dict.fromkeys(wanted) if hasattr(known, name)]
print(json.dumps([type(one).__name__ for one in ours]), flush=True)
for line in sys.stdin:
    texts = json.loads(line)
    spent, found = {}, 0
    for one in ours:
        started = time.process_time()
        found += sum(len(one.analyze(text, one.supported_entities, None) or ()) for text in texts)
        spent[type(one).__name__] = time.process_time() - started
    telephones = spent.pop("PhoneRecognizer", 0.0)
    print(json.dumps([sum(spent.values()), telephones, found]), flush=True)
"""


def interpreter() -> str:
    """Give the Python of Presidio's environment, made first where it is missing."""
    python, done = PLACE / "bin" / "python", PLACE / "made"
    if not done.exists():
        print("making the environment of Presidio …", flush=True)
        venv.create(PLACE, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "presidio-analyzer"], check=True)
        done.touch()
    return str(python)


def timed(work: Callable[[], object]) -> float:
    """Return the processor seconds of one piece of work."""
    started = time.process_time()
    work()
    return time.process_time() - started


def settled(work: Callable[[], object], times: int = 5) -> float:
    """Return the mean processor seconds of work that takes milliseconds, after a first go; Presidio's takes a second as it is."""
    work()
    return sum(timed(work) for _ in range(times)) / times


def steps(texts: Sequence[str], size: int) -> None:
    """Print the megabytes a second of each step of ours."""
    from classifier import columns, detect, identifiers, markings, names, phrases
    from classifier.fold import fold
    from classifier.item import Content, Part

    folded = [fold(text).data for text in texts]
    contents = [Content("txt", (Part("body", text),), "bench") for text in texts]
    plain = detect.detector(identifiers_only=True)
    table: dict[str, Callable[[], object]] = {
        "fold": lambda: [fold(text) for text in texts],
        "identifiers": lambda: [identifiers.scan(data) for data in folded],
        "names": lambda: [names.scan_names(data) for data in folded],
        "tables": lambda: [columns.scan_tables(d, 0, len(d), names.looks_like_name, None) for d in folded],
        "vocabulary": lambda: [phrases.scan_phrases(data, (), None) for data in folded],
        "markings": lambda: [
            markings.scan_markings(content, data, [(0, len(data))])
            for content, data in zip(contents, folded, strict=True)
        ],
        "identifiers only, all steps": lambda: [detect.detect(content, plain) for content in contents],
    }
    for name, work in table.items():
        print(f"  {name:28} {size / 1e6 / min(timed(work) for _ in range(3)):8.1f} MB/s")


def main() -> None:
    """Print both speeds, their ratio, and our steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sample", type=int, default=40, help="texts given to Presidio in each round")
    given = parser.parse_args()
    sys.path.insert(0, str(HERE.parent))
    from classifier.detect import detect_text, detector

    with given.file.open(encoding="utf-8") as lines:
        texts = [str(json.loads(line)["text"]) for line in lines]
    settings = detector(fixtures_count=True, today=dt.date(2026, 11, 1))
    size = sum(map(len, texts))
    few = random.Random(2026).sample(texts, min(given.sample, len(texts)))  # noqa: S311 - a choice, no secret
    small = sum(map(len, few))
    peer = subprocess.Popen(
        [interpreter(), "-c", PEER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert peer.stdin
    assert peer.stdout
    print("Presidio:", ", ".join(json.loads(peer.stdout.readline())))
    plain = detector(fixtures_count=True, today=dt.date(2026, 11, 1), identifiers_only=True)
    gc.collect()
    gc.freeze()  # as a worker does
    rows = []
    for _ in range(given.rounds):
        peer.stdin.write(json.dumps(few) + "\n")
        peer.stdin.flush()
        theirs, telephones, found = json.loads(peer.stdout.readline())
        same = settled(lambda: [detect_text(text, plain) for text in few])
        every = settled(lambda: [detect_text(text, settings) for text in few])
        rows.append((theirs, telephones, same, every))
        print(
            f"  Presidio {small / (theirs + telephones) / 1e6:.3f} MB/s ({found} findings), "
            f"{small / theirs / 1e6:.3f} without telephones; "
            f"ours {small / same / 1e6:.2f} MB/s, everything {small / every / 1e6:.2f} MB/s"
        )
    peer.stdin.close()
    peer.wait()

    def ratio(column: int, *, telephones: bool) -> float:
        return statistics.median((row[0] + telephones * row[1]) / row[column] for row in rows)

    print(
        f"same kinds: {ratio(2, telephones=True):.0f} × Presidio, {ratio(2, telephones=False):.0f} × without its telephones"
    )
    print(
        f"everything: {ratio(3, telephones=True):.0f} × Presidio, {ratio(3, telephones=False):.0f} × without its telephones"
    )
    steps(texts, size)


if __name__ == "__main__":
    main()
