"""Adding to the objects of a PDF in their own bytes."""

from pyhanko.pdf_utils.reader import PdfFileReader

from .raw import ObjectKey, Place, RawObjects
from .syntax import Span, find_entry


class ObjectEditor(RawObjects):
    """Collects insertions and replacements in existing objects; `changed` yields them with everything applied."""

    keys_must_be_unique = True

    def __init__(self, reader: PdfFileReader) -> None:
        super().__init__(reader)
        self._edits: dict[ObjectKey, list[tuple[Span, bytes]]] = {}

    def put(self, dictionary: Place, key: bytes, value: bytes) -> None:
        """Set an entry that is absent or null, or replace one."""
        span = find_entry(self.source(dictionary.holder), dictionary.span.start, key)
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

    def settle(self) -> None:
        """Let further edits start from the values as they are now; places found before no longer hold."""
        for key, value in self.changed().items():
            self._sources[key] = (value, Span(0, len(value)))
        self._edits.clear()

    def _edit(self, holder: ObjectKey, span: Span, replacement: bytes) -> None:
        self._edits.setdefault(holder, []).append((span, replacement))

    def _apply(self, key: ObjectKey) -> bytes:
        place = self.object_place(key)
        raw = self.source(key)
        whole = place.span if place is not None else Span(0, 0)
        parts: list[bytes] = []
        position = whole.start
        for span, replacement in sorted(self._edits[key], key=lambda edit: edit[0]):
            parts += [raw[position : span.start], replacement]
            position = span.end
        return b"".join([*parts, raw[position : whole.end]])
