"""The figures: each from its definition, with intervals, a table and a picture."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, balanced_accuracy_score, fbeta_score, roc_auc_score

from classifier.evaluate import evaluate
from classifier.starter import make
from classifier.train_scores import auc, average_precision, calibration_error, recall_at, score


@pytest.fixture
def drawn():
    """Three hundred answers with chances that lean the right way."""
    rng = np.random.default_rng(3)
    truth = (rng.random(300) < 0.2).astype(float)
    return truth, np.round(np.clip(rng.normal(0.3 + 0.3 * truth, 0.2), 0, 1), 2)


def test_the_figures_are_those_of_scikit_learn(drawn):
    """AUC, average precision, F2 and balanced accuracy agree with scikit-learn, ties included."""
    truth, chance = drawn
    found, said = score(truth, chance), chance >= 0.5

    assert roc_auc_score(truth, chance) == pytest.approx(found.auc)
    assert average_precision_score(truth, chance) == pytest.approx(found.ap)
    assert fbeta_score(truth, said, beta=2) == pytest.approx(found.f2)
    assert balanced_accuracy_score(truth, said) == pytest.approx(found.balanced)


def test_a_calibrated_score_has_no_calibration_error():
    """Chances that come true as often as they say have an error of nothing; a confident mistake has one of 1."""
    assert calibration_error(np.array([0.0, 1.0]), np.array([0.5, 0.5])) == 0.0
    assert calibration_error(np.array([1.0, 1.0]), np.array([0.0, 0.0])) == 1.0


def test_recall_counts_what_stands_first():
    """At a review rate of a half, the half with the highest chances is looked at."""
    assert recall_at(np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.9, 0.8, 0.1, 0.2]), 0.5) == 0.5


def test_a_question_without_both_answers_has_no_figure():
    """Without a yes there is neither AUC nor average precision, and no number is made up."""
    none = np.zeros(4)

    assert np.isnan(auc(none, none))
    assert np.isnan(average_precision(none, none))


@pytest.fixture(scope="module")
def evaluation(judge):
    """The starter judged on documents of another seed."""
    made = list(make.rows(77, 2))
    rows = [{"text": row.text, "labels": sorted(row.labels & {"sensitive", "personal"})} for row in made]
    return evaluate(judge, rows)


def test_every_figure_has_an_interval_around_it(evaluation):
    """Each value lies within its interval, and the starter ranks made documents well."""
    for figures in evaluation.figures.values():
        for figure in figures:
            assert figure.low <= figure.value + 0.05
            assert figure.value <= figure.high + 0.05
    assert evaluation.figures["sensitive"][0].value > 0.9


def test_the_table_names_every_figure(evaluation):
    """The table shows AUC, average precision, recall at review rates, calibration, F2 and balanced accuracy."""
    table = evaluation.table()

    for name in ("AUC", "average precision", "recall at 5% review", "calibration error", "F2", "balanced accuracy"):
        assert name in table


def test_the_picture_is_well_formed(evaluation):
    """The picture parses as XML and has a title for those who cannot see it."""
    root = ET.fromstring(evaluation.svg())

    assert root.tag.endswith("svg")
    assert root.find("{http://www.w3.org/2000/svg}title") is not None


def test_nothing_cannot_be_evaluated(judge):
    """An empty file of examples is refused in words."""
    with pytest.raises(ValueError, match="nothing to evaluate"):
        evaluate(judge, [])
