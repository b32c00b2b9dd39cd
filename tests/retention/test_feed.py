"""Facts from feeds and owners: read whole, judged whole, entered once, and what they change in a decision."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from retention import entering, feed, stages
from retention.__main__ import main
from retention.catalogue import decisions, facts, inventory, runs
from retention.catalogue import holds as kept_holds
from retention.catalogue.tables import event, fact
from retention.clock import Source
from retention.feed import FeedError
from retention.hold import Subject

TODAY = dt.date(2026, 11, 22)
HEAD = "item,share,path,trigger,date,confidence,record_class\n"


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A share whose catalogue knows two case folders with three items; the command line finds it, too."""
    (tmp_path / "share").mkdir()
    (tmp_path / "strongroom.toml").write_text(
        '[strongroom]\nstate = "state"\n[[share]]\nname = "main"\nroot = "share"\nmode = "report"\n'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STRONGROOM_CONFIG", raising=False)
    from retention.config import load

    made = load(None)
    with stages.opened(made) as catalogue, catalogue.begin() as connection:
        runs.begin(connection, "n1", "nightly", report_only=True, versions={}, now=stages.now())
        inventory.bulk_insert(connection, "share", ("id", "name", "zones_digest"), [(1, "main", "")])
        folders = [
            (1, 1, b"Cases/A1", "", False),
            (2, 1, b"Cases/A1/letters", "", False),
            (3, 1, b"Cases/A10", "", False),
        ]
        inventory.bulk_insert(connection, "folder", ("id", "share_id", "path", "zone", "sealed"), folders)
        names = "id folder_id name kind size modified_ns changed_ns device inode links uid gid mode first_run_id changed_run_id"
        rows = [
            (number, place, name, "file", 1, 0, 0, 1, number, 1, 0, 0, 0, 1, 1)
            for number, place, name in ((1, 1, b"plan.txt"), (2, 2, b"first.txt"), (3, 3, b"other.txt"))
        ]
        inventory.bulk_insert(connection, "item", tuple(names.split()), rows)
    return made


def kept(config):
    """Everything that was entered: item, kind, value, source, confidence and by whom."""
    columns = (fact.c.item_id, fact.c.kind, fact.c.value, fact.c.source, fact.c.confidence, fact.c.by)
    with stages.opened(config) as catalogue, catalogue.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(fact.c.id))]


def test_a_case_folder_is_told_of_as_a_whole(config):
    """A path names one file or all that lies below a folder, and not what merely begins with the same letters."""
    done = entering.bring(config, HEAD + ",main,Cases/A1,case_closed,31/03/2016,0.9,\n", by="social care")

    assert (done.rows, done.items, done.new, done.known) == (1, 2, 2, 0)
    assert [(row[0], row[2]) for row in kept(config)] == [(1, "2016-03-31"), (2, "2016-03-31")]
    assert kept(config)[0][1:] == ("case_closed", "2016-03-31", "feed", 0.9, "social care")


def test_the_same_feed_twice_enters_nothing_new(config):
    """What stands so already is counted and left; a changed date is one more entry."""
    text = HEAD + "1,,,contract_end,2015-06-30,,\n"

    first, again = (entering.bring(config, text, by="contracts") for _ in range(2))
    later = entering.bring(config, text.replace("2015", "2017"), by="contracts")

    assert (first.new, again.new, again.known, later.new) == (1, 0, 1, 1)
    assert len(kept(config)) == 2


def test_every_fault_is_named_at_once_and_nothing_is_entered(config):
    """One bad row keeps the whole feed out; each fault has its row and repeats nothing that stands in it."""
    rows = [
        "1,,,case_closed,2016-03-31,,",
        "1,,,closing,2016-03-31,,",
        "1,,,case_closed,31/02/2016,,",
        "99,,,case_closed,2016-03-31,,",
        ",main,Cases/Nobody,case_closed,2016-03-31,,",
        "1,,,date_of_birth,2030-01-01,,",
        "1,,,case_closed,2016-03-31,1.5,",
        "1,,,,,,ZZ-99",
        ",,,case_closed,2016-03-31,,",
        "one,,,case_closed,2016-03-31,,",
    ]

    with pytest.raises(FeedError) as caught:
        entering.bring(config, HEAD + "\n".join(rows) + "\n", by="feed")

    assert [fault.split(":")[0] for fault in caught.value.faults] == [f"row {n}" for n in (3, 4, 5, 6, 7, 8, 9, 10, 11)]
    assert "Nobody" not in str(caught.value)
    assert kept(config) == []


def test_a_dry_run_counts_and_enters_nothing(config):
    """What would be entered is told, and neither a fact nor an event is written."""
    done = entering.bring(config, HEAD + "1,,,case_closed,2016-03-31,,\n", by="feed", dry_run=True)

    assert done.new == 1
    assert kept(config) == []
    with stages.opened(config) as catalogue, catalogue.read() as connection:
        assert connection.execute(select(event.c.id).where(event.c.action == "facts-entered")).first() is None


def test_columns_may_be_named_after_triggers(config):
    """A wide export with one column for each date is read as well, and empty cells tell nothing."""
    done = entering.bring(config, "Item,Date of Birth,Case Closed\n1,2004-05-20,2020-01-01\n2,,2020-01-01\n", by="feed")

    assert done.new == 3


def test_what_was_told_can_be_withdrawn(config):
    """A withdrawn date or class no longer counts; what was entered before stays on record."""
    entering.bring(config, HEAD + "1,,,case_closed,2016-03-31,,LI-01\n", by="feed")
    entering.bring(config, HEAD + "1,,,case_closed,withdrawn,,withdrawn\n", by="feed")

    with stages.opened(config) as catalogue, catalogue.read() as connection:
        told = decisions.entered(connection)[1]
    assert (dict(told.triggers), told.classes) == ({}, ())
    assert len(kept(config)) == 4


def test_a_decision_knows_source_and_confidence(config):
    """The newest date of a trigger counts, on whose word it came and how sure that is."""
    entering.bring(config, HEAD + "1,,,case_closed,2016-03-31,0.5,\n", by="feed")
    entering.bring(config, HEAD + "1,,,case_closed,2017-03-31,0.8,\n", by="clerk", source=Source.OWNER)

    with stages.opened(config) as catalogue, catalogue.read() as connection:
        value = decisions.entered(connection, {1})[1].triggers["case_closed"]
    assert (value.date, value.source, value.confidence) == (dt.date(2017, 3, 31), Source.OWNER, 0.8)


def test_the_owner_enters_by_the_command_line(config, capsys):
    """A class and a date are entered for a case folder; the log says who, how many and no path."""
    asked = ["facts", "enter", "Cases/A1", "--class", "LI-01", "--trigger", "licence_expiry", "--date", "2012-01-31"]

    assert main([*asked, "--by", "head.licensing"]) == 0

    assert "4 facts entered" in capsys.readouterr().out
    assert {row[3] for row in kept(config)} == {"owner"}
    with stages.opened(config) as catalogue, catalogue.read() as connection:
        row = connection.execute(select(event).where(event.c.action == "facts-entered")).one()
    assert row.actor == "head.licensing"
    assert "Cases" not in str(row.detail)


def test_a_feed_comes_by_the_command_line(config, tmp_path, capsys):
    """Faults are printed, the exit status says so, and a good file is entered."""
    assert config.share
    path = tmp_path / "feed.csv"
    path.write_text(HEAD + "1,,,case_closed,,,\n")
    assert main(["facts", "import", str(path)]) == 1
    assert "row 2: no date" in capsys.readouterr().out

    path.write_text(HEAD + "1,,,case_closed,2016-03-31,,\n")
    assert main(["facts", "import", str(path), "--json"]) == 0
    assert '"new": 1' in capsys.readouterr().out


def test_an_export_of_other_columns_is_refused():
    """A header without place or date says what is lacking."""
    assert feed.read("name,age\nx,1\n", TODAY)[1] == (
        "row 1: no column for item or path; trigger and date, a trigger's own name, record_class or person",
    )
    assert facts.Places({}).below("main", b"x") == []


def test_a_hold_on_a_person_covers_what_a_feed_says_is_about_them(config, tmp_path):
    """The number is marked before it is kept, however it is written; the hold covers the item and no other."""
    entering.bring(config, "item,person\n1,ab-1234\n1,CD 5678\n2,ab-9999\n", by="social care")
    asked = ["hold", "place", "h1", "--title", "Matter A", "--authority", "FOIA 2000 s77", "--by", "solicitor"]
    assert main([*asked, "--person", "AB 1234"]) == 0

    with stages.opened(config) as catalogue, catalogue.read() as connection:
        told = decisions.entered(connection)
        (held,) = [one for one in kept_holds.everything(connection) if one.id == "h1"]
    covered = {number for number, one in told.items() if held.scope.covers(Subject(persons=one.persons))}
    assert covered == {1}
    assert len(told[1].persons) == 2
    kept_bytes = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert [number for number in (b"ab-1234", b"AB1234", b"AB 1234") if number in kept_bytes] == []
    assert entering.bring(config, "item,person\n1,ab 1234\n", by="social care").known == 1


def test_a_number_too_short_to_mark_is_a_fault(config):
    """A mark of a number that anybody could try out is not made."""
    with pytest.raises(FeedError, match="row 2: a person's number needs four"):
        entering.bring(config, "item,person\n1,12\n", by="feed")
