"""Mails one person a notice about a certificate or an order."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from accounts.gateways.mail import send_mail
from accounts.queries import mailbox_of
from kernel.errors import NotFound
from kernel.tenancy.urls import customer_url, public_url
from trust.models import CertificateOrder, SealCertificate
from trust.rules.certificates import sealing_until


def mail_notice(*, kind: str, subject: str, person_id: int, now: datetime) -> None:
    """Send the template `trust/mail/<kind>` in the person's language.

    Raises NotFound when person, certificate or order are gone, `MailUnavailable` to be retried; a retry after a lost
    answer may send the mail twice, which does no harm.
    """
    mailbox = mailbox_of(person_id)
    send_mail(
        f"trust/mail/{kind}",
        to=mailbox.email,
        language=mailbox.language,
        context=_about_order(subject) if subject.startswith("ord_") else _about_certificate(subject, now),
    )


def _about_order(order_id: str) -> dict[str, Any]:
    order = CertificateOrder.objects.select_related("customer").filter(id=order_id).first()
    if order is None:
        raise NotFound
    return {
        "order": order,
        "customer": order.customer,
        "link": f"{settings.BASE_URL}{public_url('admin:trust_certificateorder_change', object_id=order.id)}",
    }


def _about_certificate(certificate_id: str, now: datetime) -> dict[str, Any]:
    found = SealCertificate.objects.select_related("customer").filter(id=certificate_id).first()
    if found is None or found.not_after is None:
        raise NotFound
    path = customer_url(found.customer.slug, "certificate", certificate_id=found.id)
    return {
        "certificate": found,
        "customer": found.customer,
        "days": (found.not_after - now).days,
        "sealing_until": sealing_until(found.not_after),
        "link": f"{settings.BASE_URL}{path}",
    }
