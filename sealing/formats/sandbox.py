"""Reading strangers' PDFs somewhere else: in a child process that holds no secret and may die at any time.

One `Sandbox` for each worker process, made after fork. The long-lived child (`sandbox_server`) forks once for each
document, under limits on memory, CPU, wall time, files and processes, so that a document costs its owner at most a
refusal.
"""

import hashlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from .errors import UnsealableDocument
from .facts import PdfFacts
from .frames import pack, read_frame, unpack
from .keys import ValidationMaterial
from .reading import DEFAULT_LIMITS, VERIFICATION_LIMITS, PdfLimits
from .revision import Revision, RevisionRequest
from .verification.findings import Verification, from_message, unjudged
from .verification.trust import Anchors
from .verification.words import REFUSED

PACKAGE_ROOT: Final = Path(__file__).resolve().parents[2]
REPLY_MARGIN_SECONDS: Final = 10.0
_NOTHING_LENT: Final = ValidationMaterial()


class SandboxUnavailable(Exception):
    """The sandbox process cannot be started or keeps dying: our failure, never the document's."""


@dataclass(frozen=True)
class SandboxLimits:
    """What one document may use: address space in bytes, CPU and wall time in seconds."""

    memory_bytes: int = 1 << 30
    cpu_seconds: int = 15
    wall_seconds: float = 25.0


@contextmanager
def _nonsense_refused() -> Iterator[None]:
    """A child that answers in another shape was taken over by its document."""
    try:
        yield
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise UnsealableDocument("unreadable_pdf", "reading it disturbed the reader") from error


def _revision(values: dict[str, Any]) -> Revision:
    revision = Revision(**values)
    archive = _revision(values["archive"]) if values["archive"] is not None else None
    return replace(revision, contents=(revision.contents[0], revision.contents[1]), archive=archive)


class Sandbox:
    """A client of one sandbox process; safe to share between threads, one document at a time."""

    def __init__(self, limits: PdfLimits = DEFAULT_LIMITS, resources: SandboxLimits | None = None) -> None:
        self._limits = limits
        self._resources = resources or SandboxLimits()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None

    def inspect_pdf(self, path: Path, limits: PdfLimits | None = None) -> PdfFacts:
        """Preflight; raises `UnsealableDocument`, or `SandboxUnavailable` when the sandbox itself is out of order."""
        reply = self._request(path, {"operation": "inspect"}, limits)
        with _nonsense_refused():
            return PdfFacts.from_json(reply["facts"])

    def prepare(self, path: Path, request: RevisionRequest) -> Revision:
        """`pades.prepare` outside of this process; raises the same, and `SandboxUnavailable`."""
        values = asdict(request)
        if request.signature is not None:
            values["signature"]["signed_at"] = request.signature.signed_at.isoformat()
        reply = self._request(path, {"operation": "prepare", "request": values}, None)
        with _nonsense_refused():
            return _revision(reply["revision"])

    def verify_file(
        self,
        path: Path,
        anchors: Anchors,
        now: datetime,
        *,
        lent: ValidationMaterial = _NOTHING_LENT,
        digests: Mapping[str, bytes] | None = None,
    ) -> Verification:
        """`verification.engine.verify_file` outside of this process; only `SandboxUnavailable` is raised."""
        request = {
            "live": anchors.live,
            "test": anchors.test,
            "now": now.isoformat(),
            "lent": asdict(lent),
            "digests": dict(digests or {}),
        }
        try:
            reply = self._request(path, {"operation": "verify", "request": request}, VERIFICATION_LIMITS)
            return from_message(reply["verification"])
        except UnsealableDocument as refused:
            found = unjudged(REFUSED.get(refused.code, "unreadable"))
        except (KeyError, TypeError, ValueError, AttributeError):  # a child that was taken over by its document
            found = unjudged("unreadable")
        with path.open("rb") as stream:
            return replace(found, size=path.stat().st_size, sha256=hashlib.file_digest(stream, "sha256").hexdigest())

    @property
    def process_id(self) -> int | None:
        """The sandbox process, when it runs."""
        return self._process.pid if self._process is not None else None

    def close(self) -> None:
        """End the sandbox process; the next request would start a new one."""
        with self._lock:
            self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _request(self, path: Path, message: dict[str, Any], limits: PdfLimits | None) -> dict[str, Any]:
        frame = pack(message | asdict(self._resources) | {"limits": asdict(limits or self._limits)})
        with self._lock, path.open("rb") as document:
            body = self._exchange(frame, document.fileno())
        with _nonsense_refused():
            reply = unpack(body)
            if "refused" in reply:
                raise UnsealableDocument(reply["refused"], str(reply.get("detail", "")))
        return reply

    def _exchange(self, frame: bytes, document: int) -> bytes:
        """One round trip; a sandbox that died since the last document is replaced once."""
        for _ in range(2):
            connection = self._connect()
            try:
                sent = socket.send_fds(connection, [frame], [document])
                connection.sendall(frame[sent:])
                deadline = time.monotonic() + self._resources.wall_seconds + REPLY_MARGIN_SECONDS
                return read_frame(connection.fileno(), deadline)
            except (OSError, EOFError, TimeoutError, ValueError):
                self._stop()
        raise SandboxUnavailable("the sandbox process keeps dying")

    def _connect(self) -> socket.socket:
        if self._connection is not None and self._process is not None and self._process.poll() is None:
            return self._connection
        self._stop()
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    [sys.executable, "-s", "-E", "-m", "sealing.formats.sandbox_server", str(theirs.fileno())],
                    cwd=PACKAGE_ROOT,
                    env={},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                )
            except OSError as error:
                ours.close()
                raise SandboxUnavailable("the sandbox process cannot be started") from error
        self._connection = ours
        return ours

    def _stop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            with suppress(OSError):
                self._process.kill()
            self._process.wait()
            self._process = None
