"""The quality gates: Great Expectations over the catalogue's own tables, one gate after each step of the night.

A check is a query for rows that must not be. Queries return ids and counts only and results keep booleans only, so that neither the
stored results nor the data docs hold a path, a name or a value from a document.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Read when it is imported, so it must be set before.
os.environ["GX_ANALYTICS_ENABLED"] = "False"

import great_expectations as gx
import great_expectations.expectations as gxe

from retention.config import Caps, Gates

_TABLES = {"inventory": "item", "readings": "reading", "decisions": "decision", "custody": "move"}
GATES = tuple(_TABLES)
_PRESENT = "i.state = 0 AND i.occupant = 0 AND NOT i.absent"
_OPEN = f"{_PRESENT} AND i.excluded IS NULL AND NOT f.sealed"
_ITEMS = "item i JOIN folder f ON f.id = i.folder_id"


@dataclass(frozen=True, slots=True)
class Check:
    """Rows that must not be: ``query`` finds them, ``fault`` tells a person what it means when there are any, and what to do."""

    name: str
    query: str
    fault: str


@dataclass(frozen=True, slots=True)
class Night:
    """What the checks need to know of the run they look at. ``before`` are the figures of the last good night."""

    run: int
    shares: tuple[str, ...]
    gates: Gates
    caps: Caps
    before: Mapping[str, Any]


def checks(gate: str, night: Night) -> tuple[Check, ...]:
    """The checks of one gate for one night."""
    made = {"inventory": _inventory, "readings": _readings, "decisions": _decisions, "custody": _custody}[gate]
    return tuple(made(night))


def _inventory(night: Night) -> Iterator[Check]:
    limits = night.gates
    names = ", ".join(f"'{name.replace(chr(39), chr(39) * 2)}'" for name in night.shares) or "''"
    yield Check(
        "every share was crawled to its end",
        f"SELECT s.id FROM share s WHERE s.name IN ({names}) AND NOT EXISTS (SELECT 1 FROM part p WHERE p.run_id = {night.run} "
        "AND p.stage = 'crawl' AND p.name = s.name)",
        "A share was not crawled to its end, so what lies in it is not known tonight. Look at the crawl task of that share, then clear it.",
    )
    yield Check(
        "no share lost more than the drop limit",
        f"SELECT f.share_id FROM {_ITEMS} WHERE i.state = 0 AND i.occupant = 0 GROUP BY f.share_id "
        f"HAVING count(*) >= {limits.floor} AND sum(CASE WHEN i.absent THEN 1 ELSE 0 END) > {limits.drop} * count(*)",
        f"More than {limits.drop:.0%} of the items known on a share were not there. Check that the whole share is mounted; if the "
        "files really left, raise [gates] drop for one night.",
    )
    yield Check(
        "every entry is a file, a link or a special file",
        "SELECT id FROM item WHERE kind NOT IN ('file', 'link', 'special') OR size < 0",
        "The inventory holds entries of an impossible kind or size. The catalogue may have been changed by hand; restore its backup.",
    )
    yield Check(
        "what is no plain file is excluded",
        f"SELECT i.id FROM {_ITEMS} WHERE {_PRESENT} AND i.kind <> 'file' AND i.excluded IS NULL",
        "A link or a special file is not marked as excluded and might be opened. Clear the crawl task; if it happens again, report it.",
    )
    yield Check(
        "most folders could be listed",
        "SELECT share_id FROM folder GROUP BY share_id HAVING count(*) >= "
        f"{limits.floor} AND sum(CASE WHEN error IS NOT NULL AND error NOT LIKE 'skipped:%' THEN 1 ELSE 0 END) > "
        f"{limits.problems} * count(*)",
        f"More than {limits.problems:.0%} of a share's folders could not be listed. Check the rights of the account that crawls.",
    )


def _readings(night: Night) -> Iterator[Check]:
    limits = night.gates
    yield Check(
        "found = labelled + problems + excluded",
        f"SELECT i.id FROM {_ITEMS} LEFT JOIN reading r ON r.id = i.reading_id WHERE {_OPEN} AND "
        "(i.reading_id IS NULL OR (r.problem_kind IS NULL AND i.label_id IS NULL))",
        "Some items ended with neither a label nor a reason. Clear the classify tasks so that they are read; nothing was moved.",
    )
    yield Check(
        "a reading has a label or a problem, never both",
        'SELECT id FROM reading WHERE (problem_kind IS NULL) = ("primary" IS NULL)',
        "A reading holds both a label and a problem, or neither. Clear the classify tasks; if it happens again, report it.",
    )
    yield Check(
        "labels are in the set",
        "SELECT id FROM label WHERE \"primary\" NOT IN ('official', 'personal', 'sensitive') OR tier < 0 OR tier > 5",
        "A label is outside the permitted set. The catalogue may have been changed by hand; restore its backup.",
    )
    yield Check(
        "probabilities lie between 0 and 1",
        "SELECT id FROM reading WHERE sensitive < 0 OR sensitive > 1 OR personal < 0 OR personal > 1",
        "A probability lies outside 0 to 1, so the model is not sound. Train it again with: strongroom train --starter",
    )
    yield Check(
        "nothing unread is called official",
        f"SELECT i.id FROM {_ITEMS} JOIN reading r ON r.id = i.reading_id JOIN label l ON l.id = i.label_id WHERE {_OPEN} "
        "AND r.problem_kind IS NOT NULL AND l.\"primary\" = 'official' AND l.\"by\" NOT LIKE 'person:%'",
        "An item that could not be read carries the label official. Nothing was moved; report this with the run's reference.",
    )
    yield Check(
        "most items could be read",
        f"SELECT f.share_id FROM {_ITEMS} JOIN reading r ON r.id = i.reading_id WHERE {_OPEN} GROUP BY f.share_id HAVING count(*) >= "
        f"{limits.floor} AND sum(CASE WHEN r.problem_kind IS NOT NULL THEN 1 ELSE 0 END) > {limits.problems} * count(*)",
        f"More than {limits.problems:.0%} of a share's items could not be read. See the problems by kind in the report.",
    )
    yield from _drift(night)


def _drift(night: Night) -> Iterator[Check]:
    for primary in ("official", "personal", "sensitive"):
        before = night.before.get(f"share_{primary}")
        if before is None:
            continue
        yield Check(
            f"the share of {primary} items did not jump",
            f"SELECT count(*) FROM {_ITEMS} JOIN label l ON l.id = i.label_id WHERE {_OPEN} HAVING count(*) >= {night.gates.floor} "
            f"AND abs(sum(CASE WHEN l.\"primary\" = '{primary}' THEN 1.0 ELSE 0.0 END) / count(*) - {float(before):.6f}) > "
            f"{night.gates.drift}",
            f"The share of items labelled {primary} moved by more than {night.gates.drift:.0%} since the last good night. See whether a "
            "large new folder explains it; if so, raise [gates] drift for one night. If not, do not trust the model.",
        )


def _decisions(night: Night) -> Iterator[Check]:
    limits = night.gates
    in_force = f"{_ITEMS} JOIN decision d ON d.id = i.decision_id"
    yield Check(
        "every item has one decision",
        f"SELECT i.id FROM {_ITEMS} LEFT JOIN decision d ON d.id = i.decision_id WHERE {_OPEN} AND i.reading_id IS NOT NULL "
        "AND (d.id IS NULL OR d.item_id <> i.id)",
        "Some items have no decision. Clear the decide task; nothing was moved.",
    )
    yield Check(
        "only what is flagged is restricted",
        f"SELECT d.id FROM {in_force} WHERE d.action = 'restrict' AND (NOT d.flagged OR d.tier IS NULL OR d.tier >= 5)",
        "A decision would restrict an item that is not flagged, or one that must not be touched. Nothing was moved; report this.",
    )
    yield Check(
        "what is held is not disposed of",
        f"SELECT d.id FROM {in_force} WHERE d.action = 'dispose' AND CAST(d.held AS TEXT) <> '[]'",
        "An item under hold was listed for disposal. Nothing was moved; report this with the run's reference.",
    )
    yield Check(
        "dates are possible",
        f"SELECT d.id FROM {in_force} WHERE d.start < '1900-01-01' OR d.due < d.start OR d.start > d.decided_on",
        "A retention date lies before 1900, before its start or starts in the future. Check the facts entered and the machine's clock.",
    )
    yield Check(
        "every decision names its rule and schedule",
        f"SELECT d.id FROM {in_force} WHERE d.rule = '' OR d.schedule_version = ''",
        "A decision names no rule or no schedule version. Check the schedule with: strongroom schedule lint",
    )
    yield Check(
        "a decision is never milder than its label",
        f"SELECT d.id FROM {in_force} JOIN label l ON l.id = i.label_id WHERE {_OPEN} AND d.label_id = i.label_id AND d.tier < l.tier",
        "A decision was taken on a lower tier than its item's label. Clear the decide task; nothing was moved.",
    )
    yield Check(
        "no more than the expected share is flagged",
        f"SELECT f.share_id FROM {in_force} WHERE {_OPEN} GROUP BY f.share_id HAVING count(*) >= {limits.floor} "
        f"AND sum(CASE WHEN d.action = 'restrict' THEN 1 ELSE 0 END) > {limits.flagged} * count(*)",
        f"More than {limits.flagged:.0%} of a share's items would be restricted. That is more likely a wrong zone map or model than a "
        "true finding. Check the zones; if it is right, raise [gates] flagged for one night.",
    )
    automatic = f"{in_force} WHERE {_OPEN} AND d.action = 'restrict' AND d.automatic"
    yield Check(
        "no more would be moved than one night may move",
        f"SELECT count(*) FROM {automatic} HAVING count(*) > {night.caps.moves_per_run} OR sum(i.size) > {night.caps.bytes_per_run}",
        f"More than {night.caps.moves_per_run} items or {night.caps.bytes_per_run:,} bytes would be moved in one night. If that is "
        "right, a named person raises [caps] for one night.",
    )
    yield Check(
        "no more would be moved from one share than it may lose in a night",
        f"SELECT f.share_id FROM {automatic} GROUP BY f.share_id HAVING count(*) > {night.caps.moves_per_share}",
        f"More than {night.caps.moves_per_share} items would be moved from one share in one night. If that is right, a named person "
        "raises [caps] moves_per_share for one night.",
    )


def _custody(night: Night) -> Iterator[Check]:
    mine = f"move m WHERE m.run_id = {night.run}"
    done = "('pointed', 'removed')"
    yield Check(
        "what was moved is verified",
        f"SELECT m.id FROM {mine} AND m.step IN {done} AND (m.sha256 = '' OR m.object_key = '' OR m.size < 0)",
        "A move was finished without a verified copy. Stop moving and run: strongroom vault check",
    )
    yield Check(
        "every moved item is recorded as restricted",
        f"SELECT m.id FROM move m JOIN item i ON i.id = m.item_id WHERE m.run_id = {night.run} AND m.step IN {done} "
        "AND i.state <> 2 AND NOT EXISTS (SELECT 1 FROM move n WHERE n.item_id = m.item_id AND n.id > m.id)",
        "An item was moved but its record says that it is still at its place. Clear the restrict task; it finishes what it began.",
    )
    yield Check(
        "every restricted item has a move",
        f"SELECT i.id FROM {_ITEMS} WHERE i.state = 2 AND NOT EXISTS (SELECT 1 FROM move m WHERE m.item_id = i.id)",
        "An item counts as restricted and no move explains it. Run: strongroom vault rebuild",
    )
    yield Check(
        "only what was to be restricted was moved",
        f"SELECT m.id FROM {mine} AND NOT EXISTS (SELECT 1 FROM decision d WHERE d.item_id = m.item_id AND d.action = 'restrict')",
        "Something was moved that no decision asked for. Undo the night with: strongroom undo RUN",
    )
    yield Check(
        "the caps were kept",
        f"SELECT count(*) FROM {mine} HAVING count(*) > {night.caps.moves_per_run}",
        "More was moved than one night may move. Undo the night with: strongroom undo RUN",
    )
    yield Check(
        "no move stands unfinished",
        f"SELECT m.id FROM {mine} AND m.step IN ('planned', 'copied', 'verified', 'taken') AND m.error = ''",
        "A move began and did not finish. Clear the restrict task; it goes on where it stopped.",
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a gate ended: the checks that failed, in order."""

    gate: str
    checked: int
    failed: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether the night may go on."""
        return not self.failed

    @property
    def sentence(self) -> str:
        """What a person needs to know."""
        if self.passed:
            return f"Gate {self.gate}: all {self.checked} checks hold."
        return f"Gate {self.gate}: {self.failed[0].name} - this does not hold. {self.failed[0].fault}"


def run_gate(gate: str, night: Night, *, url: str, folder: Path) -> Outcome:
    """Run one gate's checks with Great Expectations against the catalogue at a SQLAlchemy address.

    ``folder`` keeps Great Expectations' own files. The address reaches it through the environment, so that no password is stored.
    """
    wanted = checks(gate, night)
    # It prints that our queries look at the catalogue as a whole, which they do on purpose.
    with contextlib.redirect_stdout(io.StringIO()):
        held = _validate(gate, wanted, url, folder)
    return Outcome(gate, len(wanted), tuple(check for check in wanted if not held.get(check.name)))


def _validate(gate: str, wanted: tuple[Check, ...], url: str, folder: Path) -> dict[str, bool]:
    context, source = _context(url, folder)
    suite = context.suites.add_or_update(
        gx.ExpectationSuite(
            name=gate,
            expectations=[
                gxe.UnexpectedRowsExpectation(
                    description=check.name, unexpected_rows_query=check.query, meta={"check": check.name}
                )
                for check in wanted
            ],
        )
    )
    asset = source.add_table_asset(name=gate, table_name=_TABLES[gate])
    definition = context.validation_definitions.add_or_update(
        gx.ValidationDefinition(name=gate, data=asset.add_batch_definition_whole_table("whole"), suite=suite)
    )
    checkpoint = context.checkpoints.add_or_update(
        gx.Checkpoint(name=gate, validation_definitions=[definition], result_format="BOOLEAN_ONLY")
    )
    result = next(iter(checkpoint.run().run_results.values()))
    return {one.expectation_config.meta["check"]: bool(one.success) for one in result.results}


def build_docs(*, url: str, folder: Path) -> Path:
    """Build the data docs of all that was validated; returns the page to open."""
    context, _source = _context(url, folder)
    with contextlib.redirect_stdout(io.StringIO()):
        context.build_data_docs()
    return folder / "gx" / "uncommitted" / "data_docs" / "local_site" / "index.html"


def _context(url: str, folder: Path) -> tuple[Any, Any]:
    os.environ["STRONGROOM_GATES_URL"] = url
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    context = gx.get_context(mode="file", project_root_dir=folder)
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_or_update_sql(name="catalogue", connection_string="${STRONGROOM_GATES_URL}")
    return context, source
