"""Verification of anybody's file (clause A5), by ETSI EN 319 102-1 with what the file itself carries.

Nothing is fetched and nothing is raised: whatever a file does, the answer is one of three indications with a code of
`words.ANSWERS`. What a file is, its content tells, never its name.
"""

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import BinaryIO, Final

from sealing.formats.keys import ValidationMaterial
from sealing.formats.reading import VERIFICATION_LIMITS, PdfLimits

from .cms import CLUMSY, Flawed
from .containers import verify_container
from .detached import looks_like_cms, verify_cms
from .findings import Verification, unjudged
from .judging import Case
from .pdf import verify_pdf
from .trust import Anchors

_HEAD_SIZE: Final = 1024
_NOTHING_LENT: Final = ValidationMaterial()


def verify_file(
    stream: BinaryIO,
    anchors: Anchors,
    now: datetime,
    *,
    limits: PdfLimits = VERIFICATION_LIMITS,
    lent: ValidationMaterial = _NOTHING_LENT,
    digests: Mapping[str, bytes] | None = None,
) -> Verification:
    """Verify every signature of a file as of `now` (UTC). Never raises on account of the file.

    `lent` is material that the caller trusts to be at hand besides the file's own. `digests`, by algorithm ("sha256"),
    are those of the document that a detached signature is about.
    """
    case = Case(anchors, now, now, lent=lent)
    try:
        found = _verify(stream, case, limits, digests or {})
    except Flawed as flawed:
        found = unjudged(flawed.code)
    except RecursionError:
        found = unjudged("too_complex")
    except CLUMSY:
        found = unjudged("unreadable")
    return replace(found, size=stream.seek(0, 2), sha256=_sha256(stream))


def _verify(stream: BinaryIO, case: Case, limits: PdfLimits, digests: Mapping[str, bytes]) -> Verification:
    if stream.seek(0, 2) > limits.size:
        raise Flawed("too_complex")
    stream.seek(0)
    head = stream.read(_HEAD_SIZE)
    if head.startswith(b"PK") or (not head.startswith(b"%PDF-") and zipfile.is_zipfile(stream)):
        return verify_container(stream, case)
    if head.lstrip().startswith((b"<", b"\xef\xbb\xbf<")):
        raise Flawed("ddoc" if b"<SignedDoc" in head else "format_not_supported")
    if looks_like_cms(head):
        return verify_cms(stream, case, digests)
    return verify_pdf(stream, case, limits)


def _sha256(stream: BinaryIO) -> str:
    stream.seek(0)
    digest = hashlib.sha256()
    while piece := stream.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()
