"""One careful HTTP client for authorities: kept-alive connections, no redirects, a time limit, a size limit."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import urllib3

TIMEOUT_SECONDS = 5.0
_CHUNK_BYTES = 16 * 1024


class NoReply(Exception):
    """No complete reply: refused, reset, too slow or too long. `elapsed` is how long it took to find out."""

    def __init__(self, detail: str, elapsed: timedelta) -> None:
        super().__init__(detail)
        self.elapsed = elapsed


@dataclass(frozen=True)
class Reply:
    """A complete reply, of any status."""

    status: int
    content_type: str
    body: bytes
    elapsed: timedelta


def exchange(
    method: str,
    url: str,
    *,
    limit_bytes: int,
    body: bytes | None = None,
    headers: Mapping[str, str],
    limit_seconds: float | None = None,
) -> Reply:
    """Send one request and read the whole reply within `limit_seconds` (5 s) and `limit_bytes`. Raises NoReply."""
    started = time.monotonic()
    try:
        response = _pool.connections().request(
            method, url, body=body, headers=dict(headers), redirect=False, retries=False, preload_content=False
        )
        try:
            content = _read(response, limit_bytes=limit_bytes, deadline=started + (limit_seconds or TIMEOUT_SECONDS))
        except BaseException:
            response.close()  # what is left of the reply must not be read as the next one
            raise
        response.release_conn()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise NoReply(f"{type(error).__name__}", _since(started)) from error
    return Reply(response.status, response.headers.get("Content-Type", ""), content, _since(started))


def _read(response: urllib3.BaseHTTPResponse, *, limit_bytes: int, deadline: float) -> bytes:
    content = bytearray()
    while chunk := response.read1(_CHUNK_BYTES):
        content += chunk
        if len(content) > limit_bytes:
            raise urllib3.exceptions.ResponseError("too large")
        if time.monotonic() > deadline:
            raise urllib3.exceptions.ResponseError("too slow")
    return bytes(content)


def _since(started: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - started)


class _Pool:
    """Connections of this process; a forked child must not share its parent's sockets."""

    def __init__(self) -> None:
        self.opened: urllib3.PoolManager | None = None

    def forget(self) -> None:
        self.opened = None

    def connections(self) -> urllib3.PoolManager:
        if self.opened is None:
            timeout = urllib3.Timeout(connect=TIMEOUT_SECONDS, read=TIMEOUT_SECONDS)
            self.opened = urllib3.PoolManager(num_pools=20, maxsize=8, timeout=timeout)
        return self.opened


_pool = _Pool()
os.register_at_fork(after_in_child=_pool.forget)
