"""A proxy between the vault and the S3 server that does what networks and servers do on a bad day."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# What can go wrong with one request. ``mangled`` gives other bytes than were stored, of the same number.
FAULTS = ("503", "reset", "cut", "lost", "truncated", "slow", "mangled")
_BUSY = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


class Proxy:
    """Listens on 127.0.0.1 over TLS; ``choose`` names the fault for a request (method, path), or gives an empty text."""

    def __init__(self, upstream: int, ca_file: Path, secret: Path) -> None:
        self.choose: Callable[[str, str], str] = lambda _method, _path: ""
        self.requests: list[str] = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16

            def log_message(self, *_arguments) -> None:
                """Say nothing."""

            def handle(self) -> None:
                with contextlib.suppress(OSError, ssl.SSLError):
                    super().handle()

            def _pass_on(self) -> None:
                proxy.requests.append(f"{self.command} {self.path}")
                _serve(self, upstream, ca_file, proxy.choose(self.command, self.path))

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on  # noqa: N815 - the library asks for these names

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(ca_file, secret)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_arguments: None
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.endpoint = f"https://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Listen no more."""
        self.server.shutdown()
        self.server.server_close()


def _serve(handler: BaseHTTPRequestHandler, upstream: int, ca_file: Path, fault: str) -> None:
    if handler.headers.get("Expect", "").lower() == "100-continue" and fault not in ("503", "reset"):
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        handler.wfile.flush()
    if fault == "reset":
        return _reset(handler)
    body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)) if fault != "503" else b""
    if fault == "503":
        _answer(handler, 503, {"Content-Type": "application/xml", "Connection": "close"}, _BUSY)
        handler.close_connection = True
        return None
    status, headers, answer = _ask(handler, upstream, ca_file, body, cut=fault == "cut")
    if fault in ("cut", "lost"):
        return _reset(handler)
    if fault == "slow":
        time.sleep(0.3)
    if fault == "mangled" and handler.command == "GET" and answer:
        answer = bytes([answer[0] ^ 1]) + answer[1:]
    short = fault == "truncated" and answer
    _answer(handler, status, headers, answer[: len(answer) // 2] if short else answer, length=len(answer))
    if short:
        _reset(handler)
    return None


def _ask(handler, upstream: int, ca_file: Path, body: bytes, *, cut: bool) -> tuple[int, dict[str, str], bytes]:
    context = ssl.create_default_context(cafile=ca_file)
    connection = http.client.HTTPSConnection("127.0.0.1", upstream, timeout=60, context=context)
    skipped = ("connection", "expect", "transfer-encoding")
    with contextlib.closing(connection):
        connection.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
        for name, value in handler.headers.items():
            if name.lower() not in skipped:
                connection.putheader(name, value)
        connection.endheaders()
        if cut:
            connection.send(body[: len(body) // 2])
            return 0, {}, b""
        connection.send(body)
        answer = connection.getresponse()
        headers = {name: value for name, value in answer.getheaders() if name.lower() not in skipped}
        length = headers.get("Content-Length", "0") if handler.command == "HEAD" else ""
        data = answer.read()
        if length:
            headers["Content-Length"] = length
        return answer.status, headers, data


def _answer(handler, status: int, headers: dict[str, str], body: bytes, length: int | None = None) -> None:
    handler.send_response_only(status)
    for name, value in headers.items():
        if name.lower() != "content-length" or handler.command == "HEAD":
            handler.send_header(name, value)
    if handler.command != "HEAD":
        handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)
    handler.wfile.flush()


def _reset(handler) -> None:
    """Break the connection off in the middle, as a dying peer does."""
    handler.close_connection = True
    raw = handler.connection
    with contextlib.suppress(OSError):
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        raw.shutdown(socket.SHUT_RDWR)
    raw.close()
