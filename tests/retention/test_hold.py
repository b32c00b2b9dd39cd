"""A hold covers what it says, at once, and only two people together let it go."""

import datetime as dt
from dataclasses import replace

import pytest

from retention import hold
from retention.hold import Hold, HoldError, HoldIndex, HoldKind, Scope, Signature, Subject
from retention.hold_templates import ON_BY_DEFAULT, TEMPLATES, RegisterError, from_register
from tests.retention.rules import TODAY

ITEM = Subject(
    share="s",
    zone="licensing",
    path=b"Licensing/Taxi_Drivers/CSE-case2015/letter.docx",
    owner="head.licensing",
    classes=frozenset({"LI-01"}),
    dates=(dt.date(2015, 3, 1),),
    sha256="ab" * 32,
    item="i1",
    group="g1",
)


def held(scope: Scope, **changes: object) -> Hold:
    """Return a hold with a scope."""
    plain = Hold("h1", "Matter 1", HoldKind.LITIGATION, "CPR PD31B", scope, Signature("solicitor", dt.date(2026, 1, 5)))
    return replace(plain, **changes)  # type: ignore[arg-type] - the tests name fields of Hold only


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        (Scope(classes=("LI-*",)), True),
        (Scope(classes=("CF-*",)), False),
        (Scope(zones=("licensing",)), True),
        (Scope(paths=(b"Licensing/Taxi_Drivers/",)), True),
        (Scope(paths=(b"Licensing/Taxi",)), False),
        (Scope(paths=(ITEM.path,)), True),
        (Scope(owners=("head.hr",)), False),
        (Scope(since=dt.date(2015, 1, 1), until=dt.date(2015, 12, 31)), True),
        (Scope(since=dt.date(2016, 1, 1)), False),
        (Scope(keywords=("cse",)), True),
        (Scope(keywords=("taxi drivers",)), True),
        (Scope(keywords=("river",)), False),
        (Scope(hashes=frozenset({"ab" * 32})), True),
        (Scope(items=frozenset({"i2"})), False),
        (Scope(groups=frozenset({"g1"})), True),
        (Scope(zones=("licensing",), keywords=("planning",)), False),
        (Scope(zones=("licensing",), any_of=(Scope(keywords=("planning",)), Scope(classes=("LI-01",)))), True),
    ],
)
def test_a_scope_covers_what_fits_every_criterion(scope, covered):
    """All that a scope asks must fit; one of its alternatives must."""
    index = HoldIndex.of((held(scope),), TODAY)
    placed = index.at(ITEM.share, ITEM.zone, ITEM.owner, ITEM.classes)
    found = bool(placed.sure) or (placed.might_cover(ITEM.path) and any(one.scope.covers(ITEM) for one in placed.asked))

    assert covered == scope.covers(ITEM)
    assert covered == found


def test_an_item_without_a_date_is_held_by_a_date_range():
    """Doubt holds: no known date fits every range."""
    assert Scope(since=dt.date(2020, 1, 1)).covers(replace(ITEM, dates=()))


def test_a_hold_counts_from_the_day_it_is_placed():
    """No confirmation is waited for, and nothing ends it but two people."""
    one = held(Scope(zones=("licensing",)), review_on=dt.date(2026, 2, 1))

    assert not one.in_force(dt.date(2026, 1, 4))
    assert one.in_force(TODAY)


def test_a_second_person_confirms():
    """The one who placed a hold cannot confirm it."""
    one = held(Scope(zones=("licensing",)))
    with pytest.raises(HoldError, match="other than"):
        hold.approve(one, "solicitor", TODAY)

    assert hold.approve(one, "monitor", TODAY).approved.by == "monitor"


def test_two_different_people_release():
    """One release changes nothing; a second by the same person is refused; two end the hold."""
    once = hold.release(held(Scope(zones=("licensing",))), "solicitor", TODAY)
    with pytest.raises(HoldError, match="two different"):
        hold.release(once, "solicitor", TODAY)
    twice = hold.release(once, "monitor", TODAY)

    assert once.in_force(TODAY)
    assert not twice.in_force(TODAY)
    assert twice.in_force(TODAY - dt.timedelta(days=1))


@pytest.mark.parametrize(
    "broken",
    [
        held(Scope()),
        held(Scope(any_of=(Scope(),))),
        held(Scope(zones=("z",)), authority=" "),
        held(Scope(zones=("z",)), title=""),
    ],
)
def test_a_hold_needs_scope_authority_and_title(broken):
    """A hold on nothing, or on no authority, is not placed."""
    with pytest.raises(HoldError, match="needs"):
        hold.place(broken)


def test_an_overdue_review_nags_and_holds():
    """Past its review date, unconfirmed or half released, a hold says so and goes on."""
    one = hold.release(held(Scope(zones=("z",)), review_on=dt.date(2026, 11, 1)), "solicitor", TODAY)
    sentences = " ".join(text for _, text in hold.nags((one,), TODAY))

    assert one.in_force(TODAY)
    for word in ("not confirmed", "21 days ago", "a second is needed"):
        assert word in sentences


def test_the_grooming_gangs_template_is_on_by_default():
    """It covers children's, licensing and standards classes and, by name, what has no class."""
    one = hold.place(TEMPLATES[ON_BY_DEFAULT[0]]("records.manager", TODAY))

    assert one.scope.covers(Subject(classes=frozenset({"CF-04"})))
    assert one.scope.covers(Subject(path=b"Shared/Temp/child_sexual-exploitation notes.docx"))
    assert not one.scope.covers(Subject(classes=frozenset({"FI-02"}), path=b"Finance/inv.pdf"))
    assert "Grooming" not in one.title


def test_the_covid_template_looks_at_its_months():
    """Records of care from 2020 to July 2022 are covered, earlier ones are not."""
    scope = TEMPLATES["covid-19"]("records.manager", TODAY).scope

    assert scope.covers(Subject(classes=frozenset({"AC-01"}), dates=(dt.date(2021, 5, 1),)))
    assert not scope.covers(Subject(classes=frozenset({"AC-01"}), dates=(dt.date(2019, 5, 1),)))


def test_open_requests_hold_and_closed_ones_end():
    """An open request has no end, a closed one ends after its review period, an old one gives no hold."""
    text = (
        "Reference,Type,Date received,Date closed,Keywords,Paths\n"
        "F1,FOI,2026-09-01,,parking;permit,\nF2,EIR,01/06/2026,01/07/2026,,Planning/A\n"
        "S1,Subject access,2026-08-01,2026-09-01,,HR/B\nF0,FOI,2020-01-01,2020-02-01,bins,\n"
    )
    holds = {one.id: one for one in from_register(text, "foi.officer", TODAY)}

    assert {"request-F1": None, "request-F2": dt.date(2027, 1, 1), "request-S1": dt.date(2026, 12, 1)} == {
        name: one.ends_on for name, one in holds.items()
    }
    assert holds["request-F1"].scope.covers(Subject(path=b"x/Parking/2026.docx"))
    assert not holds["request-S1"].in_force(dt.date(2026, 12, 2))


def test_a_register_with_faults_is_refused_whole():
    """Every bad row is named, and its words are not repeated."""
    text = "ref,received,closed,keywords\nF1,,,x\nF2,2026-13-01,,x\nF3,2026-01-02,2026-01-01,x\nF4,2026-01-02,,\n"
    with pytest.raises(RegisterError) as refused:
        from_register(text, "foi.officer", TODAY)

    assert [int(fault.split(":")[0].removeprefix("row ")) for fault in refused.value.faults] == [2, 3, 4, 5]
