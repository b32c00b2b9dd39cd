"""``strongroom.toml`` and the environment, read into one frozen Config; every fault is reported at once.

Precedence: environment (``STRONGROOM_<SECTION>_<KEY>``), then the file, then the defaults below. A secret comes from the
environment or from a file that it names with ``_FILE`` at the end, never from ``strongroom.toml``, and is never printed.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.item import Tier
from classifier.limits import Limits

MODES = ("report", "approve", "move")
_WANTED: Mapping[Any, str] = {
    Tier: "a tier from T0 to T5",
    Path: "a path",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text in quotation marks",
}


class ConfigError(Exception):
    """The configuration cannot be used. ``faults`` holds one sentence for each thing that is wrong."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def _doc(text: str, default: Any = dataclasses.MISSING, **more: Any) -> Any:
    return field(default=default, metadata={"doc": text, **more})


def _docs(text: str, kind: type) -> Any:
    return field(default=(), metadata={"doc": text, "of": kind})


@dataclass(frozen=True, slots=True)
class Share:
    """One file share, as it is mounted on this machine."""

    name: str = _doc("a short name; it stands in reports and never changes")
    root: Path = _doc("the folder where the share is mounted")
    sentinel: str = _doc("a file that always lies at the root; when it is absent the share counts as not mounted", "")
    mode: str = _doc("the most that may happen on this share: report, approve or move", "report", choices=MODES)


@dataclass(frozen=True, slots=True)
class ZoneSettings:
    """A part of a share with one information asset owner and one clearance."""

    name: str = _doc("a short name, shown in the queue and the report")
    share: str = _doc("the share's name; empty means every share", "")
    path: str = _doc("the folder, relative to the share's root; empty means the whole share", "")
    owner: str = _doc("the information asset owner: a role, not a person", "")
    clearance: Tier = _doc("the highest tier that may lie here, T0 to T5", Tier.T2)
    mode: str = _doc("what may happen to a flagged item: report, approve or move", "report", choices=MODES)
    sealed: bool = _doc("list names, sizes and dates only and never open a file", False)
    open_to_all: bool = _doc("a broad group (all staff, everyone) can read it", False)
    record_classes: Mapping[str, str] = field(
        default_factory=dict, metadata={"doc": "folder below the zone = record class"}
    )


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Where the catalogue lies."""

    url: str = _doc("a SQLAlchemy address; empty means SQLite in the state folder", "", secret=True)


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """The retention schedule in force."""

    file: Path | None = _doc("a schedule as CSV; empty means the starter schedule that comes with Strongroom", None)
    adopted: str = _doc("the date the council adopted it, YYYY-MM-DD", "")
    expires: str = _doc("the date it ceases to be valid, YYYY-MM-DD", "")
    version: str = _doc("the council's name for this version", "")


@dataclass(frozen=True, slots=True)
class VaultConfig:
    """Restricted storage."""

    kind: str = _doc("folder or s3", "folder", choices=("folder", "s3"))
    path: Path | None = _doc("the vault's folder, outside every share; empty means vault in the state folder", None)
    bucket: str = _doc("the S3 bucket", "")
    prefix: str = _doc("what every S3 key starts with", "")
    endpoint: str = _doc("the S3 server's address; empty means AWS", "")
    region: str = _doc("the S3 region", "eu-west-2")
    kms_key: str = _doc("encrypt on the server with this KMS key", "")
    object_lock: str = _doc("governance or compliance; empty means none", "", choices=("", "governance", "compliance"))
    lock_days: int = _doc("days that object lock lasts", 0, low=0)
    versioning: bool = _doc("the bucket must keep versions; the probe proves that it does", False)
    key_file: Path | None = _doc("encrypt before storing with the key in this file", None)
    ca_file: Path | None = _doc("certificates to trust for the S3 server", None)
    holding_days: int = _doc("days an original is held aside on its share before it is removed", 0, low=0)
    hands: int = _doc("moves that are worked on at once", 16, low=1, high=64)
    check_weeks: int = _doc("weeks within which upkeep reads every stored object again", 13, low=1)


@dataclass(frozen=True, slots=True)
class Caps:
    """How much one night may move before a named person must say so."""

    moves_per_run: int = _doc("moves in one night", 500, low=0)
    moves_per_share: int = _doc("moves on one share in one night", 250, low=0)
    bytes_per_run: int = _doc("bytes moved in one night", 50 << 30, low=0)


@dataclass(frozen=True, slots=True)
class Gates:
    """When a quality gate stops the night."""

    drop: float = _doc("largest share of known items that may be missing from a crawl", 0.2, low=0.0, high=1.0)
    problems: float = _doc("largest share of items that may end without a label", 0.5, low=0.0, high=1.0)
    drift: float = _doc("largest change of a label's share against the last good night", 0.25, low=0.0, high=1.0)
    flagged: float = _doc("largest share of items that may be flagged in one night", 0.5, low=0.0, high=1.0)
    floor: int = _doc("items below which shares of items are not judged", 50, low=0)
    evidence_nights: int = _doc("nights an item must be missing before it counts as gone", 3, low=1)


@dataclass(frozen=True, slots=True)
class LocalPattern:
    """An identifier of the council's own."""

    name: str = _doc("a short name, such as rent_account")
    pattern: str = _doc("a regular expression (re2)")
    context: tuple[str, ...] = field(default=(), metadata={"doc": "words that must stand near it"})


@dataclass(frozen=True, slots=True)
class Detect:
    """What counts as an identifier."""

    fixtures_count: bool = _doc("the test switch: reserved sample identifiers count as real ones", False)
    work_domains: tuple[str, ...] = field(
        default=(), metadata={"doc": "the council's own mail domains, such as example.gov.uk"}
    )
    pattern: tuple[LocalPattern, ...] = _docs("identifiers of the council's own", LocalPattern)


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """The model that judges."""

    folder: Path | None = _doc("a trained model; empty means the starter model in the state folder", None)
    seed: int = _doc("the seed of the starter model", 2026)


@dataclass(frozen=True, slots=True)
class Work:
    """How much of the machine a night uses."""

    workers: int = _doc("reading processes in one task; 0 means one for each core that Airflow's tasks leave", 0, low=0)
    parallelism: int = _doc("Airflow tasks at once; 0 means twice the cores, at most 4 on SQLite", 0, low=0)


@dataclass(frozen=True, slots=True)
class AirflowSettings:
    """The Airflow that Strongroom starts for itself."""

    port: int = _doc(
        "the port of its pages on 127.0.0.1; the next free one is taken when it is in use", 8080, low=1, high=65535
    )
    database: str = _doc("Airflow's own database; empty means SQLite in the state folder", "", secret=True)
    schedule: str = _doc("when the night begins, as cron in Europe/London; empty means only when asked", "")
    disposal: str = _doc("when disposal is looked at, as cron in Europe/London; empty means only when asked", "")
    keep_days: int = _doc("days that Airflow's task logs and rows of finished runs are kept", 60, low=7)


@dataclass(frozen=True, slots=True)
class Review:
    """The review pages."""

    port: int = _doc("the port on 127.0.0.1", 8090, low=1, high=65535)


@dataclass(frozen=True, slots=True)
class Access:
    """Who may read what restricted storage holds, and who may lift the freeze of an item."""

    readers: tuple[str, ...] = _doc("logins of this machine that may read an item in custody; empty means nobody", ())
    keepers: tuple[str, ...] = _doc(
        "logins of this machine that may lift the freeze of an item; empty means nobody", ()
    )


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person who finds a pointer note is told."""

    access: str = _doc("how to ask for access", "your information asset owner or the records management team")
    whistleblowing: str = _doc(
        "where the whistle-blowing procedure is", "the council's intranet, under Whistle-blowing"
    )
    safeguarding: str = _doc("where the safeguarding procedure is", "the council's intranet, under Safeguarding")


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that Strongroom is told. Made by ``load``; never changed."""

    state: Path = _doc("the folder for all that Strongroom keeps", Path("state"))
    council: str = _doc("the council's name, shown on reports", "The Council")
    share: tuple[Share, ...] = _docs("a file share", Share)
    zone: tuple[ZoneSettings, ...] = _docs("a part of a share", ZoneSettings)
    catalogue: Catalogue = _doc("where the catalogue lies", Catalogue())
    schedule: ScheduleSettings = _doc("the retention schedule in force", ScheduleSettings())
    vault: VaultConfig = _doc("restricted storage", VaultConfig())
    caps: Caps = _doc("how much one night may move", Caps())
    gates: Gates = _doc("when a quality gate stops the night", Gates())
    limits: Limits = _doc("what one file may cost", Limits())
    detect: Detect = _doc("what counts as an identifier", Detect())
    model: ModelSettings = _doc("the model that judges", ModelSettings())
    work: Work = _doc("how much of the machine a night uses", Work())
    airflow: AirflowSettings = _doc("the Airflow that Strongroom starts", AirflowSettings())
    review: Review = _doc("the review pages", Review())
    access: Access = _doc("who may read what restricted storage holds", Access())
    notice: Notice = _doc("what a pointer note says", Notice())
    source: Path | None = _doc("the file this was read from", None, internal=True)

    @property
    def catalogue_url(self) -> str:
        """The catalogue's address, the embedded default included."""
        return self.catalogue.url or f"sqlite:///{self.state / 'catalogue.db'}"

    @property
    def vault_path(self) -> Path:
        """The folder vault's place, the embedded default included."""
        return self.vault.path or self.state / "vault"

    @property
    def model_folder(self) -> Path:
        """The model's place, the starter's included."""
        return self.model.folder or self.state / "model"


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """Read the configuration from a file (default: ``STRONGROOM_CONFIG``, else ``strongroom.toml`` here) and the environment.

    Raises ``ConfigError`` with every fault found. A missing default file means defaults; a missing named file is a fault.
    """
    environ = os.environ if environ is None else environ
    named = path or (Path(environ["STRONGROOM_CONFIG"]) if environ.get("STRONGROOM_CONFIG") else None)
    source = (named or Path("strongroom.toml")).absolute()
    table: dict[str, Any] = {}
    if source.exists():
        try:
            table = tomllib.loads(source.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError((f"{source.name} is not valid TOML: {error}",)) from error
    elif named:
        raise ConfigError((f"There is no configuration file at {source}. Make one with: strongroom init",))
    return parse(table, environ, source)


def parse(table: Mapping[str, Any], environ: Mapping[str, str], source: Path) -> Config:
    """Turn a parsed TOML table and an environment into a Config; paths are taken relative to ``source``'s folder."""
    reader = _Reader(source)
    top = dict(table)
    # [strongroom] holds the plain keys, so that the file reads as a list of headed sections.
    plain = top.pop("strongroom", {})
    merged = {**top, **plain} if isinstance(plain, dict) else top
    reader.faults += _plain_secrets(merged)
    _override(merged, environ, reader)
    config: Config = reader.build(Config, merged, "")
    if not reader.faults:
        reader.faults += _across(config)
    if reader.faults:
        raise ConfigError(tuple(reader.faults))
    return dataclasses.replace(config, state=source.parent / config.state, source=source if source.exists() else None)


def _plain_secrets(table: Mapping[str, Any]) -> list[str]:
    """Name each address in the file that carries a password; the file may be read by more people than the database."""
    faults = []
    for section, key in (("catalogue", "url"), ("airflow", "database")):
        value = table.get(section, {})
        written = value.get(key, "") if isinstance(value, dict) else ""
        if isinstance(written, str) and re.search(r"://[^/@:]*:[^/@]+@", written):
            name = f"STRONGROOM_{section}_{key}".upper()
            faults.append(
                f"{section}.{key} holds a password. Set {name} in the environment, or {name}_FILE to a file that holds it."
            )
    return faults


def _sections() -> dict[str, Any]:
    return {f.name: f for f in dataclasses.fields(Config) if not f.metadata.get("internal")}


def _override(table: dict[str, Any], environ: Mapping[str, str], reader: _Reader) -> None:
    hints = typing.get_type_hints(Config)
    for name in _sections():
        kind = hints[name]
        if dataclasses.is_dataclass(kind):
            for inner in dataclasses.fields(kind):
                value = _from_environment(f"STRONGROOM_{name}_{inner.name}".upper(), environ, reader)
                if value is not None:
                    table[name] = {**table.get(name, {}), inner.name: value}
        else:
            value = _from_environment(f"STRONGROOM_{name}".upper(), environ, reader)
            if value is not None:
                table[name] = value


def _from_environment(name: str, environ: Mapping[str, str], reader: _Reader) -> str | None:
    if name in environ:
        return environ[name]
    if named := environ.get(f"{name}_FILE"):
        try:
            return Path(named).read_text(encoding="utf-8").strip()
        except OSError as error:
            reader.faults.append(f"{name}_FILE names a file that cannot be read ({error.strerror}).")
    return None


class _Reader:
    """Builds dataclasses out of tables and gathers faults on the way."""

    def __init__(self, source: Path) -> None:
        self.source = source
        self.faults: list[str] = []

    def build(self, kind: Any, table: Any, place: str) -> Any:
        if not isinstance(table, dict):
            self.faults.append(f"[{place}] in {self.source.name} must be a section with keys.")
            return None
        known = {f.name: f for f in dataclasses.fields(kind) if not f.metadata.get("internal")}
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                hint = f" Did you mean {near[0]}?" if near else f" Known here: {', '.join(sorted(known))}."
                self.faults.append(f"{_join(place, key)} in {self.source.name} is not a known setting.{hint}")
        hints = typing.get_type_hints(kind)
        values: dict[str, Any] = {}
        for name, described in known.items():
            if name in table:
                values[name] = self._value(hints[name], table[name], _join(place, name), described.metadata)
            elif described.default is dataclasses.MISSING and described.default_factory is dataclasses.MISSING:
                self.faults.append(
                    f"{_join(place, name)} is missing in {self.source.name}: {described.metadata['doc']}."
                )
        return None if self.faults else kind(**values)

    def _value(self, hint: Any, value: Any, place: str, about: Mapping[str, Any]) -> Any:
        if about.get("of"):
            return self._tables(about["of"], value, place)
        if dataclasses.is_dataclass(hint):
            return self.build(hint, value, place)
        converted = self._scalar(_bare(hint), value, place)
        if converted is None:
            return None
        self._bounds(converted, place, about)
        return converted

    def _tables(self, kind: Any, value: Any, place: str) -> Any:
        if not isinstance(value, list):
            self.faults.append(f"{place} must be written as [[{place}]] sections.")
            return ()
        return tuple(self.build(kind, entry, f"{place}[{number}]") for number, entry in enumerate(value, 1))

    def _bounds(self, value: Any, place: str, about: Mapping[str, Any]) -> None:
        choices = about.get("choices")
        if choices and value not in choices:
            self.faults.append(
                f"{place} is {value!r}; it must be one of: {', '.join(c or '(empty)' for c in choices)}."
            )
        low, high = about.get("low"), about.get("high")
        if low is not None and value < low:
            self.faults.append(f"{place} is {value}; it must be at least {low}.")
        if high is not None and value > high:
            self.faults.append(f"{place} is {value}; it must be at most {high}.")

    def _scalar(self, hint: Any, value: Any, place: str) -> Any:
        try:
            return self._convert(hint, value)
        except (TypeError, ValueError, KeyError):
            self.faults.append(f"{place} must be {_WANTED.get(hint, 'a value of the right kind')}.")
            return None

    def _convert(self, hint: Any, value: Any) -> Any:
        if hint is Path:
            return (self.source.parent / os.path.expanduser(_text(value))) if value else None  # noqa: PTH111 - Path has no way to expand and join at once
        if hint is Tier:
            return Tier[str(value).upper()]
        if hint is bool:
            return _truth(value)
        if hint in (int, float):
            if isinstance(value, bool):
                raise TypeError
            return hint(value) if isinstance(value, str) or hint is float else _whole(value)
        if hint is str:
            return _text(value)
        if typing.get_origin(hint) is tuple:
            if isinstance(value, str):
                # The environment has no lists: names with commas between them.
                value = [entry.strip() for entry in value.split(",") if entry.strip()]
            return tuple(_text(entry) for entry in value)
        return {_text(key): _text(entry) for key, entry in value.items()}


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _bare(hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        return next(option for option in typing.get_args(hint) if option is not type(None))
    return hint


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError
    return value


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[str(value).lower()]


def _across(config: Config) -> list[str]:
    """Faults that only show when settings are held against each other."""
    faults = []
    names = [share.name for share in config.share]
    faults += [
        f"Two shares are called {name!r}; names must differ."
        for name in sorted({n for n in names if names.count(n) > 1})
    ]
    for zone in config.zone:
        if zone.share and zone.share not in names:
            near = difflib.get_close_matches(zone.share, names, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            faults.append(f"Zone {zone.name!r} names a share {zone.share!r} that is not configured.{hint}")
    keeps = [("the state folder", config.state)]
    if config.vault.kind == "folder":
        keeps.append(("the vault", config.vault_path))
    elif not config.vault.bucket:
        faults.append("vault.bucket is missing: an S3 vault needs the name of its bucket.")
    for share in config.share:
        root = share.root.resolve()
        for what, place in keeps:
            inner = place.resolve()
            if inner == root or inner.is_relative_to(root) or root.is_relative_to(inner):
                faults.append(f"The share {share.name!r} and {what} overlap; neither may lie inside the other.")
    return faults


def describe(config: Config) -> list[tuple[str, str, str]]:
    """Every setting as (name, value, meaning), with secrets masked; for ``strongroom doctor``."""
    rows: list[tuple[str, str, str]] = []

    def walk(value: Any, place: str) -> None:
        for f in dataclasses.fields(value):
            if f.metadata.get("internal"):
                continue
            inner, name = getattr(value, f.name), _join(place, f.name)
            if dataclasses.is_dataclass(inner):
                walk(inner, name)
            elif f.metadata.get("of"):
                rows.append((name, f"{len(inner)} configured", str(f.metadata["doc"])))
            else:
                shown = "(set)" if f.metadata.get("secret") and inner else str(inner)
                rows.append((name, shown, str(f.metadata.get("doc", ""))))

    walk(config, "")
    return rows
