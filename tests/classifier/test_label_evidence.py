"""Evidence: what counts as a banner, a form, a public paper, a person; and when a protected matter is told of somebody."""

from __future__ import annotations

import pytest

from classifier.item import Content, Finding, Part, PartKind
from classifier.label_evidence import Evidence, gather

LOGITS = dict.fromkeys(("sensitive", "personal", "special", "offence", "child", "deceased", "grave"), 0.0)


def evidence(text="", findings=(), *, cues=None, opening=None, content=None, words=100, **logits) -> Evidence:
    """The evidence of one text with given findings, cues and logits."""
    content = content or Content("text", (Part("text", text),), "made")
    given = LOGITS | logits
    return gather(content, content.text, findings, (cues or {}, opening or {}), (given, given), words)


def marked(text, words, kind="confidential", score=0.9):
    """Evidence of a text in which some words were found as a marking."""
    at = text.index(words)
    return evidence(text, [Finding(f"marking:{kind}", at, at + len(words), score)])


def found(kind, *, score=0.95, group=0, at=0):
    """One finding of a kind."""
    return Finding(kind, at, at + 5, score, "", group)


@pytest.mark.parametrize(
    "text",
    [
        "CONFIDENTIAL\nReport on the depot",
        "This report is marked CONFIDENTIAL\nThe tenant owes rent",
        "CONFIDENTIAL: the panel met on Monday",
    ],
)
def test_a_banner_is_a_marking(text):
    """A marking that stands by itself, or that the document says of itself, marks the document."""
    assert marked(text, "CONFIDENTIAL").marks == {"confidential"}


@pytest.mark.parametrize(
    "text",
    [
        "CONFIDENTIAL means that few may read it",
        "CONFIDENTIAL documents must be locked away",
        "Waste bins are labelled CONFIDENTIAL",
        "Papers are marked as CONFIDENTIAL",
    ],
)
def test_a_marking_that_a_sentence_speaks_of_is_none(text):
    """Guidance that explains a marking is not marked by it."""
    assert marked(text, "CONFIDENTIAL").marks == frozenset()


def test_a_part_two_heading_needs_secrecy_nearby():
    """A part of standing orders is a chapter; a part of exempt items is a closed session."""
    chapter = marked("Part 2: Standing orders of the council", "Part 2: ", "exempt")
    closed = marked("Part 2 - exempt items, press excluded", "Part 2 - ", "exempt")

    assert chapter.marks == frozenset()
    assert closed.marks == {"exempt"}


def test_a_weak_marking_is_only_a_mention():
    """Running text about a marking is kept as a mention, and the faintest is dropped."""
    mention = marked("as a confidential matter", "confidential", score=0.5)
    faint = marked("as a confidential matter", "confidential", score=0.2)

    assert (mention.marks, mention.mentions) == (frozenset(), {"confidential"})
    assert faint.mentions == frozenset()


def test_distinct_values_are_counted_once():
    """One number on many pages is one person; a finding below the sure score counts as weak only."""
    seen = evidence(
        findings=[found("nino", group=1), found("nino", group=1), found("nino", group=2), found("utr", score=0.5)]
    )

    assert dict(seen.found) == {"nino": 2}
    assert dict(seen.weak) == {"nino": 2, "utr": 1}
    assert seen.strong == 2


def test_fixtures_are_counted_apart():
    """A number reserved for tests is no identifier of a person."""
    seen = evidence(findings=[found("fixture:nino"), found("fixture:phone")])

    assert (seen.fixtures, seen.strong, seen.person) == (2, 0, False)


def test_what_is_hidden_is_counted():
    """Findings in hidden and deleted parts count, with rows that the reader noted."""
    parts = (Part("1", "seen"), Part("2", "secret", hidden=True), Part("3", "gone", PartKind.DELETED))
    content = Content("xlsx", parts, "made", notes=("hidden-rows:12", "pivot-cache:200", "macro"))
    at = [content.text.index(word) for word in ("seen", "secret", "gone")]
    seen = evidence(content=content, findings=[found("nino", group=n, at=place) for n, place in enumerate(at)])

    assert (seen.hidden, seen.hidden_rows) == (2, 212)


@pytest.mark.parametrize(
    ("text", "blanks"),
    [
        ("Name: ________ Date: ________", 4),
        ("Signed ......", 1),
        ("Dear [Name], re [Matter] on [date]", 3),
        ("Dear Ms Sutcliffe, re your letter [sic]", 0),
    ],
)
def test_unfilled_fields_are_counted(text, blanks):
    """Rules of underscores or dots and bracketed words are fields that nobody has filled in."""
    assert evidence(text).blanks == blanks


def test_a_filled_form_is_no_template():
    """A form with unfilled fields is general until somebody's number stands in it."""
    blank = evidence("Name: ________ NI: ________")
    filled = evidence("Name: ________ NI: ________", [found("nino")])

    assert (blank.template, blank.general) == (True, True)
    assert (filled.template, filled.general) == (False, False)


def test_one_template_word_yields_to_the_model():
    """A single cue of a template holds only while the model sees neither a person nor a secret."""
    assert evidence(opening={"template": 1}, sensitive=-1, personal=-1).template
    assert not evidence(opening={"template": 1}, personal=2).template


@pytest.mark.parametrize(
    ("cues", "opening", "sensitive", "public"),
    [
        ({"public paper": 2}, {"public paper": 1}, 1.0, True),
        ({"public paper": 3}, {}, -2.0, True),
        ({"public paper": 3}, {}, 0.0, False),
        ({"public paper": 1}, {"public paper": 1}, -2.0, False),
        ({}, {}, -5.0, False),
    ],
)
def test_a_public_paper_says_so(cues, opening, sensitive, public):
    """Two cues with one in the opening make a public paper, or three where the model agrees."""
    assert evidence(cues=cues, opening=opening, sensitive=sensitive).public is public


def test_a_public_banner_is_enough():
    """A document marked PUBLIC looks published whatever else it says."""
    assert marked("PUBLIC\nSpending in May", "PUBLIC", "public").public


def test_a_guide_speaks_in_general():
    """A policy is general; with somebody's number in it, it is a case."""
    assert evidence(opening={"guide": 2}, sensitive=3).guide
    assert evidence(opening={"guide": 1}, sensitive=0).guide
    assert not evidence(opening={"guide": 1}, sensitive=2).guide
    assert not evidence(opening={"guide": 2}, findings=[found("nhs_number")]).guide


@pytest.mark.parametrize(
    ("kind", "person"),
    [
        ("person_name", True),
        ("date_of_birth", True),
        ("phone_private", True),
        ("email_private", True),
        ("passport", True),
        ("phone_work", False),
        ("postcode", False),
    ],
)
def test_a_person_is_somebody_in_particular(kind, person):
    """Names, identifiers, birthdays and private contacts point to a person; work numbers do not."""
    assert evidence(findings=[found(kind)]).person is person


def test_contacts_count_kinds_and_not_values():
    """Two private numbers are one kind of contact; with an address they are two."""
    seen = evidence(findings=[found("phone_private", group=n) for n in range(2)] + [found("address")])

    assert (seen.contacts, seen.people) == (2, 2)


@pytest.mark.parametrize("kind", ["safeguarding", "special_category", "offence", "child"])
def test_a_protected_matter_is_told_of_a_person(kind):
    """Vocabulary of what the law protects, beside a person, in a personal story."""
    findings = [found(kind), found("person_name")]

    assert evidence(findings=findings, personal=1).told
    assert not evidence(findings=findings, personal=-1).told
    assert not evidence(findings=[found("person_name")], personal=1).told


def test_a_story_without_a_name_is_told_too():
    """Names are found less often for some origins than for others: a clearly personal story needs none."""
    assert evidence(findings=[found("safeguarding")], personal=2).told
    assert not evidence(findings=[found("safeguarding")], personal=0.5).told


def test_sickness_of_staff_is_personal_and_not_told():
    """Health beside the words of staff absence is personal data; an offence beside them is told all the same."""
    absence = {"sickness": 2}
    findings = [found("special_category"), found("person_name")]

    assert not evidence(findings=findings, cues=absence, personal=3).told
    assert evidence(findings=[*findings, found("offence")], cues=absence, personal=3).told


def test_an_interim_paper_that_names_somebody_is_told():
    """Interim papers of an inquiry carry the tier of the final report."""
    text = "INTERIM REPORT\nSeen by the auditor"
    findings = [Finding("marking:interim", 0, 7, 0.9), found("person_name", at=20)]

    assert evidence(text, findings, personal=1).told
    assert not evidence(text, findings[:1], personal=1).told
