"""The gate for a PDF that got one more document timestamp; what was there before it has passed the gate already."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from pyhanko.pdf_utils.reader import PdfFileReader

from .changes import appended_revisions, check_changes, is_appended, location, revision_start
from .check import GATE_LIMITS, SignedRange, digest_file, signed_range, unpadded
from .errors import SealCheckFailed, UnsealableDocument
from .keys import ValidationMaterial
from .proof import ArchiveStamp, Chain, CheckedTimestamp, check_archives, check_timestamp
from .raw import Place, RawObjects
from .reading import FormField, iterate_fields, read_document, stored_material
from .signatures import signature_value
from .signed_cms import parse_signed_cms, parse_timestamp

Result = TypeVar("Result")

MOST_REVISIONS: Final = 3
"""Evidence for the timestamp before, the document timestamp, and evidence for it."""


@dataclass(frozen=True)
class NewestStamp:
    """The timestamp of a sealed PDF that was made last: its token (DER), and the object number of the appearance that
    its field has (0 if it has none of its own). `signature` is the CMS (DER) of the signature that it belongs to,
    empty for a document timestamp.
    """

    token: bytes
    appearance: int
    signature: bytes


@dataclass(frozen=True)
class CheckedArchive:
    """What the gate found to be true: digest (SHA-256, hexadecimal) and size of the file, time (UTC), serial and
    certificate (DER) of the new timestamp."""

    sha256: str
    size: int
    archived_at: datetime
    archive_serial: str
    newest_authority: bytes


@dataclass(frozen=True)
class _Found:
    before: NewestStamp
    archive: SignedRange
    material: ValidationMaterial
    covered: ValidationMaterial


def newest_stamp(path: Path) -> NewestStamp:
    """The newest timestamp of a PDF that was sealed here; raises `SealCheckFailed`."""

    def find(reader: PdfFileReader) -> NewestStamp:
        raw = RawObjects(reader)
        return _newest(raw, _signed(reader, raw))

    return _read(path, lambda reader, _: find(reader))


def check_archived_pdf(
    *,
    archived: Path,
    previous_size: int,
    previous_sha256: str,
    trust_anchors: Sequence[bytes],
    archived_between: tuple[datetime, datetime],
) -> CheckedArchive:
    """The previous file is an untouched prefix, and all that was added is one document timestamp with evidence.

    It covers the whole file up to its own update, is genuine, was made in the window and while the newest timestamp
    before it still held; what it covers proves that one's authority (and the signer, when it is the first), and the
    file its own. Raises `SealCheckFailed`.
    """
    try:
        found = _read(archived, lambda reader, stream: _find(reader, stream, previous_size))
        with archived.open("rb") as stream:
            original, covered, whole = digest_file(stream, previous_size, [found.archive])
        if original != previous_sha256:
            raise SealCheckFailed("the original is not an untouched prefix")
        stamp = ArchiveStamp(unpadded(found.archive.contents), covered[0], found.covered)
        before, signer = _as_checked(found.before.token, found.material), _signer(found.before.signature)
        newest = check_archives(signer, before, [stamp], found.material, tuple(trust_anchors), archived_between)
    except (SealCheckFailed, OSError):
        raise
    except Exception as error:
        raise SealCheckFailed("the result cannot be judged") from error
    facts = newest.facts
    size = archived.stat().st_size
    return CheckedArchive(whole, size, facts.generated_at, str(facts.serial_number), newest.authority)


def _signer(signature: bytes) -> Chain | None:
    if not signature:
        return None
    signed = parse_signed_cms(signature)
    return signed.signer_certificate(), signed.certificates


def _as_checked(token: bytes, material: ValidationMaterial) -> CheckedTimestamp:
    """A timestamp of the previous file, whose imprint its own gate has compared."""
    facts = parse_timestamp(parse_signed_cms(token))
    return check_timestamp(token, facts.imprint, material, (facts.generated_at, facts.generated_at))


def _read(path: Path, work: Callable[[PdfFileReader, BinaryIO], Result]) -> Result:
    with path.open("rb") as stream:
        try:
            return read_document(stream, lambda reader: work(reader, stream), GATE_LIMITS)
        except UnsealableDocument as error:
            raise SealCheckFailed("the result cannot be read") from error


Signed = tuple[FormField, Place]
"""A signed field, and where its signature dictionary lies."""


def _signed(reader: PdfFileReader, raw: RawObjects) -> list[Signed]:
    """Signatures and document timestamps, oldest first."""
    fields = [(field, signature_value(raw, field)) for field in iterate_fields(reader)]
    signed = [(field, value) for field, value in fields if value is not None]
    return sorted(signed, key=lambda each: location(reader, each[1].holder))


def _newest(raw: RawObjects, signed: list[Signed]) -> NewestStamp:
    if not signed:
        raise SealCheckFailed("no signature")
    field, value = signed[-1]
    contents = raw.child(value, b"/Contents")
    cms = unpadded(bytes.fromhex(raw.text(contents)[1:-1].decode("ascii"))) if contents is not None else b""
    appearance = _appearance(raw, raw.place_of(field.definition))
    if raw.name(value, b"/SubFilter") == "/ETSI.RFC3161":
        return NewestStamp(cms, appearance, b"")
    return NewestStamp(parse_signed_cms(cms).timestamp_token, appearance, cms)


def _appearance(raw: RawObjects, field: Place) -> int:
    look = raw.child(field, b"/AP")
    normal = raw.child(look, b"/N") if look is not None else None
    return normal.holder[0] if normal is not None and normal.holder != field.holder else 0


def _find(reader: PdfFileReader, stream: BinaryIO, previous_size: int) -> _Found:
    raw = RawObjects(reader)
    signed = _signed(reader, raw)
    (field, value), before = signed[-1], signed[:-1]
    places = [location(reader, each.holder) >= previous_size for _, each in signed]
    if not is_appended(reader, field.definition, previous_size) or places != [False] * len(before) + [True]:
        raise SealCheckFailed("not exactly one new signature")
    if raw.name(value, b"/SubFilter") != "/ETSI.RFC3161":
        raise SealCheckFailed("not a document timestamp")
    revisions = appended_revisions(reader, previous_size, MOST_REVISIONS)
    check_changes(reader, revisions, [field.definition])
    starts = [revision_start(reader, number) for number in revisions]
    archive = signed_range(raw, value, stream, previous_size, starts)
    covered = stored_material(reader, lambda each: not is_appended(reader, each, archive.end))
    return _Found(_newest(raw, before), archive, stored_material(reader), covered)
