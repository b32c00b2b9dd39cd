"""The judge: tokens, reasons, names, canaries, what is raised and what is never lowered."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.item import Completeness, Content, Finding, Flag, Label, Part, Primary, Tier
from classifier.label import by_name, canary, explain, raise_to
from classifier.label_text import hash_term, tokens
from classifier.label_words import public_words
from classifier.starter import make, people

MARK = (Finding("marking:official-sensitive", 0, 5, 0.98, "banner", 1),)
LABELS = st.builds(
    Label,
    st.sampled_from(Primary),
    st.sampled_from(Tier),
    st.floats(0, 1),
    st.floats(0, 1),
    st.frozensets(st.sampled_from(Flag), max_size=4),
)


def test_the_same_word_has_the_same_hash_anywhere():
    """Case and place do not change a word's hash; long words differ by their ends."""
    found = tokens("The COUNCIL, the council's councilwoman's")

    assert found.single[1] == hash_term("council")
    assert hash_term("internationalisation") != hash_term("internationalisations")


@given(st.text(max_size=300))
def test_tokens_are_as_a_plain_loop_finds_them(text):
    """The numpy tokeniser finds exactly the words, marks and line breaks that a loop over the text finds."""
    plain = text.encode("utf-8", "replace").decode("utf-8", "replace")
    found = tokens(text)

    assert _loop(plain) == len(found.single)
    assert max(len(found.single) - 1, 0) == len(found.pair)


def _loop(text):
    for odd, usual in (
        ("\u2019", "'"),
        ("\u2018", "'"),
        ("\u201c", '"'),
        ("\u201d", '"'),
        ("\u00a0", " "),
        ("\u2022", "*"),
    ):
        text = text.replace(odd, usual)
    raw = text.encode("utf-8", "replace")
    word = [b > 127 or (b < 128 and chr(b).isalnum()) for b in raw]
    word = [w or (raw[n] == 39 and 0 < n < len(raw) - 1 and word[n - 1] and word[n + 1]) for n, w in enumerate(word)]
    count, line = 0, False
    for n, b in enumerate(raw):
        if word[n]:
            count += n == 0 or not word[n - 1]
            line = False
        elif b == 10:
            count += not line
            line = True
        elif 32 < b < 127:
            count += 1
            line = False
    return count


def test_a_long_text_is_cut_without_breaking_words():
    """A text longer than one piece has the same tokens as its halves together."""
    half = "The parish council met in the village hall. " * 2000
    whole, part = tokens(half + half), tokens(half)

    assert 2 * len(part.single) == len(whole.single)
    assert np.array_equal(np.concatenate((part.single, part.single)), whole.single)


def test_a_judge_loads_without_scikit_learn(starter_scores):
    """Judging needs numpy alone: a fresh process that loads a model never imports scikit-learn."""
    code = (
        "import sys; from pathlib import Path; from classifier import label; "
        f"label.load(Path({str(starter_scores[0])!r})).judge_text('hello'); print('sklearn' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert said.stdout.strip() == "False"


def test_the_canaries_live(judge):
    """A fresh starter model gets every canary right."""
    assert canary(judge) == ()


def test_a_batch_answers_as_one_at_a_time(judge):
    """Many documents at once get the labels they get alone."""
    documents = [(Content("text", (Part("b", row.text),), "made"), ()) for row in list(make.rows(9, 1))[:20]]

    assert judge.judge_many(documents) == tuple(judge.judge(*each) for each in documents)


def test_a_partial_reading_is_uncertain(judge):
    """What was read in part only is never certain."""
    content = Content("text", (Part("b", "Bins are collected on Monday."),), "made", Completeness.PARTIAL)

    assert Flag.UNCERTAIN in judge.judge(content, ()).flags


def test_one_bad_line_in_a_long_paper_is_not_lost(judge):
    """A strong identifier in a long routine text still makes it personal."""
    text = "The committee noted the report on highways.\n" * 20000
    found = Finding("nino", 500_000, 500_009, 0.97, "pattern", 1)

    assert judge.judge_text(text, [found]).primary is Primary.PERSONAL


def test_a_marking_outranks_the_model(judge):
    """A protective banner makes the dullest text sensitive."""
    label = judge.judge_text("Bins are collected on Monday.", MARK)

    assert (label.primary, label.tier) == (Primary.SENSITIVE, Tier.T3)
    assert Flag.MARKED in label.flags


def test_secret_is_an_incident(judge):
    """A SECRET banner is T5 and the reason says not to move it."""
    label = judge.judge_text("Exercise notes", [Finding("marking:secret", 0, 5, 0.97, "banner", 1)])

    assert label.tier == Tier.T5
    assert "do not move" in " ".join(label.because)


def test_official_never_claims_to_hold_no_personal_data(judge):
    """A signature block is official with incidental names, in those words."""
    label = judge.judge_text("Regards, the planning team", [Finding("person_name", 0, 7, 0.9, "", 1)])

    assert label.primary == Primary.OFFICIAL
    assert "Official (incidental names)." in label.because


def test_a_card_explains_without_quoting(judge):
    """The card gives words of the public list, kinds with counts, and what would have changed the answer."""
    text = "National Insurance number QQ 12 34 56 A belongs to the claimant Zbigniewska of Wexbury"
    content = Content("text", (Part("b", text),), "made")
    card = explain(judge, content, [Finding("nino", 26, 39, 0.97, "pattern", 1)])

    assert card.findings == ("Found: National Insurance number ×1.",)
    assert any("Without nino" in line for line in card.changed)
    assert set(card.words_for + card.words_against) <= set(public_words().values())
    assert "zbigniewska" not in str(card).lower()


def test_no_name_is_a_public_word():
    """The names from which people are made up are in no word list that a reason may quote."""
    names = {name.lower() for lists in people.ORIGINS.values() for group in lists for name in group}

    assert not names & set(public_words().values())


@pytest.mark.parametrize(
    "topic", [t for t in make.topics() if "{f}" in " ".join(t.sentences)][:12], ids=lambda t: t.name
)
def test_the_origin_of_a_name_changes_nothing(judge, topic):
    """The same made document scores the same, to the last digit, whatever the origin of the names in it."""
    text = "\n".join(topic.sentences)
    scores = set()
    for women, men, surnames in people.ORIGINS.values():
        filled = (
            text.replace("{f}", women[0])
            .replace("{p2}", f"{men[0]} {surnames[1]}")
            .replace("{p}", f"{men[1]} {surnames[0]}")
        )
        label = judge.judge_text(filled.replace("{l}", surnames[2]))
        scores.add((round(label.sensitive, 3), round(label.personal, 3), label.primary, label.tier))

    assert len(scores) == 1


@given(LABELS, LABELS)
def test_raising_never_lowers(one, other):
    """Together two labels are at least as high as each, in tier, primary, chances and flags, in either order."""
    both = raise_to(one, other)
    order = list(Primary)

    assert both.tier == max(one.tier, other.tier)
    assert order.index(both.primary) == max(order.index(one.primary), order.index(other.primary))
    assert one.flags | other.flags == both.flags
    back = raise_to(other, one)
    assert (both.tier, both.primary, both.sensitive) == (back.tier, back.primary, back.sensitive)


@given(st.binary(max_size=80), LABELS)
def test_a_name_never_lowers(path, label):
    """Whatever the bytes of a path are, the label after it is at least the label before."""
    after = by_name(path, "docx", label)

    assert after is not None
    assert after.tier >= label.tier
    assert label.flags <= after.flags


@pytest.mark.parametrize(
    ("path", "tier"),
    [
        (b"Legal/OFFICIAL-SENSITIVE/advice.docx", Tier.T3),
        (b"Cabinet/Part 2 report land.pdf", Tier.T3),
        (b"audit/Whistleblowing case 14.msg", Tier.T4),
        (b"licensing/Interim report investigation v0.3.docx", Tier.T4),
        (b"hr/Sickness absence 2024.xlsx", Tier.T3),
        (b"it/passwords.txt", Tier.T4),
    ],
)
def test_a_telling_name_raises(path, tier):
    """Markings, inquiries, health and passwords in a name raise a routine label."""
    after = by_name(path, "docx", Label(Primary.OFFICIAL, Tier.T1, 0.1, 0.1))

    assert after is not None
    assert tier == after.tier
    assert "rule:name" in after.by


@pytest.mark.parametrize(
    "path",
    [
        b"policies/Whistleblowing policy.docx",
        b"hr/Disciplinary procedure.docx",
        b"social/Secret Santa list.docx",
        b"rights of way/Restricted byway 14.pdf",
        b"facilities/Confidential waste sacks order.docx",
        b"forms/Blank grievance form.docx",
        b"committee/Cabinet minutes.docx",
    ],
)
def test_a_false_twin_in_a_name_raises_nothing(path):
    """Policies, blank forms and ordinary words that only sound secret leave a label as it was."""
    label = Label(Primary.OFFICIAL, Tier.T1, 0.1, 0.1)

    assert by_name(path, "docx", label) == label
    assert by_name(path, "docx", None) is None
