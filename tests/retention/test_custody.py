"""Looking after custody by hand: check, rebuild, sweep, probe, and reading an item for a person, as one types it."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from retention import __main__ as command
from retention import access, custody, stages, upkeep
from retention import config as configuration
from retention.catalogue import events
from retention.catalogue.tables import event, folder, run, share
from retention.vault import Step
from tests.retention import moving
from tests.retention.moving import BYTES, NIGHT
from tests.retention.vault_contract import stored


@pytest.fixture
def place(tmp_path):
    """A share of three files with its configuration, and the catalogue's rows for them."""
    (tmp_path / "share").mkdir()
    (tmp_path / "strongroom.toml").write_text(
        f'[strongroom]\nstate = "{tmp_path / "state"}"\n'
        f'[[share]]\nname = "licensing"\nroot = "{tmp_path / "share"}"\nmode = "move"\n'
    )
    return tmp_path


@pytest.fixture
def strongroom(place, capfd):
    """Run a verb and give its exit code with what it said."""

    def said(*arguments):
        code = command.main(["--config", str(place / "strongroom.toml"), *map(str, arguments)])
        return code, capfd.readouterr()

    return said


def told(place):
    """The configuration."""
    return configuration.load(place / "strongroom.toml")


def moved(place, *names):
    """Move new files into the vault with the configured mover; gives the receipts."""
    config = told(place)
    with stages.opened(config) as catalogue:
        with catalogue.begin() as connection:
            if not connection.execute(select(run.c.id)).first():
                connection.execute(
                    insert(run).values(key="night", kind="nightly", started_at=NIGHT, versions={}, figures={})
                )
                connection.execute(insert(share).values(id=1, name="licensing"))
                connection.execute(insert(folder).values(id=1, share_id=1, path=b""))
        house = moving.House(place, catalogue, moving.Clock(), custody.vault(config), None)
        mover = custody.mover(config, catalogue)
        receipts = [mover.restrict(house.file(name, BYTES + name)) for name in names]
    assert [receipt.step for receipt in receipts] == [Step.REMOVED] * len(names)
    return receipts


def logged(place, action):
    """The details of every event of one kind, oldest first; the chain must hold."""
    with stages.opened(told(place)) as catalogue, catalogue.read() as connection:
        assert events.verify(connection) is None
        return list(connection.execute(select(event).where(event.c.action == action).order_by(event.c.id)))


def objects(place):
    """The files of the vault's objects, without their manifests."""
    found = (place / "state" / "vault" / "objects").rglob("*.*")
    return sorted(path for path in found if path.is_file() and path.suffix != ".manifest")


def spoil(path):
    """Flip one bit."""
    data = bytearray(path.read_bytes())
    data[3] ^= 1
    path.write_bytes(data)


def test_a_check_within_a_budget_goes_on_where_the_last_one_ended(place, strongroom):
    """Each check reads one budget further; the round ends once, after every object was read, and then begins anew."""
    moved(place, b"a.txt", b"b.txt", b"c.txt")
    said = [strongroom("vault", "check", "--budget", 10) for _ in range(5)]
    lines = [answer.out.splitlines()[1] for _, answer in said]

    assert [code for code, _ in said] == [0] * 5
    assert lines[:2] == ["The next check goes on from here."] * 2
    assert lines.count("The round is complete.") == 1
    assert [row.detail["objects"] for row in logged(place, "fixity.checked")][:3] == [1, 1, 1]


def test_a_damaged_object_is_frozen_told_and_logged(place, strongroom):
    """A flipped bit gives exit code 1 and the item's reference, the item is frozen, and the alarm is in the audit log."""
    moved(place, b"a.txt", b"b.txt")
    spoil(objects(place)[0])
    code, said = strongroom("vault", "check")
    (alarm,) = logged(place, "fixity.alarm")
    again, later = strongroom("vault", "check")

    assert code == 1
    assert len(alarm.detail["bad"]) == 1
    assert f"{alarm.detail['bad'][0]}  absent or damaged" in said.out
    assert again == 0
    assert "1 moves stand frozen in all." in later.out


@pytest.mark.parametrize("harm", ["lost", "overwritten", "cut"])
def test_a_lost_or_damaged_catalogue_is_rebuilt_and_files_come_home(place, strongroom, harm):
    """After a rebuild every item can be put back; a damaged catalogue is set aside whole; a second rebuild adds nothing."""
    receipts = moved(place, b"a.txt", b"b.txt")
    path = place / "state" / "catalogue.db"
    whole = path.read_bytes()
    if harm == "lost":
        path.rename(place / "gone.db")
    else:
        path.write_bytes(
            whole[: len(whole) // 3 // 4096 * 4096] + (b"\xde\xad" * 20000 if harm == "overwritten" else b"")
        )
        assert strongroom("status")[0] == 3
    harmed = path.read_bytes() if path.exists() else None
    first, said = strongroom("vault", "rebuild")
    second, again = strongroom("vault", "rebuild")
    back, _ = strongroom("restore", *(receipt.reference for receipt in receipts))
    aside = list(path.parent.glob("catalogue.db.damaged-*"))

    assert (first, second, back) == (0, 0, 0)
    assert "2 moves written down as removed" in said.out
    assert "2 were known already" in again.out
    assert [found.read_bytes() for found in aside] == ([] if harmed is None else [harmed])
    assert (place / "share" / "a.txt").read_bytes() == BYTES + b"a.txt"
    assert (place / "share" / "b.txt").read_bytes() == BYTES + b"b.txt"


def test_a_rebuild_tells_what_it_could_not_take_in(place, strongroom):
    """A damaged object is adopted as frozen and an absent one not at all; both are told, with exit code 1."""
    moved(place, b"a.txt", b"b.txt", b"c.txt")
    one, two, _ = objects(place)
    spoil(one)
    two.rename(place / "elsewhere")
    (place / "state" / "catalogue.db").rename(place / "gone.db")
    code, said = strongroom("vault", "rebuild")

    assert code == 1
    assert "1 moves written down as frozen" in said.out
    assert "1 moves written down as removed" in said.out
    assert "1 manifests without their object" in said.out


def test_a_rebuild_without_the_share_adopts_nothing_of_it(place, strongroom):
    """Whether an original is held still shows on its share only, so a share that is not mounted is waited for."""
    moved(place, b"a.txt")
    (place / "state" / "catalogue.db").rename(place / "gone.db")
    (place / "share").rename(place / "unmounted")
    early, said = strongroom("vault", "rebuild")
    (place / "unmounted").rename(place / "share")
    late, _ = strongroom("vault", "rebuild")

    assert (early, late) == (3, 0)
    assert "1 records of shares that are not mounted" in said.out


def test_a_sweep_tells_of_all_that_it_leaves_alone(place, strongroom):
    """An object of an unknown operation stays and is told; a record whose object is gone gives exit code 1."""
    moved(place, b"a.txt")
    stray = stored(custody.vault(told(place)), b"agenda")
    calm, said = strongroom("vault", "sweep")
    objects(place)[0 if stray not in str(objects(place)[0]) else 1].rename(place / "elsewhere")
    alarmed, also = strongroom("vault", "sweep")

    assert (calm, alarmed) == (0, 1)
    assert "1 objects of operations that the catalogue does not know" in said.out
    assert "1 records in custody whose object is gone" in also.out
    assert any(stray in str(path) for path in objects(place))
    assert [row.detail["reported"] for row in logged(place, "janitor")][:1] == [{"unknown-object": 1}]


def test_a_probe_gives_a_line_for_each_promise(place, strongroom):
    """Vault and share are both tried; a share that cannot be opened gives exit code 3."""
    good, said = strongroom("vault", "probe")
    (place / "share").rename(place / "unmounted")
    bad, also = strongroom("vault", "probe")

    assert (good, bad) == (0, 3)
    assert said.out.splitlines()[0] == "ok     vault: stores: proved"
    assert "share licensing: no-clobber: proved" in said.out
    assert "fault  share licensing: mounted" in also.out


@pytest.fixture
def reader(place, monkeypatch):
    """The login of the tests may read; an item lies in custody and its reference is given."""
    monkeypatch.setenv("STRONGROOM_ACCESS_READERS", f"somebody.else, {access.login()}")
    (receipt,) = moved(place, b"a.txt")
    return receipt.reference


ASKED = ("--purpose", "a subject access request", "--by", "records.manager")


def test_an_item_is_read_into_a_private_file(place, strongroom, reader):
    """With the role and a purpose the exact bytes come, for the reader alone, and the item stays in custody."""
    out = place / "mine.txt"
    code, _ = strongroom("access", reader, *ASKED, "--out", out)
    (row,) = logged(place, "access.read")

    assert (code, out.read_bytes(), out.stat().st_mode & 0o777) == (0, BYTES + b"a.txt", 0o600)
    assert (row.actor, row.subject) == ("records.manager", reader)
    assert (row.detail["purpose"], row.detail["login"]) == ("a subject access request", access.login())
    assert not (place / "share" / "a.txt").exists()


def test_an_item_is_read_into_a_pipe(strongroom, reader):
    """Standard output carries the bytes and nothing else."""
    code, said = strongroom("access", reader, *ASKED)

    assert (code, said.out) == (0, (BYTES + b"a.txt").decode())


def test_the_log_tells_of_the_reading_before_the_first_byte(place, reader):
    """When the bytes are there to be taken, the event has been written already; who stops here has been seen."""
    asking = access.Asking("records.manager", access.login(), "a subject access request")
    with stages.opened(told(place)) as catalogue:
        move, chunks = access.read(told(place), catalogue, reader, asking)
        before = logged(place, "access.read")
        data = b"".join(chunks)

    assert [row.subject for row in before] == [move.reference]
    assert data == BYTES + b"a.txt"


def test_without_the_role_nothing_is_read_and_the_attempt_is_logged(place, strongroom, monkeypatch):
    """By default nobody has the role, whatever name is given and whatever the environment says of the login."""
    (receipt,) = moved(place, b"a.txt")
    monkeypatch.setenv("STRONGROOM_ACCESS_READERS", "records.manager")
    monkeypatch.setenv("LOGNAME", "records.manager")
    out = place / "mine.txt"
    code, said = strongroom("access", receipt.reference, *ASKED, "--out", out)

    assert (code, said.out, out.exists()) == (1, "", False)
    assert [row.actor for row in logged(place, "access.refused")] == ["records.manager"]
    assert logged(place, "access.read") == []


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (("--purpose", "  "), 2),
        (("--purpose", "two\nlines"), 2),
        (("--purpose", "x" * 301), 2),
        (("--purpose", "ok", "--out", "{base}/strongroom.toml"), 2),
        (("--purpose", "ok", "--out", "{base}/share/copy.txt"), 2),
        (("--purpose", "ok", "--out", "{base}/nowhere/copy.txt"), 2),
    ],
)
def test_an_asking_that_cannot_be_met_is_not_logged(place, strongroom, reader, asked, code):
    """Without a purpose, over a file, or onto a share nothing is read, and no reading is told of."""
    answer, _ = strongroom("access", reader, *(word.replace("{base}", str(place)) for word in asked))

    assert answer == code
    assert logged(place, "access.read") == []


def test_what_is_not_whole_or_not_in_custody_is_not_given(place, strongroom, reader):
    """A damaged object, a frozen item, an item that went home and an unknown reference give no byte and no file."""
    out = place / "mine.txt"
    spoil(objects(place)[0])
    damaged, _ = strongroom("access", reader, *ASKED, "--out", out)
    strongroom("vault", "check")
    frozen, _ = strongroom("access", reader, *ASKED, "--out", out)
    unknown, _ = strongroom("access", "R-0000-0000", *ASKED, "--out", out)
    (other,) = moved(place, b"b.txt")
    strongroom("restore", other.reference)
    home, said = strongroom("access", other.reference, *ASKED, "--out", out)

    assert (damaged, frozen, unknown, home) == (3, 1, 1, 1)
    assert "lies at its place" in said.err
    assert not out.exists()
    assert logged(place, "access.read") == []


def test_a_sealed_item_is_opened_for_the_reader(place, strongroom, monkeypatch):
    """From a sealed vault the reader gets the plain bytes."""
    key = place / "vault.key"
    key.write_bytes(b"k" * 32)
    key.chmod(0o600)
    monkeypatch.setenv("STRONGROOM_VAULT_KEY_FILE", str(key))
    monkeypatch.setenv("STRONGROOM_ACCESS_READERS", access.login())
    (receipt,) = moved(place, b"a.txt")
    code, said = strongroom("access", receipt.reference, *ASKED)

    assert BYTES not in objects(place)[0].read_bytes()
    assert (code, said.out) == (0, (BYTES + b"a.txt").decode())


def test_every_vault_setting_reaches_the_vault():
    """What the configuration says of the vault is what the vault is told."""
    table = {
        "kind": "s3",
        "bucket": "records",
        "prefix": "p",
        "endpoint": "https://s3.example",
        "region": "eu-west-1",
        "kms_key": "k",
        "object_lock": "governance",
        "lock_days": 7,
        "versioning": True,
    }
    told = custody.vault_settings(configuration.parse({"vault": table}, {}, Path("/nowhere/strongroom.toml")))

    assert {name: getattr(told, name) for name in table} == table


def test_the_tasks_of_upkeep_count_once_for_each_run(place):
    """A task that is run again for the same run says the same and does nothing more; a new run goes on."""
    moved(place, b"a.txt", b"b.txt")
    config = told(place)
    first = [upkeep.fixity(config, "one"), upkeep.janitor(config, "one"), upkeep.prune_logs(config, "one")]
    again = [upkeep.fixity(config, "one"), upkeep.janitor(config, "one"), upkeep.prune_logs(config, "one")]

    assert again == first
    assert first[0] == {"objects": 1, "bytes": len(BYTES) + 5, "bad": 0, "frozen": 0}
    assert first[1:] == [{"put back": 0}, {"removed": 0}]
    assert len(logged(place, "fixity.checked")) == 1


def test_the_alarm_of_a_run_does_not_fall_silent_when_it_is_cleared(place):
    """Damage fails the task, and fails it again when the same run is tried again, though the item is frozen by then."""
    moved(place, b"a.txt")
    spoil(objects(place)[0])
    for _ in range(2):
        with pytest.raises(upkeep.AlarmError, match="1 objects"):
            upkeep.fixity(told(place), "one")
    assert upkeep.fixity(told(place), "two")["frozen"] == 1


def test_only_old_logs_of_airflow_are_pruned(place):
    """Runs in which nothing was written for long go whole; newer ones, Airflow's own output and links stay."""
    logs = place / "state" / "airflow" / "logs"
    for name in ("dag_id=nightly/run_id=old/task_id=plan", "dag_id=nightly/run_id=new/task_id=plan", "components"):
        (logs / name).mkdir(parents=True)
        (logs / name / "attempt=1.log").write_text("counts")
    (logs / "dag_processor" / "2026-01-01").mkdir(parents=True)
    (logs / "dag_processor" / "latest").symlink_to(logs / "components")
    (logs / "dag_id=nightly" / "run_id=link").symlink_to(logs / "components")
    old = (NIGHT - dt.timedelta(days=400)).timestamp()
    for kept in ("dag_id=nightly/run_id=old", "components", "dag_processor/2026-01-01"):
        for path in (*(logs / kept).rglob("*"), logs / kept):
            os.utime(path, (old, old))

    assert upkeep.prune_logs(told(place), "one") == {"removed": 2}
    assert sorted(path.name for path in logs.glob("*/*")) == ["attempt=1.log", "latest", "run_id=link", "run_id=new"]


def test_upkeep_and_access_work_on_both_databases(place, catalogue_url, monkeypatch):
    """What is written down between checks, the tasks' counts and the audit log are the same on SQLite and PostgreSQL."""
    monkeypatch.setenv("STRONGROOM_CATALOGUE_URL", catalogue_url)
    monkeypatch.setenv("STRONGROOM_ACCESS_READERS", access.login())
    (receipt, _) = moved(place, b"a.txt", b"b.txt")
    asking = access.Asking("records.manager", access.login(), "a subject access request")
    with stages.opened(told(place)) as catalogue:
        checks = [upkeep.check(told(place), catalogue, 10, "records.manager") for _ in range(3)]
        _, chunks = access.read(told(place), catalogue, receipt.reference, asking)
        data = b"".join(chunks)

    assert [check.ended for check in checks] == [False, True, False]
    assert [check.objects for check in checks] == [1, 1, 1]
    assert data == BYTES + b"a.txt"
    assert upkeep.fixity(told(place), "one") == upkeep.fixity(told(place), "one")
    assert upkeep.janitor(told(place), "one") == {"put back": 0}
    assert len(logged(place, "access.read")) == 1
