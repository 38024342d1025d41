"""XAdES signatures of strangers (ETSI EN 319 132-1): what they say, and whether their own mathematics hold.

Tolerant where the gate (`check_xades`) is strict, but not about where a reference leads: a file of the container as its
bytes are, or an element of the same document whose Id is unique, canonicalized. Other transforms can make a signature
be over something else than people see, so that they are not judged.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote, unquote_plus

from sealing.formats.keys import ValidationMaterial

from .cms import STRONG_DIGESTS, Flawed, check_key_strength, digest_of, new_digest
from .markup import (
    CANONICALIZATIONS,
    Element,
    algorithm,
    at_most_one,
    canonical,
    children,
    digest_algorithm,
    inside,
    is_named,
    only,
    text,
    value,
)
from .parts import Parts
from .words import worst
from .xml_signatures import METHODS, check_value

MOST_REFERENCES: Final = 2000
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_TIME_MARK: Final = "1.3.6.1.4.1.10015.1000.3.2."


@dataclass(frozen=True)
class Reference:
    """What a signature is over: a file (`name`) or an element of its document (`element`), and the signed digest."""

    uri: str
    transforms: tuple[Element, ...]
    algorithm: str
    digest: bytes


@dataclass(frozen=True)
class StrangersXades:
    """A signature as its document tells it; certificates and tokens are DER, elements are lxml's.

    `named` are digests of the certificate it says to be made with. `properties` are the signed, `unsigned` the
    unsigned properties.
    """

    element: Element
    info: Element
    value: Element
    key_info: Element | None
    identified: dict[str, Element | None]
    references: tuple[Reference, ...]
    properties: Element | None
    unsigned: tuple[Element, ...]
    certificate: bytes
    signing_time: datetime | None
    policy: str
    material: ValidationMaterial

    @property
    def method(self) -> str:
        """The algorithm of the signature value."""
        return algorithm(only(self.info, "ds:SignatureMethod"))

    def stamps(self, name: str) -> list[tuple[Element, bytes]]:
        """The timestamps of one kind in their order: the element that holds the token, and the token."""
        holders = [each for each in self.unsigned if is_named(each, name)]
        return [(each, value(token)) for each in holders for token in children(each, "xades:EncapsulatedTimeStamp")]


def read_xades(signature: Element, identified: dict[str, Element | None]) -> StrangersXades:
    """Read a ds:Signature; raises `Flawed`."""
    info = only(signature, "ds:SignedInfo")
    references = tuple(_reference(each) for each in children(info, "ds:Reference"))
    if not 0 < len(references) <= MOST_REFERENCES:
        raise Flawed("malformed_signature")
    key_info = at_most_one(signature, "ds:KeyInfo")
    qualifying = _qualifying_properties(signature)
    properties = None if qualifying is None else at_most_one(qualifying, "xades:SignedProperties")
    unsigned = _unsigned_properties(qualifying)
    embedded = [] if key_info is None else [value(each) for each in inside(key_info, "ds:X509Certificate")]
    material = _material(embedded, unsigned)
    return StrangersXades(
        element=signature,
        info=info,
        value=only(signature, "ds:SignatureValue"),
        key_info=key_info,
        identified=identified,
        references=references,
        properties=properties,
        unsigned=unsigned,
        certificate=_signing_certificate(properties, embedded, material),
        signing_time=_signing_time(properties),
        policy=_policy(properties),
        material=material,
    )


def _reference(element: Element) -> Reference:
    holder = at_most_one(element, "ds:Transforms")
    return Reference(
        uri=element.get("URI", ""),
        transforms=() if holder is None else tuple(children(holder, "ds:Transform")),
        algorithm=digest_algorithm(element),
        digest=value(only(element, "ds:DigestValue")),
    )


def _qualifying_properties(signature: Element) -> Element | None:
    found = [
        each for holder in children(signature, "ds:Object") for each in children(holder, "xades:QualifyingProperties")
    ]
    if not found:
        return None
    if len(found) > 1 or found[0].get("Target") != f"#{signature.get('Id')}":
        raise Flawed("malformed_signature")
    return found[0]


def _unsigned_properties(qualifying: Element | None) -> tuple[Element, ...]:
    holder = None if qualifying is None else at_most_one(qualifying, "xades:UnsignedProperties")
    own = None if holder is None else at_most_one(holder, "xades:UnsignedSignatureProperties")
    return () if own is None else tuple(each for each in own if isinstance(each.tag, str))


def _material(embedded: list[bytes], unsigned: tuple[Element, ...]) -> ValidationMaterial:
    """What cannot be read proves nothing, and hides nothing."""

    def found(name: str) -> Iterator[bytes]:
        for holder in unsigned:
            for each in [] if is_named(holder, "xades:CounterSignature") else inside(holder, name):
                with suppress(Flawed):
                    yield value(each)

    return ValidationMaterial(
        (*embedded, *found("xades:EncapsulatedX509Certificate")),
        tuple(found("xades:EncapsulatedOCSPValue")),
        tuple(found("xades:EncapsulatedCRLValue")),
    )


def _signing_certificate(properties: Element | None, embedded: list[bytes], material: ValidationMaterial) -> bytes:
    """The certificate that the signed properties name, or the first one beside the key when they name none."""
    named = [] if properties is None else list(_named_certificates(properties))
    for hashed, digest in named:
        for der in material.certificates:
            if digest_of(hashed, der) == digest:
                return der
    if named or not embedded:
        raise Flawed("no_signing_certificate")
    return embedded[0]


def _named_certificates(properties: Element) -> Iterator[tuple[str, bytes]]:
    for own in children(properties, "xades:SignedSignatureProperties"):
        for name in ("xades:SigningCertificate", "xades:SigningCertificateV2"):
            for holder in children(own, name):
                for named in children(holder, "xades:Cert"):
                    digest = only(named, "xades:CertDigest")
                    yield digest_algorithm(digest), value(only(digest, "ds:DigestValue"))


def _signing_time(properties: Element | None) -> datetime | None:
    found = None if properties is None else next(inside(properties, "xades:SigningTime"), None)
    if found is None:
        return None
    try:
        told = datetime.fromisoformat(text(found).strip())
    except ValueError:
        return None
    return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)


def _policy(properties: Element | None) -> str:
    found = None if properties is None else next(inside(properties, "xades:SignaturePolicyId"), None)
    identifier = None if found is None else next(inside(found, "xades:Identifier"), None)
    return "" if identifier is None else text(identifier).strip()[:200]


def is_time_marked(signature: StrangersXades) -> bool:
    """Whether an OCSP answer stands for the timestamp, by the policy of BDOC 2.1."""
    return _TIME_MARK in signature.policy and not signature.stamps("xades:SignatureTimeStamp")


def check_mathematics(signature: StrangersXades, parts: Parts) -> tuple[str, ...]:
    """Every reference and the value hold, and the properties are signed; the files it is over. Raises `Flawed`."""
    codes = [_reference_code(signature, each, parts) for each in signature.references]
    method = only(signature.info, "ds:CanonicalizationMethod")
    codes.append(check_value(canonical(signature.info, method), signature))
    if not _signs_its_properties(signature):
        codes.append("properties_not_signed")
    if wrong := [code for code in codes if code]:
        raise Flawed(worst(wrong))
    return tuple(file_name(each, parts) for each in signature.references if is_file(each))


def _reference_code(signature: StrangersXades, reference: Reference, parts: Parts) -> str:
    """Empty when the digest is right, else a code."""
    try:
        running = new_digest(reference.algorithm)
        for piece in octets(signature, reference, parts):
            running.update(piece)
    except Flawed as flawed:
        return flawed.code
    return "" if bytes(running.digest()) == reference.digest else "changed_content"


def _signs_its_properties(signature: StrangersXades) -> bool:
    """The signed properties, which name the certificate, are among what is signed (EN 319 132-1, 4.3)."""
    if signature.properties is None or not any(_named_certificates(signature.properties)):
        return False
    identifier = signature.properties.get("Id")
    return bool(identifier) and any(each.uri == f"#{identifier}" for each in signature.references)


def is_file(reference: Reference) -> bool:
    """Whether it leads to a file of the container."""
    return bool(reference.uri) and not reference.uri.startswith("#")


def octets(signature: StrangersXades, reference: Reference, parts: Parts) -> Iterator[bytes]:
    """The bytes that a reference digests; raises `Flawed`."""
    if is_file(reference):
        if reference.transforms:
            raise Flawed("unsupported_transform")
        yield from parts.pieces(file_name(reference, parts))
        return
    transforms = reference.transforms or (None,)
    if not reference.uri or len(transforms) > 1:
        raise Flawed("unsupported_transform")
    if transforms[0] is not None and algorithm(transforms[0]) not in CANONICALIZATIONS:
        raise Flawed("unsupported_transform")
    identifier = reference.uri[1:]
    if identifier not in signature.identified:
        raise Flawed("signed_file_missing")
    element = signature.identified[identifier]
    if element is None:
        raise Flawed("malformed_signature")
    yield canonical(element, transforms[0], keep_comments=False)


def file_name(reference: Reference, parts: Parts) -> str:
    """The name of the file that a URI means: percent-encoded as it should be, or in one of the ways in which it is
    written in the wild; raises `Flawed`."""
    uri = reference.uri
    if _SCHEME.match(uri) or uri.startswith("//"):
        raise Flawed("outside_reference")
    for name in (unquote(uri), uri, unquote_plus(uri)):
        if (plain := name.removeprefix("./").removeprefix("/")) in parts:
            return plain
    raise Flawed("signed_file_missing")


def check_strength(signature: StrangersXades) -> None:
    """Digests and key are strong enough to prove something today; raises `Flawed`."""
    digests = {METHODS[signature.method].digest, *(each.algorithm for each in signature.references)}
    if not digests <= STRONG_DIGESTS:
        raise Flawed("weak_algorithm")
    check_key_strength(signature.certificate)


def archive_digest(signature: StrangersXades, stamp: Element, parts: Parts, name: str) -> bytes:
    """The digest that an archive timestamp is over (EN 319 132-1, 5.5.2); raises `Flawed`."""
    running = new_digest(name)
    for reference in signature.references:
        for piece in octets(signature, reference, parts):
            running.update(piece)
    method = at_most_one(stamp, "ds:CanonicalizationMethod")
    own = [signature.info, signature.value, *([] if signature.key_info is None else [signature.key_info])]
    before = signature.unsigned[: signature.unsigned.index(stamp)]
    objects = [
        each for each in children(signature.element, "ds:Object") if not children(each, "xades:QualifyingProperties")
    ]
    for element in (*own, *before, *objects):
        running.update(canonical(element, method))
    return bytes(running.digest())
