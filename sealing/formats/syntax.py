"""Just enough PDF syntax to find the places where a seal adds something (ISO 32000-2, 7.2 and 7.3).

Objects that must change are edited in their own bytes instead of being parsed and written again: names, numbers and
strings keep the exact form their author gave them.
"""

import re
from typing import Final, NamedTuple

from .errors import UnsealableDocument

DEEPEST_NESTING: Final = 100
_BLANKS: Final = re.compile(rb"(?:[\0\t\n\f\r ]+|%[^\r\n]*)*")
_NAME: Final = re.compile(rb"/[^\0\t\n\f\r ()<>\[\]{}/%]*")
_WORD: Final = re.compile(rb"[^\0\t\n\f\r ()<>\[\]{}/%]+")
_HEXADECIMAL: Final = re.compile(rb"<[0-9A-Fa-f\0\t\n\f\r ]*>")
_REFERENCE: Final = re.compile(rb"(\d+)[\0\t\n\f\r ]+(\d+)[\0\t\n\f\r ]+R(?![^\0\t\n\f\r ()<>\[\]{}/%])")
_STRING_PART: Final = re.compile(rb"\\.|[()]", re.DOTALL)
_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_OBJECT_HEADER: Final = re.compile(rb"(?:[\0\t\n\f\r ]+|%[^\r\n]*)*+(\d+)[\0\t\n\f\r ]+(\d+)[\0\t\n\f\r ]+obj")


class Span(NamedTuple):
    """Where a value starts and ends in a byte string."""

    start: int
    end: int


def malformed(detail: str) -> UnsealableDocument:
    """The refusal for syntax that no careful reader accepts."""
    return UnsealableDocument("unreadable_pdf", detail)


def object_value(raw: bytes, number: int, generation: int) -> Span:
    """The value of the indirect object that starts at the beginning of `raw`."""
    header = _OBJECT_HEADER.match(raw)
    if header is None or (int(header[1]), int(header[2])) != (number, generation):
        raise malformed(f"object {number} {generation} is not where it should be")
    return value_at(raw, header.end())


def value_at(raw: bytes, position: int, depth: int = 0) -> Span:
    """The span of the next value, without the blanks before it."""
    if depth > DEEPEST_NESTING:
        raise malformed("nested too deeply")
    start = skip_blanks(raw, position)
    first = raw[start : start + 1]
    if raw.startswith(b"<<", start):
        return Span(start, _dictionary_end(raw, start, depth))
    if first == b"[":
        return Span(start, _array_end(raw, start, depth))
    if first == b"(":
        return Span(start, _string_end(raw, start))
    pattern = _HEXADECIMAL if first == b"<" else _NAME if first == b"/" else _WORD
    found = _REFERENCE.match(raw, start) or pattern.match(raw, start)
    if found is None:
        raise malformed("a value is missing")
    return Span(start, found.end())


def skip_blanks(raw: bytes, position: int) -> int:
    """The first position that is neither white space nor comment."""
    found = _BLANKS.match(raw, position)
    return found.end() if found else position


def dictionary_entries(raw: bytes, start: int, depth: int = 0) -> tuple[list[tuple[bytes, Span]], int]:
    """The keys (escapes resolved) and value spans of the dictionary at `start`, and the position behind its `>>`."""
    entries: list[tuple[bytes, Span]] = []
    position = skip_blanks(raw, start + 2)
    while not raw.startswith(b">>", position):
        key = _NAME.match(raw, position)
        if key is None:
            raise malformed("a dictionary key is not a name")
        value = value_at(raw, key.end(), depth + 1)
        entries.append((_ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), key[0]), value))
        position = skip_blanks(raw, value.end)
    return entries, position + 2


def find_entry(raw: bytes, start: int, key: bytes, *, once: bool = True) -> Span | None:
    """The value of a key of the dictionary at `start`.

    A key that is there twice is malformed, except for reading (`once` false) when it says the same twice.
    """
    found = [span for name, span in dictionary_entries(raw, start)[0] if name == key]
    spellings = {raw[span.start : span.end] for span in found}
    if len(found if once else spellings) > 1:
        raise malformed(f"the key {key.decode('latin-1')} is there twice")
    return found[0] if found else None


def reference_at(raw: bytes, span: Span) -> tuple[int, int] | None:
    """The object and generation number when the value is an indirect reference."""
    found = _REFERENCE.fullmatch(raw, span.start, span.end)
    return (int(found[1]), int(found[2])) if found else None


def _dictionary_end(raw: bytes, start: int, depth: int) -> int:
    return dictionary_entries(raw, start, depth)[1]


def _array_end(raw: bytes, start: int, depth: int) -> int:
    position = skip_blanks(raw, start + 1)
    while not raw.startswith(b"]", position):
        position = skip_blanks(raw, value_at(raw, position, depth + 1).end)
    return position + 1


def array_items(raw: bytes, start: int) -> list[Span]:
    """The spans of the elements of the array at `start`."""
    items: list[Span] = []
    position = skip_blanks(raw, start + 1)
    while not raw.startswith(b"]", position):
        items.append(value_at(raw, position))
        position = skip_blanks(raw, items[-1].end)
    return items


def _string_end(raw: bytes, start: int) -> int:
    level = 0
    for part in _STRING_PART.finditer(raw, start):
        level += {b"(": 1, b")": -1}.get(part[0], 0)
        if level == 0:
            return part.end()
    raise malformed("a string has no end")
