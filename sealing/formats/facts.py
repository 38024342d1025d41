"""Preflight: can this PDF be sealed, and what should the customer know about it?

Refusals are final (`UnsealableDocument`). Warnings are facts about content that a seal protects as it is but that
can show or do something else later; they never stop a seal.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final

from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    PdfObject,
    StreamObject,
)
from pyhanko.pdf_utils.reader import PdfFileReader

from .errors import UnsealableDocument, gettext_noop
from .keys import ValidationMaterial
from .raw import RawObjects
from .reading import (
    DEFAULT_LIMITS,
    FormField,
    PdfLimits,
    acro_form,
    count_objects,
    dictionaries,
    entry,
    iterate_fields,
    iterate_pages,
    name_entry,
    read_document,
)
from .revision import RevisionRequest, SignatureRequest, prepare_revision
from .signatures import ExistingSignature, certification, check_sealable, existing_signatures

WARNINGS: Final[dict[str, str]] = {
    "embedded_files": gettext_noop("The PDF carries other files inside."),
    "empty_signature_fields": gettext_noop("The PDF has signature fields that nobody has signed yet."),
    "external_content": gettext_noop("The PDF refers to content outside the file."),
    "fillable_form": gettext_noop("The PDF has form fields that can still be filled in."),
    "competing_tables": gettext_noop(
        "The PDF has two cross-reference tables, so that old viewers may show something else."
    ),
    "hidden_layers": gettext_noop("The PDF has layers that are not shown by default."),
    "javascript": gettext_noop("The PDF contains JavaScript."),
    "launch_action": gettext_noop("The PDF can start other programs."),
    "needs_repair": gettext_noop("The PDF is slightly damaged; viewers repair it silently."),
    "open_action": gettext_noop("The PDF does something when it is opened."),
    "trailing_bytes": gettext_noop("The file continues after the end of the PDF."),
    "usage_rights": gettext_noop("The PDF has Adobe usage rights, which end with any change."),
}
"""Every warning code with one sentence (English source text) for the customer."""

_REHEARSAL: Final = RevisionRequest(SignatureRequest(1, datetime(2000, 1, 1, tzinfo=UTC)), ValidationMaterial())
_ANNOTATIONS_READ: Final = 5_000
_TAIL_SIZE: Final = 2_048
_PDFA: Final = re.compile(
    rb"pdfaid:part(?:\s*=\s*[\"']|>)\s*(\d).*?pdfaid:conformance(?:\s*=\s*[\"']|>)\s*([A-Za-z])", re.DOTALL
)
_ACTION_WARNINGS: Final = {
    "/JavaScript": "javascript",
    "/Rendition": "javascript",
    "/Launch": "launch_action",
    "/GoToR": "external_content",
    "/GoToE": "embedded_files",
    "/ImportData": "external_content",
    "/SubmitForm": "external_content",
}


@dataclass(frozen=True)
class PdfFacts:
    """What preflight found; `size` in bytes, `pdfa` such as "PDF/A-2B" or empty, warnings are keys of `WARNINGS`.

    `certifiable` tells that nothing was signed before, so that a seal may also forbid changes.
    """

    size: int
    version: str
    pages: int
    objects: int
    revisions: int
    pdfa: str
    certifiable: bool
    signatures: tuple[ExistingSignature, ...]
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The facts as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "PdfFacts":
        """Rebuild facts that crossed a process border."""
        known = {each.name: values[each.name] for each in fields(cls)}
        known["signatures"] = tuple(ExistingSignature(**each) for each in values["signatures"])
        known["warnings"] = tuple(values["warnings"])
        return cls(**known)


def inspect_pdf(stream: BinaryIO, limits: PdfLimits = DEFAULT_LIMITS) -> PdfFacts:
    """Read the whole structure of a PDF once; raises `UnsealableDocument` for what will never be sealed.

    The seal itself is rehearsed, so that whatever `prepare` would refuse is refused here.
    """
    tail = _tail(stream)
    return read_document(stream, lambda reader: _survey(reader, tail, stream.seek(0, 2), limits), limits)


def _tail(stream: BinaryIO) -> bytes:
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _TAIL_SIZE))
    return stream.read()


def _survey(reader: PdfFileReader, tail: bytes, size: int, limits: PdfLimits) -> PdfFacts:
    form_fields = list(iterate_fields(reader, limits))
    raw = RawObjects(reader)
    signatures = existing_signatures(raw, form_fields)
    check_sealable(reader, raw, signatures)
    pages, warnings = _page_warnings(reader, limits)
    if not pages:
        raise UnsealableDocument("no_pages")
    prepare_revision(reader, size, _REHEARSAL)
    warnings |= _whole_warnings(reader, tail, form_fields, len(signatures))
    major, minor = reader.input_version
    return PdfFacts(
        size=size,
        version=f"{major}.{minor}",
        pages=pages,
        objects=count_objects(reader),
        revisions=reader.total_revisions,
        pdfa=_pdfa(reader),
        certifiable=not signatures and certification(raw, reader) is None,
        signatures=tuple(signatures),
        warnings=tuple(sorted(warnings)),
    )


def content_warnings(
    reader: PdfFileReader, stream: BinaryIO, signatures: int, limits: PdfLimits = DEFAULT_LIMITS
) -> tuple[str, ...]:
    """The warnings about a document with that many signatures, also one that will never be sealed."""
    _, warnings = _page_warnings(reader, limits)
    form_fields = list(iterate_fields(reader, limits))
    return tuple(sorted(warnings | _whole_warnings(reader, _tail(stream), form_fields, signatures)))


def _page_warnings(reader: PdfFileReader, limits: PdfLimits) -> tuple[int, set[str]]:
    """The number of pages, and what they warn of."""
    warnings: set[str] = set()
    pages = 0
    annotations = _ANNOTATIONS_READ
    for page in iterate_pages(reader, limits):
        pages += 1
        warnings.update(_action_warnings(page))
        for annotation in dictionaries(entry(page, "/Annots", ArrayObject)):
            annotations -= 1
            if annotations < 0:
                break
            warnings.update(_annotation_warnings(annotation))
    return pages, warnings


def _whole_warnings(reader: PdfFileReader, tail: bytes, form_fields: list[FormField], signatures: int) -> set[str]:
    warnings = set(_document_warnings(reader))
    if not reader.strict:
        warnings.add("needs_repair")
    if reader.xrefs.hybrid_xrefs_present:
        warnings.add("competing_tables")
    if sum(field.type == "/Sig" for field in form_fields) > signatures:
        warnings.add("empty_signature_fields")
    if any(field.type in ("/Tx", "/Ch", "/Btn") for field in form_fields):
        warnings.add("fillable_form")
    if tail.rpartition(b"%%EOF")[2].strip(b"\r\n\t \0"):
        warnings.add("trailing_bytes")
    return warnings


def _document_warnings(reader: PdfFileReader) -> Iterator[str]:
    root = reader.root
    names = entry(root, "/Names", DictionaryObject)
    if names is not None and "/JavaScript" in names:
        yield "javascript"
    if (names is not None and "/EmbeddedFiles" in names) or "/AF" in root:
        yield "embedded_files"
    if "/OpenAction" in root:
        yield from _open_action(entry(root, "/OpenAction", DictionaryObject))
    yield from _action_warnings(root)
    if _has_hidden_layers(entry(root, "/OCProperties", DictionaryObject)):
        yield "hidden_layers"
    permissions = entry(root, "/Perms", DictionaryObject)
    if permissions is not None and ("/UR3" in permissions or "/UR" in permissions):
        yield "usage_rights"
    form = acro_form(reader)
    for field in dictionaries(entry(form, "/CO", ArrayObject)) if form is not None else ():
        yield from _annotation_warnings(field)


def _open_action(action: DictionaryObject | None) -> Iterator[str]:
    """A destination or a GoTo only chooses the first page to show; any other action is worth a warning."""
    if action is not None and name_entry(action, "/S") not in ("", "/GoTo"):
        yield "open_action"
        yield from _one_action(action)


def _action_warnings(holder: DictionaryObject) -> Iterator[str]:
    additional = entry(holder, "/AA", DictionaryObject)
    for key in additional.keys() if additional is not None else ():
        action = entry(additional, key, DictionaryObject) if additional is not None else None
        if action is not None:
            yield from _one_action(action)


def _one_action(action: DictionaryObject) -> Iterator[str]:
    warning = _ACTION_WARNINGS.get(name_entry(action, "/S"))
    if warning is not None:
        yield warning


def _annotation_warnings(annotation: DictionaryObject) -> Iterator[str]:
    action = entry(annotation, "/A", DictionaryObject)
    if action is not None:
        yield from _one_action(action)
    yield from _action_warnings(annotation)
    if name_entry(annotation, "/Subtype") == "/FileAttachment":
        yield "embedded_files"


def _has_hidden_layers(properties: DictionaryObject | None) -> bool:
    default = entry(properties, "/D", DictionaryObject) if properties is not None else None
    if default is None:
        return False
    return bool(entry(default, "/OFF", ArrayObject)) or name_entry(default, "/BaseState") == "/OFF"


def _pdfa(reader: PdfFileReader) -> str:
    metadata: PdfObject | None = reader.root.get("/Metadata")
    stream = metadata.get_object() if metadata is not None else None
    if not isinstance(stream, StreamObject):
        return ""
    found = _PDFA.search(stream.read_data(DecodePurpose.XMP_METADATA))
    return f"PDF/A-{found[1].decode()}{found[2].decode().upper()}" if found else ""
