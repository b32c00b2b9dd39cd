"""Nothing is destroyed without a second person, under a hold, changed, early, or under an expired version."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from classifier.item import Tier
from retention import hold
from retention.dispose import (
    APPROVALS_LAST,
    Batch,
    Caps,
    DisposalError,
    Method,
    Proposal,
    Role,
    State,
    approve,
    chase,
    propose,
    refuse,
    withdraw,
)
from retention.execute import NotRemovedError, Outcome, execute
from retention.hold import Hold, HoldKind, Scope, Signature
from tests.retention.small_world import Crash, World

ENDED = dt.date(2016, 3, 1)
ROLES = {State.OWNER_REVIEW: Role.OWNER, State.RM_REVIEW: Role.RECORDS_MANAGER, State.ARCHIVE_APPRAISAL: Role.ARCHIVIST}


@pytest.fixture
def world() -> World:
    """Two licence files whose retention has ended."""
    made = World()
    made.add("a", ENDED)
    made.add("b", ENDED)
    return made


def signed(batch: Batch, *names: str, today: dt.date = World.today) -> Batch:
    """Approve a batch by people in the order asked."""
    for name in names:
        batch = approve(batch, by=name, role=ROLES[batch.state], seen_hash=batch.list_hash, today=today)
    return batch


def on_taxis(day: dt.date = World.today) -> Hold:
    """Return a hold on all licence files."""
    return Hold("h", "Matter", HoldKind.LITIGATION, "CPR", Scope(classes=("LI-*",)), Signature("solicitor", day))


def test_a_list_passes_from_owner_to_records_manager_to_execution(world):
    """Two people other than the proposer approve, and what stood on the list is gone."""
    batch = world.propose("d1", "clerk")
    done, results = world.execute(signed(batch, "head", "manager"))

    assert State.EXECUTED is done.state
    assert world.removed == {"a": "d1", "b": "d1"}
    assert [result.outcome for result in results] == [Outcome.DESTROYED] * 2


def test_a_transfer_asks_the_archivist_too(world):
    """What goes to the archive is appraised."""
    plain = world.propose("d1", "clerk")
    appraised = propose(
        Proposal("d2", "licensing", Method.DESTROY, "clerk", archivist=True), plain.entries, world.rules, world.today
    )

    assert State.AUTHORISED is signed(plain, "head", "manager").state
    assert State.ARCHIVE_APPRAISAL is signed(appraised, "head", "manager").state
    assert State.AUTHORISED is signed(appraised, "head", "manager", "archivist").state


def test_t4_takes_two_records_managers():
    """A list with T4 on it waits for a second records manager."""
    made = World()
    made.add("a", ENDED, Tier.T2)
    made.items["a"] = replace(made.items["a"], tier=Tier.T4)
    batch = propose(Proposal("d", "z", Method.DESTROY, "clerk"), list(made.items.values()), made.rules, made.today)

    assert State.RM_REVIEW is signed(batch, "head", "manager").state
    assert State.AUTHORISED is signed(batch, "head", "manager", "deputy").state


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"by": "clerk"}, "proposer never approves"),
        ({"by": ""}, "proposer never approves"),
        ({"role": Role.RECORDS_MANAGER}, "is asked now"),
        ({"seen_hash": "0" * 64}, "not the list"),
        ({"today": dt.date(2027, 3, 1)}, "run out"),
        ({"by": "editor"}, "edits the schedule"),
    ],
)
def test_an_approval_that_breaks_a_rule_is_refused(world, changes, sentence):
    """The proposer, an editor, the wrong role, another list and a late answer all change nothing."""
    batch = replace(world.propose("d1", "clerk"), editors=("editor",))
    plain = {"by": "head", "role": Role.OWNER, "seen_hash": batch.list_hash, "today": world.today}
    with pytest.raises(DisposalError, match=sentence):
        approve(batch, **{**plain, **changes})


def test_nobody_approves_twice(world):
    """Owner and records manager are two people."""
    with pytest.raises(DisposalError, match="another person"):
        signed(world.propose("d1", "clerk"), "head", "head")


def test_lists_that_may_not_be_made_are_refused(world):
    """Nothing empty, double, early, above the caps or under a version that is not in force is proposed."""
    due = world.due()
    plan = Proposal("d", "z", Method.DESTROY, "clerk")
    for entries, rules, caps, sentence in (
        ([], world.rules, None, "empty"),
        ([due[0], due[0]], world.rules, None, "twice"),
        ([replace(due[0], due=world.today)], world.rules, None, "last day"),
        (due, world.rules, Caps(items=1), "above the caps"),
        (due, world.rules, Caps(items=1, lifted_by="clerk"), "above the caps"),
        (due, replace(world.rules, expires=dt.date(2026, 11, 21)), None, "expired"),
        (due, replace(world.rules, adopted=None), None, "not been adopted"),
    ):
        with pytest.raises(DisposalError, match=sentence):
            propose(plan, entries, rules, world.today, caps)

    assert len(propose(plan, due, world.rules, world.today, Caps(items=1, lifted_by="head")).entries) == 2


def test_silence_means_retain(world):
    """Two reminders, then the SIRO, then everything is retained."""
    batch = world.propose("d1", "clerk")
    after = {days: chase(batch, world.today + dt.timedelta(days=days)) for days in (13, 14, 28, 42, 56)}

    assert after[13][1] == ""
    assert "reminder 1" in after[14][1]
    assert "reminder 2" in after[28][1]
    assert "SIRO" in after[42][1]
    assert State.RETAINED is after[56][0].state


def test_approvals_run_out(world):
    """An authorised batch that was not executed in time is retained, and cannot be executed."""
    batch = signed(world.propose("d1", "clerk"), "head", "manager")
    world.today += APPROVALS_LAST

    assert State.RETAINED is chase(batch, world.today)[0].state
    with pytest.raises(DisposalError, match="run out"):
        world.execute(batch)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sha256", "changed"),
        ("size", 101),
        ("modified_ns", 2),
        ("path", b"elsewhere"),
        ("inode", 99),
        ("tier", Tier.T1),
    ],
)
def test_any_change_withdraws_the_item(world, field, value):
    """An item that is not exactly what was listed stays, and the others go."""
    batch = signed(world.propose("d1", "clerk"), "head", "manager")
    world.items["a"] = replace(world.items["a"], **{field: value})
    done, results = world.execute(batch)

    assert list(world.items) == ["a"]
    assert [result.outcome for result in results] == [Outcome.WITHDRAWN, Outcome.DESTROYED]
    assert [entry.item for entry in done.standing] == ["b"]


def test_a_hold_placed_after_approval_stops_it(world):
    """The hold is looked at again at the moment of removal."""
    batch = signed(world.propose("d1", "clerk"), "head", "manager")
    world.holds["h"] = hold.place(on_taxis())
    _, results = world.execute(batch)

    assert {"under a hold"} == {result.reason for result in results}
    assert world.removed == {}


def test_another_schedule_stops_the_batch(world):
    """Approvals belong to the version they were given under."""
    batch = signed(world.propose("d1", "clerk"), "head", "manager")
    world.adopt("P6Y", dt.date(2030, 1, 1))
    with pytest.raises(DisposalError, match="no longer"):
        world.execute(batch)


def test_a_forged_state_is_not_believed(world):
    """What counts are the approvals and the hash of the entries, not what the row says of itself."""
    batch = world.propose("d1", "clerk")
    good = signed(batch, "head", "manager")
    for forged in (
        replace(batch, state=State.AUTHORISED),
        replace(good, approvals=good.approvals[:1]),
        replace(good, entries=good.entries[:1]),
        replace(good, proposer="head"),
    ):
        with pytest.raises(DisposalError):
            world.execute(forged)


def test_the_owner_keeps_an_item_longer_with_a_reason(world):
    """A withdrawn item stays, its reason and date with it; refusing the list retains it all."""
    batch = world.propose("d1", "clerk")
    less = withdraw(batch, "a", reason="appeal pending", on=world.today, by="head", until=dt.date(2028, 1, 1))
    world.execute(signed(less, "head", "manager"))

    assert list(world.items) == ["a"]
    assert State.RETAINED is refuse(batch, by="head", reason="needed", on=world.today).state
    assert State.WITHDRAWN is withdraw(less, "b", reason="appeal", on=world.today).state


@pytest.mark.parametrize("crash_in", range(1, 16))
def test_a_crash_anywhere_is_gone_on_from(world, crash_in):
    """After a crash at any moment the same call finishes the batch, with one result for each item."""
    batch = signed(world.propose("d1", "clerk"), "head", "manager")
    world.crash_in = crash_in
    with pytest.raises(Crash):
        world.execute(batch)
    done, results = world.execute(batch)

    assert (done.state, world.items) == (State.EXECUTED, {})
    assert [(result.item, result.outcome) for result in results] == [("a", Outcome.DESTROYED), ("b", Outcome.DESTROYED)]


def test_what_cannot_be_removed_has_failed(world):
    """A removal that fails is a result, and the others go on."""

    def stubborn(entry):
        if entry.item == "a":
            raise NotRemovedError("the share is read-only")
        world.remove(entry)

    batch = signed(world.propose("d1", "clerk"), "head", "manager")
    world.running = batch
    _, results = execute(batch, world.rules, world, stubborn, world.today)

    assert [result.outcome for result in results] == [Outcome.FAILED, Outcome.DESTROYED]


PEOPLE = st.sampled_from(["clerk", "head", "manager", "deputy", "archivist"])


class Disposal(RuleBasedStateMachine):
    """Propose, approve, hold, release, edit, move, relabel, jump, adopt, crash and retry, in any order."""

    steps = 0
    most_removed = 0

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.batches: dict[str, Batch] = {}
        self.number = 0
        for year, tier in ((2015, Tier.T2), (2016, Tier.T2), (2017, Tier.T1)):
            self.add(year, tier)

    @rule(year=st.integers(2012, 2020), tier=st.sampled_from([Tier.T1, Tier.T2]))
    def add(self, year: int, tier: Tier) -> None:
        """A file appears."""
        self.number += 1
        self.world.add(f"i{self.number}", dt.date(year, 3, 1), tier)

    @rule(by=PEOPLE)
    def propose(self, by: str) -> None:
        """Somebody lists all that is due."""
        self.number += 1
        try:
            self.batches[f"d{self.number}"] = self.world.propose(f"d{self.number}", by)
        except DisposalError:
            return

    @rule(
        people=st.permutations(["clerk", "head", "manager", "deputy", "archivist"]),
        years=st.lists(st.integers(2013, 2018), max_size=2),
    )
    def hurry(self, people: list[str], years: list[int]) -> None:
        """Files appear, are listed, and people approve the list on the same day."""
        for year in years:
            self.add(year, Tier.T2)
        self.propose(people[0])
        name = f"d{self.number}"
        if name in self.batches:
            self.batches[name] = signed(self.batches[name], *people[1:3], today=self.world.today)

    @precondition(
        lambda self: any(batch.state in (State.AUTHORISED, State.EXECUTING) for batch in self.batches.values())
    )
    @rule(crash_in=st.integers(-1, 12))
    def execute_authorised(self, crash_in: int) -> None:
        """What was authorised is executed, and may crash."""
        for name, batch in self.batches.items():
            if batch.state in (State.AUTHORISED, State.EXECUTING):
                self._execute(name, crash_in)

    def _execute(self, name: str, crash_in: int) -> None:
        self.world.crash_in = crash_in
        try:
            self.batches[name], _ = self.world.execute(self.batches[name])
        except (DisposalError, Crash):
            return
        finally:
            self.world.crash_in = -1

    @precondition(lambda self: self.batches)
    @rule(data=st.data(), by=PEOPLE, stale=st.integers(0, 9))
    def approve(self, data: st.DataObject, by: str, stale: int) -> None:
        """Somebody answers, in some role, for some list."""
        name = data.draw(st.sampled_from(sorted(self.batches)))
        batch = self.batches[name]
        seen = "stale" if stale == 0 else batch.list_hash
        role = ROLES.get(batch.state, Role.OWNER) if stale != 1 else data.draw(st.sampled_from(Role))
        try:
            self.batches[name] = approve(batch, by=by, role=role, seen_hash=seen, today=self.world.today)
        except DisposalError:
            return

    @precondition(lambda self: self.batches)
    @rule(data=st.data(), people=st.permutations(["clerk", "head", "manager", "deputy", "archivist"]))
    def sign(self, data: st.DataObject, people: list[str]) -> None:
        """People answer one after the other until nobody is asked any more."""
        name = data.draw(st.sampled_from(sorted(self.batches)))
        for by in people:
            batch = self.batches[name]
            try:
                self.batches[name] = signed(batch, by, today=self.world.today)
            except (DisposalError, KeyError):
                continue

    @precondition(lambda self: self.batches)
    @rule(data=st.data(), crash_in=st.integers(-1, 12))
    def execute(self, data: st.DataObject, crash_in: int) -> None:
        """Execution runs, or runs again, and may crash."""
        self._execute(data.draw(st.sampled_from(sorted(self.batches))), crash_in)

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        """The owner takes an item off."""
        name = data.draw(st.sampled_from(sorted(self.batches)))
        batch = self.batches[name]
        if batch.standing:
            item = data.draw(st.sampled_from([entry.item for entry in batch.standing]))
            self.batches[name] = withdraw(batch, item, reason="needed", on=self.world.today, by="head")

    @rule(by=PEOPLE)
    def place_hold(self, by: str) -> None:
        """A hold is placed on all."""
        self.world.holds["h"] = replace(on_taxis(self.world.today), placed=Signature(by, self.world.today))

    @precondition(lambda self: self.world.holds)
    @rule(by=PEOPLE)
    def release_hold(self, by: str) -> None:
        """Somebody agrees to a release."""
        try:
            self.world.holds["h"] = hold.release(self.world.holds["h"], by, self.world.today)
        except hold.HoldError:
            return

    @precondition(lambda self: self.world.items)
    @rule(data=st.data(), field=st.sampled_from(["sha256", "modified_ns", "size", "path", "tier", "start", "gone"]))
    def change(self, data: st.DataObject, field: str) -> None:
        """An item is edited, moved, relabelled or removed by a user."""
        item = data.draw(st.sampled_from(sorted(self.world.items)))
        now = self.world.items[item]
        values = {
            "sha256": {"sha256": now.sha256 + "x"},
            "modified_ns": {"modified_ns": now.modified_ns + 1},
            "size": {"size": now.size + 1},
            "path": {"path": b"Licensing/Taxi/moved/" + item.encode()},
            "tier": {"tier": Tier.T4 if now.tier is Tier.T2 else Tier.T2},
            "start": {"start": dt.date(2025, 3, 1)},
        }
        if field == "gone":
            del self.world.items[item]
        else:
            self.world.items[item] = replace(now, **values[field])

    @rule(days=st.integers(0, 70))
    def jump(self, days: int) -> None:
        """Days pass, and silence has its effect."""
        self.world.today += dt.timedelta(days=days)
        for name, batch in self.batches.items():
            self.batches[name], _ = chase(batch, self.world.today)

    @rule(period=st.sampled_from(["P6Y", "P7Y", "P9Y"]), days=st.sampled_from([-1, 0, 1, 30, 400, 4_000]))
    def adopt(self, period: str, days: int) -> None:
        """Another version comes into force, perhaps expired already."""
        self.world.adopt(period, self.world.today + dt.timedelta(days=days))

    @invariant()
    def nothing_was_destroyed_wrongly(self) -> None:
        """No removal so far broke a rule."""
        Disposal.steps += 1
        Disposal.most_removed = max(Disposal.most_removed, len(self.world.removed))

        assert self.world.wrongs == []


def run(examples: int, steps: int, *, same: bool = False) -> None:
    """Run the machine for so many examples of so many steps; ``same`` makes every run take the same ones."""
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        Disposal,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=quiet,
            database=None,
            derandomize=same,
        ),
    )


def test_no_order_of_events_destroys_wrongly():
    """Destroyed means approved by another, not held, unchanged, and due under an unexpired version."""
    Disposal.most_removed = 0
    run(examples=60, steps=40, same=True)

    assert Disposal.most_removed > 0


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_ten_thousand_steps_destroy_nothing_wrongly():
    """The same, over 10,000 steps."""
    Disposal.steps = 0
    while Disposal.steps < 10_000:
        run(examples=100, steps=50)
