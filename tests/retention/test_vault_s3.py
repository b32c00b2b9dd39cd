"""The S3 vault against a real server over TLS, and through a proxy on which everything goes wrong."""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import uuid

import pytest

from retention.vault import Corrupt, Step, VaultError, VaultSettings, key_of, open_vault
from retention.vault.probe import need, probe_vault
from retention.vault.s3 import S3Vault
from tests.retention import s3_server
from tests.retention.failing import EVERY, Stable, Watch, copies, in_child, litter, points
from tests.retention.s3_proxy import FAULTS, Proxy
from tests.retention.test_failpoints import NAME, NOTE, backwards, forwards
from tests.retention.vault_contract import ONE, VaultContract, digest, stored

pytestmark = [pytest.mark.s3, pytest.mark.timeout(600)]
BUCKET = "strongroom"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A real server, and the credentials for it in the environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", s3_server.USER)
        patch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.PASSWORD)
        running = s3_server.start(tmp_path_factory.mktemp("swift"))
        try:
            opened(running.endpoint, running.ca_file).client.create_bucket(Bucket=BUCKET)
            yield running
        finally:
            running.stop()


@pytest.fixture(scope="module")
def proxy(server):
    """The proxy before the server."""
    running = Proxy(server.port, server.ca_file, server.ca_file.with_name("server.key"))
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def _calm(request):
    """No fault is left over from the test before."""
    if "proxy" in request.fixturenames:
        request.getfixturevalue("proxy").choose = lambda _method, _path: ""


def opened(endpoint, ca_file, prefix="", **more) -> S3Vault:
    """A vault with a client of its own, whose part size is small enough to be tried."""
    settings = VaultSettings(
        kind="s3", bucket=BUCKET, endpoint=endpoint, ca_file=ca_file, region="us-east-1", prefix=prefix, **more
    )
    vault = open_vault(settings)
    vault._part = 150_000
    return vault


class TestS3(VaultContract):
    """The vault as it comes."""

    @pytest.fixture
    def vault(self, server):
        """A vault with a prefix of its own."""
        return opened(server.endpoint, server.ca_file, f"{uuid.uuid4().hex}/")


class TestSealedS3(VaultContract):
    """The vault with envelope encryption."""

    @pytest.fixture
    def vault(self, server, tmp_path):
        """A sealed vault with a prefix of its own."""
        key = tmp_path / "key"
        key.write_bytes(os.urandom(32))
        key.chmod(0o600)
        return opened(server.endpoint, server.ca_file, f"{uuid.uuid4().hex}/", key_file=key)


def once(fault, number):
    """Choose a fault for the n-th request only."""
    count = itertools.count(1)
    return lambda _method, _path: fault if next(count) == number else ""


@pytest.mark.parametrize("size", [6_000, 400_000])
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "mangled"])
def test_a_fault_at_any_request_is_overcome(server, proxy, fault, size):
    """Whatever happens to any one request, the object is stored once, verified, and no upload is left unfinished."""
    data = os.urandom(size)
    for number in itertools.count(1 + sum(fault.encode()) % EVERY, EVERY):
        prefix = f"{uuid.uuid4().hex}/"
        vault = opened(proxy.endpoint, server.ca_file, prefix)
        vault._conditional = True
        proxy.requests.clear()
        proxy.choose = once(fault, number)
        key = stored(vault, data)
        proof = vault.verify(key, size, digest(data))
        used = len(proxy.requests)
        proxy.choose = lambda _method, _path: ""
        assert proof.sha256 == digest(data)
        assert [entry.key for entry in vault.list()] == [key, key + ".manifest"]
        assert list(vault.uploads()) == []
        if used < number:
            break


def test_a_server_that_gives_other_bytes_is_found_out(server, proxy):
    """When what is read back differs by one bit, there is no proof."""
    vault = opened(proxy.endpoint, server.ca_file, f"{uuid.uuid4().hex}/")
    key = stored(vault, b"agenda")
    proxy.choose = lambda method, _path: "mangled" if method == "GET" else ""

    with pytest.raises(Corrupt):
        vault.verify(key, 6, digest(b"agenda"))


def test_a_server_that_is_away_is_an_error_not_an_answer(server, proxy):
    """When the server never answers, every call says so, and none says that the object is absent."""
    vault = opened(proxy.endpoint, server.ca_file, f"{uuid.uuid4().hex}/")
    key = stored(vault, b"agenda")
    vault._server = type(vault._server)(vault.client, BUCKET, vault.settings.prefix, lambda _seconds: None)
    proxy.choose = lambda _method, _path: "503"

    for call in (
        lambda: vault.verify(key, 6, digest(b"agenda")),
        lambda: list(vault.list()),
        lambda: vault.put_manifest(key_of(digest(b"x"), ONE, 1), b"{}"),
        lambda: vault.manifest(key),
    ):
        with pytest.raises(VaultError) as caught:
            call()
        assert type(caught.value) is VaultError


def test_an_upload_whose_first_answer_was_lost_is_ended(server):
    """An upload in parts that the server began and we never heard of is found by its key and ended."""
    vault = opened(server.endpoint, server.ca_file, f"{uuid.uuid4().hex}/")
    data = os.urandom(400_000)
    key = key_of(digest(data), ONE, 1)
    vault.client.create_multipart_upload(Bucket=BUCKET, Key=vault.settings.prefix + key)
    vault.put(key, [data], len(data), digest(data))

    assert list(vault.uploads()) == []


def test_the_server_keeps_its_promises(server):
    """The probe proves each promise that a plain bucket makes, and leaves nothing behind."""
    vault = opened(server.endpoint, server.ca_file, f"{uuid.uuid4().hex}/")
    promises = probe_vault(vault)

    assert [promise.name for promise in promises if not promise.kept] == []
    assert len(promises) == 5
    assert list(vault.list()) == []


def test_a_server_that_ignores_object_lock_is_refused(server):
    """This server takes the calls of object lock or not, but does not keep it: moves are refused, and so is a single write."""
    vault = opened(server.endpoint, server.ca_file, f"{uuid.uuid4().hex}/", object_lock="governance", lock_days=1)
    broken = {promise.name for promise in probe_vault(vault) if not promise.kept}

    assert {"lock", "legal-hold"} <= broken
    with pytest.raises(VaultError, match="Nothing is moved"):
        need(probe_vault(vault))
    with pytest.raises(VaultError):
        stored(vault, b"agenda")


def test_a_legal_hold_never_writes_over_a_record(server):
    """A server without legal hold may take the call for a write over the object: it is found out on an object of our own."""
    vault = opened(server.endpoint, server.ca_file, f"{uuid.uuid4().hex}/")
    key = stored(vault, b"agenda")

    with pytest.raises(VaultError):
        vault.hold(key, on=True)
    assert b"".join(vault.get(key)) == b"agenda"


def test_a_server_that_cannot_encrypt_with_our_key_is_refused(server):
    """When the configured key is not used by the server, the probe says so."""
    vault = opened(server.endpoint, server.ca_file, f"{uuid.uuid4().hex}/", kms_key="alias/strongroom")

    with pytest.raises(VaultError, match="Nothing is moved"):
        need(probe_vault(vault))


def hooked(server, base, disk):
    """A vault whose every request is a point at which the watch may fail, before it is sent and after its answer."""
    vault = opened(server.endpoint, server.ca_file, f"{base.parent.name}-{base.name}/")
    vault._conditional = True
    return watched_requests(vault, disk)


def watched_requests(vault, disk):
    """Make every request of a vault a point at which the watch may fail."""
    events = vault.client.meta.events

    def before(**_event):
        disk.watch("request")

    def after(**_event):
        disk.watch("answer")

    events.register("before-call.s3", before)
    events.register("after-call.s3", after)
    return vault


def s3_attempt(stable, act, watch, *, child):
    """One fault in one act, then the same act again without; like the folder's, with another look at what is left."""
    house = stable.house()
    order = house.file(NAME)
    if act is backwards:
        assert house.mover().restrict(order).step is Step.REMOVED
    vault, disk = stable.watched(house, watch)
    if child:
        status = in_child(house, lambda: act(house, order, vault, disk))
        assert status in (0, 9)
        done = status == 0
    else:
        act(house, order, vault, disk)
        done = watch.at > watch.count
    assert copies(house) >= 1
    for _ in range(2):
        act(house, order, house.vault, None)
    assert house.names() == ([NOTE] if act is forwards else [NAME.decode()])
    assert len(house.objects()) == (2 if act is forwards else 0)
    assert (litter(house), copies(house), list(house.vault.uploads())) == ([], 1, [])
    house.catalogue.close()
    return done


@pytest.mark.parametrize("act", [forwards, backwards])
@pytest.mark.parametrize("how", ["kill", "EIO"])
def test_a_fault_at_any_point_of_a_move_into_s3_loses_nothing(server, tmp_path, act, how):
    """Killed or failing at every point of disk, catalogue and network, the move and the return lose nothing and finish."""
    number = tmp_path / uuid.uuid4().hex
    number.mkdir()
    stable = Stable(number, vault=lambda base, disk: hooked(server, base, disk))
    error = None if how == "kill" else errno.EIO
    for point in points(how):
        if s3_attempt(stable, act, Watch(point, error), child=how == "kill"):
            break

    assert point > 20


@pytest.mark.parametrize("fault", FAULTS)
def test_a_move_through_a_bad_network_loses_nothing(server, proxy, tmp_path, fault):
    """A third of all requests fail in one way; files go to the vault and come back, none is lost and none doubled."""
    stable = Stable(tmp_path, vault=lambda _base, _disk: opened(proxy.endpoint, server.ca_file, f"{uuid.uuid4().hex}/"))
    house = stable.house()
    count = itertools.count()
    orders = [house.file(b"%d.txt" % number, hashlib.sha256(b"%d" % number).digest() * 200) for number in range(4)]
    before = {path.name: path.read_bytes() for path in house.root.iterdir()}
    proxy.choose = lambda _method, _path: fault if next(count) % 3 == 1 else ""
    for order in orders:
        house.mover().restrict(order)
    proxy.choose = lambda _method, _path: ""
    for _ in range(2):
        receipts = [house.mover().restrict(order) for order in orders]
    assert [receipt.step for receipt in receipts] == [Step.REMOVED] * 4
    assert len(house.objects()) == 8

    count = itertools.count()
    proxy.choose = lambda _method, _path: fault if next(count) % 3 == 1 else ""
    list(house.mover().undo(1, "records.manager"))
    proxy.choose = lambda _method, _path: ""
    list(house.mover().undo(1, "records.manager"))
    list(house.mover().undo(1, "records.manager"))
    assert {path.name: path.read_bytes() for path in house.root.iterdir() if path.is_file()} == before
    assert house.objects() == []
