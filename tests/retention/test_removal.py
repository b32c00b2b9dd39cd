"""The one module that deletes asks for its grounds."""

from __future__ import annotations

import copy
import os
import pickle

import pytest

from retention.place import Disk, Identity, open_root
from retention.vault.removal import (
    Proof,
    RemovalRefused,
    Warrant,
    check_grounds,
    prove,
    remove_made,
    remove_original,
    remove_scratch,
)
from tests.retention.vault_contract import digest

AGENDA = digest(b"agenda")


@pytest.fixture
def held(tmp_path):
    """A folder with one held original: its descriptor, the original's, and its identity."""
    (tmp_path / "held").write_bytes(b"agenda")
    folder, opened = open_root(tmp_path), os.open(tmp_path / "held", os.O_RDONLY)
    yield folder, opened, Identity.of(os.fstat(opened))
    os.close(opened)
    os.close(folder)


def test_a_proof_cannot_be_made_by_hand():
    """Only reading a whole copy makes a proof; neither a constructor nor a stored one does."""
    with pytest.raises(RemovalRefused):
        Proof("vault", AGENDA, 6, object())
    with pytest.raises(TypeError):
        pickle.dumps(prove("vault", [b"agenda"], 6, AGENDA))
    with pytest.raises(TypeError):
        copy.copy(prove("vault", [b"agenda"], 6, AGENDA))


def test_other_bytes_prove_nothing():
    """A copy that is short, long or changed gives no proof."""
    for wrong in ([b"agend"], [b"agendas"], [b"Agenda"], []):
        assert prove("vault", wrong, 6, AGENDA) is None


def test_an_original_goes_against_its_proof(tmp_path, held):
    """With the proof of its copy the held original is removed, and a second time is no error."""
    folder, opened, identity = held
    proof = prove("vault", [b"agenda"], 6, AGENDA)
    remove_original(Disk(), proof, folder, b"held", opened, identity)
    remove_original(Disk(), proof, folder, b"held", opened, identity)

    assert not (tmp_path / "held").exists()


def test_an_original_stays_without_a_proof_of_it(tmp_path, held):
    """No proof, or one of another size, removes nothing."""
    folder, opened, identity = held
    for proof in (None, "yes", prove("vault", [b"other minutes"], 13, digest(b"other minutes"))):
        with pytest.raises(RemovalRefused):
            remove_original(Disk(), proof, folder, b"held", opened, identity)

    assert (tmp_path / "held").read_bytes() == b"agenda"


def test_an_original_stays_when_the_name_is_another_file(tmp_path, held):
    """When the name was given to another file, or the file got a second name, nothing is removed."""
    folder, opened, identity = held
    proof = prove("vault", [b"agenda"], 6, AGENDA)
    os.link(tmp_path / "held", tmp_path / "second")
    with pytest.raises(RemovalRefused):
        remove_original(Disk(), proof, folder, b"held", opened, identity)
    (tmp_path / "held").rename(tmp_path / "third")
    (tmp_path / "held").write_bytes(b"agenda")
    with pytest.raises(RemovalRefused):
        remove_original(Disk(), proof, folder, b"held", opened, identity)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["held", "second", "third"]


def test_what_we_made_goes_only_while_it_is_ours(tmp_path):
    """A temporary is removed by name and number; another file under its name is not."""
    (tmp_path / "note").write_bytes(b"a user's")
    folder = open_root(tmp_path)
    with pytest.raises(RemovalRefused):
        remove_made(Disk(), folder, b"note", (1, 1))
    remove_made(Disk(), folder, b"never there")
    os.close(folder)

    assert (tmp_path / "note").exists()


def test_a_disposal_needs_two_persons():
    """A warrant counts only when another person than the proposer approved it."""
    check_grounds(Warrant("d1", "a.smith", "b.jones"), "key", AGENDA, "op")
    for warrant in (Warrant("d1", "a.smith", "a.smith"), Warrant("d1", "a.smith", ""), Warrant("", "a", "b")):
        with pytest.raises(RemovalRefused):
            check_grounds(warrant, "key", AGENDA, "op")


def test_scratch_is_cleared_only_inside_its_folder(tmp_path):
    """A tree of ours goes; the folder itself, its parent, a link and a path that climbs out do not."""
    (tmp_path / "state" / "run" / "deep").mkdir(parents=True)
    (tmp_path / "state" / "link").symlink_to(tmp_path)
    state = tmp_path / "state"
    for wrong in (state, tmp_path, state / "link", state / ".." / "state", state / "run" / ".." / ".."):
        with pytest.raises(RemovalRefused):
            remove_scratch(wrong, state)
    remove_scratch(state / "run", state)

    assert sorted(path.name for path in state.iterdir()) == ["link"]
