"""The way to restricted storage as configured: the mover that the night, the command line and the review pages share."""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from classifier.item import Tier
from classifier.label import by_name
from retention import place
from retention.catalogue import Catalogue, events, lookup, notes
from retention.catalogue.decisions import path_of
from retention.catalogue.grouping import Group
from retention.catalogue.moves import Moves, SharedMoves
from retention.config import Config
from retention.moving.bench import Bench, LeaseLost
from retention.moving.crew import Crew
from retention.moving.ground import probe_share
from retention.pointer import Words, signing_key
from retention.restrict import Mover, MoveSettings, Order, Receipt
from retention.vault import Disk, Move, Vault, VaultError, VaultSettings, open_vault
from retention.vault.probe import need, probe_vault

_SKEW = dt.timedelta(minutes=10)


class CustodyError(Exception):
    """What was asked cannot be done; the message says why and what to do."""


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def vault_settings(config: Config) -> VaultSettings:
    """Where restricted storage is, as the configuration says."""
    told = config.vault
    return VaultSettings(
        kind=told.kind,
        path=config.vault_path,
        bucket=told.bucket,
        prefix=told.prefix,
        endpoint=told.endpoint,
        region=told.region,
        kms_key=told.kms_key,
        object_lock=told.object_lock,
        lock_days=told.lock_days,
        versioning=told.versioning,
        key_file=told.key_file,
        ca_file=told.ca_file,
    )


def vault(config: Config) -> Vault:
    """The configured vault, open."""
    return open_vault(vault_settings(config))


def prove(config: Config, catalogue: Catalogue) -> None:
    """Try every promise that moves rest on, of clock, vault and each share that may move; raises ``VaultError`` for a broken one."""
    _need_clock(catalogue)
    need(probe_vault(vault(config)))
    for share in config.share:
        if share.mode != "report":
            need(probe_share(share.root))


def _need_clock(catalogue: Catalogue) -> None:
    """Refuse a clock that was set back behind what is in the audit log: holding periods and leases go by it."""
    with catalogue.read() as connection:
        newest = events.newest(connection)
    if newest is not None and newest > _now() + _SKEW:
        raise VaultError(
            "Nothing is moved. The machine's clock is behind the newest event in the audit log; set it right, or wait."
        )


def _settings(config: Config) -> MoveSettings:
    words = Words(config.notice.access, config.notice.whistleblowing, config.notice.safeguarding)
    return MoveSettings(
        key=signing_key(config.state / "notes.key"),
        holding=dt.timedelta(days=config.vault.holding_days),
        words=words,
        sentinels={share.name: share.sentinel for share in config.share if share.sentinel},
    )


def mover(config: Config, catalogue: Catalogue) -> Mover:
    """A mover for the configured shares, vault and catalogue."""
    return Mover(vault(config), _shares(config), Moves(catalogue, _now), _now, _settings(config))


def crew(config: Config, catalogue: Catalogue) -> Crew:
    """As many movers as the configuration says, which commit together; for more than a few moves."""
    journal = SharedMoves(catalogue, _now, Group(catalogue, LeaseLost))
    store, shares, settings, notices = vault(config), _shares(config), _settings(config), threading.Lock()
    return Crew(
        Mover(store, shares, journal, _now, settings, notices=notices) for _ in range(max(1, config.vault.hands))
    )


def unfinished(catalogue: Catalogue) -> list[Move]:
    """Moves that an earlier run left at no final step, oldest first."""
    return Moves(catalogue, _now).unfinished()


def _shares(config: Config) -> dict[str, Path]:
    return {share.name: share.root for share in config.share}


def bench(config: Config, catalogue: Catalogue) -> Bench:
    """The same as a bench, for the janitor."""
    return Bench(vault(config), _shares(config), Moves(catalogue, _now), _now, _settings(config), Disk())


def order(row: Any, run_id: int, by: str = "nightly") -> Order:
    """The order to move one item, from its row in the catalogue. A name that gives a secret away asks for a quiet note."""
    path = path_of(row)
    named = by_name(path, "", None)
    return Order(
        item_id=row["id"],
        run_id=run_id,
        share=row["share"],
        path=path,
        sha256=row["sha256"],
        size=row["size"],
        inode=row["inode"],
        modified_ns=row["modified_ns"],
        changed_ns=row["changed_ns"],
        quiet=named is not None and named.tier >= Tier.T3,
        by=by,
    )


def note_pointers(config: Config, catalogue: Catalogue, operations: Iterable[str]) -> None:
    """Write down what the pointer notes of moves look like, so that the next crawl knows them without opening them."""
    journal = Moves(catalogue, _now)
    found = [(move, _seen_note(config, move)) for move in map(journal.find, operations) if move is not None]
    with catalogue.begin() as connection:
        for move, seen in found:
            if move.pointer is not None and seen is not None:
                notes.left(connection, move.share, move.pointer, seen)


def _seen_note(config: Config, move: Move) -> os.stat_result | None:
    if move.pointer is None:
        return None
    root = place.open_root(next(share.root for share in config.share if share.name == move.share))
    try:
        folder, name = place.open_parent(root, move.pointer)
        try:
            return place.look(folder, name)
        finally:
            os.close(folder)
    except FileNotFoundError:
        return None
    finally:
        os.close(root)


def find(catalogue: Catalogue, reference: str) -> Move:
    """A move by the reference on its pointer note (``R-7Q4K-19AB``).

    Raises ``CustodyError`` when there is none, or when the reference fits several.
    """
    with catalogue.read() as connection:
        fitting = lookup.operations(connection, reference)
    found = Moves(catalogue, _now).find(fitting[0]) if len(fitting) == 1 else None
    if found is None:
        why = "fits several moves" if fitting else "is not known"
        raise CustodyError(
            f"The reference {reference} {why}. It stands on the pointer note; strongroom moves lists all."
        )
    return found


def restore(config: Config, catalogue: Catalogue, reference: str, by: str) -> Receipt:
    """Put one item back to its place."""
    return mover(config, catalogue).restore(find(catalogue, reference), by)


def undo(config: Config, catalogue: Catalogue, run_id: int, by: str) -> Iterator[Receipt]:
    """Put back everything that one run moved, the newest first, several at once."""
    yield from crew(config, catalogue).restore(Moves(catalogue, _now).of_run(run_id), by)
