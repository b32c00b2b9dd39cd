"""What the DAG files share: when to begin, what to call a run, and what is not worth a second try. Holds no DAG itself."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from collections.abc import Mapping
from typing import Any

from airflow.sdk import Asset, CronTriggerTimetable, RetryDecision, RetryPolicy, get_current_context

ANSWERS = Asset("strongroom-answers")
"""What people have answered since the last training: a night tells of it when it is enough to learn from."""


class NoHopelessRetry(RetryPolicy):
    """Fail at once where trying again cannot help; leave everything else to ``retries``.

    ``hopeless`` gives the reason by the name of an exception's class: importing the classes would import all that the tasks load,
    whenever a DAG file is read.
    """

    def __init__(self, hopeless: Mapping[str, str]) -> None:
        self.hopeless = dict(hopeless)

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,  # noqa: ARG002 - Airflow's signature
        max_tries: int,  # noqa: ARG002 - Airflow's signature
        context: Any = None,  # noqa: ARG002 - Airflow's signature
    ) -> RetryDecision:
        """Decide by the exception's class and the classes that it derives from."""
        for kind in type(exception).__mro__:
            if kind.__name__ in self.hopeless:
                return RetryDecision.fail(self.hopeless[kind.__name__])
        return RetryDecision.default()


def at(cron: str) -> CronTriggerTimetable | None:
    """Begin by a cron line in Europe/London; only when asked where it is empty."""
    # Without a start date and with no time to look back over, switching a DAG on never starts a run in the daytime.
    return CronTriggerTimetable(cron, timezone="Europe/London", run_immediately=dt.timedelta(0)) if cron else None


def at_configured(variable: str, default: str) -> CronTriggerTimetable | None:
    """Begin by the cron line in an environment variable, by ``default`` when it is not set, only when asked when it is empty."""
    return at(os.environ.get(variable, default))


def run_key(kind: str = "") -> str:
    """The catalogue's name for this run: Airflow's run id in characters that are safe everywhere; the same on every try.

    With a ``kind`` it can never be the name of a run of another kind.
    """
    run_id = str(get_current_context()["run_id"])
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", run_id)[:70]
    if plain == run_id and not kind:
        return plain
    marked = f"{plain}-{hashlib.sha256(run_id.encode()).hexdigest()[:8]}"
    return f"{kind}-{marked}" if kind else marked


def named(label: str) -> None:
    """Name this mapped task in Airflow's pages."""
    get_current_context()["label"] = label  # type: ignore[typeddict-unknown-key]


def told(stage: Any) -> Any:
    """Show a mapped task's docstring in Airflow's pages; for other tasks Airflow does that itself."""
    return stage.override(doc_md=stage.function.__doc__)
