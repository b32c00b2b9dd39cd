"""A real S3 server for the tests: OpenStack Swift with its S3 interface, four processes on 127.0.0.1, over TLS."""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
import ipaddress
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "test:tester", "testing"
_BIN = Path(sys.executable).parent
_SERVERS = ("object", "container", "account")

_PROXY = """\
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck listing_formats s3api tempauth copy slo dlo versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
min_segment_size = 1
auth_pipeline_check = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_object_versioning = true
[filter:symlink]
use = egg:swift#symlink
"""


@dataclass
class Server:
    """A running server: its address, the certificate to trust, and its processes."""

    endpoint: str
    ca_file: Path
    port: int
    processes: list[subprocess.Popen]

    def stop(self) -> None:
        """End the processes that were started, and wait for them."""
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for process in self.processes:
            process.wait(20)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, secret = folder / "server.crt", folder / "server.key"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert, secret


def start(folder: Path, *, tls: bool = True) -> Server:
    """Write rings and settings below a folder, start the processes and wait until the proxy answers."""
    ports = {name: free_port() for name in (*_SERVERS, "proxy")}
    cert, secret = certificate(folder)
    (folder / "swift.conf").write_text("[swift-hash]\nswift_hash_path_suffix = made\nswift_hash_path_prefix = up\n")
    (folder / "disks" / "d1").mkdir(parents=True)
    for name in _SERVERS:
        _ring(folder, name, ports[name])
        (folder / f"{name}.conf").write_text(
            _common(folder, ports[name])
            + f"devices = {folder / 'disks'}\nmount_check = false\nfallocate_reserve = 0\ndisable_fallocate = true\n"
            + f"[pipeline:main]\npipeline = {name}-server\n[app:{name}-server]\nuse = egg:swift#{name}\n"
        )
    secure = f"cert_file = {cert}\nkey_file = {secret}\n" if tls else ""
    (folder / "proxy.conf").write_text(_common(folder, ports["proxy"]) + secure + _PROXY)
    processes = [_run(folder, name) for name in (*_SERVERS, "proxy")]
    server = Server(f"http{'s' * tls}://127.0.0.1:{ports['proxy']}", cert, ports["proxy"], processes)
    try:
        _wait(folder, server, ports, cert if tls else None)
    except BaseException:
        server.stop()
        raise
    return server


def _common(folder: Path, port: int) -> str:
    return (
        f"[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = {port}\nworkers = 0\nuser = {getpass.getuser()}\n"
        f"swift_dir = {folder}\nlog_level = WARNING\nlog_address = {folder / 'no-log'}\n"
    )


def _ring(folder: Path, name: str, port: int) -> None:
    builder = str(folder / f"{name}.builder")
    tool = [sys.executable, str(_BIN / "swift-ring-builder"), builder]
    for step in (["create", "4", "1", "0"], ["add", f"r1z1-127.0.0.1:{port}/d1", "1"], ["rebalance"]):
        # The tool exits with 1 for a warning, such as that one disk keeps one copy.
        done = subprocess.run([*tool, *step], capture_output=True, text=True, timeout=60, check=False, cwd=folder)
        assert done.returncode in (0, 1), done.stdout + done.stderr


def _run(folder: Path, name: str) -> subprocess.Popen:
    log = (folder / f"{name}.log").open("wb")
    return subprocess.Popen(
        [sys.executable, str(_BIN / f"swift-{name}-server"), str(folder / f"{name}.conf"), "-v"],
        stdout=log,
        stderr=log,
        start_new_session=True,
        cwd=folder,
    )


def _wait(folder: Path, server: Server, ports: dict[str, int], cert: Path | None) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            for port in ports.values():
                socket.create_connection(("127.0.0.1", port), 1).close()
            with socket.create_connection(("127.0.0.1", server.port), 5) as plain:
                secured = (
                    ssl.create_default_context(cafile=cert).wrap_socket(plain, server_hostname="127.0.0.1")
                    if cert
                    else plain
                )
                secured.sendall(b"GET /healthcheck HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
                assert b"200" in secured.recv(100)
                return
        except (OSError, AssertionError):
            ended = [process.args[1] for process in server.processes if process.poll() is not None]
            if ended or time.monotonic() > deadline:
                logs = "".join(path.read_text(errors="replace")[-2000:] for path in folder.glob("*.log"))
                raise RuntimeError(f"the S3 server did not start; ended: {ended}\n{logs}") from None
            time.sleep(0.2)
