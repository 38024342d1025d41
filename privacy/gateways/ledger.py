"""The erasure ledger outside the database: a line for each entry, in a file that restoring a backup does not undo."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings

_NAME = "erasures.jsonl"
_ROOM_BYTES = 64 * 1024  # more than the entries of one erasure
_FIELDS = {"id", "rule", "step", "subject_kind", "subject_hash", "counts", "written_at"}


class LedgerDamaged(OSError):
    """A whole line that is no entry: no crash leaves that, so nobody knows what the file has lost."""


def _path() -> Path:
    folder: Path = settings.ERASURE_LEDGER_DIR
    return folder / _NAME


def append(entries: Iterable[dict[str, Any]]) -> int:
    """Write those whose `id` is not there yet, and return how many once they are on the disk.

    Raises `OSError` when the folder cannot be written to, or its disk is full: then nothing may be erased. A full disk
    is told of before there is anything to write, so that nothing is begun.
    """
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8", errors="replace") as file:
        _require_room(file.fileno())
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        known = {entry["id"] for entry in _entries(text)}
        missing = [entry for entry in entries if entry["id"] not in known]
        if text and not text.endswith("\n"):  # a crash cut the last line off
            file.write("\n")
        file.writelines(json.dumps(entry, sort_keys=True) + "\n" for entry in missing)
        file.flush()
        os.fsync(file.fileno())
    return len(missing)


def _require_room(descriptor: int) -> None:
    disk = os.fstatvfs(descriptor)
    if disk.f_bavail * disk.f_frsize < _ROOM_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(_path()))


def mark() -> tuple[int, int] | None:
    """What changes whenever the file does (its size and moment); None when there is no file. Asked with every request.

    Raises `OSError` when the folder cannot be looked into.
    """
    try:
        found = os.stat(_path())  # noqa: PTH116 - a third of the time that `Path.stat` takes
    except FileNotFoundError:
        return None
    return found.st_size, found.st_mtime_ns


def entries() -> Iterator[dict[str, Any]]:
    """All entries, oldest first; none when there is no file yet. A line that a crash cut off is none.

    Raises `OSError`, and `LedgerDamaged`, which is one.
    """
    path = _path()
    if path.exists():
        yield from _entries(path.read_text(encoding="utf-8", errors="replace"))


def _entries(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        with suppress(json.JSONDecodeError):
            entry = json.loads(line)
            if not (isinstance(entry, dict) and entry.keys() >= _FIELDS):
                raise LedgerDamaged(line[:80])
            yield entry
