"""The gate's view of archive timestamps in a CMS signature (ETSI EN 319 122-1, 5.5.2 and 5.5.3), read anew."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from asn1crypto import algos, cms, core, tsp

from .errors import SealCheckFailed
from .keys import ValidationMaterial
from .proof import ArchiveStamp
from .signed_cms import ARCHIVE_TIMESTAMP

HASH_INDEX: Final = "0.4.0.19122.1.5"
_COVERED: Final = ("version", "sid", "digest_algorithm", "signed_attrs", "signature_algorithm", "signature")


class _Digests(core.SequenceOf):
    _child_spec = core.OctetString


class _HashIndex(core.Sequence):
    """ATSHashIndexV3."""

    _fields = [
        ("algorithm", algos.DigestAlgorithm),
        ("certificates", _Digests),
        ("revocations", _Digests),
        ("unsigned_values", _Digests),
    ]


@dataclass(frozen=True)
class _Index:
    """A hash index: its own DER, and the digests of what it lists."""

    der: bytes
    certificates: frozenset[bytes]
    revocations: frozenset[bytes]
    unsigned_values: frozenset[bytes]


def read_archives(der: bytes, digest: bytes) -> list[ArchiveStamp]:
    """The archive timestamps of a detached signature (DER) over a document's SHA-256, oldest first.

    Each lists what it covers; whatever it lists must be there, and of the timestamps before it none may be left out.
    Raises `SealCheckFailed`.
    """
    signed = cms.ContentInfo.load(der, strict=True)["content"]
    (signer,) = signed["signer_infos"]
    start = signed["encap_content_info"]["content_type"].dump() + digest
    start += b"".join(signer[name].dump() for name in _COVERED)
    attributes = [(each["type"].dump() + each["values"][0].dump(), each) for each in signer["unsigned_attrs"]]
    earlier = {_digest(value) for value, each in attributes if each["type"].native != ARCHIVE_TIMESTAMP}
    found = [
        (value, each["values"][0].dump()) for value, each in attributes if each["type"].native == ARCHIVE_TIMESTAMP
    ]
    archives = []
    for value, token in sorted(found, key=lambda each: _generated_at(each[1])):
        index = _index(token)
        if index.unsigned_values != earlier:
            raise SealCheckFailed("an archive timestamp does not list what was there before it")
        imprint = sha256(start + index.der).digest()
        archives.append(ArchiveStamp(token, imprint, _listed(signed, index)))
        earlier.add(_digest(value))
    return archives


def _digest(encoding: bytes) -> bytes:
    return sha256(encoding).digest()


def _generated_at(token: bytes) -> Any:
    content = cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"]
    return tsp.TSTInfo.load(bytes(content))["gen_time"].native


def _index(token: bytes) -> _Index:
    (signer,) = cms.ContentInfo.load(token, strict=True)["content"]["signer_infos"]
    values = [each["values"][0].dump() for each in signer["unsigned_attrs"] if each["type"].native == HASH_INDEX]
    if len(values) != 1:
        raise SealCheckFailed("an archive timestamp without one list of what it covers")
    index = _HashIndex.load(values[0], strict=True)
    if index["algorithm"]["algorithm"].native != "sha256":
        raise SealCheckFailed("unexpected digest algorithm")
    return _Index(
        values[0],
        *(frozenset(index[name].native) for name in ("certificates", "revocations", "unsigned_values")),
    )


def _listed(signed: Any, index: _Index) -> ValidationMaterial:
    """The validation material that the index lists."""
    certificates = {_digest(each.dump()): each for each in signed["certificates"]}
    revocations = {_digest(each.dump()): each for each in signed["crls"]}
    if index.certificates - certificates.keys() or index.revocations - revocations.keys():
        raise SealCheckFailed("an archive timestamp covers something that is missing")
    answers = [revocations[digest] for digest in index.revocations]
    return ValidationMaterial(
        certificates=tuple(certificates[digest].chosen.dump() for digest in index.certificates),
        ocsps=tuple(each.chosen["other_rev_info"].dump() for each in answers if each.name == "other"),
        crls=tuple(each.chosen.dump() for each in answers if each.name == "crl"),
    )
