"""One night through Airflow: trigger the DAG, follow it to its end, and say how each task ended."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from retention.launch import settings
from retention.launch.processes import LaunchError
from retention.launch.rest import Rest, RestError, Unreachable, quoted

DAG = "nightly"
UNFINISHED = ("queued", "running")
# What an Airflow task can end with; anything else is still on its way.
ENDS = {"success", "failed", "upstream_failed", "skipped", "removed"}
PARSE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class TaskState:
    """How one task of a run stands. ``index`` is -1 for a task that is not mapped; ``said`` is why it failed."""

    task: str
    index: int
    state: str
    tries: int
    seconds: float
    said: str = ""


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run: Airflow's state for it, each task's, and the seconds spent until Airflow was ready and in all."""

    run_id: str
    state: str
    tasks: tuple[TaskState, ...]
    ready: float
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether every task did what it should."""
        return self.state == "success" and not self.failures

    @property
    def failures(self) -> tuple[TaskState, ...]:
        """The tasks that failed themselves, first to last."""
        return tuple(task for task in self.tasks if task.state == "failed")


@dataclass(frozen=True, slots=True)
class Night:
    """What is asked of one run; ``None`` and empty mean as configured and every share."""

    report_only: bool | None = None
    shares: tuple[str, ...] = ()
    force: bool = False

    def conf(self) -> dict[str, Any]:
        """Write it as the DAG's parameters."""
        words = {None: "as configured", True: "yes", False: "no"}
        return {"report_only": words[self.report_only], "shares": list(self.shares), "force": self.force}


def until_parsed(rest: Rest, pause: Callable[[float], None]) -> Mapping[str, Any]:
    """Wait until Airflow has read the DAG from the file as it is now. Raises ``LaunchError`` when the file is faulty."""
    # The time of the last change of the file's entry: an installer may give a new file an old modification time.
    since = dt.datetime.fromtimestamp((settings.ROOT / "dags" / f"{DAG}.py").stat().st_ctime, dt.UTC)
    deadline = time.monotonic() + PARSE_SECONDS
    while time.monotonic() < deadline:
        try:
            dag: Mapping[str, Any] = rest.get(f"/dags/{DAG}")
            if dt.datetime.fromisoformat(dag["last_parsed_time"]) >= since:
                return dag
        except RestError as error:
            if error.status != 404:
                raise
        faults = [fault for fault in rest.get("/importErrors")["import_errors"] if f"{DAG}.py" in fault["filename"]]
        if faults:
            raise LaunchError(f"Airflow cannot read the DAG {DAG}: {faults[0]['stack_trace'].strip().splitlines()[-1]}")
        pause(0.3)
    raise LaunchError(f"Airflow did not read the DAG {DAG} within {PARSE_SECONDS:.0f} s.")


def run(
    rest: Rest, night: Night, run_id: str | None, console: Console, pause: Callable[[float], None]
) -> tuple[str, str]:
    """Start a run, or join the unfinished one, and follow it; gives its id and its final state."""
    unfinished = rest.get(f"/dags/{DAG}/dagRuns", state="running", order_by="run_after")["dag_runs"]
    unfinished += rest.get(f"/dags/{DAG}/dagRuns", state="queued", order_by="run_after")["dag_runs"]
    for other in unfinished:
        # Runs of one DAG follow each other: ours would only wait behind it.
        if other["dag_run_id"] != run_id:
            console.print(f"An earlier run is unfinished; finishing it first: {other['dag_run_id']}")
            state = follow(rest, other["dag_run_id"], console, pause)
            if run_id is None and other["conf"] == night.conf():
                return other["dag_run_id"], state
    return _trigger_and_follow(rest, night, run_id, console, pause)


def _trigger_and_follow(
    rest: Rest, night: Night, run_id: str | None, console: Console, pause: Callable[[float], None]
) -> tuple[str, str]:
    chosen = run_id or f"asked-{dt.datetime.now(dt.UTC):%Y-%m-%dT%H-%M-%S}"
    try:
        rest.post(f"/dags/{DAG}/dagRuns", {"dag_run_id": chosen, "logical_date": None, "conf": night.conf()})
    except RestError as error:
        if error.status == 409:
            console.print(f"The run {chosen} exists already; following it.")
        elif error.status in {400, 422}:
            raise LaunchError(f"Airflow refused the parameters of the run: {error}") from error
        else:
            raise
    return chosen, follow(rest, chosen, console, pause)


def follow(rest: Rest, run_id: str, console: Console, pause: Callable[[float], None]) -> str:
    """Show a run's progress until it ends; gives its final state."""
    shown = _Bar(console) if console.is_terminal else _Lines(console)
    with shown:
        while True:
            try:
                state = rest.get(f"/dags/{DAG}/dagRuns/{quoted(run_id)}")["state"]
                shown.show(_instances(rest, run_id))
            except Unreachable:
                # The API server may be starting again; pause notices when it is gone for good.
                state = "running"
            if state not in UNFINISHED:
                return str(state)
            pause(0.5)


def outcome(rest: Rest, run_id: str) -> tuple[TaskState, ...]:
    """Every task of a run as it stands, in the order in which they began, with the reason of each failure."""
    rows = sorted(
        _instances(rest, run_id), key=lambda row: (row["start_date"] or "9", row["task_id"], row["map_index"])
    )
    return tuple(
        TaskState(
            row["task_id"],
            row["map_index"],
            row["state"] or "none",
            row["try_number"],
            row["duration"] or 0.0,
            _said(rest, run_id, row) if row["state"] == "failed" else "",
        )
        for row in rows
    )


def _instances(rest: Rest, run_id: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while True:
        page = rest.get(f"/dags/{DAG}/dagRuns/{quoted(run_id)}/taskInstances", limit=100, offset=len(rows))
        rows += page["task_instances"]
        if not page["task_instances"] or len(rows) >= page["total_entries"]:
            return rows


def _said(rest: Rest, run_id: str, row: Mapping[str, Any]) -> str:
    """Find the text of the exception that ended a task's last try, in its log."""
    path = f"/dags/{DAG}/dagRuns/{quoted(run_id)}/taskInstances/{quoted(row['task_id'])}/logs/{row['try_number']}"
    try:
        lines = rest.get(path, map_index=row["map_index"])["content"]
    except (RestError, Unreachable):
        return ""
    told = [line["error_detail"] for line in lines if isinstance(line, dict) and line.get("error_detail")]
    return str(told[-1][-1].get("exc_value", "")) if told else ""


class _Lines:
    """Progress for a log file: a line whenever a task starts or ends."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.known: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for task, text in _by_task(rows).items():
            if self.known.get(task) != text:
                self.known[task] = text
                self.console.print(f"{task}: {text}", markup=False, highlight=False)


class _Bar(_Lines):
    """Progress for a terminal: one bar that counts tasks."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self.progress = Progress(*columns, console=console)
        self.bar: TaskID = self.progress.add_task("waiting", total=None)

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def show(self, rows: Sequence[Mapping[str, Any]]) -> None:
        now = [row["task_id"] for row in rows if row["state"] == "running"]
        ended = sum(row["state"] in ENDS for row in rows)
        words = ", ".join(f"{task} × {n}" if n > 1 else task for task, n in Counter(now).items())
        self.progress.update(self.bar, description=words or "waiting", completed=ended, total=len(rows))


def _by_task(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Say what a reader wants to know of each task that has begun, without the steps in between."""
    states: dict[str, list[str]] = {}
    for row in rows:
        states.setdefault(row["task_id"], []).append(row["state"] or "")
    told = {}
    for task, each in states.items():
        if all(state in ENDS for state in each):
            told[task] = ", ".join(f"{state} × {n}" if n > 1 else state for state, n in sorted(Counter(each).items()))
        elif "up_for_retry" in each:
            told[task] = "failed, will be tried again"
        elif "running" in each:
            told[task] = "running"
    return told
