"""Probes the timestamp authorities with real requests, so that the pool knows who is well before a seal asks."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from hashlib import sha256

from trust.actions.ask_authority import TimestampRefused, ask_authority
from trust.actions.enlist_timestamp_authorities import enlist_timestamp_authorities
from trust.queries.pool import authorities
from trust.rules.authorities import worth_probing

logger = logging.getLogger(__name__)
PROBE_IMPRINT = sha256(b"Sealport probe").digest()


def probe_timestamp_authorities(*, now: datetime) -> dict[str, str]:
    """Asks every authority that has not issued in the last minute, resting ones too, which ends their rest. One that
    costs something is asked only while it fails (`rules.authorities.worth_probing`).

    Returns the faults by name; empty when all are well.
    """
    enlist_timestamp_authorities()
    faults = {}
    spent = timedelta(0)
    for live in (True, False):
        for authority in authorities(live=live, silent_since=now - timedelta(minutes=1)):
            if not worth_probing(authority, now=now):
                continue
            try:
                ask_authority(authority=authority, imprint=PROBE_IMPRINT, live=live, now=now + spent)
            except TimestampRefused as refused:
                logger.warning("Timestamp authority %s: %s", authority.name, refused)
                faults[authority.name] = str(refused.fault)
                spent += refused.elapsed
    return faults
