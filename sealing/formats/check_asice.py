"""The gate for containers: the finished file is read again as if a stranger had sent it (ETSI EN 319 162-1).

Shares with the writer only the names of the parts. Whatever does not hold raises `SealCheckFailed`.
"""

import hashlib
import os
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from .check_xades import ReadArchive, ReadXades, ReferencedFile, check_xades, children, name_of, parse_xml
from .container import MANIFEST, MEDIA_TYPE, MIMETYPE, SIGNATURES, name_fault
from .errors import SealCheckFailed
from .proof import ArchiveStamp, CheckedTimestamp, check_archives, check_chains, check_timestamp

CHUNK_SIZE: Final = 1 << 20
LARGEST_PART: Final = 64 << 20
"""Bytes of a part of the container's own; what it describes may be of any size."""
_LOCAL_HEADER: Final = struct.Struct("<4s5H3I2H")
_END: Final = struct.Struct("<4s4H2IH")
_ZIP64_END_SIZE: Final = 56 + 20
_UTF8_NAME: Final = 0x800


@dataclass(frozen=True)
class ExpectedFile:
    """A file that must be in the container: name, size in bytes, SHA-256 (hexadecimal)."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class CheckedContainer:
    """What the gate found to be true; time and serial are the timestamp's (UTC), its certificate is DER.

    `archived_at` is the time of the newest archive timestamp at B-LTA, `newest_authority` the certificate (DER) of the
    timestamp that was made last, `archive_serial` its serial number.
    """

    level: str
    signing_time: datetime
    timestamp_at: datetime
    timestamp_serial: str
    timestamp_certificate: bytes
    newest_authority: bytes
    archived_at: datetime | None
    archive_serial: str


def check_asice(
    *,
    sealed: Path,
    files: Sequence[ExpectedFile],
    certificate: bytes,
    level: str,
    trust_anchors: Sequence[bytes],
    timestamped_between: tuple[datetime, datetime],
    known_certificates: Sequence[bytes] = (),
    archived_between: tuple[datetime, datetime] | None = None,
) -> CheckedContainer:
    """Everything a sealed container promises, checked on the finished file; raises `SealCheckFailed`.

    The ZIP file has exactly the parts it must have, one after the other, and nothing else; each file is the original
    and has the digest that is signed; the signature is the expected certificate's; the timestamp is over the signature
    value, genuine and in the window; at B-LT the container itself proves both chains unrevoked; at B-LTA archive
    timestamps cover all of this, each made while the one before it held, the last `archived_between` (or in the same
    window). `trust_anchors` are DER roots; `known_certificates` are issuers that may help to reach them at B-T.
    """
    try:
        with sealed.open("rb") as stream, zipfile.ZipFile(stream) as container:
            _check_structure(stream, container, [file.name for file in files])
            signature = check_xades(_part(container, SIGNATURES), certificate, level)
            contents = hashlib.sha256() if signature.archives else None
            _check_files(container, files, signature.files, contents)
            _check_manifest(parse_manifest(_part(container, MANIFEST)), signature.files)
        anchors = tuple(trust_anchors)
        stamp = _check_proof(signature, certificate, level, anchors, timestamped_between, tuple(known_certificates))
        newest = stamp
        if contents is not None:
            archives = [_archive_stamp(archive, contents) for archive in signature.archives]
            window = archived_between or timestamped_between
            newest = check_archives((certificate, ()), stamp, archives, signature.material, anchors, window)
    except (SealCheckFailed, OSError):
        raise
    except Exception as error:
        raise SealCheckFailed("the result cannot be judged") from error
    return CheckedContainer(
        level=level,
        signing_time=signature.signing_time,
        timestamp_at=stamp.facts.generated_at,
        timestamp_serial=str(stamp.facts.serial_number),
        timestamp_certificate=stamp.authority,
        newest_authority=newest.authority,
        archived_at=newest.facts.generated_at if signature.archives else None,
        archive_serial=str(newest.facts.serial_number),
    )


def _archive_stamp(archive: ReadArchive, contents: "hashlib._Hash") -> ArchiveStamp:
    digest = contents.copy()
    digest.update(archive.covered)
    return ArchiveStamp(archive.token, digest.digest(), archive.material)


def _check_structure(stream: BinaryIO, container: zipfile.ZipFile, names: list[str]) -> None:
    """Parts in their order, without gaps, extras or anything a reader might see differently."""
    entries = container.infolist()
    if [entry.orig_filename for entry in entries] != [MIMETYPE, *names, MANIFEST, SIGNATURES]:
        raise SealCheckFailed("the container has other parts than it must have")
    if any(name_fault(name, names[:number]) for number, name in enumerate(names)):
        raise SealCheckFailed("a file's name is not allowed")
    if any(entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & ~_UTF8_NAME for entry in entries):
        raise SealCheckFailed("a part is not stored plainly")
    ends = [_end_of(stream, entry) for entry in entries]
    starts = [entry.header_offset for entry in entries]
    if [0, *ends] != [*starts, container.start_dir]:
        raise SealCheckFailed("something lies between the parts")
    _check_mimetype(stream, entries[0])
    _check_end(stream, container)


def _end_of(stream: BinaryIO, entry: zipfile.ZipInfo) -> int:
    """Where a part ends by its own header, which must say what the directory says."""
    stream.seek(entry.header_offset)
    fields = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
    signature, _version, flags, method, _time, _date, crc, packed, plain, name_size, extra_size = fields
    name, extra = stream.read(name_size), stream.read(extra_size)
    if (signature, flags, method, crc) != (b"PK\x03\x04", entry.flag_bits, entry.compress_type, entry.CRC):
        raise SealCheckFailed("a part's header differs from the directory")
    if name.decode() != entry.orig_filename or entry.compress_size != entry.file_size:
        raise SealCheckFailed("a part's header differs from the directory")
    sizes = (packed, plain) if not extra else _long_sizes(extra)
    if sizes != (entry.compress_size, entry.file_size):
        raise SealCheckFailed("a part's header differs from the directory")
    return stream.tell() + entry.compress_size


def _long_sizes(extra: bytes) -> tuple[int, int]:
    """Packed and plain size from the only extra field there may be, that of ZIP64."""
    if len(extra) != 20 or struct.unpack_from("<2H", extra) != (1, 16):
        raise SealCheckFailed("a part has extra fields")
    plain, packed = struct.unpack_from("<2Q", extra, 4)
    return packed, plain


def _check_mimetype(stream: BinaryIO, entry: zipfile.ZipInfo) -> None:
    """EN 319 162-1, annex A: the first bytes tell what the file is."""
    stream.seek(_LOCAL_HEADER.size)
    if stream.read(len(MIMETYPE) + len(MEDIA_TYPE)) != (MIMETYPE + MEDIA_TYPE).encode():
        raise SealCheckFailed("the container does not say what it is")
    if entry.file_size != len(MEDIA_TYPE):
        raise SealCheckFailed("the container does not say what it is")


def _check_end(stream: BinaryIO, container: zipfile.ZipFile) -> None:
    """Nothing follows the directory but its end, which has no comment."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(size - _END.size)
    signature, _disk, _first, _here, _entries, directory_size, _offset, comment_size = _END.unpack(stream.read())
    extra = size - _END.size - container.start_dir - directory_size
    if signature != b"PK\x05\x06" or comment_size or extra not in {0, _ZIP64_END_SIZE}:
        raise SealCheckFailed("something follows the container")


def _part(container: zipfile.ZipFile, name: str) -> bytes:
    if container.getinfo(name).file_size > LARGEST_PART:
        raise SealCheckFailed("a part of the container is too large")
    return container.read(name)


def _check_files(
    container: zipfile.ZipFile,
    expected: Sequence[ExpectedFile],
    referenced: tuple[ReferencedFile, ...],
    contents: "hashlib._Hash | None",
) -> None:
    """Each file is the original, and the digest of it that was just computed is the signed one.

    `contents` sees all of them in their order, when archive timestamps are over them.
    """
    if [file.name for file in referenced] != [file.name for file in expected]:
        raise SealCheckFailed("not exactly the files are signed")
    for file, signed in zip(expected, referenced, strict=True):
        digest = hashlib.sha256()
        with container.open(file.name) as stream:
            while part := stream.read(CHUNK_SIZE):
                digest.update(part)
                if contents is not None:
                    contents.update(part)
        if container.getinfo(file.name).file_size != file.size or digest.hexdigest() != file.sha256:
            raise SealCheckFailed("a file is not the original")
        if digest.digest() != signed.digest:
            raise SealCheckFailed("a file differs from its signed digest")


def parse_manifest(content: bytes) -> list[tuple[str, str]]:
    """Path and media type of each entry of META-INF/manifest.xml."""
    root = parse_xml(content)
    if name_of(root) != "manifest:manifest":
        raise SealCheckFailed("the manifest is not one")
    space = root.nsmap[root.prefix]
    return [
        (entry.get(f"{{{space}}}full-path", ""), entry.get(f"{{{space}}}media-type", ""))
        for entry in children(root, "manifest:file-entry*")
    ]


def _check_manifest(entries: list[tuple[str, str]], files: tuple[ReferencedFile, ...]) -> None:
    if entries != [("/", MEDIA_TYPE), *((file.name, file.media_type) for file in files)]:
        raise SealCheckFailed("the manifest does not fit the files")


def _check_proof(
    signature: ReadXades,
    certificate: bytes,
    level: str,
    anchors: tuple[bytes, ...],
    window: tuple[datetime, datetime],
    known_certificates: tuple[bytes, ...],
) -> CheckedTimestamp:
    if not window[0] <= signature.signing_time <= window[1]:
        raise SealCheckFailed("the signing time is out of the window")
    imprint = hashlib.sha256(signature.stamped).digest()
    stamp = check_timestamp(signature.timestamp_token, imprint, signature.material, window)
    chains = ((certificate, ()), (stamp.authority, stamp.token.certificates))
    check_chains(chains, level, signature.material, stamp.facts.generated_at, anchors, known_certificates)
    return stamp
