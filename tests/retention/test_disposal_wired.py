"""Disposal from a night to its certificate on a real share: holds, lists, approvals, removal, verification, replay."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import os

import pytest
from pypdfium2 import PdfDocument
from sqlalchemy import insert, select

from retention import disposing, past, stages
from retention.__main__ import main
from retention.catalogue import holds as kept_holds
from retention.catalogue.tables import decision, event, fact, folder, item, label, run
from tests import made
from tests.conftest import share_config
from tests.retention.rules import CSV

LETTER = "The licensing office wrote about the renewal of the vehicle badge and the fee that was paid at the counter on Monday. {}"
ZONES = [
    {
        "name": "Licensing",
        "path": "Licensing",
        "owner": "Head of Licensing",
        "clearance": "T3",
        "mode": "report",
        "record_classes": {"Badges": "HO-01", "Taxi": "HO-01"},
    }
]
HOME = "Licensing/Badges"


@pytest.fixture
def share(tmp_path):
    """Two case folders of a class that is destroyed, and a copy of one file elsewhere."""
    files = {
        f"{HOME}/A1/letter.docx": LETTER.format("First."),
        f"{HOME}/A1/reply.docx": LETTER.format("Second."),
        f"{HOME}/B2/letter.docx": LETTER.format("Third."),
        f"{HOME}/B2/note.docx": LETTER.format("Fourth."),
        "Licensing/Taxi/C3/copy.docx": LETTER.format("Third."),
    }
    for name, words in files.items():
        path = tmp_path / "share" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made.docx_bytes([words]))
    return tmp_path / "share"


@pytest.fixture
def config(tmp_path, share, starter_model, monkeypatch):
    """A configuration under an adopted schedule, as a file that the command line reads."""
    assert share.is_dir()
    (tmp_path / "rules.csv").write_text(CSV)
    (tmp_path / "rules.toml").write_text('version = "v1"\nadopted = 2025-04-01\nexpires = 2099-03-31\n')
    made_config = share_config(
        tmp_path,
        f"sqlite:///{tmp_path / 'state' / 'catalogue.db'}",
        starter_model,
        zone=ZONES,
        schedule={"file": str(tmp_path / "rules.csv")},
    )
    (tmp_path / "strongroom.toml").write_text(
        f"""[strongroom]
state = "state"
council = "Testshire District Council"
[[share]]
name = "main"
root = "share"
mode = "move"
[[zone]]
name = "Licensing"
path = "Licensing"
owner = "Head of Licensing"
clearance = "T3"
record_classes = {{ Badges = "HO-01", Taxi = "HO-01" }}
[schedule]
file = "rules.csv"
[model]
folder = "{starter_model}"
[gates]
flagged = 1.0
"""
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STRONGROOM_CONFIG", raising=False)
    return made_config


def night(config, key):
    """Run a night up to its decisions."""
    for share in stages.plan(config, key)["shares"]:
        stages.crawl(config, key, share)
    for one in stages.shards(config, key):
        stages.classify(config, key, one["shard"])
    return stages.decide(config, key)


def items(config):
    """Every item's number by its path."""
    with stages.opened(config) as catalogue, catalogue.read() as connection:
        rows = connection.execute(select(item.c.id, folder.c.path, item.c.name).select_from(item.join(folder)))
        return {os.fsdecode(row.path + b"/" + row.name): row.id for row in rows}


def ended(config, day="2010-03-01"):
    """Say on the word of a line-of-business system that every contract ended on a day, and that no label is in doubt."""
    with stages.opened(config) as catalogue, catalogue.begin() as connection:
        connection.execute(label.update().values(flags=[]))
        for row in connection.execute(select(item.c.id)).all():
            values = {"item_id": row.id, "kind": "contract_end", "value": day, "source": "feed", "by": "feed"}
            connection.execute(insert(fact).values(**values, confidence=1.0, made_at=stages.now()))


def released(config):
    """Release the hold that every council starts with, by two people."""
    for name in ("m.officer", "r.manager"):
        assert main(["hold", "release", "inquiry-grooming-gangs", "--by", name]) == 0
    assert config.state.exists()


@pytest.fixture
def due(config):
    """A catalogue in which every case folder is due and nothing is held."""
    night(config, "n1")
    ended(config)
    released(config)
    night(config, "n2")
    return config


def approved(capsys, ref, listed):
    """Approve a list as everybody who is asked."""
    for name, role in (("owner", "owner"), ("manager", "records-manager"), ("second", "records-manager")):
        code = main(["dispose", "approve", ref, "--role", role, "--hash", listed, "--by", name])
        said = capsys.readouterr().out
        if "authorised" in said:
            return
        assert code == 0
    raise AssertionError(said)


def proposed(capsys):
    """Propose all that is due as a clerk; gives reference and hash."""
    capsys.readouterr()
    assert main(["dispose", "propose", "--by", "clerk", "--json"]) == 0
    (row,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return row


def test_the_first_night_places_the_hold_of_every_council_once(config):
    """A new catalogue holds from its first night on, the audit log says so, and a released hold does not come back."""
    night(config, "n1")
    released(config)
    night(config, "n2")

    with stages.opened(config) as catalogue, catalogue.read() as connection:
        (hold,) = kept_holds.everything(connection)
        placed = connection.execute(select(event.c.subject).where(event.c.action == "hold-placed")).scalars().all()
    assert (hold.id, hold.released_on is not None) == ("inquiry-grooming-gangs", True)
    assert placed == ["inquiry-grooming-gangs"]


def test_a_hold_freezes_its_folder_its_copies_and_their_folders(due):
    """One held file keeps its case folder, its copy elsewhere and that copy's folder; the other case folder goes on."""
    numbers = items(due)
    held = f"{HOME}/B2/letter.docx"
    place = ["hold", "place", "h1", "--title", "Matter A", "--authority", "CPR 31", "--item", str(numbers[held])]
    assert main([*place, "--by", "solicitor"]) == 0

    counts = night(due, "n3")

    with stages.opened(due) as catalogue, catalogue.read() as connection:
        rows = connection.execute(
            select(item.c.id, decision.c.held, decision.c.action).select_from(
                item.join(decision, item.c.decision_id == decision.c.id)
            )
        ).all()
    kept = {path for path, number in numbers.items() for row in rows if row.id == number and row.held == ["h1"]}
    assert kept == {held, f"{HOME}/B2/note.docx", "Licensing/Taxi/C3/copy.docx"}
    assert counts["dispose"] == 2


def test_due_to_certificate(due, share, capsys):
    """What is due is listed, approved by others, destroyed, certified and verified; the catalogue knows that it is gone."""
    row = proposed(capsys)
    assert (row["items"], row["state"]) == (5, "owner_review")
    assert main(["dispose", "execute", row["ref"]]) == 1
    assert main(["dispose", "approve", row["ref"], "--role", "owner", "--hash", row["hash"], "--by", "clerk"]) == 1
    approved(capsys, row["ref"], row["hash"])

    counts = disposing.carry_out(due, row["ref"])

    assert counts == {"destroyed": 5, "transferred": 0, "withdrawn": 0, "failed": 0}
    assert [path for path in share.rglob("*") if path.is_file()] == []
    assert counts == disposing.carry_out(due, row["ref"])
    assert main(["dispose", "verify"]) == 0
    assert "in order: 1 certificate" in capsys.readouterr().out
    certificate = due.state / "certificates" / f"{row['ref']}-certificate.json"
    assert b"letter" not in certificate.read_bytes()
    certificate.write_bytes(certificate.read_bytes().replace(b"2026", b"2025", 1))
    assert main(["dispose", "verify"]) == 1


def test_what_changed_or_is_held_since_is_not_destroyed(due, share, capsys):
    """A changed file, a replaced one and a hold placed after the approvals each keep their item, whatever was approved."""
    row = proposed(capsys)
    approved(capsys, row["ref"], row["hash"])
    changed, linked = share / HOME / "A1" / "letter.docx", share / HOME / "A1" / "reply.docx"
    changed.write_bytes(changed.read_bytes() + b"\n")
    linked.unlink()
    linked.symlink_to(changed)
    place = ["hold", "place", "h2", "--title", "Matter B", "--authority", "CPR 31", "--path", f"{HOME}/B2"]
    assert main([*place, "--by", "solicitor"]) == 0

    counts = disposing.carry_out(due, row["ref"])

    assert (counts["destroyed"], counts["withdrawn"]) == (0, 5)
    assert changed.exists()
    assert (share / HOME / "B2" / "note.docx").exists()


def test_a_file_with_a_second_name_is_not_called_destroyed(due, share, capsys):
    """Bytes that stay under another name are not gone: the item fails and both names stay."""
    row = proposed(capsys)
    approved(capsys, row["ref"], row["hash"])
    os.link(share / HOME / "A1" / "letter.docx", share / "other name.docx")

    counts = disposing.carry_out(due, row["ref"])

    assert (counts["destroyed"], counts["failed"]) == (4, 1)
    assert (share / HOME / "A1" / "letter.docx").exists()


def test_a_case_folder_is_listed_whole_or_not_at_all(due, share, capsys):
    """A new, unread file in a case folder keeps all of it off the list."""
    (share / HOME / "A1" / "new.docx").write_bytes(made.docx_bytes([LETTER.format("Fifth.")]))
    stages.plan(due, "n3")
    stages.crawl(due, "n3", "main")

    assert proposed(capsys)["items"] == 3


def test_a_night_is_replayed_from_what_it_recorded(due, capsys):
    """Every decision of a past night comes out the same, also after holds and the schedule have changed."""
    (due.state.parent / "rules.csv").write_text(CSV.replace("P6Y", "P9Y"))
    assert (
        main(["hold", "place", "h3", "--title", "Matter C", "--authority", "x", "--zone", "Licensing", "--by", "s"])
        == 0
    )
    capsys.readouterr()

    assert main(["replay", "n2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[0])

    assert (told["decisions"], told["same"]) == (5, 5)


def test_a_replay_names_what_differs(due):
    """A decision that was tampered with is found, and names its fields."""
    with stages.opened(due) as catalogue, catalogue.begin() as connection:
        connection.execute(decision.update().where(decision.c.action == "dispose").values(due=dt.date(2001, 1, 1)))

    told = past.replay(due, "n2")

    assert {tuple(names) for _, names in told.differing} == {("due",)}


def test_silence_retains(due, capsys):
    """A list that nobody answers about is retained after eight weeks, and its items may be listed again."""
    proposed(capsys)
    later = disposing.today() + dt.timedelta(days=56)

    assert disposing.chase(due, later) == {"open": 0, "reminded": 0, "retained": 1}
    assert disposing.authorised(due) == []
    assert proposed(capsys)["items"] == 5


def test_rules_that_the_log_does_not_name_are_not_believed(due):
    """The digest of a night's rules stands in the audit log; rules put in their place are refused."""
    told = next((due.state / "replay").rglob("rules-*"))
    data = gzip.decompress(told.read_bytes()).replace(b"P6Y", b"P1Y")
    digest = hashlib.sha256(data).hexdigest()
    (told.parent / f"rules-{digest}.json.gz").write_bytes(gzip.compress(data))
    for facts in told.parent.glob("facts-*"):
        facts.rename(facts.with_name(f"facts-{digest}-{facts.name.rsplit('-', 1)[1]}"))

    with pytest.raises(stages.NightError, match="does not name"):
        past.replay(due, _run_of(due, told.parent))


def _run_of(config, folder):
    with stages.opened(config) as catalogue, catalogue.read() as connection:
        return connection.execute(select(run.c.key).where(run.c.id == int(folder.name))).scalar_one()


def test_the_certificate_is_drawn_as_a_pdf(due, capsys):
    """Beside JSON and page lies a PDF that carries the digest and the counts, and names no file and no person."""
    row = proposed(capsys)
    approved(capsys, row["ref"], row["hash"])
    assert main(["dispose", "execute", row["ref"], "--by", "r.manager"]) == 0

    (drawn,) = (due.state / "certificates").glob("*.pdf")
    pages = PdfDocument(drawn)
    text = "\n".join(page.get_textpage().get_text_range() for page in pages)
    body = json.loads(next((due.state / "certificates").glob("*.json")).read_bytes())
    assert body["digest"][:40] in text.replace("\n", "").replace("\r", "")
    assert "destroyed" in text
    assert [word for word in ("letter", "Badges", "r.manager", "head.licensing") if word in text] == []
