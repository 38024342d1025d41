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

from .changes import appended_revisions, check_changes, is_appended, location
from .errors import SealCheckFailed, UnsealableDocument
from .keys import ValidationMaterial
from .proof import check_chains, check_timestamp
from .raw import Place, RawObjects
from .reading import DEFAULT_LIMITS, iterate_fields, read_document, stored_material
from .signatures import byte_range, certification, permitted_changes, signature_value
from .signed_cms import SignedCms, check_signature, parse_signed_cms

CHUNK_SIZE: Final = 1 << 20
REQUIRED_ATTRIBUTES: Final = {"content_type", "message_digest", "signing_certificate_v2"}
FORBIDDEN_ATTRIBUTES: Final = {"signing_time"}
GATE_LIMITS: Final = replace(DEFAULT_LIMITS, revisions=DEFAULT_LIMITS.revisions + 2)


@dataclass(frozen=True)
class CheckedSeal:
    """What the gate found to be true: file digest (SHA-256, hexadecimal), time and serial of the timestamp (UTC)."""

    sha256: str
    size: int
    level: str
    field_name: str
    timestamp_at: datetime
    timestamp_serial: str
    timestamp_certificate: bytes
    certified: bool


@dataclass(frozen=True)
class _Found:
    """The new signature as it lies in the file: `gap` is the position of /Contents, `end` of the signed part."""

    field_name: str
    gap: tuple[int, int]
    end: int
    contents: bytes
    material: ValidationMaterial
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
) -> CheckedSeal:
    """Everything a seal promises, checked on the finished file; raises `SealCheckFailed`.

    The original bytes are an untouched prefix; exactly one new signature; nothing but additions; the byte range
    covers all but the signature; the signature is the expected certificate's; the timestamp is over the signature
    value, genuine and in the window; at B-LT the file itself proves both chains unrevoked. `trust_anchors` are DER
    roots for signer, authority and responders; `known_certificates` are issuers that may help to reach
    them at B-T, where the file need not contain them.
    """
    try:
        return _check(
            sealed,
            _Expected(original_size, original_sha256, certificate, level, tuple(trust_anchors), timestamped_between),
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


def _check(sealed: Path, expected: _Expected, known_certificates: tuple[bytes, ...]) -> CheckedSeal:
    with sealed.open("rb") as stream:
        found = _read(stream, expected.original_size)
        digests = _digest(stream, expected.original_size, found)
    if digests.original != expected.original_sha256:
        raise SealCheckFailed("the original is not an untouched prefix")
    signed = parse_signed_cms(_unpadded(found.contents))
    _check_signed_attributes(signed)
    if signed.signer_certificate() != expected.certificate:
        raise SealCheckFailed("signed by another certificate")
    check_signature(signed, expected.certificate, digests.signed, "data")
    stamp = check_timestamp(signed.timestamp_token, signed.signature, found.material, expected.window)
    chains = ((expected.certificate, signed.certificates), (stamp.authority, stamp.token.certificates))
    at = stamp.facts.generated_at
    check_chains(chains, expected.level, found.material, at, expected.anchors, known_certificates)
    return CheckedSeal(
        sha256=digests.whole,
        size=sealed.stat().st_size,
        level=expected.level,
        field_name=found.field_name,
        timestamp_at=at,
        timestamp_serial=str(stamp.facts.serial_number),
        timestamp_certificate=stamp.authority,
        certified=found.certified,
    )


def _read(stream: BinaryIO, original_size: int) -> _Found:
    try:
        return read_document(stream, lambda reader: _find(reader, stream, original_size), GATE_LIMITS)
    except UnsealableDocument as error:
        raise SealCheckFailed("the result cannot be read") from error


def _find(reader: PdfFileReader, stream: BinaryIO, original_size: int) -> _Found:
    raw = RawObjects(reader)
    fields = [(field, signature_value(raw, field)) for field in iterate_fields(reader)]
    signed = [(field, value) for field, value in fields if value is not None]
    new = [each for each in signed if is_appended(reader, each[0].definition, original_size)]
    if len(new) != 1:
        raise SealCheckFailed("not exactly one new signature")
    for each in signed:
        if (each is new[0]) != (location(reader, each[1].holder) >= original_size):
            raise SealCheckFailed("an earlier signature was touched")
    field, value = new[0]
    revisions = appended_revisions(reader, original_size)
    check_changes(reader, revisions, field.definition)
    gap, end = _byte_range(byte_range(raw, value), stream.seek(0, 2), original_size, len(revisions))
    if raw.name(value, b"/SubFilter") != "/ETSI.CAdES.detached":
        raise SealCheckFailed("not a PAdES signature")
    contents = raw.child(value, b"/Contents")
    stream.seek(gap[0])
    if contents is None or stream.read(gap[1] - gap[0]) != raw.text(contents):
        raise SealCheckFailed("the signature is not where the byte range says")
    signature = bytes.fromhex(raw.text(contents)[1:-1].decode("ascii"))
    return _Found(field.name, gap, end, signature, stored_material(reader), _certifies(reader, raw, value))


def _byte_range(numbers: list[int], size: int, original_size: int, revisions: int) -> tuple[tuple[int, int], int]:
    """The gap and the end of the signed part; only a second revision of ours may follow it."""
    if len(numbers) != 4 or numbers[0] != 0:
        raise SealCheckFailed("malformed byte range")
    start, after, end = numbers[1], numbers[2], numbers[2] + numbers[3]
    complete = end == size if revisions == 1 else end < size
    if not (original_size < start < after < end and complete):
        raise SealCheckFailed("the byte range does not cover the file")
    return (start, after), end


def _certifies(reader: PdfFileReader, raw: RawObjects, value: Place) -> bool:
    declared = permitted_changes(raw, value) is not None
    if declared != (certification(raw, reader) == value):
        raise SealCheckFailed("certification is declared inconsistently")
    return declared


@dataclass(frozen=True)
class _Digests:
    original: str
    signed: bytes
    whole: str


def _digest(stream: BinaryIO, original_size: int, found: _Found) -> _Digests:
    """SHA-256 of the original, of the byte range and of the whole file, in one pass."""
    stream.seek(0)
    whole = hashlib.sha256()
    buffer = memoryview(bytearray(CHUNK_SIZE))
    left = original_size
    while left and (size := stream.readinto(buffer[: min(left, CHUNK_SIZE)])):  # type: ignore[attr-defined]  # BinaryIO lacks readinto
        whole.update(buffer[:size])
        left -= size
    original, signed = whole.hexdigest(), whole.copy()
    rest = stream.read()
    start, after = found.gap[0] - original_size, found.gap[1] - original_size
    signed.update(rest[:start])
    signed.update(rest[after : found.end - original_size])
    whole.update(rest)
    return _Digests(original, signed.digest(), whole.hexdigest())


def _unpadded(contents: bytes) -> bytes:
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
