"""Rules over services: what a case file, a bill or a personnel form gets, and what its general twin does not get."""

# ruff: noqa: ISC004 - a text of several lines is one element of its row
from __future__ import annotations

import pytest

from classifier import detect
from classifier.item import Content, Flag, Part, Primary, Tier


@pytest.fixture(scope="module")
def label_of(judge):
    """Judge a text as a file of the share is judged: detected in first, test numbers counting as real ones."""
    detector = detect.detector(fixtures_count=True)

    def label(text):
        content = Content("text", (Part("text", text),), "made")
        return judge.judge(content, detect.detect(content, detector))

    return label


CASES = {
    "home care": (
        "Evening handover. Derek Pickering, ring 07700 900123 for his niece. Walking frame by the bed, stoma bag changed at six, "
        "district nurse due on Friday, blister pack in the cupboard. He would not eat his supper.",
        Primary.SENSITIVE,
        Tier.T3,
    ),
    "a refuge": (
        "Please change the record of Shanice Campbell-Reid, 07700 900456. She and the boys moved to a refuge address on Monday and "
        "her former partner must not learn of it. He threatened her again at the school gate.",
        Primary.SENSITIVE,
        Tier.T4,
    ),
    "a complaint of a passenger": (
        "Complainant Sunita Sharma, 07700 900789, states that the driver Kevin Ashworth grabbed her arm and would not let her out "
        "of the car. A witness has given a statement and the police arrested him on suspicion of assault.",
        Primary.SENSITIVE,
        Tier.T3,
    ),
    "a fraud inquiry": (
        "Report of the counter fraud team on Brian Thornton, NI number QQ 12 34 56 A. He was interviewed under caution about "
        "undeclared earnings and subletting. Evidence of three tenants was taken, and surveillance showed the suspect at work. "
        "Prosecution for fraud is recommended; the allegations are denied.",
        Primary.SENSITIVE,
        Tier.T4,
    ),
    "a probation form": (
        "Probation review. Staff member: Priya Patel. Line manager: Stuart Holloway. Strengths: patient, good with residents. "
        "Training needs: spreadsheets. Overall rating: satisfactory.",
        Primary.PERSONAL,
        Tier.T2,
    ),
    "a bill": (
        "Council tax demand notice. Margaret Sutcliffe, 4 Orchard Way. Property band C. Amount due £1,204.50 in ten instalments.",
        Primary.PERSONAL,
        Tier.T2,
    ),
}
TWINS = {
    "a procedure": (
        "Safeguarding procedure for managers. This procedure explains when to hold a strategy meeting about a child and what the "
        "LADO does. Write down what a child says in the child's own words. Guidance on section 47 is in the handbook."
    ),
    "a care strategy": (
        "Adult social care market position statement. Demand for home care, reablement and respite will grow by a fifth. Hospital "
        "discharge remains slow. The council will commission more day centre places and care packages; the budget is set out below."
    ),
    "a guide to council tax": (
        "A guide to council tax. Every property is in a band, from band A to band H. You can pay in ten or twelve instalments. "
        "For example, a home in band D pays £1,950. Frequently asked questions are on our website."
    ),
    "fraud policy": (
        "Anti-fraud and corruption policy. This policy applies to all staff and members. Allegations of fraud will be looked into "
        "by internal audit, and interviews under caution may follow. Prosecution is considered in every case."
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_case_is_found(label_of, name):
    """A paper about somebody's case gets at least its label and its tier."""
    text, primary, tier = CASES[name]
    found = label_of(text)

    assert found.primary == primary
    assert found.tier >= tier


@pytest.mark.parametrize("name", TWINS)
def test_its_general_twin_is_official(label_of, name):
    """A policy, strategy or guide in the same words holds nobody's case."""
    assert label_of(TWINS[name]).primary is Primary.OFFICIAL


def test_staff_sickness_is_personal(label_of):
    """Absence of named staff is health data of the personnel file, not a sensitive case."""
    found = label_of(
        "Sickness absence record. Imran Hussain, 12 days lost, absence reason depression, return to work interview held, referred "
        "to occupational health. Karen Bramley, 3 days lost, migraine, fit note received."
    )

    assert found.primary is Primary.PERSONAL
    assert Flag.SPECIAL in found.flags


def test_a_safeguarding_note_is_for_named_people(label_of):
    """A sensitive note with a safeguarding finding beside a person is T4."""
    found = label_of(
        "Visit to Chloe Hughes, aged 6. Bruising on both wrists. She said that her uncle ties her to the chair when she is naughty. "
        "Section 47 enquiry opened, police told, child protection medical tonight."
    )

    assert (found.primary, found.tier) == (Primary.SENSITIVE, Tier.T4)
