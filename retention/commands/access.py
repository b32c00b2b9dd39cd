"""``strongroom access``: read one item in custody, into a file of one's own or into a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from retention import access, stages
from retention.commands.documents import InputError
from retention.config import Config
from retention.vault import VaultError
from retention.vault.removal import remove_scratch
from retention.vault.seal import SealError


def give(config: Config, reference: str, asking: access.Asking, out: str) -> None:
    """Send an item to a new file (mode 0600), or to standard output for ``-``.

    Raises ``InputError`` when the asking or the place is not usable and ``FileExistsError`` when the file is there. When the bytes turn out
    to be others on the way, the file is removed again and ``VaultError`` raised.
    """
    if sentence := access.fault(asking):
        raise InputError(sentence)
    to_file = out != "-"
    _check_place(config, Path(out) if to_file else None)
    with stages.opened(config) as catalogue:
        _move, chunks = access.read(config, catalogue, reference, asking)
        try:
            if to_file:
                _into_file(Path(out), chunks)
            else:
                _send(sys.stdout.fileno(), chunks)
        except SealError as error:
            raise VaultError(str(error)) from error


def _check_place(config: Config, out: Path | None) -> None:
    """Refuse a place that cannot take the bytes, before anything is logged or read."""
    if out is None:
        if sys.stdout.isatty():
            raise InputError("The bytes are not sent to a terminal. Name a new file with --out FILE, or use a pipe.")
        return
    if os.path.lexists(out):
        raise FileExistsError("The file that --out names is there already; name a new one.")
    if not out.parent.is_dir():
        raise InputError("The folder of the file that --out names is not there.")
    folder = out.parent.resolve()
    if any(folder.is_relative_to(share.root.resolve()) for share in config.share):
        raise InputError("--out lies on a share. To put the item back to its place, use: strongroom restore")


def _into_file(out: Path, chunks: Iterable[bytes]) -> None:
    opened = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    whole = False
    try:
        _send(opened, chunks)
        os.fsync(opened)
        whole = True
    finally:
        os.close(opened)
        if not whole:
            remove_scratch(out, out.parent)


def _send(to: int, chunks: Iterable[bytes]) -> None:
    for chunk in chunks:
        left = memoryview(chunk)
        while left:
            left = left[os.write(to, left) :]
