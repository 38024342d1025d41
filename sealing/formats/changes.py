"""Did the appended revisions only add? Every object that existed before is compared with what it was."""

from typing import Final

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NullObject,
    NumberObject,
    PdfObject,
    Reference,
    StreamObject,
)
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import ObjStreamRef

from .errors import SealCheckFailed
from .raw import ObjectKey

ADDABLE_KEYS: Final = frozenset(
    [
        "/AcroForm",
        "/Fields",
        "/SigFlags",
        "/Annots",
        "/Perms",
        "/DocMDP",
        "/Extensions",
        "/ESIC",
        "/DSS",
        "/Certs",
        "/OCSPs",
        "/CRLs",
    ]
)
"""What a seal may add to an object that was there before."""


def location(reader: PdfFileReader, key: ObjectKey) -> int:
    """The offset of an indirect object (of its object stream, when it is compressed)."""
    where = reader.xrefs[Reference(*key, reader)]
    if isinstance(where, ObjStreamRef):
        where = reader.xrefs[Reference(where.obj_stream_id, 0, reader)]
    if not isinstance(where, int):
        raise SealCheckFailed("an object without a place")
    return where


def is_appended(reader: PdfFileReader, value: PdfObject, original_size: int) -> bool:
    """Whether a value lies behind the original bytes."""
    holder = value.container_ref
    if not isinstance(holder, Reference):
        raise SealCheckFailed("an object without a place")
    return location(reader, (holder.idnum, holder.generation)) >= original_size


def appended_revisions(reader: PdfFileReader, original_size: int, most: int) -> list[int]:
    """The revisions whose cross-references lie behind the original bytes: the last ones, `most` of them at most."""
    starts = [revision_start(reader, number) for number in range(reader.total_revisions)]
    appended = [number for number, start in enumerate(starts) if start >= original_size]
    count = len(appended)
    if not 1 <= count <= most or appended != list(range(len(starts) - count, len(starts))):
        raise SealCheckFailed("unexpected revisions were appended")
    return appended


def revision_start(reader: PdfFileReader, number: int) -> int:
    """The offset of a revision's cross-references."""
    start: int = reader.xrefs.get_xref_container_info(number).start_location
    return start


def check_changes(reader: PdfFileReader, revisions: list[int], fields: list[DictionaryObject]) -> None:
    """Objects of the original may only have grown by the seal's own additions; raises `SealCheckFailed`."""
    last_original = revisions[0] - 1
    for revision in revisions:
        if reader.xrefs.refs_freed_in_revision(revision):
            raise SealCheckFailed("an object was removed")
        for reference in reader.xrefs.explicit_refs_in_revision(revision):
            if reader.xrefs.get_historical_ref(reference, last_original) is None:
                continue
            before = reader.get_object(reference, revision=last_original)
            if not _only_grew(before, reader.get_object(reference), fields):
                raise SealCheckFailed("an object of the original was changed")


def _only_grew(before: PdfObject, after: PdfObject, fields: list[DictionaryObject]) -> bool:
    if isinstance(before, StreamObject) or isinstance(after, StreamObject):
        return False
    if isinstance(before, DictionaryObject) and isinstance(after, DictionaryObject):
        return _dictionary_grew(before, after, fields)
    if isinstance(before, ArrayObject) and isinstance(after, ArrayObject):
        return _array_grew(before, after, fields)
    return _same(before, after)


def _dictionary_grew(before: DictionaryObject, after: DictionaryObject, fields: list[DictionaryObject]) -> bool:
    if not (after.keys() - before.keys() <= ADDABLE_KEYS and before.keys() <= after.keys()):
        return False
    return all(
        _only_grew(value, after.raw_get(key), fields)
        or (key == "/SigFlags" and isinstance(after.raw_get(key), NumberObject))
        or (key in ADDABLE_KEYS and isinstance(value.get_object(), NullObject))
        for key, value in before.items()
    )


def _array_grew(before: ArrayObject, after: ArrayObject, fields: list[DictionaryObject]) -> bool:
    kept = len(before)
    if len(after) < kept or not all(_same(before.raw_get(i), after.raw_get(i)) for i in range(kept)):
        return False
    return all(_is_ours(after.raw_get(index), fields) for index in range(kept, len(after)))


def _is_ours(added: PdfObject, fields: list[DictionaryObject]) -> bool:
    """One of the new fields, or a bare stream of validation material."""
    if not isinstance(added, IndirectObject):
        return False
    value = added.get_object()
    bare = isinstance(value, StreamObject) and not value.keys() - {"/Length"}
    return bare or any(value is field for field in fields)


def _same(before: PdfObject, after: PdfObject) -> bool:
    if isinstance(before, IndirectObject) and isinstance(after, IndirectObject):
        return before.reference == after.reference
    return type(before) is type(after) and before == after
