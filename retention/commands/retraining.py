# ruff: noqa: PLC0415 - a verb loads what it needs when it runs, so that help is quick
"""``strongroom retrain``: learn from what people have decided, see what would change, and let the model in if it is not worse."""

from __future__ import annotations

import argparse
import datetime as dt
from typing import Any

from retention.commands import more

OK, REFUSED = 0, 1


def add(verbs: Any, verb: Any) -> None:
    """Add the verb."""
    made = verb(verbs, "retrain", "learn from people's labels, and let the new model in if it is not worse", _retrain)
    made.add_argument(
        "--dry-run", action="store_true", help="train and try, tell which labels would change, keep nothing"
    )
    made.add_argument("--anyway", action="store_true", help="also when little is new since the last training")
    made.add_argument("--withdraw", action="store_true", help="go back to the model that is configured")
    made.add_argument("--list", action="store_true", help="tell of the trainings so far")
    made.add_argument("--run", default="", help="a name for the run; the same name says again what it counted")


def _retrain(given: argparse.Namespace) -> int:
    from retention import models, retraining, stages
    from retention.catalogue import lessons

    config = more.config(given)
    if given.withdraw:
        models.promote(config, "")
        more.say(["The next night judges with the model that is configured."])
        return OK
    if given.list:
        with stages.opened(config) as catalogue, catalogue.read() as connection:
            told = lessons.all_trials(connection)
        for one in told:
            more.say([f"{one['made_at']:%Y-%m-%d %H:%M}  {one['model']}", *(f"  {line}" for line in one["because"])])
        return OK
    key = given.run or f"retrain-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}"
    counts = retraining.retrain(config, key, dry_run=given.dry_run, anyway=given.anyway)
    if not counts["trained"]:
        more.say(
            [f"Nothing was learned: {counts['new']} new labels, {models.ENOUGH} make it worth while (or --anyway)."]
        )
        return OK
    if given.dry_run:
        more.say(counts["because"])
        return OK
    with stages.opened(config) as catalogue, catalogue.read() as connection:
        (last, *_) = lessons.all_trials(connection, 1)
    more.say(last["because"])
    return OK if counts["promoted"] else REFUSED
