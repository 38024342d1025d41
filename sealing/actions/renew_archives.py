"""Orders the renewal of archive timestamps before their certificates end, customer by customer."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from kernel import jobs
from kernel.actor import Actor
from sealing.actions._archiving import order_archiving
from sealing.models import Seal, SealArchiving
from sealing.rules.archiving import MOST_AT_ONCE, REST_AFTER_ORDER, due_before
from sealing.rules.seal_states import SealStatus


def renew_archives(*, actor: Actor, now: datetime) -> int:
    """Order one archive timestamp for each B-LTA seal of the actor's customer whose newest one ends soon.

    At most `MOST_AT_ONCE`, those that end first; if there were as many, another run is queued. What was ordered lately
    or has ended already is left alone. Returns how many were ordered.
    """
    actor.require("seal.create")
    lately = SealArchiving.objects.filter(seal=OuterRef("pk"), ordered_at__gt=now - REST_AFTER_ORDER)
    due = (
        Seal.objects.filter(status=SealStatus.SEALED, level=Seal.Level.B_LTA, deleted_at=None)
        .filter(Q(archived_until=None) | Q(archived_until__gt=now))
        .filter(
            Q(archived_until=None)
            | Q(archived_until__lt=due_before(now=now, renewal_days=settings.ARCHIVE_RENEWAL_DAYS))
        )
        .exclude(Exists(lately))
        .order_by(F("archived_until").asc(nulls_first=True), "id")
    )
    with transaction.atomic():
        found = list(due.select_for_update(skip_locked=True)[:MOST_AT_ONCE])
        for seal in found:
            order_archiving(actor=actor, seal=seal, now=now)
        if len(found) == MOST_AT_ONCE:
            kind = "sealing.renew_archives"
            jobs.enqueue(kind, now=now, key=f"{kind}:{found[-1].id}:{now:%Y-%m-%d}", customer_id=actor.customer)
    return len(found)
