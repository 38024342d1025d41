"""The gate before publishing: the finished file is read again as if a stranger had sent it.

Own verification with `cryptography`, independent of the code that wrote the file except for the reader of PDF
objects. Whatever does not hold raises `SealCheckFailed` and the file is thrown away.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from pyhanko.pdf_utils.reader import PdfFileReader

from .changes import appended_revisions, check_changes, is_appended, location, revision_start
from .check_appearance import check_appearance
from .errors import SealCheckFailed, UnsealableDocument
from .keys import ValidationMaterial
from .proof import ArchiveStamp, check_archives, check_chains, check_timestamp
from .raw import Place, RawObjects
from .reading import DEFAULT_LIMITS, iterate_fields, read_document, stored_material
from .signatures import byte_range, certification, permitted_changes, signature_value
from .signed_cms import SignedCms, check_signature, parse_signed_cms
from .visible import VisibleSeal

CHUNK_SIZE: Final = 1 << 20
REQUIRED_ATTRIBUTES: Final = {"content_type", "message_digest", "signing_certificate_v2"}
FORBIDDEN_ATTRIBUTES: Final = {"signing_time"}
MOST_REVISIONS: Final = {"B-T": 1, "B-LT": 2, "B-LTA": 4}
"""The seal, at B-LTA a document timestamp, and the validation material that may have to follow each of them."""
GATE_LIMITS: Final = replace(DEFAULT_LIMITS, revisions=DEFAULT_LIMITS.revisions + max(MOST_REVISIONS.values()))


@dataclass(frozen=True)
class CheckedSeal:
    """What the gate found to be true: file digest (SHA-256, hexadecimal), time and serial of the timestamp (UTC).

    `archived_at` is the time of the document timestamp at B-LTA, `newest_authority` the certificate (DER) of the
    timestamp that was made last.
    """

    sha256: str
    size: int
    level: str
    field_name: str
    timestamp_at: datetime
    timestamp_serial: str
    timestamp_certificate: bytes
    certified: bool
    newest_authority: bytes
    archived_at: datetime | None = None


@dataclass(frozen=True)
class SignedRange:
    """A signature as it lies in the file: `gap` is the position of /Contents, `end` that of the signed part."""

    gap: tuple[int, int]
    end: int
    contents: bytes


@dataclass(frozen=True)
class _Found:
    """The new signature, and the document timestamp of B-LTA; `archived` is the material that the latter covers."""

    field_name: str
    seal: SignedRange
    archive: SignedRange | None
    material: ValidationMaterial
    archived: ValidationMaterial
    certified: bool


def check_sealed_pdf(
    *,
    sealed: Path,
    original_size: int,
    original_sha256: str,
    certificate: bytes,
    level: str,
    trust_anchors: Sequence[bytes],
    timestamped_between: tuple[datetime, datetime],
    known_certificates: Sequence[bytes] = (),
    visible: VisibleSeal | None = None,
) -> CheckedSeal:
    """Everything a seal promises, checked on the finished file; raises `SealCheckFailed`.

    The original bytes are an untouched prefix; exactly one new signature; nothing but additions; the byte range
    covers all but the signature; the signature is the expected certificate's; the timestamp is over the signature
    value, genuine and in the window; at B-LT the file itself proves both chains unrevoked; at B-LTA a document
    timestamp covers all of this, and the file proves its chain, too. `trust_anchors` are DER roots for signer,
    authority and responders; `known_certificates` are issuers that may help to reach them at B-T, where the file need
    not contain them. On its page the seal shows `visible`, exactly, or nothing.
    """
    try:
        return _check(
            sealed,
            _Expected(
                original_size, original_sha256, certificate, level, tuple(trust_anchors), timestamped_between, visible
            ),
            tuple(known_certificates),
        )
    except (SealCheckFailed, OSError):
        raise
    except Exception as error:
        raise SealCheckFailed("the result cannot be judged") from error


@dataclass(frozen=True)
class _Expected:
    original_size: int
    original_sha256: str
    certificate: bytes
    level: str
    anchors: tuple[bytes, ...]
    window: tuple[datetime, datetime]
    visible: VisibleSeal | None


def _check(sealed: Path, expected: _Expected, known_certificates: tuple[bytes, ...]) -> CheckedSeal:
    with sealed.open("rb") as stream:
        found = _read(stream, expected)
        parts = [found.seal, *([found.archive] if found.archive is not None else [])]
        original, covered, whole = digest_file(stream, expected.original_size, parts)
    if original != expected.original_sha256:
        raise SealCheckFailed("the original is not an untouched prefix")
    signed = parse_signed_cms(unpadded(found.seal.contents))
    _check_signed_attributes(signed)
    if signed.signer_certificate() != expected.certificate:
        raise SealCheckFailed("signed by another certificate")
    check_signature(signed, expected.certificate, covered[0], "data")
    imprint = hashlib.sha256(signed.signature).digest()
    stamp = check_timestamp(signed.timestamp_token, imprint, found.material, expected.window)
    chains = ((expected.certificate, signed.certificates), (stamp.authority, stamp.token.certificates))
    at = stamp.facts.generated_at
    check_chains(chains, expected.level, found.archived, at, expected.anchors, known_certificates)
    newest = stamp
    if found.archive is not None:
        archive = ArchiveStamp(unpadded(found.archive.contents), covered[1], found.archived)
        newest = check_archives(chains[0], stamp, [archive], found.material, expected.anchors, expected.window)
    return CheckedSeal(
        sha256=whole,
        size=sealed.stat().st_size,
        level=expected.level,
        field_name=found.field_name,
        timestamp_at=at,
        timestamp_serial=str(stamp.facts.serial_number),
        timestamp_certificate=stamp.authority,
        certified=found.certified,
        archived_at=newest.facts.generated_at if found.archive is not None else None,
        newest_authority=newest.authority,
    )


def _read(stream: BinaryIO, expected: _Expected) -> _Found:
    try:
        return read_document(stream, lambda reader: _find(reader, stream, expected), GATE_LIMITS)
    except UnsealableDocument as error:
        raise SealCheckFailed("the result cannot be read") from error


def _find(reader: PdfFileReader, stream: BinaryIO, expected: _Expected) -> _Found:
    raw, size = RawObjects(reader), expected.original_size
    fields = [(field, signature_value(raw, field)) for field in iterate_fields(reader)]
    signed = [(field, value) for field, value in fields if value is not None]
    new = [each for each in signed if is_appended(reader, each[0].definition, size)]
    for each in signed:
        if any(each is one for one in new) != (location(reader, each[1].holder) >= size):
            raise SealCheckFailed("an earlier signature was touched")
    archives = [value for _, value in new if raw.name(value, b"/SubFilter") == "/ETSI.RFC3161"]
    seals = [each for each in new if each[1] not in archives]
    if len(seals) != 1 or len(archives) != (expected.level == "B-LTA"):
        raise SealCheckFailed("not exactly one new signature")
    field, value = seals[0]
    revisions = appended_revisions(reader, size, MOST_REVISIONS[expected.level])
    check_changes(reader, revisions, [each.definition for each, _ in new])
    for one, signature in new:
        check_appearance(reader, one.definition, expected.visible if signature == value else None)
    if raw.name(value, b"/SubFilter") != "/ETSI.CAdES.detached":
        raise SealCheckFailed("not a PAdES signature")
    starts = [revision_start(reader, number) for number in revisions]
    seal = signed_range(raw, value, stream, size, starts)
    archive = signed_range(raw, archives[0], stream, seal.end, starts) if archives else None
    material = archived = stored_material(reader)
    if archive is not None:
        end = archive.end
        archived = stored_material(reader, lambda each: not is_appended(reader, each, end))
    return _Found(field.name, seal, archive, material, archived, _certifies(reader, raw, value))


def signed_range(raw: RawObjects, value: Place, stream: BinaryIO, behind: int, starts: list[int]) -> SignedRange:
    """A signature that covers all of the file up to the end of its revision, which begins behind that position."""
    numbers = byte_range(raw, value)
    if len(numbers) != 4 or numbers[0] != 0:
        raise SealCheckFailed("malformed byte range")
    start, after, end = numbers[1], numbers[2], numbers[2] + numbers[3]
    size = stream.seek(0, 2)
    complete = end < size if any(place >= end for place in starts) else end == size
    if not (behind < start < after < end and complete):
        raise SealCheckFailed("the byte range does not cover the file")
    contents = raw.child(value, b"/Contents")
    stream.seek(start)
    if contents is None or stream.read(after - start) != raw.text(contents):
        raise SealCheckFailed("the signature is not where the byte range says")
    return SignedRange((start, after), end, bytes.fromhex(raw.text(contents)[1:-1].decode("ascii")))


def _certifies(reader: PdfFileReader, raw: RawObjects, value: Place) -> bool:
    declared = permitted_changes(raw, value) is not None
    if declared != (certification(raw, reader) == value):
        raise SealCheckFailed("certification is declared inconsistently")
    return declared


def digest_file(stream: BinaryIO, original_size: int, parts: Sequence[SignedRange]) -> tuple[str, list[bytes], str]:
    """SHA-256 of the original (hexadecimal), of each byte range, and of the whole file (hexadecimal), in one pass."""
    stream.seek(0)
    whole = hashlib.sha256()
    buffer = memoryview(bytearray(CHUNK_SIZE))
    left = original_size
    while left and (size := stream.readinto(buffer[: min(left, CHUNK_SIZE)])):  # type: ignore[attr-defined]  # BinaryIO lacks readinto
        whole.update(buffer[:size])
        left -= size
    original, rest = whole.copy(), stream.read()
    whole.update(rest)

    def covered(part: SignedRange) -> bytes:
        digest = original.copy()
        digest.update(rest[: part.gap[0] - original_size])
        digest.update(rest[part.gap[1] - original_size : part.end - original_size])
        return digest.digest()

    return original.hexdigest(), [covered(part) for part in parts], whole.hexdigest()


def unpadded(contents: bytes) -> bytes:
    """The CMS without the zeros that fill the reserved space."""
    if len(contents) < 4 or contents[0] != 0x30:
        raise SealCheckFailed("malformed CMS signature")
    octets = contents[1] & 0x7F if contents[1] & 0x80 else 0
    size = int.from_bytes(contents[2 : 2 + octets], "big") if octets else contents[1]
    end = 2 + octets + size
    if any(contents[end:]):
        raise SealCheckFailed("something hides behind the signature")
    return contents[:end]


def _check_signed_attributes(signed: SignedCms) -> None:
    if signed.digest_algorithm != "sha256":
        raise SealCheckFailed("unexpected digest algorithm")
    types = set(signed.attribute_types)
    if not types >= REQUIRED_ATTRIBUTES or types & FORBIDDEN_ATTRIBUTES:
        raise SealCheckFailed("signed attributes are not those of a PAdES baseline signature")
