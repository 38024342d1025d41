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
from typing import Final
from xml.sax.saxutils import quoteattr

from .container import MANIFEST, MEDIA_TYPE, MIMETYPE, SIGNATURES, name_fault
from .errors import UnsealableDocument
from .keys import SealingKey, ValidationMaterial
from .xades import SignedFile, XadesProperties, draft_signature

CHUNK_SIZE: Final = 1 << 20
LEVELS: Final = ("B-T", "B-LT")
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
    """The finished container: size in bytes, SHA-256 (hexadecimal) of each file in order, timestamp token (DER)."""

    size: int
    sha256: tuple[str, ...]
    timestamp_token: bytes


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
    timestamp: it must cover the signer and the authority. Raises `UnsealableDocument` for a name that no container can
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
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as container:
        container.writestr(_entry(MIMETYPE, options.signed_at), MEDIA_TYPE)
        signed = [_add(container, file, options.signed_at) for file in files]
        container.writestr(_entry(MANIFEST, options.signed_at), manifest(signed))
        properties = XadesProperties(options.signed_at, options.role, options.place)
        draft = draft_signature(key, signed, properties)
        signature = key.sign(draft.to_be_signed)
        token = timestamp(hashlib.sha256(draft.to_be_stamped(signature)).digest())
        proof = material() if options.level == "B-LT" else None
        container.writestr(_entry(SIGNATURES, options.signed_at), draft.assemble(signature, token, proof))
    return SealedContainer(target.stat().st_size, tuple(file.digest.hex() for file in signed), token)


def _entry(name: str, at: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, at.astimezone(UTC).timetuple()[:6])
    entry.external_attr = _READABLE
    return entry


def _add(container: zipfile.ZipFile, file: ContainerFile, at: datetime) -> SignedFile:
    """Copy a file into the container and digest it on the way."""
    entry = _entry(file.name, at)
    entry.file_size = file.path.stat().st_size  # decides whether the entry needs 64-bit sizes
    digest = hashlib.sha256()
    buffer = bytearray(CHUNK_SIZE)
    view = memoryview(buffer)
    with file.path.open("rb", buffering=0) as reading, container.open(entry, "w") as writing:
        while size := reading.readinto(buffer):
            digest.update(view[:size])
            writing.write(view[:size])
    return SignedFile(file.name, file.media_type, digest.digest())


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
