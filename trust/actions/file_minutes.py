"""Files the sealed minutes of a key ceremony."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from django.db import transaction

from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound
from trust.models import CeremonyMinutes, CertificateOrder


def file_minutes(*, actor: Actor, order_id: str, content: bytes, sealed_at: datetime, now: datetime) -> None:
    """Keep the sealed PDF, once: what was filed before stays. Raises NotFound for an order that is not completed."""
    actor.require("certificate.manage")
    order = CertificateOrder.objects.visible_to(actor).filter(id=order_id, state="completed").first()
    if order is None:
        raise NotFound
    digest = sha256(content).hexdigest()
    with transaction.atomic():
        _row, created = CeremonyMinutes.objects.get_or_create(
            order=order, defaults={"content": content, "sha256": digest, "sealed_at": sealed_at}
        )
        if created:
            audit.record(
                actor=actor,
                action="certificate_order.minutes_sealed",
                now=now,
                customer_id=order.customer_id,
                subject=order.id,
                details={"sha256": digest},
            )
