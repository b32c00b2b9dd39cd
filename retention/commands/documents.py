"""``strongroom label`` and ``text``: judge or read files without a catalogue. Nothing of what is read is stored."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from classifier import answers, opening, reading
from classifier.item import Finding, Label, Problem, Tier
from classifier.label import by_name
from classifier.pool import Outcome, Pool, Task
from retention import stages
from retention.config import Config


class InputError(Exception):
    """An input file cannot be used; the message names the line and what is wrong with it."""


def label_paths(config: Config, paths: Iterable[str], workers: int) -> Iterator[dict[str, Any]]:
    """Label files and the files below folders, in the order in which they finish; one row each."""
    settings = stages.reader_settings(config)
    for path, outcome in _run("classifier.jobs:label_job", settings, config, paths, workers):
        yield label_row(path, outcome)


def text_paths(config: Config, paths: Iterable[str], workers: int) -> Iterator[dict[str, Any]]:
    """Read files and the files below folders; one row each, with all the text that was read."""
    for path, outcome in _run("classifier.jobs:text_job", {}, config, paths, workers):
        told = json.loads(outcome.value) if outcome.value is not None else {}
        problem = told.get("problem") or (answers.problem_to_json(outcome.problem) if outcome.problem else None)
        parts = told.get("parts", [])
        yield {
            "path": _shown(path),
            "format": told.get("format", ""),
            "reader": told.get("reader", ""),
            "completeness": told.get("completeness", "none"),
            "problem": problem["kind"] if problem else None,
            "detail": problem["detail"] if problem else "",
            "limits": told.get("limits", []),
            "notes": told.get("notes", []),
            "parts": parts,
            "text": "\n\n".join(part["text"] for part in parts if part["text"]),
        }


def label_rows(config: Config, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Label rows ``{id, text}``: no parser is involved, so no other process is either."""
    reader = reading.load(stages.reader_settings(config))
    for row in rows:
        judged, findings = reading.read_text(row["text"], reader)
        yield {"id": row["id"], **_judgement(judged), "findings": _findings(findings), "problem": None}


def read_rows(lines: TextIO, name: str, *needed: str) -> Iterator[dict[str, Any]]:
    """Rows of a JSON-lines file; raises ``InputError`` at the first that is not an object with the needed fields."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"{name}, line {number}: not JSON ({error.msg}). Each line must be one object.") from error
        missing = [field for field in needed if not isinstance(row, dict) or field not in row]
        if missing:
            raise InputError(f"{name}, line {number}: {', '.join(missing)} missing. Needed: {', '.join(needed)}.")
        yield row


def _run(
    job: str, settings: dict[str, Any], config: Config, paths: Iterable[str], workers: int
) -> Iterator[tuple[bytes, Outcome]]:
    with Pool(job, settings, workers=workers, limits=config.limits) as pool:
        for task, outcome in pool.run(_tasks(paths)):
            yield os.fsencode(str(task.key)), outcome


def _tasks(paths: Iterable[str]) -> Iterator[Task]:
    for path in paths:
        for found in _files(os.fsencode(path)):
            name = os.fsdecode(os.path.basename(found))  # noqa: PTH119 - bytes paths have no Path
            yield Task(os.fsdecode(found), partial(opening.beside, found), {"name": name})


def _files(path: bytes) -> Iterator[bytes]:
    """A file itself, or every plain file below a folder, links not followed."""
    if not os.path.isdir(path) or os.path.islink(path):  # noqa: PTH112, PTH114 - bytes paths have no Path
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            yield os.path.join(folder, name)  # noqa: PTH118 - bytes paths have no Path


def label_row(path: bytes, outcome: Outcome) -> dict[str, Any]:
    """One row of what a worker answered for a file, its name taken into account."""
    row: dict[str, Any] = {"path": _shown(path), "sha256": "", "format": ""}
    findings: list[dict[str, Any]] = []
    judged: Label | None = None
    problem = outcome.problem
    if outcome.value is not None:
        read, findings = _parse(outcome.value)
        row |= {"sha256": read.sha256, "format": read.format}
        judged, problem = read.label, read.problem
    judged = by_name(path, row["format"], judged)
    row |= _judgement(judged)
    row |= {
        "findings": findings,
        "problem": problem.kind if problem else None,
        "detail": problem.detail if problem else "",
    }
    return row


def _parse(value: bytes) -> tuple[Any, list[dict[str, Any]]]:
    told = json.loads(value)
    try:
        read = answers.reading_from_json(json.dumps(told["reading"]))
    except (answers.BadAnswerError, KeyError):
        return reading.unread(Problem("read", "crashed", "the worker's answer made no sense"), 0, {}), []
    keys = ("kind", "start", "end", "score", "because")
    return read, [{key: one.get(key) for key in keys} for one in told.get("findings", [])]


def _judgement(judged: Label | None) -> dict[str, Any]:
    if judged is None:
        return {
            "primary": None,
            "tier": None,
            "sensitive": None,
            "personal": None,
            "flags": [],
            "because": [],
            "by": "",
        }  # fmt: skip - the fields of a label, empty
    return {
        "primary": judged.primary.value,
        "tier": Tier(judged.tier).name,
        "sensitive": round(judged.sensitive, 6),
        "personal": round(judged.personal, 6),
        "flags": sorted(flag.value for flag in judged.flags),
        "because": list(judged.because),
        "by": judged.by,
    }


def _findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [
        {"kind": one.kind, "start": one.start, "end": one.end, "score": one.score, "because": one.because}
        for one in findings
    ]


def _shown(path: bytes) -> str:
    return os.fsdecode(path)


def example_rows(path: Path) -> list[dict[str, Any]]:
    """Training rows from a JSON-lines file: ``id``, ``text`` and ``label`` or ``labels``."""
    with path.open(encoding="utf-8") as lines:
        rows = list(read_rows(lines, path.name, "id", "text"))
    for row in rows:
        if "label" not in row and "labels" not in row:
            raise InputError(f"{path.name}, row {row['id']}: label missing. Needed: label or labels.")
    return rows
