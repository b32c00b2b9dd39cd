"""Custody regained from the vault alone, when the catalogue is lost or damaged: what the manifests tell, written down anew.

A damaged SQLite catalogue is set aside, never written to and never removed. Decisions, holds and the audit log are not in the
vault: they come from a backup of the catalogue, so restore that first when there is one; then this adds what it does not know.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from retention import custody, stages
from retention.catalogue import Catalogue, CatalogueDamagedError, open_catalogue
from retention.catalogue.adopt import adopt
from retention.config import Config, Share
from retention.moving.manifest import Custody, found_at, rebuild
from retention.place import open_root
from retention.vault import Move, Step


@dataclass(slots=True)
class Regained:
    """What a rebuild did, in counts.

    ``adopted`` counts moves written down by step, ``known`` those the catalogue knew already, ``untouched`` copies whose original
    lies at its place unchanged. ``problems`` counts what could not be adopted as it should be: ``manifest``, ``absent``, ``corrupt``
    (adopted as frozen when nothing else is left), ``share-absent`` and ``share-unknown``. ``aside`` is the name under which a damaged
    catalogue was set aside; empty when there was none.
    """

    adopted: Counter[str] = field(default_factory=Counter)
    known: int = 0
    untouched: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    aside: str = ""


def regain(config: Config, *, check: bool = True) -> Regained:
    """Write every record that the vault holds into the catalogue, a new one when it is lost or damaged; may be repeated.

    ``check`` reads and hashes each object. Raises ``VaultError`` when the vault does not answer, and ``CatalogueError`` when the
    catalogue cannot be opened for another reason than damage.
    """
    done = Regained(aside=_set_aside(config))
    with stages.opened(config) as catalogue, contextlib.ExitStack() as stack:
        roots = {share.name: _root(stack, share) for share in config.share}
        # Sound copies first: an operation may have left a damaged attempt beside the good one.
        for found in sorted(rebuild(custody.vault(config), check=check), key=lambda one: (bool(one.problem), one.key)):
            _take_in(catalogue, found, roots, done)
    return done


def _take_in(catalogue: Catalogue, found: Custody, roots: dict[str, int | None], done: Regained) -> None:
    if found.problem:
        done.problems[found.problem] += 1
    if found.move is None or found.problem == "absent":
        return
    root = roots.get(found.move.share)
    if root is None:
        done.problems["share-absent" if found.move.share in roots else "share-unknown"] += 1
        return
    step = _step(found.move, root, damaged=found.problem == "corrupt")
    if step is None:
        done.untouched += 1
    elif adopt(catalogue, found.move, step, stages.now()):
        done.adopted[step.value] += 1
    else:
        done.known += 1


def _step(move: Move, root: int, *, damaged: bool) -> Step | None:
    step = found_at(move, root)
    return Step.FROZEN if damaged and step is Step.REMOVED else step


def _root(stack: contextlib.ExitStack, share: Share) -> int | None:
    """A share's root, open; ``None`` when it is not mounted."""
    if share.sentinel and not (share.root / share.sentinel).exists():
        return None
    try:
        root = open_root(share.root)
    except OSError:
        return None
    stack.callback(os.close, root)
    return root


def _set_aside(config: Config) -> str:
    """Rename a damaged SQLite catalogue, its log first, since a new database would take in a log that lies beside it."""
    try:
        open_catalogue(config.catalogue_url, config.state / "backups").close()
    except CatalogueDamagedError as error:
        path = error.path
        name = f"{path.name}.damaged-{stages.now():%Y%m%dT%H%M%S}"
        for piece in _pieces(path):
            piece.rename(path.with_name(name + piece.name.removeprefix(path.name)))
        return name
    return ""


def _pieces(path: Path) -> Iterator[Path]:
    for ending in ("-wal", "-shm", ""):
        piece = path.with_name(path.name + ending)
        if piece.exists():
            yield piece
