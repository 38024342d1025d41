"""Destroys every seal key of a customer in the HSM, once its contract is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from kernel import audit
from kernel.actor import Actor
from trust.actions.cancel_order import cancel_order
from trust.gateways import hsm
from trust.models import CertificateOrder, SealCertificate, SealKey
from trust.rules.orders import Step, next_step

State = SealCertificate.State


def destroy_customer_keys(*, actor: Actor, customer_id: str, now: datetime) -> Mapping[str, int]:
    """How many keys went (D3). Their rows, certificates and minutes stay as the evidence of what was sealed (D4).

    Orders under way are cancelled and certificates taken out of use before. The ceremony's rule of two persons protects
    a running contract; here the end of the contract has decided. Recorded before it happens, in the platform's chain;
    may be killed anywhere and repeated, and a key that is marked and still there goes the next time. Raises
    `hsm.HsmUnavailable`.
    """
    actor.require("certificate.manage")
    waiting = CertificateOrder.objects.filter(customer_id=customer_id)
    waiting = waiting.filter(state__in=[step.value for step in Step if next_step(step)])
    for order_id in waiting.values_list("id", flat=True):
        cancel_order(actor=actor, order_id=order_id, now=now)
    with transaction.atomic():
        certificates = SealCertificate.objects.filter(customer_id=customer_id)
        certificates.filter(state=State.ACTIVE).update(state=State.RETIRED, ended_at=now)
        certificates.filter(state=State.REQUESTED).update(state=State.ABANDONED, ended_at=now)
        keys = list(SealKey.objects.select_for_update().filter(customer_id=customer_id).order_by("id"))
        for key in keys:
            if key.destroyed_at is None:
                SealKey.objects.filter(id=key.id).update(destroyed_at=now)
                audit.record(actor=actor, action="key.destroyed", now=now, subject=key.id)
    for key in keys:
        hsm.destroy_key(key.label)
    return {"seal_keys": len(keys)}
