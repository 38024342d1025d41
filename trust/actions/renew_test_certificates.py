"""Has test certificates replaced before they end, where they are issued at once."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max

from kernel import jobs
from kernel.tenancy.context import find_customer
from trust.gateways.ca import issues_at_once
from trust.models import SealCertificate
from trust.rules.certificates import RENEWED_BEFORE


def renew_test_certificates(*, now: datetime) -> None:
    """Queue a new one for each customer whose last test certificate ends soon."""
    if not issues_at_once(live=False):
        return
    used = SealCertificate.objects.filter(live=False, state=SealCertificate.State.ACTIVE).order_by()
    last = used.values_list("customer_id").annotate(end=Max("not_after")).filter(end__lte=now + RENEWED_BEFORE)
    for customer_id, end in last:
        customer = find_customer("id", customer_id)
        if customer is not None and customer.is_active:
            kind = "trust.provision_certificates"
            payload = {"subject": customer_id}
            key = f"{kind}:{customer_id}:{end:%Y-%m-%d}"
            jobs.enqueue(kind, now=now, key=key, customer_id=customer_id, payload=payload)
