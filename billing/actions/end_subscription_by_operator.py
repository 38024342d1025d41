"""The operator ends a subscription with six months' notice."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions.give_notice import give_notice
from billing.actions._subscriptions import locked_subscription, settle_pending
from billing.actions.cancel_subscription import AlreadyEnding
from billing.models import SubscriptionChange
from billing.rules.periods import legal_date
from billing.rules.renewal import operators_end
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import Forbidden
from kernel.outbox import emit


def end_subscription_by_operator(*, actor: Actor, subscription_id: str, now: datetime) -> datetime:
    """Give notice today: the subscription ends after six whole months, with the month then begun (B14). Staff only.

    Returns the end (UTC). A cancellation for a later end is replaced. What is prepaid beyond is given back when it has
    come (`finish_subscriptions`). Gives the customer notice and emits `subscription.end_announced`.

    Raises `Forbidden`, `NotFound`, `SubscriptionOver`, `DatesMoved`, `AlreadyEnding`.
    """
    if actor.kind not in {"staff", "system"}:
        raise Forbidden
    with transaction.atomic():
        subscription = locked_subscription(actor, subscription_id, now)
        zone = subscription.zone
        ends_at = operators_end(subscription.anchor_on, legal_date(max(now, subscription.started_at), zone), zone)
        if subscription.ended_at is not None and subscription.ended_at <= ends_at:
            raise AlreadyEnding
        if subscription.ended_at is not None:
            settle_pending(subscription, SubscriptionChange.State.SUPERSEDED, now)
        subscription.ended_at = subscription.operator_ends_at = ends_at
        subscription.save(update_fields=["ended_at", "operator_ends_at"])
        facts = {"ends_at": ends_at.isoformat(), "plan": subscription.plan_version.plan_id}
        customer_id, subject = subscription.customer_id, subscription.pk
        record(
            actor=actor,
            action="subscription.end_announced",
            now=now,
            customer_id=customer_id,
            subject=subject,
            details=facts,
        )
        emit("subscription.end_announced", now=now, customer_id=customer_id, subject=subject, payload=facts)
        told = facts | {"plan_name": subscription.plan_version.plan.name, "reason": actor.reason}
        give_notice(
            kind="subscription.end_announced",
            customer_id=customer_id,
            permission="billing.manage",
            facts=told,
            subject=subject,
            now=now,
        )
    return ends_at
