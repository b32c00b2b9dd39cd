"""An Airflow of the tests' own for reading DAG files, and a real one that is up for all tests that only use it."""

import atexit
import os
import shutil
import signal
import sys
import tempfile
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from retention import config, launch
from retention.launch.processes import free_port
from tests.dags import small_share
from tests.dags.airflows import Up, first_port

ROOT = Path(__file__).parents[2]

# Airflow looks for its home once, when it is first imported.
if "airflow" not in sys.modules:
    _HOME = tempfile.mkdtemp(prefix="strongroom-airflow-")
    atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
    os.environ |= {
        "AIRFLOW_HOME": _HOME,
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": f"{_HOME}/plugins",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_HOME}/airflow.db?timeout=60",
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of sixty-four characters and more, for tests and nothing else",
    }


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    """A folder with a small share, its configuration and its people, and later the state of its nights."""
    folder = tmp_path_factory.mktemp("night")
    small_share.add_people(small_share.make(folder))
    return folder


@pytest.fixture(scope="session")
def up(place):
    """An Airflow that is up until the last test is done; Ctrl-C then ends it well and leaves no process."""
    airflow = Up(place / "strongroom.toml", free_port(first_port(18180)))
    before = airflow.processes()
    yield airflow
    code = airflow.signal(signal.SIGINT)
    left = airflow.living(before) | airflow.gone(0.0)
    airflow.end()
    assert (code, left) == (0, set())


@pytest.fixture(scope="session")
def night(up, place):
    """The first night, run by the launcher in the Airflow that is up."""
    said = StringIO()
    result = launch.nightly(config.load(place / "strongroom.toml"), console=Console(file=said, width=200))
    assert up.address in said.getvalue()
    return result
