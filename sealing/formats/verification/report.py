"""The findings as a validation report by ETSI TS 119 102-2 (namespace of version 1.2.1).

The report is not signed. It tells no signature quality: no trusted list is known here, and what a certificate claims
about itself is none. Whether something is qualified, the other representations of a verification tell.
"""

import base64
import re
from datetime import datetime
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from .findings import SignatureFinding, Verification
from .words import ANSWERS, PASSED

REPORT: Final = "http://uri.etsi.org/19102/v1.2.1#"
SIGNATURE: Final = "http://www.w3.org/2000/09/xmldsig#"
DIGESTS: Final = {
    "sha1": "http://www.w3.org/2000/09/xmldsig#sha1",
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha384": "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
    "sha3_256": "http://www.w3.org/2007/05/xmldsig-more#sha3-256",
    "sha3_384": "http://www.w3.org/2007/05/xmldsig-more#sha3-384",
    "sha3_512": "http://www.w3.org/2007/05/xmldsig-more#sha3-512",
}
SUB_INDICATIONS_OF_OURS: Final = {"NO_SIGNATURE_FOUND"}
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def etsi_report(found: Verification, *, verified_at: datetime) -> bytes:
    """A ValidationReport with one SignatureValidationReport for each signature, or one for a file without any."""
    for prefix, namespace in (("vr", REPORT), ("ds", SIGNATURE)):
        ElementTree.register_namespace(prefix, namespace)
    root = Element(f"{{{REPORT}}}ValidationReport")
    for signature in found.signatures:
        _signature(root, signature, verified_at)
    if not found.signatures:
        _status(_child(root, "SignatureValidationReport"), found.code)
    certificates = {each.signer.fingerprint: each.certificate for each in found.signatures if each.signer}
    if certificates:
        objects = _child(root, "SignatureValidationObjects")
        for fingerprint, certificate in certificates.items():
            _certificate(objects, fingerprint, certificate)
    report: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return report


def _signature(root: Element, found: SignatureFinding, verified_at: datetime) -> None:
    report = _child(root, "SignatureValidationReport")
    if found.signature_value:
        identifier = _child(report, "SignatureIdentifier")
        _text(identifier, "SignatureValue", _base64(found.signature_value), SIGNATURE)
        _child(identifier, "HashOnly", "false")
        _child(identifier, "DocHashOnly", "false")
        _child(identifier, "DAIdentifier", found.field_name)
    times = _child(report, "ValidationTimeInfo")
    _child(times, "ValidationTime", _moment(verified_at))
    best = _child(times, "BestSignatureTime")
    _child(best, "POETime", _moment(found.proven_at or verified_at))
    _child(best, "TypeOfProof", "urn:etsi:019102:poetype:validation")
    if found.signed_digest and found.digest_algorithm in DIGESTS:
        digest = _child(_child(report, "SignersDocument"), "DigestAlgAndValue")
        SubElement(digest, f"{{{SIGNATURE}}}DigestMethod", Algorithm=DIGESTS[found.digest_algorithm])
        _text(digest, "DigestValue", _base64(bytes.fromhex(found.signed_digest)), SIGNATURE)
    _attributes(report, found)
    if found.signer:
        signer = _child(report, "SignerInformation")
        _child(signer, "SignerCertificate").set("VOReference", _identifier(found.signer.fingerprint))
        _child(signer, "Signer", found.signer.subject)
    process = _child(report, "SignatureValidationProcess")
    _child(process, "SignatureValidationProcessID", "urn:etsi:019102:validationprocess:LTA")
    _status(report, found.code)


def _attributes(report: Element, found: SignatureFinding) -> None:
    if not found.claimed_at and not found.timestamp:
        return
    attributes = _child(report, "SignatureAttributes")
    if found.claimed_at and found.kind == "signature":
        _child(_child(attributes, "SigningTime"), "Time", _moment(found.claimed_at))
    if found.timestamp:
        _child(_child(attributes, "SignatureTimeStamp"), "TimeStampValue", _moment(found.timestamp.at))
    if found.claimed_at and found.kind == "timestamp":
        _child(_child(attributes, "DocTimeStamp"), "TimeStampValue", _moment(found.claimed_at))


def _status(report: Element, code: str) -> None:
    answer = ANSWERS[code]
    status = _child(report, "SignatureValidationStatus")
    _child(status, "MainIndication", f"urn:etsi:019102:mainindication:{answer.indication.lower()}")
    if answer.indication != PASSED and answer.sub_indication not in SUB_INDICATIONS_OF_OURS:
        _child(status, "SubIndication", f"urn:etsi:019102:subindication:{answer.sub_indication}")


def _certificate(objects: Element, fingerprint: str, certificate: bytes) -> None:
    element = _child(objects, "ValidationObject")
    element.set("id", _identifier(fingerprint))
    _child(element, "ObjectType", "urn:etsi:019102:validationObject:certificate")
    representation = _child(element, "ValidationObjectRepresentation")
    _text(representation, "base64", _base64(certificate), REPORT)


def _identifier(fingerprint: str) -> str:
    return f"certificate-{fingerprint}"


def _child(parent: Element, name: str, text: str | None = None) -> Element:
    return _text(parent, name, text, REPORT)


def _text(parent: Element, name: str, text: str | None, namespace: str) -> Element:
    element = SubElement(parent, f"{{{namespace}}}{name}")
    if text is not None:
        element.text = _FORBIDDEN.sub("\ufffd", text)
    return element


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
