"""Take back a change of plan that has not come."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.actions._subscriptions import locked_subscription, settle_pending
from billing.models import SubscriptionChange
from billing.queries.standing import pending_change
from billing.rules.periods import Interval
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import Refusal
from kernel.outbox import emit


class NothingPending(Refusal):
    """The change has come, was replaced or withdrawn before, or is binding."""

    code = "nothing_pending"
    status = 409
    title = _("There is no change to withdraw: it has come, or was withdrawn before.")


def withdraw_change(*, actor: Actor, subscription_id: str, now: datetime) -> None:
    """Let the subscription go on with the plan and interval it has. Emits `subscription.change_withdrawn`.

    A binding change from annual to annual cannot be withdrawn, and a cancellation is by `resume_subscription` (B2, B5).
    Raises `NotFound`, `SubscriptionOver`, `DatesMoved`, `NothingPending`.
    """
    actor.require("billing.manage")
    with transaction.atomic():
        subscription = locked_subscription(actor, subscription_id, now)
        pending = pending_change(subscription)
        if pending is None or pending.kind != SubscriptionChange.Kind.PLAN:
            raise NothingPending
        settle_pending(subscription, SubscriptionChange.State.WITHDRAWN, now)
        if subscription.interval == Interval.ONCE:
            subscription.ended_at = pending.effective_at  # the one-off month ends as it was bought
            subscription.save(update_fields=["ended_at"])
        facts = {"plan": pending.plan_id, "interval": pending.interval, "change": pending.pk}
        customer_id = subscription.customer_id
        record(
            actor=actor,
            action="subscription.change_withdrawn",
            now=now,
            customer_id=customer_id,
            subject=subscription.pk,
            details=facts,
        )
        emit("subscription.change_withdrawn", now=now, customer_id=customer_id, subject=subscription.pk, payload=facts)
