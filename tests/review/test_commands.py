"""The verbs ``strongroom people`` and the queue's readiness for those they let in."""

import io

import pytest

from retention import __main__ as command
from retention.catalogue import open_catalogue, people
from retention.review import login
from tests.review.conftest import PASSWORD


@pytest.fixture
def strongroom(tmp_path, capfd, monkeypatch):
    """Run a verb with something on standard input; gives the exit code and what was said."""
    (tmp_path / "share").mkdir()
    (tmp_path / "strongroom.toml").write_text(
        f'[strongroom]\nstate = "{tmp_path / "state"}"\n[[share]]\nname = "main"\nroot = "{tmp_path / "share"}"\n'
        '[[zone]]\nname = "Licensing"\npath = "Licensing"\nowner = "Licensing Manager"\n'
    )

    def run(*arguments, typed=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = command.main(["--config", str(tmp_path / "strongroom.toml"), *arguments])
        told = capfd.readouterr()
        return code, told.out + told.err

    run.catalogue = f"sqlite:///{tmp_path / 'state' / 'catalogue.db'}"
    return run


def row(strongroom, name):
    """A person as the catalogue has them."""
    catalogue = open_catalogue(strongroom.catalogue)
    with catalogue.read() as connection:
        found = dict(people.find(connection, name))
    catalogue.close()
    return found


def test_a_person_is_added_listed_changed_and_disabled(strongroom):
    """Each change ends the sessions that were open, and no password is kept."""
    typed = f"{PASSWORD}\n"
    code, _said = strongroom(
        "people", "add", "ann", "--role", "owner", "--zone", "Licensing", "--password-stdin", typed=typed
    )
    assert 0 == code
    first = row(strongroom, "ann")
    assert login.fits(PASSWORD, first["secret"])
    assert (["owner"], ["Licensing"], True, 1) == tuple(first[key] for key in ("roles", "zones", "active", "epoch"))

    assert "ann" in strongroom("people", "list")[1]
    assert 0 == strongroom("people", "password", "ann", "--password-stdin", typed="quite another long one\n")[0]
    assert 0 == strongroom("people", "disable", "ann")[0]
    last = row(strongroom, "ann")
    assert (False, 3) == (last["active"], last["epoch"])
    assert not login.fits(PASSWORD, last["secret"])
    assert "disabled" in strongroom("people", "list")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "ann smith", "--role", "viewer", "--password-stdin"), "A login has letters"),
        (("add", "ann", "--role", "owner", "--password-stdin"), "name each with --zone"),
        (("add", "ann", "--role", "owner", "--zone", "Parks", "--password-stdin"), "No zone is called Parks"),
        (("password", "bob", "--password-stdin"), "There is no such login"),
        (("disable", "bob"), "There is no such login"),
    ],
)
def test_what_cannot_be_done_is_said(strongroom, arguments, said):
    """A sentence and exit code 2."""
    code, told = strongroom("people", *arguments, typed=f"{PASSWORD}\n")

    assert 2 == code
    assert said in told


def test_a_weak_password_is_refused(strongroom):
    """Short ones are not taken, and nobody is added."""
    code, told = strongroom("people", "add", "ann", "--role", "viewer", "--password-stdin", typed="short\n")

    assert 2 == code
    assert "at least 12" in told
