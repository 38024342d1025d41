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
    """What a document may cost before it is refused; `hybrid` whether it may have two cross-reference tables."""

    size: int = 512 * MEBIBYTE
    objects: int = 300_000
    pages: int = 20_000
    revisions: int = 500
    form_fields: int = 50_000
    hybrid: bool = False


DEFAULT_LIMITS: Final = PdfLimits()
VERIFICATION_LIMITS: Final = PdfLimits(hybrid=True)


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
    if reader.xrefs.hybrid_xrefs_present and not limits.hybrid:
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
    """The leaves of the page tree in order; read one by one; a loop and more pages than allowed are refused."""
    tree = entry(reader.root, "/Pages", DictionaryObject)
    branches: list[Iterator[DictionaryObject]] = [iter([tree] if tree is not None else [])]
    seen: set[int] = set()
    count = 0
    while branches:
        node = next(branches[-1], None)
        if node is None:
            branches.pop()
            continue
        kids = entry(node, "/Kids", ArrayObject)
        if kids is None:
            count += 1
            if count > limits.pages:
                raise UnsealableDocument("too_many_pages", f"more than {limits.pages}")
            yield node
        elif id(node) in seen:
            raise UnsealableDocument("unreadable_pdf", "the page tree loops")
        else:
            seen.add(id(node))
            branches.append(dictionaries(kids))


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


def stored_material(
    reader: PdfFileReader, counts: Callable[[StreamObject], bool] = lambda _: True
) -> ValidationMaterial:
    """What the document security store holds (ETSI EN 319 142-1, 5.4.2), of the streams that count."""
    store = entry(reader.root, "/DSS", DictionaryObject)
    if store is None:
        return ValidationMaterial()
    certificates, ocsps, crls = (
        tuple(bytes(each.data) for each in _streams(store, key) if counts(each))
        for key in ("/Certs", "/OCSPs", "/CRLs")
    )
    return ValidationMaterial(certificates, ocsps, crls)


def _streams(store: DictionaryObject, key: str) -> Iterator[StreamObject]:
    array = entry(store, key, ArrayObject)
    return (each for each in dictionaries(array) if isinstance(each, StreamObject))
