"""A receiver of webhooks on loopback that verifies what it gets with the public library, and misbehaves as told."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook as PublicLibrary

Conduct = Callable[["_Visit"], None]


@dataclass
class Receiver:
    """`conduct` answers; `secrets` are those that messages are verified with, `verified` what passed."""

    url: str = ""
    conduct: Conduct | None = None
    secrets: list[str] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    verified: list[dict[str, Any]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0


class _Visit(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver = self.receiver
        receiver.requests.append((self.path, headers, body))
        receiver.at_once += 1
        receiver.most_at_once = max(receiver.most_at_once, receiver.at_once)
        for secret in receiver.secrets:  # each must be able to verify: that is what rotation promises
            receiver.verified.append(PublicLibrary(secret).verify(body, headers))
        with suppress(OSError):
            (receiver.conduct or answering(204))(self)
        receiver.at_once -= 1

    def log_message(self, *_: object) -> None:
        pass


def answering(status: int, body: bytes = b"", **headers: str) -> Conduct:
    """Answer with a status, a body, and headers whose `_` is a `-`."""

    def conduct(visit: _Visit) -> None:
        visit.send_response(status)
        for name, value in headers.items():
            visit.send_header(name.replace("_", "-"), value)
        visit.send_header("Content-Length", str(len(body)))
        visit.end_headers()
        visit.wfile.write(body)

    return conduct


def endless(visit: _Visit) -> None:
    """A body that never ends."""
    visit.send_response(200)
    visit.end_headers()
    while True:
        visit.wfile.write(b"x" * 65536)


def trickling(visit: _Visit) -> None:
    """A header that comes one byte at a time (slowloris), for ever."""
    visit.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        visit.wfile.write(b"x")
        visit.wfile.flush()
        time.sleep(0.05)


def silent(visit: _Visit) -> None:
    """No answer at all, until the other side goes."""
    visit.connection.recv(1)


def resetting(visit: _Visit) -> None:
    """The connection is reset."""
    visit.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    visit.connection.close()
    visit.close_connection = True


def babbling(visit: _Visit) -> None:
    """Something that is not HTTP."""
    visit.wfile.write(b"220 mail.example ESMTP\r\n")
    visit.close_connection = True


@contextmanager
def receiver(certificate: Path | None = None) -> Iterator[Receiver]:
    """A receiver at `url`: http, or https with a PEM file of key and certificate."""
    found = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Visit", (_Visit,), {"receiver": found}))
    server.daemon_threads = True
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    found.url = f"{scheme}://127.0.0.1:{server.server_port}/hooks"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


def content(body: bytes) -> dict[str, Any]:
    """A message as its receiver reads it."""
    read: dict[str, Any] = json.loads(body)
    return read
