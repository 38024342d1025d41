"""Foresees what will prove the next timestamp, so that it can be covered by the seal's own signature."""

from __future__ import annotations

from datetime import datetime

from trust.actions.ask_authority import TimestampRefused, ask_authority
from trust.actions.collect_evidence import RevocationUnknown, collect_evidence
from trust.actions.enlist_timestamp_authorities import enlist_timestamp_authorities
from trust.actions.probe_timestamp_authorities import PROBE_IMPRINT
from trust.gateways.chains import NotTrusted
from trust.gateways.revocation import Revoked
from trust.models import TimestampAuthority
from trust.queries.pool import authorities
from trust.rules.authorities import in_turn
from trust.rules.evidence import CertificateEvidence


def foresee_timestamp_evidence(*, live: bool, now: datetime) -> CertificateEvidence | None:
    """The evidence for the authority that will be asked first; None when that cannot be told now.

    An authority that has never issued here is asked for one token, the only way to learn its certificate.
    """
    turn = in_turn(authorities(live=live), now=now)
    if not turn:
        enlist_timestamp_authorities()
        turn = in_turn(authorities(live=live), now=now)
    if not turn:
        return None
    known = TimestampAuthority.objects.filter(id=turn[0].id).exclude(signer=None).first()
    try:
        if known is None:
            return ask_authority(authority=turn[0], imprint=PROBE_IMPRINT, live=live, now=now).evidence
        others = [bytes(each) for each in known.signer_chain]
        return collect_evidence(certificate=bytes(known.signer or b""), others=others, live=live, now=now)
    except (TimestampRefused, NotTrusted, Revoked, RevocationUnknown):
        return None
