"""PAdES seals (ETSI EN 319 142-1, levels B-T, B-LT and B-LTA): `seal_pdf` and the phases it is made of.

prepare    read the PDF once and compute the bytes to append   (may run in the sandbox, needs no key)
draft      copy the source while digesting it                  (one pass over the file, constant memory)
sign       the key signs the attributes, the authority stamps the signature value   (the caller's, elsewhere)
complete   append the finished bytes
archive    at B-LTA, a document timestamp over all of this, in an update of its own that `prepare` has made already
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
from .visible import VisibleSeal

CHUNK_SIZE: Final = 1 << 20
TIMESTAMP_SIZE: Final = 12_288
LEVELS: Final = ("B-T", "B-LT", "B-LTA")

Prepare = Callable[[Path, RevisionRequest], Revision]


@dataclass(frozen=True)
class PdfSealOptions:
    """What the caller decides about a seal; texts are written into the file, `signed_at` becomes /M (UTC).

    `timestamp_size` is the room for the timestamp token in bytes. Without `visible` nothing of the seal is seen.
    """

    level: str
    signed_at: datetime
    certify: bool = True
    reason: str = ""
    location: str = ""
    contact: str = ""
    name: str = ""
    timestamp_size: int = TIMESTAMP_SIZE
    visible: VisibleSeal | None = None


@dataclass(frozen=True)
class SealedPdf:
    """The finished file: sizes in bytes, digests as SHA-256 in hexadecimal, token as DER.

    `signed_digest` is the digest over the byte range, `field_name` the new signature field, `certified` whether the
    seal forbids later changes, `earlier_signatures` how many signatures were there before, `revisions` how many
    incremental updates were appended: one, one more at B-LTA, and one more for each timestamp that validation
    material had to follow. `archive_token` is the document timestamp of B-LTA.
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
    archive_token: bytes = b""


@dataclass(frozen=True)
class ArchivedPdf:
    """A PDF with one more document timestamp: size in bytes, SHA-256 in hexadecimal, the token as DER."""

    size: int
    sha256: str
    timestamp_token: bytes


@dataclass
class Draft:
    """A copy of the source that awaits its revision; the hash covers the source alone, or the file as it is."""

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
    (permitted even after certification, ISO 32000-2 12.8.2.2.2). For B-LTA `timestamp` is called once more, for the
    document timestamp, whose authority is covered in the same way. `prepare` may be the sandbox's.

    Raises `UnsealableDocument` and `TimestampTooLarge`; what the callables raise passes through. On any exception
    the target is removed.
    """
    if options.level not in LEVELS:
        raise ValueError(f"unknown level {options.level!r}")
    try:
        return _seal(_Work(target, timestamp, material, prepare, options.timestamp_size), source, key, options)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def archive_pdf(
    *,
    source: Path,
    target: Path,
    timestamp: Callable[[bytes], bytes],
    material: Callable[[], ValidationMaterial],
    appearance: int,
    timestamp_size: int = TIMESTAMP_SIZE,
    prepare: Prepare = prepare,
) -> ArchivedPdf:
    """Append a document timestamp to a sealed PDF: renews level B-LTA, or raises a lower one to it.

    `material` is called first and must prove the newest timestamp's authority as of now, and below B-LTA the signer,
    too; it is appended in front of the new timestamp, so that this covers it. It is called again if it does not cover
    the new authority. `appearance` is the object number of the seal's (`check_archive.newest_stamp`). Raises as
    `seal_pdf` does.
    """
    try:
        work = _Work(target, timestamp, material, prepare, timestamp_size)
        known = material()
        revision = prepare(source, RevisionRequest(None, known, timestamp_size, appearance))
        if revision.archive is None:
            raise ValueError("no room was made for a document timestamp")
        tail = _Tail(work, complete(draft(source, target, revision)), known, appearance)
        token = tail.archive(revision.archive)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return ArchivedPdf(target.stat().st_size, tail.digest.hexdigest(), token)


@dataclass(frozen=True)
class _Work:
    """One seal in the making, and what its maker lent us."""

    target: Path
    timestamp: Callable[[bytes], bytes]
    material: Callable[[], ValidationMaterial]
    prepare: Prepare
    timestamp_size: int

    def stamp(self, imprint: bytes) -> bytes:
        token = self.timestamp(imprint)
        if len(token) > self.timestamp_size:
            raise TimestampTooLarge(len(token), self.timestamp_size)
        return token


def _seal(work: _Work, source: Path, key: SealingKey, options: PdfSealOptions) -> SealedPdf:
    template = cms_template(key)
    known = work.material() if options.level != "B-T" else None
    archive_size = options.timestamp_size if options.level == "B-LTA" else 0
    signature_request = _signature_request(options, template.largest_size(options.timestamp_size))
    revision = work.prepare(source, RevisionRequest(signature_request, known, archive_size))
    copy = draft(source, work.target, revision)
    signed_digest = copy.signed_digest
    attributes = template.signed_attributes(signed_digest)
    signature = key.sign(attributes)
    token = work.stamp(hashlib.new(DIGEST, signature).digest())
    tail = _Tail(work, complete(copy, template.assemble(attributes, signature, token)), known, revision.appearance)
    archive = tail.cover(token, archive_size) or revision.archive
    archive_token = tail.archive(archive) if archive is not None else b""
    return SealedPdf(
        size=work.target.stat().st_size,
        sha256=tail.digest.hexdigest(),
        original_size=revision.source_size,
        original_sha256=copy.source_hash.hexdigest(),
        signed_digest=signed_digest.hex(),
        timestamp_token=token,
        field_name=revision.field_name,
        certified=revision.certified,
        earlier_signatures=revision.earlier_signatures,
        revisions=1 + tail.revisions,
        archive_token=archive_token,
    )


@dataclass
class _Tail:
    """What follows the signature's own revision.

    `digest` is the hash state of the file as it is, `known` the material in it (None at B-T, which has none),
    `appearance` the object number of the seal's.
    """

    work: _Work
    digest: "hashlib._Hash"
    known: ValidationMaterial | None
    appearance: int
    revisions: int = 0

    def cover(self, token: bytes, archive_size: int = 0) -> Revision | None:
        """Append what proves the token's authority and is not in the file; an archive prepared before is then void,
        and the new one is returned."""
        if self.known is None or covers_timestamp(self.known, token):
            return None
        self.known = self.work.material()
        request = RevisionRequest(None, self.known, archive_size, self.appearance)
        revision = self.work.prepare(self.work.target, request)
        if revision.appended:
            self._append(revision)
        return revision.archive

    def archive(self, revision: Revision) -> bytes:
        """Append the document timestamp, and its evidence where the file lacks it; returns the token."""
        token = self.work.stamp(Draft(revision, self.work.target, self.digest).signed_digest)
        self._append(revision, token)
        self.cover(token)
        return token

    def _append(self, revision: Revision, contents: bytes = b"") -> None:
        self.digest = complete(Draft(revision, self.work.target, self.digest), contents)
        self.revisions += 1


def _signature_request(options: PdfSealOptions, contents_size: int) -> SignatureRequest:
    return SignatureRequest(
        contents_size=contents_size,
        signed_at=options.signed_at,
        certify=options.certify,
        name=options.name,
        reason=options.reason,
        location=options.location,
        contact=options.contact,
        visible=options.visible,
    )
