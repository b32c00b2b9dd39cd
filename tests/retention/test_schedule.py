"""A council's schedule is loaded, written back, matched and compared as data."""

import datetime as dt
from dataclasses import replace

import pytest

from retention import clock, national, schedule
from retention.clock import Source, TriggerValue
from retention.schedule import ScheduleError
from tests.retention.rules import CSV, SCHEDULE, TODAY
from tests.shared import SHARED, needs_shared


def test_the_shipped_schedule_has_215_rules_and_is_not_adopted():
    """Our sample loads whole and lets nothing be disposed of until a council adopts it."""
    shipped = schedule.shipped()

    assert len(shipped.rules) == 215
    assert "not been adopted" in shipped.refuses(TODAY)
    assert "councils" in shipped.origin


def test_every_shipped_rule_answers_with_a_date_or_says_why_not():
    """Given all trigger dates, each rule is permanent or ends on or after its start plus its period."""
    start = TriggerValue(dt.date(2016, 9, 14), Source.FEED)
    facts = dict.fromkeys(clock.TRIGGERS, start) | {"date_of_death": TriggerValue(dt.date(2040, 1, 1), Source.FEED)}
    for rule in schedule.shipped().rules:
        due = clock.due(rule, facts)

        assert due.permanent == rule.permanent
        assert due.permanent or due.date is not None
        assert (
            due.permanent
            or due.trigger == "fixed_date"
            or due.date >= clock.add(due.start, rule.terms.limbs[-1].period)
        )


def test_writing_and_loading_gives_the_same_rules():
    """A schedule survives the way out and in, in our columns and in the national field list."""
    shipped = schedule.shipped()
    again = schedule.load(schedule.dump(shipped))
    foreign = schedule.load(national.dump(shipped.rules))

    assert shipped.digest == again.digest
    assert [(str(rule.terms), rule.action) for rule in shipped.rules] == [
        (str(rule.terms), rule.action) for rule in foreign.rules
    ]


def test_the_national_field_list_is_understood():
    """A published row with a start event, years and months becomes a rule that asks for a review."""
    text = (
        "Unique ID,Function 1,Service name,Description,Legislation name,Start event,Years,Months,Retain until,Retain permanently\n"
        "7,Housing,Rent arrears,,Limitation Act 1980,End of tenancy,6,0,,No\n"
        "8,Council,Charter,,,Creation,0,0,,Yes\n"
    )
    first, second = schedule.load(text).rules

    assert (str(first.terms), first.action) == ("contract_end P6Y", "review")
    assert second.permanent


def test_all_faults_are_reported_at_once():
    """A broken schedule is refused with every row that is wrong, not only the first."""
    broken = CSV.replace("licence_expiry", "licence_expiri").replace("P10Y", "ten years").replace("DE-01", "FI-02")
    with pytest.raises(ScheduleError) as refused:
        schedule.load(broken)

    assert [(fault.row, fault.kind) for fault in refused.value.faults] == [
        (2, "unknown trigger"),
        (4, "duplicate ref"),
        (7, "bad period"),
    ]
    assert "did you mean 'licence_expiry'" in str(refused.value)


def test_a_file_beside_the_schedule_gives_its_version(tmp_path):
    """Version and dates come from the TOML file of the same name, or from lines above the header."""
    (tmp_path / "ours.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "ours.toml").write_text('version = "7"\nadopted = 2025-04-01\nexpires = 2027-03-31\n', encoding="utf-8")
    beside = schedule.load(tmp_path / "ours.csv")
    above = schedule.load("# version: 8\n# adopted: 2025-05-01\n" + CSV)

    assert ("7", dt.date(2027, 3, 31)) == (beside.version, beside.expires)
    assert ("8", dt.date(2025, 5, 1)) == (above.version, above.adopted)


@pytest.mark.parametrize(
    ("dates", "word"),
    [
        ({}, "not been adopted"),
        ({"adopted": dt.date(2027, 1, 1), "expires": dt.date(2028, 1, 1)}, "only from"),
        ({"adopted": dt.date(2020, 1, 1)}, "no expiry"),
        ({"adopted": dt.date(2020, 1, 1), "expires": dt.date(2026, 11, 21)}, "expired"),
        ({"adopted": dt.date(2020, 1, 1), "expires": dt.date(2026, 11, 22)}, ""),
    ],
)
def test_nothing_is_disposed_of_outside_the_life_of_a_version(dates, word):
    """A version that is draft, not yet adopted, without end or expired refuses, and says why."""
    refusal = schedule.load(CSV, version="v", **dates).refuses(TODAY)

    assert bool(word) == bool(refusal)
    assert word in refusal


def test_adopting_needs_a_name_and_an_end():
    """Adoption records who and until when, and a version that ends before it begins is refused."""
    adopted = schedule.adopt(schedule.shipped(), "2026", by="r.manager", on=TODAY, expires=dt.date(2028, 11, 22))

    assert adopted.refuses(TODAY) == ""
    assert (adopted.approvals[-1].ref, adopted.approvals[-1].by) == ("*", "r.manager")
    with pytest.raises(ValueError, match="after the day"):
        schedule.adopt(adopted, "x", by="r.manager", on=TODAY, expires=TODAY)


def test_the_difference_of_two_versions_is_named():
    """Added, removed and changed rules are listed by field, so that a council sees what it did to the base."""
    changed = schedule.load(CSV.replace("P10Y", "P12Y").replace("HO-01", "HO-77"))
    found = schedule.diff(SCHEDULE, changed)

    assert [(one.ref, one.what) for one in found] == [("HO-01", "removed"), ("HO-77", "added"), ("PL-02", "period")]
    assert (found[-1].before, found[-1].after) == ("P10Y", "P12Y")


@pytest.mark.parametrize(
    ("path", "ref"),
    [
        (b"HR/Recruitment/2015/Unsuccessful applicants/cv 1.docx", "HR-03"),
        (b"Finance/Creditor invoices 2014-15/0022.pdf", "FI-02"),
        (b"Licensing/Taxi drivers/A/licence.docx", "LI-01"),
        (b"Democratic Services/Committee minutes/signed 2014.pdf", "DE-01"),
        (b"Information Governance/FOI requests/0123.msg", "IM-01"),
        (b"Shared/Temp/stuff.docx", ""),
        (b"HR/2019.xlsx", ""),
        (b"\xff\xfe/\xf0.bin", ""),
    ],
)
def test_a_path_names_its_class_or_none(path, ref):
    """Words of a path suggest a class where they are clear, and nothing where they are not."""
    assert ref == schedule.shipped().match(path).ref


def test_a_class_suggested_by_the_text_joins_the_path():
    """The reader of a text can suggest a class; when the path says otherwise nobody guesses."""
    shipped = schedule.shipped()
    alone = shipped.match(b"Shared/Temp/stuff.docx", "LE-02")
    against = shipped.match(b"Finance/Creditor invoices 2014-15/0022.pdf", "LE-02")

    assert (alone.ref, against.ref) == ("LE-02", "")


@needs_shared
def test_the_published_collection_loads():
    """All 215 rows of the collected schedule load as they are."""
    assert len(schedule.load(SHARED / "domain" / "schedule.csv").rules) == 215


def test_an_approval_stands_for_the_clause_as_it_was():
    """A clause is approved by name; an edit afterwards leaves it approved by nobody, and other clauses keep theirs."""
    approved = schedule.approve(SCHEDULE, ["LI-01", "FI-02"], by="head.licensing", on=dt.date(2026, 3, 12))
    text = schedule.dump(approved).replace("licence_expiry,P7Y", "licence_expiry,P8Y")
    edited = replace(schedule.load(text, version="v2"), approvals=approved.approvals)

    assert [one.by for one in approved.approvals_of("LI-01")] == ["head.licensing"]
    assert (edited.approvals_of("LI-01"), len(edited.approvals_of("FI-02"))) == ((), 1)
    assert schedule.unapproved(edited, SCHEDULE) == ("LI-01",)


def test_nobody_approves_what_they_edited():
    """An editor, an unknown clause and a nameless approver are refused."""
    draft = replace(SCHEDULE, edited_by=("a.editor",))
    for refs, by in ((["LI-01"], "a.editor"), (["ZZ-99"], "head"), ([], "head"), (["LI-01"], " ")):
        with pytest.raises(ValueError, match=r"."):
            schedule.approve(draft, refs, by=by, on=dt.date(2026, 3, 12))
