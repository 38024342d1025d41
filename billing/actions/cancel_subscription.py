"""Cancel a subscription, so that it does not renew."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.give_notice import give_notice
from billing.actions._subscriptions import DatesMoved, locked_subscription, settle_pending
from billing.models import Subscription, SubscriptionChange
from billing.queries.standing import commitment, detriment_since
from billing.rules.periods import Interval
from billing.rules.renewal import end_after_cancelling
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import Refusal
from kernel.outbox import emit


class AlreadyEnding(Refusal):
    code = "already_ending"
    status = 409
    title = _("This subscription ends already, and not later than that.")


class NoEarlyEnd(Refusal):
    """An annual term ends early only if terms or service change to the customer's disadvantage (B12)."""

    code = "no_early_end"
    title = _("A year ends early only if we have announced a change to your disadvantage. You can cancel its renewal.")


def cancel_subscription(
    *, actor: Actor, subscription_id: str, early: bool = False, shown_ends_at: datetime | None = None, now: datetime
) -> datetime:
    """End the subscription with its paid term, or, after the term's deadline, with the following one (B4, B12).

    Returns the end (UTC). Until then the quota is as before and overage is charged; nothing is given back (B12, B13). A
    pending change is replaced. `early` ends an annual one with this month, if something was announced to the
    customer's disadvantage. `shown_ends_at` is the end that was shown to who confirms. Emits `subscription.cancelled`.

    Raises `NotFound`, `SubscriptionOver`, `DatesMoved`, `AlreadyEnding`, `NoEarlyEnd`.
    """
    actor.require("billing.manage")
    with transaction.atomic():
        subscription = locked_subscription(actor, subscription_id, now)
        if early and not detriment_since(subscription, now):
            raise NoEarlyEnd
        ends_at = _end(subscription, early, now)
        if shown_ends_at not in {None, ends_at}:
            raise DatesMoved
        if subscription.ended_at is not None and subscription.ended_at <= ends_at:
            raise AlreadyEnding
        settle_pending(subscription, SubscriptionChange.State.SUPERSEDED, now)
        subscription.ended_at = ends_at
        subscription.save(update_fields=["ended_at"])
        SubscriptionChange.objects.create(
            customer_id=subscription.customer_id,
            subscription=subscription,
            kind=SubscriptionChange.Kind.CANCEL,
            requested_at=now,
            requested_by=actor.name,
            effective_at=ends_at,
        )
        _tell(actor, subscription, ends_at, now)
    return ends_at


def _end(subscription: Subscription, early: bool, now: datetime) -> datetime:
    bound = commitment(subscription, now)
    if early:
        return bound.month.ends_at
    if bound.interval == Interval.ONCE:  # it renews only because a change was asked for, which this replaces
        return bound.term.ends_at
    return end_after_cancelling(bound.term, bound.cancel_until, bound.following, now)


def _tell(actor: Actor, subscription: Subscription, ends_at: datetime, now: datetime) -> None:
    facts = {"ends_at": ends_at.isoformat(), "plan": subscription.plan_version.plan_id}
    customer_id, subject = subscription.customer_id, subscription.pk
    record(
        actor=actor, action="subscription.cancelled", now=now, customer_id=customer_id, subject=subject, details=facts
    )
    emit("subscription.cancelled", now=now, customer_id=customer_id, subject=subject, payload=facts)
    told = facts | {"plan_name": subscription.plan_version.plan.name}
    give_notice(
        kind="subscription.cancelled",
        customer_id=customer_id,
        permission="billing.manage",
        facts=told,
        subject=subject,
        now=now,
    )
