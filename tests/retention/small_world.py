"""A share and a catalogue in memory, real in what counts: transactions roll back, removals do not, and a crash can come anywhere."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from classifier.item import Tier
from retention import decide as decisions
from retention import schedule
from retention.clock import Source, TriggerValue
from retention.dispose import Batch, Entry, Method, Present, Proposal, propose
from retention.execute import Result, execute
from retention.hold import Hold
from retention.schedule import Schedule
from tests.retention.rules import SCHEDULE, ZONE, facts


class Crash(BaseException):
    """The power went."""


@dataclass
class World:
    """Items, holds, a schedule, a day, and what was removed."""

    today: dt.date = dt.date(2026, 11, 22)
    rules: Schedule = SCHEDULE
    items: dict[str, Entry] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    removed: dict[str, str] = field(default_factory=dict)
    wrongs: list[str] = field(default_factory=list)
    results: dict[tuple[str, str], Result] = field(default_factory=dict)
    intents: set[tuple[str, str]] = field(default_factory=set)
    crash_in: int = -1
    running: Batch | None = None

    def add(self, item: str, ended: dt.date, tier: Tier = Tier.T2) -> None:
        """Put a file with a known end of its licence on the share."""
        path = b"Licensing/Taxi/" + item.encode() + b".docx"
        due = dt.date.max
        entry = Entry(
            item,
            "s",
            path,
            item * 8,
            100,
            1,
            1,
            len(self.items) + 1,
            "LI-01",
            "licence_expiry",
            ended,
            due,
            tier,
            "Taxi",
        )
        self.items[item] = replace(entry, due=self.decision(entry).due or due)

    def decision(self, entry: Entry) -> decisions.Decision:
        """Decide on an item as it is now."""
        known = {"licence_expiry": TriggerValue(entry.start, Source.FEED)} if entry.start else {}
        item = facts(entry.path, tier=entry.tier, triggers=known, item=entry.item, sha256=entry.sha256)
        return decisions.decide(item, ZONE, self.rules, tuple(self.holds.values()), self.today)

    def due(self) -> list[Entry]:
        """List what may be disposed of today."""
        found = [(entry, self.decision(entry)) for entry in self.items.values()]
        return [replace(entry, due=decision.due) for entry, decision in found if decision.disposable and decision.due]

    def propose(self, name: str, by: str, method: Method = Method.DESTROY) -> Batch:
        """Propose all that is due."""
        return propose(Proposal(name, "licensing", method, by), self.due(), self.rules, self.today)

    def execute(self, batch: Batch) -> tuple[Batch, tuple[Result, ...]]:
        """Execute a batch against this world."""
        self.running = batch
        return execute(batch, self.rules, self, self.remove, self.today)

    def adopt(self, period: str, until: dt.date) -> None:
        """Bring another version of the schedule into force."""
        text = schedule.dump(self.rules).replace("P7Y", period)
        self.rules = schedule.load(text, version=f"v{period}{until}", adopted=dt.date(2020, 1, 1), expires=until)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep what is recorded only when nothing goes wrong until the end."""
        results, intents = dict(self.results), set(self.intents)
        try:
            self.moment()
            yield
            self.moment()
        except BaseException:
            self.results, self.intents = results, intents
            raise

    def moment(self) -> None:
        """Crash when the time for it has come."""
        self.crash_in -= 1
        if self.crash_in == 0:
            raise Crash

    def present(self, entry: Entry) -> Present | None:
        """Look at an item afresh."""
        self.moment()
        now = self.items.get(entry.item)
        if now is None:
            return None
        return Present(
            now.share,
            now.path,
            now.sha256,
            now.size,
            now.modified_ns,
            now.device,
            now.inode,
            now.tier,
            self.decision(now),
        )

    def result(self, batch: str, item: str) -> Result | None:
        """Return what was recorded."""
        return self.results.get((batch, item))

    def intended(self, batch: str, item: str) -> bool:
        """Whether removal was about to happen."""
        return (batch, item) in self.intents

    def intend(self, batch: str, item: str) -> None:
        """Record that removal is about to happen."""
        self.intents.add((batch, item))

    def record(self, batch: str, result: Result) -> None:
        """Record an outcome."""
        self.results[batch, result.item] = result

    def remove(self, entry: Entry) -> None:
        """Remove an item for good, and note whatever should have prevented it, judged apart from the code under test."""
        self.moment()
        batch, now = self.running, self.items.pop(entry.item)
        names = {approval.by for approval in batch.approvals}
        self.removed[entry.item] = batch.id
        wrong = {
            "approved by nobody else": len(names - {batch.proposer}) < 2 or batch.proposer in names,
            "T4 approved by too few": now.tier is Tier.T4 and len(names) < 3,
            "held": any(hold.in_force(self.today) for hold in self.holds.values()),
            "changed": replace(now, due=entry.due) != entry,
            "not due": entry.start is None or entry.due >= self.today or entry.due.year < entry.start.year + 5,
            "under another or expired version": batch.schedule != self.rules.version
            or (self.rules.expires or dt.date.min) < self.today,
        }
        self.wrongs += [name for name, happened in wrong.items() if happened]
        self.moment()
