"""Whom new prices of a plan concern, whether they were told, and from which day the prices hold for them (B6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from billing.models import Plan, PlanVersion, PriceChangeNotice, Subscription
from billing.rules.notice_of_prices import holds_from, is_dearer, renewal_from
from billing.rules.periods import Interval, legal_date
from billing.rules.rating import Terms
from kernel.clock import legal_zone
from kernel.errors import NotFound

_GONE = ("ended", "closed")  # as customers


@dataclass(frozen=True, kw_only=True)
class Affected:
    """A customer that has the plan at other prices; days are legal days.

    Told on `noticed_on`, it has the new prices from the renewal on `moves_on`: the first on or after `holds_from`.
    """

    customer_id: str
    customer_name: str
    interval: str
    dearer: bool
    noticed_on: date
    holds_from: date
    moves_on: date


def notice_of(*, plan_version_id: int, customer_id: str) -> date | None:
    """The legal day on which the customer was given notice of a plan version; None if it was not."""
    found = PriceChangeNotice.objects.filter(plan_version_id=plan_version_id, customer_id=customer_id)
    given_at = found.values_list("given_at", flat=True).first()
    return given_at and legal_date(given_at, legal_zone())


def version_holds_from(version: PlanVersion, *, customer_id: str, before: Terms | None) -> date | None:
    """The first legal day on which a renewal brings `version` to a customer that has its plan at the prices `before`.

    None: it is dearer, and the customer was not given notice.
    """
    return holds_from(
        effective_on=version.effective_on,
        noticed_on=notice_of(plan_version_id=version.pk, customer_id=customer_id),
        dearer=is_dearer(before, version.terms),
        long_notice=version.plan.long_notice,
    )


def version_held(*, customer_id: str, current: PlanVersion, on: date) -> PlanVersion:
    """The version for a term of an existing subscription that begins on the legal date `on` (B6).

    The newest of the plan that holds for the customer by then; the one it has, where none does.
    """
    newer = PlanVersion.objects.filter(plan_id=current.plan_id, effective_on__gt=current.effective_on)
    for version in newer.filter(effective_on__lte=on).select_related("plan").order_by("-effective_on"):
        first = version_holds_from(version, customer_id=customer_id, before=current.terms)
        if first is not None and first <= on:
            return version
    return current


def unaware_of_prices(now: datetime) -> Iterator[tuple[PlanVersion, Subscription]]:
    """Each published version of a plan, with each subscription that has older prices of it and was not told."""
    told = set(PriceChangeNotice.objects.values_list("plan_version_id", "customer_id"))
    for version in PlanVersion.objects.select_related("plan").order_by("effective_on"):
        for subscription in _running(now).filter(plan_version__plan_id=version.plan_id):
            older = subscription.plan_version.effective_on < version.effective_on
            if older and (version.pk, subscription.customer_id) not in told:
                yield version, subscription


def affected_by(*, plan_code: str, effective_on: date, terms: Terms | None, now: datetime) -> list[Affected]:
    """The customers that have the plan, by name, as if these prices were published and all of them told at `now`.

    Raises `NotFound` (the plan).
    """
    plan = Plan.objects.filter(pk=plan_code).first()
    if plan is None:
        raise NotFound
    version = PlanVersion(plan=plan, effective_on=effective_on, **({} if terms is None else asdict(terms)))
    return [affected(version, each, now) for each in _running(now).filter(plan_version__plan_id=plan_code)]


def affected(version: PlanVersion, subscription: Subscription, told_at: datetime) -> Affected:
    """From when a subscription to the plan has the prices of `version`, if its customer is told at `told_at`."""
    told_on = legal_date(told_at, legal_zone())
    dearer, long_notice = is_dearer(subscription.plan_version.terms, version.terms), version.plan.long_notice
    held = holds_from(effective_on=version.effective_on, noticed_on=told_on, dearer=dearer, long_notice=long_notice)
    first = held or version.effective_on
    return Affected(
        customer_id=subscription.customer_id,
        customer_name=subscription.customer.name,
        interval=subscription.interval,
        dearer=dearer,
        noticed_on=told_on,
        holds_from=first,
        moves_on=renewal_from(subscription.anchor_on, Interval(subscription.interval), first),
    )


def _running(now: datetime) -> QuerySet[Subscription]:
    running = Subscription.objects.lasting_beyond(now).exclude(customer__status__in=_GONE)
    return running.select_related("customer", "plan_version").order_by("customer__name", "pk")
