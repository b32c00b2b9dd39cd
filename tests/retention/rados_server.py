"""A real S3 server that keeps object lock: Ceph's radosgw over one monitor and one object store in memory, on 127.0.0.1, over TLS.

The programs come from Debian's packages. Where they are not installed they are fetched with ``apt-get download`` and unpacked into a
folder of the user's cache, which needs neither root nor a service; ``STRONGROOM_CEPH`` names another folder with them.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
import uuid
from pathlib import Path

from tests.retention.s3_server import Server, certificate, free_port

USER, PASSWORD = "testeraccesskey", "testersecretkey"
KMS_KEY = "testkey-1"
_PACKAGES = ("radosgw", "ceph-mon", "ceph-osd", "ceph-common")
_LIBRARIES = ("usr/lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu/ceph", "lib/x86_64-linux-gnu")

_CONF = """\
[global]
fsid = {fsid}
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
mon_host = [v2:127.0.0.1:{mon}/0]
mon_initial_members = a
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_max_pg_per_osd = 2000
ms_bind_ipv4 = true
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_crush_chooseleaf_type = 0
osd_objectstore = memstore
memstore_device_bytes = 2147483648
osd_class_dir = {lib}/rados-classes
plugin_dir = {lib}/ceph
erasure_code_dir = {lib}/ceph/erasure-code
run_dir = {folder}
mon_data = {folder}/mon
osd_data = {folder}/osd
osd_journal = {folder}/osd/journal
log_file = {folder}/$type.$id.log
log_to_stderr = false
mon_cluster_log_file = {folder}/cluster.log
admin_socket = {folder}/$type.$id.asok
pid_file = {folder}/$type.$id.pid
[client.rgw]
ms_mon_client_mode = crc
rgw_data = {folder}/rgw
rgw_frontends = beast {listen} tcp_nodelay=1
rgw_thread_pool_size = 64
rgw_dynamic_resharding = false
rgw_enable_usage_log = false
rgw_enable_gc_threads = true
rgw_crypt_require_ssl = false
rgw_crypt_s3_kms_backend = testing
rgw_crypt_s3_kms_encryption_keys = {kms}={secret}
"""


def programs() -> Path | None:
    """The folder below which the programs lie (``/`` when they are installed); ``None`` when they cannot be had here."""
    if shutil.which("radosgw") and shutil.which("ceph-osd") and shutil.which("ceph-mon"):
        return Path("/")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    told = Path(os.environ.get("STRONGROOM_CEPH") or cache / "strongroom-tests" / "ceph")
    if not (told / "complete").exists() and not _fetch(told):
        return None
    return told


def _fetch(into: Path) -> bool:
    """Fetch the packages and all that they need and this machine lacks, and unpack them; says whether that worked."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return False
    asked = subprocess.run(
        ["apt-get", "install", "--simulate", "--no-install-recommends", *_PACKAGES],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    names = [line.split()[1] for line in asked.stdout.splitlines() if line.startswith("Inst ")]
    if asked.returncode or not names:
        return False
    debs = into / "debs"
    debs.mkdir(parents=True, exist_ok=True)
    if subprocess.run(["apt-get", "download", *names], cwd=debs, check=False, timeout=1200).returncode:
        return False
    for deb in sorted(debs.glob("*.deb")):
        subprocess.run(["dpkg-deb", "--extract", deb, into], check=True, timeout=120)
    (into / "complete").touch()
    return True


class Cluster:
    """The parts of the server, with the environment that they need."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder = root, folder
        self.processes: list[subprocess.Popen] = []
        libraries = ":".join(str(root / part) for part in _LIBRARIES)
        self.environment = {
            **os.environ,
            "CEPH_CONF": str(folder / "ceph.conf"),
            "LD_LIBRARY_PATH": libraries,
            "PYTHONPATH": str(root / "usr/lib/python3/dist-packages"),
        }

    def run(self, name: str, *arguments: object) -> str:
        """Run a program to its end and give what it printed."""
        command = [str(self.root / "usr/bin" / name), *map(str, arguments)]
        if name == "ceph":
            command.insert(0, sys.executable if self.root != Path("/") else "/usr/bin/python3")
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=120, check=False, cwd=self.folder
        )
        assert done.returncode == 0, f"{name}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    def begin(self, name: str, *arguments: str) -> None:
        """Start a program that stays."""
        log = (self.folder / f"{name}.out").open("wb")
        command = [str(self.root / "usr/bin" / name), *arguments]
        self.processes.append(
            subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True, cwd=self.folder
            )
        )


def start(folder: Path, *, tls: bool = True) -> Server:
    """Start the three parts below a folder, make a user, and wait until the gateway answers; ``programs`` must not be ``None``."""
    root = programs()
    assert root is not None, "Ceph's programs are not here and cannot be fetched"
    mon, port = free_port(), free_port()
    cert, secret = certificate(folder)
    plain = f"endpoint=127.0.0.1:{port}"
    listen = f"ssl_endpoint=127.0.0.1:{port} ssl_certificate={cert} ssl_private_key={secret}" if tls else plain
    fsid = str(uuid.uuid4())
    (folder / "ceph.conf").write_text(
        _CONF.format(
            fsid=fsid,
            mon=mon,
            lib=root / "usr/lib/x86_64-linux-gnu",
            folder=folder,
            listen=listen,
            kms=KMS_KEY,
            secret=base64.b64encode(b"k" * 32).decode("ascii"),
        )
    )
    for part in ("mon", "osd", "rgw"):
        (folder / part).mkdir()
    cluster = Cluster(root, folder)
    server = Server(f"http{'s' * tls}://127.0.0.1:{port}", cert, port, cluster.processes)
    try:
        _begin_store(cluster, fsid, mon)
        user = (
            "user",
            "create",
            "--uid",
            "tester",
            "--display-name",
            "tester",
            "--access-key",
            USER,
            "--secret",
            PASSWORD,
        )
        cluster.run("radosgw-admin", *user)
        cluster.begin("radosgw", "-f", "-n", "client.rgw")
        _wait(server, cert if tls else None, folder)
    except BaseException:
        server.stop()
        raise
    return server


def _begin_store(cluster: Cluster, fsid: str, mon: int) -> None:
    monmap = cluster.folder / "monmap"
    cluster.run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", f"[v2:127.0.0.1:{mon}/0]", monmap)
    cluster.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap)
    cluster.begin("ceph-mon", "-f", "-i", "a")
    disk = str(uuid.uuid4())
    assert cluster.run("ceph", "osd", "new", disk).strip() == "0"
    cluster.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk)
    cluster.begin("ceph-osd", "-f", "-i", "0")
    deadline = time.monotonic() + 60
    while json.loads(cluster.run("ceph", "osd", "stat", "--format", "json"))["num_up_osds"] < 1:
        assert time.monotonic() < deadline, "the object store did not come up"
        time.sleep(0.5)


def _wait(server: Server, cert: Path | None, folder: Path) -> None:
    deadline = time.monotonic() + 90
    while True:
        try:
            with socket.create_connection(("127.0.0.1", server.port), 5) as plain:
                if cert:
                    ssl.create_default_context(cafile=cert).wrap_socket(plain, server_hostname="127.0.0.1").close()
                return
        except OSError:
            ended = [process.args[0] for process in server.processes if process.poll() is not None]
            if ended or time.monotonic() > deadline:
                logs = "".join(path.read_text(errors="replace")[-2000:] for path in folder.glob("*.out"))
                raise RuntimeError(f"the S3 server did not start; ended: {ended}\n{logs}") from None
            time.sleep(0.2)
