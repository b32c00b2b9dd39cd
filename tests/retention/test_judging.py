"""The verbs that measure a model and that tell why a file has its label."""

from __future__ import annotations

import json

import pytest

from retention.__main__ import OK, WRONG, main


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """A configuration of its own; the starter model is made when it is first needed."""
    place = tmp_path_factory.mktemp("judging")
    (place / "share").mkdir()
    path = place / "strongroom.toml"
    assert main(["init", str(place / "share"), "--to", str(path), "--state", str(place / "state")]) == OK
    return path


def test_a_card_tells_why_and_quotes_nothing(config, tmp_path, capsys):
    """The card of a marked file names the marking and the rule, and no word of the file's own."""
    path = tmp_path / "paper.txt"
    path.write_text(
        "OFFICIAL-SENSITIVE\n\nThe price for the Quillfeather depot is open to talks.\n" * 3, encoding="utf-8"
    )

    assert main(["--config", str(config), "explain", str(path)]) == OK

    told = capsys.readouterr().out
    assert told.splitlines()[0].startswith("sensitive T3")
    assert "official-sensitive" in told
    assert "Quillfeather" not in told


def test_a_folder_has_no_card(config, tmp_path, capsys):
    """Explaining a folder is refused with the verb that does folders."""
    assert main(["--config", str(config), "explain", str(tmp_path)]) == WRONG
    assert "strongroom label" in capsys.readouterr().err


def test_evaluation_prints_figures_and_draws(config, tmp_path, capsys):
    """Labelled rows give every figure with its interval, and a picture where one is asked for."""
    sick = "Her doctor says that the depression and the anxiety are worse; she is absent until March."
    bins = "Bins are collected on Monday and the recycling centre opens at eight."
    rows = [
        {"id": str(n), "text": f"{sick if n % 2 else bins} {n}", "label": "personal" if n % 2 else "official"}
        for n in range(20)
    ]
    path, picture = tmp_path / "rows.jsonl", tmp_path / "curve.svg"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")

    assert main(["--config", str(config), "evaluate", str(path), "--svg", str(picture)]) == OK

    told = capsys.readouterr().out
    assert "20 examples" in told
    assert "average precision" in told
    assert picture.read_text(encoding="utf-8").startswith("<svg")


def test_rows_without_labels_are_refused(config, tmp_path, capsys):
    """A row without a label is named, and nothing is measured."""
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": "7", "text": "Bins"}\n', encoding="utf-8")

    assert main(["--config", str(config), "evaluate", str(path)]) == WRONG
    assert "row 7" in capsys.readouterr().err
