"""What was added to a PDF after a signature: pyHanko's difference analysis, with our own view of the evidence store."""

from collections.abc import Iterable, Iterator
from typing import Final

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, IndirectObject, PdfObject, StreamObject
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader, RawPdfPath
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    CatalogModificationRule,
    DiffResult,
    DocInfoRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
    StandardDiffPolicy,
    XrefStreamRule,
)
from pyhanko.sign.diff_analysis.rules_api import Context, ReferenceUpdate, WhitelistRule
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from sealing.formats.reading import FormField

from .cms import Flawed

LEVELS: Final = {
    ModificationLevel.NONE: "none",
    ModificationLevel.LTA_UPDATES: "evidence",
    ModificationLevel.FORM_FILLING: "form",
    ModificationLevel.ANNOTATIONS: "annotations",
}
_DEEPEST: Final = 6


class EvidenceStoreRule(WhitelistRule):
    """Lets the document security store change: nothing in it is shown, and what it proves is judged by itself.

    Archiving programs rewrite its entries, which pyHanko's own rule forbids. An object that was there before may
    only be replaced when it lay in the store then too, and a stream never.
    """

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        """Every object of the new store that may be new or replaced."""
        if "/DSS" not in new.root:
            return
        for path, reference in _references(new, new.root.raw_get("/DSS"), RawPdfPath("/Root", "/DSS"), _DEEPEST):
            if old.is_ref_unassignable(reference.reference):
                yield ReferenceUpdate(reference.reference)
            elif not isinstance(new(reference.reference), StreamObject):
                yield ReferenceUpdate(reference.reference, context_checked=Context.from_absolute(old, path))


def _references(
    new: HistoricalResolver, value: PdfObject, path: RawPdfPath, depth: int
) -> Iterator[tuple[RawPdfPath, IndirectObject]]:
    if depth == 0:
        return
    if isinstance(value, IndirectObject):
        yield path, value
        value = new(value.reference)
    if isinstance(value, ArrayObject):
        for index in range(len(value)):
            yield from _references(new, value.raw_get(index), path + index, depth - 1)
    elif isinstance(value, DictionaryObject):
        keys = value.keys() & {"/Length"} if isinstance(value, StreamObject) else value.keys()
        for key in keys:
            yield from _references(new, value.raw_get(key), path + key, depth - 1)


def _policy(*, ignore_orphans: bool) -> StandardDiffPolicy:
    evidence = ModificationLevel.LTA_UPDATES
    return StandardDiffPolicy(
        global_rules=[
            CatalogModificationRule(),
            DocInfoRule().as_qualified(evidence),
            XrefStreamRule().as_qualified(evidence),
            ObjectStreamRule().as_qualified(evidence),
            EvidenceStoreRule().as_qualified(evidence),
            MetadataUpdateRule().as_qualified(evidence),
        ],
        form_rule=DEFAULT_DIFF_POLICY.form_rule,
        ignore_orphaned_objects=ignore_orphans,
    )


POLICY: Final = _policy(ignore_orphans=True)
STRICT_POLICY: Final = _policy(ignore_orphans=False)


def changes_after(reader: PdfFileReader, field: FormField) -> str:
    """A key of `words.CHANGES` for a signature that does not end with the file.

    Raises `Flawed`: "wrong_byte_range" when the signed bytes are not whole revisions from the start of the file, and
    "changes_unclear" when the analysis itself fails.
    """
    try:
        signature = EmbeddedPdfSignature(reader, field.definition, field.name)
        coverage = signature.evaluate_signature_coverage()
        signature.coverage = coverage  # type: ignore[assignment]  # declared as None, read by the analysis
        whole = coverage >= SignatureCoverageLevel.ENTIRE_REVISION
        result = _review(signature) if whole else None
        allowed = signature.docmdp_level
    except Exception as error:
        if reader.strict:  # the tolerant reader may understand more
            raise
        raise Flawed("changes_unclear") from error
    if not whole:
        raise Flawed("wrong_byte_range")
    if not isinstance(result, DiffResult):
        return "forbidden"
    if allowed is not None and result.modification_level.value > allowed.value:
        return "forbidden"
    return LEVELS.get(result.modification_level, "forbidden")


def _review(signature: EmbeddedPdfSignature) -> object:
    try:
        return signature.evaluate_modifications(POLICY)
    except KeyError:  # the search for orphans stumbles over references to nothing, which many files have
        return signature.evaluate_modifications(STRICT_POLICY)
