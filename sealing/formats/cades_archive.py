"""Archive timestamps of CMS signatures: archive-time-stamp-v3 with ats-hash-index-v3 (ETSI EN 319 122-1, 5.5.2, 5.5.3).

Nothing that a signature or an earlier timestamp covers is encoded anew: structures are taken apart into their own
bytes and put together with what is added.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from asn1crypto import algos, cms, core, tsp

from .der import OCTET_STRING, SEQUENCE, set_of, tlv
from .evidence import covers_timestamp
from .keys import ValidationMaterial

_ARCHIVE_TIMESTAMP: Final = core.ObjectIdentifier("0.4.0.1733.2.4").dump()
_HASH_INDEX: Final = core.ObjectIdentifier("0.4.0.19122.1.5").dump()
_SIGNED_DATA: Final = core.ObjectIdentifier("1.2.840.113549.1.7.2").dump()
_OCSP_RESPONSE: Final = core.ObjectIdentifier("1.3.6.1.5.5.7.16.2").dump()
_SHA256: Final = algos.DigestAlgorithm({"algorithm": "sha256"}).dump()
_SIGNER_FIELDS: Final = ("version", "sid", "digest_algorithm", "signed_attrs", "signature_algorithm", "signature")
_CONTEXT_0: Final = 0xA0
_CONTEXT_1: Final = 0xA1
_VERSION_5: Final = core.Integer(5).dump()


@dataclass(frozen=True)
class _Parts:
    """A CMS signature with one signer, taken apart into DER."""

    version: bytes
    digest_algorithms: bytes
    content: bytes
    content_type: bytes
    certificates: tuple[bytes, ...]
    revocations: tuple[bytes, ...]
    signer: bytes
    unsigned: tuple[bytes, ...]

    def assemble(self) -> bytes:
        """The ContentInfo. Version 5 goes with OCSP responses (RFC 5652, 5.1)."""
        with_answers = any(each[0] == _CONTEXT_1 for each in self.revocations)
        signer = tlv(SEQUENCE, self.signer, set_of(*self.unsigned, tag=_CONTEXT_1) if self.unsigned else b"")
        signed_data = tlv(
            SEQUENCE,
            _VERSION_5 if with_answers else self.version,
            self.digest_algorithms,
            self.content,
            set_of(*self.certificates, tag=_CONTEXT_0) if self.certificates else b"",
            set_of(*self.revocations, tag=_CONTEXT_1) if self.revocations else b"",
            set_of(signer),
        )
        return tlv(SEQUENCE, _SIGNED_DATA, tlv(_CONTEXT_0, signed_data))

    def with_material(self, material: ValidationMaterial) -> "_Parts":
        """With the certificates and answers that are not there yet."""
        answers = (tlv(_CONTEXT_1, _OCSP_RESPONSE, der) for der in material.ocsps)
        certificates = tuple(dict.fromkeys((*self.certificates, *material.certificates)))
        revocations = tuple(dict.fromkeys((*self.revocations, *material.crls, *answers)))
        return self._changed(certificates, revocations, self.unsigned)

    def with_unsigned(self, attribute_type: bytes, value: bytes) -> "_Parts":
        """With one more unsigned attribute."""
        attribute = tlv(SEQUENCE, attribute_type, set_of(value))
        return self._changed(self.certificates, self.revocations, (*self.unsigned, attribute))

    def _changed(
        self, certificates: tuple[bytes, ...], revocations: tuple[bytes, ...], unsigned: tuple[bytes, ...]
    ) -> "_Parts":
        kept = (self.version, self.digest_algorithms, self.content, self.content_type)
        return _Parts(*kept, certificates, revocations, self.signer, unsigned)


def archive_cms(
    *,
    cms: bytes,
    digest: bytes,
    timestamp: Callable[[bytes], bytes],
    material: Callable[[], ValidationMaterial],
) -> tuple[bytes, bytes]:
    """A detached signature with one more archive timestamp, and its token, both DER.

    `digest` is the document's SHA-256. `material` is called first and must prove the newest timestamp's authority as
    of now, and below B-LTA the signer, too; what the signature lacks of it is added, so that the new timestamp covers
    it. It is called again if it does
    not cover the new authority. `timestamp` turns a SHA-256 imprint into a token (DER).
    """
    known = material()
    parts = _take_apart(cms).with_material(known)
    index = _hash_index(parts)
    token = timestamp(sha256(parts.content_type + digest + parts.signer + index).digest())
    indexed = _take_apart(token).with_unsigned(_HASH_INDEX, index).assemble()
    archived = parts.with_unsigned(_ARCHIVE_TIMESTAMP, indexed)
    if not covers_timestamp(known, token):
        archived = archived.with_material(material())
    return archived.assemble(), indexed


def newest_token(cms_signature: bytes) -> bytes:
    """The timestamp token (DER) of a signature that was made last."""
    signer = cms.ContentInfo.load(cms_signature)["content"]["signer_infos"][0]
    stamps = {"signature_time_stamp_token", "0.4.0.1733.2.4"}
    tokens: list[bytes] = [
        each["values"][0].dump() for each in signer["unsigned_attrs"] if each["type"].native in stamps
    ]
    return max(tokens, key=_generated_at)


def _generated_at(token: bytes) -> datetime:
    content = cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"]
    moment: datetime = tsp.TSTInfo.load(bytes(content))["gen_time"].native
    return moment


def _take_apart(der: bytes) -> _Parts:
    signed = cms.ContentInfo.load(der)["content"]
    (signer,) = signed["signer_infos"]
    content = signed["encap_content_info"]
    return _Parts(
        version=signed["version"].dump(),
        digest_algorithms=signed["digest_algorithms"].dump(),
        content=content.dump(),
        content_type=content["content_type"].dump(),
        certificates=tuple(each.dump() for each in signed["certificates"]),
        revocations=tuple(each.dump() for each in signed["crls"]),
        signer=b"".join(signer[name].dump() for name in _SIGNER_FIELDS),
        unsigned=tuple(each.dump() for each in signer["unsigned_attrs"]),
    )


def _hash_index(parts: _Parts) -> bytes:
    """The ATSHashIndexV3: what of the three sets is there now, each by its SHA-256."""
    values = []
    for der in parts.unsigned:
        attribute = cms.CMSAttribute.load(der)
        values += [attribute["type"].dump() + value.dump() for value in attribute["values"]]
    kinds = (parts.certificates, parts.revocations, values)
    return tlv(SEQUENCE, _SHA256, *(tlv(SEQUENCE, *map(_hashed, kind)) for kind in kinds))


def _hashed(encoding: bytes) -> bytes:
    return tlv(OCTET_STRING, sha256(encoding).digest())
