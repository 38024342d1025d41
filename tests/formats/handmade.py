"""Containers and XAdES signatures put together by hand, in every way that the standards and attackers know."""

import hashlib
import io
import zipfile
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree

from tests.formats.pki import Entity, Pki, timestamp_token

ASIC_E = "application/vnd.etsi.asic-e+zip"
ASIC_S = "application/vnd.etsi.asic-s+zip"
DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
XADES_141 = "http://uri.etsi.org/01903/v1.4.1#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
DIGESTS = {
    "sha1": "http://www.w3.org/2000/09/xmldsig#sha1",
    "md5": "http://www.w3.org/2001/04/xmldsig-more#md5",
    "sha256": SHA256,
    "sha384": "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
}
EXCLUSIVES = {EXCLUSIVE: (True, False), f"{EXCLUSIVE}WithComments": (True, True)}


def container(files: Mapping[str, bytes], mimetype: str | None = ASIC_E) -> bytes:
    """A ZIP file with these parts, after its mimetype."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        if mimetype is not None:
            archive.writestr("mimetype", mimetype)
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def base64(value: bytes) -> str:
    return b64encode(value).decode()


def reference(
    name: str, content: bytes, *, digest: str = "sha256", uri: str | None = None, transforms: str = ""
) -> str:
    """A ds:Reference to a file; `transforms` is XML."""
    value = base64(hashlib.new(digest, content).digest())
    return (
        f'<ds:Reference URI="{quote(name) if uri is None else uri}">{transforms}'
        f'<ds:DigestMethod Algorithm="{DIGESTS[digest]}"/><ds:DigestValue>{value}</ds:DigestValue></ds:Reference>'
    )


def xades(
    pki: Pki,
    references: str,
    *,
    signer: Entity | None = None,
    method: str | None = None,
    canonicalization: str = EXCLUSIVE,
    digest: str = "sha256",
    policy: str = "",
    sign_properties: bool = True,
    with_properties: bool = True,
    timestamp: bool = True,
    material: bool = True,
    archive_over: tuple[bytes, ...] = (),
    inside: str = "",
    identifier: str = "S0",
    named: bytes | None = None,
) -> bytes:
    """A signature document over references (XML), at level B-LT unless told otherwise; signed by EC P-256."""
    entity = signer or pki.signer("ec-p256")
    rsa = not isinstance(entity.key, ec.EllipticCurvePrivateKey)
    algorithm = method or f"http://www.w3.org/2001/04/xmldsig-more#{'rsa' if rsa else 'ecdsa'}-{digest}"
    hashed = base64(hashlib.sha256(named or entity.der).digest())
    properties = (
        f'<xades:SignedProperties Id="{identifier}-P"><xades:SignedSignatureProperties>'
        f"<xades:SigningTime>{pki.now:%Y-%m-%dT%H:%M:%SZ}</xades:SigningTime>"
        f'<xades:SigningCertificateV2><xades:Cert><xades:CertDigest><ds:DigestMethod Algorithm="{SHA256}"/>'
        f"<ds:DigestValue>{hashed}</ds:DigestValue></xades:CertDigest></xades:Cert></xades:SigningCertificateV2>"
        f"{policy}</xades:SignedSignatureProperties></xades:SignedProperties>"
    )
    own = (
        f'<ds:Reference Type="http://uri.etsi.org/01903#SignedProperties" URI="#{identifier}-P"><ds:Transforms>'
        f'<ds:Transform Algorithm="{canonicalization}"/></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue>@</ds:DigestValue></ds:Reference>'
    )
    qualifying = (
        f'<xades:QualifyingProperties Target="#{identifier}">{properties}<xades:UnsignedProperties>'
        "<xades:UnsignedSignatureProperties/></xades:UnsignedProperties></xades:QualifyingProperties>"
    )
    root = etree.fromstring(
        f'<asic:XAdESSignatures xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="{DS}" xmlns:xades="{XADES}"'
        f' xmlns:xades141="{XADES_141}"><ds:Signature Id="{identifier}"><ds:SignedInfo>'
        f'<ds:CanonicalizationMethod Algorithm="{canonicalization}"/><ds:SignatureMethod Algorithm="{algorithm}"/>'
        f"{references}{own if sign_properties and with_properties else ''}</ds:SignedInfo>"
        f'<ds:SignatureValue Id="{identifier}-V"/><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{base64(entity.der)}'
        f"</ds:X509Certificate></ds:X509Data></ds:KeyInfo>{inside}<ds:Object>{qualifying if with_properties else ''}"
        "</ds:Object></ds:Signature></asic:XAdESSignatures>"
    )
    if sign_properties and with_properties:
        digested = hashlib.sha256(canonical(find(root, XADES, "SignedProperties"), canonicalization, comments=False))
        for value in root.iter(f"{{{DS}}}DigestValue"):
            if value.text == "@":
                value.text = base64(digested.digest())
    info = canonical(find(root, DS, "SignedInfo"), canonicalization)
    find(root, DS, "SignatureValue").text = base64(signature_value(entity, info, digest))
    if with_properties:
        _add_unsigned(pki, root, timestamp, material, archive_over)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _add_unsigned(pki: Pki, root, timestamp: bool, material: bool, archive_over: tuple[bytes, ...]) -> None:
    unsigned = find(root, XADES, "UnsignedSignatureProperties")
    if timestamp:
        over = canonical(find(root, DS, "SignatureValue"), C14N)
        _add_stamp(unsigned, XADES, "SignatureTimeStamp", pki.timestamp(hashlib.sha256(over).digest()))
    if material:
        known = pki.material("ec-p256")
        certificates = etree.SubElement(unsigned, f"{{{XADES}}}CertificateValues")
        _add_values(certificates, "EncapsulatedX509Certificate", known.certificates)
        values = etree.SubElement(unsigned, f"{{{XADES}}}RevocationValues")
        _add_values(etree.SubElement(values, f"{{{XADES}}}CRLValues"), "EncapsulatedCRLValue", known.crls)
        _add_values(etree.SubElement(values, f"{{{XADES}}}OCSPValues"), "EncapsulatedOCSPValue", known.ocsps)
    if archive_over:
        properties = canonical(find(root, XADES, "SignedProperties"), EXCLUSIVE)
        own = [canonical(find(root, DS, name), C14N) for name in ("SignedInfo", "SignatureValue", "KeyInfo")]
        before = [canonical(each, C14N) for each in unsigned]
        imprint = hashlib.sha256(b"".join([*archive_over, properties, *own, *before])).digest()
        _add_stamp(unsigned, XADES_141, "ArchiveTimeStamp", timestamp_token(pki.authority, imprint, pki.now))


def _add_values(parent, name: str, values: tuple[bytes, ...]) -> None:
    for value in values:
        etree.SubElement(parent, f"{{{XADES}}}{name}").text = base64(value)


def _add_stamp(parent, namespace: str, name: str, token: bytes) -> None:
    stamp = etree.SubElement(parent, f"{{{namespace}}}{name}")
    etree.SubElement(stamp, f"{{{DS}}}CanonicalizationMethod", Algorithm=C14N)
    etree.SubElement(stamp, f"{{{XADES}}}EncapsulatedTimeStamp").text = base64(token)


def find(root, namespace: str, name: str):
    return next(root.iter(f"{{{namespace}}}{name}"))


def canonical(element, algorithm: str, *, comments: bool = True) -> bytes:
    """By the same library, which is what xmlsec and the gate's tests say is right."""
    exclusive, kept = EXCLUSIVES.get(algorithm, (False, algorithm.endswith("WithComments")))
    return etree.tostring(element, method="c14n", exclusive=exclusive, with_comments=kept and comments)


def signature_value(entity: Entity, message: bytes, digest: str) -> bytes:
    hashed = getattr(hashes, digest.upper())()
    if isinstance(entity.key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(entity.key.sign(message, ec.ECDSA(hashed)))
        size = (entity.key.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    return entity.key.sign(message, padding.PKCS1v15(), hashed)
