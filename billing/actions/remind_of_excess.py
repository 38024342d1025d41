"""Give notice of stored data that a smaller plan has no room for, before it may be erased."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.actions.give_notice import give_notice
from billing.models import StorageExcess
from kernel.actor import Actor
from kernel.clock import legal_date
from kernel.jobs import one_by_one


def remind_of_excess(*, actor: Actor, now: datetime) -> int:
    """Give the notices that are due: 30 days, and at least 5 business days, before erasure (B11). Returns how many.

    Each once, in a transaction of its own; of two that are due together, because the job is late, only the last.
    """
    actor.require("billing.manage")
    return one_by_one(lambda pk: _remind(pk, now), _due(now).values_list("pk", flat=True))


def _due(now: datetime) -> QuerySet[StorageExcess]:
    today = legal_date(now)
    return StorageExcess.objects.standing().filter(
        Q(first_notice_at=None, first_notice_on__lte=today) | Q(last_notice_at=None, last_notice_on__lte=today)
    )


@transaction.atomic
def _remind(excess_id: str, now: datetime) -> bool:
    excess = _due(now).select_for_update(no_key=True, skip_locked=True).filter(pk=excess_id).first()
    if excess is None:
        return False
    excess.first_notice_at = excess.first_notice_at or now
    if excess.last_notice_on <= legal_date(now):
        excess.last_notice_at = now
    excess.save(update_fields=["first_notice_at", "last_notice_at"])
    facts = {"erase_on": excess.erase_on.isoformat(), "quota_gb": excess.quota_gb}
    give_notice(
        kind="storage.excess",
        customer_id=excess.customer_id,
        permission="billing.manage",
        facts=facts,
        subject=excess.pk,
        now=now,
    )
    return True
