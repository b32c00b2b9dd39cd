"""Real Airflows for tests: ``strongroom up`` in a process of its own, which can be asked to stop or killed."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from retention.launch import guard
from retention.launch.settings import ROOT, Home

_UP = """
import sys
from pathlib import Path
from rich.console import Console
from retention import config, launch
launch.up(config.load(Path(sys.argv[1])), port=int(sys.argv[2]), console=Console(width=200))
"""


class Up:
    """An Airflow that a launcher keeps up, with all that is needed to see what is left of it."""

    def __init__(self, settings: Path, port: int) -> None:
        self.home = Home(settings.parent / "state" / "airflow")
        self.said = settings.parent / "said.txt"
        environment = {**os.environ, "HOME": str(settings.parent / "home"), "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
        with self.said.open("w") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-u", "-c", _UP, str(settings), str(port)],
                stdout=said,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        self._until_up()

    def _until_up(self) -> None:
        deadline = time.monotonic() + 240
        while "Ctrl-C stops it." not in self.said.read_text():
            assert self.process.poll() is None, self.said.read_text()
            assert time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.2)

    @property
    def address(self) -> str:
        """Where it says that it listens."""
        found = re.search(r"Airflow is up: (\S+)", self.said.read_text())
        assert found
        return found.group(1)

    def processes(self) -> set[int]:
        """Every living process of this Airflow, the launcher included."""
        return guard.holders(self.home.mark) | guard.descendants(self.process.pid)

    def living(self, numbers: set[int]) -> set[int]:
        """Those of some processes that have not ended."""
        return {number for number in numbers if _alive(number)}

    def guard(self) -> int:
        """The process that guards the components."""
        (child,) = guard.children(self.process.pid)
        return child

    def signal(self, number: signal.Signals) -> int:
        """Send the launcher a signal and wait for it; gives its exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)

    def gone(self, seconds: float = 60.0) -> set[int]:
        """Wait until no process is left; gives those that are."""
        deadline = time.monotonic() + seconds
        while (left := guard.holders(self.home.mark)) and time.monotonic() < deadline:
            time.sleep(0.2)
        return left

    def end(self) -> None:
        """Leave nothing behind, whatever a test did."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(60)
        guard.sweep(self.home.mark, {os.getpid()})


def _alive(number: int) -> bool:
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def first_port(wanted: int) -> int:
    """A port to look for free ones from: each test process looks in a stretch of its own, so that two never race for one."""
    return wanted + 20 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
