"""A register of VAT numbers on loopback that answers as VIES does, and misbehaves as told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Conduct = Callable[["_Visit", dict[str, Any]], None]


@dataclass
class FakeVies:
    """`valid` are the numbers it knows, with prefix; `conduct` answers instead of it; `asked` is what it was asked."""

    url: str = ""
    valid: set[str] = field(default_factory=set)
    conduct: Conduct | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)


class _Visit(BaseHTTPRequestHandler):
    vies: FakeVies

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.vies.asked.append(question)
        with suppress(OSError):
            if self.vies.conduct is not None:
                self.vies.conduct(self, question)
            else:
                self.tell(answer(question, valid=question["countryCode"] + question["vatNumber"] in self.vies.valid))

    def tell(self, told: Any, status: int = 200) -> None:
        self.send(json.dumps(told).encode(), status)

    def send(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def answer(question: dict[str, Any], *, valid: bool) -> dict[str, Any]:
    """What VIES answers when all is well."""
    return {
        "countryCode": question["countryCode"],
        "vatNumber": question["vatNumber"],
        "requestDate": "2026-11-23T09:30:00.000Z",
        "valid": valid,
        "requestIdentifier": "WAPIAAAAZ0000001" if valid else "",
        "name": "SIA PIRCĒJS" if valid else "---",
        "address": "Brīvības iela 1, Rīga" if valid else "---",
        "traderName": "---",
    }


def failing(code: str, status: int = 200) -> Conduct:
    """An error as VIES reports it: of its own, or of the member state's register."""
    wrapped = {"actionSucceed": False, "errorWrappers": [{"error": code}]}
    return lambda visit, _question: visit.tell(wrapped, status)


def saying(told: Any, status: int = 200) -> Conduct:
    """Anything else that is JSON."""
    return lambda visit, _question: visit.tell(told, status)


def sending(body: bytes) -> Conduct:
    """Anything at all."""
    return lambda visit, _question: visit.send(body)


def about_another(visit: _Visit, question: dict[str, Any]) -> None:
    """A lie: an answer, and a good one, to another question."""
    visit.tell(answer({**question, "vatNumber": "99999999999"}, valid=True))


def trickling(visit: _Visit, _question: dict[str, Any]) -> None:
    """One byte at a time, for ever."""
    visit.send_response(200)
    visit.end_headers()
    while True:
        visit.wfile.write(b" ")
        time.sleep(0.02)


@contextmanager
def fake_vies() -> Iterator[FakeVies]:
    """A register that listens; afterwards nobody does at its address."""
    vies = FakeVies()
    visit = type("Visit", (_Visit,), {"vies": vies})
    server = ThreadingHTTPServer(("127.0.0.1", 0), visit)
    server.daemon_threads = True
    vies.url = f"http://127.0.0.1:{server.server_address[1]}/check-vat-number"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield vies
    finally:
        server.shutdown()
        server.server_close()
