"""One file, all steps: identify, extract, detect, label. The only place that strings them together."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from classifier import detect, extract, label
from classifier.identify import Identity, identify
from classifier.item import Completeness, Content, Finding, Label, Part, Problem, Reading, Unreadable
from classifier.limits import Limits
from classifier.signature import signature

VERSION = "2"
"""Changes whenever the same contents and findings may give another reading."""

_WHOLE = 32 << 20  # bytes; up to here a file is read into memory once, and what is hashed is what is read
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Reader:
    """Everything a reading needs besides the file: the judge, the detectors' settings, and the versions of them all."""

    judge: label.Judge
    detector: detect.Detector
    versions: Mapping[str, str]


def load(settings: Mapping[str, Any]) -> Reader:
    """Make a Reader from JSON settings.

    ``model`` is a folder; ``local_patterns`` a list of [name, RE2 expression, context words]; ``work_domains`` the council's own mail
    domains; ``fixtures_count`` a flag; ``today``
    an ISO date. Raises ``label.ModelRefusedError`` and ``ValueError`` with what to do about it.
    """
    judge = label.load(Path(settings["model"]))
    return Reader(judge, _detector(settings), versions(judge.version))


def versions(model: str) -> dict[str, str]:
    """Name what a reading depends on: a reading made with other versions is out of date."""
    return {"reading": VERSION, "extract": extract.VERSION, "detect": detect.VERSION, "model": model}


def edition(versions: Mapping[str, str]) -> str:
    """Name a set of versions in 16 hexadecimal digits, to ask a catalogue what has been read by just these."""
    named = "\n".join(f"{part} {version}" for part, version in sorted(versions.items()))
    return hashlib.sha256(named.encode()).hexdigest()[:16]


def read(file: BinaryIO, name: bytes, limits: Limits, reader: Reader) -> Reading:
    """Read one file from its start to a label or a problem.

    ``file`` is seekable; ``name`` is a hint for its format. The SHA-256 is that of the bytes that were judged;
    a file whose size or time moved meanwhile is a ``changed`` problem. Raises OSError when the device fails, and
    lets MemoryError pass, which is the pool's business.
    """
    return read_closely(file, name, limits, reader)[0]


def read_closely(file: BinaryIO, name: bytes, limits: Limits, reader: Reader) -> tuple[Reading, tuple[Finding, ...]]:
    """Read as ``read`` does, and give the findings with their places too; offsets count in ``content.text``."""
    before = _stamp(file)
    source, sha256, size = _take(file, limits)
    judged = _judge(source, name, limits, reader)
    if _stamp(file) != before or (before and before[0] != size):
        judged = Judged(problem=Problem("read", "changed", "the file changed while it was read"))
    content = judged.content
    made = Reading(
        sha256=sha256,
        size=size,
        format=content.format if content else judged.format,
        reader=content.reader if content else "",
        completeness=content.completeness if content else Completeness.NONE,
        label=judged.label,
        problem=judged.problem,
        counts=counts(judged.findings),
        notes=content.notes if content else judged.notes,
        limits=content.limits if content else (),
        signature=signature(content.text) if content and judged.label else b"",
        versions=reader.versions,
    )
    return made, judged.findings


def explain(file: BinaryIO, name: bytes, limits: Limits, reader: Reader) -> dict[str, list[str]] | None:
    """Tell what weighed in the label of a file, by heading; None when the file cannot be read."""
    content, _ = extract_file(file, name, limits)
    if content is None:
        return None
    card = label.explain(reader.judge, content, detect.detect(content, reader.detector))
    return {
        heading: list(getattr(card, heading))
        for heading in ("words_for", "words_against", "markings", "rules", "changed")
    }


def read_text(text: str, reader: Reader) -> tuple[Label, tuple[Finding, ...]]:
    """Judge a text that is no file: no parser is involved. Offsets are characters of ``text``."""
    content = Content("text", (Part("text", text),), "given")
    findings = detect.detect(content, reader.detector)
    return reader.judge.judge(content, findings), findings


def unread(problem: Problem, size: int, versions: Mapping[str, str], sha256: str = "") -> Reading:
    """Make the reading of a file that never came back from its worker, or could not be opened."""
    return Reading(sha256, size, "", "", Completeness.NONE, None, problem, versions=versions)


def digest(file: BinaryIO) -> str:
    """Hash a file from its start to its end, as ``read`` does: SHA-256 in hexadecimal."""
    file.seek(0)
    total = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        total.update(chunk)
    return total.hexdigest()


def counts(findings: Iterable[Finding]) -> dict[str, tuple[int, int]]:
    """Count findings by kind, as (all, distinct)."""
    groups: dict[str, list[int]] = defaultdict(list)
    for finding in findings:
        groups[finding.kind].append(finding.group)
    return {kind: (len(found), len(set(found))) for kind, found in sorted(groups.items())}


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one file: a label with its content and findings, or a problem."""

    content: Content | None = None
    findings: tuple[Finding, ...] = ()
    label: Label | None = None
    problem: Problem | None = None
    format: str = ""
    notes: tuple[str, ...] = ()


def _judge(file: BinaryIO, name: bytes, limits: Limits, reader: Reader) -> Judged:
    content, failed = extract_file(file, name, limits)
    if not content:
        return failed
    findings = detect.detect(content, reader.detector)
    return Judged(content, findings, reader.judge.judge(content, findings))


def extract_file(file: BinaryIO, name: bytes, limits: Limits) -> tuple[Content | None, Judged]:
    """Identify and extract; without a content, the second value says what is known all the same."""
    identity = None
    try:
        identity = identify(file, name)
        content = extract.extract(file, identity, limits, name)
    except Unreadable as error:
        return None, _unreadable(identity, error)
    if not any(part.text and not part.text.isspace() for part in content.parts):
        return None, _unreadable(identity, Unreadable("no-text", "a reader found no text and no reason"))
    return content, Judged()


def _unreadable(identity: Identity | None, error: Unreadable) -> Judged:
    problem = Problem("extract" if identity else "identify", error.kind, error.detail)
    if not identity:
        return Judged(problem=problem)
    notes = (*identity.notes, *(("extension-mismatch",) if identity.mismatch else ()))
    return Judged(problem=problem, format=identity.format, notes=notes)


def _take(file: BinaryIO, limits: Limits) -> tuple[BinaryIO, str, int]:
    """Read a file once and hash it: small ones stay in memory, large ones are read again by their parser."""
    file.seek(0)
    data = file.read(_WHOLE + 1)
    if len(data) <= _WHOLE:
        return io.BytesIO(data), hashlib.sha256(data).hexdigest(), len(data)
    total, size = hashlib.sha256(data), len(data)
    del data
    while chunk := file.read(_CHUNK):
        total.update(chunk)
        size += len(chunk)
        if size > limits.size:
            break
    file.seek(0)
    return file, total.hexdigest(), size


def _stamp(file: BinaryIO) -> tuple[int, int, int] | None:
    try:
        status = os.fstat(file.fileno())
    except io.UnsupportedOperation:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ino


def _detector(settings: Mapping[str, Any]) -> detect.Detector:
    today = settings.get("today")
    return detect.detector(
        [tuple(row) for row in settings.get("local_patterns", ())],
        work_domains=tuple(settings.get("work_domains", ())),
        fixtures_count=bool(settings.get("fixtures_count")),
        today=dt.date.fromisoformat(today) if today else None,
    )
