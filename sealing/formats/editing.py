"""Adding to the objects of a PDF in their own bytes."""

from dataclasses import dataclass
from typing import Final

from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.generic import NumberObject, Reference, StreamObject
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import ObjStreamRef

from .reading import entry
from .syntax import Span, find_entry, malformed, object_value, reference_at, value_at

_FIRST_READ: Final = 16_384
_LARGEST_OBJECT: Final = 16 << 20

ObjectKey = tuple[int, int]


@dataclass(frozen=True)
class Place:
    """A value inside the bytes of an indirect object."""

    holder: ObjectKey
    span: Span


class ObjectEditor:
    """Collects insertions and replacements in existing objects; `changed` yields them with everything applied."""

    def __init__(self, reader: PdfFileReader) -> None:
        self._reader = reader
        self._sources: dict[ObjectKey, tuple[bytes, Span]] = {}
        self._edits: dict[ObjectKey, list[tuple[Span, bytes]]] = {}

    def object_place(self, key: ObjectKey) -> Place | None:
        """The whole value of an indirect object, or None when there is no such object."""
        if key not in self._sources:
            loaded = self._load(key)
            if loaded is None:
                return None
            self._sources[key] = loaded
        return Place(key, self._sources[key][1])

    def child(self, place: Place, key: bytes) -> Place | None:
        """A dictionary's value, following references; None when it is absent or null."""
        raw = self._sources[place.holder][0]
        span = find_entry(raw, place.span.start, key)
        if span is None:
            return None
        reference = reference_at(raw, span)
        if reference is not None:
            target = self.object_place(reference)
            return None if target is None or self.text(target) == b"null" else target
        return None if raw[span.start : span.end] == b"null" else Place(place.holder, span)

    def text(self, place: Place) -> bytes:
        """The value's own bytes, without edits."""
        return self._sources[place.holder][0][place.span.start : place.span.end]

    def put(self, dictionary: Place, key: bytes, value: bytes) -> None:
        """Set an entry that is absent or null, or replace one."""
        raw = self._sources[dictionary.holder][0]
        span = find_entry(raw, dictionary.span.start, key)
        if span is None:
            behind = dictionary.span.end - 2
            self._edit(dictionary.holder, Span(behind, behind), key + b" " + value + b"\n")
        else:
            self._edit(dictionary.holder, span, value)

    def append(self, array: Place, value: bytes) -> None:
        """Add to the end of an array."""
        behind = array.span.end - 1
        self._edit(array.holder, Span(behind, behind), b" " + value)

    def changed(self) -> dict[ObjectKey, bytes]:
        """Every edited object's new value."""
        return {key: self._apply(key) for key in self._edits}

    def _edit(self, holder: ObjectKey, span: Span, replacement: bytes) -> None:
        self._edits.setdefault(holder, []).append((span, replacement))

    def _apply(self, key: ObjectKey) -> bytes:
        raw, whole = self._sources[key]
        parts: list[bytes] = []
        position = whole.start
        for span, replacement in sorted(self._edits[key], key=lambda edit: edit[0]):
            parts += [raw[position : span.start], replacement]
            position = span.end
        return b"".join([*parts, raw[position : whole.end]])

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
            except Exception:
                if len(raw) < size or size >= _LARGEST_OBJECT:
                    raise
            size *= 8

    def _load_compressed(self, number: int, where: ObjStreamRef) -> tuple[bytes, Span]:
        container = self._reader.get_object(Reference(where.obj_stream_id, 0, self._reader))
        if not isinstance(container, StreamObject):
            raise malformed("an object stream is not a stream")
        raw = container.read_data(DecodePurpose.OBJECT_STREAM)
        count, first = entry(container, "/N", NumberObject), entry(container, "/First", NumberObject)
        index = [int(each) for each in raw[: int(first or 0)].split()[: 2 * int(count or 0)]]
        offsets = dict(zip(index[::2], index[1::2], strict=True))
        if number not in offsets:
            raise malformed(f"object {number} is not in its object stream")
        return raw, value_at(raw, int(first or 0) + offsets[number])
