"""Fetches revocation answers before they are needed, so that sealing finds them ready and revocations early."""

from __future__ import annotations

import logging
from datetime import datetime

from kernel.errors import Outage, Refusal
from trust.actions.check_certificate import check_certificate
from trust.actions.collect_evidence import collect_evidence
from trust.gateways.chains import NotTrusted
from trust.gateways.revocation import Revoked
from trust.models import SealCertificate, TimestampAuthority

logger = logging.getLogger(__name__)


def prefetch_revocation(*, now: datetime) -> dict[str, str]:
    """Refreshes what is due for all active certificates and the signers of all enlisted timestamp authorities.

    A revocation found on the way is recorded by `check_certificate`. Returns what is wrong, by id; empty when all
    is well.
    """
    problems = {}
    active = SealCertificate.objects.filter(state=SealCertificate.State.ACTIVE).order_by("id")
    for certificate_id in active.values_list("id", flat=True).iterator():
        try:
            check_certificate(certificate_id=certificate_id, now=now, refresh=True)
        except (Refusal, Outage) as error:
            problems[certificate_id] = f"{error.code}: {error.detail}"
    for authority in TimestampAuthority.objects.filter(enlisted=True, signer__isnull=False):
        if problem := _refresh_signer(authority, now):
            problems[authority.id] = problem
    for subject, problem in problems.items():
        logger.warning("Revocation of %s: %s", subject, problem)
    return problems


def _refresh_signer(authority: TimestampAuthority, now: datetime) -> str:
    others = [bytes(one) for one in authority.signer_chain]
    try:
        collect_evidence(
            certificate=bytes(authority.signer or b""), others=others, live=authority.live, now=now, refresh=True
        )
    except (NotTrusted, Revoked) as error:
        return str(error)
    except Outage as error:
        return str(error.detail)
    return ""
