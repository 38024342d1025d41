"""Archive timestamps inside a CMS signature (ETSI EN 319 122-1, 5.5): proofs of how long it has existed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Final

from asn1crypto import algos, cms, core

from .cms import CLUMSY, Flawed, StrangersCms, check_token, digest_of, read_token
from .findings import SignatureFinding
from .judging import Case, Digest, material_of, stand_by

_ARCHIVE_TIMESTAMP: Final = "0.4.0.1733.2.4"
_HASH_INDEX: Final = "0.4.0.19122.1.5"


class _Hashes(core.SequenceOf):
    _child_spec = core.OctetString


class _HashIndex(core.Sequence):
    _fields = [
        ("algorithm", algos.DigestAlgorithm),
        ("certificates", _Hashes),
        ("revocations", _Hashes),
        ("attributes", _Hashes),
    ]


def archived(
    case: Case, found: SignatureFinding, signed: StrangersCms, content: Digest
) -> tuple[Case, SignatureFinding]:
    """The case by the archive timestamps, the newest first; one that does not hold is noted and proves nothing.

    `content` digests what was signed.
    """
    for der in sorted(_tokens(signed), key=_age):
        try:
            token = read_token(der)
            index = _hash_index(token.signed.signer_info)
            check_token(token, partial(_imprint, signed, index, content))
            _check_index(signed, index)
            case = replace(case, archived=True)
            standing = stand_by(case, token, material_of(signed))
            case = case.proven(token.at, test=standing.test)
        except Flawed as flawed:
            if flawed.code in {"changed_content", "malformed_signature", "wrong_signature_value"}:
                found = _noted(found)
        except CLUMSY:
            found = _noted(found)
    return case, found


def _noted(found: SignatureFinding) -> SignatureFinding:
    return replace(found, notes=tuple(dict.fromkeys((*found.notes, "broken_archive_timestamp"))))


def _attributes(signer_info: cms.SignerInfo) -> Iterator[tuple[str, bytes, list[bytes]]]:
    """Name, type (DER) and values (DER) of each unsigned attribute."""
    for attribute in signer_info["unsigned_attrs"]:
        yield attribute["type"].native, attribute["type"].dump(), [value.dump() for value in attribute["values"]]


def _tokens(signed: StrangersCms) -> list[bytes]:
    return [der for name, _, values in _attributes(signed.signer_info) if name == _ARCHIVE_TIMESTAMP for der in values]


def _age(der: bytes) -> float:
    try:
        return -read_token(der).at.timestamp()
    except Flawed:
        return 0.0


def _hash_index(signer_info: cms.SignerInfo) -> _HashIndex:
    found = [values for name, _, values in _attributes(signer_info) if name == _HASH_INDEX]
    if len(found) != 1 or len(found[0]) != 1:
        raise Flawed("malformed_signature")
    index: _HashIndex = _HashIndex.load(found[0][0])
    return index


def _imprint(signed: StrangersCms, index: _HashIndex, content: Callable[[str], bytes], algorithm: str) -> bytes:
    """What version 3 is over: the content, the signer's fields as they are encoded, and the index (5.5.3)."""
    info = signed.signer_info
    fields = ("version", "sid", "digest_algorithm", "signed_attrs", "signature_algorithm", "signature")
    kind = cms.ContentInfo.load(signed.der)["content"]["encap_content_info"]["content_type"]
    encoded = b"".join([kind.dump(), content(algorithm), *(info[name].dump() for name in fields), index.dump()])
    return digest_of(algorithm, encoded)


def _check_index(signed: StrangersCms, index: _HashIndex) -> None:
    """Everything that the index lists is there, and it lists every timestamp of the signature; raises `Flawed`."""
    algorithm = index["algorithm"]["algorithm"].native
    signed_data = cms.ContentInfo.load(signed.der)["content"]

    def hashes(encodings: Any) -> set[bytes]:
        return {digest_of(algorithm, der) for der in encodings}

    values = list(_attributes(signed.signer_info))
    stamps = hashes(kind + der for name, kind, ders in values if name == "signature_time_stamp_token" for der in ders)
    listed = set(index["attributes"].native)
    if not (
        set(index["certificates"].native) <= hashes(each.dump() for each in signed_data["certificates"] or ())
        and set(index["revocations"].native) <= hashes(each.dump() for each in signed_data["crls"] or ())
        and listed <= hashes(kind + der for _, kind, ders in values for der in ders)
        and stamps <= listed
    ):
        raise Flawed("changed_content")
