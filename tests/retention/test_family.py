"""Which items one decision can cover: what belongs together does, and what does not stays apart."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.family import Gathering, Kind, Waiting, components, series_of
from retention.stem import bundle_of, stem_of
from tests.classifier.signed import signed

PLAIN = Waiting(
    item=1,
    folder=b"Licensing",
    name=b"letter.docx",
    series=b"Licensing",
    content="",
    size=100,
    lane="A",
    action="review",
    rule="LI-01",
    class_by="folder",
    format="docx",
    tier=3,
    primary="sensitive",
    by="rule:marking",
)
WORDS = "the committee agreed to repaint every bench in the memorial garden before the spring and to mend the lamps by the weir"


def waiting(item, name, words="", **more):
    """An item of the same place and question as the others, unless ``more`` says otherwise."""
    told = {"series": b"series %d" % item, "content": f"{item:064x}", **more}
    return dataclasses.replace(PLAIN, item=item, name=name, signature=signed(words) if words else b"", **told)


def families(*ones):
    """The families of some items: for each its kind and its items."""
    gathering = Gathering("zone")
    for one in ones:
        gathering.add(one)
    grouping = gathering.families()
    return sorted(
        (str(kind), [one.item for one, of in zip(ones, grouping.of, strict=True) if of == number])
        for number, kind in enumerate(grouping.kinds)
    )


def test_equal_bytes_are_one_family():
    """Copies are decided once, wherever in the zone they lie."""
    one, other = waiting(1, b"a.docx", content="ab" * 32), waiting(2, b"b.docx", content="ab" * 32, folder=b"x")

    assert [("copies", [1, 2])] == families(one, other)


def test_empty_files_are_copies_of_nothing():
    """That two files hold nothing does not make them one document."""
    ones = [waiting(number, b"a%d.docx" % number, content="ab" * 32, size=0) for number in (1, 2)]

    assert [("single", [1]), ("single", [2])] == families(*ones)


def test_near_equal_texts_are_one_family():
    """The PDF of a Word document is decided with it."""
    again = WORDS + " " + WORDS.replace("spring", "summer")

    assert [("near", [1, 2])] == families(waiting(1, b"x.docx", again), waiting(2, b"other.pdf", again + " Amen"))


def test_texts_that_share_little_stay_apart():
    """A common sentence makes no family."""
    other = (
        "a licence holder was reported by two residents of the road and the officer visited them both at once "
        + WORDS[:30]
    )

    assert [("single", [1]), ("single", [2])] == families(waiting(1, b"x.docx", WORDS), waiting(2, b"y.docx", other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"Parking report v1.docx", b"parking report v2 FINAL (use this one).docx"),
        (b"Taxi review INTERIM v0.2.docx", b"Taxi review INTERIM v0.3 (police comments).pdf"),
        (b"Copy of Copy of budget plan.xlsx", b"budget plan (2).xlsx"),
        (b"draft contract with the depot.docx", b"Contract with the depot - signed.pdf"),
    ],
)
def test_versions_are_known_by_their_names(one, other):
    """What differs in a version or a copy mark is one document, although its text was rewritten."""
    assert [("versions", [1, 2])] == families(waiting(1, one), waiting(2, other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"Report 1.docx", b"Report 2.docx"),
        (b"Report v1.docx", b"report v2.docx"),
        (b"Smith redacted.pdf", b"Smith.pdf"),
        (b"scan.pdf", b"scan (1).pdf"),
        (b"Minutes 2019-04-01.docx", b"Minutes 2019-05-01.docx"),
    ],
)
def test_names_that_say_too_little_join_nothing(one, other):
    """Numbers, redactions, what a scanner calls everything, and dates alone are no versions."""
    assert [("single", [1]), ("single", [2])] == families(waiting(1, one), waiting(2, other))


def test_what_was_published_stays_apart():
    """The published report never shares a decision with its unredacted draft."""
    draft = waiting(1, b"Review v1.docx", WORDS, tier=4)
    final = waiting(2, b"Review v2.docx", WORDS + " Amen", tier=0, flags=frozenset({"published"}))

    assert [("single", [1]), ("single", [2])] == families(draft, final)


def test_likeness_alone_never_joins_two_tiers():
    """A few words make a redaction: near-copies of different tiers meet only under one name."""
    strict, loose = waiting(1, b"x.docx", WORDS, tier=3), waiting(2, b"y.docx", WORDS, tier=2)

    assert [("single", [1]), ("single", [2])] == families(strict, loose)
    assert [("versions", [1, 2])] == families(strict, dataclasses.replace(loose, name=b"x v2.docx"))


def test_a_mail_goes_with_what_was_saved_from_it():
    """Attachments in a folder called after the mail, and texts that the mail contains, are decided with the mail."""
    mail = waiting(1, b"RE Taxi review.msg", format="msg")
    saved = waiting(2, b"list.xlsx", folder=b"Licensing/Taxi review attachments")
    with_text = waiting(3, b"FW minutes.eml", "please see below " + WORDS, format="eml", tier=3)
    attached = waiting(4, b"garden.docx", WORDS, tier=2, primary="personal")

    assert [("mail", [1, 2])] == families(mail, saved)
    assert [("mail", [3, 4])] == families(with_text, attached)


def test_alike_items_of_a_series_are_one_family():
    """Same series, lane, class, label and ground: one decision, however many they are."""
    ones = [waiting(number, b"note %d.docx" % number, series=b"s") for number in range(1, 50)]

    assert [("folder", list(range(1, 50)))] == families(*ones)


@pytest.mark.parametrize(
    "unlike",
    [
        {"series": b"t"},
        {"lane": "B"},
        {"action": "restrict"},
        {"rule": "LI-02"},
        {"class_by": "suggested"},
        {"tier": 4},
        {"primary": "personal"},
        {"by": "rule:credentials"},
        {"flags": frozenset({"child"})},
        {"problem": "encrypted"},
        {"held": True},
        {"apart": True},
    ],
)
def test_unlike_items_are_not_lumped_together(unlike):
    """Another place, lane, action, class, label or ground is another question."""
    one = waiting(1, b"note 1.docx", series=b"s")
    other = waiting(2, b"note 2.docx", **{"series": b"s", **unlike})

    assert [("single", [1]), ("single", [2])] == families(one, other)


def test_a_class_that_has_ended_is_one_question_below_t4():
    """Retention is asked of the class: tiers go together, but what two people must approve stays apart."""
    ones = [waiting(n, b"note %d.docx" % n, series=b"s", lane="E", tier=tier) for n, tier in ((1, 2), (2, 3), (3, 4))]

    assert [("folder", [1, 2]), ("single", [3])] == families(*ones)


def test_the_strictest_leads():
    """A document's question is that of its strictest copy, and of the plain one before a marked one."""
    gathering = Gathering("zone")
    ones = (b"Copy of plan.docx", 2, b"a"), (b"plan v2.docx", 3, b"b"), (b"plan.docx", 3, b"c")
    for number, (name, tier, series) in enumerate(ones, 1):
        gathering.add(waiting(number, name, tier=tier, series=series, content="ab" * 32))

    assert [2] == gathering.families().leaders.tolist()


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(12)))
def test_the_order_of_reading_does_not_matter(order):
    """The same items make the same families under the same keys in whatever order they come."""
    ones = [
        waiting(n + 1, b"plan %d v%d.docx" % (n // 4, n % 4), series=b"s%d" % (n // 8), tier=2 + n // 4)
        for n in range(12)
    ]

    def keyed(some):
        gathering = Gathering("zone")
        for one in some:
            gathering.add(one)
        grouping = gathering.families()
        return {one.item: grouping.grounds[of] for one, of in zip(some, grouping.of, strict=True)}

    assert keyed(ones) == keyed([ones[n] for n in order])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=40))
def test_components_are_those_of_a_plain_search(pairs):
    """Joining by arrays finds what following every tie one by one would find."""
    plain = list(range(20))
    for _ in range(20):
        for one, other in pairs:
            plain[one] = plain[other] = min(plain[one], plain[other])
    ties = np.array(pairs, np.int64).reshape(-1, 2)

    assert plain == components(20, ties[:, 0], ties[:, 1]).tolist()


@pytest.mark.parametrize(
    ("folder", "class_by", "expected"),
    [
        (b"Licensing/Drivers/A Person 12/2019", "folder", b"Licensing/Drivers"),
        (b"Licensing/Drivers/A Person/2019", "suggested", b"Licensing/Drivers/A Person"),
        (b"Licensing/Policy/2013/04", "default", b"Licensing/Policy"),
        (b"Licensing", "default", b"Licensing"),
    ],
)
def test_a_series_is_where_its_class_was_declared(folder, class_by, expected):
    """A declared series holds its case folders; elsewhere years and numbers are left off, never the zone's own folder."""
    assert expected == series_of(folder, b"Licensing", [b"Licensing/Drivers", b"Other"], class_by)


def test_stems_leave_marks_off_and_keep_what_names_another_record():
    """Marks of versions, copies and dates go; redacted and published stay."""
    assert b"taxi review as published" == stem_of(b"Taxi review FINAL as published.pdf").document
    assert b"smith redacted" == stem_of(b"Smith (redacted) v2.pdf").document
    assert b"agenda" == stem_of(b"Agenda 2020-12-10 - Copy.pdf").undated
    assert b"" == stem_of(b"Copy of NEW new final v2 (USE THIS ONE)!!.txt").document
    assert b"a/plan" == bundle_of(b"a/plan_files", b"x", mail=False) == bundle_of(b"a", b"plan", mail=True)


def test_kinds_fit_their_column():
    """The catalogue keeps a kind in twelve characters, and every family has one of them."""
    gathering = Gathering("zone")
    again = WORDS + " " + WORDS.replace("spring", "summer")
    for one in (waiting(1, b"x.docx", again), waiting(2, b"other.pdf", again + " Amen"), waiting(3, b"y.docx")):
        gathering.add(one)

    assert all(isinstance(kind, Kind) for kind in gathering.families().kinds)
    assert max(map(len, Kind)) <= 12
