"""A ZIP file written while it is sent: neither on the disk nor in memory, and nothing compressed twice."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_EARLIEST_YEAR = 1980  # of a ZIP file's times


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One file of an archive: its size in bytes must be known, its content may come in parts."""

    name: str
    at: datetime
    size: int
    parts: Iterable[bytes]


class _Outlet(io.RawIOBase):
    """A file that cannot be sought in, from which is taken what was written."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        self._written.append(bytes(part))
        return len(part)

    def take(self) -> bytes:
        taken = b"".join(self._written)
        self._written.clear()
        return taken


def zipped(files: Iterable[ArchiveFile]) -> Iterator[bytes]:
    """The parts of a ZIP file (APPNOTE 6.3.10) that stores the files as they are, sizes and CRC-32 behind each."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.name, max(file.at.timetuple()[:6], (_EARLIEST_YEAR, 1, 1, 0, 0, 0)))
            entry.file_size = file.size  # decides whether 4 GiB and more need longer fields
            entry.external_attr = 0o644 << 16
            with archive.open(entry, "w") as target:
                for part in file.parts:
                    target.write(part)
                    yield outlet.take()
    yield outlet.take()
