"""What every vault must do; each kind of vault runs this suite on itself."""

from __future__ import annotations

import hashlib

import pytest

from retention.vault import Absent, Corrupt, Occupied, key_of, operation_of
from retention.vault.removal import Litter, RemovalRefused, prove

ONE, TWO = "a" * 32, "b" * 32


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def stored(vault, data: bytes, operation: str = ONE, fence: int = 1) -> str:
    """Put bytes and a manifest into a vault and give their key."""
    key = key_of(digest(data), operation, fence)
    vault.put_manifest(key, b'{"made": "up"}')
    vault.put(key, [data[:3], data[3:]], len(data), digest(data))
    return key


class VaultContract:
    """Subclasses give a fixture ``vault``."""

    @pytest.mark.parametrize("size", [0, 1, 65_536, 300_001])
    def test_what_goes_in_comes_out(self, vault, size):
        """The bytes that come out are the bytes that went in, whatever their number."""
        data = (b"minutes of the licensing committee " * (size // 30 + 1))[:size]
        key = stored(vault, data)
        proof = vault.verify(key, size, digest(data))

        assert b"".join(vault.get(key)) == data
        assert proof.sha256 == digest(data)
        assert vault.manifest(key) == b'{"made": "up"}'

    def test_the_same_again_is_welcome(self, vault):
        """Putting the same bytes under the same key twice changes nothing and is no error."""
        key = stored(vault, b"agenda")

        assert stored(vault, b"agenda") == key
        assert sorted(entry.key for entry in vault.list()) == [key, key + ".manifest"]

    def test_a_key_is_never_overwritten(self, vault):
        """Other bytes under a used key are refused and the first ones stay."""
        key = stored(vault, b"agenda")

        with pytest.raises(Occupied):
            vault.put(key, [b"forged"], 6, digest(b"forged"))
        assert b"".join(vault.get(key)) == b"agenda"

    def test_a_manifest_is_never_overwritten(self, vault):
        """Another manifest for the same key is refused."""
        key = stored(vault, b"agenda")

        with pytest.raises(Occupied):
            vault.put_manifest(key, b"{}")

    def test_other_bytes_than_promised_are_not_stored(self, vault):
        """Bytes that do not have the promised hash or size are refused and leave nothing behind."""
        key = key_of(digest(b"agenda"), ONE, 1)

        for wrong in (b"agendas", b"agend", b"Agenda"):
            with pytest.raises(Corrupt):
                vault.put(key, [wrong], 6, digest(b"agenda"))
        assert list(vault.list()) == []

    def test_what_is_not_there_is_absent(self, vault):
        """Reading, verifying and asking for the manifest of an unknown key all say so."""
        key = key_of(digest(b"agenda"), ONE, 1)

        with pytest.raises(Absent):
            b"".join(vault.get(key))
        with pytest.raises(Absent):
            vault.verify(key, 6, digest(b"agenda"))
        with pytest.raises(Absent):
            vault.manifest(key)

    def test_a_wrong_expectation_is_no_proof(self, vault):
        """Verifying against another hash or size gives no proof."""
        key = stored(vault, b"agenda")

        with pytest.raises(Corrupt):
            vault.verify(key, 6, digest(b"Agenda"))
        with pytest.raises(Corrupt):
            vault.verify(key, 7, digest(b"agenda"))

    def test_an_object_is_removed_on_grounds_only(self, vault):
        """Without grounds, with another operation's or with custody's, an object stays; with the right ones it goes."""
        key = stored(vault, b"agenda")

        for grounds in (None, "because", Litter(TWO, ""), Litter(ONE, key), prove("share", [b"x"], 1, digest(b"x"))):
            with pytest.raises(RemovalRefused):
                vault.remove(key, grounds)
        assert b"".join(vault.get(key)) == b"agenda"

        vault.remove(key, prove("share", [b"agenda"], 6, digest(b"agenda")))
        vault.remove(key, Litter(ONE, ""))
        assert list(vault.list()) == []

    def test_an_object_is_no_proof_against_itself(self, vault):
        """The proof that an object is good does not allow that very object to be removed."""
        key = stored(vault, b"agenda")

        with pytest.raises(RemovalRefused):
            vault.remove(key, vault.verify(key, 6, digest(b"agenda")))

    def test_attempts_do_not_touch_each_other(self, vault):
        """Clearing one attempt's object leaves another attempt's object of the same bytes where it is."""
        first, second = stored(vault, b"agenda", ONE, 1), stored(vault, b"agenda", ONE, 2)
        vault.remove(first, Litter(ONE, second))

        assert [entry.key for entry in vault.list()] == [second, second + ".manifest"]
        assert vault.verify(second, 6, digest(b"agenda")).size == 6

    def test_a_key_names_its_operation(self):
        """The operation that wrote an object can be told from its key, and from its manifest's."""
        key = key_of(digest(b"agenda"), ONE, 7)

        assert operation_of(key) == operation_of(key + ".manifest") == ONE
        assert operation_of("ab/readme.txt") == ""
