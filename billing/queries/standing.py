"""How a subscription stands: what it is bound to, and what holds from its next boundary. Pages and actions ask here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from billing.models import (
    Detriment,
    PlanVersion,
    SpecialTerms,
    Subscription,
    SubscriptionChange,
    SubscriptionTerm,
    agreed_terms,
)
from billing.queries.price_changes import version_held
from billing.rules import renewal
from billing.rules.changes import month_of, term_from
from billing.rules.notice_of_prices import is_dearer
from billing.rules.periods import Interval, Period, legal_date
from billing.rules.rating import Terms
from kernel import clock


@dataclass(frozen=True, kw_only=True)
class Due:
    """What a term that begins at a boundary is made of; `change` is the one that takes effect with it."""

    interval: Interval
    version: PlanVersion
    special: SpecialTerms | None
    change: SubscriptionChange | None

    @property
    def terms(self) -> Terms:
        """Prices in EUR without VAT."""
        return agreed_terms(self.version, self.special)


@dataclass(frozen=True, kw_only=True)
class Commitment:
    """The term that the customer is bound to: the running one, or the year that a binding change begins next (B5).

    From `cancel_until` on cancelling ends the `following` term instead. `month` contains the moment that was asked
    about. `begun` is false for a year that is still to begin.
    """

    plan_id: str
    interval: Interval
    term: Period
    following: Period
    cancel_until: datetime
    month: Period
    begun: bool


def due_at(subscription: Subscription, starts_at: datetime) -> Due:
    """What the term of `subscription` that begins at `starts_at` has: by the changes asked for in time, the versions
    that existing subscriptions can be moved to by then (B6), and the special terms in force (B17).

    Depends on dates alone, so that it is the same however late it is asked.
    """
    change = due_change(subscription, starts_at)
    on = legal_date(max(starts_at, subscription.started_at), subscription.zone)
    current = subscription.plan_version
    if change is not None and change.plan_id is not None:
        interval, plan_id = Interval(change.interval), change.plan_id
    else:
        interval, plan_id = Interval(subscription.interval), current.plan_id
    version = newest_version(plan_id, on) if plan_id != current.plan_id else None
    version = version or version_held(customer_id=subscription.customer_id, current=current, on=on)
    special = special_terms_at(subscription.customer_id, version, on)
    return Due(interval=interval, version=version, special=special, change=change)


def terms_from(subscription: Subscription, starts_at: datetime) -> tuple[PlanVersion, SpecialTerms | None]:
    """The version and special terms of the month that begins at `starts_at`, opened or not."""
    row = last_term(subscription)
    if row is None or row.ends_at <= starts_at:
        due = due_at(subscription, starts_at)
        return due.version, due.special
    on = legal_date(max(starts_at, subscription.started_at), subscription.zone)
    return row.plan_version, special_terms_at(subscription.customer_id, row.plan_version, on)


def due_change(subscription: Subscription, starts_at: datetime) -> SubscriptionChange | None:
    """The change of plan or interval that takes effect at `starts_at`: pending by then, or binding from then on."""
    changes = subscription.changes.filter(kind=SubscriptionChange.Kind.PLAN).filter(
        Q(state=SubscriptionChange.State.PENDING, effective_at__lte=starts_at)
        | Q(state=SubscriptionChange.State.APPLIED, effective_at=starts_at, settled_at__lt=starts_at)
    )
    return changes.order_by("-requested_at", "-pk").first()


def newest_version(plan_id: str, on: date) -> PlanVersion | None:
    """The version of a plan for those who choose it on the legal date `on`."""
    versions = PlanVersion.objects.filter(plan_id=plan_id, effective_on__lte=on).select_related("plan")
    return versions.order_by("-effective_on").first()


def special_terms_at(customer_id: str, version: PlanVersion, on: date) -> SpecialTerms | None:
    """What was signed for a customer and holds on `on`; with a plan that has no price, else what held last (B17)."""
    found = SpecialTerms.objects.in_force(customer_id, on).first()
    if found is None and version.individual:
        begun = SpecialTerms.objects.filter(customer_id=customer_id, starts_on__lte=on)
        found = begun.order_by("-starts_on").first()
    return found


def last_term(subscription: Subscription) -> SubscriptionTerm | None:
    """The term that ends last; it may have begun or not."""
    terms = subscription.terms.select_related("plan_version__plan", "special_terms")
    return terms.order_by("-ends_at").first()


def commitment(subscription: Subscription, now: datetime) -> Commitment:
    """What a subscription is bound to at `now`, whose terms are open up to then."""
    anchor_on, zone = subscription.anchor_on, subscription.zone
    month = month_of(anchor_on, now, subscription.started_at, zone)
    row = last_term(subscription)
    bound = binding_change(subscription, now)
    if bound is not None and bound.plan_id is not None:
        plan_id, interval = bound.plan_id, Interval(bound.interval)
        term = term_from(anchor_on, interval, bound.effective_at, zone)
    else:
        plan_id, interval = subscription.plan_version.plan_id, Interval(subscription.interval)
        term = row.span if row else term_from(anchor_on, interval, month.starts_at, zone)
    stored = row is not None and row.ends_at == term.ends_at
    return Commitment(
        plan_id=plan_id,
        interval=interval,
        term=term,
        following=term_from(anchor_on, interval, term.ends_at, zone),
        cancel_until=row.cancel_until if stored and row else deadline(term.ends_at, subscription),
        month=month,
        begun=bound is None,
    )


def deadline(term_ends_at: datetime, subscription: Subscription) -> datetime:
    """`cancel_until` of a term, by the operator's calendar."""
    return renewal.cancel_until(term_ends_at, subscription.zone, settings.OPERATOR_COUNTRY)


def detriment_since(subscription: Subscription, now: datetime) -> str:
    """What was announced to the customer's disadvantage since the running term began, in words; empty for nothing.

    A record of staff, or dearer prices of the plan (B12).
    """
    row = last_term(subscription)
    if row is None:
        return ""
    since, plan_id = max(row.starts_at, subscription.started_at), row.plan_version.plan_id
    days = (clock.legal_date(since), clock.legal_date(now))
    told = Detriment.objects.filter(Q(plan=None) | Q(plan_id=plan_id), announced_on__range=days)
    if (record := told.order_by("-announced_on").first()) is not None:
        return record.description
    published = PlanVersion.objects.filter(plan_id=plan_id, published_at__gt=since, published_at__lte=now)
    before = row.plan_version.terms
    dearer = before is not None and any(is_dearer(before, each.terms) for each in published if each.terms)
    return str(_("New prices of the plan")) if dearer else ""


def pending_change(subscription: Subscription) -> SubscriptionChange | None:
    """What was asked for and has not come; a cancellation, too."""
    return subscription.changes.filter(state=SubscriptionChange.State.PENDING).select_related("plan").first()


def running(customer_id: str, now: datetime) -> Subscription | None:
    """The subscription that has not ended at `now`, the earliest of several; it may still be to start."""
    rows = Subscription.objects.lasting_beyond(now).filter(customer_id=customer_id)
    return rows.select_related("plan_version__plan").order_by("started_at").first()


def binding_change(subscription: Subscription, now: datetime) -> SubscriptionChange | None:
    """The year that was agreed to begin after `now`, at the end of the month in which it was asked for (B5)."""
    return subscription.changes.filter(
        kind=SubscriptionChange.Kind.PLAN, state=SubscriptionChange.State.APPLIED, effective_at__gt=now
    ).first()
