"""What a night is remembered by, so that any of its decisions can be computed again: its rules whole, and each item's facts.

In ``<state>/replay/<run>/`` lies one file for the rules (schedule, zones, holds, day), named by its own digest, and one for each
slice of decisions with the facts they were taken on. Paths are left out: the catalogue has them; a short digest tells whether
an item still lies where it lay.
"""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any

from classifier.item import Flag, Primary, Tier
from retention import replay as replaying
from retention import schedule as schedules
from retention.catalogue import decisions, events, runs
from retention.clock import Source, TriggerValue
from retention.config import Config
from retention.decision import Action, Decision, Facts, Mode, Settled, Zone
from retention.hold import Hold
from retention.judging import Judge
from retention.records import hold_of, record
from retention.schedule import Schedule
from retention.stages import NightError, now, opened

ANCHORED = "rules-kept"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one night."""

    schedule: Schedule
    holds: tuple[Hold, ...]
    zones: Mapping[tuple[str, str], Zone]
    day: dt.date


@dataclass(slots=True)
class Told:
    """What a replay found: decisions of the run, those that come out the same, and those whose item has moved since or was not kept."""

    decisions: int = 0
    same: int = 0
    unknown: int = 0
    differing: list[tuple[str, list[str]]] = field(default_factory=list)


def replay(config: Config, run: str) -> Told:
    """Decide again on everything that a past night decided on; raises ``NightError`` for a run that is not known."""
    with opened(config) as catalogue, catalogue.read() as connection:
        found = runs.find(connection, run)
        if found is None:
            raise NightError(f"The catalogue knows no run {run}. The last one is shown by: strongroom status")
        told = Told(decisions=decisions.written_by(connection, found.id))
        folder = place(config, found.id)
        known: dict[str, Rules] = {}
        done: set[int] = set()
        for name, lines in _slices(folder):
            if name not in known:
                known[name] = _anchored(connection, folder, name)
            rules = known[name]
            kept = {(int(line["item"]), line["inputs"]): line for line in lines}
            for row in decisions.of_run(connection, found.id, {item for item, _ in kept}):
                line = kept.get((row["item_id"], row["inputs"]))
                if line is not None and row["id"] not in done:
                    done.add(row["id"])
                    _compare(told, row, line, rules)
    told.unknown = told.decisions - told.same - len(told.differing)
    return told


def _anchored(connection: Any, folder: Path, digest: str) -> Rules:
    """Read the rules of a night; the audit log must name them, else somebody could have put others in their place."""
    if not events.tells(connection, ANCHORED, digest):
        raise NightError(
            "The audit log does not name the rules that were kept of this night; nothing can be said of it."
        )
    return _rules(folder, digest)


def _compare(told: Told, row: Any, line: Mapping[str, Any], rules: Rules) -> None:
    path = decisions.path_of(row)
    if line["at"] != _short(path):
        return
    zone = rules.zones[row["share"], row["zone"]]
    known = {"sha256": row["sha256"] or "", **line["facts"]}
    facts = _facts(known, row["share"], path, str(row["item_id"]))
    differences = replaying.replay(_decision(row), facts, zone, rules.schedule, rules.holds, rules.day)
    if differences:
        told.differing.append((str(row["item_id"]), [one.field for one in differences]))
    else:
        told.same += 1


def place(config: Config, run_id: int) -> Path:
    """Where a night is remembered."""
    return config.state / "replay" / str(run_id)


# --- writing ----------------------------------------------------------------------------------------------------------------------


def keep_rules(folder: Path, judge: Judge) -> str:
    """Write the rules of a night once and return their digest, for the audit log to anchor."""
    schedule = judge.schedule
    told = {name: record(getattr(schedule, name)) for name in ("version", "adopted", "expires", "edited_by")}
    named = {share: [_zone_record(zone) for zone in (*one.zones, one.default)] for share, one in judge.maps.items()}
    body = {
        "schedule": {**told, "csv": schedules.dump(schedule)},
        "holds": [record(hold) for hold in judge.holds],
        "zones": named,
        "day": judge.today.isoformat(),
    }
    data = json.dumps(body, sort_keys=True).encode()
    digest = hashlib.sha256(data).hexdigest()
    _write(folder / f"rules-{digest}.json.gz", data)
    return digest


def anchor(connection: Any, run: str, digest: str, judge: Judge) -> None:
    """Write the digest of a night's rules into the audit log, once."""
    if not events.tells(connection, ANCHORED, digest):
        detail = {
            "run": run,
            "schedule": judge.schedule.version,
            "holds": len(judge.holds),
            "day": judge.today.isoformat(),
        }
        events.append(connection, actor="strongroom", action=ANCHORED, subject=digest, detail=detail, at=now())


def _zone_record(zone: Zone) -> dict[str, Any]:
    return {**record(zone), "record_classes": dict(zone.record_classes)}


# The catalogue has the place and the hash; size, copies and the primary label never weigh in a decision.
_LEFT_OUT = frozenset({"share", "path", "item", "sha256", "size", "copies", "primary", "chance"})
_FIELDS = tuple(one for one in fields(Facts) if one.name not in _LEFT_OUT)
_NAMES = tuple(one.name for one in _FIELDS)
_USUAL = tuple(one.default_factory() if one.default_factory is not MISSING else one.default for one in _FIELDS)
_VALUES = attrgetter(*_NAMES)


def line(facts: Facts, inputs: str) -> str:
    """What is kept of one decision's facts, as a line of JSON; whatever is as usual is left out."""
    told = [
        f'"{name}":{_TOLD[type(value)](value) if type(value) in _TOLD else _json(value)}'
        for name, value, usual in zip(_NAMES, _VALUES(facts), _USUAL, strict=True)
        if value is not usual and value != usual
    ]
    return f'{{"at":"{_short(facts.path)}","facts":{{{",".join(told)}}},"inputs":"{inputs}","item":"{facts.item}"}}'


def _json(value: Any) -> str:
    if isinstance(value, Mapping):
        return json.dumps({name: record(value[name]) for name in value})
    return json.dumps(record(value))


@lru_cache(maxsize=20_000)
def _text(value: str) -> str:
    return json.dumps(str(value))


@lru_cache(maxsize=1_000)
def _flags(value: frozenset[Flag]) -> str:
    return json.dumps(sorted(value))


_TOLD: Mapping[type, Any] = {
    int: str,
    dt.date: lambda day: f'"{day.isoformat()}"',
    str: _text,
    Tier: lambda tier: str(int(tier)),
    frozenset: _flags,
}


def keep(folder: Path, rules: str, lines: Sequence[str]) -> None:
    """Write the facts of a slice of decisions; called before the decisions are committed, so that none is without."""
    if lines:
        _write(folder / f"facts-{rules}-{uuid.uuid4().hex}.jsonl.gz", "\n".join(lines).encode(), quick=True)


def _write(path: Path, data: bytes, *, quick: bool = False) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = path.with_name(f".{path.name}")
    scratch.write_bytes(gzip.compress(data, compresslevel=1 if quick else 6, mtime=0))
    scratch.chmod(0o600)
    scratch.replace(path)


def _short(path: bytes) -> str:
    return hashlib.blake2b(path, digest_size=8).hexdigest()


# --- reading ----------------------------------------------------------------------------------------------------------------------


def _slices(folder: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for path in sorted(folder.glob("facts-*.jsonl.gz")):
        lines = gzip.decompress(path.read_bytes()).decode().splitlines()
        yield path.name.split("-")[1], [json.loads(one) for one in lines]


def _rules(folder: Path, digest: str) -> Rules:
    data = gzip.decompress((folder / f"rules-{digest}.json.gz").read_bytes())
    if hashlib.sha256(data).hexdigest() != digest:
        raise NightError("The rules that were kept of this night have been changed since; nothing can be said of it.")
    body = json.loads(data)
    told = dict(body["schedule"])
    schedule = schedules.load(told.pop("csv"), **told)
    zones = {(share, one["name"]): _zone(one) for share, found in body["zones"].items() for one in found}
    return Rules(schedule, tuple(map(hold_of, body["holds"])), zones, dt.date.fromisoformat(body["day"]))


def _zone(told: Mapping[str, Any]) -> Zone:
    changed = {"path": base64.b64decode(told["path"]), "clearance": Tier(told["clearance"]), "mode": Mode(told["mode"])}
    return Zone(**{**told, **changed})


def _facts(told: Mapping[str, Any], share: str, path: bytes, item: str) -> Facts:
    values = dict(told)
    for name, read in _READ.items():
        if values.get(name) is not None:
            values[name] = read(values[name])
    return Facts(share=share, path=path, item=item, **values)


def _triggers(told: Mapping[str, Mapping[str, Any]]) -> dict[str, TriggerValue]:
    return {
        name: TriggerValue(dt.date.fromisoformat(one["date"]), Source(one["source"]), one["confidence"])
        for name, one in told.items()
    }


def _settled(told: Mapping[str, Any]) -> Settled:
    until, tier = told["until"], told["tier"]
    changed = {
        "on": dt.date.fromisoformat(told["on"]),
        "until": dt.date.fromisoformat(until) if until else None,
        "tier": None if tier is None else Tier(tier),
    }
    return Settled(**{**told, **changed})


_READ: Mapping[str, Any] = {
    "settled": _settled,
    "modified": dt.date.fromisoformat,
    "folder_latest": dt.date.fromisoformat,
    "tier": Tier,
    "previous_tier": Tier,
    "primary": Primary,
    "flags": lambda told: frozenset(map(Flag, told)),
    "triggers": _triggers,
    "record_classes": tuple,
    "suggested_reasons": tuple,
    "frozen_by": tuple,
    "persons": frozenset,
}


def _decision(row: Any) -> Decision:
    plain = ("flagged", "lane", "rule", "trigger", "start", "start_source", "due", "eligible")
    more = ("permanent", "disposal", "class_by", "automatic")
    return Decision(
        action=Action(row["action"]),
        schedule=row["schedule_version"],
        held=tuple(row["held"]),
        tier=None if row["tier"] is None else Tier(row["tier"]),
        clearance=Tier(row["clearance"]),
        because=tuple(row["because"]),
        **{name: row[name] for name in (*plain, *more)},
    )
