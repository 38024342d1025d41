"""Archive timestamps of XAdES signatures (ETSI EN 319 132-1, 5.5.2.2), added to a signature document written here.

Such a document is canonical already, so that its elements are taken from its text and completed with the namespaces
that canonicalization would give them. What is added declares its own namespace: documents that were written before
it was needed stay as they are.
"""

import re
from base64 import b64decode, b64encode
from typing import Final

from .keys import ValidationMaterial
from .xades import CANONICALIZATION, NAMESPACES, encoded, material_values

_ADDED: Final = 'xmlns:xades141="http://uri.etsi.org/01903/v1.4.1#"'
_END: Final = "</xades:UnsignedSignatureProperties>"
_PROPERTY: Final = re.compile(r"<([\w:]+)[ >].*?</\1>", re.DOTALL)
_TOKEN: Final = re.compile(r"<xades:EncapsulatedTimeStamp>([^<]*)</xades:EncapsulatedTimeStamp>")


def newest_token(document: bytes) -> bytes:
    """The timestamp token (DER) that was added last."""
    return b64decode(_TOKEN.findall(document.decode())[-1])


def to_be_archived(document: bytes) -> bytes:
    """What an archive timestamp added now must cover, behind the contents of all files in their order.

    The signed properties, SignedInfo, SignatureValue and KeyInfo, and every unsigned property that is there.
    """
    text = document.decode()
    whole = ("xades:SignedProperties", "ds:SignedInfo", "ds:SignatureValue", "ds:KeyInfo")
    elements = [_first(text, tag) for tag in whole]
    return "".join(map(_standing_alone, (*elements, *_unsigned_properties(text)))).encode()


def with_archive_timestamp(document: bytes, token: bytes) -> bytes:
    """The document with that token (DER) over `to_be_archived`."""
    text = document.decode()
    number = text.count("<xades141:ArchiveTimeStamp ") + 1
    return _with_property(
        text,
        f'<xades141:ArchiveTimeStamp {_ADDED} Id="{_identifier(text)}-archive-{number}">{CANONICALIZATION}'
        f"{encoded('xades:EncapsulatedTimeStamp', token)}</xades141:ArchiveTimeStamp>",
    )


def with_evidence(document: bytes, material: ValidationMaterial) -> bytes:
    """The document with what it lacks of the material, as evidence for its newest timestamp.

    A signature of level B-T gets all of it as its own, which makes it B-LT.
    """
    text = document.decode()
    fresh = ValidationMaterial(
        *(
            tuple(der for der in encodings if b64encode(der).decode() not in text)
            for encodings in (material.certificates, material.ocsps, material.crls)
        )
    )
    if fresh == ValidationMaterial():
        return document
    values = material_values(fresh)
    if "<xades:CertificateValues>" not in text:
        return _with_property(text, values)
    return _with_property(
        text,
        f"<xades141:TimeStampValidationData {_ADDED}>{values}</xades141:TimeStampValidationData>",
    )


def _with_property(text: str, element: str) -> bytes:
    before, end, after = text.rpartition(_END)
    return f"{before}{element}{end}{after}".encode()


def _unsigned_properties(text: str) -> list[str]:
    inside = text.partition("<xades:UnsignedSignatureProperties>")[2].rpartition(_END)[0]
    return [match[0] for match in _PROPERTY.finditer(inside)]


def _first(text: str, tag: str) -> str:
    start = re.search(f"<{tag}[ >]", text)
    if start is None:
        raise ValueError(f"a signature without {tag}")
    end = f"</{tag}>"
    return text[start.start() : text.index(end, start.end()) + len(end)]


def _identifier(text: str) -> str:
    match = re.search(r'<ds:Signature Id="([^"]+)"', text)
    if match is None:
        raise ValueError("a signature without an Id")
    return match[1]


def _standing_alone(element: str) -> str:
    """An element with the namespaces of its document, in the order of canonicalization, before its own."""
    name = re.match(r"<[\w:]+", element)
    if name is None:
        raise ValueError("not an element")
    return f"{name[0]} {NAMESPACES}{element[name.end() :]}"
