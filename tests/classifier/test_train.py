"""Training: from few examples, calibrated on what was held back, equal to scikit-learn, remembering nobody."""

from __future__ import annotations

import random

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from classifier import label, train
from classifier.item import Content, Part
from classifier.label_features import dense, read
from classifier.label_learned import chance_right, fields, standardise
from classifier.label_model import columns, sigmoid
from classifier.label_text import tokens
from classifier.starter import make, people
from classifier.train_council import (
    Way,
    best_flag,
    certain_from,
    examples,
    fit_parts,
    labels_of,
    learn_vocabulary,
    log_count_ratios,
    matrix,
)
from classifier.train_scores import f_two
from classifier.train_starter import answers, counts, fit, lexicon


def council_rows(each=4):
    """Examples as a council would send them, with names in every text."""
    rng = random.Random(11)
    rows = []
    for row in make.rows(21, each):
        first, last, _ = people.person(rng)
        named = sorted(row.labels & {"sensitive", "personal"})
        rows.append({"id": row.id, "text": f"{row.text}\nSigned {first} {last}", "labels": named, "group": row.id})
    return rows


@pytest.fixture(scope="module")
def council(tmp_path_factory):
    """A model learned from made examples, and its scores."""
    folder = tmp_path_factory.mktemp("council") / "m"
    return folder, train.train(council_rows(), folder, seed=2)


def test_the_starter_scores_are_of_topics_held_back(starter_scores):
    """The starter ranks documents on topics it never saw, and says so in a sentence."""
    scores = starter_scores[1]

    assert scores.questions["sensitive"].auc > 0.9
    assert scores.questions["personal"].auc > 0.9
    assert "AUC" in scores.sentences()[0]


def test_the_same_seed_trains_the_same_model(starter_scores, tmp_path):
    """Two trainings from one seed have one version."""
    assert train.starter(tmp_path / "again", 1).version == starter_scores[1].version


def test_a_council_model_learns_both_questions(council):
    """From a few hundred examples both questions are learned, and held-back scores are stated."""
    assert set(council[1].questions) == {"sensitive", "personal"}
    assert council[1].questions["sensitive"].ap > 0.7


def test_a_council_model_loads_and_passes_the_canaries(council):
    """What training wrote can be loaded, and firm rules still stand above it."""
    judge = label.load(council[0])

    assert judge.council is not None
    assert judge.version == council[1].version
    assert judge.judge_text("Bins are collected on Monday.").sensitive < 0.5


def test_no_name_of_the_training_texts_is_in_the_model(council):
    """A search of every byte of the model folder for the names in the examples finds none."""
    data = b"".join(path.read_bytes().lower() for path in council[0].iterdir())
    names = {name.lower() for lists in people.ORIGINS.values() for group in lists for name in group}

    assert not [name for name in names if len(name) > 4 and name.encode() in data]


def test_passages_are_scored_as_scikit_learn_scores_them():
    """The folded numpy weights give the logit of the scikit-learn pipeline they came from, to 1e-9."""
    book, rows = lexicon(), list(make.rows(8, 4))
    where = [columns(book.vocabulary, tokens(row.text)) for row in rows]
    raw, truth = counts(book.vocabulary, where), answers(rows)
    model = fit(book, raw, truth)
    plain = make_pipeline(
        FunctionTransformer(lambda x: np.hstack((x.toarray(), (x @ book.themes).toarray()))),
        LogisticRegression(C=2.0, max_iter=400, tol=1e-10),
    )
    ours = raw @ model.coef[:-1] + model.intercept
    windows = [model.logits(each) for each in where if len(each.single) <= 144]
    short = [n for n, each in enumerate(where) if len(each.single) <= 144]
    plain.fit(raw, truth[:, 0])

    assert np.abs(np.vstack(windows) - ours[short]).max() < 1e-9
    assert np.corrcoef(plain.decision_function(raw), ours[:, 0])[0, 1] > 0.999


def test_a_council_model_answers_as_scikit_learn_does(judge):
    """The numpy answer equals predict_proba of the scikit-learn model on the same features, to 1e-9."""
    found = examples(judge.starter, council_rows(2))
    book, idf = learn_vocabulary(found)
    values = np.array([e.values for e in found])
    centre, scale = values.mean(axis=0), np.maximum(values.std(axis=0), 0.05)
    counted = [fields(book, e.seen.tokens, e.opened) for e in found]
    standard = np.array([standardise(row, centre, scale) for row in values])
    wide = np.hstack((matrix(counted, idf).toarray(), standard))
    truth = np.array([float("sensitive" in e.labels) for e in found])
    theirs = LogisticRegression(C=3).fit(wide, truth)
    ours = label_linear(theirs, idf)
    logits = np.array([ours.logit(c, s) for c, s in zip(counted, standard, strict=True)])

    assert np.abs(sigmoid(logits) - theirs.predict_proba(wide)[:, 1]).max() < 1e-9


def test_a_part_with_ratios_is_linear_in_the_words():
    """Ratios are folded into the weights: both parts answer as the two scikit-learn models do."""
    rng = np.random.default_rng(3)
    wide = sparse.random(80, 30, 0.3, format="csr", random_state=3)
    truth = (np.asarray(wide[:, 0].todense()).ravel() + 0.3 * rng.random(80) > 0.2).astype(float)
    coef, constants = fit_parts(Way(4.0, ratios=True), wide, 20, truth)
    weighed = wide[:, :20] @ sparse.diags(log_count_ratios(wide[:, :20], truth))
    found = wide @ coef.T + constants

    assert found[:, 0] == pytest.approx(LogisticRegression(C=4.0).fit(wide, truth).decision_function(wide), abs=1e-3)
    assert found[:, 1] == pytest.approx(LogisticRegression().fit(weighed, truth).decision_function(weighed), abs=1e-3)


def test_ratios_are_those_of_counting():
    """A column in three of four yes and none of four no: ratio log((1+3)/(1+0)) less that of all columns."""
    wide = sparse.csr_matrix(np.array([[1, 0], [2, 0], [1, 1], [0, 1], [0, 1], [0, 1], [0, 0], [0, 0]], dtype=float))
    truth = np.array([1.0] * 4 + [0.0] * 4)

    assert log_count_ratios(wide, truth) == pytest.approx([np.log((4 / 7) / (1 / 4)), np.log((3 / 7) / (3 / 4))])


def label_linear(model, idf):
    """The numpy model with the weights of a scikit-learn one."""
    from classifier.label_model import Linear

    size = len(idf)
    return Linear(idf, model.coef_[0, :size], model.coef_[0, size:], float(model.intercept_[0]), 1.0, 0.0)


def test_dense_features_are_as_many_as_their_names(judge):
    """Every dense feature has its name in the register."""
    from classifier.label_features import DENSE

    seen = read(judge.starter, Content("text", (Part("b", "Dear Sir"),), "made"), ())

    assert len(DENSE) == len(dense(seen)[0])


def test_few_examples_make_nothing_certain():
    """With twenty answers, all right and all sure, no answer may yet be called certain."""
    assert certain_from(np.ones(20), np.ones(20)) > 1


def test_wrong_answers_make_nothing_certain():
    """Where the probabilities promise more than was counted, the count decides."""
    assert certain_from(np.full(200, 0.995), np.tile([1.0, 0.0], 100)) > 1


def test_certain_answers_of_many_examples_are_right():
    """With thousands of calibrated answers the range opens, and 98 in 100 of the certain ones are right."""
    rng = np.random.default_rng(5)
    chance = rng.random(20000)
    right = (rng.random(20000) < chance).astype(float)
    found = certain_from(chance, right)

    assert found < 0.99
    assert right[chance >= found].mean() >= 0.98


def test_a_flag_weighs_a_miss_four_times():
    """The threshold is the one with the best F2 among all that the answers offer."""
    rng = np.random.default_rng(6)
    chance = rng.random(300)
    truth = (rng.random(300) < chance**2).astype(float)
    every = {at: f_two(truth, (chance >= at).astype(float)) for at in chance}

    assert best_flag(chance, truth) == max(every, key=lambda at: every[at])


@pytest.mark.parametrize(
    ("flagged", "chance"),
    [({"sensitive", "personal"}, 0.8), ({"personal"}, 0.2 * 0.6), (set(), 0.2 * 0.4)],
)
def test_the_chance_of_a_label_is_that_of_what_it_shows(flagged, chance):
    """Sensitive hides the other question; otherwise both answers must be right."""
    assert chance_right({"sensitive": 0.8, "personal": 0.6}, flagged) == pytest.approx(chance)


def test_too_few_examples_are_refused_in_words(tmp_path):
    """Nine examples teach nothing: the message says how many it takes."""
    with pytest.raises(ValueError, match="at least 10"):
        train.train(council_rows()[:9], tmp_path / "m")


def test_a_withdrawn_example_is_left_out(tmp_path):
    """A row whose id is withdrawn is not learned from."""
    rows = council_rows()
    scores = train.train(rows, tmp_path / "m", withdrawn=[rows[0]["id"]])

    assert len(rows) - 1 == scores.rows


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"label": "official"}, frozenset()),
        ({"label": "personal_employment"}, frozenset({"personal"})),
        ({"labels": ["personal", "sensitive"]}, frozenset({"personal", "sensitive"})),
        ({"labels": [], "label": "official"}, frozenset()),
        ({"labels": []}, frozenset()),
    ],
)
def test_labels_are_read_in_every_spelling(row, expected):
    """One label, several or none: every spelling means the same answers."""
    assert expected == labels_of(row)
