"""A small HTTP/1.1 server on asyncio: keep-alive, pipelining, bodies with Content-Length, nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import cast
from urllib.parse import parse_qsl, urlsplit

MAX_HEAD_BYTES = 16 * 1024
MAX_BODY_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    status: HTTPStatus = HTTPStatus.OK


class BadRequest(Exception):
    """The request cannot be answered; the text goes back with the status."""

    def __init__(self, detail: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(detail)
        self.status = status


@dataclass(frozen=True)
class Head:
    method: str
    target: str
    length: int
    keep_alive: bool


class Connection(asyncio.Protocol):
    """One client. Whatever arrives is answered in order; what cannot be understood ends the connection."""

    def __init__(self, answer: Callable[[Request], Response]) -> None:
        self._answer, self._received = answer, b""
        self._head: Head | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, received: bytes) -> None:
        self._received += received
        try:
            while not self._transport.is_closing() and (request := self._next_request()):
                self._respond(request)
        except BadRequest as refusal:
            self._send(Response(f"{refusal}\n".encode(), status=refusal.status), keep_alive=False)

    def _next_request(self) -> tuple[Head, bytes] | None:
        """Takes one whole request off what has been received, if there is one."""
        if self._head is None:
            head, found, rest = self._received.partition(b"\r\n\r\n")
            if len(head) > MAX_HEAD_BYTES:
                raise BadRequest("The header is too long.", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            if not found:
                return None
            self._head, self._received = _parse_head(head), rest
        if len(self._received) < self._head.length:
            return None
        request = (self._head, self._received[: self._head.length])
        self._received, self._head = self._received[self._head.length :], None
        return request

    def _respond(self, request: tuple[Head, bytes]) -> None:
        head, body = request
        try:
            answered = self._answer(_request(head, body))
        except BadRequest as refusal:
            answered = Response(f"{refusal}\n".encode(errors="replace"), status=refusal.status)
        self._send(answered, keep_alive=head.keep_alive)

    def _send(self, response: Response, *, keep_alive: bool) -> None:
        head = (
            f"HTTP/1.1 {response.status.value} {response.status.phrase}\r\nContent-Type: {response.content_type}\r\n"
            f"Content-Length: {len(response.body)}\r\nConnection: {'keep-alive' if keep_alive else 'close'}\r\n\r\n"
        )
        self._transport.write(head.encode() + response.body)
        if not keep_alive:
            self._transport.close()


def _request(head: Head, body: bytes) -> Request:
    try:
        target = urlsplit(head.target)
        return Request(head.method, target.path, dict(parse_qsl(target.query)), body)
    except ValueError as error:
        raise BadRequest(f"Not an address: {error}") from error


def _parse_head(raw: bytes) -> Head:
    request_line, *lines = raw.decode("latin-1").split("\r\n")
    words = request_line.split(" ")
    if len(words) != 3 or words[2] not in {"HTTP/1.0", "HTTP/1.1"}:
        raise BadRequest("Not a request of HTTP/1.1.")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = fields.get("content-length", "0")
    if "transfer-encoding" in fields:
        raise BadRequest("Send the body with a Content-Length.", HTTPStatus.LENGTH_REQUIRED)
    if not (length.isascii() and length.isdigit()):
        raise BadRequest("Content-Length must be a number.")
    if len(length) > len(str(MAX_BODY_BYTES)) or int(length) > MAX_BODY_BYTES:
        raise BadRequest("The body is too large.", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    asked = fields.get("connection", "keep-alive" if words[2] == "HTTP/1.1" else "close").lower()
    return Head(words[0], words[1], int(length), keep_alive=asked != "close")
