"""Objects of a PDF as their own bytes: navigation without decoding, for what is edited and for what is large.

pyHanko reads a hexadecimal string digit by digit, which for one signature takes longer than everything else; here
the bytes of a signature dictionary are sliced instead.
"""

from dataclasses import dataclass
from typing import Final

from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.generic import NumberObject, PdfObject, Reference, StreamObject
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import ObjStreamRef

from .errors import UnsealableDocument
from .syntax import Span, array_items, find_entry, malformed, object_value, reference_at, value_at

_FIRST_READ: Final = 8_192
_LARGEST_OBJECT: Final = 64 << 20

ObjectKey = tuple[int, int]


@dataclass(frozen=True)
class Place:
    """A value inside the bytes of an indirect object."""

    holder: ObjectKey
    span: Span


class RawObjects:
    """The bytes of a document's objects, read once each."""

    keys_must_be_unique = False

    def __init__(self, reader: PdfFileReader) -> None:
        self._reader = reader
        self._sources: dict[ObjectKey, tuple[bytes, Span] | None] = {}

    def object_place(self, key: ObjectKey) -> Place | None:
        """The whole value of an indirect object, or None when there is no such object."""
        if key not in self._sources:
            self._sources[key] = self._load(key)
        source = self._sources[key]
        return Place(key, source[1]) if source is not None else None

    def place_of(self, value: PdfObject) -> Place:
        """Where a value lies that must be an indirect object of its own."""
        holder = value.container_ref
        if isinstance(holder, Reference) and self._reader.get_object(holder) is value:
            place = self.object_place((holder.idnum, holder.generation))
            if place is not None:
                return place
        raise malformed("a structure that must be an indirect object is not")

    def child(self, place: Place, key: bytes) -> Place | None:
        """A dictionary's value, following references; None when it is absent or null."""
        raw = self.source(place.holder)
        if not raw.startswith(b"<<", place.span.start):
            raise malformed(f"no dictionary where {key.decode('latin-1')} is looked for")
        span = find_entry(raw, place.span.start, key, once=self.keys_must_be_unique)
        return self._follow(Place(place.holder, span)) if span is not None else None

    def items(self, array: Place | None) -> list[Place]:
        """An array's elements, following references, without nulls; nothing when there is no array."""
        if array is None or not self.text(array).startswith(b"["):
            return []
        spans = array_items(self.source(array.holder), array.span.start)
        places = (self._follow(Place(array.holder, span)) for span in spans)
        return [place for place in places if place is not None]

    def text(self, place: Place) -> bytes:
        """The value's bytes as they are in the file."""
        return self.source(place.holder)[place.span.start : place.span.end]

    def name(self, place: Place, key: bytes) -> str:
        """A name entry with its slash, or the empty string."""
        value = self.child(place, key)
        text = self.text(value) if value is not None else b""
        return text.decode("latin-1") if text.startswith(b"/") else ""

    def number(self, place: Place, key: bytes) -> int | None:
        """An integer entry, if there is one."""
        value = self.child(place, key)
        return integer(self.text(value)) if value is not None else None

    def source(self, holder: ObjectKey) -> bytes:
        """The bytes in which a holder's spans count."""
        found = self._sources[holder]
        if found is None:
            raise malformed("a place without an object")
        return found[0]

    def _follow(self, place: Place) -> Place | None:
        reference = reference_at(self.source(place.holder), place.span)
        target = self.object_place(reference) if reference is not None else place
        return None if target is None or self.text(target) == b"null" else target

    def _load(self, key: ObjectKey) -> tuple[bytes, Span] | None:
        where = self._reader.xrefs[Reference(*key, self._reader)]
        if where is None:
            return None
        if isinstance(where, ObjStreamRef):
            return self._load_compressed(key[0], where)
        size = _FIRST_READ
        while True:
            self._reader.stream.seek(where)
            raw = self._reader.stream.read(size)
            try:
                return raw, object_value(raw, *key)
            except UnsealableDocument:
                if len(raw) < size or size >= _LARGEST_OBJECT:
                    raise
            size *= 16

    def _load_compressed(self, number: int, where: ObjStreamRef) -> tuple[bytes, Span]:
        container = Reference(where.obj_stream_id, 0, self._reader).get_object()
        if not isinstance(container, StreamObject):
            raise malformed("an object stream is not a stream")
        raw = container.read_data(DecodePurpose.OBJECT_STREAM)
        count, first = container["/N"], container["/First"]
        if not isinstance(count, NumberObject) or not isinstance(first, NumberObject):
            raise malformed("an object stream without a table")
        table = [int(each) for each in raw[:first].split()[: 2 * count]]
        offsets = dict(zip(table[::2], table[1::2], strict=True))
        if number not in offsets:
            raise malformed(f"object {number} is not in its object stream")
        return raw, value_at(raw, first + offsets[number])


def integer(text: bytes) -> int | None:
    """The integer that a value's bytes spell, if they do."""
    digits = text[1:] if text[:1] in (b"+", b"-") else text
    return int(text) if digits.isdigit() and len(digits) < 20 else None
