"""XAdES baseline signatures (ETSI EN 319 132-1, levels B-T and B-LT), written directly in their canonical form.

Everything that is digested is put together as the bytes that inclusive Canonical XML 1.0 would give, so that no XML
has to be parsed or canonicalized in order to seal. All namespaces are declared on the root element; an element that is
digested by itself repeats them, as canonicalization does.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from xml.sax.saxutils import escape

from asn1crypto import tsp, x509
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from .container import reference_uri
from .keys import SealingKey, ValidationMaterial

NAMESPACES: Final = (
    'xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
    ' xmlns:xades="http://uri.etsi.org/01903/v1.3.2#"'
)
_C14N: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_SHA256: Final = '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod>'
CANONICALIZATION: Final = f'<ds:CanonicalizationMethod Algorithm="{_C14N}"></ds:CanonicalizationMethod>'
_TRANSFORMS: Final = f'<ds:Transforms><ds:Transform Algorithm="{_C14N}"></ds:Transform></ds:Transforms>'
_SIGNED_PROPERTIES: Final = "http://uri.etsi.org/01903#SignedProperties"
_SIGNATURE_METHODS: Final = {
    "rsa": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "ec": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
}
_FIELD_SIZES: Final = {"ec-p256": 32, "ec-p384": 48}


@dataclass(frozen=True)
class SignedFile:
    """A file as its signature names it; `digest` is its SHA-256."""

    name: str
    media_type: str
    digest: bytes


@dataclass(frozen=True)
class XadesProperties:
    """What the signature says besides the digests: time (UTC), and in the seal owner's words role and place."""

    signed_at: datetime
    role: str = ""
    place: str = ""


@dataclass(frozen=True)
class XadesDraft:
    """A signature that awaits its value; see `draft_signature`."""

    key: SealingKey
    identifier: str
    signed_properties: str
    signed_info: str

    @property
    def to_be_signed(self) -> bytes:
        """The canonical SignedInfo."""
        return _canonical("ds:SignedInfo", self.signed_info)

    def to_be_stamped(self, signature: bytes) -> bytes:
        """The canonical SignatureValue, over which the timestamp is made."""
        return _canonical("ds:SignatureValue", self._signature_value(signature))

    def assemble(self, signature: bytes, token: bytes, material: ValidationMaterial | None) -> bytes:
        """The finished XML document; with `material` at level B-LT."""
        signed, info, value = self.signed_properties, self.signed_info, self._signature_value(signature)
        certificate = encoded("ds:X509Certificate", self.key.certificate)
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<asic:XAdESSignatures {NAMESPACES}>"
            f'<ds:Signature Id="{self.identifier}"><ds:SignedInfo{info}<ds:SignatureValue{value}'
            f"<ds:KeyInfo><ds:X509Data>{certificate}</ds:X509Data></ds:KeyInfo>"
            f'<ds:Object><xades:QualifyingProperties Target="#{self.identifier}"><xades:SignedProperties{signed}'
            f"<xades:UnsignedProperties><xades:UnsignedSignatureProperties>"
            f'<xades:SignatureTimeStamp Id="{self.identifier}-timestamp">{CANONICALIZATION}'
            f"{encoded('xades:EncapsulatedTimeStamp', token)}</xades:SignatureTimeStamp>"
            f"{material_values(material) if material else ''}"
            "</xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
            "</xades:QualifyingProperties></ds:Object></ds:Signature></asic:XAdESSignatures>"
        ).encode()

    def _signature_value(self, signature: bytes) -> str:
        value = _base64(xml_signature(signature, self.key.algorithm))
        return f' Id="{self.identifier}-value">{value}</ds:SignatureValue>'


def draft_signature(key: SealingKey, files: Sequence[SignedFile], properties: XadesProperties) -> XadesDraft:
    """The signature over the files, in this order, up to the point where the key is needed."""
    identifier = _identifier(key, files, properties)
    signed_properties = _signed_properties(key, identifier, files, properties)
    own_digest = hashlib.sha256(_canonical("xades:SignedProperties", signed_properties)).digest()
    method = _SIGNATURE_METHODS["rsa" if key.is_rsa else "ec"]
    signed_info = (
        f'>{CANONICALIZATION}<ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod>'
        + "".join(
            f'<ds:Reference Id="{identifier}-file-{number}" URI="{reference_uri(file.name)}">'
            f"{_digest(file.digest)}</ds:Reference>"
            for number, file in enumerate(files)
        )
        + f'<ds:Reference Type="{_SIGNED_PROPERTIES}" URI="#{identifier}-properties">{_TRANSFORMS}'
        f"{_digest(own_digest)}</ds:Reference></ds:SignedInfo>"
    )
    return XadesDraft(key, identifier, signed_properties, signed_info)


def xml_signature(signature: bytes, algorithm: str) -> bytes:
    """The signature value as XML has it: for ECDSA r and s side by side (RFC 6931, 2.3.6), not DER."""
    size = _FIELD_SIZES.get(algorithm)
    if size is None:
        return signature
    r, s = decode_dss_signature(signature)
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def _canonical(tag: str, rest: str) -> bytes:
    """An element of the document, as canonicalization gives it when it stands alone."""
    return f"<{tag} {NAMESPACES}{rest}".encode()


def _identifier(key: SealingKey, files: Sequence[SignedFile], properties: XadesProperties) -> str:
    """An Id that no other signature has, even when several are put into one document."""
    digest = hashlib.sha256(key.certificate + properties.signed_at.isoformat().encode())
    for file in files:
        digest.update(file.digest)
    return f"seal-{digest.hexdigest()[:16]}"


def _signed_properties(
    key: SealingKey, identifier: str, files: Sequence[SignedFile], properties: XadesProperties
) -> str:
    place, role = properties.place, properties.role
    return (
        f' Id="{identifier}-properties"><xades:SignedSignatureProperties>'
        f"<xades:SigningTime>{properties.signed_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</xades:SigningTime>"
        + _signing_certificate(key.certificate)
        + (place and f"<xades:SignatureProductionPlaceV2>{_text('City', place)}</xades:SignatureProductionPlaceV2>")
        + (
            role
            and "<xades:SignerRoleV2><xades:ClaimedRoles>"
            f"{_text('ClaimedRole', role)}</xades:ClaimedRoles></xades:SignerRoleV2>"
        )
        + "</xades:SignedSignatureProperties><xades:SignedDataObjectProperties>"
        + "".join(
            f'<xades:DataObjectFormat ObjectReference="#{identifier}-file-{number}">'
            f"{_text('MimeType', file.media_type)}</xades:DataObjectFormat>"
            for number, file in enumerate(files)
        )
        + "</xades:SignedDataObjectProperties></xades:SignedProperties>"
    )


@lru_cache(maxsize=256)
def _signing_certificate(certificate: bytes) -> str:
    parsed = x509.Certificate.load(certificate)
    issuer_serial = tsp.IssuerSerial(
        {"issuer": [x509.GeneralName("directory_name", parsed.issuer)], "serial_number": parsed.serial_number}
    )
    return (
        "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>"
        f"{_digest(hashlib.sha256(certificate).digest())}</xades:CertDigest>"
        f"{encoded('xades:IssuerSerialV2', issuer_serial.dump())}</xades:Cert></xades:SigningCertificateV2>"
    )


def material_values(material: ValidationMaterial) -> str:
    """CertificateValues and RevocationValues with everything in the material."""
    certificates = _all_encoded("xades:EncapsulatedX509Certificate", material.certificates)
    crls = _element("xades:CRLValues", _all_encoded("xades:EncapsulatedCRLValue", material.crls))
    ocsps = _element("xades:OCSPValues", _all_encoded("xades:EncapsulatedOCSPValue", material.ocsps))
    return _element("xades:CertificateValues", certificates) + _element("xades:RevocationValues", crls + ocsps)


def _element(tag: str, inside: str) -> str:
    """An element, or nothing when it would be empty, which readers stumble over."""
    return inside and f"<{tag}>{inside}</{tag}>"


def _digest(value: bytes) -> str:
    return f"{_SHA256}<ds:DigestValue>{_base64(value)}</ds:DigestValue>"


def _text(tag: str, text: str) -> str:
    return f"<xades:{tag}>{escape(text)}</xades:{tag}>"


def _all_encoded(tag: str, values: Iterable[bytes]) -> str:
    return "".join(encoded(tag, value) for value in values)


def encoded(tag: str, der: bytes) -> str:
    """An element whose text is DER in base64."""
    return f"<{tag}>{_base64(der)}</{tag}>"


def _base64(value: bytes) -> str:
    return b64encode(value).decode("ascii")
