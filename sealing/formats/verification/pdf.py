"""Every signature of anybody's PDF, by what the file itself carries.

The newest document timestamp is judged now, what it covers is judged at its time, and so on down to each signature.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO, Final

from pyhanko.pdf_utils.reader import PdfFileReader

from sealing.formats.errors import UnsealableDocument
from sealing.formats.facts import content_warnings
from sealing.formats.keys import ValidationMaterial
from sealing.formats.reading import PdfLimits, read_document, stored_material

from .cms import CLUMSY, Flawed, check_integrity, check_token, read_cms, read_token
from .findings import SignatureFinding, Verification, blank_finding, unjudged
from .judging import Case, conclude, described, passed, stand_by, subject_of
from .reading import SignedPart, content_digest, digest_part, find_signatures
from .words import REFUSED, worst

PADES: Final = "ETSI.CAdES.detached"
TIMESTAMP: Final = "ETSI.RFC3161"
CMS_FILTERS: Final = {PADES, "adbe.pkcs7.detached", "adbe.pkcs7.sha1"}


def verify_pdf(stream: BinaryIO, case: Case, limits: PdfLimits) -> Verification:
    """Verify every signature of a PDF; raises `Flawed` when none can be looked at."""
    try:
        return read_document(stream, lambda reader: _verify(reader, stream, case, limits), limits)
    except UnsealableDocument as refused:
        known = refused.code != "not_a_pdf"
        return unjudged(REFUSED.get(refused.code, "unreadable"), form="PDF" if known else "")


def _verify(reader: PdfFileReader, stream: BinaryIO, case: Case, limits: PdfLimits) -> Verification:
    parts = find_signatures(reader, stream)
    inquiry = _Inquiry(stream, replace(case, stored=_material(reader)))
    findings = [inquiry.judge(part) for part in parts]
    return Verification(
        code=worst([each.code for each in findings]),
        test=any(each.test for each in findings),
        size=0,
        sha256="",
        revisions=reader.total_revisions,
        warnings=content_warnings(reader, stream, len(parts), limits),
        signatures=tuple(reversed(findings)),
        form="PDF",
    )


def _material(reader: PdfFileReader) -> ValidationMaterial:
    try:
        return stored_material(reader)
    except Exception:  # noqa: BLE001 - a broken store proves nothing, and hides nothing
        return ValidationMaterial()


@dataclass
class _Inquiry:
    """Judges signatures from the newest to the oldest; `case` is that of all still to come."""

    stream: BinaryIO
    case: Case

    def judge(self, part: SignedPart) -> SignatureFinding:
        blank = _blank(part)
        try:
            if part.flaw and not part.contents:
                raise Flawed(part.flaw)
            if part.sub_filter == TIMESTAMP:
                return self._document_timestamp(part, blank)
            if part.sub_filter in CMS_FILTERS:
                return self._signature(part, blank)
            raise Flawed("unsupported_signature")
        except Flawed as flawed:
            return replace(blank, code=part.flaw or flawed.code)
        except CLUMSY:
            return replace(blank, code=part.flaw or "malformed_signature")

    def _document_timestamp(self, part: SignedPart, blank: SignatureFinding) -> SignatureFinding:
        token = read_token(part.contents)
        found = replace(described(blank, token.signed), claimed_at=token.at)
        try:
            if part.flaw:
                raise Flawed(part.flaw)
            check_token(token, partial(digest_part, self.stream, part))
            self.case = replace(self.case, archived=True)
            standing = stand_by(self.case, token)
        except Flawed as flawed:
            return replace(found, code=flawed.code)
        self.case = self.case.proven(token.at, test=standing.test)
        return replace(passed(found, standing), proven_at=token.at)

    def _signature(self, part: SignedPart, blank: SignatureFinding) -> SignatureFinding:
        signed = read_cms(part.contents)
        found = described(blank, signed)
        if signed.signing_time is not None:
            found = replace(found, claimed_at=signed.signing_time)
        try:
            if part.flaw == "wrong_byte_range":
                raise Flawed(part.flaw)
            digest = content_digest(self.stream, part, signed.digest_algorithm, signed.content)
            found = replace(found, signed_digest=digest.hex())
            check_integrity(signed, "data", digest)
            return conclude(self.case, found, replace(subject_of(signed), flaw=part.flaw))
        except Flawed as flawed:
            return replace(found, code=flawed.code)


def _blank(part: SignedPart) -> SignatureFinding:
    form = {PADES: "PAdES", TIMESTAMP: "RFC3161"}.get(part.sub_filter, "PKCS7")
    return replace(
        blank_finding(part.field_name, "timestamp" if part.sub_filter == TIMESTAMP else "signature", form),
        claimed_at=part.claimed_at,
        covers_everything=part.covers_everything,
        signed_size=part.end,
        changes=part.changes,
        permits=part.permits,
    )
