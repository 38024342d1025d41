"""The signature part of the gate for containers: META-INF/signatures0.xml, read again by lxml and verified anew.

Only the one shape that a seal of ours has is accepted, element by element; whatever else the standards would allow is
a sign that something went wrong.
"""

import hashlib
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from .certificates import load_certificate
from .errors import SealCheckFailed
from .keys import ValidationMaterial

C14N: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
SIGNED_PROPERTIES: Final = "http://uri.etsi.org/01903#SignedProperties"
_PREFIXES: Final = {
    "http://uri.etsi.org/02918/v1.2.1#": "asic",
    "http://www.w3.org/2000/09/xmldsig#": "ds",
    "http://uri.etsi.org/01903/v1.3.2#": "xades",
    "http://uri.etsi.org/01903/v1.4.1#": "xades141",
    "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0": "manifest",
}
_METHODS: Final = {
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": rsa.RSAPublicKey,
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256": ec.EllipticCurvePublicKey,
}

VALUES: Final = ("xades:CertificateValues", "xades:RevocationValues")
CERTIFICATES: Final = {"xades:CertificateValues": "xades:EncapsulatedX509Certificate"}
KINDS: Final = {
    "xades:CRLValues": "xades:EncapsulatedCRLValue",
    "xades:OCSPValues": "xades:EncapsulatedOCSPValue",
}

Element = Any
"""An lxml element; lxml comes without types."""


@dataclass(frozen=True)
class ReferencedFile:
    """A data object as the signature names it: file name, media type, SHA-256."""

    name: str
    media_type: str
    digest: bytes


@dataclass(frozen=True)
class ReadArchive:
    """An archive timestamp: its token (DER), what it must cover behind the files, and the material among that."""

    token: bytes
    covered: bytes
    material: ValidationMaterial


@dataclass(frozen=True)
class ReadXades:
    """What a signature says whose value has been verified; certificates and tokens are DER, times UTC.

    `stamped` are the bytes over which the timestamp must be; `archives` are the archive timestamps in their order.
    """

    files: tuple[ReferencedFile, ...]
    signing_time: datetime
    stamped: bytes
    timestamp_token: bytes
    material: ValidationMaterial
    archives: tuple[ReadArchive, ...]


def parse_xml(content: bytes) -> Element:
    """The root element; nothing is fetched, no entity is resolved, and a document type is refused."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise SealCheckFailed("malformed XML") from error
    if root.getroottree().docinfo.internalDTD is not None or any(_is_strange(node) for node in root.iter()):
        raise SealCheckFailed("XML with more than elements and text")
    if root.getprevious() is not None or root.getnext() is not None:
        raise SealCheckFailed("XML with more than elements and text")
    return root


def _is_strange(node: Element) -> bool:
    """Comments, instructions, entities; attributes that canonicalization would inherit."""
    return not isinstance(node.tag, str) or any(name.startswith("{http://www.w3.org/XML") for name in node.attrib)


def name_of(element: Element) -> str:
    """The element's name with the usual prefix of its namespace, whatever prefix the document uses."""
    qualified = etree.QName(element)
    return f"{_PREFIXES.get(qualified.namespace, '?')}:{qualified.localname}"


def children(element: Element, *expected: str) -> list[Element]:
    """The element's children, which must be exactly these; a name that ends in `*` may be there any number of times,
    one that ends in `?` once or not at all.
    """
    found = list(element)
    chosen: list[Element] = []
    for name in expected:
        plain, least, most = name.rstrip("*?"), int(name[-1] not in "*?"), len(found) if name[-1] == "*" else 1
        taken = 0
        while found and taken < most and name_of(found[0]) == plain:
            chosen.append(found.pop(0))
            taken += 1
        if taken < least:
            raise SealCheckFailed(f"{plain} is missing")
    if found:
        raise SealCheckFailed(f"{name_of(found[0])} has no business in {name_of(element)}")
    return chosen


def check_xades(content: bytes, certificate: bytes, level: str) -> ReadXades:
    """Verify a signature document against the expected certificate (DER); raises `SealCheckFailed`.

    Proves the signature value, the reference to the signed properties and what they must say. The digests of the files
    are returned, to be compared with the files themselves.
    """
    root = parse_xml(content)
    if name_of(root) != "asic:XAdESSignatures":
        raise SealCheckFailed("not a XAdES signature")
    (signature,) = children(root, "ds:Signature")
    info, value, key_info, holder = children(signature, "ds:SignedInfo", "ds:SignatureValue", "ds:KeyInfo", "ds:Object")
    _check_key_info(key_info, certificate)
    method, references = _signed_info(info)
    (qualifying,) = children(holder, "xades:QualifyingProperties")
    signed, unsigned = children(qualifying, "xades:SignedProperties", "xades:UnsignedProperties")
    _check_identifiers(root, signature, qualifying)
    _check_value(canonical(info), _bytes(value), method, certificate)
    _check_own_reference(references[-1], signed)
    signing_time, media_types = _signed_properties(signed, certificate)
    (properties,) = children(unsigned, "xades:UnsignedSignatureProperties")
    token, material, archives = _unsigned_properties(properties, level, [signed, info, value, key_info])
    files = _files(references[:-1], media_types)
    return ReadXades(files, signing_time, canonical(value), token, material, archives)


def canonical(element: Element) -> bytes:
    """Inclusive Canonical XML 1.0, without comments, of an element in its document."""
    result: bytes = etree.tostring(element, method="c14n", exclusive=False, with_comments=False)
    return result


def _signed_info(info: Element) -> tuple[str, list[Element]]:
    canonicalization, method, *references = children(
        info, "ds:CanonicalizationMethod", "ds:SignatureMethod", "ds:Reference*"
    )
    _only_algorithm(canonicalization, C14N)
    if len(references) < 2:
        raise SealCheckFailed("nothing is signed")
    return method.get("Algorithm", ""), references


def _only_algorithm(element: Element, expected: str) -> None:
    if element.get("Algorithm") != expected or len(element):
        raise SealCheckFailed(f"unexpected algorithm in {name_of(element)}")


def _check_identifiers(root: Element, signature: Element, qualifying: Element) -> None:
    """Each Id is there once, so that a reference cannot lead to two places."""
    found = [element.get("Id") for element in root.iter() if element.get("Id") is not None]
    if len(found) != len(set(found)):
        raise SealCheckFailed("an Id is there twice")
    if not signature.get("Id") or qualifying.get("Target") != f"#{signature.get('Id')}":
        raise SealCheckFailed("the properties belong to another signature")


def _check_key_info(key_info: Element, certificate: bytes) -> None:
    (x509_data,) = children(key_info, "ds:X509Data")
    (embedded,) = children(x509_data, "ds:X509Certificate")
    if _bytes(embedded) != certificate:
        raise SealCheckFailed("signed by another certificate")


def _check_value(message: bytes, value: bytes, method: str, certificate: bytes) -> None:
    key = load_certificate(certificate).public_key()
    expected = _METHODS.get(method)
    if expected is None or not isinstance(key, expected):
        raise SealCheckFailed("signature algorithm does not fit the key")
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(value, message, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(_der_signature(value, key), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise SealCheckFailed("signature value is wrong") from error


def _der_signature(value: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    size = (key.key_size + 7) // 8
    if len(value) != 2 * size:
        raise SealCheckFailed("signature value is wrong")
    return encode_dss_signature(int.from_bytes(value[:size], "big"), int.from_bytes(value[size:], "big"))


def _check_own_reference(reference: Element, signed: Element) -> None:
    transforms, method, value = children(reference, "ds:Transforms", "ds:DigestMethod", "ds:DigestValue")
    (transform,) = children(transforms, "ds:Transform")
    _only_algorithm(transform, C14N)
    _only_algorithm(method, SHA256)
    if reference.get("Type") != SIGNED_PROPERTIES or reference.get("URI") != f"#{signed.get('Id')}":
        raise SealCheckFailed("the signed properties are not signed")
    if hashlib.sha256(canonical(signed)).digest() != _bytes(value):
        raise SealCheckFailed("the signed properties were changed")


def _signed_properties(signed: Element, certificate: bytes) -> tuple[datetime, dict[str, str]]:
    """The signing time, and the media type of each reference Id (with #)."""
    own, objects = children(signed, "xades:SignedSignatureProperties", "xades:SignedDataObjectProperties")
    signing_time, signing_certificate, *_rest = children(
        own,
        "xades:SigningTime",
        "xades:SigningCertificateV2",
        "xades:SignatureProductionPlaceV2?",
        "xades:SignerRoleV2?",
    )
    _check_signing_certificate(signing_certificate, certificate)
    media_types: dict[str, str] = {}
    for each in children(objects, "xades:DataObjectFormat*"):
        (media_type,) = children(each, "xades:MimeType")
        if media_types.setdefault(each.get("ObjectReference", ""), media_type.text or "") != media_type.text:
            raise SealCheckFailed("a file has two media types")
    return datetime.strptime(signing_time.text or "", "%Y-%m-%dT%H:%M:%S%z"), media_types


def _check_signing_certificate(element: Element, certificate: bytes) -> None:
    (named,) = children(element, "xades:Cert")
    digest, _issuer_serial = children(named, "xades:CertDigest", "xades:IssuerSerialV2")
    method, value = children(digest, "ds:DigestMethod", "ds:DigestValue")
    _only_algorithm(method, SHA256)
    if _bytes(value) != hashlib.sha256(certificate).digest():
        raise SealCheckFailed("signing-certificate attribute names another certificate")


def _unsigned_properties(
    properties: Element, level: str, whole: list[Element]
) -> tuple[bytes, ValidationMaterial, tuple[ReadArchive, ...]]:
    """The timestamp, all validation material, and the archive timestamps over `whole` and what is before them."""
    values, later = _by_level(properties, level)
    material = _material(values)
    archives: list[ReadArchive] = []
    for each in later:
        if name_of(each) == "xades141:ArchiveTimeStamp":
            covered = b"".join(canonical(element) for element in (*whole, *properties[: properties.index(each)]))
            archives.append(ReadArchive(_token(each), covered, material))
        else:
            material = _joined(material, _material(children(each, *(f"{name}?" for name in VALUES))))
    if bool(archives) != (level == "B-LTA"):
        raise SealCheckFailed("archive timestamps do not fit the level")
    return _token(properties[0]), material, tuple(archives)


def _by_level(properties: Element, level: str) -> tuple[list[Element], list[Element]]:
    """The elements with validation material of B-LT, and what follows them at B-LTA."""
    expected = ("xades:SignatureTimeStamp", *(VALUES if level != "B-T" else ()))
    names = [name_of(each) for each in properties]
    if missing := [name for number, name in enumerate(expected) if names[number : number + 1] != [name]]:
        raise SealCheckFailed(f"{missing[0]} is missing")
    later = list(properties)[len(expected) :]
    allowed = {"xades141:ArchiveTimeStamp", "xades141:TimeStampValidationData"} if level == "B-LTA" else set()
    if strange := [name for name in names[len(expected) :] if name not in allowed]:
        raise SealCheckFailed(f"{strange[0]} has no business in {name_of(properties)}")
    return list(properties)[1 : len(expected)], later


def _token(timestamp: Element) -> bytes:
    canonicalization, token = children(timestamp, "ds:CanonicalizationMethod", "xades:EncapsulatedTimeStamp")
    _only_algorithm(canonicalization, C14N)
    return _bytes(token)


def _joined(first: ValidationMaterial, second: ValidationMaterial) -> ValidationMaterial:
    return ValidationMaterial(
        first.certificates + second.certificates, first.ocsps + second.ocsps, first.crls + second.crls
    )


def _material(values: Sequence[Element]) -> ValidationMaterial:
    """What CertificateValues and RevocationValues hold."""
    found: dict[str, list[Element]] = {}
    for each in values:
        lists = (
            [each] if name_of(each) == "xades:CertificateValues" else children(each, *(f"{kind}?" for kind in KINDS))
        )
        found |= {name_of(one): children(one, f"{(KINDS | CERTIFICATES)[name_of(one)]}*") for one in lists}
    certificates, crls, ocsps = (tuple(map(_bytes, found.get(kind, ()))) for kind in (*CERTIFICATES, *KINDS))
    return ValidationMaterial(certificates, ocsps, crls)


def _files(references: Sequence[Element], media_types: dict[str, str]) -> tuple[ReferencedFile, ...]:
    files = []
    for reference in references:
        method, value = children(reference, "ds:DigestMethod", "ds:DigestValue")
        _only_algorithm(method, SHA256)
        media_type = media_types.pop(f"#{reference.get('Id')}", "")
        uri = reference.get("URI", "")
        if reference.get("Type") is not None or not uri or "/" in uri or "#" in uri or not media_type:
            raise SealCheckFailed("a file is not referenced as it must be")
        files.append(ReferencedFile(unquote_to_bytes(uri).decode(), media_type, _bytes(value)))
    if media_types:
        raise SealCheckFailed("a media type is given for nothing")
    return tuple(files)


def _bytes(element: Element) -> bytes:
    if len(element):
        raise SealCheckFailed(f"{name_of(element)} is not a value")
    try:
        return b64decode(element.text or "", validate=True)
    except (Base64Error, ValueError) as error:
        raise SealCheckFailed(f"{name_of(element)} is not a value") from error
