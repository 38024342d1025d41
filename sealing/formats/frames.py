"""Length-prefixed JSON between the sandbox and its owner, over a Unix socket or a pipe."""

import base64
import json
import os
import select
import struct
import time
from typing import Any, Final

LARGEST_FRAME: Final = 64 << 20
_LENGTH: Final = struct.Struct(">I")


def pack(message: dict[str, Any]) -> bytes:
    """One message as bytes; `bytes` values travel in base64."""
    return frame(json.dumps(message, default=_encode).encode())


def frame(body: bytes) -> bytes:
    """A message's body with its length before it."""
    return _LENGTH.pack(len(body)) + body


def _encode(value: object) -> dict[str, str]:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode("ascii")}
    raise TypeError(f"cannot send {type(value).__name__}")


def _decode(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["base64"]) if value.keys() == {"base64"} else value


def unpack(body: bytes) -> dict[str, Any]:
    """The message in a frame's body; raises ValueError when it is none."""
    match json.loads(body, object_hook=_decode):
        case dict() as message:
            return message
    raise ValueError("a message is an object")


def read_frame(descriptor: int, deadline: float) -> bytes:
    """The body of the next frame; EOFError at the end of the stream, TimeoutError after `deadline` (monotonic)."""
    (size,) = _LENGTH.unpack(_read_exactly(descriptor, _LENGTH.size, deadline))
    if size > LARGEST_FRAME:
        raise ValueError("frame too large")
    return _read_exactly(descriptor, size, deadline)


def _read_exactly(descriptor: int, size: int, deadline: float) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            raise TimeoutError
        part = os.read(descriptor, min(size - len(parts), 1 << 16))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def write_all(descriptor: int, payload: bytes) -> None:
    """Write every byte."""
    view = memoryview(payload)
    while view:
        view = view[os.write(descriptor, view) :]
