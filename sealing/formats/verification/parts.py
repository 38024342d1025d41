"""A stranger's ZIP file, read only when every program would read it in the same way.

Looked at before anything is unpacked: how many parts, how large, where each lies, what it is called. Whoever hides a
part from one program and shows it to another, or would write outside of a folder, is refused (APPNOTE 6.3.9).
"""

import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, Self

from .cms import Flawed, new_digest

MOST_PARTS: Final = 1000
LARGEST_DIRECTORY: Final = 1 << 20
LARGEST_UNPACKED: Final = 512 << 20
LARGEST_SIGNATURE_PART: Final = 16 << 20
"""Bytes of a signature, manifest or timestamp."""
LARGEST_RATIO: Final = 200
LEAST_SUSPICIOUS: Final = 1 << 20
LONGEST_NAME: Final = 300
CHUNK_SIZE: Final = 1 << 18
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_END: Final = struct.Struct("<4s4H2IH")
_LONGEST_COMMENT: Final = 0xFFFF
_ZIP64_END_SIZE: Final = 56 + 20
_UTF8_NAME: Final = 0x800
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
_PATCHED: Final = 0x20
_DESCRIPTOR: Final = 0x8
_DESCRIPTOR_SIZES: Final = {12, 16, 20, 24}
_METHODS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


@dataclass(frozen=True)
class Part:
    """One file in the container: its name, and its size in bytes by the directory."""

    name: str
    size: int
    plain: bool
    entry: zipfile.ZipInfo


class Parts:
    """The parts of a container by name, in the order in which they lie in the file."""

    def __init__(self, container: zipfile.ZipFile, parts: list[Part]) -> None:
        self._container = container
        self._parts = {part.name: part for part in parts}
        self._digests: dict[tuple[str, str], bytes] = {}

    @classmethod
    def read(cls, stream: BinaryIO) -> Self:
        """Look at the structure; raises `Flawed`."""
        directory_at, end_at = _find_end(stream)
        try:
            container = zipfile.ZipFile(stream)
            entries = sorted(container.infolist(), key=lambda entry: entry.header_offset)
        except NotImplementedError as error:  # the directory asks for a version of ZIP after 6.3
            raise Flawed("container_not_supported") from error
        except (zipfile.BadZipFile, struct.error, ValueError, EOFError, OSError) as error:
            raise Flawed("unreadable") from error
        _check_amount(entries)
        parts = [_part(entry) for entry in entries]
        _check_names(parts)
        _check_places(stream, entries, container.start_dir, directory_at, end_at)
        return cls(container, [part for part in parts if not part.entry.is_dir()])

    def __contains__(self, name: str) -> bool:
        return name in self._parts

    def __iter__(self) -> Iterator[Part]:
        return iter(self._parts.values())

    def content(self, name: str) -> bytes:
        """A small part's content; raises `Flawed`."""
        if self._parts[name].size > LARGEST_SIGNATURE_PART:
            raise Flawed("too_complex")
        return b"".join(self.pieces(name))

    def pieces(self, name: str) -> Iterator[bytes]:
        """A part's content, piece by piece; raises `Flawed` when it is damaged."""
        try:
            with self._container.open(self._parts[name].entry) as stream:
                while piece := stream.read(CHUNK_SIZE):
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
            raise Flawed("damaged_part") from error

    def digest(self, name: str, algorithm: str) -> bytes:
        """A part's digest, computed once; raises `Flawed`."""
        key = (name, algorithm)
        if key not in self._digests:
            running = new_digest(algorithm)
            for piece in self.pieces(name):
                running.update(piece)
            self._digests[key] = bytes(running.digest())
        return self._digests[key]


def _find_end(stream: BinaryIO) -> tuple[int, int]:
    """Where the directory must be and where its end record is; there is one such record, and nothing follows it."""
    size = stream.seek(0, os.SEEK_END)
    start = max(0, size - _END.size - _LONGEST_COMMENT)
    stream.seek(start)
    tail = stream.read()
    found = []
    at = tail.find(b"PK\x05\x06")
    while at >= 0 and at + _END.size <= len(tail):
        fields = _END.unpack_from(tail, at)
        if start + at + _END.size + fields[7] == size:
            found.append((start + at, fields))
        at = tail.find(b"PK\x05\x06", at + 1)
    if not found:
        raise Flawed("unreadable")
    if len(found) > 1:
        raise Flawed("ambiguous_container")
    end_at, (_, disk, first, here, entries, directory_size, directory_at, _comment) = found[0]
    if 0xFFFFFFFF in (directory_size, directory_at) or 0xFFFF in (entries, here):
        return _find_long_end(stream, end_at), end_at
    if disk or first or here != entries:
        raise Flawed("container_not_supported")
    if entries > MOST_PARTS or directory_size > LARGEST_DIRECTORY:
        raise Flawed("too_complex")
    return directory_at, end_at


def _find_long_end(stream: BinaryIO, end_at: int) -> int:
    """The directory by the ZIP64 end record, which lies right before its locator and the ordinary end record."""
    record_at = end_at - _ZIP64_END_SIZE
    if record_at < 0:
        raise Flawed("ambiguous_container")
    stream.seek(record_at)
    record = stream.read(_ZIP64_END_SIZE)
    signature, _size, _made, _needed, disk, first, here, entries, directory_size, directory_at = struct.unpack_from(
        "<4sQ2H2I4Q", record
    )
    locator, locator_disk, located_at, disks = struct.unpack_from("<4sIQI", record, 56)
    if (signature, locator, located_at) != (b"PK\x06\x06", b"PK\x06\x07", record_at):
        raise Flawed("ambiguous_container")
    if disk or first or locator_disk or disks > 1 or here != entries:
        raise Flawed("container_not_supported")
    if entries > MOST_PARTS or directory_size > LARGEST_DIRECTORY:
        raise Flawed("too_complex")
    return int(directory_at)


def _check_amount(entries: list[zipfile.ZipInfo]) -> None:
    """Enough room for everything that the directory promises; it cannot be exceeded later."""
    if len(entries) > MOST_PARTS or sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
        raise Flawed("too_complex")
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED:
            raise Flawed("encrypted")
        if entry.compress_type not in _METHODS or entry.flag_bits & _PATCHED:
            raise Flawed("container_not_supported")
        if entry.file_size > max(LEAST_SUSPICIOUS, entry.compress_size * LARGEST_RATIO):
            raise Flawed("too_complex")


def _part(entry: zipfile.ZipInfo) -> Part:
    plain = entry.compress_type == zipfile.ZIP_STORED and not entry.extra
    return Part(_name(entry), entry.file_size, plain, entry)


def _name(entry: zipfile.ZipInfo) -> str:
    """Many programs write UTF-8 without saying so; what is none is read as code page 437, as it is meant then."""
    if entry.flag_bits & _UTF8_NAME:
        return entry.orig_filename
    try:
        return _raw_name(entry).decode()
    except UnicodeDecodeError:
        return entry.orig_filename


def _raw_name(entry: zipfile.ZipInfo) -> bytes:
    return entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF8_NAME else "cp437")


def _check_names(parts: list[Part]) -> None:
    names = [unicodedata.normalize("NFC", part.name) for part in parts]
    if len(set(names)) != len(names):
        raise Flawed("ambiguous_container")
    if any(_is_unsafe(part) for part in parts):
        raise Flawed("unsafe_name")


def _is_unsafe(part: Part) -> bool:
    """A name that leads out of the folder, or looks like another one; a link instead of a file."""
    steps = part.name.removesuffix("/").split("/")
    return (
        len(part.name) > LONGEST_NAME
        or "\\" in part.name
        or any(step in {"", ".", ".."} for step in steps)
        or (len(steps[0]) > 1 and steps[0][1] == ":")
        or any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for letter in part.name)
        or stat.S_IFMT(part.entry.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}
        or (part.entry.is_dir() and part.size > 0)
    )


def _check_places(
    stream: BinaryIO, entries: list[zipfile.ZipInfo], found_at: int, directory_at: int, end_at: int
) -> None:
    """The parts lie one after the other from the first byte to the directory, and each header says the same."""
    if found_at != directory_at:
        raise Flawed("ambiguous_container")
    spans = [_span(stream, entry) for entry in entries]
    ends = [(0, False), *((end, described) for _, end, described in spans)]
    starts = [*(start for start, _, _ in spans), directory_at]
    for (end, described), start in zip(ends, starts, strict=True):
        if start != end and not (described and start - end in _DESCRIPTOR_SIZES):
            raise Flawed("ambiguous_container")
    if not directory_at < end_at and entries:
        raise Flawed("ambiguous_container")


def _span(stream: BinaryIO, entry: zipfile.ZipInfo) -> tuple[int, int, bool]:
    """Where a part begins and ends by its own header, and whether a data descriptor follows it."""
    stream.seek(entry.header_offset)
    header = stream.read(_LOCAL.size)
    if len(header) < _LOCAL.size:
        raise Flawed("ambiguous_container")
    signature, _version, flags, method, _time, _date, crc, packed, plain, name_size, extra_size = _LOCAL.unpack(header)
    name, extra = stream.read(name_size), stream.read(extra_size)
    described = bool(flags & _DESCRIPTOR)
    if (signature, method, name) != (b"PK\x03\x04", entry.compress_type, _raw_name(entry)):
        raise Flawed("ambiguous_container")
    if flags & (_ENCRYPTED | _DESCRIPTOR) != entry.flag_bits & (_ENCRYPTED | _DESCRIPTOR):
        raise Flawed("ambiguous_container")
    if 0xFFFFFFFF in (packed, plain):
        packed, plain = _long_sizes(extra)
    told = (crc, packed, plain)
    if told != (entry.CRC, entry.compress_size, entry.file_size) and not (described and not any(told)):
        raise Flawed("ambiguous_container")
    end = entry.header_offset + _LOCAL.size + name_size + extra_size + entry.compress_size
    return entry.header_offset, end, described


def _long_sizes(extra: bytes) -> tuple[int, int]:
    """Packed and plain size from the extra field of ZIP64 (APPNOTE 4.5.3)."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<2H", extra)
        if kind == 1 and size >= 16 and len(extra) >= 20:
            plain, packed = struct.unpack_from("<2Q", extra, 4)
            return int(packed), int(plain)
        extra = extra[4 + size :]
    raise Flawed("ambiguous_container")
