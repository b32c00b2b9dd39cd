"""Which model judges: the one that was configured, or the newest that a retraining has let in on top of it.

Models that retrainings make lie in ``<state>/models``, each in a folder called by its version, and a page names the one in force
together with the folder it was trained on top of. Whoever configures another model overrules it. A night goes on with the model it began
with, whatever is let in meanwhile.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from classifier.register import ModelRefusedError
from retention.config import Config

PAGE = "current.json"
ENOUGH = 20
"""New labels by people from which learning again pays."""


def home(config: Config) -> Path:
    """Where models that retrainings made lie."""
    return config.state / "models"


def folder(config: Config, version: str = "") -> Path:
    """The folder of the model in force, or of a version that a night began with.

    Raises:
        ModelRefusedError: The model that was let in last is gone.
    """
    if version:
        kept = home(config) / version
        return kept if kept.is_dir() else config.model_folder
    told = _told(config)
    if not told.get("version") or told.get("base") != _base(config):
        return config.model_folder
    found = home(config) / str(told["version"])
    if not found.is_dir():
        raise ModelRefusedError(
            "The model of the last retraining is missing. Restore it, or go back with: strongroom retrain --withdraw"
        )
    return found


def promote(config: Config, version: str) -> None:
    """Let a model judge from the next night on; empty goes back to the one that was configured."""
    place = home(config)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = place / f".{PAGE}.new"
    beside.write_text(json.dumps({"version": version, "base": _base(config)}), encoding="utf-8")
    beside.replace(place / PAGE)


def _base(config: Config) -> str:
    return os.fspath(config.model_folder.absolute())


def _told(config: Config) -> dict[str, Any]:
    try:
        told = json.loads((home(config) / PAGE).read_text(encoding="utf-8"))
    except OSError:
        return {}
    except ValueError as error:
        raise ModelRefusedError(
            "The page that names the model in force is damaged. Go back with: strongroom retrain --withdraw"
        ) from error
    return told if isinstance(told, dict) else {}
