"""The stage ``retrain``: learn from what people have decided, try the result on decisions held back, and let it in if it is not worse.

Documents are read again from their places, or from restricted storage with an entry in the audit log, in the same locked processes as in
a night; what comes out of these are numbers, which end with the training. T4 is left out. The new model is tried on decisions that neither
it nor the present one has learned from: each is judged by a model trained without its group of copies and versions, and only decisions
count that were made since the present model was let in.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from classifier import answers, examples, opening
from classifier.item import Label, Reading
from classifier.label import by_name
from classifier.pool import Pool, Task
from retention import access, models, stages, trials
from retention.catalogue import Catalogue, events, lessons, runs
from retention.catalogue.lessons import Lesson
from retention.catalogue.moves import Moves
from retention.config import Config
from retention.custody import CustodyError
from retention.vault import VaultError

log = logging.getLogger("strongroom")
_FOLDS = 3
_TRIED = 200
"""Items that nobody has labelled, drawn at random to see which labels would change."""

Counts = dict[str, Any]


class TooFewError(stages.NightError):
    """People have not labelled enough of each kind to learn from; the message says how many are needed."""


@dataclass(frozen=True, slots=True)
class Read:
    """A document as a worker told it: its numbers, and the label that the present model gives it."""

    lesson: Lesson
    told: Any
    label: str


def due(catalogue: Catalogue) -> int:
    """How many labels people have given since the last training; ``models.ENOUGH`` make another one worth while."""
    with catalogue.read() as connection:
        return lessons.fresh(connection)


def retrain(config: Config, run: str, *, dry_run: bool = False, anyway: bool = False) -> Counts:
    """Train, try and promote; returns counts. The reasons stand in the table ``trial``, or with ``dry_run`` in ``because``.

    ``anyway`` trains although little is new. Run again under the same name it only says what it counted. Raises ``TooFewError`` when there
    is too little to learn from at all.
    """
    with stages.opened(config) as catalogue:
        with catalogue.begin() as connection:
            runs.begin(connection, run, "retrain", report_only=dry_run, versions={}, now=stages.now())
            found = runs.find(connection, run)
            assert found is not None
            before = runs.finished(connection, found.id, "retrain")
        if before is not None:
            return before
        new = due(catalogue)
        counts: Counts = {"new": new, "trained": 0, "compared": 0, "promoted": 0}
        if new < models.ENOUGH and not anyway and not dry_run:
            log.info("nothing to learn yet: %s", counts)
            return _finish(catalogue, found.id, counts)
        trial = _Training(config, catalogue, found.id, run).run(dry_run=dry_run)
        return {**trial} if dry_run else _finish(catalogue, found.id, trial)


def _finish(catalogue: Catalogue, run_id: int, counts: Counts) -> Counts:
    with catalogue.begin() as connection:
        runs.finish(connection, run_id, "retrain", counts, stages.now())
        runs.end(connection, run_id, counts, stages.now())
    return counts


@dataclass(frozen=True, slots=True)
class _Training:
    """One training from the first look at the catalogue to the verdict."""

    config: Config
    catalogue: Catalogue
    run_id: int
    run_key: str

    def run(self, *, dry_run: bool) -> Counts:
        """Train, try, and unless ``dry_run`` keep and promote."""
        with self.catalogue.read() as connection:
            answered = lessons.answered(connection)
            others, population = lessons.unanswered(connection, _TRIED, self.run_key)
            promoted = lessons.last(connection, promoted=True)
        base = models.folder(self.config)
        read = self._read([*answered, *others])
        learned = [one for one in read if one.lesson.primary]
        if not learned:
            raise TooFewError("Nothing that people have labelled could be read again, so nothing was learned.")
        since = promoted["made_at"] if promoted else None
        with tempfile.TemporaryDirectory(prefix="strongroom-") as scratch:
            folders, folds = _train(base, learned, Path(scratch))
            trial, change = self._try(
                folders, folds, learned, [one for one in read if not one.lesson.primary], since, population
            )
            version = folders[-1].name
            if not dry_run:
                self._keep(folders[-1], version, base, trial, change)
        counts = {
            "new": due(self.catalogue) if dry_run else 0,
            "trained": len(learned),
            "compared": trial.after.documents,
            "mild": trial.after.mild,
            "mild_before": trial.before.mild,
            "strict": trial.after.strict,
            "strict_before": trial.before.strict,
            "would_change": change["changed"],
            "promoted": int(trial.promoted),
        }
        log.info("retrained: %s", counts)
        return counts | ({"because": [*trial.because, *trials.lines(change)]} if dry_run else {})

    def _read(self, wanted: Sequence[Lesson]) -> list[Read]:
        """Read documents again; what cannot be read, or holds other bytes by now, is left out."""
        found = []
        for lesson, answer in self._pool("classifier.examples:example_job", {}, [(one, {}) for one in wanted]):
            try:
                both = json.loads(answer)
                reading = answers.reading_from_json(json.dumps(both["reading"]))
                told = examples.unpacked(both["example"])
            except (answers.BadAnswerError, examples.BadExampleError, ValueError, KeyError, TypeError):
                continue
            if reading.sha256 == lesson.sha256 and reading.label is not None:
                found.append(Read(lesson, told, _primary(lesson, reading)))
        return sorted(found, key=lambda one: one.lesson.item)

    def _try(
        self,
        folders: Sequence[Path],
        folds: Sequence[int],
        learned: Sequence[Read],
        others: Sequence[Read],
        since: dt.datetime | None,
        population: int,
    ) -> tuple[trials.Trial, dict[str, Any]]:
        """Judge held-back decisions by the model of their fold, and other items by the whole one."""
        whole = len(folders) - 1
        asked = [
            (one.lesson, {"model": fold}) for one, fold in zip(learned, folds, strict=True) if _later(one.lesson, since)
        ]
        asked += [(one.lesson, {"model": whole}) for one in others]
        settings = {"models": [os.fspath(one) for one in folders]}
        after: dict[int, str] = {}
        for lesson, answer in self._pool("classifier.examples:trial_job", settings, asked):
            with contextlib.suppress(answers.BadAnswerError):
                after[lesson.item] = _primary(lesson, answers.reading_from_json(answer))
        held = [
            trials.Compared(one.lesson.primary, one.label, after[one.lesson.item])
            for one in learned
            if one.lesson.item in after
        ]
        pairs = [(one.label, after[one.lesson.item]) for one in others if one.lesson.item in after]
        return trials.weigh(held, _faults(folders[whole])), trials.changes(pairs, population)

    def _keep(self, made: Path, version: str, base: Path, trial: trials.Trial, change: Mapping[str, Any]) -> None:
        """Write the trial down, and let the model in when it was found not worse."""
        if trial.promoted:
            self._store(made, version)
        values = {
            "model": version,
            "against": _version(base),
            "promoted": trial.promoted,
            "because": list(trial.because),
            "figures": {**trial.figures(), "change": dict(change)},
        }
        with self.catalogue.begin() as connection:
            lessons.keep(connection, self.run_id, values, stages.now())
            action = "model.promoted" if trial.promoted else "model.refused"
            detail = {"against": values["against"], **trial.figures()}
            events.append(
                connection, actor="strongroom", action=action, subject=version, detail=detail, at=stages.now()
            )
        if trial.promoted:
            models.promote(self.config, version)

    def _store(self, made: Path, version: str) -> None:
        """Copy a model into the state folder, whole or not at all; the same version is the same model."""
        place = models.home(self.config)
        if (place / version).is_dir():
            return
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = Path(tempfile.mkdtemp(prefix=".new-", dir=place))
        for file in sorted(made.iterdir()):
            (beside / file.name).write_bytes(file.read_bytes())
        beside.rename(place / version)

    def _pool(
        self, job: str, settings: Mapping[str, Any], wanted: Sequence[tuple[Lesson, Mapping[str, Any]]]
    ) -> Iterator[tuple[Lesson, Any]]:
        """Have documents read in locked processes; gives each answer with its document, as they come."""
        by_id = {lesson.item: lesson for lesson, _more in wanted}
        told = {**stages.reader_settings(self.config), **settings}
        with contextlib.ExitStack() as stack:
            roots = {share.name: _root(stack, share.root) for share in self.config.share}
            pool = stack.enter_context(Pool(job, told, workers=stages.workers(self.config), limits=self.config.limits))
            for task, outcome in pool.run(self._tasks(wanted, roots)):
                if outcome.value is not None:
                    yield by_id[int(task.key)], outcome.value
            if pool.stopped:
                raise stages.StoppedError("The training was asked to stop. Nothing was changed; run it again.")

    def _tasks(self, wanted: Sequence[tuple[Lesson, Mapping[str, Any]]], roots: Mapping[str, int]) -> Iterator[Task]:
        for lesson, more in wanted:
            name = os.fsdecode(lesson.path.rpartition(b"/")[2])
            if lesson.restricted:
                yield Task(lesson.item, partial(self._from_vault, lesson.item), {"name": name, **more})
            elif lesson.share in roots:
                yield Task(
                    lesson.item, partial(opening.below, roots[lesson.share], lesson.path), {"name": name, **more}
                )

    def _from_vault(self, item: int) -> int:
        """The bytes of an item in custody, in memory; the look stands in the audit log first, and needs the role of a reader."""
        move = Moves(self.catalogue, stages.now).latest(item)
        if move is None:
            raise FileNotFoundError("nothing is known of its move")
        asking = access.Asking("strongroom", access.login(), "training on a person's decision")
        try:
            _move, chunks = access.read(self.config, self.catalogue, move.reference, asking)
            descriptor = os.memfd_create("strongroom")
            for chunk in chunks:
                os.write(descriptor, chunk)
        except (CustodyError, VaultError) as error:
            raise PermissionError("restricted storage does not give it") from error
        return descriptor


def _root(stack: contextlib.ExitStack, root: Path) -> int:
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    stack.callback(os.close, descriptor)
    return descriptor


def _primary(lesson: Lesson, reading: Reading) -> str:
    """The label that a reading gives an item, by its name too; what cannot be read counts as official, the mildest."""
    judged: Label | None = by_name(lesson.path, reading.format, reading.label)
    return judged.primary.value if judged else "official"


def _later(lesson: Lesson, since: dt.datetime | None) -> bool:
    return since is None or (lesson.said_at is not None and lesson.said_at > since)


def _train(base: Path, learned: Sequence[Read], scratch: Path) -> tuple[list[Path], list[int]]:
    """Train a model without each fold and one on everything, which is the last; the folder of a model is called by its version."""
    from classifier import train_people as people  # noqa: PLC0415 - scikit-learn is loaded only when something is trained
    from retention.family import near_groups  # noqa: PLC0415 - needed only here

    groups = near_groups([one.lesson.signature for one in learned])
    told = [
        people.Told(one.told[0], one.told[1], one.told[2], one.lesson.labels, f"group {group}")
        for one, group in zip(learned, groups, strict=True)
    ]
    count = min(_FOLDS, len(set(groups)))
    folds = trials.fold_of(groups, count)
    ground = people.ground(base)
    fit: Callable[[Sequence[Any], Path], Any] = lambda some, out: people.learn(ground, some, out)  # noqa: E731 - one name for both uses
    made = []
    try:
        for fold in range(count):
            made.append(scratch / f"fold-{fold}")
            fit([one for one, of in zip(told, folds, strict=True) if of != fold], made[-1])
        whole = scratch / "whole"
        version = fit(told, whole).version
    except ValueError as error:
        raise TooFewError(str(error)) from error
    return [*made, whole.rename(scratch / version)], folds


def _faults(folder: Path) -> tuple[str, ...]:
    from classifier import label  # noqa: PLC0415 - heavy, and only asked for here

    return label.canary(label.load(folder))


def _version(folder: Path) -> str:
    from classifier import label  # noqa: PLC0415 - heavy, and only asked for here

    return label.load(folder).version
