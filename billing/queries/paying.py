"""Who pays for a plan (clause C9: paid accounts are never deleted for being unused)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from billing.models import Subscription, agreed_terms
from billing.queries.standing import special_terms_at
from billing.rules.periods import legal_date


def paying_customers(customer_ids: Collection[str], *, now: datetime) -> frozenset[str]:
    """Those of the customers whose plan has a monthly fee, by the price list or what was signed, now or from a day on.

    A plan without a fee, and no plan at all, is free, whatever it charges for seals beyond its quota.
    """
    subscriptions = Subscription.objects.lasting_beyond(now).filter(customer_id__in=customer_ids)
    return frozenset(
        row.customer_id
        for row in subscriptions.select_related("plan_version__plan")
        if _fee(row, now) or row.changes.filter(state="pending", plan__isnull=False).exists()
    )


def _fee(row: Subscription, now: datetime) -> bool:
    on = legal_date(max(now, row.started_at), row.zone)
    special = special_terms_at(row.customer_id, row.plan_version, on)
    return bool(agreed_terms(row.plan_version, special).monthly_fee)
