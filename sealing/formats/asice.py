"""ASiC-E containers with XAdES (ETSI EN 319 162-1): any files, sealed together in one ZIP file.

Each file is read once, digested while it is copied into the container, and never held in memory. The files are stored
as they are, without compression: a container grows by its signature only and can be made as fast as files are copied.
"""

import hashlib
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final
from xml.sax.saxutils import quoteattr

from .container import MANIFEST, MEDIA_TYPE, MIMETYPE, SIGNATURES, name_fault
from .errors import UnsealableDocument
from .evidence import covers_timestamp
from .keys import SealingKey, ValidationMaterial
from .xades import SignedFile, XadesProperties, draft_signature
from .xades_archive import newest_token, to_be_archived, with_archive_timestamp, with_evidence

CHUNK_SIZE: Final = 1 << 20
LEVELS: Final = ("B-T", "B-LT", "B-LTA")
_MANIFEST_NAMESPACE: Final = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
_READABLE: Final = 0o100644 << 16


@dataclass(frozen=True)
class ContainerFile:
    """One file to be sealed: the name it gets in the container, its media type, and where it is now."""

    name: str
    media_type: str
    path: Path


@dataclass(frozen=True)
class ContainerSealOptions:
    """What the caller decides: level, signing time (UTC), and texts for the signature; empty ones are left out."""

    level: str
    signed_at: datetime
    role: str = ""
    place: str = ""


@dataclass(frozen=True)
class SealedContainer:
    """The finished container: size in bytes, SHA-256 (hexadecimal) of each file in order, timestamp token (DER), and
    at B-LTA the newest archive timestamp.
    """

    size: int
    sha256: tuple[str, ...]
    timestamp_token: bytes
    archive_token: bytes = b""


def seal_container(
    *,
    files: Sequence[ContainerFile],
    target: Path,
    key: SealingKey,
    timestamp: Callable[[bytes], bytes],
    material: Callable[[], ValidationMaterial],
    options: ContainerSealOptions,
) -> SealedContainer:
    """Seal the files into `target`, with one XAdES signature over all of them.

    `timestamp` turns a SHA-256 imprint into an RFC 3161 token (DER). For B-LT `material` is called once, after the
    timestamp: it must cover the signer and the authority. For B-LTA both are asked once more for the archive timestamp;
    its authority is covered in the same way. Raises `UnsealableDocument` for a name that no container can
    hold; what the callables raise passes through. On any exception the target is removed.
    """
    if options.level not in LEVELS:
        raise ValueError(f"unknown level {options.level!r}")
    if not files:
        raise ValueError("a container without files")
    for number, file in enumerate(files):
        if fault := name_fault(file.name, [other.name for other in files[:number]]):
            raise UnsealableDocument(fault, repr(file.name))
    try:
        return _seal(files, target, key, timestamp, material, options)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _seal(
    files: Sequence[ContainerFile],
    target: Path,
    key: SealingKey,
    timestamp: Callable[[bytes], bytes],
    material: Callable[[], ValidationMaterial],
    options: ContainerSealOptions,
) -> SealedContainer:
    at = options.signed_at
    contents = hashlib.sha256() if options.level == "B-LTA" else None
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as container:
        container.writestr(_entry(MIMETYPE, at), MEDIA_TYPE)
        signed = [_add(container, file, at, contents) for file in files]
        container.writestr(_entry(MANIFEST, at), manifest(signed))
        draft = draft_signature(key, signed, XadesProperties(at, options.role, options.place))
        signature = key.sign(draft.to_be_signed)
        token = timestamp(hashlib.sha256(draft.to_be_stamped(signature)).digest())
        known = material() if options.level != "B-T" else None
        document, archive_token = draft.assemble(signature, token, known), b""
        if contents is not None and known is not None:
            document, archive_token = _archive(document, contents, timestamp, known, material)
        container.writestr(_entry(SIGNATURES, at), document)
    digests = tuple(file.digest.hex() for file in signed)
    return SealedContainer(target.stat().st_size, digests, token, archive_token)


def archive_container(
    *,
    source: Path,
    target: Path,
    timestamp: Callable[[bytes], bytes],
    material: Callable[[], ValidationMaterial],
    archived_at: datetime,
) -> SealedContainer:
    """Copy a container that was sealed here and give its signature one more archive timestamp.

    Renews level B-LTA, or raises a lower one to it. `material` is called first and must prove the newest timestamp's
    authority as of now, and below B-LTA the signer, too; it is called again if it does not cover the new authority.
    What the callables raise passes through. On any exception the target is removed.
    """
    try:
        with zipfile.ZipFile(source) as sealed, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as container:
            contents, digests = hashlib.sha256(), []
            for entry in sealed.infolist()[:-1]:
                own = entry.filename in {MIMETYPE, MANIFEST}
                with sealed.open(entry) as reading:
                    digest = _copy(reading, container, _copied(entry), None if own else contents)
                digests += [] if own else [digest.hex()]
            document = sealed.read(SIGNATURES)
            document, token = _archive(document, contents, timestamp, material(), material)
            container.writestr(_entry(SIGNATURES, archived_at), document)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return SealedContainer(target.stat().st_size, tuple(digests), b"", token)


def newest_container_token(path: Path) -> bytes:
    """The timestamp token (DER) that was added last to a container sealed here."""
    with zipfile.ZipFile(path) as container:
        return newest_token(container.read(SIGNATURES))


def _archive(
    document: bytes,
    contents: "hashlib._Hash",
    timestamp: Callable[[bytes], bytes],
    known: ValidationMaterial,
    material: Callable[[], ValidationMaterial],
) -> tuple[bytes, bytes]:
    """The signature document with one more archive timestamp, and its token; `contents` has seen all files."""
    document = with_evidence(document, known)
    covered = contents.copy()
    covered.update(to_be_archived(document))
    token = timestamp(covered.digest())
    document = with_archive_timestamp(document, token)
    if not covers_timestamp(known, token):
        document = with_evidence(document, material())
    return document, token


def _copied(entry: zipfile.ZipInfo) -> zipfile.ZipInfo:
    copy = zipfile.ZipInfo(entry.filename, entry.date_time)
    copy.external_attr, copy.file_size = entry.external_attr, entry.file_size
    return copy


def _entry(name: str, at: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, at.astimezone(UTC).timetuple()[:6])
    entry.external_attr = _READABLE
    return entry


def _add(container: zipfile.ZipFile, file: ContainerFile, at: datetime, contents: "hashlib._Hash | None") -> SignedFile:
    """Copy a file into the container and digest it on the way."""
    entry = _entry(file.name, at)
    entry.file_size = file.path.stat().st_size  # decides whether the entry needs 64-bit sizes
    with file.path.open("rb", buffering=0) as reading:
        return SignedFile(file.name, file.media_type, _copy(reading, container, entry, contents))


def _copy(
    reading: IO[bytes], container: zipfile.ZipFile, entry: zipfile.ZipInfo, contents: "hashlib._Hash | None"
) -> bytes:
    """The SHA-256 of what was copied; `contents` sees it, too."""
    digests = [hashlib.sha256(), *([contents] if contents is not None else [])]
    buffer = bytearray(CHUNK_SIZE)
    view = memoryview(buffer)
    with container.open(entry, "w") as writing:
        while size := reading.readinto(buffer):  # type: ignore[attr-defined]  # IO lacks readinto
            for digest in digests:
                digest.update(view[:size])
            writing.write(view[:size])
    return digests[0].digest()


def manifest(files: Sequence[SignedFile]) -> bytes:
    """META-INF/manifest.xml (OpenDocument 1.2, part 3): every file with its media type."""
    entries = [("/", MEDIA_TYPE), *((file.name, file.media_type) for file in files)]
    lines = (
        f"<manifest:file-entry manifest:full-path={quoteattr(path)} manifest:media-type={quoteattr(media_type)}/>"
        for path, media_type in entries
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<manifest:manifest xmlns:manifest="{_MANIFEST_NAMESPACE}" manifest:version="1.2">'
        f"{''.join(lines)}</manifest:manifest>"
    ).encode()
