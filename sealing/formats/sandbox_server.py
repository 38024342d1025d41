"""The sandbox process: `python -m sealing.formats.sandbox_server SOCKET_FD`.

Started clean: no key, no database, no environment. It never reads a document itself. For each request it forks a
child with hard limits, which reads the document through the descriptor it was handed and answers through a pipe.
Whatever happens to that child (exception, signal, silence) is an answer about the document.
"""

import ctypes
import gc
import logging
import os
import resource
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final

from . import lettering, picture
from .errors import UnsealableDocument
from .facts import inspect_pdf
from .frames import frame, pack, read_frame, unpack, write_all
from .keys import ValidationMaterial
from .reading import PdfLimits, read_document
from .revision import RevisionRequest, SignatureRequest, prepare_revision
from .sample import sample_container, sample_pdf
from .verification.engine import verify_file
from .verification.findings import to_message
from .verification.trust import Anchors
from .visible import VisibleSeal

_CLONE_NEWNET: Final = 0x40000000
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


def serve(connection: socket.socket) -> None:
    """Answer requests until the owner closes the connection."""
    _confine()
    _warm_up()
    while True:
        request, descriptors, _, _ = socket.recv_fds(connection, 1 << 20, 1)
        if not descriptors:
            return
        message = _rest_of(connection, request)
        answer = _answer(message, descriptors[0])
        os.close(descriptors[0])
        write_all(connection.fileno(), answer)


def _rest_of(connection: socket.socket, first: bytes) -> dict[str, Any]:
    size = int.from_bytes(first[:4], "big")
    body = bytearray(first[4:])
    while len(body) < size:
        part = connection.recv(size - len(body))
        if not part:
            raise EOFError
        body += part
    return unpack(bytes(body))


def _confine() -> None:
    """Gain nothing by exec, and see no network where the system allows that."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _LIBC.unshare(_CLONE_NEWNET)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable(logging.CRITICAL)


def _warm_up() -> None:
    """Do all imports and fill all caches once, so that children share them instead of repeating them."""
    sample = BytesIO(sample_pdf())
    inspect_pdf(sample)
    pack(asdict(read_document(sample, lambda reader: prepare_revision(reader, 0, RevisionRequest()))))
    lettering.warm_up()
    picture.warm_up()
    for content in (sample, BytesIO(sample_container())):
        verify_file(content, Anchors((), ()), datetime(2000, 1, 1, tzinfo=UTC))
    gc.collect()
    gc.disable()
    gc.freeze()


def _answer(message: dict[str, Any], document: int) -> bytes:
    """The child's frame as it is: what a child says is for the owner to judge."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        _run_child(message, document, writable)
    os.close(writable)
    try:
        return frame(read_frame(readable, time.monotonic() + message["wall_seconds"]))
    except TimeoutError:
        return pack(_refused("too_complex", "time limit"))
    except EOFError:
        return pack(_refused("too_complex", "ended by a limit"))
    except ValueError as error:
        return pack(_refused("unreadable_pdf", str(error)))
    finally:
        os.close(readable)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _refused(code: str, detail: str) -> dict[str, Any]:
    return {"refused": code, "detail": detail}


def _run_child(message: dict[str, Any], document: int, writable: int) -> None:
    try:
        _limit(message["memory_bytes"], message["cpu_seconds"])
        with os.fdopen(document, "rb", closefd=False) as stream:
            answer = _work(message, stream)
    except UnsealableDocument as error:
        answer = _refused(error.code, error.detail[:500])
    except MemoryError:
        answer = _refused("too_complex", "memory limit")
    except BaseException as error:  # noqa: BLE001 - the child has no caller; its end must be an answer
        answer = _refused("unreadable_pdf", f"{type(error).__name__}: {error}"[:500])
    with suppress(BaseException):
        write_all(writable, pack(answer))
    os._exit(0)


def _limit(memory_bytes: int, cpu_seconds: int) -> None:
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))


def _work(message: dict[str, Any], stream: Any) -> dict[str, Any]:
    limits = PdfLimits(**message["limits"])
    if message["operation"] == "inspect":
        return {"facts": inspect_pdf(stream, limits).as_json()}
    if message["operation"] == "verify":
        return {"verification": _verify(message["request"], stream, limits)}
    request = revision_request(message["request"])
    size = stream.seek(0, 2)
    revision = read_document(stream, lambda reader: prepare_revision(reader, size, request), limits)
    return {"revision": asdict(revision)}


def _verify(request: dict[str, Any], stream: Any, limits: PdfLimits) -> dict[str, Any]:
    anchors = Anchors(tuple(request["live"]), tuple(request["test"]))
    found = verify_file(
        stream,
        anchors,
        datetime.fromisoformat(request["now"]),
        limits=limits,
        lent=_material(request["lent"]),
        digests=request["digests"],
    )
    return to_message(found)


def revision_request(values: dict[str, Any]) -> RevisionRequest:
    """Rebuild a request that crossed the process border."""
    signature, material = values["signature"], values["material"]
    if signature is not None:
        visible = VisibleSeal.from_json(signature["visible"]) if signature["visible"] is not None else None
        signed_at = datetime.fromisoformat(signature["signed_at"])
        signature = SignatureRequest(**signature | {"signed_at": signed_at, "visible": visible})
    if material is not None:
        material = _material(material)
    return RevisionRequest(signature, material, values["archive_size"], values["appearance"])


def _material(values: dict[str, Any]) -> ValidationMaterial:
    return ValidationMaterial(**{key: tuple(encodings) for key, encodings in values.items()})


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as owner:
        serve(owner)
