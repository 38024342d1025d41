"""After an account was transferred, nothing more is sealed in the name of the entity before."""

from __future__ import annotations

from datetime import datetime

from kernel import jobs
from kernel.actor import Actor
from trust.actions.cancel_order import cancel_order
from trust.actions.retire_certificate import retire_certificate
from trust.models import CertificateOrder, SealCertificate
from trust.rules.orders import Step, next_step

State = SealCertificate.State


def retire_former_certificates(*, actor: Actor, customer_id: str, transferred_at: datetime, now: datetime) -> int:
    """How many certificates went out of use (clause C12); orders under way are cancelled and their charge taken back.

    Only what was begun before `transferred_at` (UTC), so that it is safe to run late and twice. New certificates are
    made at once where they are issued so.
    """
    waiting = CertificateOrder.objects.filter(customer_id=customer_id, ordered_at__lte=transferred_at)
    waiting = waiting.filter(state__in=[step.value for step in Step if next_step(step)])
    for order_id in waiting.values_list("id", flat=True):
        cancel_order(actor=actor, order_id=order_id, now=now)
    active = SealCertificate.objects.filter(customer_id=customer_id, state=State.ACTIVE)
    former = list(active.filter(requested_at__lte=transferred_at).values_list("id", flat=True))
    for certificate_id in former:
        retire_certificate(actor=actor, certificate_id=certificate_id, now=now)
    jobs.enqueue(
        "trust.provision_certificates",
        now=now,
        key=f"trust.provision_certificates:{customer_id}:{transferred_at.isoformat()}",
        customer_id=customer_id,
        payload={"subject": customer_id},
    )
    return len(former)
