"""Posts one message to one address of a customer's, and comes back with whatever was answered.

Nothing that a receiver does leads anywhere else or takes long: the name is resolved with every delivery and the
connection goes to the very address that was checked; redirects are not followed; there is a time limit on everything
together, and of the answer only so much is read.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from http.client import HTTPConnection, HTTPException, HTTPResponse

from accounts.gateways.egress import HostRefused, HostUnknown, resolve_public
from accounts.rules.webhook_addresses import Target

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 15.0
READ_BYTES = 64 * 1024
KEPT_BYTES = 8 * 1024
_KEPT_HEADERS = ("content-type", "content-length", "location", "retry-after", "server", "date", "x-request-id")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a `status`, or in `error` why none did. `body` is cut to `KEPT_BYTES`."""

    milliseconds: int
    status: int | None = None
    error: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


class _NoAnswer(Exception):
    """`args[0]` says why, in a word that is kept."""


def post(target: Target, body: bytes, headers: Mapping[str, str], *, total_seconds: float = TOTAL_SECONDS) -> Answer:
    """Send the message. `error` is one of address_refused, name_unknown, not_reached, tls_failed, timeout, broken_off.

    Never raises for what the receiver does.
    """
    started = time.monotonic()
    deadline = started + total_seconds
    try:
        with _connected(target, deadline) as connection, _cut_off(connection, deadline) as cut:
            try:
                status, found, content = _exchange(connection, target, body, headers)
            except (OSError, HTTPException, ValueError) as error:
                raise _NoAnswer("timeout" if cut.fell or isinstance(error, TimeoutError) else "broken_off") from error
            if cut.fell:  # headers that were cut short look like all there is
                raise _NoAnswer("timeout")
    except _NoAnswer as reason:
        return Answer(_since(started), error=str(reason))
    return Answer(_since(started), status, "", found, content)


def _since(started: float) -> int:
    return int((time.monotonic() - started) * 1000)


@contextmanager
def _connected(target: Target, deadline: float) -> Iterator[socket.socket]:
    connection = _connect(target, _addresses(target), deadline)
    try:
        connection.settimeout(max(0.1, deadline - time.monotonic()))
        if target.secure:
            try:
                connection = _tls(os.environ.get("SSL_CERT_FILE")).wrap_socket(connection, server_hostname=target.host)
            except TimeoutError as error:
                raise _NoAnswer("timeout") from error
            except (OSError, ValueError) as error:
                raise _NoAnswer("tls_failed") from error
        yield connection
    finally:
        connection.close()


def _addresses(target: Target) -> list[str]:
    try:
        return resolve_public(target.host, target.port)
    except HostRefused as refusal:
        raise _NoAnswer("address_refused") from refusal
    except HostUnknown as outage:
        raise _NoAnswer("name_unknown") from outage


def _connect(target: Target, addresses: list[str], deadline: float) -> socket.socket:
    for address in addresses:
        left = min(CONNECT_SECONDS, deadline - time.monotonic())
        if left <= 0:
            break
        with suppress(OSError):
            return socket.create_connection((address, target.port), timeout=left)
    raise _NoAnswer("not_reached")


@lru_cache(maxsize=4)
def _tls(certificates: str | None) -> ssl.SSLContext:
    """Loading the trusted authorities takes 20 ms. `certificates` is the file that OpenSSL has them from."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@contextmanager
def _cut_off(connection: socket.socket, deadline: float) -> Iterator[_Cut]:
    """Shut the connection at the deadline: who sends a byte a second never runs into a timeout of reading."""
    cut, line = _Cut(), socket.socket(fileno=os.dup(connection.fileno()))
    timer = threading.Timer(max(0.0, deadline - time.monotonic()), cut.shut, [line])
    timer.daemon = True
    timer.start()
    try:
        yield cut
    finally:
        timer.cancel()
        line.close()


class _Cut:
    def __init__(self) -> None:
        self.fell = False

    def shut(self, line: socket.socket) -> None:
        self.fell = True
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


def _exchange(
    connection: socket.socket, target: Target, body: bytes, headers: Mapping[str, str]
) -> tuple[int, dict[str, str], str]:
    speaking = HTTPConnection(target.host, target.port)
    speaking.sock = connection
    sent = {"Host": target.authority, "Content-Type": "application/json", "Connection": "close", **headers}
    speaking.putrequest("POST", target.path, skip_host=True, skip_accept_encoding=True)
    for name, value in {**sent, "Content-Length": str(len(body)), "User-Agent": "Sealport-Webhooks/1"}.items():
        speaking.putheader(name, value)
    speaking.endheaders(body)
    answer = speaking.getresponse()
    found = {name: answer.headers[name][:300] for name in _KEPT_HEADERS if name in answer.headers}
    content = _read(answer)[:KEPT_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd")
    return answer.status, found, content


def _read(answer: HTTPResponse) -> bytes:
    content = bytearray()
    while len(content) < READ_BYTES and (chunk := answer.read1(READ_BYTES - len(content))):
        content += chunk
    return bytes(content)
