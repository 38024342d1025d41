"""A customer's identity provider that never ends its answer holds up nobody else's sign-in."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import Any

import pytest

from accounts.gateways import open_id
from accounts.gateways.assertions import AssertionRefused
from accounts.gateways.open_id import ProviderAway, discover

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def drips(listening: socket.socket, beginning: bytes, drop: bytes) -> None:
    """Answers one request with a drop every tenth of a second, for as long as anybody listens."""
    connection, _address = listening.accept()
    with connection, suppress(OSError):
        connection.recv(65536)
        connection.sendall(beginning)
        while True:
            time.sleep(0.1)
            connection.sendall(drop)


@pytest.mark.parametrize(
    ("beginning", "drop"),
    [(HEAD, b"X-More: 1\r\n"), (HEAD + b"Content-Length: 100000\r\n\r\n", b" "), (HEAD + b"\r\n", b" ")],
    ids=["headers", "content", "content without a length"],
)
def test_an_answer_without_end_is_cut_off(
    settings: Any, monkeypatch: pytest.MonkeyPatch, beginning: bytes, drop: bytes
) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setattr(open_id, "TOTAL_SECONDS", 0.4)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=drips, args=(listening, beginning, drop), daemon=True).start()
        began = time.monotonic()
        with pytest.raises((ProviderAway, AssertionRefused)):
            discover(f"http://127.0.0.1:{listening.getsockname()[1]}")
    assert time.monotonic() - began < 3
