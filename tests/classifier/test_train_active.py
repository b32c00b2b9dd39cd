"""Which documents to ask about next: different strategies, the same promises."""

import numpy as np
import pytest

from classifier.train_active import (
    STRATEGIES,
    Asked,
    Field,
    cover,
    fit,
    hashed,
    next_questions,
    random,
    uncertain,
    value,
)

KINDS = (
    "licence of the driver was refused after the complaint of a passenger",
    "bins are emptied on tuesdays and garden waste every second week",
    "minutes of the parks committee on benches and lamps by the weir",
)


@pytest.fixture(scope="module")
def field():
    """Ninety short texts of three kinds, each a little different."""
    return Field.of(hashed([f"{KINDS[n % 3]} number{n} extra{n * 7 % 13} more{n * 5 % 11}" for n in range(90)]))


def asked(_field, numbers):
    """Answers to some questions: the first kind is a yes."""
    return Asked(list(numbers), [int(n % 3 == 0) for n in numbers])


@pytest.mark.parametrize("name", STRATEGIES)
def test_no_document_is_asked_about_twice(name, field):
    """However a strategy chooses, each question is new, and a batch holds what was wished for."""
    rng, so_far = np.random.default_rng(1), Asked()
    for _ in range(8):
        picked = next_questions(field, so_far, 10, rng, STRATEGIES[name])
        so_far.at += picked.tolist()
        so_far.truth += [int(n % 3 == 0) for n in picked]

    assert len(so_far.at) == 80
    assert sorted(set(so_far.at)) == sorted(so_far.at)


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_same_seed_asks_the_same(name, field):
    """A review can be repeated."""
    first, second = (
        next_questions(field, asked(field, range(9)), 5, np.random.default_rng(3), STRATEGIES[name]) for _ in range(2)
    )

    assert first.tolist() == second.tolist()


def test_the_first_questions_cover_the_collection(field):
    """Three questions meet all three kinds."""
    assert {0, 1, 2} == {int(n) % 3 for n in cover(field, Asked(), 3, np.random.default_rng(0))}


def test_the_model_learns_from_likenesses_alone(field):
    """A handful of answers labels the rest, however unequal yes and no are in number."""
    known = asked(field, (0, 1, 2, 4, 5, 7, 8, 10))
    fitted = fit(field.alike[np.ix_(known.at, known.at)], known.truth)
    said = value(field.alike[:, known.at], fitted)

    assert np.mean((said > 0) == (np.arange(90) % 3 == 0)) > 0.9


def test_the_least_sure_are_nearest_to_the_boundary(field):
    """What uncertainty picks lies nearer to a tie than what is left."""
    known = asked(field, range(9))
    picked = uncertain(field, known, 5, np.random.default_rng(0))
    fitted = fit(field.alike[np.ix_(known.at, known.at)], known.truth)
    far = np.abs(value(field.alike[:, known.at], fitted))
    left = [n for n in range(90) if n not in known.at and n not in picked]

    assert far[picked].mean() < far[left].mean()


def test_one_answer_alone_is_no_ground_to_choose_by(field):
    """Until both yes and no were heard, questions are drawn at random."""
    only_no = Asked([1, 2, 4], [0, 0, 0])
    rng, again = np.random.default_rng(5), np.random.default_rng(5)

    assert next_questions(field, only_no, 6, rng).tolist() == random(field, only_no, 6, again).tolist()


def test_near_copies_are_not_asked_about_together():
    """A batch spends no two questions on one document."""
    texts = [
        f"the very same letter about the depot with its long list of bins and lamps {'x' * (n % 2)}" for n in range(6)
    ]
    field = Field.of(
        hashed([*texts, *[f"{KINDS[n % 3]} number{n} extra{n * 7 % 13} more{n * 5 % 11}" for n in range(30)]])
    )
    known = Asked([6, 7, 8], [1, 0, 0])
    picked = uncertain(field, known, 4, np.random.default_rng(0))

    assert sum(n < 6 for n in picked) <= 1
