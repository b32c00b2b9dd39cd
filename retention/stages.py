"""The shell: one function for each task of the night. Each reads the catalogue, calls the core and writes the catalogue.

Every stage selects its work by what the catalogue says is still to do, so running one again, alone or twice at once, changes nothing
more. Only ids, names of shares and counts come out; never a path, never a word of a document.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import math
import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from classifier import answers, opening, reading
from classifier.ahead import walk_ahead
from classifier.item import Problem, Reading
from classifier.label import by_name
from classifier.pool import Outcome, Pool, Task
from retention import hold_templates, judging, models, zones
from retention.catalogue import (
    Catalogue,
    decisions,
    events,
    figures,
    inventory,
    leases,
    lookup,
    notes,
    open_catalogue,
    readings,
    runs,
)
from retention.catalogue import holds as kept_holds
from retention.catalogue.runs import Run, Verdict
from retention.clock import london_date
from retention.config import Config
from retention.hold import Hold, place
from retention.schedule import Schedule
from retention.vault import Receipt

log = logging.getLogger("strongroom")

_BATCH = 200  # readings in one transaction
_LEASE = dt.timedelta(minutes=10)
_SHARD_SIZE = 150  # items below which another task costs more than it saves
_LOTS = 8

Counts = dict[str, Any]
Progress = Callable[[int, int], None]


class GateFailedError(Exception):
    """A gate stopped the night: nothing after it moves. The message is one sentence for a person."""


class NightError(Exception):
    """A stage cannot run as things are; the message says what to do next."""


class StoppedError(Exception):
    """The stage was asked to stop between two files; running it again goes on from there."""


def _quiet(_done: int, _all: int) -> None:
    return None


def now() -> dt.datetime:
    """The one clock of the shell, in UTC."""
    return dt.datetime.now(dt.UTC)


@contextlib.contextmanager
def opened(config: Config) -> Iterator[Catalogue]:
    """The catalogue, open for the length of a block."""
    catalogue = open_catalogue(config.catalogue_url, config.state / "backups")
    try:
        yield catalogue
    finally:
        catalogue.close()


def _run(catalogue: Catalogue, key: str) -> Run:
    with catalogue.read() as connection:
        found = runs.find(connection, key)
    if found is None:
        raise NightError(f"The catalogue knows no run {key}. Clear the task plan of this run first.")
    return found


@dataclass(frozen=True, slots=True)
class _Part:
    """One attempt at one piece of a run: its lease, and what was counted when the piece was finished before."""

    catalogue: Catalogue
    run: Run
    stage: str
    name: str
    token: str
    before: Counts | None

    @contextlib.contextmanager
    def writing(self) -> Iterator[Any]:
        """A transaction that only the newest attempt may make."""
        with self.catalogue.begin() as connection:
            leases.confirm(connection, self.scope, self.token)
            yield connection

    @property
    def scope(self) -> str:
        return f"{self.run.key}:{self.stage}:{self.name}"

    def finish(self, counts: Mapping[str, Any]) -> Counts:
        with self.writing() as connection:
            runs.finish(connection, self.run.id, self.stage, counts, now(), self.name)
        return dict(counts)


@contextlib.contextmanager
def _part(config: Config, key: str, stage: str, name: str = "") -> Iterator[_Part]:
    with opened(config) as catalogue:
        run = _run(catalogue, key)
        token = uuid.uuid4().hex
        with catalogue.begin() as connection:
            before = runs.finished(connection, run.id, stage, name)
            leases.take(connection, f"{key}:{stage}:{name}", token, now(), _LEASE)
        yield _Part(catalogue, run, stage, name, token, before)


def _settled(part: _Part) -> bool:
    """Whether a newer night has begun, so that this one may only say again what it counted."""
    if part.run.later and part.before is None:
        raise NightError("A newer night has begun, so this one cannot go on. Look at the newest run.")
    return part.run.later


# --- plan -------------------------------------------------------------------------------------------------------------------------


def plan(
    config: Config,
    run: str,
    *,
    report_only: bool | None = None,
    force: bool = False,
    shares: Sequence[str] | None = None,
) -> Counts:
    """Begin a night: check the model, fix the versions, choose the shares.

    ``report_only`` None means: as the zones and shares say. ``force`` reads every document again. Raises ``NightError`` when there is
    no share to look at, ``ModelRefusedError`` when the model is not the one that the register names.
    """
    wanted = _wanted(config, shares)
    versions = _versions(config)
    if force:
        versions["force"] = run
    with opened(config) as catalogue, catalogue.begin() as connection:
        fresh = runs.find(connection, run) is None
        runs.begin(connection, run, "nightly", report_only=bool(report_only), versions=versions, now=now())
        if fresh:
            _place_defaults(connection)
            events.append(
                connection,
                actor="strongroom",
                action="night-begun",
                subject=run,
                detail={"shares": len(wanted)},
                at=now(),
            )
    return {"shares": wanted}


def _wanted(config: Config, shares: Sequence[str] | None) -> list[str]:
    names = [share.name for share in config.share]
    if not names:
        raise NightError(
            "No share is configured. Add a [[share]] to strongroom.toml, or make one with: strongroom init FOLDER"
        )
    unknown = sorted(set(shares or ()) - set(names))
    if unknown:
        raise NightError(f"No share is called {', '.join(unknown)}. Configured: {', '.join(names)}.")
    return [name for name in names if not shares or name in shares]


def _versions(config: Config) -> dict[str, str]:
    judge = ready_model(config)
    schedule = load_schedule(config)
    named = reading.versions(judge.version)
    named["settings"] = _settings_digest(config)
    return {"readings": reading.edition(named), **named, "schedule": schedule.version}


def _settings_digest(config: Config) -> str:
    import hashlib  # noqa: PLC0415 - one use

    body = json.dumps(reader_settings(config), sort_keys=True)
    return hashlib.blake2b(f"{body}{config.limits}".encode(), digest_size=8).hexdigest()


def reader_settings(config: Config, version: str = "") -> dict[str, Any]:
    """What a reading process is told, as JSON values; ``version`` names the model that a night began with."""
    return {
        "model": os.fspath(models.folder(config, version).resolve()),
        "local_patterns": [[one.name, one.pattern, list(one.context)] for one in config.detect.pattern],
        "work_domains": list(config.detect.work_domains),
        "fixtures_count": config.detect.fixtures_count,
    }


def ready_model(config: Config) -> Any:
    """Load the model, making the starter model first when none was ever made, and let it judge the canary set."""
    from classifier import label  # noqa: PLC0415 - label is heavy and only some stages judge

    folder = models.folder(config)
    if not folder.exists() and config.model.folder is None:
        from classifier import train  # noqa: PLC0415 - scikit-learn is loaded only when something is trained

        log.info("training the starter model")
        train.starter(folder, config.model.seed)
    judge = label.load(folder)
    faults = label.canary(judge)
    if faults:
        raise NightError(
            f"The model fails its canary set, so nothing was labelled: {faults[0]} Train again: strongroom train --starter"
        )
    return judge


def load_schedule(config: Config) -> Schedule:
    """The retention schedule in force."""
    from retention import schedule  # noqa: PLC0415 - keeps the import light for stages that need none

    if config.schedule.file is None:
        return schedule.shipped()
    told = {name: value for name in ("version", "adopted", "expires") if (value := getattr(config.schedule, name))}
    return schedule.load(config.schedule.file, **told)


# --- crawl ------------------------------------------------------------------------------------------------------------------------


def crawl(config: Config, run: str, share: str, *, progress: Progress = _quiet) -> Counts:
    """Walk one share and write down what is new, changed, moved and missing. Opens no file.

    Once the inventory gate has passed, a crawl run again says what it counted: what was decided since rests on it.
    """
    told = next(one for one in config.share if one.name == share)
    with _part(config, run, "crawl", share) as part:
        with part.catalogue.read() as connection:
            gate = runs.verdicts(connection, part.run.id).get("inventory")
        if _settled(part) or (part.before is not None and gate is not None and gate.passed):
            return dict(part.before or {})
        mapped = zones.zone_map(config, share)
        inventory.rezone(part.catalogue, share, zones.digest(config, share), mapped.place)
        crawled = inventory.record(
            part.catalogue,
            share,
            walk_ahead(told.root, told.sentinel, inventory.digests(part.catalogue, share)),
            run_id=part.run.id,
            place=mapped.place,
            drop=config.gates.drop,
            nights=config.gates.evidence_nights,
            progress=lambda done: progress(done, 0),
        )
        with part.writing() as connection:
            notes.recognise(connection, share)
        counts = crawled.counts()
        log.info("crawled %s: %s", share, counts)
        return part.finish(counts)


# --- classify ---------------------------------------------------------------------------------------------------------------------


def shards(config: Config, run: str) -> list[dict[str, int]]:
    """Divide what is to be read into shards. A run keeps its number of shards, and an item its shard, over clears."""
    with opened(config) as catalogue:
        found = _run(catalogue, run)
        with catalogue.begin() as connection:
            if not found.shards:
                waiting = len(readings.todo(connection, _edition(found), 0, 1, force_run=_forced(found)))
                most = 4 * (config.work.parallelism or min(4, 2 * (os.cpu_count() or 1)))
                runs.set_shards(connection, found.id, max(1, min(most, math.ceil(waiting / _SHARD_SIZE))))
        count = _run(catalogue, run).shards
    return [{"shard": number} for number in range(count)]


def _edition(run: Run) -> str:
    return run.versions["readings"]


def _forced(run: Run) -> int:
    return run.id if run.versions.get("force") else 0


def classify(config: Config, run: str, shard: int, *, progress: Progress = _quiet) -> Counts:
    """Read and label the items of one shard in locked child processes.

    ``opened`` counts files that were opened, ``readings`` new readings; a copy of bytes that were read before gets theirs.
    """
    with _part(config, run, "classify", str(shard)) as part:
        if _settled(part):
            return dict(part.before or {})
        edition = _edition(part.run)
        with part.catalogue.read() as connection:
            todo = readings.todo(connection, edition, shard, max(1, part.run.shards), force_run=_forced(part.run))
            known = readings.known_hashes(connection, [one.size for one in todo], edition)
        counts = dict(part.before or {"opened": 0, "readings": 0, "copies": 0, "problems": 0})
        if todo:
            _read_all(config, part, todo, known, counts, progress)
        log.info("classified shard %d: %s", shard, counts)
        return part.finish(counts)


def _read_all(
    config: Config,
    part: _Part,
    todo: Sequence[readings.Todo],
    known: Mapping[int, list[str]],
    counts: Counts,
    progress: Progress,
) -> None:
    by_id = {one.item: one for one in todo}
    force = bool(_forced(part.run))
    with contextlib.ExitStack() as stack:
        roots = {share.name: _root(stack, share.root) for share in config.share}
        pool = stack.enter_context(
            Pool(
                "classifier.jobs:reading_job",
                reader_settings(config, part.run.versions.get("model", "")),
                workers=workers(config),
                limits=config.limits,
            )
        )
        batch: list[tuple[readings.Todo, Outcome]] = []
        done = 0
        for task, outcome in pool.run(_tasks(todo, roots, {} if force else known)):
            batch.append((by_id[int(task.key)], outcome))
            done += 1
            if len(batch) >= _BATCH:
                _keep(part, batch, counts)
                progress(done, len(todo))
                batch = []
        _keep(part, batch, counts)
        progress(done, len(todo))
        if pool.stopped:
            raise StoppedError("The task was asked to stop. What was read is kept; clear it to go on.")


def _root(stack: contextlib.ExitStack, root: Any) -> int:
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    stack.callback(os.close, descriptor)
    return descriptor


def _tasks(todo: Sequence[readings.Todo], roots: Mapping[str, int], known: Mapping[int, list[str]]) -> Iterator[Task]:
    for one in todo:
        name = os.fsdecode(one.path.rpartition(b"/")[2])
        args: dict[str, Any] = {"name": name}
        if one.size in known:
            args["known"] = known[one.size][:500]
        yield Task(one.item, partial(opening.below, roots[one.share], one.path), args)


def workers(config: Config) -> int:
    """Reading processes for one task: what the configuration says, else one for each core that other tasks leave."""
    return config.work.workers or 1


def _keep(part: _Part, batch: Sequence[tuple[readings.Todo, Outcome]], counts: Counts) -> None:
    if not batch:
        return
    edition, moment = _edition(part.run), now()
    with part.writing() as connection:
        for one, outcome in batch:
            counts["opened"] += outcome.opened is not None
            found = _answer(one, outcome)
            if isinstance(found, str):
                stored = readings.by_hash(connection, found, edition)
                if stored is None:
                    continue
                number, kept = stored
                counts["copies"] += 1
            else:
                kept = found
                number, fresh = readings.keep(connection, found, edition, part.run.id)
                counts["readings" if fresh else "copies"] += 1
            counts["problems"] += kept.problem is not None
            readings.attach(connection, one, number, kept, by_name, part.run.id, moment)


def _answer(one: readings.Todo, outcome: Outcome) -> Reading | str:
    if outcome.value is None:
        problem = outcome.problem or Problem("read", "crashed", "the worker gave no answer")
        return reading.unread(problem, one.size, {})
    try:
        return answers.answer_from_json(outcome.value)
    except answers.BadAnswerError:
        return reading.unread(Problem("read", "crashed", "the worker's answer made no sense"), one.size, {})


# --- decide -----------------------------------------------------------------------------------------------------------------------


def decide(config: Config, run: str, *, today: dt.date | None = None, progress: Progress = _quiet) -> Counts:
    """Decide on every item that was read or could not be: keep, restrict, review or list for disposal, with reasons."""
    from retention import past  # noqa: PLC0415 - it stands above this module

    today = today or london_date(int(now().timestamp() * 1e9))
    with _part(config, run, "decide") as part:
        with part.catalogue.read() as connection:
            acted = bool(runs.parts(connection, part.run.id, "restrict"))
        # What was moved rests on these decisions; a new night decides anew.
        if _settled(part) or (acted and part.before is not None):
            return dict(part.before or {})
        judge = judging.prepare(
            config,
            part.catalogue,
            load_schedule(config),
            holds(config, part.catalogue),
            today,
            report_only=part.run.report_only,
        )
        remembered = past.place(config, part.run.id)
        rules = past.keep_rules(remembered, judge)
        with part.writing() as connection:
            past.anchor(connection, run, rules, judge)
        counts: Counts = {"decided": 0, "written": 0, "flagged": 0, "restrict": 0, "review": 0, "keep": 0, "dispose": 0}
        last = 0
        writer = decisions.Writer(part.run.id, today)
        while rows := _slice(part.catalogue, last):
            last = rows[-1].id
            fresh, lines = [], []
            for row in rows:
                verdict, zone, known = judge.judge(row)
                counts["decided"] += 1
                counts["flagged"] += verdict.flagged
                counts[verdict.action] += 1
                inputs, body = writer.told(verdict, zone.name)
                if inputs != row.inputs or row.decision_id is None:
                    fresh.append(writer.row(row, inputs, body))
                    lines.append(past.line(known, inputs))
            past.keep(remembered, rules, lines)
            with part.writing() as connection:
                decisions.write(connection, fresh)
            counts["written"] += len(fresh)
            progress(counts["decided"], 0)
        log.info("decided: %s", counts)
        return part.finish(counts)


def _slice(catalogue: Catalogue, after: int) -> list[Any]:
    with catalogue.read() as connection:
        return decisions.candidates(connection, after)


def holds(config: Config, catalogue: Catalogue) -> tuple[Hold, ...]:
    """Every hold there ever was; which of them count is a question of the day."""
    del config
    with catalogue.read() as connection:
        return kept_holds.everything(connection)


def _place_defaults(connection: Any) -> None:
    """Place the holds that every council starts with, once: a hold's row is never deleted, so a released one stays released."""
    today = london_date(int(now().timestamp() * 1e9))
    for name in hold_templates.ON_BY_DEFAULT:
        hold = place(hold_templates.TEMPLATES[name]("strongroom", today))
        if kept_holds.named(connection, hold.id) is None:
            kept_holds.keep(connection, hold)
            events.append(
                connection,
                actor="strongroom",
                action="hold-placed",
                subject=hold.id,
                detail={"template": name},
                at=now(),
            )


# --- restrict ---------------------------------------------------------------------------------------------------------------------


def lots(config: Config, run: str) -> list[int]:
    """Divide what is to be moved into at most eight lots; none when nothing is to be moved or the night only reports."""
    with opened(config) as catalogue:
        found = _run(catalogue, run)
        with catalogue.begin() as connection:
            before = runs.finished(connection, found.id, "lots")
            if before is None:
                waiting = (
                    0 if found.report_only else len(decisions.to_restrict(connection)) + lookup.unfinished(connection)
                )
                before = {"lots": min(_LOTS, math.ceil(waiting / 25))}
                runs.finish(connection, found.id, "lots", before, now())
    return list(range(int(before["lots"])))


def restrict(config: Config, run: str, lot: int, *, progress: Progress = _quiet) -> Counts:
    """Move one lot of flagged items into restricted storage, and go on with moves that were interrupted.

    Raises ``GateFailedError`` unless every gate before it has passed for this run.
    """
    with _part(config, run, "restrict", str(lot)) as part:
        if _settled(part):
            return dict(part.before or {})
        with part.catalogue.read() as connection:
            total = int((runs.finished(connection, part.run.id, "lots") or {"lots": 1})["lots"])
            orders = decisions.to_restrict(connection, lot, max(1, total))
            _need_gates(runs.verdicts(connection, part.run.id))
        counts = dict(part.before or {"moved": 0, "refused": 0, "waiting": 0})
        if not part.run.report_only:
            _move_all(config, part, orders, counts, progress)
        log.info("restricted lot %d: %s", lot, counts)
        return part.finish(counts)


def _need_gates(verdicts: Mapping[str, Verdict]) -> None:
    for name in ("inventory", "readings", "decisions"):
        verdict = verdicts.get(name)
        if verdict is None:
            raise GateFailedError(f"Nothing is moved: the gate {name} has not been passed in this run. Clear its task.")
        if not verdict.passed:
            raise GateFailedError(f"Nothing is moved: {verdict.sentence}")


def _move_all(config: Config, part: _Part, orders: Sequence[Any], counts: Counts, progress: Progress) -> None:
    from retention import custody  # noqa: PLC0415 - only stages that move load the vault

    custody.prove(config, part.catalogue)
    crew = custody.crew(config, part.catalogue)
    left: list[str] = []
    if part.name == "0":
        for receipt in crew.resume(custody.unfinished(part.catalogue)):
            _count(receipt, counts, left)
    for done, receipt in enumerate(crew.restrict(custody.order(row, part.run.id) for row in orders), 1):
        _count(receipt, counts, left)
        progress(done, len(orders))
    custody.note_pointers(config, part.catalogue, left)


def _count(receipt: Receipt, counts: Counts, left: list[str]) -> None:
    counts["moved" if receipt.moved else "waiting" if receipt.again else "refused"] += 1
    if receipt.moved:
        left.append(receipt.operation)


# --- gates ------------------------------------------------------------------------------------------------------------------------


def check_inventory(config: Config, run: str) -> Counts:
    """Gate: every share was crawled to its end and nothing is missing on a scale that means a lost mount."""
    return _gate(config, run, "inventory")


def check_readings(config: Config, run: str) -> Counts:
    """Gate: every item has a label or a reason, labels are sound, and their mix has not jumped."""
    return _gate(config, run, "readings")


def check_decisions(config: Config, run: str) -> Counts:
    """Gate: every item has one decision, only flagged items would move, nothing held is disposed of, and the caps are kept."""
    return _gate(config, run, "decisions")


def check_custody(config: Config, run: str) -> Counts:
    """Gate: what was moved is verified, recorded and accounted for."""
    return _gate(config, run, "custody")


def _gate(config: Config, key: str, name: str) -> Counts:
    from retention import quality  # noqa: PLC0415 - Great Expectations takes seconds to load

    with _part(config, key, f"check_{name}") as part:
        if _settled(part):
            return dict(part.before or {})
        with part.catalogue.read() as connection:
            counted = figures.night(connection, part.run.id)
            counted |= figures.primaries(connection)
            night = quality.Night(
                run=part.run.id,
                shares=tuple(runs.parts(connection, part.run.id, "crawl"))
                or tuple(share.name for share in config.share),
                gates=config.gates,
                caps=config.caps,
                before=runs.last_good(connection, part.run.id, name),
            )
        outcome = quality.run_gate(name, night, url=config.catalogue_url, folder=config.state / "gates")
        verdict = Verdict(name, outcome.passed, outcome.sentence, counted)
        with part.writing() as connection:
            runs.write_verdict(connection, part.run.id, verdict, now())
        if not outcome.passed:
            with part.catalogue.begin() as connection:
                events.append(
                    connection, actor="strongroom", action="gate-failed", subject=key, detail={"gate": name}, at=now()
                )
            raise GateFailedError(outcome.sentence)
        log.info("%s", outcome.sentence)
        return part.finish({"checks": outcome.checked, "passed": 1})


# --- queue ------------------------------------------------------------------------------------------------------------------------


def queue(config: Config, run: str, *, progress: Progress = _quiet) -> Counts:
    """Put what waits for a person into families, each of which one decision can settle, and draw the samples of assurance."""
    from retention.catalogue import families, lessons, lot, samples  # noqa: PLC0415 - grouping loads numpy, which few stages need

    with _part(config, run, "queue") as part:
        if _settled(part):
            return dict(part.before or {})
        maps = judging.zone_maps(config)
        night = lot.Night(
            part.run.id,
            london_date(int(now().timestamp() * 1e9)),
            lambda share, zone: maps[share].named(zone),
            config.model.seed,
        )
        counts = families.refresh(part.catalogue, part.writing, night, progress)
        counts["sampled"] = samples.draw(part.catalogue, part.writing, part.run.id, now())["drawn"]
        with part.catalogue.read() as connection:
            counts["answers"] = lessons.fresh(connection)
        log.info("queued: %s", counts)
        return part.finish(counts)


# --- report -----------------------------------------------------------------------------------------------------------------------


def report(config: Config, run: str) -> Counts:
    """Count the night, write its report with figures, build the data docs and close the run."""
    from retention import quality  # noqa: PLC0415 - figures and data docs take seconds to load
    from retention import report as pages  # noqa: PLC0415 - figures take seconds to draw

    with _part(config, run, "report") as part:
        if _settled(part):
            return dict(part.before or {})
        with part.catalogue.read() as connection:
            counted = figures.night(connection, part.run.id)
            verdicts = runs.verdicts(connection, part.run.id)
            tables = figures.breakdown(connection, part.run.id)
        counted["gates"] = {name: verdict.passed for name, verdict in verdicts.items()}
        docs = quality.build_docs(url=config.catalogue_url, folder=config.state / "gates")
        page = pages.write(
            config.state / "reports",
            pages.Facts(config.council, part.run, counted, tables, tuple(verdicts.values()), docs, now()),
        )
        with part.writing() as connection:
            runs.end(connection, part.run.id, {**counted, "report": page.name}, now())
            if part.before is None:
                events.append(
                    connection,
                    actor="strongroom",
                    action="night-ended",
                    subject=run,
                    detail={key: counted[key] for key in ("found", "labelled", "problems", "excluded", "moved")},
                    at=now(),
                )
        return part.finish(
            {key: counted[key] for key in ("found", "labelled", "problems", "excluded", "queued", "moved", "opened")}
        )


def status(config: Config) -> Counts:
    """What the last night counted: found, labelled, problems, excluded, queued, moved, opened and its gates."""
    with opened(config) as catalogue, catalogue.read() as connection:
        last = runs.newest(connection)
        if last is None:
            return {}
        counted = dict(last.figures) or figures.night(connection, last.id)
        counted["gates"] = {name: verdict.passed for name, verdict in runs.verdicts(connection, last.id).items()}
        counted["queued"] = figures.queued(connection)
        return {"run": last.key, "started_at": last.started_at.isoformat(), **counted}
