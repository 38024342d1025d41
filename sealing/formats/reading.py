"""Opening a PDF that a stranger made: limits first, then pages, form fields and existing signatures.

pyHanko reads the objects; everything here treats what it returns as hostile: any value may be missing, of another
type, or part of a loop.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, TypeVar

from pyhanko.pdf_utils.decode_limits import (
    DecodeLimits,
    DocumentDecodeBudget,
    StreamDecodeLimits,
)
from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NullObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)
from pyhanko.pdf_utils.misc import PdfDecodeLimitError
from pyhanko.pdf_utils.reader import PdfFileReader

from .errors import SealCheckFailed, UnsealableDocument
from .keys import ValidationMaterial

MEBIBYTE: Final = 1 << 20
DECODE_LIMITS: Final = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=64 * MEBIBYTE),
    document_budget=DocumentDecodeBudget(base_allowance=256 * MEBIBYTE, max_ratio=50),
)
HIGHEST_OBJECT_NUMBER: Final = 8_388_607  # ISO 32000-1 annex C.2, also a PDF/A limit

Found = TypeVar("Found", bound=PdfObject)
Result = TypeVar("Result")


@dataclass(frozen=True)
class PdfLimits:
    """What a document may cost before it is refused."""

    size: int = 512 * MEBIBYTE
    objects: int = 300_000
    pages: int = 20_000
    revisions: int = 500
    form_fields: int = 50_000


DEFAULT_LIMITS: Final = PdfLimits()


@dataclass(frozen=True)
class ExistingSignature:
    """A signature or document timestamp already in the file; `permits` is 1, 2 or 3 when it certifies (DocMDP)."""

    field_name: str
    kind: str
    sub_filter: str
    permits: int | None
    locks_new_fields: bool
    covered_size: int


@dataclass(frozen=True)
class FormField:
    """A terminal form field: its full name, its own dictionary, and its type inherited from its parents."""

    name: str
    type: str
    definition: DictionaryObject


def read_document(
    stream: BinaryIO, work: Callable[[PdfFileReader], Result], limits: PdfLimits = DEFAULT_LIMITS
) -> Result:
    """Open a PDF, refuse what can never be sealed, and let `work` read it.

    Strictly first; what only a tolerant reader understands is tried once more that way. Every way in which a broken
    file makes the reader fail becomes `UnsealableDocument`: after this, only the document is to blame.
    """
    _check_header(stream, limits)
    for strict in (True, False):
        try:
            return work(_open(stream, strict=strict, limits=limits))
        except (UnsealableDocument, SealCheckFailed):
            raise
        except (PdfDecodeLimitError, RecursionError, MemoryError) as error:
            raise UnsealableDocument("too_complex", type(error).__name__) from error
        except Exception as error:  # noqa: BLE001 - one mutated file in eight raises something other than PdfError
            reason = f"{type(error).__name__}: {error}"
    raise UnsealableDocument("unreadable_pdf", reason[:500])


def _check_header(stream: BinaryIO, limits: PdfLimits) -> None:
    if (size := stream.seek(0, 2)) > limits.size:
        raise UnsealableDocument("too_large", f"{size} bytes, {limits.size} allowed")
    stream.seek(0)
    if stream.read(5) != b"%PDF-":
        raise UnsealableDocument("not_a_pdf")


def _open(stream: BinaryIO, *, strict: bool, limits: PdfLimits) -> PdfFileReader:
    reader = PdfFileReader(stream, strict=strict, decode_limits=DECODE_LIMITS)
    if "/Encrypt" in reader.trailer:
        raise UnsealableDocument("encrypted_pdf")
    if reader.xrefs.hybrid_xrefs_present:
        raise UnsealableDocument("hybrid_pdf")
    if (revisions := reader.total_revisions) > limits.revisions:
        raise UnsealableDocument("too_many_revisions", f"{revisions}, {limits.revisions} allowed")
    if (objects := count_objects(reader)) > limits.objects:
        raise UnsealableDocument("too_many_objects", f"{objects}, {limits.objects} allowed")
    if not isinstance(reader.root, DictionaryObject):
        raise UnsealableDocument("unreadable_pdf", "no document catalog")
    return reader


def count_objects(reader: PdfFileReader) -> int:
    """Cross-reference entries over all revisions: what reading the whole file would cost."""
    return sum(
        len(reader.xrefs.get_xref_data(revision).explicit_refs_in_revision)
        for revision in range(reader.total_revisions)
    )


def next_object_number(reader: PdfFileReader) -> int:
    """The first number above every object of every revision, whatever /Size claims."""
    declared = reader.trailer["/Size"]
    highest = int(declared) - 1 if isinstance(declared, NumberObject) else 0
    for revision in range(reader.total_revisions):
        entries = reader.xrefs.get_xref_data(revision).explicit_refs_in_revision
        highest = max(highest, max((number for number, _ in entries), default=0))
    if highest >= HIGHEST_OBJECT_NUMBER:
        raise UnsealableDocument("too_many_objects", f"object number {highest}")
    return highest + 1


def entry(container: DictionaryObject, key: str, kind: type[Found]) -> Found | None:
    """A dictionary's value if it is there and of that type, following references."""
    try:
        value = container[key]
    except KeyError:
        return None
    return value if isinstance(value, kind) else None


def name_entry(container: DictionaryObject, key: str) -> str:
    """A name value, or the empty string."""
    return str(entry(container, key, NameObject) or "")


def dictionaries(array: ArrayObject | None) -> Iterator[DictionaryObject]:
    """The dictionaries among an array's elements, following references."""
    for index in range(len(array or ())):
        element = array[index] if array is not None else NullObject()
        if isinstance(element, DictionaryObject):
            yield element


def iterate_pages(reader: PdfFileReader, limits: PdfLimits = DEFAULT_LIMITS) -> Iterator[DictionaryObject]:
    """The leaves of the page tree in order; a loop, a direct page or more pages than allowed is refused."""
    tree = entry(reader.root, "/Pages", DictionaryObject)
    pending: list[DictionaryObject] = [tree] if tree is not None else []
    seen: set[int] = set()
    count = 0
    while pending:
        node = pending.pop()
        kids = entry(node, "/Kids", ArrayObject)
        if kids is None:
            count += 1
            if count > limits.pages:
                raise UnsealableDocument("too_many_pages", f"more than {limits.pages}")
            yield node
            continue
        if id(node) in seen:
            raise UnsealableDocument("unreadable_pdf", "the page tree loops")
        seen.add(id(node))
        pending.extend(reversed(list(dictionaries(kids))))


def acro_form(reader: PdfFileReader) -> DictionaryObject | None:
    """The interactive form dictionary, if there is one."""
    return entry(reader.root, "/AcroForm", DictionaryObject)


def iterate_fields(reader: PdfFileReader, limits: PdfLimits = DEFAULT_LIMITS) -> Iterator[FormField]:
    """Every form field of the document with its full name (ISO 32000-2, 12.7.4.2)."""
    form = acro_form(reader)
    roots = entry(form, "/Fields", ArrayObject) if form is not None else None
    pending = [(field, "", "") for field in dictionaries(roots)]
    seen: set[int] = set()
    while pending:
        definition, parent_name, parent_type = pending.pop()
        if id(definition) in seen:
            continue
        seen.add(id(definition))
        if len(seen) > limits.form_fields:
            raise UnsealableDocument("too_complex", f"more than {limits.form_fields} form fields")
        partial = entry(definition, "/T", TextStringObject)
        name = ".".join(part for part in (parent_name, str(partial or "")) if part)
        field_type = name_entry(definition, "/FT") or parent_type
        yield FormField(name, field_type, definition)
        pending.extend((kid, name, field_type) for kid in dictionaries(entry(definition, "/Kids", ArrayObject)))


def existing_signatures(fields: list[FormField]) -> list[ExistingSignature]:
    """The signatures among a document's fields."""
    return [
        _describe(field, value)
        for field in fields
        if field.type == "/Sig" and (value := entry(field.definition, "/V", DictionaryObject)) is not None
    ]


def _describe(field: FormField, value: DictionaryObject) -> ExistingSignature:
    permits: int | None = None
    locks = _locks_everything_else(entry(field.definition, "/Lock", DictionaryObject))
    for reference in dictionaries(entry(value, "/Reference", ArrayObject)):
        parameters = entry(reference, "/TransformParams", DictionaryObject) or DictionaryObject()
        method = name_entry(reference, "/TransformMethod")
        if method == "/DocMDP":
            permits = int(entry(parameters, "/P", NumberObject) or 2)
        elif method == "/FieldMDP":
            locks = locks or _locks_everything_else(parameters)
    lock = entry(field.definition, "/Lock", DictionaryObject)
    lock_permits = entry(lock, "/P", NumberObject) if lock is not None else None
    if lock_permits is not None:
        permits = min(int(lock_permits), permits or 3)
    return ExistingSignature(
        field_name=field.name,
        kind="timestamp" if name_entry(value, "/Type") == "/DocTimeStamp" else "signature",
        sub_filter=name_entry(value, "/SubFilter").removeprefix("/"),
        permits=permits,
        locks_new_fields=locks,
        covered_size=_covered_size(value),
    )


def _locks_everything_else(parameters: DictionaryObject | None) -> bool:
    return parameters is not None and name_entry(parameters, "/Action") in ("/All", "/Exclude")


def _covered_size(value: DictionaryObject) -> int:
    byte_range = entry(value, "/ByteRange", ArrayObject)
    numbers = [item for item in byte_range or () if isinstance(item, NumberObject)]
    return int(numbers[2]) + int(numbers[3]) if len(numbers) == 4 else 0


def check_sealable(reader: PdfFileReader, signatures: list[ExistingSignature]) -> None:
    """Refuse a document whose author or earlier signers allow no further seal.

    ISO 32000-2, 12.8.2.2 (DocMDP) and 12.8.2.4 (FieldMDP); a form locked as a whole admits no new field.
    """
    form = acro_form(reader)
    if form is not None and "/XFA" in form:
        raise UnsealableDocument("xfa_form")
    for signature in signatures:
        if signature.permits == 1:
            raise UnsealableDocument("certified_no_changes", f"by field {signature.field_name!r}")
        if signature.locks_new_fields:
            raise UnsealableDocument("locked_by_signature", f"by field {signature.field_name!r}")


def is_certified(reader: PdfFileReader) -> bool:
    """Whether the catalog names a certification signature."""
    permissions = entry(reader.root, "/Perms", DictionaryObject)
    return permissions is not None and "/DocMDP" in permissions


def stored_material(reader: PdfFileReader) -> ValidationMaterial:
    """What the document security store holds (ETSI EN 319 142-1, 5.4.2)."""
    store = entry(reader.root, "/DSS", DictionaryObject)
    if store is None:
        return ValidationMaterial()
    return ValidationMaterial(_streams(store, "/Certs"), _streams(store, "/OCSPs"), _streams(store, "/CRLs"))


def _streams(store: DictionaryObject, key: str) -> tuple[bytes, ...]:
    array = entry(store, key, ArrayObject)
    return tuple(bytes(each.data) for each in dictionaries(array) if isinstance(each, StreamObject))
