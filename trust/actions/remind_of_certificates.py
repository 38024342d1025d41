"""Reminds customers that the certificate they seal with ends."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.actions.give_notice import give_notice
from kernel import outbox
from trust.models import CertificateReminder, SealCertificate
from trust.rules.certificates import sealing_until
from trust.rules.reminders import REMINDER_DAYS, reminder_due

_ACTIVE = SealCertificate.objects.filter(live=True, state=SealCertificate.State.ACTIVE)


def remind_of_certificates(*, now: datetime) -> int:
    """Queue what is due, each reminder once, however late or often this runs; returns how many were.

    A certificate that another active one of the customer outlasts needs none. Emits `certificate.ending`.
    """
    longer = _ACTIVE.filter(customer_id=OuterRef("customer_id"), not_after__gt=OuterRef("not_after"))
    ending = _ACTIVE.filter(~Exists(longer), not_after__gte=now, not_after__lte=now + timedelta(days=REMINDER_DAYS[0]))
    return sum(_remind(certificate_id, now) for certificate_id in ending.values_list("id", flat=True))


def _remind(certificate_id: str, now: datetime) -> bool:
    with transaction.atomic():
        found = _ACTIVE.select_for_update().filter(id=certificate_id).first()
        if found is None or found.not_after is None:
            return False
        due = reminder_due(found.not_after, sent=found.reminders.values_list("days", flat=True), now=now)
        if due is None:
            return False
        CertificateReminder.objects.create(certificate=found, days=due, sent_at=now)
        outbox.emit(
            "certificate.ending",
            now=now,
            customer_id=found.customer_id,
            subject=found.id,
            payload={"days": due, "sealing_until": sealing_until(found.not_after).isoformat()},
        )
        give_notice(
            kind="certificate.ending",
            customer_id=found.customer_id,
            now=now,
            permission="certificate.manage",
            facts={
                "certificate": found.id,
                "name": found.subject,
                "days": (found.not_after - now).days,
                "sealing_until_at": sealing_until(found.not_after),
            },
            subject=found.id,
        )
    return True
