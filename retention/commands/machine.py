"""``strongroom init`` and ``doctor``: begin, and see whether this machine, configuration, database and vault are sound."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from retention.catalogue import CatalogueError, open_catalogue
from retention.catalogue.store import file_system
from retention.config import Config, ConfigError, load

TEMPLATE = """\
# Strongroom reads this file. Every setting is listed, with its meaning and value, by: strongroom doctor

[strongroom]
council = "{council}"
state = "{state}"

[[share]]
name = "main"
root = "{root}"
# report: change nothing. approve: move what a person approved. move: let zones move at once.
mode = "{mode}"
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``state`` is ok, note (works, but less well) or fault (must be put right)."""

    state: str
    what: str
    detail: str


def write_config(path: Path, *, council: str, state: str, root: str, mode: str, sections: str = "") -> None:
    """Write a first ``strongroom.toml``; never over an existing one (``FileExistsError``)."""
    text = TEMPLATE.format(council=_toml(council), state=_toml(state), root=_toml(root), mode=mode)
    with path.open("x", encoding="utf-8") as file:
        file.write(text + ("\n" + sections if sections else ""))


def _toml(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def examine(path: Path | None) -> Iterator[Finding]:
    """Look at everything that a night needs; one finding each."""
    yield from _machine()
    try:
        config = load(path)
    except ConfigError as error:
        for fault in error.faults:
            yield Finding("fault", "configuration", fault)
        return
    yield Finding(
        "ok", "configuration", str(config.source) if config.source else "no strongroom.toml here: defaults are used"
    )
    yield from _shares(config)
    yield from _catalogue(config)
    yield from _vault(config)
    yield from _model(config)


def _machine() -> Iterator[Finding]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding("ok", "python", version)
    for name in ("apache-airflow", "great-expectations", "scikit-learn", "boto3", "pdfminer.six", "python-magic"):
        yield Finding("ok", name, metadata.version(name))
    from classifier import lock  # noqa: PLC0415 - ctypes look-ups only where somebody asks
    from classifier.extract import ocr  # noqa: PLC0415 - loads parsers, which other commands do without

    for name, state in lock.capabilities().items():
        weak = not state.startswith(("yes", "in force", "ok", "available"))
        yield Finding("note" if weak else "ok", f"containment: {name}", state)
    engine = ocr.state()
    yield Finding("ok" if engine else "note", "OCR", engine or "no libtesseract with English data: scans are no-text")


def _shares(config: Config) -> Iterator[Finding]:
    if not config.share:
        yield Finding("fault", "shares", "none is configured; make a configuration with: strongroom init FOLDER")
    for share in config.share:
        if not share.root.is_dir() or not os.access(share.root, os.R_OK | os.X_OK):
            yield Finding(
                "fault", f"share {share.name}", "its root cannot be listed; check that it is mounted and readable"
            )
            continue
        writable = os.access(share.root, os.W_OK)
        if share.mode == "move" and not writable:
            yield Finding("fault", f"share {share.name}", "mode is move, but this account may not write there")
        elif not share.sentinel:
            yield Finding(
                "note", f"share {share.name}", "has no sentinel, so an unmounted share is only noticed by its size"
            )
        else:
            yield Finding(
                "ok", f"share {share.name}", f"mode {share.mode}, {file_system(share.root) or 'unknown'} file system"
            )


def _catalogue(config: Config) -> Iterator[Finding]:
    try:
        catalogue = open_catalogue(config.catalogue_url, config.state / "backups")
    except CatalogueError as error:
        yield Finding("fault", "catalogue", str(error))
        return
    kind = "SQLite, in the state folder" if catalogue.is_sqlite else "PostgreSQL"
    catalogue.close()
    yield Finding("ok", "catalogue", f"{kind}; opens and is at the newest revision")


def _vault(config: Config) -> Iterator[Finding]:
    from retention import custody  # noqa: PLC0415 - loads boto3 for S3
    from retention.vault import VaultError  # noqa: PLC0415 - see above

    try:
        vault = custody.vault(config)
        free = vault.free()
    except (VaultError, OSError) as error:
        yield Finding("fault", "vault", f"cannot be used: {error}")
        return
    yield Finding(
        "ok", "vault", f"{config.vault.kind}; {'space is not limited' if free is None else f'{free >> 20:,} MiB free'}"
    )


def _model(config: Config) -> Iterator[Finding]:
    from classifier import label  # noqa: PLC0415 - heavy, and only asked for here
    from retention import models  # noqa: PLC0415 - it stands beside this room

    try:
        folder = models.folder(config)
    except label.ModelRefusedError as error:
        yield Finding("fault", "model", str(error))
        return
    if not folder.exists():
        state = "fault" if config.model.folder else "note"
        yield Finding(state, "model", "none yet; the first night trains the starter model")
        return
    try:
        judge = label.load(folder)
    except label.ModelRefusedError as error:
        yield Finding("fault", "model", str(error))
        return
    faults = label.canary(judge)
    yield Finding(
        "fault" if faults else "ok", "model", faults[0] if faults else f"{judge.version}; passes its canary set"
    )
