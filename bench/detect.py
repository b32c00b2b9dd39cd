"""How fast we detect against Presidio's pattern recognisers for the same kinds, and how fast each of our steps is.

``python bench/detect.py FILE [--rounds 3] [--sample 40]``, FILE holding one JSON object a line with ``text``. Presidio comes from the
package index into an environment of its own below ``bench/.venvs``, made at the first run. Its recognisers are called directly,
without a language model and without its context step, which favours it; ours runs everything, names, vocabulary and markings
included. Rounds are interleaved in one run; seconds are processor time.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
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
    started = time.process_time()
    found = sum(len(one.analyze(text, one.supported_entities, None) or ()) for text in texts for one in ours)
    print(json.dumps([time.process_time() - started, found]), flush=True)
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


def steps(texts: Sequence[str], size: int) -> None:
    """Print the megabytes a second of each step of ours."""
    from classifier import columns, detect, identifiers, markings, names, phrases
    from classifier.fold import fold
    from classifier.item import Content, Part
    from classifier.window import classes

    folded = [fold(text).data for text in texts]
    kinds = [classes(data) for data in folded]
    contents = [Content("txt", (Part("body", text),), "bench") for text in texts]
    plain = detect.detector(identifiers_only=True)
    both = list(zip(folded, kinds, strict=True))
    table: dict[str, Callable[[], object]] = {
        "fold": lambda: [fold(text) for text in texts],
        "identifiers": lambda: [identifiers.scan(data, kind) for data, kind in both],
        "names": lambda: [names.scan_names(data, kind) for data, kind in both],
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
    few = texts[:: max(1, len(texts) // given.sample)][: given.sample]
    small = sum(map(len, few))
    peer = subprocess.Popen(
        [interpreter(), "-c", PEER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert peer.stdin
    assert peer.stdout
    print("Presidio:", ", ".join(json.loads(peer.stdout.readline())))
    ratios, speeds = [], []
    for _ in range(given.rounds):
        peer.stdin.write(json.dumps(few) + "\n")
        peer.stdin.flush()
        theirs, found = json.loads(peer.stdout.readline())
        ours = timed(lambda: [detect_text(text, settings) for text in texts])
        again = timed(lambda: [detect_text(text, settings) for text in few])
        speeds.append(size / ours)
        ratios.append(theirs / again)
        print(f"  ours {size / ours / 1e6:.2f} MB/s, Presidio {small / theirs / 1e6:.3f} MB/s ({found} findings)")
    peer.stdin.close()
    peer.wait()
    print(
        f"ours {statistics.median(speeds) / 1e6:.2f} MB/s, names included; {statistics.median(ratios):.0f} × Presidio on the same texts"
    )
    steps(texts, size)


if __name__ == "__main__":
    main()
