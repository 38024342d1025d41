"""Grow a subscription's chain of billing periods, and of the terms they lie in, up to now."""

from datetime import datetime

from django.db import transaction

from billing.actions._terms import begin_term
from billing.models import BillingPeriod, Subscription
from billing.queries.standing import last_term, special_terms_at
from billing.rules.periods import Period, legal_date, period_after, period_containing
from kernel.actor import Actor


@transaction.atomic
def open_period(*, actor: Actor, subscription_id: str, now: datetime) -> int:
    """Open the missing periods of a subscription one after the other, to the one that contains `now`.

    Returns how many were missing, which is none if they were opened before: it may run twice, at once, or
    months late (B3). Nothing is opened from the subscription's end on. A period that begins where a term ends begins
    the next term, with the change that was asked for in time (B2, B5). Every period keeps the prices of its term, and
    the special terms in force when it begins (B17).
    """
    actor.require("billing.manage")
    # Who asks for a change locks the same row: it comes before a boundary is opened, or finds it open. Read again after
    # the lock was granted, because a join would lose the row whose plan has changed meanwhile.
    Subscription.objects.select_for_update(no_key=True).get(pk=subscription_id)
    subscription = Subscription.objects.select_related("plan_version__plan").get(pk=subscription_id)
    missing = 0
    while _is_due(span := _next_span(subscription), subscription, now):
        _open(subscription, span, now)
        missing += 1
    return missing


def _next_span(subscription: Subscription) -> Period:
    last = subscription.periods.order_by("-ends_at").first()
    anchor_on, zone = subscription.anchor_on, subscription.zone
    if last is None:
        return period_containing(anchor_on, subscription.started_at, zone)
    return period_after(anchor_on, last.span, zone)


def _is_due(span: Period, subscription: Subscription, now: datetime) -> bool:
    return span.starts_at <= now and (subscription.ended_at is None or span.starts_at < subscription.ended_at)


def _open(subscription: Subscription, span: Period, now: datetime) -> None:
    term = last_term(subscription)
    if term is None or term.ends_at <= span.starts_at:
        term = begin_term(subscription=subscription, starts_at=span.starts_at, now=now)
    on = legal_date(max(span.starts_at, subscription.started_at), subscription.zone)
    is_first = not subscription.periods.exists()
    BillingPeriod.objects.create(
        subscription=subscription,
        customer_id=subscription.customer_id,
        plan_version=term.plan_version,
        special_terms=special_terms_at(subscription.customer_id, term.plan_version, on),
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        previous_ends_at=None if is_first else span.starts_at,
    )
