"""A customer's subscription as pages and the API show it: what holds, what can be decided until when, what comes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from billing.models import SpecialTerms, StorageExcess, Subscription, SubscriptionChange, agreed_terms
from billing.queries.standing import (
    Commitment,
    commitment,
    detriment_since,
    due_at,
    last_term,
    pending_change,
    running,
    terms_from,
)
from billing.rules.changes import is_prepaid, months_between
from billing.rules.periods import Interval, Period
from billing.rules.rating import Terms, amount
from billing.rules.renewal import end_after_cancelling
from kernel.actor import Actor
from kernel.jobs import waiting_payloads


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Special terms in force (B17), with the signed document they are in."""

    id: str
    starts_on: date
    ends_on: date | None
    document_name: str
    signed_on: date


@dataclass(frozen=True, kw_only=True)
class ChangeView:
    """Something that was asked for; `plan_name` and `interval` are empty for a cancellation."""

    id: str
    kind: str
    plan_code: str
    plan_name: str
    interval: str
    requested_at: datetime
    requested_by: str
    effective_at: datetime
    state: str


@dataclass(frozen=True, kw_only=True)
class SubscriptionView:
    """How a subscription stands. Times are UTC; amounts EUR without VAT, `prepaid_amount` for the whole term.

    Cancelled before `cancel_until` it ends with `term`, from then on at `cancelled_later_ends_at`; what holds at this
    moment is `cancelled_now_ends_at`. `plan_change_until` is until when the next month's plan can be changed. `coming`
    has the prices of the next term where they differ. `detriment` says what was announced to the customer's
    disadvantage in the running year; empty for nothing.
    """

    id: str
    plan_code: str
    plan_name: str
    interval: str
    zone: str
    started_at: datetime
    ends_at: datetime | None
    ended_by_operator: bool
    terms: Terms
    agreement: Agreement | None
    term: Period
    begun: bool
    cancel_until: datetime
    cancelled_now_ends_at: datetime
    cancelled_later_ends_at: datetime
    month: Period
    prepaid: bool
    prepaid_amount: Decimal
    pending: ChangeView | None
    bound_to: ChangeView | None
    coming: Terms | None
    detriment: str
    excess: StorageExcess | None
    history: list[ChangeView]

    @property
    def plan_change_until(self) -> datetime:
        return self.month.ends_at

    @property
    def renews(self) -> bool:
        return self.ends_at is None

    @property
    def is_cancelled(self) -> bool:
        return self.pending is not None and self.pending.kind == SubscriptionChange.Kind.CANCEL

    @property
    def can_still_cancel_this_term(self) -> bool:
        return self.cancelled_now_ends_at == self.term.ends_at


def subscription_seen_by(actor: Actor, *, now: datetime) -> SubscriptionView | None:
    """The subscription of the actor's customer that has not ended; None without one. Raises `Forbidden`."""
    actor.require("billing.read")
    subscription = running(actor.customer, now)
    return _view(subscription, now) if subscription else None


def is_on_its_way(customer_id: str) -> bool:
    """Whether the plan that was chosen with the account is still about to start: its job waits or runs."""
    waiting = waiting_payloads("billing.start_subscription", customer_id=customer_id)
    return any(payload.get("plan_code") for payload in waiting)


def _view(subscription: Subscription, now: datetime) -> SubscriptionView:
    bound = commitment(subscription, now)
    version, special = terms_from(subscription, bound.month.starts_at)
    terms = agreed_terms(version, special)
    changes = [_change(row) for row in subscription.changes.select_related("plan").order_by("-requested_at", "-pk")]
    pending = pending_change(subscription)
    excess = StorageExcess.objects.standing().filter(customer_id=subscription.customer_id).order_by("-reduced_on")
    return SubscriptionView(
        id=subscription.pk,
        plan_code=version.plan_id,
        plan_name=version.plan.name,
        interval=subscription.interval,
        zone=subscription.time_zone,
        started_at=subscription.started_at,
        ends_at=subscription.ended_at,
        ended_by_operator=subscription.operator_ends_at is not None,
        terms=terms,
        agreement=_agreement(special) if special else None,
        term=bound.term,
        begun=bound.begun,
        cancel_until=bound.cancel_until,
        cancelled_now_ends_at=_cancelled_end(bound, now),
        cancelled_later_ends_at=bound.following.ends_at,
        month=bound.month,
        prepaid=is_prepaid(Interval(subscription.interval)),
        prepaid_amount=amount(_months(subscription, bound.term), terms.monthly_fee),
        pending=next((change for change in changes if pending and change.id == pending.pk), None),
        bound_to=next((c for c in changes if c.state == "applied" and c.effective_at > now), None),
        coming=_coming(subscription, terms),
        detriment=detriment_since(subscription, now) if subscription.interval == Interval.YEAR else "",
        excess=excess.first(),
        history=changes,
    )


def _agreement(special: SpecialTerms) -> Agreement:
    return Agreement(
        id=special.pk,
        starts_on=special.starts_on,
        ends_on=special.ends_on,
        document_name=special.document_name,
        signed_on=special.signed_on,
    )


def _cancelled_end(bound: Commitment, now: datetime) -> datetime:
    if bound.interval == Interval.ONCE:
        return bound.term.ends_at
    return end_after_cancelling(bound.term, bound.cancel_until, bound.following, now)


def _months(subscription: Subscription, term: Period) -> int:
    return months_between(subscription.anchor_on, term.starts_at, term.ends_at, subscription.zone)


def _coming(subscription: Subscription, terms: Terms) -> Terms | None:
    """Other prices from the next term, by a change or by a new version."""
    row = last_term(subscription)
    if row is None or (subscription.ended_at is not None and subscription.ended_at <= row.ends_at):
        return None
    due = due_at(subscription, row.ends_at).terms
    return due if due != terms else None


def _change(row: SubscriptionChange) -> ChangeView:
    return ChangeView(
        id=row.pk,
        kind=row.kind,
        plan_code=row.plan_id or "",
        plan_name=row.plan.name if row.plan else "",
        interval=row.interval,
        requested_at=row.requested_at,
        requested_by=row.requested_by,
        effective_at=row.effective_at,
        state=row.state,
    )
