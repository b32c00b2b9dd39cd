"""One starter model for all tests of the classifier: trained once, as a council's first night does."""

from __future__ import annotations

import pytest

from classifier import label, train
from classifier.extract import images, pdf


@pytest.fixture(scope="session")
def starter_scores(tmp_path_factory):
    """The folder of a freshly trained starter model and its scores."""
    folder = tmp_path_factory.mktemp("model") / "starter"
    return folder, train.starter(folder, 1)


@pytest.fixture(scope="session")
def judge(starter_scores):
    """The judge that the starter model makes."""
    return label.load(starter_scores[0])


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without an engine for pictures of text, whatever is installed on this one."""
    for reader in (images, pdf):
        monkeypatch.setattr(reader, "engine", lambda: None)
