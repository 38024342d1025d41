"""Settle what is left of subscriptions that have ended."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from billing.actions._terms import cut_term
from billing.actions.open_period import open_period
from billing.models import Subscription, SubscriptionChange
from billing.queries.standing import last_term
from billing.rules.renewal import end_of_month_begun
from kernel.actor import Actor
from kernel.jobs import one_by_one

State = SubscriptionChange.State


def finish_subscriptions(*, actor: Actor, now: datetime) -> int:
    """For every subscription whose end has come: a cancellation was carried out, another pending change never was,
    and prepaid months beyond the operator's end are given back (B14). Returns how many were settled.

    Each in a transaction of its own; twice, late or at once makes no difference.
    """
    actor.require("billing.manage")
    ended = Subscription.objects.filter(ended_at__lte=now).filter(
        Q(changes__state=State.PENDING) | Q(operator_ends_at=F("ended_at"), terms__ends_at__gt=F("ended_at"))
    )
    return one_by_one(lambda pk: _finish(pk, now), ended.values_list("pk", flat=True).distinct())


@transaction.atomic
def _finish(subscription_id: str, now: datetime) -> bool:
    open_period(actor=Actor.system("billing.open_period"), subscription_id=subscription_id, now=now)
    subscription = Subscription.objects.get(pk=subscription_id)
    if subscription.ended_at is None or subscription.ended_at > now:
        return False
    pending = subscription.changes.filter(state=State.PENDING).first()
    if pending is not None:
        carried_out = pending.kind == SubscriptionChange.Kind.CANCEL
        pending.state, pending.settled_at = State.APPLIED if carried_out else State.SUPERSEDED, now
        pending.save(update_fields=["state", "settled_at"])
    refunded = False
    if subscription.operator_ends_at == subscription.ended_at and (term := last_term(subscription)) is not None:
        ends_at = end_of_month_begun(subscription.anchor_on, subscription.ended_at, subscription.zone)
        refunded = term.ends_at > ends_at
        cut_term(term, subscription, ends_at, now)
    return pending is not None or refunded
