"""Finds and locks the subscription that somebody acts on, opened up to now, and settles what was pending on it."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.queries.contract import contract_end
from billing.actions.open_period import open_period
from billing.models import Subscription, SubscriptionChange
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal


class SubscriptionOver(Refusal):
    """There is nothing left to change, cancel or resume."""

    code = "subscription_over"
    status = 409
    title = _("This subscription has ended.")


class SubscriptionEnds(Refusal):
    """It ends for a reason that its plan cannot change: with the contract, or by the operator's notice."""

    code = "subscription_ends"
    status = 409
    title = _("This subscription ends with the contract, or because we gave notice.")


class DatesMoved(Refusal):
    """What was shown is not what would happen now: nothing is agreed that nobody saw."""

    code = "dates_moved"
    status = 409
    title = _("Meanwhile another month has begun. Nothing was changed. Please look at the new dates and confirm again.")


def locked_subscription(actor: Actor, subscription_id: str, now: datetime) -> Subscription:
    """The subscription for the rest of the transaction, with everything opened and applied that is due at `now`.

    Raises `NotFound` for a stranger's, `SubscriptionOver`, and `DatesMoved` if a later month was opened already.
    """
    rows = Subscription.objects.filter(pk=subscription_id)
    if actor.customer_id is not None:
        rows = rows.filter(customer_id=actor.customer_id)
    if not rows.exists():
        raise NotFound
    system = Actor.system("billing.open_period", customer_id=actor.customer_id)
    open_period(actor=system, subscription_id=subscription_id, now=now)
    subscription = rows.select_related("plan_version__plan").get()
    if subscription.ended_at is not None and subscription.ended_at <= now:
        raise SubscriptionOver
    if subscription.periods.filter(starts_at__gt=max(now, subscription.started_at)).exists():
        raise DatesMoved
    return subscription


def settle_pending(subscription: Subscription, state: SubscriptionChange.State, now: datetime) -> None:
    """End what is pending as `state`; a cancellation that is replaced or withdrawn lets the subscription go on."""
    pending = subscription.changes.filter(state=SubscriptionChange.State.PENDING).first()
    if pending is None:
        return
    pending.state, pending.settled_at = state, now
    pending.save(update_fields=["state", "settled_at"])
    if pending.kind == SubscriptionChange.Kind.CANCEL:
        subscription.ended_at = subscription.operator_ends_at
        subscription.save(update_fields=["ended_at"])


def require_open_end(subscription: Subscription) -> None:
    """Raise `SubscriptionEnds` where somebody else's word ends it, or another subscription follows it already."""
    if subscription.operator_ends_at is not None or contract_end(subscription.customer_id) is not None:
        raise SubscriptionEnds
    later = Subscription.objects.filter(customer_id=subscription.customer_id, started_at__gt=subscription.started_at)
    if later.exists():
        raise SubscriptionEnds(_("Another plan was chosen to follow this one."))
