"""The command line ``strongroom``: the same verbs as the tasks of the DAGs."""

from __future__ import annotations

import argparse
import getpass
import json
import logging
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from retention.config import Config, ConfigError, load

EXITS = """\
exit codes:
  0  done
  1  a gate stopped the night, or what was asked was refused; the message says why
  2  the command or the configuration is wrong; the message says what to change
  3  something that is needed is missing or broken: a share, the catalogue, the vault, the model, Airflow
  130  interrupted; what was done is kept, and the same command goes on from there
"""
OK, REFUSED, WRONG, BROKEN, INTERRUPTED = 0, 1, 2, 3, 130


def main(arguments: list[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    given = parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        return int(given.do(given) or OK)
    except ConfigError as error:
        for fault in error.faults:
            _say(fault)
        return WRONG
    except BrokenPipeError:
        # The reader of our output has gone; nothing is left to tell it, and Python must not try again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except KeyboardInterrupt:
        _say("Interrupted. What was done is kept; the same command goes on from there.")
        return INTERRUPTED
    except Exception as error:
        code = _code(error)
        if code is None:
            raise
        _say(str(error))
        return code


def _code(error: Exception) -> int | None:
    """The exit code of an error that is written for its reader; None for one that is a fault of ours."""
    from classifier.crawl import ShareUnavailableError
    from classifier.label import ModelRefusedError
    from classifier.pool import PoolError
    from retention.catalogue import CatalogueError
    from retention.commands.documents import InputError
    from retention.custody import CustodyError
    from retention.dispose import DisposalError
    from retention.hold import HoldError
    from retention.hold_templates import RegisterError
    from retention.launch import LaunchError
    from retention.schedule import ScheduleError
    from retention.stages import GateFailedError, NightError, StoppedError
    from retention.transfer import TransferError
    from retention.vault import VaultError

    codes: tuple[tuple[tuple[type[Exception], ...], int], ...] = (
        ((GateFailedError, CustodyError, DisposalError, HoldError, TransferError), REFUSED),
        ((StoppedError,), INTERRUPTED),
        ((InputError, ScheduleError, RegisterError, FileExistsError), WRONG),
        (
            (NightError, ShareUnavailableError, ModelRefusedError, PoolError, CatalogueError, LaunchError, VaultError),
            BROKEN,
        ),
    )
    return next((code for kinds, code in codes if isinstance(error, kinds)), None)


def _say(line: str) -> None:
    sys.stderr.write(f"strongroom: {line}\n")


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")


def parser() -> argparse.ArgumentParser:
    """Every verb with its options."""
    top = argparse.ArgumentParser(
        prog="strongroom",
        description="Find what is sensitive on a council's shares, hold it against the retention schedule, "
        "and lock away what lies in the wrong place.",
        epilog=EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument(
        "--config", type=Path, help="the configuration (default: $STRONGROOM_CONFIG, else strongroom.toml here)"
    )
    verbs = top.add_subparsers(title="verbs", metavar="VERB", required=True)
    for add in (_machine_verbs, _night_verbs, _document_verbs, _custody_verbs):
        add(verbs)
    from retention.commands import more

    more.add(verbs, _verb)
    return top


def _verb(
    verbs: Any, name: str, meaning: str, do: Callable[[argparse.Namespace], int | None]
) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = verbs.add_parser(
        name, help=meaning, description=meaning[0].upper() + meaning[1:] + "."
    )
    made.set_defaults(do=do)
    return made


def _config(given: argparse.Namespace) -> Config:
    return load(given.config)


def _person(given: argparse.Namespace) -> str:
    return str(getattr(given, "by", "") or getpass.getuser())


# --- machine ----------------------------------------------------------------------------------------------------------------------


def _machine_verbs(verbs: Any) -> None:
    init = _verb(verbs, "init", "write a first strongroom.toml for a folder", _init)
    init.add_argument("folder", help="the share's root")
    init.add_argument("--to", type=Path, default=Path("strongroom.toml"), help="where to write it (default: here)")
    init.add_argument("--council", default="The Council", help="the council's name")
    init.add_argument("--state", default="state", help="the folder for all that Strongroom keeps")
    init.add_argument(
        "--mode", default="report", choices=("report", "approve", "move"), help="the most that may happen"
    )
    init.add_argument("--sections", type=Path, help="a file of further sections, such as [[zone]], to put in")
    doctor = _verb(
        verbs, "doctor", "check the machine, the configuration, the catalogue, the vault and the model", _doctor
    )
    doctor.add_argument("--settings", action="store_true", help="list every setting with its value and meaning")
    up = _verb(verbs, "up", "start Airflow with its pages on 127.0.0.1 until Ctrl-C", _up)
    up.add_argument("--port", type=int, help="the port (default: [airflow] port)")


def _init(given: argparse.Namespace) -> int:
    from retention.commands import machine

    sections = given.sections.read_text(encoding="utf-8") if given.sections else ""
    root, state = os.path.abspath(given.folder), os.path.abspath(given.state)
    machine.write_config(given.to, council=given.council, state=state, root=root, mode=given.mode, sections=sections)
    _print(f"Wrote {given.to}. See what it means with: strongroom doctor --settings")
    return OK


def _doctor(given: argparse.Namespace) -> int:
    from retention.commands import machine
    from retention.config import describe

    worst = OK
    for finding in machine.examine(given.config):
        _print(f"{finding.state:<5}  {finding.what}: {finding.detail}")
        worst = BROKEN if finding.state == "fault" else worst
    if given.settings:
        for name, value, meaning in describe(_config(given)):
            _print(f"{name} = {value}  # {meaning}")
    return worst


def _up(given: argparse.Namespace) -> int:
    from retention import launch

    launch.up(_config(given), port=given.port)
    return OK


# --- night ------------------------------------------------------------------------------------------------------------------------


def _night_verbs(verbs: Any) -> None:
    nightly = _verb(verbs, "nightly", "run one whole night", _nightly)
    nightly.add_argument(
        "--airflow", action="store_true", help="run it as the DAG nightly, in an Airflow started for it"
    )
    mode = nightly.add_mutually_exclusive_group()
    mode.add_argument("--report-only", action="store_true", default=None, help="move nothing")
    mode.add_argument(
        "--no-report-only", dest="report_only", action="store_false", help="move what the zones' modes allow"
    )
    nightly.add_argument("--force", action="store_true", help="read every document again")
    nightly.add_argument("--share", action="append", default=[], help="only this share; may be given several times")
    nightly.add_argument("--run", default="", help="a name for the run; the same name goes on with the same run")
    status = _verb(verbs, "status", "tell what the last night counted", _status)
    status.add_argument("--json", action="store_true", help="as one JSON object")
    for name, meaning in (
        ("plan", "begin a run"),
        ("crawl", "walk one share"),
        ("classify", "read and label one shard"),
        ("decide", "decide on every item"),
        ("restrict", "move one lot into restricted storage"),
        ("queue", "put what waits for a person into families"),
        ("report", "write the report of a run"),
        ("check", "run one gate"),
    ):
        stage = _verb(verbs, name, f"stage of a night: {meaning}", _stage)
        stage.set_defaults(stage=name)
        stage.add_argument("run", help="the run's name")
        if name in ("crawl", "classify", "restrict", "check"):
            what = {"crawl": "share", "classify": "shard", "restrict": "lot", "check": "gate"}[name]
            stage.add_argument("part", metavar=what.upper(), help=f"which {what}")


def _nightly(given: argparse.Namespace) -> int:
    from retention.commands import night

    config = _config(given)
    console = night.terminal()
    if given.airflow:
        from retention import launch

        result = launch.nightly(
            config,
            report_only=given.report_only,
            shares=given.share,
            force=given.force,
            run_id=given.run or None,
            console=console,
        )
        night.summary(config, console)
        return OK if result.ok else REFUSED
    night.run(config, night.Wish(given.run, given.report_only, given.force, tuple(given.share)), console)
    night.summary(config, console)
    return OK


def _status(given: argparse.Namespace) -> int:
    from retention import stages
    from retention.commands import night

    config = _config(given)
    if given.json:
        _print(json.dumps(stages.status(config), default=str))
        return OK
    night.summary(config, night.terminal())
    return OK


def _stage(given: argparse.Namespace) -> int:
    from retention import stages

    config = _config(given)
    if given.stage == "check":
        counts = {
            "inventory": stages.check_inventory,
            "readings": stages.check_readings,
            "decisions": stages.check_decisions,
            "custody": stages.check_custody,
        }[given.part](config, given.run)
    elif given.stage == "crawl":
        counts = stages.crawl(config, given.run, given.part)
    elif given.stage in ("classify", "restrict"):
        counts = getattr(stages, given.stage)(config, given.run, int(given.part))
    else:
        counts = getattr(stages, given.stage)(config, given.run)
    _print(json.dumps(counts))
    return OK


# --- documents --------------------------------------------------------------------------------------------------------------------


def _document_verbs(verbs: Any) -> None:
    label = _verb(verbs, "label", "judge files without storing anything", _label)
    label.add_argument("paths", nargs="*", metavar="PATH", help="files, or folders with files")
    label.add_argument("--jsonl", type=Path, help="label rows {id, text} of this file instead; - reads standard input")
    label.add_argument("--model", type=Path, help="a trained model (default: the configured one)")
    label.add_argument("--json", action="store_true", help="one JSON object a line (rows always are)")
    label.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="reading processes")
    text = _verb(
        verbs, "text", "print what can be read of files, through the same containment; nothing is stored", _text
    )
    text.add_argument("paths", nargs="+", metavar="PATH", help="files, or folders with files")
    text.add_argument("--json", action="store_true", help="one JSON object a line")
    text.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="reading processes")
    train = _verb(verbs, "train", "learn from a council's own labels", _train)
    train.add_argument("examples", nargs="?", type=Path, help="rows {id, text, label} as JSON lines")
    train.add_argument("--starter", action="store_true", help="make the starter model again instead")
    train.add_argument("--out", type=Path, help="where the model goes (default: the configured place)")
    train.add_argument("--seed", type=int, default=2026, help="the seed")
    from retention.commands import judging

    judging.add(verbs, _verb, lambda given: _with_model(_config(given), given.model), _print)


def _with_model(config: Config, model: Path | None) -> Config:
    import dataclasses

    from retention import stages

    if model is not None:
        config = dataclasses.replace(config, model=dataclasses.replace(config.model, folder=model.absolute()))
    stages.ready_model(config)
    return config


def _label(given: argparse.Namespace) -> int:
    from retention.commands import documents

    if bool(given.paths) == bool(given.jsonl):
        raise documents.InputError("Name files to label, or rows with --jsonl FILE; one of the two.")
    config = _with_model(_config(given), given.model)
    if given.jsonl:
        source = sys.stdin if str(given.jsonl) == "-" else given.jsonl.open(encoding="utf-8")
        with source as lines:
            _emit(documents.label_rows(config, documents.read_rows(lines, str(given.jsonl), "id", "text")))
        return OK
    rows = documents.label_paths(config, given.paths, given.workers)
    if given.json:
        _emit(rows)
    else:
        for row in rows:
            verdict = f"{row['primary']} {row['tier']}" if row["primary"] else f"not read: {row['problem']}"
            _print(f"{verdict:<22} {_visible(row['path'])}")
            for reason in row["because"]:
                _print(f"    {reason}")
    return OK


def _emit(rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        # Names that are not UTF-8 come as lone surrogates, which JSON's escapes carry and a terminal's encoding does not.
        _print(json.dumps(row, ensure_ascii=True))


def _visible(path: str) -> str:
    """A path for a terminal: control characters and bytes that are no text are shown as escapes, never sent."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in path)


def _text(given: argparse.Namespace) -> int:
    from retention.commands import documents

    rows = documents.text_paths(_config(given), given.paths, given.workers)
    if given.json:
        _emit(rows)
        return OK
    for row in rows:
        _print(
            f"== {_visible(row['path'])}  {row['format']}  {row['completeness']}"
            + (f"  {row['problem']}" if row["problem"] else "")
        )
        for part in row["parts"]:
            hidden = " (hidden)" if part["hidden"] else ""
            _print(f"-- {_visible(part['name'])}{hidden}")
            _print("\n".join(_visible(line) for line in part["text"].splitlines()))
    return OK


def _train(given: argparse.Namespace) -> int:
    from classifier import train
    from retention.commands import documents

    config = _config(given)
    out = given.out or config.model_folder
    if given.starter == bool(given.examples):
        raise documents.InputError("Name a file of examples, or give --starter; one of the two.")
    examples = None if given.starter else documents.example_rows(given.examples)
    scores = train.starter(out, given.seed) if examples is None else train.train(examples, out, seed=given.seed)
    _print(str(scores))
    return OK


# --- custody ----------------------------------------------------------------------------------------------------------------------


def _custody_verbs(verbs: Any) -> None:
    moves = _verb(verbs, "moves", "list what was moved, by reference", _moves)
    moves.add_argument("--run", default="", help="only of this run")
    moves.add_argument("--json", action="store_true", help="one JSON object a line")
    restore = _verb(verbs, "restore", "put an item back to its place, to the same bytes, times and rights", _restore)
    restore.add_argument("references", nargs="+", metavar="REFERENCE", help="as on the pointer note: R-7Q4K-19AB")
    restore.add_argument("--by", default="", help="who asks (default: the login)")
    undo = _verb(verbs, "undo", "put back everything that one night moved", _undo)
    undo.add_argument("run", help="the run's name, as in strongroom status")
    undo.add_argument("--by", default="", help="who asks (default: the login)")
    access = _verb(verbs, "access", "read an item in custody for a person; the audit log tells of it first", _access)
    access.add_argument("reference", metavar="REFERENCE", help="as on the pointer note: R-7Q4K-19AB")
    access.add_argument("--purpose", required=True, help="what for; it stands in the audit log")
    access.add_argument("--by", default="", help="who reads (default: the login)")
    access.add_argument("--out", default="-", metavar="FILE", help="a new file; - is standard output (the default)")
    _vault_verbs(verbs)
    audit = _verb(verbs, "audit", "check the chain of the audit log", _audit)
    audit.add_argument("--head", default="", help="a head noted earlier; it must still be in the chain")


def _vault_verbs(verbs: Any) -> None:
    vault = verbs.add_parser(
        "vault",
        help="look after restricted storage: check, thaw, rebuild, sweep, probe",
        description="Look after restricted storage.",
    )
    inner = vault.add_subparsers(title="verbs", metavar="VERB", required=True)
    check = _verb(inner, "check", "read stored objects again and freeze what is damaged", _vault_check)
    check.add_argument("--budget", type=int, help="bytes to read (default: to the end of the present round)")
    check.add_argument("--by", default="", help="who asks (default: the login)")
    thaw = _verb(inner, "thaw", "lift the freeze of an item whose stored bytes are whole again", _vault_thaw)
    thaw.add_argument("reference", metavar="REFERENCE", help="as on the pointer note, such as R-7Q4K-19AB")
    thaw.add_argument("--reason", default="", help="why; it stays in the audit log")
    thaw.add_argument("--by", default="", help="who asks (default: the login)")
    thaw.add_argument(
        "--copy", default="", metavar="FILE", help="a whole copy of the record, such as one from a backup"
    )
    rebuild = _verb(
        inner, "rebuild", "write down from the vault's manifests what it holds: for a lost catalogue", _vault_rebuild
    )
    rebuild.add_argument("--quick", action="store_true", help="do not read and hash each object")
    sweep = _verb(inner, "sweep", "clear away what killed runs left, and tell of all else that is odd", _vault_sweep)
    sweep.add_argument("--by", default="", help="who asks (default: the login)")
    _verb(inner, "probe", "try every promise of the vault and of the shares that may move", _vault_probe)


def _access(given: argparse.Namespace) -> int:
    from retention import access as reading
    from retention.commands import access

    login = reading.login()
    asking = reading.Asking(given.by or login, login, given.purpose)
    access.give(_config(given), given.reference, asking, given.out)
    return OK


def _vault_check(given: argparse.Namespace) -> int:
    from retention.commands import documents, vault

    if given.budget is not None and given.budget < 1:
        raise documents.InputError("A budget is a number of bytes, one at least.")
    return vault.check(_config(given), given.budget, _person(given))


def _vault_thaw(given: argparse.Namespace) -> int:
    from retention import access
    from retention.commands import vault

    login = access.login()
    return vault.thaw(
        _config(given), given.reference, access.Asking(given.by or login, login, given.reason), given.copy
    )


def _vault_rebuild(given: argparse.Namespace) -> int:
    from retention.commands import vault

    return vault.rebuild(_config(given), quick=given.quick)


def _vault_sweep(given: argparse.Namespace) -> int:
    from retention.commands import vault

    return vault.sweep(_config(given), _person(given))


def _vault_probe(given: argparse.Namespace) -> int:
    from retention.commands import vault

    return vault.probe(_config(given))


def _moves(given: argparse.Namespace) -> int:
    from retention import stages
    from retention.catalogue import lookup

    with stages.opened(_config(given)) as catalogue, catalogue.read() as connection:
        rows = lookup.moves(connection, given.run)
    for row in rows:
        line = (
            json.dumps(row)
            if given.json
            else f"{row['reference']}  {row['step']:<10} {row['size']:>12,}  {row['since']}  {row['run']}"
        )
        _print(line)
    return OK


def _restore(given: argparse.Namespace) -> int:
    from retention import custody, stages

    config = _config(given)
    with stages.opened(config) as catalogue:
        receipts = [custody.restore(config, catalogue, reference, _person(given)) for reference in given.references]
    return _tell(receipts)


def _undo(given: argparse.Namespace) -> int:
    from retention import custody, stages
    from retention.catalogue import runs

    config = _config(given)
    with stages.opened(config) as catalogue:
        with catalogue.read() as connection:
            found = runs.find(connection, given.run)
        if found is None:
            raise custody.CustodyError(f"No run is called {given.run}. The last one is shown by: strongroom status")
        receipts = list(custody.undo(config, catalogue, found.id, _person(given)))
    return _tell(receipts)


def _tell(receipts: Iterable[Any]) -> int:
    from retention.moving.words import sentence

    failed = 0
    for receipt in receipts:
        back = receipt.step.value in ("returned", "refused")
        failed += not back
        _print(f"{receipt.reference}  {'put back' if back else f'not put back. {sentence(receipt.problem)}'}")
        if back and receipt.problem:
            _print(f"             {sentence(receipt.problem)}")
    return REFUSED if failed else OK


def _audit(given: argparse.Namespace) -> int:
    from retention import stages
    from retention.catalogue import events

    with stages.opened(_config(given)) as catalogue, catalogue.read() as connection:
        fault = events.verify(connection)
        known = not given.head or events.holds(connection, given.head)
        head = events.head(connection)
    if fault is not None:
        _say(f"The audit log does not hold at event {fault.number}: {fault.reason}.")
        return REFUSED
    if not known:
        _say("The audit log holds, but the head you gave is not in it: it is not the log that you knew.")
        return REFUSED
    _print(f"The audit log holds. Its head, to be kept elsewhere: {head}")
    return OK


if __name__ == "__main__":
    sys.exit(main())
