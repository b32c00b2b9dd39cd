"""From the review pages to Airflow's: where it is, and the page of a night's run."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from retention.config import Config

# A run that Airflow named, as the catalogue writes it: every sign but letters, digits, _ and - has become one -, and a digest follows.
_WRITTEN = re.compile(
    r"(?P<kind>[a-z_]+__)(?P<day>\d{4}-\d\d-\d\dT\d\d)-(?P<minute>\d\d)-(?P<second>\d\d)(?:-(?P<part>\d{6}))?"
    r"-(?P<zone>\d\d-\d\d)(?P<more>_[\w-]+)?-(?P<digest>[0-9a-f]{8})"
)
_NOT_AIRFLOWS = ("manual-", "replay-")


def airflow_address(config: Config, environ: Mapping[str, str] = os.environ) -> str:
    """Where Airflow's pages are: ``STRONGROOM_AIRFLOW_URL``, Airflow's own variable, or the Airflow that is up here; empty for none."""
    for name in ("STRONGROOM_AIRFLOW_URL", "AIRFLOW__API__BASE_URL"):
        if environ.get(name, "").startswith(("http://", "https://")):
            return environ[name].rstrip("/")
    told = config.state / "airflow" / "running.json"
    try:
        running = json.loads(told.read_text(encoding="utf-8"))
        address, launcher = str(running["address"]), int(running["launcher"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return address if address.startswith("http://127.0.0.1:") and Path(f"/proc/{launcher}").exists() else ""


def run_id(key: str) -> str:
    """Airflow's id of the run that the catalogue knows by ``key``; empty when it was no run of Airflow's."""
    if key.startswith(_NOT_AIRFLOWS):
        return ""
    found = _WRITTEN.fullmatch(key)
    if found is None:
        return key
    part = f".{found['part']}" if found["part"] else ""
    made = f"{found['kind']}{found['day']}:{found['minute']}:{found['second']}{part}+{found['zone'].replace('-', ':')}{found['more'] or ''}"
    return made if hashlib.sha256(made.encode()).hexdigest()[:8] == found["digest"] else ""


def run_page(key: str, dag: str = "nightly") -> str:
    """The path of a run's page below Airflow's address; empty when it was no run of Airflow's."""
    run = run_id(key)
    return f"/dags/{quote(dag, safe='')}/runs/{quote(run, safe='')}" if run else ""
