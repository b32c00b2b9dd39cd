"""The model register: what it keeps it gives back, and a model that differs in anything is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from classifier import label, register

FEATURES = ("one", "two")


@pytest.fixture
def folder(tmp_path):
    """A small model, saved."""
    register.save(tmp_path / "m", "starter", {"a": np.arange(4.0), "b": np.eye(2)}, FEATURES, {"seed": 1})
    return tmp_path / "m"


def test_a_model_comes_back_as_it_was_saved(folder):
    """Arrays and settings are the same after reading."""
    found = register.read(folder, FEATURES)

    assert np.array_equal(np.arange(4.0), found.arrays["a"])
    assert found.settings == {"seed": 1}
    assert found.version.startswith("starter-")


def test_the_same_model_has_the_same_version(folder, tmp_path):
    """The version is a hash of what the model is, not of when it was made."""
    again = register.save(tmp_path / "n", "starter", {"a": np.arange(4.0), "b": np.eye(2)}, FEATURES, {"seed": 1})

    assert register.read(folder, FEATURES).version == again


def _change(folder, **changes):
    page = json.loads((folder / register.PAGE).read_text())
    page |= changes
    page["digest"] = register._digest(page)
    (folder / register.PAGE).write_text(json.dumps(page))


def test_one_changed_byte_is_refused(folder):
    """An array that differs from its hash is refused by name."""
    data = bytearray((folder / "a.npy").read_bytes())
    data[-1] ^= 1
    (folder / "a.npy").write_bytes(bytes(data))

    with pytest.raises(register.ModelRefusedError, match="array a differs"):
        register.read(folder, FEATURES)


def test_a_changed_page_is_refused(folder):
    """Settings that were edited by hand are refused."""
    page = json.loads((folder / register.PAGE).read_text())
    page["settings"]["seed"] = 2
    (folder / register.PAGE).write_text(json.dumps(page))

    with pytest.raises(register.ModelRefusedError, match="changed after it was made"):
        register.read(folder, FEATURES)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"made_with": {"scikit-learn": "0.1"}}, "scikit-learn 0.1"),
        ({"classes": ["spam"]}, "other classes"),
        ({"format": 99}, "format 99"),
        ({"features": {"count": 3, "sha256": ""}}, "3 features"),
    ],
)
def test_a_model_of_another_make_is_refused(folder, changes, said):
    """Another scikit-learn, other classes, another format or feature count: refused, with what to do."""
    _change(folder, **changes)

    with pytest.raises(register.ModelRefusedError, match=said) as refused:
        register.read(folder, FEATURES)
    assert "strongroom train" in str(refused.value)


@pytest.mark.parametrize("damage", ["nothing", "no page", "no array", "not json", "a list"])
def test_what_is_missing_or_broken_is_refused(folder, tmp_path, damage):
    """A missing folder, page or array and a page that is no JSON object are refused, never guessed."""
    empty = tmp_path / "empty"
    empty.mkdir()
    where = {"nothing": tmp_path / "absent", "no page": empty}.get(damage, folder)
    if damage == "no array":
        (folder / "a.npy").rename(folder / "z.npy")
    if damage in {"not json", "a list"}:
        (folder / register.PAGE).write_text("{" if damage == "not json" else "[]")

    with pytest.raises(label.ModelRefusedError):
        register.read(where, FEATURES)
