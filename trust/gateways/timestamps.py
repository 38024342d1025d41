"""Timestamps by RFC 3161: ask over HTTP and take the answer apart.

Nothing is believed here: `trust.rules.timestamp_answers.fault` decides on the facts read by this module.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from asn1crypto import algos, cms, core, tsp, x509
from cryptography.exceptions import InvalidSignature
from pyhanko_certvalidator.sig_validate import DEFAULT_SIGNATURE_VALIDATOR, SignatureValidationContext

from trust.gateways.chains import NotTrusted, trusted_path
from trust.gateways.http import Reply, exchange
from trust.gateways.process_cache import ProcessCache
from trust.rules.timestamp_answers import TimestampAnswer, TokenFacts

LIMIT_BYTES = 64 * 1024
_DIGESTS = {"sha256", "sha384", "sha512"}
# What asn1crypto raises on input that is not what it claims to be.
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)
_REQUEST_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


def read_token(token: bytes, *, live: bool) -> TokenFacts | None:
    """What a kept TimeStampToken (DER) says and proves; None for what is none."""
    try:
        return _Token(cms.ContentInfo.load(token, strict=True)).facts(live=live)
    except _UNREADABLE:
        return None


class _TimeStampResp(core.Sequence):
    """RFC 3161, 2.4.2. A rejection has no token, which asn1crypto's own structure does not allow."""

    _fields = [("status", tsp.PKIStatusInfo), ("time_stamp_token", cms.ContentInfo, {"optional": True})]


@dataclass(frozen=True, slots=True)
class ReceivedAnswer:
    """An answer taken apart. `token` is the TimeStampToken (a CMS ContentInfo), `signer` and `others` the
    certificates in it, all DER and empty when there is no token; `elapsed` is how long the exchange took."""

    answer: TimestampAnswer
    token: bytes
    signer: bytes
    others: tuple[bytes, ...]
    elapsed: timedelta


def ask(
    url: str, *, imprint: bytes, nonce: int, live: bool, credentials: Sequence[tuple[str, str]] = ()
) -> ReceivedAnswer:
    """Ask one authority for a timestamp over a SHA-256 imprint, with its certificates in the answer.

    `credentials` are headers of its own. The chain is looked up among the live or test anchors. Raises http.NoReply.
    """
    headers = {**_REQUEST_HEADERS, **dict(credentials)}
    reply = exchange("POST", url, limit_bytes=LIMIT_BYTES, body=request(imprint, nonce), headers=headers)
    return take_apart(reply, live=live)


def request(imprint: bytes, nonce: int) -> bytes:
    """A TimeStampReq (RFC 3161, 2.4.1)."""
    algorithm = algos.DigestAlgorithm({"algorithm": "sha256"})
    message = tsp.MessageImprint({"hash_algorithm": algorithm, "hashed_message": imprint})
    return bytes(tsp.TimeStampReq({"version": 1, "message_imprint": message, "nonce": nonce, "cert_req": True}).dump())


def take_apart(reply: Reply, *, live: bool) -> ReceivedAnswer:
    """Read a reply of any content; what cannot be read is absent from the answer."""
    try:
        response = _TimeStampResp.load(reply.body, strict=True)
        status = response["status"]["status"].native
    except _UNREADABLE:
        return _without_token(reply, status=None)
    try:
        # Bytes are taken before anything inside is looked at: asn1crypto encodes what was looked at anew, slowly.
        der = bytes(response["time_stamp_token"].dump())
        token = _Token(response["time_stamp_token"])
        facts, certificates = token.facts(live=live), token.certificates
    except _UNREADABLE:
        return _without_token(reply, status=status)
    answer = TimestampAnswer(reply.status, reply.content_type, status, facts)
    others = tuple(der for der in certificates if der != token.signer.der)
    return ReceivedAnswer(answer, der, token.signer.der, others, reply.elapsed)


def _without_token(reply: Reply, *, status: str | None) -> ReceivedAnswer:
    answer = TimestampAnswer(reply.status, reply.content_type, status, None)
    return ReceivedAnswer(answer, b"", b"", (), reply.elapsed)


@dataclass(frozen=True, slots=True)
class _Signer:
    """A signer's certificate with what does not change between its tokens."""

    der: bytes
    certificate: Any
    only_timestamps: bool


class _Token:
    """A TimeStampToken: CMS SignedData (RFC 5652) over a TSTInfo, with exactly one signer (RFC 3161, 2.4.2)."""

    def __init__(self, content: Any) -> None:
        if content["content_type"].native != "signed_data":
            raise ValueError("not signed")
        signed = content["content"]
        encapsulated = signed["encap_content_info"]
        if encapsulated["content_type"].native != "tst_info" or len(signed["signer_infos"]) != 1:
            raise ValueError("not a timestamp token")
        self.content = bytes(encapsulated["content"])
        self.info = encapsulated["content"].parsed
        self.signer_info = signed["signer_infos"][0]
        self.certificates: list[bytes] = [bytes(choice.chosen.dump()) for choice in signed["certificates"]]
        self.signer = self._find_signer()
        self.signed_attributes: bytes = self.signer_info["signed_attrs"].dump()
        self.attributes: dict[str, Any] = {
            attribute["type"].native: attribute["values"] for attribute in self.signer_info["signed_attrs"]
        }

    def facts(self, *, live: bool) -> TokenFacts:
        imprint = self.info["message_imprint"]
        generated_at = self.info["gen_time"].native
        try:
            trusted_path(self.signer.der, self.certificates, live=live, moment=generated_at)
            trusted = True
        except NotTrusted:
            trusted = False
        return TokenFacts(
            nonce=self.info["nonce"].native,
            imprint_algorithm=imprint["hash_algorithm"]["algorithm"].native,
            imprint=imprint["hashed_message"].native,
            policy=self.info["policy"].dotted,
            serial=self.info["serial_number"].native,
            generated_at=generated_at,
            signed=self._signed(),
            digest_matches=self._digest_matches(),
            signer_named=self._signer_named(),
            only_timestamps=self.signer.only_timestamps,
            trusted=trusted,
        )

    def _find_signer(self) -> _Signer:
        sid = self.signer_info["sid"].chosen
        for der in self.certificates:
            signer = _signers.get(der)
            if signer is None:
                certificate = x509.Certificate.load(der, strict=True)
                signer = _Signer(der, certificate, _only_timestamps(certificate))
            if _identifies(sid, signer.certificate):
                _signers.put(der, signer)
                return signer
        raise ValueError("the signer's certificate is missing")

    def _signed(self) -> bool:
        # Signed is the DER of the attributes with the tag of SET OF instead of [0] (RFC 5652, 5.4).
        attributes = b"\x31" + self.signed_attributes[1:]
        digest = self.signer_info["digest_algorithm"]["algorithm"].native
        try:
            DEFAULT_SIGNATURE_VALIDATOR.validate_signature(
                self.signer_info["signature"].native,
                attributes,
                self.signer.certificate.public_key,
                self.signer_info["signature_algorithm"],
                SignatureValidationContext(contextual_md_algorithm=digest),
            )
        except (InvalidSignature, NotImplementedError, AssertionError):
            # The library's own words for a signature that does not hold, an algorithm it does not know, and a key of
            # another kind than the algorithm's: each is an answer that proves nothing.
            return False
        return True

    def _digest_matches(self) -> bool:
        algorithm = self.signer_info["digest_algorithm"]["algorithm"].native
        stated = self.attributes["message_digest"].native
        content_type = self.attributes["content_type"].native
        return algorithm in _DIGESTS and stated == [_digest(algorithm, self.content)] and content_type == ["tst_info"]

    def _signer_named(self) -> bool:
        """RFC 5816, 2.2.1, or the older RFC 3161, 2.4.2; the first identifier names the signer (RFC 5035, 5.4.1)."""
        if "signing_certificate_v2" in self.attributes:
            name = self.attributes["signing_certificate_v2"][0]["certs"][0]
            algorithm = name["hash_algorithm"]["algorithm"].native
            return algorithm in _DIGESTS and name["cert_hash"].native == _digest(algorithm, self.signer.der)
        if "signing_certificate" not in self.attributes:
            return False
        name = self.attributes["signing_certificate"][0]["certs"][0]
        return bool(name["cert_hash"].native == _digest("sha1", self.signer.der))


def _digest(algorithm: str, content: bytes) -> bytes:
    return hashlib.new(algorithm, content, usedforsecurity=algorithm != "sha1").digest()


def _only_timestamps(certificate: Any) -> bool:
    usage = certificate.extended_key_usage_value
    return (
        usage is not None
        and usage.native == ["time_stamping"]
        and "extended_key_usage" in certificate.critical_extensions
    )


def _identifies(sid: Any, certificate: Any) -> bool:
    if isinstance(sid, cms.IssuerAndSerialNumber):
        same_issuer = sid["issuer"].dump() == certificate.issuer.dump()
        return bool(same_issuer and sid["serial_number"].native == certificate.serial_number)
    return bool(sid.native == certificate.key_identifier)


_signers: ProcessCache[_Signer] = ProcessCache()
