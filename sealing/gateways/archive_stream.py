"""Many files as one ZIP, written while it is sent: of any size, with one part of one file in memory.

Entries are stored, not deflated: sealed files hardly get smaller. Size and check sum follow each file in a data
descriptor, and ZIP64 is used where it is needed (APPNOTE.TXT 4.3.9, 4.5.3).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, cast
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from sealing.rules.requests import plain_name

LONGEST_NAME = 240
"""Bytes of UTF-8: file systems allow 255, and a number may have to be added."""

_NOT_ON_WINDOWS = re.compile('[<>:"|?*]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One file: the name it should have, size in bytes (None if unknown), content, and when it last changed."""

    name: str
    size: int | None
    parts: Iterator[bytes]
    modified_at: datetime


class EntryOfOtherSize(Exception):
    """A file has not the size that was announced: the answer breaks off, so that nobody takes it for whole."""


def unique_names(wished: Iterable[str]) -> Iterator[str]:
    """The names that `stream_zip` would give to files that should be called so, in this order."""
    taken: dict[str, int] = {}
    for name in wished:
        yield _unique(_portable(name), taken)


def stream_zip(entries: Iterable[ZipEntry]) -> Iterator[bytes]:
    """The ZIP in parts. An entry is asked for when the one before it is written, and only then is its content read.

    Names are made plain and different on every computer: a second `a.pdf` becomes `a (2).pdf`. What reading an entry
    raises is raised here.
    """
    sink, taken = _Sink(), dict[str, int]()
    with ZipFile(cast("IO[bytes]", sink), "w", ZIP_STORED) as archive:
        for entry in entries:
            written = 0
            with archive.open(_described(entry, taken), "w", force_zip64=entry.size is None) as target:
                for part in entry.parts:
                    written += target.write(part)
                    yield sink.drained()
            if entry.size not in {None, written}:
                raise EntryOfOtherSize(entry.name)
    yield sink.drained()


class _Sink:
    """What `ZipFile` writes to: it cannot seek, and is emptied after every part."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """Nothing is held back."""

    def drained(self) -> bytes:
        joined = b"".join(self._parts)
        self._parts.clear()
        return joined


def _described(entry: ZipEntry, taken: dict[str, int]) -> ZipInfo:
    at = entry.modified_at.astimezone(UTC)
    described = ZipInfo(_unique(_portable(entry.name), taken), date_time=at.timetuple()[:6])
    described.file_size = entry.size or 0
    described.external_attr = 0o644 << 16
    return described


def _portable(name: str) -> str:
    plain = _NOT_ON_WINDOWS.sub("_", unicodedata.normalize("NFC", plain_name(name)))
    plain = f"_{plain}" if _DEVICE.match(plain) else plain
    stem, extension = _parted(plain)
    return _cut(stem, LONGEST_NAME - len(extension.encode())) + extension


def _parted(name: str) -> tuple[str, str]:
    """Stem and extension with its dot; a long one is no extension."""
    stem, dot, extension = name.rpartition(".")
    return (stem, dot + extension) if stem and len(extension) <= 10 else (name, "")


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")


def _unique(name: str, taken: dict[str, int]) -> str:
    """The name, numbered if it was used: also for a system that ignores case or composition."""
    candidate, (stem, extension) = name, _parted(name)
    while _folded(candidate) in taken:
        taken[_folded(name)] += 1
        candidate = f"{stem} ({taken[_folded(name)]}){extension}"
    taken[_folded(candidate)] = 1
    return candidate


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())
