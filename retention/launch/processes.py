"""Starts Airflow, watches it and stops it; one Airflow for each state folder."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import importlib.metadata
import json
import os
import select
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from retention.catalogue import CatalogueError
from retention.config import Config
from retention.launch import guard, logins, settings
from retention.launch.rest import Rest, RestError, Unreachable

Say = Callable[[str], None]
# What Python runs for each. The scheduler waits for the API server itself; when stopping, the first of these is the last to go.
COMPONENTS = {
    "api-server": ("-m", "airflow", "api-server"),
    "dag-processor": ("-m", "airflow", "dag-processor"),
    "scheduler": ("-m", "retention.launch.scheduler"),
}
MIGRATE = ("-m", "airflow", "db", "migrate")
CLEAN = ("-m", "airflow", "db", "clean", "--skip-archive", "--yes", "--error-on-cleanup-failure")
# Runs with all that hangs on them, and what no run holds; never the DAGs' own versions, which runs point to.
CLEANED = ("dag_run", "task_instance", "task_instance_history", "xcom", "job", "log", "import_error", "callback")
CLEAN_EVERY = 7 * 86400.0
POOLS = {
    "share_io": "Tasks that read file shares; fewer slots spare the file servers",
    "store_io": "Tasks that write to restricted storage",
}
START_SECONDS = 240.0
RESTARTS = 3


class LaunchError(Exception):
    """Airflow cannot be started or has stopped; the text says what to do and names no document."""


class AlreadyUpError(LaunchError):
    """An Airflow of this state folder runs already, at ``address``."""

    def __init__(self, address: str) -> None:
        super().__init__(f"Strongroom's Airflow is already up at {address}.")
        self.address = address


class Airflow:
    """The processes of one Airflow, from ``start`` to ``stop``."""

    def __init__(
        self,
        config: Config,
        home: settings.Home,
        held: tuple[int, int],
        port: int,
        say: Say,
        known: tuple[logins.Login, ...] = logins.OWN,
    ) -> None:
        self.config = config
        self.home = home
        self.logins = known
        self.held = held  # descriptors of the lock and of the mark
        self.say = say
        self.address = f"http://127.0.0.1:{port}"
        self.rest = client(home, self.address)
        self.environment = settings.environment(config, home, port, os.environ, known)
        self.guard: subprocess.Popen[bytes] | None = None
        self.pending = b""
        self.restarts = 0
        self.began = time.monotonic()

    def start(self) -> None:
        """Bring every component up, the API server first; returns when all are healthy."""
        self.guard = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-I", "-S", guard.__file__, str(self.home.mark), str(self.held[1])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self.environment,
            pass_fds=self.held,
            start_new_session=True,
        )
        self._migrate()
        self._clean()
        for name, command in COMPONENTS.items():
            self._component(name, command)
        self._until("the API server", lambda: bool(self._health()))
        self._until("scheduler and dag-processor", self._healthy)
        make_pools(self.rest, settings.tasks_at_once(self.config))

    def watch(self, seconds: float) -> None:
        """Wait for so long; start a component that died again, a few times. Raises ``LaunchError`` when that does not help."""
        for event in self._events(seconds):
            name = event.get("exited")
            if name is None:
                continue
            self.restarts += 1
            if self.restarts > RESTARTS:
                raise LaunchError(f"Airflow's {name} has stopped again and again. See {self.home.log(name)}.")
            self.say(f"Airflow's {name} stopped with exit code {event['code']}; starting it again.")
            self._component(name, COMPONENTS[name])

    def stop(self) -> None:
        """Stop the scheduler first and the API server last; kill what does not obey; leave no process."""
        process = self.guard
        if process is None:
            return
        with contextlib.suppress(OSError, subprocess.TimeoutExpired, KeyboardInterrupt):
            self._order({"stop": True})
            process.wait((len(COMPONENTS) + 1) * guard.PATIENCE)
        left = guard.sweep(self.home.mark, {os.getpid()})
        process.wait()
        self.guard = None
        if left:
            raise LaunchError(f"These processes of Airflow would not end: {', '.join(map(str, sorted(left)))}.")

    def _migrate(self) -> None:
        version = importlib.metadata.version("apache-airflow")
        embedded = not self.config.airflow.database
        if embedded and _stamp(self.home, version) == _read(self.home.migrated):
            return
        self._component("migrate", MIGRATE)
        self._until("the database", lambda: False, ends="migrate")
        if embedded:
            self.home.migrated.write_text(_stamp(self.home, version), encoding="utf-8")

    def _clean(self) -> None:
        """Remove old rows, once a week and before anything runs: a task may not, since Airflow keeps tasks off its database."""
        stamp = self.home.cleaned
        now = time.time()
        if stamp.exists() and now - stamp.stat().st_mtime >= CLEAN_EVERY:
            try:
                self._component("clean", clean_command(self.config.airflow.keep_days, now))
                self._until("the database's clearing", lambda: False, ends="clean")
            except LaunchError as error:
                # A large database is no reason for a night not to run; the next start tries again.
                self.say(f"Old rows were not removed from Airflow's database. {error}")
                return
        elif stamp.exists():
            return
        stamp.touch(mode=0o600)

    def _component(self, name: str, command: tuple[str, ...]) -> None:
        log = self.home.log(name)
        if log.exists() and name != "migrate":
            log.replace(log.with_suffix(".log.1"))
        try:
            self._order({"start": name, "command": [sys.executable, *command], "log": str(log)})
        except OSError as error:
            raise LaunchError("The process that guards Airflow is gone.") from error

    def _order(self, order: dict[str, Any]) -> None:
        assert self.guard is not None
        assert self.guard.stdin is not None
        self.guard.stdin.write(json.dumps(order).encode() + b"\n")
        self.guard.stdin.flush()

    def _events(self, seconds: float) -> Iterator[dict[str, Any]]:
        assert self.guard is not None
        assert self.guard.stdout is not None
        ready, _, _ = select.select([self.guard.stdout], [], [], seconds)
        if not ready:
            return
        received = os.read(self.guard.stdout.fileno(), 65536)
        if not received:
            raise LaunchError("The process that guards Airflow was killed.")
        *lines, self.pending = (self.pending + received).split(b"\n")
        yield from map(json.loads, lines)

    def _until(self, what: str, ready: Callable[[], bool], *, ends: str = "") -> None:
        """Wait until ``ready``, or until the component ``ends`` has ended well."""
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            for event in self._events(0.25):
                name = event.get("exited")
                if name and name == ends and event["code"] == 0:
                    self._tell(what)
                    return
                if name:
                    raise LaunchError(f"Airflow's {name} ended while starting. See {self.home.log(name)}.")
            if time.monotonic() > deadline:
                raise LaunchError(f"Airflow is not ready after {START_SECONDS:.0f} s: {what} did not answer.")
        self._tell(what)

    def _tell(self, what: str) -> None:
        self.say(f"Airflow: {what} ready ({time.monotonic() - self.began:.0f} s)")

    def _health(self) -> dict[str, str]:
        try:
            return self.rest.health()
        except (Unreachable, RestError):
            return {}

    def _healthy(self) -> bool:
        health = self._health()
        return all(health.get(name) == "healthy" for name in ("metadatabase", "scheduler", "dag_processor"))


def clean_command(days: int, now: float) -> tuple[str, ...]:
    """What Python runs to remove the rows of finished work that are older than so many days; ``now`` in seconds since 1970."""
    before = dt.datetime.fromtimestamp(now, dt.UTC) - dt.timedelta(days=days)
    return (*CLEAN, "--tables", ",".join(CLEANED), "--clean-before-timestamp", before.isoformat(timespec="seconds"))


def client(home: settings.Home, address: str) -> Rest:
    """Make the launcher's own view of Airflow, as its administrator."""
    return Rest(address, "admin", settings.passwords(home)["admin"])


def make_pools(rest: Rest, slots: int) -> None:
    """Make the pools that the DAGs name; a pool that exists keeps the size an operator gave it."""
    for name, about in POOLS.items():
        try:
            rest.post("/pools", {"name": name, "slots": slots, "description": about, "include_deferred": False})
        except RestError as error:
            if error.status != 409:
                raise


@contextlib.contextmanager
def started(config: Config, *, port: int | None, say: Say) -> Iterator[Airflow]:
    """Give an Airflow that is up and healthy inside the block and gone after it.

    Raises ``AlreadyUpError`` when this state folder's Airflow runs already, ``LaunchError`` when it cannot be started.
    """
    home = settings.prepare(config)
    with _only_one(home, say) as held:
        known = _logins(config, say)
        settings.prepare(config, known)
        chosen = free_port(config.airflow.port if port is None else port)
        airflow = Airflow(config, home, held, chosen, say, known)
        _announce(home, airflow.address)
        try:
            airflow.start()
            yield airflow
        finally:
            airflow.stop()


def _logins(config: Config, say: Say) -> tuple[logins.Login, ...]:
    try:
        return logins.known(config)
    except CatalogueError as error:
        # Airflow's pages are where an operator looks for what is wrong, so they come up all the same.
        say(f"Only Airflow's own users can sign in. {error}")
        return logins.OWN


def free_port(wanted: int) -> int:
    """``wanted`` when it is free on 127.0.0.1, else the next free one above it."""
    for port in range(wanted, min(wanted + 100, 65536)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise LaunchError(f"No port from {wanted} to {wanted + 99} is free on 127.0.0.1. Set airflow.port.")


@contextlib.contextmanager
def _only_one(home: settings.Home, say: Say) -> Iterator[tuple[int, int]]:
    """Hold the state folder's lock and mark, once whatever a killed launcher left is gone. The kernel frees both with us."""
    with home.lock.open("a") as lock:
        _take(lock.fileno(), home, say)
        with home.mark.open("a") as mark:
            # With the lock in our hands, every other holder of the mark is an orphan.
            guard.sweep(home.mark, {os.getpid()})
            yield lock.fileno(), mark.fileno()


def _take(lock: int, home: settings.Home, say: Say) -> None:
    deadline = time.monotonic() + (len(COMPONENTS) + 1) * guard.PATIENCE
    told = False
    while not _taken(lock):
        owner = json.loads(_read(home.running) or "{}")
        if home.mark.exists() and owner.get("launcher") in guard.holders(home.mark):
            raise AlreadyUpError(owner["address"])
        if time.monotonic() > deadline:
            raise LaunchError(f"{home.lock} is locked by a process that does not end.")
        if not told:
            say("An Airflow that lost its launcher is still stopping; waiting for it.")
            told = True
        time.sleep(0.2)


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _announce(home: settings.Home, address: str) -> None:
    draft = home.running.with_suffix(".draft")
    draft.write_text(json.dumps({"launcher": os.getpid(), "address": address}), encoding="utf-8")
    draft.replace(home.running)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _stamp(home: settings.Home, version: str) -> str:
    """Airflow's version and the database's own revision; another database in the same place gives another stamp."""
    if not home.database.exists():
        return f"{version} without database"
    with contextlib.closing(sqlite3.connect(f"file:{home.database}?mode=ro", uri=True, timeout=60)) as connection:
        try:
            revisions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        except sqlite3.DatabaseError:
            revisions = []
    return f"{version} {sorted(revisions)}"
