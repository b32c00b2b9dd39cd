"""The words of the pages beside the queue: none is missing for anything that a state, step or kind can be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from retention import assurance, clock, dispose, schedule
from retention.catalogue import journal
from retention.execute import Outcome
from retention.hold import HoldKind
from retention.review import pages
from retention.review.pages import spoken, wording
from retention.review.pages.holds import LISTS
from retention.rule import RuleAction
from retention.vault import Step
from retention.whatif import Report

ENGLISH = wording.words("en")
KEYS = [
    *(f"moves.step.{step.value}" for step in Step),
    *(f"moves.state.{state}" for state in journal.STATES),
    *(f"holds.kind.{kind.value}" for kind in HoldKind),
    *(f"holds.scope.{name}" for name in (*LISTS, "since", "until", "any")),
    *(f"disposal.state.{state.value}" for state in dispose.State),
    *(f"disposal.method.{method.value}" for method in dispose.Method),
    *(f"disposal.role.{role.name}" for role in dispose.Role),
    *(f"disposal.outcome.{outcome.value}" for outcome in Outcome),
    *(f"schedule.action.{action.value}" for action in RuleAction),
    *(f"whatif.{name}" for name in Report().tallies()),
    *(f"sample.pile.{pile}" for pile in assurance.PILES),
    *(f"spoken.{choice.value}" for choice in clock.Choice),
]


@pytest.mark.parametrize("key", KEYS)
def test_there_is_a_word_for_everything(key):
    """Whatever a state, step, kind or outcome can be has its word."""
    assert ENGLISH.knows(key)


@pytest.mark.parametrize(
    "template", sorted((Path(pages.HERE) / "templates").glob("*.html")), ids=lambda path: path.name
)
def test_every_word_that_a_template_asks_for_is_there(template):
    """A template asks for no word that nobody has written."""
    asked = re.findall(r'\bt\("([a-z0-9._-]+)"[,)]', template.read_text(encoding="utf-8"))

    assert [key for key in asked if not ENGLISH.knows(key)] == []


def test_every_class_of_the_schedule_is_said_in_words():
    """No rule of the shipped schedule is told in the notation of its file."""
    said = [spoken.kept(rule.terms, ENGLISH) for rule in schedule.shipped().rules]

    assert len(said) > 100
    assert [text for text in said if re.search(r"\bP\d|_", text)] == []
    assert spoken.kept(schedule.shipped().by_ref["AC-07"].terms, ENGLISH) == "1 year after date created"
