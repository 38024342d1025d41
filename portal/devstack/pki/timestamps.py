"""A timestamp authority (RFC 3161, RFC 5816): everything but time, serial number, imprint and nonce is encoded once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from enum import IntEnum

from asn1crypto import tsp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from portal.devstack.pki.der import (
    BIT_STRING,
    GENERALIZED_TIME,
    NULL,
    OCTET_STRING,
    SEQUENCE,
    SET,
    UTC_TIME,
    explicit,
    integer,
    oid,
    tlv,
)
from portal.devstack.pki.hierarchy import Entity, PrivateKey

POLICY = "1.3.6.1.4.1.32473.1.1"  # under the arc that RFC 5612 sets aside for documentation
DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}
SIGNED_DATA, TST_INFO = oid("1.2.840.113549.1.7.2"), oid("1.2.840.113549.1.9.16.1.4")
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = (oid(f"1.2.840.113549.1.9.{number}") for number in (3, 4, 5))
SIGNING_CERTIFICATE_V2 = oid("1.2.840.113549.1.9.16.2.47")
SHA256 = tlv(SEQUENCE, oid("2.16.840.1.101.3.4.2.1"))
RSA_WITH_SHA256 = tlv(SEQUENCE, oid("1.2.840.113549.1.1.11"), NULL)
ECDSA_WITH_SHA256 = tlv(SEQUENCE, oid("1.2.840.10045.4.3.2"))
GRANTED, REJECTION = tlv(SEQUENCE, integer(0)), 2
ACCURACY_ONE_SECOND = tlv(SEQUENCE, integer(1))


class MalformedRequest(Exception):
    """Not a timestamp request at all."""


class Failure(IntEnum):
    """Bits of PKIFailureInfo (RFC 3161, 2.4.2)."""

    BAD_ALGORITHM = 0
    BAD_REQUEST = 2
    BAD_DATA_FORMAT = 5
    UNACCEPTED_POLICY = 15
    UNACCEPTED_EXTENSION = 16


class TimestampAuthority:
    """Answers requests with tokens signed by one key."""

    def __init__(self, entity: Entity, issuer: Entity) -> None:
        certificate, self._key = entity.certificate, entity.key
        self._certificates = explicit(0, *sorted((entity.der, issuer.der)))
        self._name = explicit(0, explicit(4, certificate.subject.public_bytes()))
        self._signer = tlv(SEQUENCE, certificate.issuer.public_bytes(), integer(certificate.serial_number))
        binding = tlv(SEQUENCE, tlv(SEQUENCE, tlv(SEQUENCE, tlv(OCTET_STRING, hashlib.sha256(entity.der).digest()))))
        self._constant_attributes = (
            tlv(SEQUENCE, CONTENT_TYPE, tlv(SET, TST_INFO)),
            tlv(SEQUENCE, SIGNING_CERTIFICATE_V2, tlv(SET, binding)),
        )
        self._algorithm = RSA_WITH_SHA256 if isinstance(self._key, rsa.RSAPrivateKey) else ECDSA_WITH_SHA256

    def answer(self, request: bytes, *, now: datetime) -> bytes:
        """A TimeStampResp in DER, granted or rejected. Raises MalformedRequest for what is no request."""
        asked = _parse(request)
        failure = _failure(asked)
        return tlv(SEQUENCE, GRANTED, self._token(asked, now)) if failure is None else _rejection(failure)

    def _token(self, asked: tsp.TimeStampReq, now: datetime) -> bytes:
        info = tlv(
            SEQUENCE,
            integer(1),
            oid(POLICY),
            asked["message_imprint"].dump(),
            integer(secrets.randbits(127) | 1 << 127),  # unique across restarts without keeping a counter
            tlv(GENERALIZED_TIME, now.strftime("%Y%m%d%H%M%SZ").encode()),
            ACCURACY_ONE_SECOND,
            asked["nonce"].dump() if asked["nonce"].native is not None else b"",
            self._name,
        )
        attributes = b"".join(
            sorted(
                (
                    *self._constant_attributes,
                    tlv(SEQUENCE, MESSAGE_DIGEST, tlv(SET, tlv(OCTET_STRING, hashlib.sha256(info).digest()))),
                    tlv(
                        SEQUENCE,
                        SIGNING_TIME,
                        tlv(SET, tlv(UTC_TIME, now.strftime("%y%m%d%H%M%SZ").encode())),
                    ),
                )
            )
        )
        signature = tlv(OCTET_STRING, _sign(self._key, tlv(SET, attributes)))
        signer_info = tlv(
            SEQUENCE, integer(1), self._signer, SHA256, explicit(0, attributes), self._algorithm, signature
        )
        content = tlv(SEQUENCE, TST_INFO, explicit(0, tlv(OCTET_STRING, info)))
        certificates = self._certificates if asked["cert_req"].native else b""
        signed = tlv(SEQUENCE, integer(3), tlv(SET, SHA256), content, certificates, tlv(SET, signer_info))
        return tlv(SEQUENCE, SIGNED_DATA, explicit(0, signed))


def _parse(request: bytes) -> tsp.TimeStampReq:
    try:
        asked = tsp.TimeStampReq.load(request, strict=True)
        _ = asked.native  # asn1crypto parses lazily: this makes it read everything now
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise MalformedRequest(str(error)) from error
    return asked


def _failure(asked: tsp.TimeStampReq) -> Failure | None:
    """Why a well-formed request is not acceptable, or None."""
    imprint = asked["message_imprint"]
    digest_bytes = DIGEST_BYTES.get(imprint["hash_algorithm"]["algorithm"].native)
    if asked["version"].native != "v1":
        return Failure.BAD_REQUEST
    if digest_bytes is None:
        return Failure.BAD_ALGORITHM
    if len(imprint["hashed_message"].native) != digest_bytes:
        return Failure.BAD_DATA_FORMAT
    if asked["req_policy"].native not in {None, POLICY}:
        return Failure.UNACCEPTED_POLICY
    return Failure.UNACCEPTED_EXTENSION if asked["extensions"].native else None


def _rejection(failure: Failure) -> bytes:
    bits = (0x80 >> failure % 8).to_bytes(failure // 8 + 1)
    info = tlv(BIT_STRING, bytes([7 - failure % 8]), bits)
    return tlv(SEQUENCE, tlv(SEQUENCE, integer(REJECTION), info))


def _sign(key: PrivateKey, message: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(message, ec.ECDSA(hashes.SHA256()))
