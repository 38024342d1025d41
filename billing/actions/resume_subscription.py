"""Withdraw a cancellation."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.actions._subscriptions import locked_subscription, require_open_end, settle_pending
from billing.models import SubscriptionChange
from billing.queries.standing import pending_change
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import Refusal
from kernel.outbox import emit


class NotCancelled(Refusal):
    code = "not_cancelled"
    status = 409
    title = _("This subscription was not cancelled.")


def resume_subscription(*, actor: Actor, subscription_id: str, now: datetime) -> None:
    """Let a cancelled subscription renew again, as long as it has not ended. Emits `subscription.resumed`.

    Raises `NotFound`, `SubscriptionOver`, `DatesMoved`, `NotCancelled`, and `SubscriptionEnds` if its end is not a
    cancellation's or another plan follows.
    """
    actor.require("billing.manage")
    with transaction.atomic():
        subscription = locked_subscription(actor, subscription_id, now)
        pending = pending_change(subscription)
        if pending is None or pending.kind != SubscriptionChange.Kind.CANCEL:
            raise NotCancelled
        require_open_end(subscription)
        settle_pending(subscription, SubscriptionChange.State.WITHDRAWN, now)
        facts = {"ended_at": None}
        customer_id = subscription.customer_id
        record(
            actor=actor,
            action="subscription.resumed",
            now=now,
            customer_id=customer_id,
            subject=subscription.pk,
            details=facts,
        )
        emit("subscription.resumed", now=now, customer_id=customer_id, subject=subscription.pk, payload=facts)
