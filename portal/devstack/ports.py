"""Loopback ports, chosen once per checkout and remembered."""

from __future__ import annotations

import errno
import json
import secrets
import socket
from pathlib import Path

# Below Linux's range for outgoing connections, or one of those may sit on a remembered port at the next start.
CANDIDATES = range(20_000, 32_000)
LOOPBACKS = [(socket.AF_INET, "127.0.0.1")] + ([(socket.AF_INET6, "::1")] if socket.has_ipv6 else [])


def is_free(port: int) -> bool:
    """Whether nothing listens there, on IPv6 neither: a browser may try that first for `localhost`."""
    return not any(_is_taken(family, host, port) for family, host in LOOPBACKS)


def _is_taken(family: socket.AddressFamily, host: str, port: int) -> bool:
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno in {errno.EADDRINUSE, errno.EACCES}
    return False


def remembered(var: Path, name: str) -> int | None:
    """The port that `name` used last time in this checkout, free or not."""
    return _read(var).get(name)


def claim(var: Path, name: str) -> int:
    """A free port for `name`: the one of last time if possible."""
    port = remembered(var, name)
    if port is None or not is_free(port):
        port = secrets.choice(CANDIDATES)  # at random, so that several checkouts do not choose the same
        while not is_free(port):
            port = secrets.choice(CANDIDATES)
        (var / "ports.json").write_text(json.dumps(_read(var) | {name: port}))
    return port


def _read(var: Path) -> dict[str, int]:
    path = var / "ports.json"
    ports: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    return ports
