"""The Airflow that Strongroom starts for itself: its folder, secrets, users and environment."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from retention.config import Config
from retention.launch.logins import OWN, USERS, Login

__all__ = ["ROOT", "USERS", "Home", "environment", "passwords", "prepare", "private", "tasks_at_once"]

ROOT = Path(__file__).resolve().parents[2]
# Airflow looks for plugins in this folder; with an Airflow of one's own the same line does it.
PLUGIN = "from retention.review.tab import StrongroomPlugin as StrongroomPlugin\n"


@dataclass(frozen=True, slots=True)
class Home:
    """Where Airflow keeps its own things, inside the state folder."""

    folder: Path

    @property
    def lock(self) -> Path:
        """Locked by the launcher and its guard for as long as either lives."""
        return self.folder / "launch.lock"

    @property
    def mark(self) -> Path:
        """Held open by every process of a running Airflow and by nobody else, so that all can be found."""
        return self.folder / "launch.mark"

    @property
    def running(self) -> Path:
        """Says where the running Airflow listens; stale when nobody holds the lock."""
        return self.folder / "running.json"

    @property
    def passwords(self) -> Path:
        """The users' passwords, as Airflow's simple auth manager reads them."""
        return self.folder / "passwords.json"

    @property
    def shown(self) -> Path:
        """Names the logins whose first passwords have been printed, one a line; empty means Airflow's own four."""
        return self.folder / "passwords.shown"

    @property
    def migrated(self) -> Path:
        """Names the Airflow version that the SQLite database was last migrated to."""
        return self.folder / "migrated"

    @property
    def cleaned(self) -> Path:
        """Touched when old rows were last removed from the database."""
        return self.folder / "cleaned"

    @property
    def database(self) -> Path:
        """The embedded database."""
        return self.folder / "airflow.db"

    def log(self, component: str) -> Path:
        """Where a component's own output goes."""
        return self.folder / "logs" / "components" / f"{component}.log"


def prepare(config: Config, logins: Iterable[Login] = OWN) -> Home:
    """Make Airflow's folder, secrets, plugin and first passwords where they are missing; nobody else may read them."""
    home = Home(config.state.absolute() / "airflow")
    home.log("").parent.mkdir(parents=True, exist_ok=True)
    home.folder.chmod(0o700)
    (home.folder / "plugins").mkdir(exist_ok=True)
    _write(home.folder / "plugins" / "strongroom_tab.py", PLUGIN)
    private(home.folder / "secrets.json", json.dumps(_secrets()))
    given = passwords(home) if home.passwords.exists() else {}
    made = {login.name: secrets.token_urlsafe(12) for login in logins if login.name not in given}
    if made:
        _write(home.passwords, json.dumps(given | made))
    return home


def private(path: Path, text: str) -> None:
    """Write a new file with mode 0600, whole or not at all; an existing one stays as it is."""
    if not path.exists():
        _write(path, text)


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def passwords(home: Home) -> dict[str, str]:
    """Each user's password, by name."""
    known: dict[str, str] = json.loads(home.passwords.read_text(encoding="utf-8"))
    return known


def tasks_at_once(config: Config) -> int:
    """How many tasks run at once: twice the cores, and on SQLite at most 4 (more lock each other out)."""
    asked = config.work.parallelism or 2 * (os.cpu_count() or 1)
    return asked if config.airflow.database else min(4, asked)


def environment(
    config: Config, home: Home, port: int, inherited: Mapping[str, str], logins: Iterable[Login] = OWN
) -> dict[str, str]:
    """Build the whole environment of Airflow's processes for a port and those who may sign in.

    A person's own ``AIRFLOW*`` variables are left out: they belong to another Airflow.
    """
    drop = ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME")
    kept = {k: v for k, v in inherited.items() if not k.startswith(("AIRFLOW", "_AIRFLOW")) and k not in drop}
    path = os.pathsep.join(filter(None, (str(ROOT), inherited.get("PYTHONPATH"))))
    kept |= {
        "AIRFLOW_HOME": str(home.folder),
        "GX_ANALYTICS_ENABLED": "False",
        # Tasks share the cores already; threads of their own would only make them wait for each other.
        "OMP_NUM_THREADS": inherited.get("OMP_NUM_THREADS", "1"),
        "OPENBLAS_NUM_THREADS": inherited.get("OPENBLAS_NUM_THREADS", "1"),
        "PYTHONPATH": path,
        "STRONGROOM_AIRFLOW_DISPOSAL": config.airflow.disposal,
        "STRONGROOM_AIRFLOW_SCHEDULE": config.airflow.schedule,
        "STRONGROOM_STATE": str(config.state.absolute()),
    }
    if config.source:
        kept["STRONGROOM_CONFIG"] = str(config.source.absolute())
    sections = _sections(config, home, f"http://127.0.0.1:{port}", port)
    sections["core__simple_auth_manager_users"] = ",".join(f"{login.name}:{login.airflow}" for login in logins)
    return kept | {f"AIRFLOW__{name.upper()}": str(value) for name, value in sections.items()}


def _sections(config: Config, home: Home, address: str, port: int) -> dict[str, object]:
    keys = json.loads((home.folder / "secrets.json").read_text(encoding="utf-8"))
    return {
        "core__dags_folder": ROOT / "dags",
        "core__plugins_folder": home.folder / "plugins",
        "core__load_examples": False,
        "core__executor": "LocalExecutor",
        "core__parallelism": tasks_at_once(config),
        "core__max_map_length": 256,
        "core__fernet_key": keys["fernet"],
        "core__execution_api_server_url": f"{address}/execution/",
        "core__simple_auth_manager_passwords_file": home.passwords,
        # SQLite's own five seconds are too short: a locked database would end the scheduler.
        "database__sql_alchemy_conn": config.airflow.database or f"sqlite:///{home.database}?timeout=60",
        "logging__base_log_folder": home.folder / "logs",
        "api__host": "127.0.0.1",
        "api__port": port,
        "api__base_url": address,
        "api__workers": 1,
        "api__enable_swagger_ui": False,
        "api__instance_name": "Strongroom",
        "api__secret_key": keys["api"],
        "api_auth__jwt_secret": keys["jwt"],
        # Under load the API server answers late; a task that gives up early would burn one of its tries.
        "workers__execution_api_timeout": 30,
        "workers__execution_api_retries": 10,
        # A supervisor may notice only at its next heartbeat that its task has ended; five seconds each add up.
        "workers__min_heartbeat_interval": 1,
        "scheduler__task_instance_heartbeat_timeout": 90,
        "scheduler__use_job_schedule": bool(config.airflow.schedule),
        "scheduler__scheduler_idle_sleep_time": 0.2,
        "dag_processor__refresh_interval": 30,
        "dag_processor__parsing_processes": 1,
        "usage_data_collection__enabled": False,
    }


def _secrets() -> dict[str, str]:
    return {
        "api": secrets.token_urlsafe(64),
        "jwt": secrets.token_urlsafe(64),
        "fernet": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
