"""Each item gets one decision, with every ground, and nothing is disposed of in doubt."""

import datetime as dt
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from classifier.item import Flag, Tier
from retention import schedule
from retention.casefolder import Member, frozen, whole_folders
from retention.clock import Source, TriggerValue
from retention.decide import Action, Decider, decide
from retention.decision import Mode, Settled
from retention.hold import Hold, HoldIndex, HoldKind, Scope, Signature
from retention.hold_templates import grooming_gangs
from tests.retention.rules import SCHEDULE, TODAY, ZONE, facts, feed

ENDED = {"licence_expiry": feed(2018, 3, 1)}
ON_TAXIS = Hold(
    "h1",
    "Matter 1",
    HoldKind.INQUIRY,
    "Inquiries Act 2005",
    Scope(classes=("LI-*",)),
    Signature("mo", dt.date(2020, 1, 1)),
)


def decided(item=None, zone=ZONE, holds=(), today=TODAY, rules=SCHEDULE):
    """Return the decision on an item, an ended licence file by default."""
    return decide(item or facts(triggers=ENDED), zone, rules, holds, today)


def test_an_ended_record_of_a_known_class_may_be_listed():
    """Class by folder rule, date from the feed, schedule in force: it may be put before people."""
    decision = decided()

    assert (decision.action, decision.lane, decision.rule, decision.schedule) == (Action.DISPOSE, "E", "LI-01", "v1")
    assert (dt.date(2025, 3, 1), dt.date(2025, 3, 2)) == (decision.due, decision.eligible)
    assert ("licence_expiry", dt.date(2018, 3, 1), "feed") == (decision.trigger, decision.start, decision.start_source)
    assert decision.disposable


@pytest.mark.parametrize(
    ("today", "action"), [(dt.date(2025, 3, 1), Action.KEEP), (dt.date(2025, 3, 2), Action.DISPOSE)]
)
def test_the_last_day_still_keeps(today, action):
    """An item is kept through its last day of retention and listed from the day after."""
    rules = schedule.adopt(SCHEDULE, "v1", by="x", on=dt.date(2024, 1, 1), expires=dt.date(2030, 1, 1))

    assert action == decided(today=today, rules=rules).action


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"triggers": {"licence_expiry": TriggerValue(dt.date(2015, 1, 1), Source.CONTENT)}}, "review only"),
        ({"triggers": ENDED, "flags": frozenset({Flag.UNCERTAIN})}, "uncertain"),
        ({"path": b"Licensing/x/Taxi driver licence file 2.docx", "triggers": ENDED}, "only suggested"),
        ({"path": b"Licensing/x/y.docx"}, "default rule"),
        ({"record_classes": ("CF-01",), "triggers": {"date_of_birth": feed(1940)}}, "the rule says review"),
    ],
)
def test_doubt_asks_for_a_review(changes, reason):
    """A weak date, an unconfirmed class, an uncertain label or a review rule never reach a disposal list."""
    decision = decided(facts(**changes))

    assert (decision.action, decision.lane) == (Action.REVIEW, "E")
    assert reason in " ".join(decision.because)


def test_an_expired_schedule_disposes_of_nothing():
    """Under a version past its expiry everything due is only reviewed, and the reason says so."""
    decision = decided(today=dt.date(2028, 4, 1))

    assert Action.REVIEW is decision.action
    assert "expired on 2028-03-31" in " ".join(decision.because)


def test_an_unknown_trigger_is_not_disposable():
    """Without a licence date the file is kept, however old; after the longest period a review starts."""
    young = decided(facts(modified=dt.date(2024, 1, 1)))
    old = decided(facts(modified=dt.date(2012, 1, 1)))

    assert (young.action, young.due) == (Action.KEEP, None)
    assert (old.action, old.due) == (Action.REVIEW, None)
    assert "no date for licence_expiry" in " ".join(young.because)


def test_a_bulk_copy_starts_no_review():
    """A date that a thousand files share says nothing."""
    assert Action.KEEP is decided(facts(modified=dt.date(2012, 1, 1), same_instant=5_000)).action


def test_a_hold_outweighs_a_lapsed_period():
    """A due item under hold is kept, in the lane of hold conflicts, and the hold is named."""
    decision = decided(holds=(ON_TAXIS,))

    assert (decision.action, decision.lane, decision.held) == (Action.KEEP, "F", ("h1",))
    assert not decision.disposable


def test_a_hold_on_a_copy_or_case_folder_counts():
    """What freezes a copy or a neighbour freezes the item."""
    assert (
        decided(facts(triggers=ENDED, frozen_by=("h9",))).action,
        decided(facts(frozen_by=("h9",))).held,
    ) == (Action.KEEP, ("h9",))


def test_permanent_outlasts_every_number():
    """Of several classes the longest wins: permanent, then unknown, then the latest date."""
    both = decided(facts(record_classes=("FI-02", "DE-01"), triggers=ENDED))
    unknown = decided(facts(record_classes=("FI-02", "HO-01")))

    assert (both.rule, both.action, both.permanent) == ("DE-01", Action.KEEP, True)
    assert unknown.rule == "HO-01"


@pytest.mark.parametrize(
    ("tier", "changes", "flagged", "action", "lane"),
    [
        (Tier.T2, {}, False, Action.KEEP, ""),
        (Tier.T3, {}, True, Action.RESTRICT, "A"),
        (Tier.T4, {"flags": frozenset({Flag.MARKED})}, True, Action.RESTRICT, "B"),
        (Tier.T4, {"restricted_copy": True}, True, Action.RESTRICT, "H"),
        (Tier.T5, {}, True, Action.REVIEW, "A"),
    ],
)
def test_what_is_above_its_place_is_flagged(tier, changes, flagged, action, lane):
    """A tier above the clearance of the zone flags an item; SECRET is never moved."""
    decision = decided(facts(tier=tier, modified=dt.date(2026, 1, 1), **changes))

    assert (flagged, action, lane) == (decision.flagged, decision.action, decision.lane)


def test_a_broadly_open_place_flags_t3():
    """T3 in a place that broad groups can read is flagged even where the clearance would do."""
    open_place = replace(ZONE, clearance=Tier.T4, exposure=True)

    assert decided(facts(tier=Tier.T3), zone=open_place).flagged
    assert not decided(facts(tier=Tier.T2), zone=open_place).flagged


@pytest.mark.parametrize(
    ("mode", "action", "automatic"),
    [(Mode.REPORT, Action.REVIEW, False), ("approve", Action.RESTRICT, False), ("move", Action.RESTRICT, True)],
)
def test_the_owner_says_how_far_it_goes(mode, action, automatic):
    """Report only reviews; approve restricts after approval; move restricts at once."""
    decision = decided(facts(tier=Tier.T4), zone=replace(ZONE, mode=mode))

    assert (action, automatic) == (decision.action, decision.automatic)


def test_an_unread_item_is_never_official_and_never_disposed_of():
    """A problem goes to its own lane, due or not."""
    decision = decided(facts(tier=None, problem="encrypted", triggers=ENDED))

    assert (decision.action, decision.lane, decision.disposable) == (Action.REVIEW, "D", False)


def test_a_sealed_zone_is_left_alone():
    """Sealed means metadata only."""
    assert Action.KEEP is decided(facts(tier=Tier.T4), zone=replace(ZONE, sealed=True)).action


def test_a_changed_label_is_looked_at_again():
    """A tier that differs from the last run goes to the lane of drift."""
    assert decided(facts(previous_tier=Tier.T3, modified=dt.date(2026, 1, 1))).lane == "G"


def test_a_closed_folder_gives_a_date_for_a_review_only():
    """A folder named CLOSED 2012 is a closure at the end of 2012, not strong enough to destroy personal data."""
    decision = decided(facts(b"Planning/E/CLOSED 2012/a.docx", record_classes=("PL-02",)))

    assert (dt.date(2022, 12, 31), "folder", Action.REVIEW) == (decision.due, decision.start_source, decision.action)


def test_reasons_hold_no_path():
    """Neither folder nor file name stands in a decision."""
    decision = decided(facts(b"Licensing/Zebra Quagga/Okapi Smith.docx", tier=Tier.T3, triggers=ENDED))

    assert not any(word in str(decision).lower() for word in ("zebra", "quagga", "okapi", "smith", "docx"))


@given(st.dates(dt.date(1990, 1, 1), dt.date(2040, 1, 1)), st.dates(dt.date(2025, 4, 1), dt.date(2028, 3, 31)))
def test_a_hold_never_brings_a_date_forward(ended, today):
    """With a hold nothing is disposable, and due dates stay as they were."""
    item = facts(triggers={"licence_expiry": TriggerValue(ended, Source.FEED)})
    free, kept = decided(item, today=today), decided(item, holds=(ON_TAXIS,), today=today)

    assert free.due == kept.due
    assert not kept.disposable
    assert free.disposable == (free.due < today)


def test_the_same_arguments_give_the_same_decision_everywhere():
    """Decisions do not depend on the order in which a process happens to hash things."""
    program = """
import datetime as dt
from retention import schedule
from retention.decide import decide
from tests.retention.rules import ZONE, facts

paths = [b"HR/Recruitment/Interview notes applicants/cv.docx", b"Information Governance/FOI requests/0123.msg", b"Legal/Contracts/seal.pdf"]
print([decide(facts(path), ZONE, schedule.shipped(), (), dt.date(2026, 11, 22)) for path in paths])
"""
    root = Path(__file__).parents[2]
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }

    assert len(told) == 1


def test_a_held_item_freezes_its_folder_and_its_copies():
    """A hold reaches the neighbours of an item, its copies, and their neighbours."""
    members = [
        Member("a", "one", "x", ("h",)),
        Member("b", "one", "y"),
        Member("c", "two", "y"),
        Member("d", "two", "z"),
        Member("e", "three", "w"),
    ]

    assert dict.fromkeys("abcd", ("h",)) == frozen(members)


def test_a_case_folder_closes_as_a_whole():
    """One item that stays keeps its folder; a folder that is wholly due is listed whole."""
    due, kept, held = decided(), decided(facts()), decided(holds=(ON_TAXIS,))
    rows = [
        ("A", "1", due),
        ("A", "2", due),
        ("B", "3", due),
        ("B", "4", kept),
        ("C", "5", due),
        ("C", "6", held),
        ("D", "7", kept),
    ]
    found = {folder: (items, reason) for folder, items, reason in whole_folders(rows)}

    assert found["A"] == (("1", "2"), "")
    assert found["B"] == ((), "1 of 2 items of the case folder are not due: it closes as a whole")
    assert "held" in found["C"][1]
    assert "D" not in found


_DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2027, 1, 1))
_PATHS = st.sampled_from(
    [b"Licensing/Taxi/A1/letter.docx", b"Licensing/Taxi/A1/cse notes.docx", b"Finance/invoices paid/9.pdf", b"x.txt"]
)
_SETTLED = st.builds(
    Settled,
    matters=st.sampled_from(["p", "l", "t", "plt"]),
    verb=st.sampled_from(["keep", "leave"]),
    on=st.just(dt.date(2026, 1, 5)),
    until=st.none() | _DAYS,
    tier=st.none() | st.sampled_from(Tier),
    same=st.booleans(),
)
_ITEMS = st.fixed_dictionaries(
    {
        "path": _PATHS,
        "modified": st.none() | _DAYS,
        "folder_latest": st.none() | _DAYS,
        "tier": st.none() | st.sampled_from(Tier),
        "flags": st.frozensets(st.sampled_from([Flag.MARKED, Flag.UNCERTAIN, Flag.PERSONAL])),
        "problem": st.sampled_from(["", "encrypted"]),
        "triggers": st.dictionaries(
            st.sampled_from(["case_closed", "licence_expiry"]),
            st.builds(TriggerValue, _DAYS, st.sampled_from([Source.FEED, Source.CONTENT])),
        ),
        "record_classes": st.sampled_from([(), ("PL-02",), ("HO-01", "FI-02")]),
        "same_instant": st.sampled_from([1, 5_000]),
        "frozen_by": st.sampled_from([(), ("h9",)]),
        "previous_tier": st.none() | st.sampled_from(Tier),
        "restricted_copy": st.booleans(),
        "settled": st.none() | _SETTLED,
        "approved": st.booleans(),
        "judged": st.booleans(),
        "suggested": st.sampled_from(["", "FI-02"]),
    }
)


@hypothesis_settings(max_examples=150, deadline=None)
@given(st.lists(_ITEMS, min_size=2, max_size=8))
def test_what_is_remembered_between_items_changes_no_decision(many):
    """One decider for all items of a night answers as a new one for each of them would."""
    held = (grooming_gangs("manager", dt.date(2025, 1, 1)),)
    shared = Decider(SCHEDULE, HoldIndex.of(held, TODAY), TODAY)
    zones = (ZONE, replace(ZONE, record_classes={}), replace(ZONE, clearance=Tier.T0, mode=Mode.MOVE))

    for told in many:
        for zone in zones:
            alone = Decider(SCHEDULE, HoldIndex.of(held, TODAY), TODAY)
            assert shared.decide(facts(**told), zone) == alone.decide(facts(**told), zone)
