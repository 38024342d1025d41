"""Gives every customer notice of a sub-processor that is to begin."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions.give_notice import give_notice
from accounts.queries import open_customers
from kernel.clock import legal_date
from kernel.errors import NotFound
from privacy.models import SubProcessor, SubProcessorNotice
from privacy.rules.sub_processors import Standing, earliest_start, standing_on


def tell_of_sub_processor(*, sub_processor_id: str, now: datetime) -> int:
    """How many customers were told now; each is told once, however often this runs.

    A notice that goes out late moves the first day, so that 30 days lie between them. Raises `NotFound`.
    """
    if not SubProcessor.objects.filter(id=sub_processor_id).exists():
        raise NotFound
    told = set(SubProcessorNotice.objects.filter(sub_processor=sub_processor_id).values_list("customer_id", flat=True))
    return sum(_tell(sub_processor_id, each, now) for each in open_customers() if each not in told)


def _tell(sub_processor_id: str, customer_id: str, now: datetime) -> bool:
    today = legal_date(now)
    with transaction.atomic():
        row = SubProcessor.objects.select_for_update().get(id=sub_processor_id)
        standing = standing_on(today, starts_on=row.starts_on, ends_on=row.ends_on)
        if standing is not Standing.ANNOUNCED or row.initial:
            return False
        row.starts_on = max(row.starts_on, earliest_start(today, customers=1))
        row.ends_on = row.ends_on and max(row.ends_on, row.starts_on)
        row.save(update_fields=["starts_on", "ends_on"])
        _notice, new = SubProcessorNotice.objects.get_or_create(
            sub_processor=row,
            customer_id=customer_id,
            defaults={"told_on": today, "starts_on_told": row.starts_on},
        )
        if new:
            give_notice(
                kind="sub_processor.announced",
                customer_id=customer_id,
                now=now,
                permission="customer.manage",
                subject=row.id,
                facts={
                    "name": row.name,
                    "country": row.country,
                    "purpose": row.purpose,
                    "categories": row.categories,
                    "starts_on": row.starts_on.isoformat(),
                },
            )
    return new
