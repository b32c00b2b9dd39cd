"""A whole night, stage by stage, on real documents and both databases: conservation, custody, gates, reruns, and silence."""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
import os
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from classifier.item import Label, Primary, Tier
from retention import custody, stages
from retention.catalogue import lookup, readings, runs
from retention.catalogue.tables import decision, folder, item, label, move, reading
from tests import made
from tests.conftest import share_config

CANARY = "zebraquartz violetanchor seventeen lanterns"
SECRET = (
    "OFFICIAL-SENSITIVE\n\nStrategy meeting under section 47 of the Children Act. "
    "The child, Aisha Example, born 3 March 2015, disclosed sexual abuse by the alleged perpetrator. "
    f"Police and LADO informed. {CANARY}."
)
MINUTES = "Minutes of the parks committee. The committee agreed to repaint the benches in the memorial garden before the spring."


@pytest.fixture
def share(tmp_path):
    """A small council share: minutes, a case file at home, a copy of it where it must not be, and odd ones."""
    files = {
        "Committees/minutes.docx": made.docx_bytes([MINUTES, "RESOLVED that the accounts be approved."]),
        "Committees/agenda.pdf": made.pdf_bytes([MINUTES]),
        "Children/case/strategy meeting.docx": made.docx_bytes(SECRET.split("\n\n")),
        "Temp/copy of strategy meeting.docx": made.docx_bytes(SECRET.split("\n\n")),
        "Temp/locked.pdf": made.pdf_bytes(["secret"], password="x"),
        "Temp/empty.txt": b"",
        "Temp/~$minutes.docx": made.lock_file_bytes("A Person"),
        "Whistle-blowing/letter.txt": b"never opened",
    }
    root = tmp_path / "share"
    for name, body in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return root


@pytest.fixture
def config(tmp_path, share, starter_model):
    """The share's configuration with the embedded catalogue."""
    assert share.is_dir()
    return share_config(tmp_path, f"sqlite:///{tmp_path / 'catalogue' / 'catalogue.db'}", starter_model)


@pytest.fixture
def on_both(tmp_path, share, catalogue_url, starter_model):
    """The share's configuration, once with SQLite and once with PostgreSQL."""
    assert share.is_dir()
    return share_config(tmp_path, catalogue_url, starter_model)


def night(config, key, **wish):
    """Run every stage as the DAG does and give what the report counted."""
    for share in stages.plan(config, key, **wish)["shares"]:
        stages.crawl(config, key, share)
    stages.check_inventory(config, key)
    for one in stages.shards(config, key):
        stages.classify(config, key, one["shard"])
    stages.check_readings(config, key)
    stages.decide(config, key)
    stages.check_decisions(config, key)
    for lot in stages.lots(config, key):
        stages.restrict(config, key, lot)
    stages.check_custody(config, key)
    return stages.report(config, key)


def count(config, table):
    """Rows of a table."""
    with stages.opened(config) as catalogue, catalogue.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_night_accounts_for_every_entry(on_both):
    """Found = labelled + problems + excluded, and each number is the one that the share asks for."""
    counted = night(on_both, "n1")

    assert tuple(counted[key] for key in ("found", "labelled", "problems", "excluded")) == (8, 4, 2, 2)


def test_what_lies_in_the_wrong_place_is_moved_and_can_be_put_back(on_both, share):
    """The misplaced copy leaves a note and lies in the vault; restore brings the same bytes and times back."""
    misplaced = share / "Temp" / "copy of strategy meeting.docx"
    before, times = misplaced.read_bytes(), misplaced.stat().st_mtime_ns

    counted = night(on_both, "n1")

    assert counted["moved"] == 1
    assert not misplaced.exists()
    assert (share / "Children" / "case" / "strategy meeting.docx").exists()
    (note,) = (share / "Temp").glob("*moved to restricted storage.txt")
    assert "Reference: R-" in note.read_text()

    with stages.opened(on_both) as catalogue:
        with catalogue.read() as connection:
            (row,) = lookup.moves(connection)
        receipt = custody.restore(on_both, catalogue, row["reference"], "person:records")

    assert receipt.step.value == "returned"
    assert (before, times) == (misplaced.read_bytes(), misplaced.stat().st_mtime_ns)
    assert not note.exists()


def test_what_a_person_put_back_is_not_taken_again(config, share):
    """A restored item stays where the person wanted it; the next night does not argue."""
    night(config, "n1")
    with stages.opened(config) as catalogue:
        list(custody.undo(config, catalogue, 1, "person:records"))

    counted = night(config, "n2")

    assert counted["moved"] == 0
    assert (share / "Temp" / "copy of strategy meeting.docx").exists()


def test_the_second_night_opens_moves_and_reads_nothing(config):
    """An unchanged share costs no open file, no move and no reading."""
    night(config, "n1")
    before = count(config, reading)

    counted = night(config, "n2")

    assert (counted["opened"], counted["moved"]) == (0, 0)
    assert before == count(config, reading)


def test_running_every_stage_again_changes_no_count(on_both):
    """Clearing any task of a finished run is safe: the same counts, rows and files."""
    first = night(on_both, "n1")
    rows = [count(on_both, table) for table in (item, reading, label, decision, move)]

    second = night(on_both, "n1")

    assert first == second
    assert rows == [count(on_both, table) for table in (item, reading, label, decision, move)]


def test_an_earlier_night_only_repeats_what_it_said(config):
    """Clearing tasks of last week's run must not act on tonight's share."""
    first = night(config, "n1")
    night(config, "n2")
    rows = [count(config, table) for table in (item, reading, label, decision, move)]

    assert first == night(config, "n1")
    assert rows == [count(config, table) for table in (item, reading, label, decision, move)]


def test_report_only_moves_nothing(config, share):
    """A night that only reports says what is flagged and touches no file."""
    counted = night(config, "n1", report_only=True)

    assert counted["moved"] == 0
    assert (share / "Temp" / "copy of strategy meeting.docx").exists()


def test_copies_share_one_reading(config):
    """The same bytes are judged once, whatever their names."""
    night(config, "n1")

    with stages.opened(config) as catalogue, catalogue.read() as connection:
        rows = connection.execute(select(item.c.name, item.c.reading_id)).all()
    numbers = [row.reading_id for row in rows if row.name.endswith(b"strategy meeting.docx")]
    assert 2 == len(numbers)
    assert 1 == len(set(numbers))


def test_a_sealed_zone_is_listed_and_never_opened(config, share):
    """Whistle-blowing folders are known by name and size only."""
    sealed = share / "Whistle-blowing" / "letter.txt"
    os.utime(sealed, ns=(1, sealed.stat().st_mtime_ns))

    night(config, "n1")

    assert sealed.stat().st_atime_ns == 1
    with stages.opened(config) as catalogue, catalogue.read() as connection:
        found = (
            connection.execute(select(item.c.reading_id).select_from(item.join(folder)).where(folder.c.sealed))
            .scalars()
            .all()
        )
    assert found == [None]


def test_a_persons_label_stays_in_force(config):
    """What a person said of some bytes outranks the machine for as long as the bytes last."""
    night(config, "n1")
    by_person = Label(Primary.OFFICIAL, Tier.T1, 0.0, 0.0, by="person:records", because=("checked",))
    with stages.opened(config) as catalogue, catalogue.begin() as connection:
        row = connection.execute(select(item).where(item.c.name == b"minutes.docx")).one()
        number = readings.add_label(connection, row.id, by_person, row.reading_id, None, stages.now())
        connection.execute(update(item).where(item.c.id == row.id).values(label_id=number))

    night(config, "n2", force=True)

    with stages.opened(config) as catalogue, catalogue.read() as connection:
        assert number == connection.execute(select(item.c.label_id).where(item.c.name == b"minutes.docx")).scalar_one()


def test_no_text_is_left_anywhere(config, tmp_path, caplog, capfd):
    """A sentence planted in documents stands in no file of ours, no log and no output."""
    caplog.set_level(logging.DEBUG)
    night(config, "n1")
    with stages.opened(config) as catalogue, catalogue.read() as connection:
        tables = [str(connection.execute(select(table)).all()) for table in (item, reading, label, decision, move)]

    said = "".join([*tables, caplog.text, *capfd.readouterr()]).lower()
    kept = [path for path in (tmp_path / "state").rglob("*") if path.is_file() and "vault" not in path.parts]
    for word in CANARY.split():
        assert word not in said
        assert [path.name for path in kept if word.encode() in path.read_bytes().lower()] == []


def test_no_name_is_left_in_reports_gates_or_logs(config, tmp_path, caplog, capfd):
    """File names are personal data: reports, data docs and logs hold none."""
    caplog.set_level(logging.INFO)
    night(config, "n1")

    said = "".join([caplog.text, *capfd.readouterr()])
    pages = [path for part in ("reports", "gates") for path in (tmp_path / "state" / part).rglob("*") if path.is_file()]
    assert pages
    assert "strategy meeting" not in said
    assert [path for path in pages if b"strategy meeting" in path.read_bytes()] == []


def break_inventory(config, share):
    """Half of the share is gone, as when a mount fell away."""
    night(config, "n1", report_only=True)
    for path in (share / "Committees").iterdir():
        path.rename(share.parent / path.name)
    (share / "Children").rename(share.parent / "Children")
    return dataclasses.replace(config, gates=dataclasses.replace(config.gates, floor=1))


def test_a_lost_mount_turns_the_inventory_gate_red(config, share):
    """The gate says in one sentence what is wrong, and nothing can be moved after it."""
    config = break_inventory(config, share)

    with pytest.raises(stages.GateFailedError, match="mounted"):
        night(config, "n2")
    with pytest.raises(stages.GateFailedError, match="Nothing is moved"):
        stages.restrict(config, "n2", 0)
    assert count(config, move) == 0


FAULTS = {
    "readings": (
        update(item).where(item.c.name == b"minutes.docx").values(reading_id=None),
        "neither a label nor a reason",
    ),
    "decisions": (
        update(decision).values(action="dispose", held=["H-1"]),
        "under hold",
    ),
}


@pytest.mark.parametrize("gate", FAULTS)
def test_a_planted_fault_turns_its_gate_red_and_stops_the_night(on_both, gate):
    """Each gate finds its fault, says so to a person, and restrict refuses."""
    fault, sentence = FAULTS[gate]
    stages.plan(on_both, "n1")
    stages.crawl(on_both, "n1", "main")
    stages.check_inventory(on_both, "n1")
    for one in stages.shards(on_both, "n1"):
        stages.classify(on_both, "n1", one["shard"])
    if gate == "decisions":
        stages.check_readings(on_both, "n1")
        stages.decide(on_both, "n1")
    with stages.opened(on_both) as catalogue, catalogue.begin() as connection:
        connection.execute(fault)

    with pytest.raises(stages.GateFailedError, match=sentence):
        getattr(stages, f"check_{gate}")(on_both, "n1")

    with pytest.raises(stages.GateFailedError, match="Nothing is moved"):
        stages.restrict(on_both, "n1", 0)
    assert count(on_both, move) == 0


def test_a_move_without_proof_turns_the_custody_gate_red(config):
    """A finished move without a verified copy is an alarm, not a success."""
    night(config, "n1")
    with stages.opened(config) as catalogue, catalogue.begin() as connection:
        connection.execute(update(move).values(sha256=""))

    with pytest.raises(stages.GateFailedError, match="verified copy"):
        stages.check_custody(config, "n1")


def test_more_than_the_cap_is_not_moved(config, share):
    """Above the cap nothing moves until a named person says so."""
    config = dataclasses.replace(config, caps=dataclasses.replace(config.caps, moves_per_run=0))

    with pytest.raises(stages.GateFailedError, match="caps"):
        night(config, "n1")
    assert (share / "Temp" / "copy of strategy meeting.docx").exists()


def test_a_gate_that_was_cured_lets_the_night_go_on(config):
    """After the cause is mended, clearing the gate's task is enough."""
    stages.plan(config, "n1")
    stages.crawl(config, "n1", "main")
    stages.check_inventory(config, "n1")
    with pytest.raises(stages.GateFailedError):
        stages.check_readings(config, "n1")
    for one in stages.shards(config, "n1"):
        stages.classify(config, "n1", one["shard"])

    stages.check_readings(config, "n1")

    with stages.opened(config) as catalogue, catalogue.read() as connection:
        assert runs.verdicts(connection, 1)["readings"].passed


def test_the_status_of_the_last_night_has_the_promised_fields(config):
    """Programs rely on these names."""
    night(config, "n1")
    told = stages.status(config)

    assert {"found", "labelled", "problems", "excluded", "queued", "moved", "opened", "gates"} <= set(told)
    assert told["gates"] == {"inventory": True, "readings": True, "decisions": True, "custody": True}


def test_the_report_opens_without_a_network(config, tmp_path):
    """One page, no script, no address, at least three figures."""
    night(config, "n1")

    page = (tmp_path / "state" / "reports" / "latest.html").read_text()

    assert page.count('<svg viewBox="0 0 920') >= 3
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page


def test_a_night_without_a_share_says_what_to_do(config):
    """No share is an error with the next step in it."""
    with pytest.raises(stages.NightError, match="strongroom init"):
        stages.plan(dataclasses.replace(config, share=()), "n1")


def test_a_changed_document_is_read_and_decided_anew(config, share):
    """New bytes get a new reading, label and decision."""
    night(config, "n1")
    path = share / "Committees" / "minutes.docx"
    path.write_bytes(made.docx_bytes([MINUTES, "A new paragraph about the bandstand."]))

    counted = night(config, "n2")

    assert counted["opened"] == 1


def test_decisions_replay_to_the_same_answer(config):
    """Deciding the same catalogue on the same day writes nothing new."""
    night(config, "n1")
    before = count(config, decision)
    stages.plan(config, "n2")

    counted = stages.decide(config, "n2", today=dt.date(2100, 1, 1))
    with stages.opened(config) as catalogue, catalogue.read() as connection:
        changed = connection.execute(text("SELECT count(*) FROM decision WHERE run_id = 2")).scalar_one()

    assert changed == counted["written"]
    assert before + changed == count(config, decision)


def test_the_state_folder_is_private(config):
    """What Strongroom keeps is a map of a council's secrets: nobody else may enter the vault."""
    night(config, "n1")

    assert Path(config.vault_path).stat().st_mode & 0o077 == 0
