"""Asks one timestamp authority, judges its answer and remembers how it behaved."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F

from trust.actions.collect_evidence import RevocationUnknown, collect_evidence
from trust.gateways import timestamps
from trust.gateways.chains import NotTrusted
from trust.gateways.http import NoReply
from trust.gateways.revocation import Revoked
from trust.gateways.timestamps import ReceivedAnswer
from trust.models import TimestampAuthority
from trust.rules.authorities import Authority, rest_after_failure
from trust.rules.evidence import CertificateEvidence
from trust.rules.timestamp_answers import HONEST, TimestampAsked, TimestampFault, TokenFacts, fault

# A success is written down this often at most, so that a busy authority's row does not become a bottleneck.
_SUCCESS_NOTED_EVERY = timedelta(seconds=10)
# One statement of its own, which says by its row count whether the serial is new.
_ACCEPT = """
    INSERT INTO trust_timestampissued (authority_id, serial, generated_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """An accepted timestamp: `token` is the DER of the TimeStampToken (CMS ContentInfo), `authority` the name of who
    issued it, `serial` hexadecimal, `time` its genTime, `policy` dotted, `imprint` the SHA-256 that it covers,
    `evidence` proves its signer's chain."""

    token: bytes
    authority: str
    serial: str
    time: datetime
    policy: str
    imprint: bytes
    evidence: CertificateEvidence


class TimestampRefused(Exception):
    """The authority gave no timestamp that may be believed. `elapsed`: how long that took."""

    def __init__(self, found: TimestampFault, detail: str, elapsed: timedelta) -> None:
        super().__init__(f"{found}: {detail}" if detail else str(found))
        self.fault = found
        self.elapsed = elapsed


def ask_authority(*, authority: Authority, imprint: bytes, live: bool, now: datetime) -> Timestamp:
    """A timestamp over a SHA-256 imprint by this authority, checked in full (`rules.timestamp_answers`).

    `now` is the database's time. The outcome moves the authority's circuit breaker. Raises TimestampRefused.
    """
    try:
        timestamp, signer = _ask(authority, imprint, live, now)
    except TimestampRefused as refused:
        _note_failure(authority, refused, now)
        raise
    _note_success(authority, signer, now)
    return timestamp


def _ask(authority: Authority, imprint: bytes, live: bool, now: datetime) -> tuple[Timestamp, ReceivedAnswer]:
    nonce = secrets.randbits(64)
    try:
        received = timestamps.ask(authority.url, imprint=imprint, nonce=nonce, live=live)
    except NoReply as error:
        raise TimestampRefused(TimestampFault.NO_REPLY, str(error), error.elapsed) from error
    asked = TimestampAsked(imprint, nonce, frozenset(settings.TSA_POLICIES), now, now + received.elapsed)
    if found := fault(asked, received.answer):
        raise TimestampRefused(found, "", received.elapsed)
    evidence = _evidence(received, live, now)
    token = received.answer.token
    assert token is not None  # noqa: S101 - without a token `fault` has found one
    _accept(authority, token, received.elapsed)
    timestamp = Timestamp(
        token=received.token,
        authority=authority.name,
        serial=f"{token.serial:x}",
        time=token.generated_at,
        policy=token.policy,
        imprint=imprint,
        evidence=evidence,
    )
    return timestamp, received


def _evidence(received: ReceivedAnswer, live: bool, now: datetime) -> CertificateEvidence:
    try:
        return collect_evidence(certificate=received.signer, others=received.others, live=live, now=now)
    except NotTrusted as error:
        raise TimestampRefused(TimestampFault.UNTRUSTED, str(error), received.elapsed) from error
    except Revoked as error:
        raise TimestampRefused(TimestampFault.CERTIFICATE_REVOKED, str(error), received.elapsed) from error
    except RevocationUnknown as error:
        raise TimestampRefused(TimestampFault.REVOCATION_UNKNOWN, str(error.detail), received.elapsed) from error


def _accept(authority: Authority, token: TokenFacts, elapsed: timedelta) -> None:
    """The serial's row is the proof that it was never seen: a replayed token finds it there."""
    with connection.cursor() as cursor:
        cursor.execute(_ACCEPT, [authority.id, f"{token.serial:x}", token.generated_at])
        if cursor.rowcount != 1:
            raise TimestampRefused(TimestampFault.SERIAL_SEEN, f"{token.serial:x}", elapsed)


def _note_failure(authority: Authority, refused: TimestampRefused, now: datetime) -> None:
    rest_until = rest_after_failure(authority.failures + 1, lied=refused.fault not in HONEST, now=now)
    TimestampAuthority.objects.filter(id=authority.id).update(
        failures=F("failures") + 1, rest_until=rest_until, last_error=str(refused)[:200], last_error_at=now
    )


def _note_success(authority: Authority, received: ReceivedAnswer, now: datetime) -> None:
    if not authority.failures and authority.last_ok_at and authority.last_ok_at > now - _SUCCESS_NOTED_EVERY:
        return
    TimestampAuthority.objects.filter(id=authority.id).update(
        failures=0, rest_until=None, last_ok_at=now, signer=received.signer, signer_chain=list(received.others)
    )
