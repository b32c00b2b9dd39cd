"""Upkeep: read again what is in custody, clear away what killed runs left, and prune Airflow's old logs.

The functions that take a run are the tasks of the DAG ``upkeep``. Each says again what it counted when it is run again for the same
run. Only ids, references and counts come out.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retention import custody, stages
from retention.catalogue import Catalogue, events, runs
from retention.catalogue.moves import Moves
from retention.config import Config
from retention.moving import janitor as cleaning
from retention.moving.fixity import check_fixity, nightly_budget
from retention.vault import Step
from retention.vault.removal import remove_scratch

log = logging.getLogger("strongroom")

_ROUND = "vault-fixity"
_SLICE = 1 << 30  # bytes after which the place is written down
_PAGE = 1000


class AlarmError(Exception):
    """Something in custody is damaged or missing. The message holds references and counts; a person must act."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check read: objects, bytes, the references of those it froze, and all that stand frozen by now.

    ``ended`` says that it came to the end of the round, so that every object in custody has been read since the round began.
    """

    objects: int
    size: int
    bad: tuple[str, ...]
    frozen: int
    ended: bool


def check(config: Config, catalogue: Catalogue, budget: int, by: str) -> Checked:
    """Read stored objects again, about ``budget`` bytes of them, from where the last check ended; freeze what does not match.

    Where it got to is written down after each GiB, so that a check that is killed goes on from there. Raises ``VaultError`` when the
    vault does not answer.
    """
    vault, journal = custody.vault(config), Moves(catalogue, stages.now)
    after, objects, size, ended = _place(catalogue), 0, 0, False
    bad: list[str] = []
    while size < budget and not ended:
        found = check_fixity(vault, journal, min(_SLICE, budget - size), stages.now, after)
        after, ended = found.after, not found.after
        objects, size = objects + found.objects, size + found.size
        bad += found.bad
        _remember(catalogue, after)
    _, frozen = _held(journal)
    with catalogue.begin() as connection:
        events.append(
            connection,
            actor=by,
            action="fixity.alarm" if bad else "fixity.checked",
            subject="vault",
            detail={"objects": objects, "bytes": size, "bad": bad},
            at=stages.now(),
        )
    return Checked(objects, size, tuple(bad), frozen, ended)


def weekly_budget(config: Config, catalogue: Catalogue) -> int:
    """How many bytes a week must read, so that all is read within ``[vault] check_weeks``; one at least."""
    total, _ = _held(Moves(catalogue, stages.now))
    return max(1, nightly_budget(total, config.vault.check_weeks))


def _held(journal: Moves) -> tuple[int, int]:
    """Bytes in custody, and how many moves stand frozen."""
    after, size, frozen = 0, 0, 0
    while page := journal.in_custody(after, _PAGE):
        after = page[-1].id
        size += sum(move.size for move in page)
        frozen += sum(move.step is Step.FROZEN for move in page)
    return size, frozen


def _place(catalogue: Catalogue) -> int:
    """The id of the last move that the present round has looked at."""
    with catalogue.begin() as connection:
        runs.begin(connection, _ROUND, "fixity", report_only=True, versions={}, now=stages.now())
        found = runs.find(connection, _ROUND)
        before = runs.finished(connection, found.id, "fixity") if found else None
    return int((before or {}).get("after", 0))


def _remember(catalogue: Catalogue, after: int) -> None:
    with catalogue.begin() as connection:
        found = runs.find(connection, _ROUND)
        if found is not None:
            runs.finish(connection, found.id, "fixity", {"after": after}, stages.now())


def sweep(config: Config, catalogue: Catalogue, by: str) -> cleaning.Sweep:
    """One round of the janitor through the vault and every share's holding folder, with an event that says what it did."""
    done = cleaning.sweep(custody.bench(config, catalogue))
    with catalogue.begin() as connection:
        events.append(
            connection,
            actor=by,
            action="janitor",
            subject="vault",
            detail={"removed": dict(done.removed), "reported": dict(done.reported), "put back": done.put_back},
            at=stages.now(),
        )
    return done


def prune(logs: Path, before: dt.datetime) -> int:
    """Remove the logs of Airflow's runs, and of its reading of DAG files, in which nothing was written since; gives how many.

    ``logs`` is Airflow's log folder. A folder goes as a whole or not at all; links are left alone.
    """
    old = [
        folder
        for pattern in ("dag_id=*/run_id=*", "dag_processor/*")
        for folder in sorted(logs.glob(pattern))
        if folder.is_dir() and not folder.is_symlink() and _newest(folder) < before.timestamp()
    ]
    for folder in old:
        remove_scratch(folder, logs)
    return len(old)


def _newest(folder: Path) -> float:
    return max(
        os.lstat(os.path.join(place, name)).st_mtime  # noqa: PTH118 - os.walk gives texts
        for place, folders, files in os.walk(folder)
        for name in (*folders, *files, ".")
    )


# --- tasks ------------------------------------------------------------------------------------------------------------------------


def fixity(config: Config, run: str) -> dict[str, int]:
    """This week's share of reading custody again. Raises ``AlarmError`` for an object that is absent or damaged."""

    def work(catalogue: Catalogue) -> dict[str, int]:
        done = check(config, catalogue, weekly_budget(config, catalogue), "upkeep")
        if done.bad:
            log.error("damaged in custody and frozen: %s", ", ".join(done.bad))
        return {"objects": done.objects, "bytes": done.size, "bad": len(done.bad), "frozen": done.frozen}

    counts = _once(config, run, "fixity", work)
    if counts["bad"]:
        raise AlarmError(
            f"{counts['bad']} objects in restricted storage are absent or damaged and were frozen. "
            "Keep the storage as it is, get them back from its versions or backups, and lift the freeze with: strongroom vault thaw"
        )
    return counts


def janitor(config: Config, run: str) -> dict[str, int]:
    """Clear away what killed runs left. Raises ``AlarmError`` when a record's manifest lies in the vault without the record."""

    def work(catalogue: Catalogue) -> dict[str, int]:
        done = sweep(config, catalogue, "upkeep")
        told = {**done.removed, **{f"reported {kind}": count for kind, count in done.reported.items()}}
        return {**told, "put back": done.put_back}

    counts = _once(config, run, "janitor", work)
    if counts.get("reported object-missing"):
        raise AlarmError(f"{counts['reported object-missing']} records in custody have a manifest but no object.")
    return counts


def prune_logs(config: Config, run: str) -> dict[str, int]:
    """Remove Airflow's task logs that are older than ``[airflow] keep_days``."""

    def work(_catalogue: Catalogue) -> dict[str, int]:
        before = stages.now() - dt.timedelta(days=config.airflow.keep_days)
        return {"removed": prune(config.state.absolute() / "airflow" / "logs", before)}

    return _once(config, run, "prune_logs", work)


def _once(config: Config, run: str, stage: str, work: Callable[[Catalogue], dict[str, int]]) -> dict[str, int]:
    """Do a piece of work once for each run, and write down what it counted."""
    with stages.opened(config) as catalogue:
        with catalogue.begin() as connection:
            runs.begin(connection, run, "upkeep", report_only=True, versions={}, now=stages.now())
            found = runs.find(connection, run)
            before: dict[str, Any] | None = runs.finished(connection, found.id, stage) if found else None
        if before is None and found is not None:
            before = work(catalogue)
            with catalogue.begin() as connection:
                runs.finish(connection, found.id, stage, before, stages.now())
            log.info("%s: %s", stage, before)
    return dict(before or {})
