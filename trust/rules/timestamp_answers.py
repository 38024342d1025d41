"""Whether a timestamp authority's answer may be believed (RFC 3161, 2.2, 2.4; ETSI EN 319 422)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

CONTENT_TYPE = "application/timestamp-reply"
CLOCK_TOLERANCE = timedelta(seconds=5)
LONGEST_SERIAL_BITS = 160  # RFC 3161, 2.4.2


class TimestampFault(StrEnum):
    """Why an answer was refused, or why there was none."""

    NO_REPLY = "no_reply"
    HTTP_STATUS = "http_status"
    CONTENT_TYPE = "content_type"
    MALFORMED = "malformed"
    REJECTED = "rejected"
    CHANGED_BY_AUTHORITY = "granted_with_mods"
    NONCE = "nonce"
    IMPRINT_ALGORITHM = "imprint_algorithm"
    IMPRINT = "imprint"
    POLICY = "policy"
    SERIAL_TOO_LONG = "serial_too_long"
    SIGNATURE = "signature"
    CONTENT_DIGEST = "content_digest"
    SIGNING_CERTIFICATE = "signing_certificate"
    PURPOSE = "purpose"
    UNTRUSTED = "untrusted"
    TIME = "time"
    SERIAL_SEEN = "serial_seen"
    CERTIFICATE_REVOKED = "certificate_revoked"
    REVOCATION_UNKNOWN = "revocation_unknown"
    QUOTA_USED_UP = "quota_used_up"


# The authority was away, busy or said an honest no; everything else is an answer that must not be given.
HONEST = frozenset(
    {TimestampFault.NO_REPLY, TimestampFault.HTTP_STATUS, TimestampFault.REJECTED, TimestampFault.REVOCATION_UNKNOWN}
)


@dataclass(frozen=True, slots=True)
class TimestampAsked:
    """What was asked: SHA-256 imprint, nonce, allowed policies (dotted; none allows all), and between which
    moments of our clock the answer was made."""

    imprint: bytes
    nonce: int
    policies: frozenset[str]
    asked_at: datetime
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What a timestamp token says, and what its cryptography proves.

    `signed`: the CMS signature verifies with the signer's certificate. `digest_matches`: the message-digest attribute
    is the digest of the TSTInfo. `signer_named`: the ESS signing-certificate attribute names exactly that
    certificate. `only_timestamps`: its extended key usage is critical and time-stamping alone (RFC 3161, 2.3).
    `trusted`: it chains to an anchor at `generated_at`.
    """

    nonce: int | None
    imprint_algorithm: str
    imprint: bytes
    policy: str
    serial: int
    generated_at: datetime
    signed: bool
    digest_matches: bool
    signer_named: bool
    only_timestamps: bool
    trusted: bool


@dataclass(frozen=True, slots=True)
class TimestampAnswer:
    """An HTTP reply as understood. `status` is the PKIStatus name, None when the body is no TimeStampResp; `token` is
    None when there is none or it cannot be read."""

    http_status: int
    content_type: str
    status: str | None
    token: TokenFacts | None


def fault(asked: TimestampAsked, answer: TimestampAnswer) -> TimestampFault | None:
    """The first thing wrong with an answer, from the envelope inwards, or None when it may be believed."""
    if answer.http_status != 200:
        return TimestampFault.HTTP_STATUS
    if answer.content_type.split(";")[0].strip().lower() != CONTENT_TYPE:
        return TimestampFault.CONTENT_TYPE
    if answer.status is None:
        return TimestampFault.MALFORMED
    if answer.status == "granted_with_mods":
        return TimestampFault.CHANGED_BY_AUTHORITY
    if answer.status != "granted":
        return TimestampFault.REJECTED
    return TimestampFault.MALFORMED if answer.token is None else _token_fault(asked, answer.token)


def _token_fault(asked: TimestampAsked, token: TokenFacts) -> TimestampFault | None:
    earliest, latest = asked.asked_at - CLOCK_TOLERANCE, asked.answered_at + CLOCK_TOLERANCE
    proofs = (
        (token.nonce == asked.nonce, TimestampFault.NONCE),
        (token.imprint_algorithm == "sha256", TimestampFault.IMPRINT_ALGORITHM),
        (token.imprint == asked.imprint, TimestampFault.IMPRINT),
        (not asked.policies or token.policy in asked.policies, TimestampFault.POLICY),
        (token.serial.bit_length() <= LONGEST_SERIAL_BITS, TimestampFault.SERIAL_TOO_LONG),
        (token.signed, TimestampFault.SIGNATURE),
        (token.digest_matches, TimestampFault.CONTENT_DIGEST),
        (token.signer_named, TimestampFault.SIGNING_CERTIFICATE),
        (token.only_timestamps, TimestampFault.PURPOSE),
        (token.trusted, TimestampFault.UNTRUSTED),
        (earliest <= token.generated_at <= latest, TimestampFault.TIME),
    )
    return next((found for holds, found in proofs if not holds), None)
