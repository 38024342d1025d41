"""CMS signatures and timestamp tokens by themselves (ETSI EN 319 122-1).

Over a document that is told by its digests, or over the content that they enclose.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import BinaryIO, Final

from .cms import (
    CLUMSY,
    Flawed,
    StrangersCms,
    check_integrity,
    check_token,
    digest_of,
    read_signers,
    read_token,
)
from .cms_archive import archived
from .findings import SignatureFinding, Verification, blank_finding
from .judging import Case, conclude, described, material_of, passed, stand_by, subject_of, together
from .words import worst

LARGEST_ENCLOSED: Final = 64 << 20
_SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
_PEM: Final = re.compile(rb"-----BEGIN (PKCS7|CMS|PKCS #7 SIGNED DATA)-----\s+(.*?)-----END \1-----", re.DOTALL)


def looks_like_cms(head: bytes) -> bool:
    """Whether a file that begins like this is a CMS SignedData, in DER, BER or PEM."""
    return (head[:1] == b"\x30" and _SIGNED_DATA in head[:20]) or head.lstrip().startswith(
        (b"-----BEGIN PKCS7", b"-----BEGIN CMS", b"-----BEGIN PKCS #7")
    )


def verify_cms(stream: BinaryIO, case: Case, digests: Mapping[str, bytes]) -> Verification:
    """Verify every signer of a CMS; raises `Flawed` when none can be looked at."""
    signers = read_signers(_der(stream), largest=LARGEST_ENCLOSED)
    case = replace(case, stored=together(*(material_of(each) for each in signers)))
    findings = [_judged(each, case, digests) for each in signers]
    return Verification(
        code=worst([each.code for each in findings]),
        test=any(each.test for each in findings),
        size=0,
        sha256="",
        revisions=0,
        warnings=(),
        signatures=tuple(findings),
        form="CMS",
    )


def _der(stream: BinaryIO) -> bytes:
    if stream.seek(0, 2) > LARGEST_ENCLOSED:
        raise Flawed("too_complex")
    stream.seek(0)
    content = stream.read()
    found = _PEM.search(content)
    if found is None:
        return content
    try:
        return base64.b64decode(b"".join(found[2].split()), validate=True)
    except ValueError as error:
        raise Flawed("unreadable") from error


def _judged(signed: StrangersCms, case: Case, digests: Mapping[str, bytes]) -> SignatureFinding:
    timestamp = signed.content_type == "tst_info"
    blank = blank_finding("", "timestamp" if timestamp else "signature", "RFC3161" if timestamp else "CAdES")
    if not timestamp and not signed.names_certificate:
        blank = replace(blank, format="PKCS7")
    try:
        found = replace(described(blank, signed), claimed_at=signed.signing_time, notes=signed.notes)
        try:
            judge = _timestamp if timestamp else _signature
            return judge(signed, found, case, digests)
        except Flawed as flawed:
            changes = "forbidden" if flawed.code == "changed_content" else "unknown"
            return replace(found, code=flawed.code, changes=changes)
    except CLUMSY:
        return replace(blank, code="malformed_signature")


def _signature(
    signed: StrangersCms, found: SignatureFinding, case: Case, digests: Mapping[str, bytes]
) -> SignatureFinding:
    digest = _digest(signed, digests, signed.digest_algorithm)
    found = replace(found, signed_digest=digest.hex())
    check_integrity(signed, signed.content_type, digest)
    found = replace(found, changes="document", covers_everything=True)
    case, found = archived(case, found, signed, partial(_digest, signed, digests))
    return conclude(case, found, subject_of(signed))


def _digest(signed: StrangersCms, digests: Mapping[str, bytes], algorithm: str) -> bytes:
    """The digest of what was signed: the enclosed content, or the document that came along."""
    if signed.encloses:
        enclosed = digest_of(algorithm, signed.content)
        if digests and digests.get(algorithm, enclosed) != enclosed:
            raise Flawed("changed_content")
        return enclosed
    return _told(digests, algorithm)


def _told(digests: Mapping[str, bytes], algorithm: str) -> bytes:
    if algorithm not in digests:
        raise Flawed("document_needed")
    return digests[algorithm]


def _timestamp(
    signed: StrangersCms, found: SignatureFinding, case: Case, digests: Mapping[str, bytes]
) -> SignatureFinding:
    token = read_token(signed.der)
    found = replace(found, claimed_at=token.at)
    check_token(token, partial(_told, digests))
    found = replace(found, changes="document", covers_everything=True)
    standing = stand_by(case, token)
    return replace(passed(found, standing), proven_at=token.at)
