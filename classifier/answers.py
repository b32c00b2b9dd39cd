"""Readings and what else workers answer, as JSON: written freely, read back strictly, for a worker is a stranger."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from classifier.item import Completeness, Content, Finding, Flag, Label, Primary, Problem, Reading, Tier

_SHA256 = re.compile(r"[0-9a-f]{64}|")
_WORD = re.compile(r"[^\x00-\x1f\x7f]{0,120}")
_SENTENCE = re.compile(r"[^\x00-\x1f\x7f]{0,400}")
_Kind = TypeVar("_Kind", Completeness, Primary, Flag, Tier)
_MOST = 256  # notes, reasons, kinds of finding
_KINDS = frozenset(
    {"encrypted", "malformed", "no-text", "empty", "unsupported", "media", "permission", "io", "changed"}
    | {"vanished", "crashed"}
)


class BadAnswerError(ValueError):
    """A worker's answer is not what the job answers; it says which field, never what stood there."""


def reading_to_json(reading: Reading) -> dict[str, Any]:
    """Write a reading as plain JSON; ``signature`` in base64."""
    return {
        "sha256": reading.sha256,
        "size": reading.size,
        "format": reading.format,
        "reader": reading.reader,
        "completeness": reading.completeness.value,
        "label": label_to_json(reading.label) if reading.label else None,
        "problem": problem_to_json(reading.problem) if reading.problem else None,
        "counts": {kind: list(pair) for kind, pair in reading.counts.items()},
        "notes": list(reading.notes),
        "limits": list(reading.limits),
        "signature": base64.b64encode(reading.signature).decode(),
        "versions": dict(reading.versions),
    }


def reading_from_json(answer: bytes | str) -> Reading:
    """Read back a reading; raises BadAnswerError unless every field is what it must be."""
    return _reading(_loaded(answer))


def _reading(told: object) -> Reading:
    fields = _object(told, "reading", Reading.__dataclass_fields__)
    label, problem = fields["label"], fields["problem"]
    _need((label is None) != (problem is None), "label or problem")
    return Reading(
        sha256=_text(fields["sha256"], "sha256", _SHA256),
        size=_whole(fields["size"], "size"),
        format=_text(fields["format"], "format"),
        reader=_text(fields["reader"], "reader"),
        completeness=_member(Completeness, fields["completeness"], "completeness"),
        label=None if label is None else label_from_json(label),
        problem=None if problem is None else problem_from_json(problem),
        counts=_counts(fields["counts"]),
        notes=_texts(fields["notes"], "notes"),
        limits=_texts(fields["limits"], "limits"),
        signature=_bytes(fields["signature"], "signature"),
        versions=_versions(fields["versions"]),
    )


def answer_from_json(answer: bytes | str) -> Reading | str:
    """Read back what ``jobs.reading_job`` answers: a reading, or the SHA-256 of bytes that the caller knows already.

    Raises BadAnswerError.
    """
    if len(answer) < 100:
        told = _loaded(answer)
        return _text(_object(told, "known", ("known",))["known"], "known", _SHA256)
    return reading_from_json(answer)


def label_to_json(label: Label) -> dict[str, Any]:
    """Write a label as plain JSON; flags sorted, tier as a number."""
    return {
        "primary": label.primary.value,
        "tier": int(label.tier),
        "sensitive": label.sensitive,
        "personal": label.personal,
        "flags": sorted(flag.value for flag in label.flags),
        "by": label.by,
        "because": list(label.because),
    }


def label_from_json(told: object) -> Label:
    """Read back a label; raises BadAnswerError."""
    fields = _object(told, "label", Label.__dataclass_fields__)
    flags = fields["flags"]
    _need(isinstance(flags, list) and len(flags) <= len(Flag), "flags")
    return Label(
        primary=_member(Primary, fields["primary"], "primary"),
        tier=_member(Tier, fields["tier"], "tier"),
        sensitive=_share(fields["sensitive"], "sensitive"),
        personal=_share(fields["personal"], "personal"),
        flags=frozenset(_member(Flag, flag, "flags") for flag in flags),
        by=_text(fields["by"], "by"),
        because=_texts(fields["because"], "because", _SENTENCE),
    )


def problem_to_json(problem: Problem) -> dict[str, str]:
    """Write a problem as plain JSON."""
    return {"stage": problem.stage, "kind": problem.kind, "detail": problem.detail}


def problem_from_json(told: object) -> Problem:
    """Read back a problem of a known kind; raises BadAnswerError."""
    fields = _object(told, "problem", Problem.__dataclass_fields__)
    kind = _text(fields["kind"], "kind")
    _need(kind in _KINDS or kind.startswith("limit:"), "kind")
    return Problem(_text(fields["stage"], "stage"), kind, _text(fields["detail"], "detail", _SENTENCE))


def findings_to_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Write findings as plain JSON: kinds and places, never values."""
    return [{name: getattr(finding, name) for name in Finding.__dataclass_fields__} for finding in findings]


def content_to_json(content: Content) -> dict[str, Any]:
    """Write a content as plain JSON: for a person who asked to see it, never for keeping."""
    return {
        "format": content.format,
        "reader": content.reader,
        "completeness": content.completeness.value,
        "limits": list(content.limits),
        "notes": list(content.notes),
        "pages": content.pages,
        "problem": None,
        "parts": [
            {"name": part.name, "kind": part.kind.value, "hidden": part.hidden, "text": part.text}
            for part in content.parts
        ],
    }


def _loaded(answer: bytes | str) -> object:
    try:
        told: object = json.loads(answer)
    except (ValueError, RecursionError):
        raise BadAnswerError("not JSON") from None
    return told


def _need(holds: bool, field: str) -> None:
    if not holds:
        raise BadAnswerError(f"the field {field} of a worker's answer is not what it must be")


def _object(told: object, name: str, fields: Iterable[str]) -> dict[str, Any]:
    _need(isinstance(told, dict) and set(told) == set(fields), name)
    assert isinstance(told, dict)
    return told


def _text(told: object, field: str, shape: re.Pattern[str] = _WORD) -> str:
    _need(isinstance(told, str) and shape.fullmatch(told) is not None, field)
    assert isinstance(told, str)
    return told


def _texts(told: object, field: str, shape: re.Pattern[str] = _WORD) -> tuple[str, ...]:
    _need(isinstance(told, list) and len(told) <= _MOST, field)
    assert isinstance(told, list)
    return tuple(_text(one, field, shape) for one in told)


def _whole(told: object, field: str) -> int:
    _need(type(told) is int and 0 <= told < 1 << 62, field)
    assert isinstance(told, int)
    return told


def _share(told: object, field: str) -> float:
    _need(type(told) in {int, float}, field)
    assert isinstance(told, int | float)
    _need(math.isfinite(told) and 0 <= told <= 1, field)
    return float(told)


def _member(kinds: type[_Kind], told: object, field: str) -> _Kind:
    _need(isinstance(told, str) or type(told) is int, field)
    try:
        return kinds(told)  # type: ignore[arg-type]  # a value of no member is caught below
    except ValueError:
        raise BadAnswerError(f"the field {field} of a worker's answer is not what it must be") from None


def _counts(told: object) -> dict[str, tuple[int, int]]:
    _need(isinstance(told, dict) and len(told) <= _MOST, "counts")
    assert isinstance(told, dict)
    counts = {}
    for kind, pair in told.items():
        _need(isinstance(pair, list) and len(pair) == 2, "counts")
        found, distinct = (_whole(number, "counts") for number in pair)
        _need(distinct <= found, "counts")
        counts[_text(kind, "counts")] = (found, distinct)
    return counts


def _bytes(told: object, field: str) -> bytes:
    _need(isinstance(told, str) and len(told) <= 4096, field)
    assert isinstance(told, str)
    try:
        return base64.b64decode(told, validate=True)
    except binascii.Error:
        raise BadAnswerError(f"the field {field} of a worker's answer is not what it must be") from None


def _versions(told: object) -> Mapping[str, str]:
    _need(isinstance(told, dict) and len(told) <= 16, "versions")
    assert isinstance(told, dict)
    return {_text(name, "versions"): _text(version, "versions") for name, version in told.items()}
