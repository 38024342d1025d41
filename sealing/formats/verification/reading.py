"""Finding the signatures of a stranger's PDF: where each lies, what it covers, and what came after it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import BinaryIO, Final

from pyhanko.pdf_utils.reader import PdfFileReader

from sealing.formats.errors import UnsealableDocument
from sealing.formats.raw import Place, RawObjects
from sealing.formats.reading import FormField, iterate_fields
from sealing.formats.signatures import byte_range, certification, permitted_changes, signature_value

from .changes import changes_after
from .cms import Flawed, digest_of, new_digest

MOST_SIGNATURES: Final = 100
CHUNK_SIZE: Final = 1 << 20
_DATE: Final = re.compile(rb"\(D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:Z|([+-])(\d\d)'?(\d\d)'?)?[^)]*\)")


@dataclass(frozen=True)
class SignedPart:
    """One signature of a file.

    `gap` is where its value lies and `end` where the signed bytes end; `flaw` is a code of
    `words.ANSWERS` when it is broken already; `changes` a key of `CHANGES`.
    """

    field_name: str
    sub_filter: str
    contents: bytes
    gap: tuple[int, int]
    end: int
    covers_everything: bool
    permits: int | None
    claimed_at: datetime | None
    changes: str
    flaw: str


def find_signatures(reader: PdfFileReader, stream: BinaryIO) -> list[SignedPart]:
    """Every signature, the newest first; a broken one is told, too. Raises `Flawed` when there are too many."""
    raw = RawObjects(reader)
    parts: list[SignedPart] = []
    certified = _certification(raw, reader)
    for field in iterate_fields(reader):
        if field.type != "/Sig" or "/V" not in field.definition:
            continue
        part, value = _read_safely(reader, raw, stream, field)
        if part is not None:
            parts.append(part)
        if value == certified:
            certified = None
        if len(parts) > MOST_SIGNATURES:
            raise Flawed("too_complex")
    if certified is not None:  # the catalog names a certification that no form field leads to
        parts.append(_broken("", "malformed_signature"))
    return sorted(parts, key=lambda part: part.end, reverse=True)


def _certification(raw: RawObjects, reader: PdfFileReader) -> Place | None:
    try:
        return certification(raw, reader)
    except UnsealableDocument:
        return None


def _broken(name: str, code: str) -> SignedPart:
    return SignedPart(name, "", b"", (0, 0), 0, False, None, None, "unknown", code)


def _read_safely(
    reader: PdfFileReader, raw: RawObjects, stream: BinaryIO, field: FormField
) -> tuple[SignedPart | None, Place | None]:
    """The signature of a field, or why it cannot be read. A strict reader passes failures on to the tolerant one."""
    try:
        value = signature_value(raw, field)
        return (None if value is None else _read(reader, raw, stream, field, value)), value
    except Flawed as flawed:
        return _broken(field.name, flawed.code), None
    except Exception:
        if reader.strict:
            raise
        return _broken(field.name, "malformed_signature"), None


def _read(reader: PdfFileReader, raw: RawObjects, stream: BinaryIO, field: FormField, value: Place) -> SignedPart:
    size = stream.seek(0, 2)
    contents = raw.child(value, b"/Contents")
    text = raw.text(contents) if contents is not None else b""
    if not (text.startswith(b"<") and text.endswith(b">")):
        raise Flawed("malformed_signature")
    gap, end = _checked_range(byte_range(raw, value), stream, text, size)
    flaw, changes = "", "none"
    if not gap[1]:
        flaw, changes = "wrong_byte_range", "unknown"
    elif end < size:
        flaw, changes = _judged_changes(reader, stream, field, end)
    claimed = raw.child(value, b"/M")
    return SignedPart(
        field_name=field.name,
        sub_filter=raw.name(value, b"/SubFilter").removeprefix("/"),
        contents=bytes.fromhex(text[1:-1].decode("ascii")),
        gap=gap,
        end=end,
        covers_everything=bool(gap[1]) and end == size,
        permits=permitted_changes(raw, value),
        claimed_at=pdf_date(raw.text(claimed)) if claimed is not None else None,
        changes=changes,
        flaw=flaw,
    )


def _checked_range(numbers: list[int], stream: BinaryIO, text: bytes, size: int) -> tuple[tuple[int, int], int]:
    """The gap and the end of the signed bytes; an empty gap when anything but the signature value is left out."""
    if len(numbers) == 4 and numbers[0] == 0:
        start, after, end = numbers[1], numbers[2], numbers[2] + numbers[3]
        stream.seek(max(start, 0))
        if 0 < start < after <= end <= size and stream.read(after - start) == text:
            return (start, after), end
    return (0, 0), 0


def _judged_changes(reader: PdfFileReader, stream: BinaryIO, field: FormField, end: int) -> tuple[str, str]:
    try:
        changes = changes_after(reader, field)
    except Flawed as flawed:
        return flawed.code, "unknown"
    stream.seek(end)
    if changes == "none" and stream.read(CHUNK_SIZE).strip(b"\0\t\n\f\r "):
        return "changes_unclear", "unknown"  # bytes that no revision explains, such as another file behind this one
    return ("changed_afterwards" if changes == "forbidden" else ""), changes


def digest_part(stream: BinaryIO, part: SignedPart, algorithm: str) -> bytes:
    """The digest of what the signature covers; raises `Flawed` for an unknown algorithm."""
    running = new_digest(algorithm)
    for piece in _signed_bytes(stream, part):
        running.update(piece)
    return bytes(running.digest())


def _signed_bytes(stream: BinaryIO, part: SignedPart) -> Iterator[bytes]:
    for start, end in ((0, part.gap[0]), (part.gap[1], part.end)):
        stream.seek(start)
        left = end - start
        while left > 0 and (piece := stream.read(min(left, CHUNK_SIZE))):
            left -= len(piece)
            yield piece


def content_digest(stream: BinaryIO, part: SignedPart, algorithm: str, content: bytes) -> bytes:
    """The digest that the signed attributes must carry: of the file, or of its SHA-1 that older signatures enclose."""
    if part.sub_filter != "adbe.pkcs7.sha1":
        return digest_part(stream, part, algorithm)
    if content != digest_part(stream, part, "sha1"):
        raise Flawed("changed_content")
    return digest_of(algorithm, content)


def pdf_date(text: bytes) -> datetime | None:
    """A PDF date in UTC (ISO 32000-2, 7.9.4), when it is whole and possible."""
    found = _DATE.match(text)
    if found is None:
        return None
    sign, hours, minutes = found[7], int(found[8] or 0), int(found[9] or 0)
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if sign == b"-" else 1)
    try:
        local = datetime(*(int(each) for each in found.groups()[:6]), tzinfo=timezone(offset))  # type: ignore[arg-type,misc]  # six numbers
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
