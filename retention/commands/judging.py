"""``strongroom evaluate`` and ``explain``: how well the model does on labelled rows, and why one file has its label."""

# ruff: noqa: PLC0415 - the parser is built for every verb, and only these two need the model and the pool
from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classifier.evaluate import Evaluation
    from retention.config import Config


def add(verbs: Any, verb: Any, judged: Any, say: Any) -> None:
    """Add both verbs; ``judged`` turns the arguments into a configuration whose model is ready, ``say`` prints a line."""
    measure = verb(verbs, "evaluate", "measure the model on labelled rows", partial(_evaluate, judged, say))
    measure.add_argument("rows", type=Path, help="rows {id, text, label} as JSON lines")
    measure.add_argument("--model", type=Path, help="a trained model (default: the configured one)")
    measure.add_argument("--svg", type=Path, help="also draw the calibration to this file")
    why = verb(verbs, "explain", "tell why a file has its label; nothing is stored", partial(_explain, judged, say))
    why.add_argument("path", help="the file")
    why.add_argument("--model", type=Path, help="a trained model (default: the configured one)")


def measured(config: Config, rows: Path) -> Evaluation:
    """Judge labelled rows and measure every figure; raises ``InputError`` where a row or the file cannot be used."""
    from classifier.evaluate import evaluate
    from classifier.label import load
    from retention import models
    from retention.commands import documents

    try:
        return evaluate(load(models.folder(config)), documents.example_rows(rows))
    except (OSError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else str(error)
        raise documents.InputError(f"{rows.name}: {told}") from error


def card(config: Config, path: str) -> Iterator[str]:
    """The card of one file, line by line: label, chances, reasons, findings by kind and place, and who decided.

    The file is read in the locked pool. No line quotes the file; raises ``InputError`` for a folder or a missing file.
    """
    from classifier import opening
    from classifier.pool import Pool, Task
    from retention import stages
    from retention.commands import documents

    found = os.fsencode(path)
    if not Path(path).is_file():
        raise documents.InputError("There is no such file. Name one file; for folders there is: strongroom label")
    job = "classifier.jobs:explain_job"
    task = Task(path, partial(opening.beside, found), {"name": os.fsdecode(Path(path).name)})
    with Pool(job, stages.reader_settings(config), workers=1, limits=config.limits) as pool:
        outcomes = [outcome for _, outcome in pool.run(iter([task]))]
    told: dict[str, Any] = next((json.loads(each.value) for each in outcomes if each.value is not None), {})
    row = documents.label_row(found, outcomes[0])
    yield from _lines(row, told.get("card") or {})


def _lines(row: dict[str, Any], told: dict[str, list[str]]) -> Iterator[str]:
    if row["primary"] is None:
        yield f"not read: {row['problem']}"
        return
    yield f"{row['primary']} {row['tier']}, decided by {row['by']}"
    yield f"  chance that it is sensitive {row['sensitive']:.2f}, about people {row['personal']:.2f}"
    yield f"  flags: {', '.join(row['flags']) or 'none'}"
    yield from (f"  {reason}" for reason in row["because"])
    for name, heading in _HEADINGS:
        if told.get(name):
            yield f"  {heading}: {'; '.join(told[name])}"


_HEADINGS = (
    ("words_for", "words that weighed for it"),
    ("words_against", "words that weighed against it"),
    ("markings", "markings"),
    ("rules", "firm rules that hold"),
    ("changed", "what would change it"),
)


def _evaluate(judged: Any, say: Any, given: argparse.Namespace) -> int:
    found = measured(judged(given), given.rows)
    say(found.table())
    if given.svg:
        given.svg.write_text(found.svg(), encoding="utf-8")
        say(f"\nThe calibration is drawn in {given.svg}.")
    return 0


def _explain(judged: Any, say: Any, given: argparse.Namespace) -> int:
    for line in card(judged(given), given.path):
        say(line)
    return 0
