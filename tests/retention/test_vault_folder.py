"""The folder vault, plain and sealed, keeps the contract and a few promises of its own."""

from __future__ import annotations

import os
import stat

import pytest

from retention.vault import Corrupt, VaultSettings, key_of, open_vault
from retention.vault.folder import FolderVault
from tests.retention.vault_contract import ONE, VaultContract, digest, stored


class TestFolder(VaultContract):
    """The vault as it comes."""

    @pytest.fixture
    def vault(self, tmp_path):
        """A plain vault."""
        return open_vault(VaultSettings(kind="folder", path=tmp_path / "vault"))


class TestSealedFolder(VaultContract):
    """The vault with envelope encryption."""

    @pytest.fixture
    def vault(self, tmp_path):
        """A sealed vault."""
        key = tmp_path / "key"
        key.write_bytes(os.urandom(32))
        key.chmod(0o600)
        return open_vault(VaultSettings(kind="folder", path=tmp_path / "vault", key_file=key))

    def test_nothing_readable_lies_on_the_disk(self, vault, tmp_path):
        """Neither the bytes nor the manifest stand in any file of a sealed vault."""
        stored(vault, b"a sentence that must not be seen " * 10)
        found = b"".join(path.read_bytes() for path in (tmp_path / "vault").rglob("*") if path.is_file())

        assert b"must not be seen" not in found
        assert b"made" not in found


def test_only_the_owner_can_look_in(tmp_path):
    """The vault's folder has mode 0700 even when it was made wider, and so have its objects' folders."""
    (tmp_path / "vault").mkdir(mode=0o777)
    stored(FolderVault(tmp_path / "vault"), b"agenda")

    for path in [tmp_path / "vault", *(tmp_path / "vault").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_a_flipped_bit_is_found(tmp_path):
    """One changed bit in a stored object fails its verification."""
    vault = FolderVault(tmp_path)
    key = stored(vault, b"agenda")
    path = tmp_path / "objects" / key
    path.chmod(0o600)
    path.write_bytes(b"agendb")

    with pytest.raises(Corrupt):
        vault.verify(key, 6, digest(b"agenda"))


def test_a_failed_put_leaves_no_temporary(tmp_path):
    """When the source breaks off, nothing stays in the arriving folder."""
    vault = FolderVault(tmp_path)

    def broken():
        yield b"age"
        raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        vault.put(key_of(digest(b"agenda"), ONE, 1), broken(), 6, digest(b"agenda"))
    assert list(vault.arriving()) == []
