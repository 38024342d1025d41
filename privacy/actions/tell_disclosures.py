"""Queues the disclosures whose secrecy is over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel.clock import legal_date
from kernel.jobs import enqueue_row
from privacy.models import Disclosure
from privacy.rules.disclosures import DisclosureState, may_be_told


@transaction.atomic
def tell_disclosures(*, now: datetime) -> int:
    """One job for each that may be told, so that one's trouble does not hold up the others (clause D8).

    Returns how many there are.
    """
    confirmed = Disclosure.objects.filter(state=DisclosureState.CONFIRMED.value).order_by("id")
    due = [row.id for row in confirmed if may_be_told(row.terms, on=legal_date(now))]
    for disclosure_id in due:
        enqueue_row("privacy.tell_disclosure", row_id=disclosure_id, now=now)
    return len(due)
