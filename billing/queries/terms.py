"""What ending a contract depends on: until when is paid, and what the open month has come to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from billing.models import Subscription
from billing.queries import usage
from billing.queries.standing import commitment
from billing.rules.changes import term_from


@dataclass(frozen=True, kw_only=True)
class ContractTerms:
    """A customer's plan as its end sees it.

    The running term, or a year agreed to follow it, ends at `paid_until` (UTC; B5, B12); `amount` is what the open
    billing period has come to by now, in EUR without VAT.
    """

    plan_name: str
    interval: str
    renews: bool
    paid_until: datetime
    amount: Decimal


def contract_terms(*, customer_id: str, now: datetime) -> ContractTerms | None:
    """The customer's plan at `now` (B4, B12, B13); None for one without, who owes nothing and can end at once."""
    subscription = (
        Subscription.objects.active_at(now).filter(customer_id=customer_id).select_related("plan_version__plan").first()
    )
    if subscription is None:
        return None
    bound = commitment(subscription, now)
    term = bound.term
    while term.ends_at <= now:  # nobody has opened those that follow
        term = term_from(subscription.anchor_on, bound.interval, term.ends_at, subscription.zone)
    return ContractTerms(
        plan_name=subscription.plan_version.plan.name,
        interval=subscription.interval,
        renews=subscription.ended_at is None,
        paid_until=subscription.ended_at or term.ends_at,
        amount=usage(customer_id=customer_id, now=now).cost_so_far,
    )
