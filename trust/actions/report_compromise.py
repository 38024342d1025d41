"""Stops sealing with a certificate at once, because its customer fears for the key."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions.give_notice import give_notice
from accounts.queries import staff_people
from kernel import audit, outbox
from kernel.actor import Actor
from trust.actions.retire_certificate import retire_certificate
from trust.models import SealCertificate


def report_compromise(*, actor: Actor, certificate_id: str, now: datetime) -> None:
    """The certificate is retired; staff are told by mail to have it revoked by its authority.

    Raises NotFound and what `retire_certificate` raises.
    """
    with transaction.atomic():
        retire_certificate(actor=actor, certificate_id=certificate_id, now=now)
        audit.record(actor=actor, action="certificate.compromise_reported", now=now, subject=certificate_id)
        outbox.emit("certificate.compromise_reported", now=now, customer_id=actor.customer_id, subject=certificate_id)
        _tell_staff(certificate_id, now)


def _tell_staff(certificate_id: str, now: datetime) -> None:
    found = SealCertificate.objects.select_related("customer").get(id=certificate_id)
    facts = {
        "serial": found.serial,
        "issuer": found.issuer,
        "certificate": found.id,
        "reported_by": str(found.customer),
    }
    give_notice(
        kind="certificate.compromised",
        customer_id=None,
        now=now,
        people=staff_people(),
        facts=facts,
        subject=certificate_id,
    )
