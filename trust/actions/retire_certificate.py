"""Takes a certificate out of use; its key stays until it is destroyed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from trust.models import SealCertificate

State = SealCertificate.State


class CertificateNotInUse(Refusal):
    """Only an active certificate can be retired."""

    code = "certificate_not_in_use"
    status = 409
    title = _("The certificate is not in use.")


def retire_certificate(*, actor: Actor, certificate_id: str, now: datetime) -> None:
    """Nothing more is sealed with the certificate, seals still in the queue included.

    Safe to run twice. Raises NotFound, CertificateNotInUse.
    """
    actor.require("certificate.manage")
    with transaction.atomic():
        found = SealCertificate.objects.visible_to(actor).select_for_update().filter(id=certificate_id).first()
        if found is None:
            raise NotFound
        if found.state == State.RETIRED:
            return
        if found.state != State.ACTIVE:
            raise CertificateNotInUse
        found.state, found.ended_at = State.RETIRED, now
        found.save(update_fields=["state", "ended_at"])
        audit.record(
            actor=actor, action="certificate.retired", now=now, customer_id=found.customer_id, subject=found.id
        )
        outbox.emit("certificate.retired", now=now, customer_id=found.customer_id, subject=found.id)
