"""What a pool's workers can be asked to do with a file; each maker runs once, in the template, before the locks close."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from classifier import answers, extract, label, reading
from classifier.limits import Limits

Job = Callable[[BinaryIO, Mapping[str, Any]], dict[str, Any]]
_SAMPLE = b"Dear Sir or Madam,\n\nMinutes of the parks committee, 1 March 2024. Telephone 01632 960001.\n"


def reading_job(settings: Mapping[str, Any], limits: Limits) -> Job:
    """Make the job that answers with a Reading.

    ``args`` may hold ``name``, as ``os.fsdecode`` gives it, and ``known``, SHA-256 values of files of the same size
    that have been read before: such bytes are hashed and answered with ``{"known": …}``, not read again.
    """
    return reading_with(_ready(settings, limits), limits)


def reading_with(reader: reading.Reader, limits: Limits) -> Job:
    """Make the same job with a reader that is loaded already."""

    def job(file: BinaryIO, args: Mapping[str, Any]) -> dict[str, Any]:
        known = args.get("known")
        if known and (sha256 := reading.digest(file)) in known:
            return {"known": sha256}
        return answers.reading_to_json(reading.read(file, _name(args), limits, reader))

    return job


def label_job(settings: Mapping[str, Any], limits: Limits) -> Job:
    """Make the job that answers with ``{"reading": …, "findings": […]}``; findings say what and where, not the value."""
    reader = _ready(settings, limits)

    def job(file: BinaryIO, args: Mapping[str, Any]) -> dict[str, Any]:
        read, findings = reading.read_closely(file, _name(args), limits, reader)
        return {"reading": answers.reading_to_json(read), "findings": answers.findings_to_json(findings)}

    return job


def explain_job(settings: Mapping[str, Any], limits: Limits) -> Job:
    """Make the job that answers with ``{"reading": …, "card": …}``; a card holds public words, kinds and counts only."""
    reader = _ready(settings, limits)
    reading.explain(io.BytesIO(_SAMPLE), b"sample.txt", limits, reader)

    def job(file: BinaryIO, args: Mapping[str, Any]) -> dict[str, Any]:
        name = _name(args)
        read = reading.read(file, name, limits, reader)
        file.seek(0)
        card = reading.explain(file, name, limits, reader) if read.label else None
        return {"reading": answers.reading_to_json(read), "findings": [], "card": card}

    return job


def text_job(settings: Mapping[str, Any], limits: Limits) -> Job:
    """Make the job that answers with a Content as JSON, or the same fields with a ``problem`` and no parts."""
    del settings
    extract.warm()

    def job(file: BinaryIO, args: Mapping[str, Any]) -> dict[str, Any]:
        content, failed = reading.extract_file(file, _name(args), limits)
        if content:
            return answers.content_to_json(content)
        assert failed.problem
        blank = {"reader": "", "completeness": "none", "limits": [], "pages": 0, "parts": []}
        problem = answers.problem_to_json(failed.problem)
        return {"format": failed.format, "notes": list(failed.notes), "problem": problem, **blank}

    return job


def _ready(settings: Mapping[str, Any], limits: Limits) -> reading.Reader:
    """Load everything and do the whole work once, so that nothing is imported or opened behind the locks."""
    extract.warm()
    reader = reading.load(settings)
    reading.read(io.BytesIO(_SAMPLE * 20), b"sample.txt", limits, reader)
    label.canary(reader.judge)  # its sensitive documents wake up what the sample does not
    return reader


def _name(args: Mapping[str, Any]) -> bytes:
    return os.fsencode(args.get("name", ""))
