"""Signatures that are already in a PDF, and what their makers permit afterwards."""

from dataclasses import dataclass

from pyhanko.pdf_utils.reader import PdfFileReader

from .errors import UnsealableDocument
from .raw import Place, RawObjects, integer
from .reading import FormField, acro_form


@dataclass(frozen=True)
class ExistingSignature:
    """A signature or document timestamp in the file.

    `permits` is 1, 2 or 3 when it certifies (DocMDP); `covered_size` is where its byte range ends.
    """

    field_name: str
    kind: str
    sub_filter: str
    permits: int | None
    locks_new_fields: bool
    covered_size: int


def existing_signatures(raw: RawObjects, fields: list[FormField]) -> list[ExistingSignature]:
    """The signatures among a document's fields."""
    found = ((field, signature_value(raw, field)) for field in fields)
    return [_describe(raw, field, value) for field, value in found if value is not None]


def signature_value(raw: RawObjects, field: FormField) -> Place | None:
    """Where the signature dictionary of a signed field lies; None for any other field."""
    if field.type != "/Sig" or "/V" not in field.definition:
        return None
    return raw.child(raw.place_of(field.definition), b"/V")


def byte_range(raw: RawObjects, value: Place) -> list[int]:
    """The numbers of a signature's /ByteRange; empty when it is malformed."""
    numbers = [integer(raw.text(item)) for item in raw.items(raw.child(value, b"/ByteRange"))]
    return [each for each in numbers if each is not None] if None not in numbers else []


def transform_methods(raw: RawObjects, value: Place) -> list[tuple[str, Place | None]]:
    """The transform methods of a signature with their parameters (ISO 32000-2, table 256)."""
    references = raw.items(raw.child(value, b"/Reference"))
    return [(raw.name(each, b"/TransformMethod"), raw.child(each, b"/TransformParams")) for each in references]


def certification(raw: RawObjects, reader: PdfFileReader) -> Place | None:
    """The signature dictionary that the catalog names as certifying the document."""
    root = reader.root_ref
    catalog = raw.object_place((root.idnum, root.generation))
    permissions = raw.child(catalog, b"/Perms") if catalog is not None else None
    return raw.child(permissions, b"/DocMDP") if permissions is not None else None


def permitted_changes(raw: RawObjects, value: Place) -> int | None:
    """1, 2 or 3 when the signature restricts changes by DocMDP (2 unless it says otherwise)."""
    for method, parameters in transform_methods(raw, value):
        if method == "/DocMDP":
            return (raw.number(parameters, b"/P") if parameters is not None else None) or 2
    return None


def _describe(raw: RawObjects, field: FormField, value: Place) -> ExistingSignature:
    lock = raw.child(raw.place_of(field.definition), b"/Lock")
    limits = [permitted_changes(raw, value), raw.number(lock, b"/P") if lock is not None else None]
    locked = [parameters for method, parameters in transform_methods(raw, value) if method == "/FieldMDP"]
    numbers = byte_range(raw, value)
    sub_filter = raw.name(value, b"/SubFilter").removeprefix("/")
    return ExistingSignature(
        field_name=field.name,
        kind="timestamp" if sub_filter == "ETSI.RFC3161" else "signature",
        sub_filter=sub_filter,
        permits=min((limit for limit in limits if limit is not None), default=None),
        locks_new_fields=any(_locks_everything_else(raw, parameters) for parameters in (lock, *locked)),
        covered_size=numbers[2] + numbers[3] if len(numbers) == 4 else 0,
    )


def _locks_everything_else(raw: RawObjects, parameters: Place | None) -> bool:
    return parameters is not None and raw.name(parameters, b"/Action") in ("/All", "/Exclude")


def check_sealable(reader: PdfFileReader, raw: RawObjects, signatures: list[ExistingSignature]) -> None:
    """Refuse a document whose author or earlier signers allow no further seal.

    ISO 32000-2, 12.8.2.2 (DocMDP) and 12.8.2.4 (FieldMDP); a form locked as a whole admits no new field. A
    certification counts even when no form field leads to it.
    """
    form = acro_form(reader)
    if form is not None and "/XFA" in form:
        raise UnsealableDocument("xfa_form")
    certified = certification(raw, reader)
    if certified is not None and permitted_changes(raw, certified) == 1:
        raise UnsealableDocument("certified_no_changes", "by the document catalog")
    for signature in signatures:
        if signature.permits == 1:
            raise UnsealableDocument("certified_no_changes", f"by field {signature.field_name!r}")
        if signature.locks_new_fields:
            raise UnsealableDocument("locked_by_signature", f"by field {signature.field_name!r}")
