"""Certificate requests (PKCS#10, RFC 2986) signed by a key in the HSM."""

from __future__ import annotations

from hashlib import sha256

from asn1crypto import algos, csr, keys, pem, x509

from trust.gateways import hsm
from trust.rules.certificates import SealSubject


def build_request(subject: SealSubject, *, key_label: str, key_algorithm: str, public_key: bytes) -> str:
    """A PEM certificate request for the key with this label, which must exist. Raises hsm.HsmUnavailable."""
    info = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": _name(subject),
            "subject_pk_info": keys.PublicKeyInfo.load(public_key),
            "attributes": [],
        }
    )
    signature_algorithm = "sha256_ecdsa" if key_algorithm in hsm.EC_CURVES else "sha256_rsa"
    request = csr.CertificationRequest(
        {
            "certification_request_info": info,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": signature_algorithm}),
            "signature": hsm.sign(key_label, key_algorithm, info.dump()),
        }
    )
    return str(pem.armor("CERTIFICATE REQUEST", request.dump()).decode("ascii"))


def _name(subject: SealSubject) -> x509.Name:
    attributes = {
        "country_name": subject.country,
        "organization_name": subject.organization,
        "organization_identifier": subject.organization_identifier,
        "common_name": subject.common_name,
    }
    return x509.Name.build(attributes)


def requested_key(request_pem: str) -> bytes:
    """The SubjectPublicKeyInfo (DER) that a request made here is for."""
    _label, _headers, der = pem.unarmor(request_pem.encode("ascii"))
    request = csr.CertificationRequest.load(der)
    return bytes(request["certification_request_info"]["subject_pk_info"].dump())


def request_digest(request_pem: str) -> str:
    """The SHA-256 of a request's DER, in hexadecimal."""
    _label, _headers, der = pem.unarmor(request_pem.encode("ascii"))
    return sha256(der).hexdigest()
