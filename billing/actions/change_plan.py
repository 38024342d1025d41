"""Ask for another plan or another interval."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.actions._subscriptions import DatesMoved, locked_subscription, require_open_end, settle_pending
from billing.actions._terms import cut_term
from billing.actions.start_subscription import IndividualAgreementNeeded, PlanNotOffered
from billing.models import Subscription, SubscriptionChange
from billing.queries.standing import commitment, last_term, newest_version, pending_change, special_terms_at
from billing.rules.changes import is_binding, takes_effect_at
from billing.rules.periods import Interval, legal_date
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import Refusal
from kernel.outbox import emit

State = SubscriptionChange.State


class NothingToChange(Refusal):
    """The plan and interval that hold already."""

    code = "nothing_to_change"
    status = 409
    title = _("This is the plan that you have.")


def change_plan(
    *,
    actor: Actor,
    subscription_id: str,
    plan_code: str,
    interval: Interval | str,
    shown_effective_at: datetime | None = None,
    now: datetime,
) -> str:
    """Ask for a plan and interval from the moment that the rules give (B2, B5). Returns the change's id.

    The last one asked wins: whatever was pending is replaced, a cancellation too. From annual to annual it is binding:
    the running year ends with this month, and its unused months are credited. `shown_effective_at` (UTC) is the moment
    that was shown to who confirms. Emits `subscription.change_asked`.

    Raises `NotFound`, `SubscriptionOver`, `SubscriptionEnds`, `DatesMoved`, `NothingToChange`, `PlanNotOffered`,
    `IndividualAgreementNeeded`.
    """
    actor.require("billing.manage")
    wanted = Interval(interval)
    with transaction.atomic():
        subscription = locked_subscription(actor, subscription_id, now)
        require_open_end(subscription)
        bound = commitment(subscription, now)
        effective_at = takes_effect_at(bound.interval, wanted, bound.term, bound.month)
        if shown_effective_at not in {None, effective_at}:
            raise DatesMoved
        if (plan_code, wanted) == (bound.plan_id, bound.interval) and not _ends_by_itself(subscription):
            raise NothingToChange
        _require_offer(subscription, plan_code, effective_at)
        settle_pending(subscription, State.SUPERSEDED, now)
        binding = is_binding(bound.interval, wanted)
        if binding:
            _replace_year(subscription, effective_at, now)
        elif bound.interval == Interval.ONCE:
            subscription.ended_at = None
            subscription.save(update_fields=["ended_at"])
        change = SubscriptionChange.objects.create(
            customer_id=subscription.customer_id,
            subscription=subscription,
            kind=SubscriptionChange.Kind.PLAN,
            plan_id=plan_code,
            interval=wanted.value,
            requested_at=now,
            requested_by=actor.name,
            effective_at=effective_at,
            state=State.APPLIED if binding else State.PENDING,
            settled_at=now if binding else None,
        )
        _tell(actor, subscription, change, now)
    return str(change.pk)


def _tell(actor: Actor, subscription: Subscription, change: SubscriptionChange, now: datetime) -> None:
    facts = {"plan": change.plan_id, "interval": change.interval, "effective_at": change.effective_at.isoformat()}
    customer_id, subject = subscription.customer_id, subscription.pk
    record(
        actor=actor,
        action="subscription.change_asked",
        now=now,
        customer_id=customer_id,
        subject=subject,
        details=facts,
    )
    emit("subscription.change_asked", now=now, customer_id=customer_id, subject=subject, payload=facts)


def _ends_by_itself(subscription: Subscription) -> bool:
    """Whether asking for the plan one has makes a difference, because it would not go on."""
    pending = pending_change(subscription)
    cancelled = pending is not None and pending.kind == SubscriptionChange.Kind.CANCEL
    return cancelled or subscription.interval == Interval.ONCE


def _require_offer(subscription: Subscription, plan_code: str, effective_at: datetime) -> None:
    """A public plan with a price on that day, the one that is held, or an individual one that terms were signed for."""
    on = legal_date(effective_at, subscription.zone)
    version = newest_version(plan_code, on)
    if version is None or not (version.plan.public or version.plan_id == subscription.plan_version.plan_id):
        raise PlanNotOffered
    if version.individual and special_terms_at(subscription.customer_id, version, on) is None:
        raise IndividualAgreementNeeded


def _replace_year(subscription: Subscription, effective_at: datetime, now: datetime) -> None:
    earlier = subscription.changes.filter(
        kind=SubscriptionChange.Kind.PLAN, state=State.APPLIED, effective_at=effective_at
    )
    earlier.update(state=State.SUPERSEDED, settled_at=now)
    if (term := last_term(subscription)) is not None:
        cut_term(term, subscription, effective_at, now)
