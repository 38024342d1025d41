"""Asks one timestamp authority, judges its answer and remembers how it behaved."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from kernel.clock import legal_date
from trust.actions.collect_evidence import RevocationUnknown, collect_evidence
from trust.gateways import timestamps
from trust.gateways.chains import NotTrusted
from trust.gateways.http import NoReply
from trust.gateways.revocation import Revoked
from trust.gateways.timestamps import ReceivedAnswer
from trust.models import TimestampAuthority
from trust.rules.authorities import Authority, rest_after_failure
from trust.rules.evidence import CertificateEvidence
from trust.rules.latency import BOUNDS_MS, step
from trust.rules.pool import quota_window
from trust.rules.timestamp_answers import HONEST, TimestampAsked, TimestampFault, TokenFacts, fault

# A success is written down this often at most, so that a busy authority's row does not become a bottleneck.
_SUCCESS_NOTED_EVERY = timedelta(seconds=10)
_COUNT = """
    ON CONFLICT (authority_id, "on", lane) DO UPDATE SET issued = trust_timestampday.issued + EXCLUDED.issued,
        failed = trust_timestampday.failed + EXCLUDED.failed, stood_in = trust_timestampday.stood_in + EXCLUDED.stood_in
"""
_DAY = 'INSERT INTO trust_timestampday (authority_id, "on", lane, issued, failed, stood_in, latencies)'
# One statement of its own, which says by its row count whether the serial is new; only then it is counted.
_ACCEPT = f"""
    WITH accepted AS (INSERT INTO trust_timestampissued (authority_id, serial, generated_at)
        VALUES (%(authority)s, %(serial)s, %(generated_at)s) ON CONFLICT DO NOTHING RETURNING 1)
    {_DAY} SELECT %(authority)s, %(on)s, %(lane)s, 1, 0, %(stood_in)s, %(latencies)s FROM accepted
    {_COUNT}, latencies[%(step)s] = trust_timestampday.latencies[%(step)s] + 1
"""
_FAILED = f"{_DAY} VALUES (%(authority)s, %(on)s, %(lane)s, 0, 1, 0, %(latencies)s) {_COUNT}"
# Counted before the request is sent, and never beyond the quota, however many workers ask.
_RESERVE = """
    UPDATE trust_timestampauthority SET window_starts_at = %(window)s,
           window_used = CASE WHEN window_starts_at = %(window)s THEN window_used + 1 ELSE 1 END
     WHERE id = %(authority)s AND (window_starts_at IS DISTINCT FROM %(window)s OR window_used < %(quota)s)
"""
# Rows a day and authority, so that workers that count at the same time seldom meet.
_LANES = 8


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


def ask_authority(
    *, authority: Authority, imprint: bytes, live: bool, now: datetime, stood_in: bool = False
) -> Timestamp:
    """A timestamp over a SHA-256 imprint by this authority, checked in full (`rules.timestamp_answers`).

    `now` is the database's time. The outcome moves the authority's circuit breaker and is counted; `stood_in`: another
    should have been asked. One whose quota is used up is not asked. Raises TimestampRefused.
    """
    _reserve(authority, now)
    try:
        timestamp, signer = _ask(authority, imprint, live, now, stood_in)
    except TimestampRefused as refused:
        _note_failure(authority, refused, now)
        raise
    _note_success(authority, signer, now)
    return timestamp


def _reserve(authority: Authority, now: datetime) -> None:
    if authority.terms is None or authority.terms.quota is None:
        return
    window, _ends_at = quota_window(authority.terms.window, now=now)
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, {"authority": authority.id, "window": window, "quota": authority.terms.quota})
        if cursor.rowcount != 1:
            raise TimestampRefused(TimestampFault.QUOTA_USED_UP, "", timedelta(0))


def _ask(
    authority: Authority, imprint: bytes, live: bool, now: datetime, stood_in: bool
) -> tuple[Timestamp, ReceivedAnswer]:
    nonce = secrets.randbits(64)
    credentials = authority.terms.headers if authority.terms else ()
    try:
        received = timestamps.ask(authority.url, imprint=imprint, nonce=nonce, live=live, credentials=credentials)
    except NoReply as error:
        raise TimestampRefused(TimestampFault.NO_REPLY, str(error), error.elapsed) from error
    asked = TimestampAsked(imprint, nonce, frozenset(settings.TSA_POLICIES), now, now + received.elapsed)
    if found := fault(asked, received.answer):
        raise TimestampRefused(found, "", received.elapsed)
    evidence = _evidence(received, live, now)
    token = received.answer.token
    assert token is not None  # noqa: S101 - without a token `fault` has found one
    _accept(authority, token, received.elapsed, now, stood_in)
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


def _accept(authority: Authority, token: TokenFacts, elapsed: timedelta, now: datetime, stood_in: bool) -> None:
    """The serial's row is the proof that it was never seen: a replayed token finds it there."""
    place = step(elapsed)
    row = {
        **_day(authority, now),
        "serial": f"{token.serial:x}",
        "generated_at": token.generated_at,
        "stood_in": int(stood_in),
        "latencies": [int(place == other) for other in range(len(BOUNDS_MS))],
        "step": place + 1,  # arrays of PostgreSQL begin at one
    }
    with connection.cursor() as cursor:
        cursor.execute(_ACCEPT, row)
        if cursor.rowcount != 1:
            raise TimestampRefused(TimestampFault.SERIAL_SEEN, f"{token.serial:x}", elapsed)


def _day(authority: Authority, now: datetime) -> dict[str, Any]:
    return {"authority": authority.id, "on": legal_date(now), "lane": secrets.randbelow(_LANES)}


def _note_failure(authority: Authority, refused: TimestampRefused, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_FAILED, {**_day(authority, now), "latencies": [0] * len(BOUNDS_MS)})
    rest_until = rest_after_failure(authority.failures + 1, lied=refused.fault not in HONEST, now=now)
    TimestampAuthority.objects.filter(id=authority.id).update(
        failures=F("failures") + 1,
        failing_since=Coalesce("failing_since", Value(now)),
        rest_until=rest_until,
        last_error=str(refused)[:200],
        last_error_at=now,
    )


def _note_success(authority: Authority, received: ReceivedAnswer, now: datetime) -> None:
    if not authority.failures and authority.last_ok_at and authority.last_ok_at > now - _SUCCESS_NOTED_EVERY:
        return
    TimestampAuthority.objects.filter(id=authority.id).update(
        failures=0,
        failing_since=None,
        rest_until=None,
        last_ok_at=now,
        signer=received.signer,
        signer_chain=list(received.others),
    )
