"""The records manager's verbs, run as the command line runs them, on a configuration without a night yet."""

from __future__ import annotations

import json

import pytest

from retention.__main__ import main
from tests.retention.rules import CSV

SETTINGS = '[strongroom]\nstate = "state"\n[[share]]\nname = "main"\nroot = "share"\n'


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a configuration, a schedule without faults and one with a fault."""
    (tmp_path / "share").mkdir()
    (tmp_path / "strongroom.toml").write_text(SETTINGS)
    (tmp_path / "rules.csv").write_text(CSV)
    (tmp_path / "faulty.csv").write_text(CSV.replace("P10Y,destroy,TCPA 1990", "P10Y,destroy,"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STRONGROOM_CONFIG", raising=False)
    return tmp_path


def said(capsys, *arguments):
    """Run a verb; gives its exit code and what it printed."""
    capsys.readouterr()
    code = main(list(arguments))
    return code, capsys.readouterr().out


def rows(text):
    """JSON lines as values."""
    return [json.loads(line) for line in text.splitlines()]


def test_lint_names_the_fault_with_its_row(place, capsys):
    """A schedule with a fault ends with code 1 and names the row; the one in force needs no file."""
    assert place.is_dir()
    code, text = said(capsys, "schedule", "lint", "faulty.csv", "--json")
    faults = [row for row in rows(text) if row["kind"] == "missing authority"]

    assert (code, [(row["row"], row["ref"]) for row in faults]) == (1, [(7, "PL-02")])
    assert said(capsys, "schedule", "lint")[0] in (0, 1)
    assert said(capsys, "schedule", "lint", "nowhere.csv")[0] == 2


def test_diff_and_show_tell_rules(place, capsys):
    """A diff names field and values, and show tells one rule or refuses an unknown one."""
    (place / "other.csv").write_text(CSV.replace("licence_expiry,P7Y", "licence_expiry,P9Y"))

    code, text = said(capsys, "schedule", "diff", "other.csv", "--base", "rules.csv", "--json")

    assert (code, rows(text)) == (0, [{"ref": "LI-01", "what": "period", "before": "P7Y", "after": "P9Y"}])
    assert "licence_expiry P7Y" in said(capsys, "schedule", "show", "LI-01", "--file", "rules.csv")[1]
    assert said(capsys, "schedule", "show", "XX-99", "--file", "rules.csv")[0] == 1


def test_what_if_answers_on_an_empty_catalogue(place, capsys):
    """A draft is compared before anybody adopts it."""
    assert place.is_dir()
    code, text = said(capsys, "schedule", "what-if", "rules.csv", "--json")

    assert (code, rows(text)[0]["items"]) == (0, 0)


def test_adopting_writes_a_version_that_never_changes(place, capsys):
    """An adopted schedule loads with its dates and its name, a second one of that name and a faulty one are refused."""
    adopt = ["--version", "2026.1", "--expires", "2099-03-31", "--by", "head"]

    assert said(capsys, "schedule", "adopt", "faulty.csv", *adopt)[0] == 1
    assert said(capsys, "schedule", "adopt", "rules.csv", *adopt)[0] == 0
    assert said(capsys, "schedule", "adopt", "rules.csv", *adopt)[0] == 2
    made = place / "state" / "schedules" / "2026.1.csv"
    assert "schedule 2026.1: 8 rules" in said(capsys, "schedule", "show", "--file", str(made))[1]
    assert "* approved by head" in said(capsys, "schedule", "show", "--file", str(made))[1]


def test_a_hold_needs_two_people_at_both_ends(place, capsys):
    """Placed by one, approved by another, released by two; what breaks these rules ends with code 1."""
    assert place.is_dir()
    new = ["hold", "place", "h1", "--title", "Matter A", "--authority", "CPR 31", "--by", "solicitor"]

    assert said(capsys, *new)[0] == 1
    assert said(capsys, *new, "--class", "CF-*")[0] == 0
    assert said(capsys, *new, "--class", "CF-*")[0] == 1
    assert said(capsys, "hold", "approve", "h1", "--by", "solicitor")[0] == 1
    assert said(capsys, "hold", "approve", "h1", "--by", "head")[0] == 0
    assert said(capsys, "hold", "release", "h1", "--by", "head")[0] == 0
    assert said(capsys, "hold", "release", "h1", "--by", "head")[0] == 1
    assert rows(said(capsys, "hold", "list", "--json")[1])[0]["in_force"]
    assert said(capsys, "hold", "release", "h1", "--by", "second")[0] == 0
    assert said(capsys, "hold", "list", "--json")[1] == ""


def test_the_request_register_places_and_ends_holds(place, capsys):
    """An open request holds; when the register closes it, the same hold gets its last day."""
    head = "reference,kind,received,closed,keywords\n"
    register = place / "register.csv"
    register.write_text(f"{head}R1,FOI,2026-01-05,,taxi\n")
    assert said(capsys, "hold", "import", "register.csv", "--by", "clerk")[1] == "1 holds placed, 0 changed.\n"
    register.write_text(f"{head}R1,FOI,2020-01-05,2020-02-01,taxi\n")

    assert said(capsys, "hold", "import", "register.csv", "--by", "clerk")[1] == "0 holds placed, 1 changed.\n"
    assert said(capsys, "hold", "list", "--json")[1] == ""
    register.write_text("reference,kind\nR1,FOI\n")
    assert said(capsys, "hold", "import", "register.csv", "--by", "clerk")[0] == 2


def test_disposal_verbs_on_an_empty_catalogue(place, capsys):
    """Nothing is due, nothing is listed, an unknown list and an unadopted schedule are refused, and all verbs answer."""
    assert place.is_dir()
    assert said(capsys, "dispose", "due", "--json") == (0, '{"kept": {}}\n')
    assert said(capsys, "dispose", "propose", "--by", "clerk")[0] == 1
    assert said(capsys, "dispose", "list", "--all", "--json") == (0, "")
    assert said(capsys, "dispose", "execute", "D-1")[0] == 1
    assert said(capsys, "dispose", "certificate", "D-1")[0] == 1
    assert said(capsys, "dispose", "verify") == (0, "no certificate was issued yet\n")
    assert said(capsys, "replay", "n1")[0] == 3
    assert {row["name"] for row in rows(said(capsys, "hold", "templates", "--json")[1])} == {
        "grooming-gangs",
        "covid-19",
    }


def test_clauses_are_approved_by_name_before_adoption(place, capsys):
    """The approval is written beside the draft and into the log, and a changed clause that nobody approved stops a strict adoption."""
    draft = place / "draft.csv"
    draft.write_text((place / "rules.csv").read_text().replace("P7Y", "P8Y"))
    adopt = [
        "schedule",
        "adopt",
        "draft.csv",
        "--version",
        "2026.9",
        "--expires",
        "2099-03-31",
        "--by",
        "head",
        "--approved",
    ]

    code, told = said(capsys, *adopt)[:2]
    assert (code, "approved by nobody by name" in told) == (1, True)

    changed = told.partition("by name: ")[2].strip().split(", ")
    assert said(capsys, "schedule", "approve", "draft.csv", *changed, "--by", "head.licensing")[0] == 0
    assert said(capsys, *adopt)[0] == 0
    kept = (place / "state" / "schedules" / "2026.9.toml").read_text()
    assert 'by = "head.licensing"' in kept
    assert "clause = " in kept
