"""``strongroom vault``: look after restricted storage by hand."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from retention import custody, regain, stages, thawing, upkeep
from retention.access import Asking, fault
from retention.commands.documents import InputError
from retention.config import Config
from retention.moving.ground import probe_share
from retention.moving.thaw import ThawRefused
from retention.vault.probe import Promise, probe_vault

OK, REFUSED, BROKEN = 0, 1, 3

_REPORTED: Mapping[str, str] = {
    "unknown-object": "objects of operations that the catalogue does not know (was it lost? see: strongroom vault rebuild)",
    "unknown-held": "held files that no move accounts for",
    "foreign": "entries that Strongroom did not name",
    "object-missing": "records in custody whose object is gone, while the manifest is there",
    "share-absent": "shares that are not mounted",
}
_PROBLEMS: Mapping[str, str] = {
    "manifest": "objects without a manifest that can be read; left where they are",
    "absent": "manifests without their object; nothing to adopt",
    "corrupt": "objects that are not the bytes they should be; nothing is given back from them",
    "share-absent": "records of shares that are not mounted: mount them and run this again",
    "share-unknown": "records of shares that are not configured: configure them and run this again",
}


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")


def check(config: Config, budget: int | None, by: str) -> int:
    """Read stored objects again, all of the present round unless a budget in bytes is given."""
    with stages.opened(config) as catalogue:
        done = upkeep.check(config, catalogue, sys.maxsize if budget is None else budget, by)
    _print(f"{done.objects:,} objects read again, {done.size:,} bytes.")
    _print("The round is complete." if done.ended else "The next check goes on from here.")
    for reference in done.bad:
        _print(f"{reference}  absent or damaged: frozen, nothing is given back from it")
    if done.frozen:
        _print(f"{done.frozen:,} moves stand frozen in all.")
    return REFUSED if done.bad else OK


def rebuild(config: Config, *, quick: bool) -> int:
    """Write down what the vault holds, into a new catalogue when the old one is lost or damaged."""
    done = regain.regain(config, check=not quick)
    if done.aside:
        _print(f"The damaged catalogue was set aside as {done.aside}; a new one was begun.")
    for step, count in sorted(done.adopted.items()):
        _print(f"{count:,} moves written down as {step}")
    _print(f"{done.known:,} were known already")
    if done.untouched:
        _print(f"{done.untouched:,} copies of files that lie at their place untouched; left alone")
    for problem, count in sorted(done.problems.items()):
        _print(f"{count:,} {_PROBLEMS[problem]}")
    if {"share-absent", "share-unknown"} & set(done.problems):
        return BROKEN
    return REFUSED if done.problems else OK


def sweep(config: Config, by: str) -> int:
    """One round of the janitor; everything that it does not know is told and left alone."""
    with stages.opened(config) as catalogue:
        done = upkeep.sweep(config, catalogue, by)
    for kind in ("object", "temporary", "upload"):
        _print(f"{done.removed[kind]:,} {kind}s of finished operations removed")
    _print(f"{done.put_back:,} held files put back to their place")
    for kind, count in sorted(done.reported.items()):
        _print(f"{count:,} {_REPORTED[kind]}; left alone")
    if done.reported["share-absent"]:
        return BROKEN
    return REFUSED if done.reported["object-missing"] else OK


def probe(config: Config) -> int:
    """Try every promise of the vault, and of each share that may move."""
    broken = False
    for place, promise in _promises(config):
        state = "ok" if promise.kept else "fault" if promise.needed else "note"
        broken |= state == "fault"
        _print(f"{state:<5}  {place}: {promise.name}: {promise.sentence}")
    return BROKEN if broken else OK


def thaw(config: Config, reference: str, asking: Asking, copy: str) -> int:
    """Lift the freeze of an item whose bytes are whole again, or with a whole copy; exit code 1 when it stays frozen."""
    if sentence := fault(asking, "--reason"):
        raise InputError(sentence)
    if copy and (not Path(copy).is_file() or not os.access(copy, os.R_OK)):
        raise InputError("The copy that --copy names is not a file that can be read.")
    with stages.opened(config) as catalogue:
        try:
            step = thawing.thaw(config, catalogue, reference, asking, Path(copy) if copy else None)
        except ThawRefused as error:
            _print(f"{reference}  stays frozen: {error}")
            return REFUSED
    _print(f"{reference}  is {step.value} again; it can be read and put back")
    return OK


def _promises(config: Config) -> Iterator[tuple[str, Promise]]:
    for promise in probe_vault(custody.vault(config)):
        yield "vault", promise
    for share in config.share:
        if share.mode != "report":
            for promise in probe_share(share.root):
                yield f"share {share.name}", promise
