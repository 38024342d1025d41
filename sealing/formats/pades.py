"""PAdES seals (ETSI EN 319 142-1, levels B-T and B-LT): `seal_pdf` and the phases it is made of.

prepare    read the PDF once and compute the bytes to append   (may run in the sandbox, needs no key)
draft      copy the source while digesting it                  (one pass over the file, constant memory)
sign       the key signs the attributes, the authority stamps the signature value   (the caller's, elsewhere)
complete   append the finished bytes
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from .cms import DIGEST, cms_template
from .errors import TimestampTooLarge
from .evidence import covers_timestamp
from .keys import SealingKey, ValidationMaterial
from .reading import DEFAULT_LIMITS, PdfLimits, read_document
from .revision import Revision, RevisionRequest, SignatureRequest, prepare_revision

CHUNK_SIZE: Final = 1 << 20
TIMESTAMP_SIZE: Final = 12_288
LEVELS: Final = ("B-T", "B-LT")

Prepare = Callable[[Path, RevisionRequest], Revision]


@dataclass(frozen=True)
class PdfSealOptions:
    """What the caller decides about a seal; texts are written into the file, `signed_at` becomes /M (UTC).

    `timestamp_size` is the room for the timestamp token in bytes.
    """

    level: str
    signed_at: datetime
    certify: bool = True
    reason: str = ""
    location: str = ""
    contact: str = ""
    name: str = ""
    timestamp_size: int = TIMESTAMP_SIZE


@dataclass(frozen=True)
class SealedPdf:
    """The finished file: sizes in bytes, digests as SHA-256 in hexadecimal, token as DER.

    `signed_digest` is the digest over the byte range, `field_name` the new signature field, `certified` whether the
    seal forbids later changes, `earlier_signatures` how many signatures were there before, `revisions` how many
    incremental updates were appended (2 only when validation material had to follow the timestamp).
    """

    size: int
    sha256: str
    original_size: int
    original_sha256: str
    signed_digest: str
    timestamp_token: bytes
    field_name: str
    certified: bool
    earlier_signatures: int
    revisions: int


@dataclass
class Draft:
    """A copy of the source that awaits its revision; the hash covers the source alone."""

    revision: Revision
    target: Path
    source_hash: "hashlib._Hash"

    @property
    def signed_digest(self) -> bytes:
        """SHA-256 over everything but the /Contents string."""
        start = self.revision.contents[0] - self.revision.source_size
        end = start + self.revision.contents[1]
        digest = self.source_hash.copy()
        view = memoryview(self.revision.appended)
        digest.update(view[:start])
        digest.update(view[end:])
        return digest.digest()


def prepare(source: Path, request: RevisionRequest, limits: PdfLimits = DEFAULT_LIMITS) -> Revision:
    """Compute what to append to `source`, in this process; raises `UnsealableDocument`."""
    with source.open("rb") as stream:
        size = stream.seek(0, 2)
        return read_document(stream, lambda reader: prepare_revision(reader, size, request), limits)


def draft(source: Path, target: Path, revision: Revision) -> Draft:
    """Copy the source to the target in one pass that also digests it."""
    digest = hashlib.sha256()
    buffer = bytearray(CHUNK_SIZE)
    view = memoryview(buffer)
    with source.open("rb", buffering=0) as reading, target.open("wb", buffering=0) as writing:
        while size := reading.readinto(buffer):
            digest.update(view[:size])
            writing.write(view[:size])
    if target.stat().st_size != revision.source_size:
        raise ValueError("the source changed while it was being sealed")
    return Draft(revision, target, digest)


def complete(finished: Draft, contents: bytes = b"") -> "hashlib._Hash":
    """Append the revision with the CMS in its place; returns the hash state of the whole file."""
    revision = finished.revision
    appended = bytearray(revision.appended)
    if contents:
        digits = contents.hex().encode("ascii")
        start = revision.contents[0] - revision.source_size + 1
        appended[start : start + len(digits)] = digits
    with finished.target.open("r+b", buffering=0) as stream:
        stream.seek(revision.source_size)
        stream.write(appended)
    digest = finished.source_hash.copy()
    digest.update(appended)
    return digest


def seal_pdf(
    *,
    source: Path,
    target: Path,
    key: SealingKey,
    timestamp: Callable[[bytes], bytes],
    material: Callable[[], ValidationMaterial],
    options: PdfSealOptions,
    prepare: Prepare = prepare,
) -> SealedPdf:
    """Seal `source` into `target`; the source is never changed and the target begins with its bytes.

    `timestamp` turns a SHA-256 imprint into an RFC 3161 token (DER). For B-LT `material` is called before the
    digest, so that signature and validation material share one revision; if the token then comes from an authority
    which that material does not cover, `material` is called again and what it adds follows in a second revision
    (permitted even after certification, ISO 32000-2 12.8.2.2.2). `prepare` may be the sandbox's.

    Raises `UnsealableDocument` and `TimestampTooLarge`; what the callables raise passes through. On any exception
    the target is removed.
    """
    if options.level not in LEVELS:
        raise ValueError(f"unknown level {options.level!r}")
    try:
        return _seal(source, target, key, timestamp, material, options, prepare)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _seal(
    source: Path,
    target: Path,
    key: SealingKey,
    timestamp: Callable[[bytes], bytes],
    material: Callable[[], ValidationMaterial],
    options: PdfSealOptions,
    prepare: Prepare,
) -> SealedPdf:
    template = cms_template(key)
    known = material() if options.level == "B-LT" else None
    request = RevisionRequest(_signature_request(options, template.largest_size(options.timestamp_size)), known)
    revision = prepare(source, request)
    copy = draft(source, target, revision)
    signed_digest = copy.signed_digest
    attributes = template.signed_attributes(signed_digest)
    signature = key.sign(attributes)
    token = timestamp(hashlib.new(DIGEST, signature).digest())
    if len(token) > options.timestamp_size:
        raise TimestampTooLarge(len(token), options.timestamp_size)
    digest = complete(copy, template.assemble(attributes, signature, token))
    size, revisions = revision.source_size + len(revision.appended), 1
    if known is not None and not covers_timestamp(known, token):
        digest, added = _append_material(target, digest, material(), prepare)
        size, revisions = size + added, 2 if added else 1
    return SealedPdf(
        size=size,
        sha256=digest.hexdigest(),
        original_size=revision.source_size,
        original_sha256=copy.source_hash.hexdigest(),
        signed_digest=signed_digest.hex(),
        timestamp_token=token,
        field_name=revision.field_name,
        certified=revision.certified,
        earlier_signatures=revision.earlier_signatures,
        revisions=revisions,
    )


def _signature_request(options: PdfSealOptions, contents_size: int) -> SignatureRequest:
    return SignatureRequest(
        contents_size=contents_size,
        signed_at=options.signed_at,
        certify=options.certify,
        name=options.name,
        reason=options.reason,
        location=options.location,
        contact=options.contact,
    )


def _append_material(
    target: Path, digest: "hashlib._Hash", material: ValidationMaterial, prepare: Prepare
) -> tuple["hashlib._Hash", int]:
    revision = prepare(target, RevisionRequest(material=material))
    return complete(Draft(revision, target, digest)), len(revision.appended)
