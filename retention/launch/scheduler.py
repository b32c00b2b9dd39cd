"""Airflow's scheduler with the libraries of the tasks already loaded; run as a program.

Every task is a fork of a worker that is a fork of the scheduler, so what is loaded here is loaded once for all of them instead of
once in each: Great Expectations alone takes five seconds and more, and five tasks of a night need it. Meanwhile the API server
comes up; only when it has answered on the tasks' own paths (built on the first request, which takes seconds too) does the
scheduler begin, since a task that starts without the API server burns a try.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import time
import urllib.request

LOADED = ("retention.stages", "retention.quality", "retention.report", "retention.custody")
PATIENCE = 240.0  # seconds for the API server to answer


def preload() -> None:
    """Load what tasks load. A module that cannot be loaded is left to the task that needs it, which says so in its log."""
    for name in LOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def await_api(address: str) -> None:
    """Wait until the API server answers tasks. Raises ``TimeoutError``."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), opener.open(f"{address.rstrip('/')}/health", timeout=PATIENCE):
            return
        time.sleep(0.2)
    raise TimeoutError(f"Airflow's API server did not answer within {PATIENCE:.0f} s.")


def main() -> None:
    """Be ``airflow scheduler``, prepared."""
    preload()
    airflow = importlib.import_module("airflow.__main__")
    importlib.import_module("airflow.jobs.scheduler_job_runner")
    await_api(os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"])
    # Its log server would listen on every interface; on one machine logs are read from disk.
    sys.argv = ["airflow", "scheduler", "--skip-serve-logs"]
    airflow.main()


if __name__ == "__main__":
    main()
