"""Publishes what may be told of all customers together, each month and year once."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from accounts.queries import open_customers
from billing.queries.figures import seals_by_customer
from kernel import audit
from kernel.actor import Actor
from kernel.clock import legal_date, legal_midnight
from privacy.models import Disclosure, PublishedFigure
from privacy.rules.aggregates import month_after, months_to_publish, safe_band, safe_total
from privacy.rules.disclosures import DisclosureState

Kind = PublishedFigure.Kind


def publish_figures(*, now: datetime) -> int:
    """How many figures were decided about now: seals of each month, requests of authorities of each year (clause D13).

    What must not be told is written down as untold, so that it never appears later beside others. What is published
    never changes. Safe to run twice and in parallel.
    """
    today = legal_date(now)
    published = sum(_publish_month(month, now) for month in months_to_publish(_last(Kind.SEALS), today))
    return published + _publish_year(today.year - 1, now)


def _last(kind: str) -> date | None:
    return PublishedFigure.objects.filter(kind=kind).order_by("-begins_on").values_list("begins_on", flat=True).first()


def _publish_month(month: date, now: datetime) -> bool:
    counts = seals_by_customer(starts_at=legal_midnight(month), ends_at=legal_midnight(month_after(month)))
    return _publish(Kind.SEALS, month, safe_total(list(counts.values())), None, now)


def _publish_year(year: int, now: datetime) -> bool:
    begins_on = date(year, 1, 1)
    if PublishedFigure.objects.filter(kind=Kind.REQUESTS, begins_on=begins_on).exists():
        return False
    rows = Disclosure.objects.filter(requested_on__year=year).exclude(state=DisclosureState.REJECTED.value)
    band = safe_band(rows.count(), customers=len(open_customers()))
    return _publish(Kind.REQUESTS, begins_on, band and band[0], band and band[1], now)


def _publish(kind: str, begins_on: date, value: int | None, highest: int | None, now: datetime) -> bool:
    with transaction.atomic():
        _row, new = PublishedFigure.objects.get_or_create(
            kind=kind,
            begins_on=begins_on,
            defaults={"value": value, "highest": highest, "published_at": now},
        )
        if new:
            facts = {"kind": kind, "begins_on": begins_on.isoformat(), "value": value}
            audit.record(
                actor=Actor.system("privacy.publish_figures"), action="figure.published", now=now, details=facts
            )
    return new
