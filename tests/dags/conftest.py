"""An Airflow of the tests' own for reading DAG files; Airflow looks for its home once, when it is first imported."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]

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
