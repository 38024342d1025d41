"""Makes the end of a customer's subscription that of its contract."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.queries.contract import contract_end, ends_by_operators_notice
from billing.models import Subscription, SubscriptionChange
from billing.rules.periods import Interval
from kernel.actor import Actor
from kernel.audit import record
from kernel.outbox import emit


def align_subscription(*, actor: Actor, customer_id: str, told_end: datetime, now: datetime) -> bool:
    """End the customer's subscription with its contract, or let it renew again; returns whether anything changed.

    It asks how the contract stands instead of believing what it was told, so that it may run twice, late and in any
    order. `told_end` (UTC) is the end that was decided or withdrawn: a subscription that ends for another reason is not
    touched when the contract goes on. No month is cut short: what is begun is paid for and can be used up (B12, B13).
    Of an end by the operator's notice is kept that prepaid months beyond it are given back (B14).
    """
    actor.require("billing.manage")
    with transaction.atomic():
        subscription = (
            Subscription.objects.select_for_update(no_key=True)
            .filter(customer_id=customer_id)
            .order_by("-started_at")
            .first()
        )
        if subscription is None:
            return False
        before, contract_ends_at = subscription.ended_at, contract_end(customer_id)
        after = _end(subscription, contract_ends_at, told_end)
        if after == before:
            return False
        if contract_ends_at is None and subscription.operator_ends_at == told_end:
            subscription.operator_ends_at = None
        elif after == contract_ends_at and ends_by_operators_notice(customer_id):
            subscription.operator_ends_at = after
        subscription.ended_at = after
        subscription.save(update_fields=["ended_at", "operator_ends_at"])
        facts = {"ended_at": after.isoformat() if after else None}
        event, subject = "subscription.ended" if after else "subscription.resumed", subscription.pk
        record(actor=actor, action=event, now=now, customer_id=customer_id, subject=subject, details=facts)
        emit(event, now=now, customer_id=customer_id, subject=subject, payload=facts)
    return True


def _end(subscription: Subscription, contract_ends_at: datetime | None, told_end: datetime) -> datetime | None:
    if contract_ends_at is None:
        ends_with_contract = subscription.ended_at in {told_end, subscription.started_at}
        renews = subscription.interval != Interval.ONCE
        return _own_end(subscription, told_end) if ends_with_contract and renews else subscription.ended_at
    end = max(contract_ends_at, subscription.started_at)
    return end if subscription.ended_at is None else min(end, subscription.ended_at)


def _own_end(subscription: Subscription, told_end: datetime) -> datetime | None:
    """The end that it has without the contract's: what the customer cancelled, or the operator gave notice of."""
    cancelled = subscription.changes.filter(kind=SubscriptionChange.Kind.CANCEL, state=SubscriptionChange.State.PENDING)
    ends = [*cancelled.values_list("effective_at", flat=True), subscription.operator_ends_at]
    return min((end for end in ends if end is not None and end != told_end), default=None)
