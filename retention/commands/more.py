"""Verbs of the records manager: the schedule, holds, disposal, and how well the model does."""

from __future__ import annotations

from typing import Any


def add(verbs: Any, verb: Any) -> None:
    """Add these verbs to the command line."""
    del verbs, verb
