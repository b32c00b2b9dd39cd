"""Airflow for one machine, without setting anything up: ``up`` for people, ``nightly`` for one run from the terminal.

``airflow standalone`` is not used: it runs more tasks at once than SQLite bears, does not notice a component that died, leaves
processes behind when it is terminated, and listens on every interface with its log servers.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator, Sequence

from rich.console import Console

from retention.config import Config
from retention.launch import night as nights
from retention.launch import settings
from retention.launch.night import Night, RunResult, TaskState
from retention.launch.processes import Airflow, AlreadyUpError, LaunchError, client, started
from retention.launch.rest import Rest, RestError, Unreachable

__all__ = ["AlreadyUpError", "LaunchError", "Night", "RunResult", "TaskState", "nightly", "up"]


def up(config: Config, *, port: int | None = None, console: Console | None = None) -> None:
    """Start Airflow with its pages on 127.0.0.1 and keep it up until SIGINT, SIGTERM or SIGHUP; then stop it cleanly.

    ``port``: the wanted port instead of ``airflow.port``; the next free one is taken when it is in use. The first passwords are
    printed once. Raises ``AlreadyUpError`` when it is up already and ``LaunchError`` when it does not start or keeps dying.
    """
    console = console or Console(highlight=False)
    with (
        _interruptible(),
        contextlib.suppress(KeyboardInterrupt),
        started(config, port=port, say=console.print) as airflow,
    ):
        _welcome(console, airflow)
        while True:
            airflow.watch(60.0)
    console.print("Airflow has stopped.")


def nightly(
    config: Config,
    *,
    report_only: bool | None = None,
    shares: Sequence[str] = (),
    force: bool = False,
    run_id: str | None = None,
    port: int | None = None,
    console: Console | None = None,
) -> RunResult:
    """Run the DAG ``nightly`` once and follow it to its end.

    Uses this state folder's Airflow when it is up; otherwise starts one and stops it again. ``run_id``: a name for the run; the
    same name twice is the same run. An unfinished earlier run is finished first. Raises ``LaunchError`` when Airflow does not
    start and ``KeyboardInterrupt`` when asked to stop; the run then stands in Airflow's database and the next call finishes it.
    """
    console = console or Console(highlight=False)
    wanted = Night(report_only, tuple(shares), force)
    try:
        with _interruptible():
            return _anywhere(config, wanted, run_id, port, console)
    except Unreachable as error:
        raise LaunchError("Airflow's API server does not answer any more.") from error


def _anywhere(config: Config, wanted: Night, run_id: str | None, port: int | None, console: Console) -> RunResult:
    began = time.monotonic()
    try:
        with started(config, port=port, say=console.print) as airflow:
            return _night(airflow.rest, wanted, run_id, console, began, airflow)
    except AlreadyUpError as running:
        console.print(f"Using the Airflow that is up at {running.address}.")
        rest = client(settings.prepare(config), running.address)
        return _night(rest, wanted, run_id, console, began, None)


def _night(
    rest: Rest, wanted: Night, run_id: str | None, console: Console, began: float, own: Airflow | None
) -> RunResult:
    pause = own.watch if own else time.sleep
    dag = nights.until_parsed(rest, pause)
    ready = time.monotonic() - began
    if dag["is_paused"]:
        # A paused DAG starts no run, not even one that was asked for.
        console.print("The DAG nightly is paused; it runs this once and is paused again.")
        rest.patch(f"/dags/{nights.DAG}", {"is_paused": False})
    try:
        found, state = nights.run(rest, wanted, run_id, console, pause)
    finally:
        if dag["is_paused"]:
            with contextlib.suppress(RestError, Unreachable):
                rest.patch(f"/dags/{nights.DAG}", {"is_paused": True})
    return RunResult(found, state, nights.outcome(rest, found), ready, time.monotonic() - began)


def _welcome(console: Console, airflow: Airflow) -> None:
    console.print(f"\nAirflow is up: {airflow.address}")
    console.print(f"The review pages: {airflow.address}/plugin/review", markup=False)
    home, known = airflow.home, airflow.logins
    shown = (home.shown.read_text(encoding="utf-8").split() or settings.USERS) if home.shown.exists() else ()
    new = [login for login in known if login.name not in shown]
    if new:
        console.print(f"First login (shown once; kept in {home.passwords}):")
        words, width = settings.passwords(home), max(len(login.name) for login in new)
        for login in new:
            console.print(f"  {login.name:<{width}}  {words[login.name]}   {login}", markup=False)
        home.shown.touch(mode=0o600)
        home.shown.write_text("".join(f"{name}\n" for name in (*shown, *(one.name for one in new))), encoding="utf-8")
    else:
        console.print(f"Users and passwords: {home.passwords}")
    if not any(login.roles for login in known):
        console.print(
            "Nobody has a role on the review pages yet. To give one, then start again:\n"
            "  strongroom people add NAME --role records_manager --no-password"
        )
    console.print("Ctrl-C stops it.")


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Make SIGTERM and SIGHUP end the block the way Ctrl-C does, so that everything is stopped in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
