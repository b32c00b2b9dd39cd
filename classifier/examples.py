"""What training needs of a document, made in a locked worker: numbers come out of it, never its text.

An example is the hashes of the document's words and pairs of words, of its opening's too, and its dense features: all that
``train_council`` looks at. The numbers live in memory until the training is done and are written nowhere.
"""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

from classifier import answers, detect, extract, label, reading
from classifier.jobs import Job
from classifier.label_features import DENSE, dense, read
from classifier.label_text import Tokens
from classifier.limits import Limits

_MOST = 40_000
"""Tokens of a document that training looks at; what follows them does not count."""
_SAMPLE = b"Dear Sir or Madam,\n\nMinutes of the parks committee, 1 March 2024. Telephone 01632 960001.\n"


class BadExampleError(Exception):
    """A worker's example makes no sense, so nothing is learned from it."""


def example_job(settings: Mapping[str, Any], limits: Limits) -> Job:
    """Make the job that answers with ``{"reading": …, "example": …}``; the example is None where nothing could be read."""
    extract.warm()
    reader = reading.load(settings)

    def job(file: BinaryIO, args: Mapping[str, Any]) -> dict[str, Any]:
        name = os.fsencode(args.get("name", ""))
        read_of = reading.read(file, name, limits, reader)
        if read_of.label is None:
            return {"reading": answers.reading_to_json(read_of), "example": None}
        file.seek(0)
        content, _failed = reading.extract_file(file, name, limits)
        assert content is not None
        seen = read(reader.judge.starter, content, detect.detect(content, reader.detector))
        values, opened = dense(seen)
        example = {"whole": _packed(seen.tokens), "opened": _packed(opened), "values": _coded(values)}
        return {"reading": answers.reading_to_json(read_of), "example": example}

    job(io.BytesIO(_SAMPLE * 20), {"name": "sample.txt"})
    label.canary(reader.judge)
    return job


def trial_job(settings: Mapping[str, Any], limits: Limits) -> Job:
    """Make the job that answers with the Reading of one of several models: ``args`` gives its number in ``settings["models"]``."""
    extract.warm()
    readers = [reading.load({**settings, "model": folder}) for folder in settings["models"]]
    for reader in readers:
        reading.read(io.BytesIO(_SAMPLE * 20), b"sample.txt", limits, reader)
        label.canary(reader.judge)

    def job(file: BinaryIO, args: Mapping[str, Any]) -> dict[str, Any]:
        name = os.fsencode(args.get("name", ""))
        return answers.reading_to_json(reading.read(file, name, limits, readers[int(args["model"])]))

    return job


def unpacked(told: Any) -> tuple[Tokens, Tokens, np.ndarray]:
    """A worker's example as the tokens of the whole and of the opening, and the dense features; checked like a stranger's word.

    Raises:
        BadExampleError: It is not what ``example_job`` makes.
    """
    try:
        whole, opened = (_tokens(told[name]) for name in ("whole", "opened"))
        values = np.frombuffer(base64.b64decode(told["values"], validate=True), "<f8")
    except (KeyError, TypeError, ValueError) as error:
        raise BadExampleError("The worker's example makes no sense.") from error
    if len(values) != len(DENSE) or not np.isfinite(values).all():
        raise BadExampleError("The worker's example has other features than these.")
    return whole, opened, values


def _packed(found: Tokens) -> dict[str, str]:
    single, pair, capital = found.single[:_MOST], found.pair[: _MOST - 1], found.capital[:_MOST]
    return {"single": _coded(single), "pair": _coded(pair), "capital": _coded(capital.astype(np.uint8))}


def _coded(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def _tokens(told: Any) -> Tokens:
    raw = {name: base64.b64decode(told[name], validate=True) for name in ("single", "pair", "capital")}
    single, pair = np.frombuffer(raw["single"], "<u8"), np.frombuffer(raw["pair"], "<u8")
    capital = np.frombuffer(raw["capital"], np.uint8).astype(bool)
    if len(single) != len(capital) or len(single) > _MOST or len(pair) > _MOST:
        raise ValueError("tokens of different lengths")
    return Tokens(single, pair, capital)
