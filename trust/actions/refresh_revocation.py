"""Renews what is known about the revocation of one seal certificate, and says when it is due again."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import Value
from django.db.models.functions import Coalesce

from kernel.errors import Outage, Refusal
from trust.actions.check_certificate import check_certificate
from trust.models import RevocationWatch

logger = logging.getLogger(__name__)
_SOONEST, _AFTER_REFUSAL = timedelta(minutes=1), timedelta(minutes=5)


def refresh_revocation(*, certificate_id: str, now: datetime) -> str:
    """Fetch the answers that are due for a certificate; a revocation found on the way is recorded.

    Returns what is wrong, empty when all is well. While nobody answers and no kept answer may be used, its watch says
    since when.
    """
    watch = RevocationWatch.objects.filter(certificate_id=certificate_id)
    try:
        evidence = check_certificate(certificate_id=certificate_id, now=now, refresh=True)
    except Outage as error:
        problem = f"{error.code}: {error.detail}"
        since = Coalesce("unknown_since", Value(now))
        watch.update(due_at=now + _SOONEST, unknown_since=since, detail=str(error.detail))
    except Refusal as error:
        problem = f"{error.code}: {error.detail}"
        watch.update(due_at=now + _AFTER_REFUSAL, unknown_since=None, detail="")
    else:
        watch.update(due_at=max(evidence.refresh_due_at, now + _SOONEST), unknown_since=None, detail="")
        return ""
    logger.warning("Revocation of %s: %s", certificate_id, problem)
    return problem
