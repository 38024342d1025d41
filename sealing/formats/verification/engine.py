"""Verification of anybody's PDF (clause A5), by ETSI EN 319 102-1 with what the file itself carries.

Nothing is fetched and nothing is raised: whatever a file does, the answer is one of three indications with a code of
`words.ANSWERS`. Time is worked out backwards: the newest document timestamp is judged now, what it covers
is judged at its time, and so on down to each signature's own timestamp.
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import BinaryIO, Final

from pyhanko.pdf_utils.reader import PdfFileReader

from sealing.formats.certificates import load_certificate
from sealing.formats.errors import SealCheckFailed, UnsealableDocument
from sealing.formats.facts import content_warnings
from sealing.formats.keys import ValidationMaterial
from sealing.formats.reading import VERIFICATION_LIMITS, PdfLimits, read_document, stored_material

from .certificates import holder_of
from .cms import (
    Flawed,
    StrangersCms,
    StrangersToken,
    check_integrity,
    check_strength,
    check_token,
    digest_of,
    read_cms,
    read_token,
)
from .findings import SignatureFinding, TimestampFinding, Verification, unjudged
from .reading import SignedPart, content_digest, digest_part, find_signatures
from .trust import Anchors, check_trust, is_provable, readable
from .words import REFUSED, worst

PADES: Final = "ETSI.CAdES.detached"
TIMESTAMP: Final = "ETSI.RFC3161"
CMS_FILTERS: Final = {PADES, "adbe.pkcs7.detached", "adbe.pkcs7.sha1"}


def verify_pdf(
    stream: BinaryIO, anchors: Anchors, now: datetime, limits: PdfLimits = VERIFICATION_LIMITS
) -> Verification:
    """Verify every signature of a PDF as of `now` (UTC). Never raises on account of the file."""
    size = stream.seek(0, 2)
    try:
        found = read_document(stream, lambda reader: _verify(reader, stream, anchors, now, limits), limits)
    except UnsealableDocument as refused:
        found = unjudged(REFUSED.get(refused.code, "unreadable"))
    except Flawed as flawed:
        found = unjudged(flawed.code)
    except RecursionError:
        found = unjudged("too_complex")
    return replace(found, size=size, sha256=_sha256(stream))


def _sha256(stream: BinaryIO) -> str:
    stream.seek(0)
    digest = hashlib.sha256()
    while piece := stream.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


def _verify(
    reader: PdfFileReader, stream: BinaryIO, anchors: Anchors, now: datetime, limits: PdfLimits = VERIFICATION_LIMITS
) -> Verification:
    parts = find_signatures(reader, stream)
    inquiry = _Inquiry(stream, anchors, _material(reader), now)
    findings = [inquiry.judge(part) for part in parts]
    return Verification(
        code=worst([each.code for each in findings]),
        test=any(each.test for each in findings),
        size=0,
        sha256="",
        revisions=reader.total_revisions,
        warnings=content_warnings(reader, stream, len(parts), limits),
        signatures=tuple(reversed(findings)),
    )


def _material(reader: PdfFileReader) -> ValidationMaterial:
    try:
        return stored_material(reader)
    except Exception:  # noqa: BLE001 - a broken store proves nothing, and hides nothing
        return ValidationMaterial()


@dataclass
class _Inquiry:
    """Judges signatures from the newest to the oldest; `control` is when all still to come existed at the latest."""

    stream: BinaryIO
    anchors: Anchors
    stored: ValidationMaterial
    now: datetime
    control: datetime = field(init=False)
    archived: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.control = self.now

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
        except (SealCheckFailed, ValueError, TypeError, KeyError, AttributeError):
            return replace(blank, code=part.flaw or "malformed_signature")

    def _document_timestamp(self, part: SignedPart, blank: SignatureFinding) -> SignatureFinding:
        token = read_token(part.contents)
        found = replace(_described(blank, token.signed), claimed_at=token.at)
        try:
            _raise_flaw(part)
            check_token(token, partial(digest_part, self.stream, part))
            self.archived = True
            material = self._material(token.signed)
            standing = check_trust(
                token.signed.certificate, material, self.anchors, self.control, timestamp_at=token.at
            )
        except Flawed as flawed:
            return replace(found, code=flawed.code)
        self.control = min(self.control, token.at)
        return replace(found, code="passed", proven_at=token.at, test=standing.test, path=_subjects(standing.path))

    def _signature(self, part: SignedPart, blank: SignatureFinding) -> SignatureFinding:
        signed = read_cms(part.contents)
        found = _described(blank, signed)
        if signed.signing_time is not None:
            found = replace(found, claimed_at=signed.signing_time)
        try:
            if part.flaw == "wrong_byte_range":
                raise Flawed(part.flaw)
            digest = content_digest(self.stream, part, signed.digest_algorithm, signed.content)
            found = replace(found, signed_digest=digest.hex())
            check_integrity(signed, "data", digest)
            found, at = self._timed(found, signed)
            _raise_flaw(part)
            check_strength(signed)
            if found.timestamp is not None and found.timestamp.code == "broken_timestamp":
                raise Flawed("broken_timestamp")
            standing = check_trust(signed.certificate, self._material(signed), self.anchors, at)
        except Flawed as flawed:
            return replace(found, code=flawed.code)
        test = standing.test or (found.timestamp is not None and found.timestamp.test)
        return replace(found, code="passed", test=test, path=_subjects(standing.path))

    def _timed(self, found: SignatureFinding, signed: StrangersCms) -> tuple[SignatureFinding, datetime]:
        """The finding with its timestamp, its level and the time to judge the signer's certificate at."""
        timestamps = [self._timestamp(token, signed) for token in signed.tokens]
        best = min(
            timestamps, key=lambda each: (each[0].code != "passed", each[0].code == "broken_timestamp"), default=None
        )
        at = self.control
        if best is not None and best[0].code == "passed":
            at = min(at, best[0].at)
        level = self._level(signed, best)
        proven_at = at if at < self.now else None
        return replace(found, timestamp=best and best[0], level=level, proven_at=proven_at), at

    def _timestamp(self, der: bytes, over: StrangersCms) -> tuple[TimestampFinding, StrangersToken]:
        token = read_token(der)
        finding = TimestampFinding("", token.at, token.serial, holder_of(token.signed.certificate), False)
        try:
            check_token(token, lambda algorithm: digest_of(algorithm, over.signature))
        except Flawed as flawed:
            weak = flawed.code in ("weak_algorithm", "unsupported_algorithm")
            return replace(finding, code=flawed.code if weak else "broken_timestamp"), token
        try:
            material = self._material(token.signed, over)
            authority = token.signed.certificate
            standing = check_trust(authority, material, self.anchors, self.control, timestamp_at=token.at)
        except Flawed as flawed:
            return replace(finding, code=flawed.code), token
        return replace(finding, code="passed", test=standing.test), token

    def _level(self, signed: StrangersCms, best: tuple[TimestampFinding, StrangersToken] | None) -> str:
        """The baseline level whose parts are all there (ETSI EN 319 142-1, 6.3), whoever is trusted."""
        timed = best is not None and best[0].code != "broken_timestamp"
        if not timed and not self.archived:
            return "B-B"
        at = best[0].at if timed and best else self.control
        material = self._material(signed)
        if not is_provable(signed.certificate, material, at):
            return "B-T"
        if timed and best:
            authority = self._material(best[1].signed, signed)
            if not is_provable(best[1].signed.certificate, authority, at):
                return "B-T"
        return "B-LTA" if self.archived else "B-LT"

    def _material(self, *holders: StrangersCms) -> ValidationMaterial:
        """Everything at hand about a signature: its own certificates, and the file's store."""
        embedded = tuple(der for each in holders for der in (each.certificate, *each.certificates))
        return ValidationMaterial(
            readable((*embedded, *self.stored.certificates)),
            tuple(dict.fromkeys((*self.stored.ocsps, *(der for each in holders for der in each.ocsps)))),
            tuple(dict.fromkeys((*self.stored.crls, *(der for each in holders for der in each.crls)))),
        )


def _raise_flaw(part: SignedPart) -> None:
    if part.flaw:
        raise Flawed(part.flaw)


def _blank(part: SignedPart) -> SignatureFinding:
    timestamp = part.sub_filter == TIMESTAMP
    form = {PADES: "PAdES", TIMESTAMP: "RFC3161"}.get(part.sub_filter, "PKCS7")
    return SignatureFinding(
        field_name=part.field_name[:200],
        kind="timestamp" if timestamp else "signature",
        format=form,
        level="",
        code="",
        test=False,
        signer=None,
        claimed_at=part.claimed_at,
        proven_at=None,
        timestamp=None,
        covers_everything=part.covers_everything,
        signed_size=part.end,
        changes=part.changes,
        permits=part.permits,
        digest_algorithm="",
        signature_algorithm="",
        signed_digest="",
        signature_value=b"",
        certificate=b"",
        path=(),
    )


def _described(blank: SignatureFinding, signed: StrangersCms) -> SignatureFinding:
    return replace(
        blank,
        signer=holder_of(signed.certificate),
        digest_algorithm=signed.digest_algorithm,
        signature_algorithm=signed.signature_algorithm,
        signature_value=signed.signature,
        certificate=signed.certificate,
    )


def _subjects(path: tuple[bytes, ...]) -> tuple[str, ...]:
    return tuple(load_certificate(der).subject.rfc4514_string()[:300] for der in path)
