"""The S3 vault against a server that keeps object lock, legal hold, versions and our key: run by ``make test-s3-lock``."""

from __future__ import annotations

import os
import uuid

import pytest
from botocore.exceptions import ClientError

from retention.vault import Step, VaultSettings, open_vault
from retention.vault.probe import need, probe_vault
from tests.retention import rados_server
from tests.retention.failing import Stable, Watch, copies, in_child, litter
from tests.retention.moving import BYTES, make_house
from tests.retention.test_failpoints import NAME, NOTE, backwards, forwards
from tests.retention.test_vault_s3 import watched_requests
from tests.retention.vault_contract import VaultContract, digest, stored

pytestmark = [pytest.mark.lock, pytest.mark.timeout(900)]
BUCKET = "strongroom"
STRIDE = int(os.environ.get("STRONGROOM_POINTS", "7"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A real server with a bucket that keeps locks, and the credentials for it in the environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", rados_server.USER)
        patch.setenv("AWS_SECRET_ACCESS_KEY", rados_server.PASSWORD)
        running = rados_server.start(tmp_path_factory.mktemp("ceph"))
        try:
            opened(running).client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
            yield running
        finally:
            running.stop()


def opened(server, prefix="", **more):
    """A vault that locks what it stores, in small parts."""
    told = {"object_lock": "governance", "lock_days": 1, "versioning": True} | more
    vault = open_vault(
        VaultSettings(
            kind="s3",
            bucket=BUCKET,
            endpoint=server.endpoint,
            ca_file=server.ca_file,
            region="us-east-1",
            prefix=prefix,
            **told,
        )
    )
    vault._part = 5 << 20  # the least that this server takes
    return vault


class TestLocked(VaultContract):
    """Every object is locked in governance mode."""

    @pytest.fixture
    def vault(self, server):
        """A vault with a prefix of its own."""
        return opened(server, f"{uuid.uuid4().hex}/")


class TestEncryptedThere(VaultContract):
    """Every object is locked in compliance mode and encrypted by the server with our key."""

    @pytest.fixture
    def vault(self, server):
        """A vault with a prefix of its own."""
        return opened(server, f"{uuid.uuid4().hex}/", object_lock="compliance", kms_key=rados_server.KMS_KEY)


class TestSealedAndLocked(VaultContract):
    """Every object is sealed before it is sent, and locked."""

    @pytest.fixture
    def vault(self, server, tmp_path):
        """A sealed vault with a prefix of its own."""
        key = tmp_path / "key"
        key.write_bytes(os.urandom(32))
        key.chmod(0o600)
        return opened(server, f"{uuid.uuid4().hex}/", key_file=key)


def test_every_promise_is_proved(server):
    """The probe tries versions, lock, legal hold and our key on this server, and each is kept."""
    vault = opened(server, f"{uuid.uuid4().hex}/", kms_key=rados_server.KMS_KEY)
    promises = probe_vault(vault)

    assert [promise.name for promise in promises if not promise.kept] == []
    assert {"versions", "lock", "legal-hold", "kms"} <= {promise.name for promise in promises}
    need(promises)
    assert list(vault.list()) == []


def test_an_unknown_key_is_no_promise(server):
    """When the server cannot encrypt with the configured key, nothing is moved."""
    broken = {promise.name for promise in probe_vault(opened(server, kms_key="no-such-key")) if not promise.kept}

    assert "kms" in broken


def versions(vault, key):
    """The ids of the versions that are kept of an object."""
    found = vault.client.list_object_versions(Bucket=BUCKET, Prefix=vault.settings.prefix + key)
    return [one["VersionId"] for one in found.get("Versions", ()) if one["Key"].endswith(key)]


@pytest.mark.parametrize("mode", ["governance", "compliance"])
def test_nobody_can_destroy_a_locked_version(server, mode):
    """Whoever deletes the object hides it at most: the version with the bytes cannot be deleted and is read again."""
    vault = opened(server, f"{uuid.uuid4().hex}/", object_lock=mode)
    key = stored(vault, b"agenda")
    (version,) = versions(vault, key)

    with pytest.raises(ClientError, match=r"AccessDenied|Forbidden"):
        vault.client.delete_object(Bucket=BUCKET, Key=vault.settings.prefix + key, VersionId=version)
    assert vault.verify(key, 6, digest(b"agenda")).size == 6


def test_a_record_sent_in_parts_is_locked_too(server):
    """What goes in three parts comes out whole, and its version cannot be deleted."""
    vault = opened(server, f"{uuid.uuid4().hex}/")
    data = os.urandom(12 << 20)
    key = stored(vault, data)
    (version,) = versions(vault, key)

    assert vault.verify(key, len(data), digest(data)).size == len(data)
    assert list(vault.uploads()) == []
    with pytest.raises(ClientError, match=r"AccessDenied|Forbidden"):
        vault.client.delete_object(Bucket=BUCKET, Key=vault.settings.prefix + key, VersionId=version)


def test_a_legal_hold_keeps_a_version_until_it_is_lifted(server):
    """Under legal hold a version cannot be deleted, although its lock is none; once lifted it can."""
    vault = opened(server, f"{uuid.uuid4().hex}/", object_lock="")
    key = stored(vault, b"agenda")
    (version,) = versions(vault, key)
    name = vault.settings.prefix + key
    vault.hold(key, on=True)

    with pytest.raises(ClientError, match=r"AccessDenied|Forbidden"):
        vault.client.delete_object(Bucket=BUCKET, Key=name, VersionId=version)
    vault.hold(key, on=False)
    vault.client.delete_object(Bucket=BUCKET, Key=name, VersionId=version)
    assert versions(vault, key) == []


def test_a_file_goes_into_a_locked_bucket_and_comes_back(server, tmp_path):
    """A move and its return work as anywhere; what was returned stays in the bucket as a locked old version."""
    vault = opened(server, f"{uuid.uuid4().hex}/")
    house = make_house(tmp_path, vault=vault)
    order = house.file(NAME)
    assert house.mover().restrict(order).step is Step.REMOVED
    key = house.objects()[0]
    receipt = house.mover().restore(house.journal.latest(order.item_id), "records.manager")

    assert (receipt.step, receipt.problem) == (Step.RETURNED, "")
    assert (house.root / NAME.decode()).read_bytes() == BYTES
    assert house.objects() == []
    assert len(versions(vault, key)) == 1


@pytest.mark.parametrize("act", [forwards, backwards])
def test_a_kill_at_any_point_of_a_move_into_a_locked_bucket_loses_nothing(server, tmp_path, act):
    """Killed at points of disk, catalogue and network, the move and the return lose nothing and finish."""

    def hooked(base, disk):
        vault = opened(server, f"{base.parent.name}-{base.name}/")
        vault._conditional = True
        vault._proved = {"lock": True}
        return watched_requests(vault, disk)

    number = tmp_path / uuid.uuid4().hex
    number.mkdir()
    stable = Stable(number, vault=hooked)
    point, done = 1, False
    while not done:
        house = stable.house()
        order = house.file(NAME)
        if act is backwards:
            assert house.mover().restrict(order).step is Step.REMOVED
        vault, disk = stable.watched(house, Watch(point))
        done = (
            in_child(house, lambda house=house, order=order, vault=vault, disk=disk: act(house, order, vault, disk))
            == 0
        )
        assert copies(house) >= 1
        for _ in range(2):
            act(house, order, house.vault, None)
        assert house.names() == ([NOTE] if act is forwards else [NAME.decode()])
        assert len(house.objects()) == (2 if act is forwards else 0)
        assert (litter(house), copies(house), list(house.vault.uploads())) == ([], 1, [])
        house.catalogue.close()
        point += STRIDE

    assert point > 20
