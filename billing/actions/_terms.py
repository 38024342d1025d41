"""Begins the terms of a subscription, cuts them short, and leaves what follows from their prices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings

from billing.models import Charge, Item, StorageExcess, Subscription, SubscriptionChange, SubscriptionTerm
from billing.queries.standing import Due, binding_change, deadline, due_at, last_term
from billing.rules.changes import is_prepaid, months_between, term_from, unused_part
from billing.rules.excess import excess_dates, is_smaller
from billing.rules.periods import Interval, legal_date
from billing.rules.rating import Terms, amount
from billing.rules.renewal import end_of_month_begun
from kernel.actor import Actor
from kernel.audit import record
from kernel.money import CURRENCY
from kernel.outbox import emit


def begin_term(*, subscription: Subscription, starts_at: datetime, now: datetime) -> SubscriptionTerm:
    """Begin the term of a locked subscription at `starts_at`, in the caller's transaction, with the change due then.

    A term that the subscription's known end cuts is prepaid for the months up to it only. Emits `term.started`, and
    `subscription.changed` when it begins another plan or interval.
    """
    before, due = last_term(subscription), due_at(subscription, starts_at)
    if due.change is not None:
        _apply(subscription, due, now)
    elif due.version.pk != subscription.plan_version_id:
        subscription.plan_version = due.version
        subscription.save(update_fields=["plan_version"])
    anchor_on, zone = subscription.anchor_on, subscription.zone
    ends_at = term_from(anchor_on, due.interval, starts_at, zone).ends_at
    if (agreed := binding_change(subscription, starts_at)) is not None:  # asked for before this one could be cut
        ends_at = min(ends_at, agreed.effective_at)
    if subscription.ended_at is not None:
        ends_at = min(ends_at, end_of_month_begun(anchor_on, max(subscription.ended_at, starts_at), zone))
    elif due.interval == Interval.ONCE:
        subscription.ended_at = ends_at
        subscription.save(update_fields=["ended_at"])
    term = SubscriptionTerm.objects.create(
        subscription=subscription,
        customer_id=subscription.customer_id,
        plan_version=due.version,
        special_terms=due.special,
        starts_at=starts_at,
        ends_at=ends_at,
        cancel_until=deadline(ends_at, subscription),
        prepaid=is_prepaid(due.interval),
    )
    _tell_term(term, subscription, now)
    if before is not None:
        _note_storage(subscription, before.terms, due, starts_at, now)
        if before.terms.monthly_fee == 0:
            charge_setup_fee(subscription, due.terms, now)
    return term


def cut_term(term: SubscriptionTerm, subscription: Subscription, ends_at: datetime, now: datetime) -> None:
    """End a prepaid term at an earlier boundary of months; what is unused of it is to be credited (B5, B14).

    Emits `term.cut_short` with the whole months that are unused and what they are worth, EUR without VAT.
    """
    if ends_at >= term.ends_at:
        return
    anchor_on, zone = subscription.anchor_on, subscription.zone
    months = months_between(anchor_on, term.starts_at, term.ends_at, zone)
    unused = months_between(anchor_on, ends_at, term.ends_at, zone)
    net = unused_part(amount(months, term.terms.monthly_fee), months, unused if term.prepaid else 0)
    term.ends_at, term.cancel_until = ends_at, min(term.cancel_until, ends_at)
    term.save(update_fields=["ends_at", "cancel_until"])
    facts = {
        "term": term.pk,
        "months": unused,
        "of_months": months,
        "net": str(net),
        "ends_at": ends_at.isoformat(),
        "plan": term.plan_version.plan_id,
    }
    subject = subscription.pk
    _record("term.cut_short", subscription, facts, now)
    emit("term.cut_short", now=now, customer_id=subscription.customer_id, subject=subject, payload=facts)


def charge_setup_fee(subscription: Subscription, terms: Terms, now: datetime) -> None:
    """Charge the set-up fee once in a customer's life, at the first terms that have one (B1).

    The subscription remembers it, for the charge is erased with its year (D4).
    """
    customer_id = subscription.customer_id
    charged = Subscription.objects.filter(customer_id=customer_id, setup_charged_at__isnull=False)
    if not terms.setup_fee or charged.exists():
        return
    charge = Charge.objects.create(
        customer_id=customer_id,
        item=Item.SETUP,
        amount=terms.setup_fee,
        unit_price=terms.setup_fee,
        currency=CURRENCY,
        source_type="setup",
        source_id=customer_id,
        occurred_at=now,
    )
    subscription.setup_charged_at = now
    subscription.save(update_fields=["setup_charged_at"])
    facts = {"item": charge.item, "amount": str(charge.amount), "currency": CURRENCY, "source": customer_id}
    system = Actor.system("billing.charge_setup_fee", customer_id=customer_id)
    record(actor=system, action="charge.recorded", now=now, subject=charge.id, details=facts)


def _apply(subscription: Subscription, due: Due, now: datetime) -> None:
    change = due.change
    if change is None:
        return
    subscription.plan_version, subscription.interval = due.version, due.interval
    subscription.save(update_fields=["plan_version", "interval"])
    if change.state == SubscriptionChange.State.PENDING:
        change.state, change.settled_at = SubscriptionChange.State.APPLIED, now
        change.save(update_fields=["state", "settled_at"])
    facts = {
        "plan": due.version.plan_id,
        "interval": due.interval.value,
        "effective_at": change.effective_at.isoformat(),
    }
    _record("subscription.changed", subscription, facts, now)
    emit("subscription.changed", now=now, customer_id=subscription.customer_id, subject=subscription.pk, payload=facts)


def _tell_term(term: SubscriptionTerm, subscription: Subscription, now: datetime) -> None:
    months = months_between(subscription.anchor_on, term.starts_at, term.ends_at, subscription.zone)
    facts = {
        "term": term.pk,
        "subscription": subscription.pk,
        "prepaid": term.prepaid,
        "months": months,
        "starts_at": term.starts_at.isoformat(),
        "ends_at": term.ends_at.isoformat(),
    }
    emit("term.started", now=now, customer_id=term.customer_id, subject=str(term.pk), payload=facts)


def _note_storage(subscription: Subscription, before: Terms, due: Due, starts_at: datetime, now: datetime) -> None:
    """Less room: what exceeds it is kept for six months. As much room as before: nothing exceeds it any more (B11)."""
    former, quota = before.included_storage_gb, due.terms.included_storage_gb
    standing = StorageExcess.objects.standing().filter(customer_id=subscription.customer_id)
    for excess in standing:
        if not is_smaller(excess.former_quota_gb, quota):
            excess.ended_at = now
            excess.save(update_fields=["ended_at"])
    if quota is None or not is_smaller(former, quota):
        return
    reduced_on = legal_date(starts_at, subscription.zone)
    dates = excess_dates(reduced_on, settings.OPERATOR_COUNTRY)
    StorageExcess.objects.create(
        customer_id=subscription.customer_id,
        subscription=subscription,
        former_quota_gb=former,
        quota_gb=quota,
        reduced_on=reduced_on,
        first_notice_on=dates.first_notice_on,
        last_notice_on=dates.last_notice_on,
        erase_on=dates.erase_on,
    )


def _record(action: str, subscription: Subscription, facts: Mapping[str, object], now: datetime) -> None:
    system = Actor.system("billing.open_period", customer_id=subscription.customer_id)
    record(actor=system, action=action, now=now, subject=subscription.pk, details=facts)
