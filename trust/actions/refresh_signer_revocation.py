"""Renews what is known about the revocation of a timestamp authority's certificate."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from kernel.errors import Outage
from trust.actions.collect_evidence import collect_evidence
from trust.gateways.chains import NotTrusted
from trust.gateways.revocation import Revoked
from trust.models import TimestampAuthority

logger = logging.getLogger(__name__)
_SOONEST = timedelta(minutes=1)


def refresh_signer_revocation(*, authority_id: str, now: datetime) -> str:
    """Fetch the answers that are due for who signs an authority's timestamps. Returns what is wrong, or nothing."""
    authority = TimestampAuthority.objects.filter(id=authority_id, enlisted=True).exclude(signer=None).first()
    if authority is None:
        return ""
    due_at, problem = now + _SOONEST, ""
    try:
        evidence = collect_evidence(
            certificate=bytes(authority.signer or b""),
            others=[bytes(one) for one in authority.signer_chain],
            live=authority.live,
            now=now,
            refresh=True,
        )
        due_at = max(due_at, evidence.refresh_due_at)
    except (NotTrusted, Revoked) as error:
        problem = str(error)
    except Outage as error:
        problem = str(error.detail)
    if problem:
        logger.warning("Revocation of the signer of %s: %s", authority.name, problem)
    TimestampAuthority.objects.filter(id=authority_id).update(signer_due_at=due_at)
    return problem
