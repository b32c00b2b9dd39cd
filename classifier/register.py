"""The model register: arrays as .npy files and one JSON page with the hash of each; refused when anything differs.

Never pickle: nothing in a model folder can run. The page also names the version of scikit-learn that made the model,
its classes and its features, because a model read with others would answer nonsense without an error.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PAGE = "register.json"
FORMAT = 1
CLASSES = ("official", "personal", "sensitive")
_AGAIN = "run 'strongroom train' to make it anew, or restore the folder from a backup"


class ModelRefusedError(Exception):
    """A model folder is missing, damaged or made for other versions; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A model as stored: its arrays by name, its settings, its version (kind and first digits of its hash)."""

    arrays: Mapping[str, NDArray[Any]]
    settings: Mapping[str, Any]
    version: str


def _bytes(array: NDArray[Any]) -> bytes:
    held = io.BytesIO()
    np.save(held, np.ascontiguousarray(array), allow_pickle=False)
    return held.getvalue()


def _write(path: Path, data: bytes) -> None:
    """Write beside the place, then rename: a reader sees the old file or the new one, never half of it."""
    beside = path.with_suffix(path.suffix + ".new")
    beside.write_bytes(data)
    beside.replace(path)


def _digest(page: Mapping[str, Any]) -> str:
    plain = {key: value for key, value in page.items() if key not in {"digest", "version"}}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def save(
    folder: Path, kind: str, arrays: Mapping[str, NDArray[Any]], features: tuple[str, ...], settings: Mapping[str, Any]
) -> str:
    """Write a model folder and return its version; the page is written last, so that a half-written folder is refused."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for name, array in arrays.items():
        data = _bytes(array)
        written[name] = {"sha256": hashlib.sha256(data).hexdigest(), "shape": list(array.shape)}
        _write(folder / f"{name}.npy", data)
    page: dict[str, Any] = {
        "format": FORMAT,
        "kind": kind,
        "made_with": {"scikit-learn": metadata.version("scikit-learn")},
        "classes": list(CLASSES),
        "features": {"count": len(features), "sha256": hashlib.sha256("\n".join(features).encode()).hexdigest()},
        "arrays": written,
        "settings": dict(settings),
    }
    page["digest"] = _digest(page)
    page["version"] = f"{kind}-{page['digest'][:12]}"
    _write(folder / PAGE, json.dumps(page, indent=1, sort_keys=True).encode())
    return str(page["version"])


def _page(folder: Path) -> dict[str, Any]:
    try:
        page = json.loads((folder / PAGE).read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelRefusedError(f"There is no model in this folder; {_AGAIN}.") from error
    except ValueError as error:
        raise ModelRefusedError(f"The model's register page is damaged; {_AGAIN}.") from error
    if not isinstance(page, dict):
        raise ModelRefusedError(f"The model's register page is damaged; {_AGAIN}.")
    return page


def _check(page: Mapping[str, Any], features: tuple[str, ...]) -> None:
    if page.get("digest") != _digest(page):
        raise ModelRefusedError(f"The model's register page was changed after it was made; {_AGAIN}.")
    if page.get("format") != FORMAT:
        raise ModelRefusedError(f"The model has format {page.get('format')}, this version reads {FORMAT}; {_AGAIN}.")
    made, here = page["made_with"]["scikit-learn"], metadata.version("scikit-learn")
    if made != here:
        raise ModelRefusedError(f"The model was made with scikit-learn {made}, {here} is installed; {_AGAIN}.")
    if page["classes"] != list(CLASSES):
        raise ModelRefusedError(f"The model knows other classes ({', '.join(page['classes'])}); {_AGAIN}.")
    wanted = hashlib.sha256("\n".join(features).encode()).hexdigest()
    if page["features"]["count"] != len(features) or page["features"]["sha256"] != wanted:
        raise ModelRefusedError(
            f"The model has {page['features']['count']} features and this version {len(features)}, or others; {_AGAIN}."
        )


def _array(folder: Path, name: str, wanted: Mapping[str, Any]) -> NDArray[Any]:
    try:
        data = (folder / f"{name}.npy").read_bytes()
    except OSError as error:
        raise ModelRefusedError(f"The model's array {name} is missing; {_AGAIN}.") from error
    if hashlib.sha256(data).hexdigest() != wanted["sha256"]:
        raise ModelRefusedError(f"The model's array {name} differs from its hash in the register; {_AGAIN}.")
    found: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
    if list(found.shape) != wanted["shape"]:
        raise ModelRefusedError(f"The model's array {name} has another shape than the register says; {_AGAIN}.")
    return found


def read(folder: Path, features: tuple[str, ...]) -> Registered:
    """Read a model folder.

    Raises:
        ModelRefusedError: Hash, scikit-learn version, classes, features or format differ; the message says what to do.
    """
    page = _page(folder)
    try:
        _check(page, features)
        arrays = {str(name): _array(folder, str(name), wanted) for name, wanted in page["arrays"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise ModelRefusedError(f"The model's register page is incomplete; {_AGAIN}.") from error
    return Registered(arrays, page["settings"], str(page["version"]))
