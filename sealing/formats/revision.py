"""What a seal appends to a PDF: one incremental update, built as bytes (ISO 32000-2, 7.5.6).

Nothing here touches the original bytes. Objects that must change (catalog, first page, form) are copied byte by byte
with their additions; everything else is new. Only constructions that PDF/A-1 to PDF/A-4 allow are used.
"""

import os
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NumberObject,
    PdfObject,
    TextStringObject,
)
from pyhanko.pdf_utils.reader import PdfFileReader

from .appearance import draw, placed, widget_entries
from .editing import ObjectEditor
from .errors import UnsealableDocument
from .keys import ValidationMaterial
from .raw import Place, RawObjects
from .reading import (
    entry,
    iterate_fields,
    iterate_pages,
    next_object_number,
    stored_material,
)
from .signature_dictionary import signature_entries
from .signatures import certification, check_sealable, existing_signatures
from .syntax import malformed
from .visible import VisibleSeal

_BYTE_RANGE_WIDTH: Final = 40
_PRINT_AND_LOCKED: Final = 132  # annotation flags 4 + 128: what PDF/A asks of an annotation
_SIGNATURE_FLAGS: Final = 3  # signatures exist, append only
DOCUMENT_TIMESTAMP: Final = b"<</Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161/V 0"
"""The opening of a document timestamp's dictionary (ETSI EN 319 142-1, 5.4.3)."""


@dataclass(frozen=True)
class SignatureRequest:
    """The signature dictionary to write, the bytes to keep free for its CMS, and what of the seal can be seen."""

    contents_size: int
    signed_at: datetime
    certify: bool = True
    name: str = ""
    reason: str = ""
    location: str = ""
    contact: str = ""
    visible: VisibleSeal | None = None


@dataclass(frozen=True)
class RevisionRequest:
    """One incremental update: a signature, validation material, or both at once.

    With `archive_size` a second update follows: a document timestamp with room for a token of that many bytes, its
    field sharing the empty appearance of the seal (object number `appearance`, unless the seal is in this request).
    """

    signature: SignatureRequest | None = None
    material: ValidationMaterial | None = None
    archive_size: int = 0
    appearance: int = 0


@dataclass(frozen=True)
class Revision:
    """The bytes to append to a file of `source_size` bytes.

    `contents` is the absolute position and length of the /Contents string including its brackets, `(0, 0)` without
    a signature; its hexadecimal digits are zeros until the CMS is known. `archive` is the update to append after
    this one, for the document timestamp.
    """

    source_size: int
    appended: bytes
    contents: tuple[int, int] = (0, 0)
    field_name: str = ""
    certified: bool = False
    earlier_signatures: int = 0
    appearance: int = 0
    archive: "Revision | None" = None


class RevisionWriter:
    """Collects new and edited objects and lays them out behind the source."""

    def __init__(self, reader: PdfFileReader) -> None:
        self.reader = reader
        self.editor = ObjectEditor(reader)
        self.next_number = next_object_number(reader)
        self.fresh: dict[int, bytes] = {}
        self.contents: tuple[int, int] = (0, 0)
        self._signature: tuple[int, bytes, int] | None = None
        self._previous = reader.xrefs.get_startxref_for_revision(reader.total_revisions - 1)
        self._identifier = _first_identifier(reader.trailer.flatten()) or os.urandom(16)

    @property
    def catalog(self) -> Place:
        """The document catalog."""
        root = self.reader.root_ref
        place = self.editor.object_place((root.idnum, root.generation))
        if place is None:
            raise malformed("no document catalog")
        return place

    @property
    def has_changes(self) -> bool:
        """Whether there is anything to write at all."""
        return bool(self.fresh or self.editor.changed())

    def reserve(self) -> int:
        """The number of an object still to be written."""
        self.next_number += 1
        return self.next_number - 1

    def add(self, body: bytes) -> int:
        """Write a new object from its serialised body."""
        number = self.reserve()
        self.fresh[number] = body
        return number

    def add_stream(self, payload: bytes, head: bytes = b"") -> int:
        """Write a new uncompressed stream."""
        return self.add(b"<<%s/Length %d>>\nstream\n%s\nendstream" % (head, len(payload), payload))

    def extend(self, dictionary: Place, key: bytes, numbers: list[int]) -> None:
        """Append references to an array entry, which may be absent, direct or an object of its own."""
        references = b" ".join(b"%d 0 R" % number for number in numbers)
        array = self.editor.child(dictionary, key)
        if array is None:
            self.editor.put(dictionary, key, b"[" + references + b"]")
        elif self.editor.text(array).startswith(b"["):
            self.editor.append(array, references)
        else:
            raise malformed(f"{key.decode()} is not an array")

    def sign(self, entries: bytes, contents_size: int) -> int:
        """Place the signature dictionary; its position becomes known in `build`."""
        number = self.reserve()
        self._signature = (number, entries, contents_size)
        return number

    def begin_next(self) -> None:
        """After `build`: whatever is added from now on belongs to one more update, on top of the one built."""
        self.editor.settle()
        self.fresh = {}
        self.contents = (0, 0)
        self._signature = None

    def build(self, source_size: int) -> bytes:
        """The complete update: objects, cross-references in the source's own style, trailer."""
        out = bytearray(b"\n")
        offsets: dict[tuple[int, int], int] = {}
        for number, body in self.fresh.items():
            offsets[(number, 0)] = source_size + len(out)
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        for (number, generation), body in self.editor.changed().items():
            offsets[(number, generation)] = source_size + len(out)
            out += b"%d %d obj\n%s\nendobj\n" % (number, generation, body)
        range_at = 0
        if self._signature is not None:
            offsets[(self._signature[0], 0)] = source_size + len(out)
            range_at = self._write_signature(out, source_size, *self._signature)
        self._write_cross_references(out, source_size, offsets)
        if self._signature is not None:
            self._fill_byte_range(out, range_at, source_size)
        return bytes(out)

    def _write_signature(
        self, out: bytearray, source_size: int, number: int, entries: bytes, contents_size: int
    ) -> int:
        out += b"%d 0 obj\n%s" % (number, entries)
        out += b"/ByteRange "
        range_at = len(out)
        out += b" " * _BYTE_RANGE_WIDTH + b"/Contents "
        start, length = len(out), 2 * contents_size + 2
        out += b"<" + b"0" * (length - 2) + b">>>\nendobj\n"
        self.contents = (source_size + start, length)
        return range_at

    def _fill_byte_range(self, out: bytearray, range_at: int, source_size: int) -> None:
        start, length = self.contents
        end = start + length
        ranges = b"[0 %d %d %d]" % (start, end, source_size + len(out) - end)
        if len(ranges) > _BYTE_RANGE_WIDTH:
            raise UnsealableDocument("too_large", "the byte range does not fit")
        out[range_at : range_at + len(ranges)] = ranges

    def _write_cross_references(self, out: bytearray, source_size: int, offsets: dict[tuple[int, int], int]) -> None:
        start = source_size + len(out)
        if self.reader.has_xref_stream:
            number = self.reserve()
            offsets[(number, 0)] = start
            rows = b"".join(_stream_row(offsets[key], key[1]) for key in sorted(offsets))
            index = b" ".join(b"%d %d" % (first, len(keys)) for first, keys in _subsections(offsets))
            out += b"%d 0 obj\n<</Type/XRef/W[1 5 2]/Index[%s]/Length %d\n%s>>\nstream\n%s\nendstream\nendobj\n" % (
                (number, index, len(rows), self._trailer_entries(), rows)
            )
        else:
            out += b"xref\n"
            for first, keys in _subsections(offsets):
                out += b"%d %d\n" % (first, len(keys))
                out += b"".join(b"%010d %05d n \n" % (offsets[key], key[1]) for key in keys)
            out += b"trailer\n<<%s>>\n" % self._trailer_entries()
        out += b"startxref\n%d\n%%%%EOF\n" % start
        self._previous = start

    def _trailer_entries(self) -> bytes:
        trailer = self.reader.trailer.flatten()
        kept = b"".join(
            key.encode("ascii") + b" " + _plain_value(value)
            for key, value in trailer.items()
            if key not in ("/Size", "/Prev", "/ID") and key.isascii() and _plain_value(value)
        )
        return b"%s/Size %d/Prev %d/ID[<%s><%s>]" % (
            kept,
            self.next_number,
            self._previous,
            self._identifier.hex().encode("ascii"),
            os.urandom(16).hex().encode("ascii"),
        )


def _plain_value(value: PdfObject) -> bytes:
    """References, names and integers of a trailer; anything stranger is not carried over."""
    if isinstance(value, IndirectObject):
        return b"%d %d R" % (value.idnum, value.generation)
    if isinstance(value, NumberObject) or (isinstance(value, NameObject) and value[1:].isalnum() and value.isascii()):
        return str(value).encode("ascii")
    return b""


def _first_identifier(trailer: DictionaryObject) -> bytes:
    identifiers = entry(trailer, "/ID", ArrayObject)
    first = identifiers[0] if identifiers else None
    return bytes(first.original_bytes) if isinstance(first, ByteStringObject | TextStringObject) else b""


def prepare_revision(reader: PdfFileReader, source_size: int, request: RevisionRequest) -> Revision:
    """Everything a seal appends, with room for the CMS; raises `UnsealableDocument` where no seal is permitted."""
    writer = RevisionWriter(reader)
    if request.material is not None:
        _add_material(writer, request.material)
    if request.signature is not None:
        revision = _prepare_signature(writer, source_size, request.signature, archived=bool(request.archive_size))
    else:
        revision = Revision(source_size, writer.build(source_size) if writer.has_changes else b"")
    if not request.archive_size:
        return revision
    appearance = revision.appearance or request.appearance
    return replace(revision, archive=_prepare_archive(writer, revision, request.archive_size, appearance))


def _prepare_signature(
    writer: RevisionWriter, source_size: int, request: SignatureRequest, *, archived: bool
) -> Revision:
    reader = writer.reader
    fields = list(iterate_fields(reader))
    raw = RawObjects(reader)
    earlier = existing_signatures(raw, fields)
    check_sealable(reader, raw, earlier)
    certify = request.certify and not earlier and certification(raw, reader) is None
    field_name = _unused_name("Seal", {field.name for field in fields})
    signature = writer.sign(signature_entries(request, certify=certify), request.contents_size)
    appearance = 0
    if request.visible is None or archived:
        appearance = writer.add_stream(b"", b"/Type/XObject/Subtype/Form/BBox[0 0 0 0]/Resources<<>>")
    if request.visible is None:
        _add_field(writer, field_name, signature, appearance)
    else:
        where = placed(reader, request.visible)
        shown = draw(writer, request.visible, where)
        _add_field(writer, field_name, signature, shown, where.page, widget_entries(request.visible, where))
    if certify:
        _add_dictionary_entry(writer, b"/Perms", b"/DocMDP", b"%d 0 R" % signature)
    appended = writer.build(source_size)
    return Revision(source_size, appended, writer.contents, field_name, certify, len(earlier), appearance)


def _prepare_archive(writer: RevisionWriter, behind: Revision, contents_size: int, appearance: int) -> Revision:
    """The document timestamp (ISO 32000-2, 12.8.5) over everything up to the end of the revision before it.

    An appearance of its own would make validators take it for more than the archiving that every seal permits.
    """
    writer.begin_next()
    source_size = behind.source_size + len(behind.appended)
    field_name = _unused_name("Timestamp", {field.name for field in iterate_fields(writer.reader)})
    _add_field(writer, field_name, writer.sign(DOCUMENT_TIMESTAMP, contents_size), appearance)
    return Revision(source_size, writer.build(source_size), writer.contents, field_name)


def _unused_name(prefix: str, taken: set[str]) -> str:
    number = 1
    while f"{prefix}{number}" in taken:
        number += 1
    return f"{prefix}{number}"


def _add_field(
    writer: RevisionWriter,
    name: str,
    signature: int,
    appearance: int,
    page: DictionaryObject | None = None,
    entries: bytes = b"/Rect[0 0 0 0]",
) -> None:
    """A signature field with its widget: unseen on the first page, unless a page and entries are given."""
    page = page or next(iterate_pages(writer.reader), None)
    if page is None:
        raise UnsealableDocument("no_pages")
    place = writer.editor.place_of(page)
    field = writer.add(
        b"<</Type/Annot/Subtype/Widget/FT/Sig/T(%s)/F %d%s/V %d 0 R/P %d %d R/AP<</N %d 0 R>>>>"
        % (name.encode("ascii"), _PRINT_AND_LOCKED, entries, signature, *place.holder, appearance)
    )
    writer.extend(place, b"/Annots", [field])
    _add_to_form(writer, field)


def _add_to_form(writer: RevisionWriter, field: int) -> None:
    form = writer.editor.child(writer.catalog, b"/AcroForm")
    if form is None:
        writer.editor.put(writer.catalog, b"/AcroForm", b"<</Fields[%d 0 R]/SigFlags %d>>" % (field, _SIGNATURE_FLAGS))
        return
    writer.extend(form, b"/Fields", [field])
    flags = writer.editor.child(form, b"/SigFlags")
    present = int(writer.editor.text(flags)) if flags is not None else 0
    if present & _SIGNATURE_FLAGS != _SIGNATURE_FLAGS:
        writer.editor.put(form, b"/SigFlags", b"%d" % (present | _SIGNATURE_FLAGS))


def _add_dictionary_entry(writer: RevisionWriter, key: bytes, entry_key: bytes, value: bytes) -> None:
    """Set an entry of a dictionary in the catalog unless it is there; make the dictionary if need be."""
    dictionary = writer.editor.child(writer.catalog, key)
    if dictionary is None:
        writer.editor.put(writer.catalog, key, b"<<" + entry_key + b" " + value + b">>")
    elif writer.editor.child(dictionary, entry_key) is None:
        writer.editor.put(dictionary, entry_key, value)


def _add_material(writer: RevisionWriter, material: ValidationMaterial) -> None:
    """The document security store (ETSI EN 319 142-1, 5.4.2), merged into the one that is there."""
    present = stored_material(writer.reader)
    kinds = (
        (b"/Certs", material.certificates, present.certificates),
        (b"/OCSPs", material.ocsps, present.ocsps),
        (b"/CRLs", material.crls, present.crls),
    )
    store = writer.editor.child(writer.catalog, b"/DSS")
    fresh = b""
    for key, encodings, known in kinds:
        numbers = [writer.add_stream(der) for der in dict.fromkeys(encodings) if der not in set(known)]
        if numbers and store is not None:
            writer.extend(store, key, numbers)
        elif numbers:
            fresh += key + b"[" + b" ".join(b"%d 0 R" % number for number in numbers) + b"]"
    if store is None:
        writer.editor.put(writer.catalog, b"/DSS", b"<</Type/DSS" + fresh + b">>")
    _add_dictionary_entry(writer, b"/Extensions", b"/ESIC", b"<</BaseVersion/1.7/ExtensionLevel 1>>")


def _subsections(offsets: dict[tuple[int, int], int]) -> list[tuple[int, list[tuple[int, int]]]]:
    sections: list[tuple[int, list[tuple[int, int]]]] = []
    for key in sorted(offsets):
        if sections and key[0] == sections[-1][0] + len(sections[-1][1]):
            sections[-1][1].append(key)
        else:
            sections.append((key[0], [key]))
    return sections


def _stream_row(offset: int, generation: int) -> bytes:
    return b"\x01" + offset.to_bytes(5, "big") + generation.to_bytes(2, "big")
