"""A gate on the way to a server: TCP connections pass while it is open and are cut when it is shut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Gate:
    """Listens on `port` of loopback and passes everything on to `target`."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open = True
        self._passing: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._admit, daemon=True).start()

    def shut(self) -> None:
        """Cut every connection; new ones are closed at once."""
        with self._lock:
            self._open = False
            while self._passing:
                _cut(self._passing.pop())

    def open(self) -> None:
        self._open = True

    def close(self) -> None:
        self.shut()
        _cut(self._listening)

    def _admit(self) -> None:
        with suppress(OSError):  # the listening socket is closed
            while True:
                visitor, _address = self._listening.accept()
                with self._lock:
                    if not self._open:
                        visitor.close()
                        continue
                    server = socket.create_connection(self._target)
                    self._passing |= {visitor, server}
                for source, sink in ((visitor, server), (server, visitor)):
                    threading.Thread(target=_pass, args=(source, sink), daemon=True).start()


def _pass(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(1 << 16):
            sink.sendall(part)
    _cut(source)
    _cut(sink)


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


@contextmanager
def gate_to(host: str, port: int) -> Iterator[Gate]:
    gate = Gate((host, port))
    try:
        yield gate
    finally:
        gate.close()
