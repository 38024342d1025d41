"""Detached CMS signatures over a digest: the document itself is never needed.

For any file a CAdES baseline signature (ETSI EN 319 122-1), levels B-T, B-LT and B-LTA; for a prepared PDF, whose maker
embeds the result in the file, the signature of PAdES at level B-T (ETSI EN 319 142-1, 6.3), without signing-time.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from .cades_archive import archive_cms
from .cms import cms_template
from .keys import SealingKey, ValidationMaterial

LEVELS: Final = ("B-T", "B-LT", "B-LTA")
DIGEST_SIZES: Final = {"sha256": 32, "sha384": 48, "sha512": 64}
"""The digest algorithms in which a document may be told, with the digest's size in bytes."""


@dataclass(frozen=True)
class DetachedSeal:
    """The CMS signature, the timestamp token in it and at B-LTA its archive timestamp, all DER."""

    cms: bytes
    timestamp_token: bytes
    archive_token: bytes = b""


def seal_digest(
    *,
    digest: bytes,
    key: SealingKey,
    timestamp: Callable[[bytes], bytes],
    material: Callable[[], ValidationMaterial],
    level: str,
    signed_at: datetime | None,
) -> DetachedSeal:
    """Sign a document's digest, made with the key's `digest_algorithm`.

    `signed_at` becomes the signing-time attribute that CAdES wants; None is for a PDF. `timestamp` turns a SHA-256
    imprint into an RFC 3161 token (DER); at B-LT `material` is called after it. At B-LTA, which needs a SHA-256 of the
    document, both are asked once more for the archive timestamp. What they raise passes through.
    """
    if level not in LEVELS or (level != "B-T" and signed_at is None):
        raise ValueError(f"level {level!r} is not made here")
    if level == "B-LTA" and key.digest_algorithm != "sha256":
        raise ValueError("an archive timestamp needs the document's SHA-256")
    if len(digest) != DIGEST_SIZES[key.digest_algorithm]:
        raise ValueError("the digest has the wrong size")
    template = cms_template(key)
    attributes = template.signed_attributes(digest, signed_at)
    signature = key.sign(attributes)
    token = timestamp(hashlib.sha256(signature).digest())
    known = material() if level != "B-T" else None
    cms = template.assemble(attributes, signature, token, known)
    if level != "B-LTA":
        return DetachedSeal(cms, token)
    archived, archive_token = archive_cms(cms=cms, digest=digest, timestamp=timestamp, material=material)
    return DetachedSeal(archived, token, archive_token)
