"""Seals the minutes of a key ceremony with the certificate it was held for: the proof that the two work together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from kernel.actor import Actor
from kernel.clock import legal_zone
from kernel.printing import print_pdf
from sealing.actions._trial import seal_and_verify
from trust.actions.file_minutes import file_minutes
from trust.queries import sealing_certificate
from trust.queries.orders import ceremony_to_minute


def seal_minutes(*, actor: Actor, order_id: str, clock: Callable[[], datetime]) -> None:
    """Print, seal at B-LT and file the minutes, in the operator's language; nothing happens when they are filed.

    It is no transaction of the customer's (clause A1) and is not charged. Raises NotFound, the refusals and outages of
    sealing, `_trial.SampleNotValid`.
    """
    ceremony = ceremony_to_minute(order_id)
    if ceremony is None:
        return
    certificate = sealing_certificate(
        customer_id=ceremony.order.customer_id, live=True, certificate_id=ceremony.certificate.id, now=clock()
    )
    with translation.override(settings.LANGUAGE_CODE):
        context = {"ceremony": ceremony, "operator_name": settings.OPERATOR_NAME, "zone": legal_zone()}
        printed = print_pdf("print/key_ceremony.html", context)
        reason = _("Minutes of the key ceremony")
    made, sealed = seal_and_verify(printed, certificate=certificate, clock=clock, reason=reason)
    file_minutes(actor=actor, order_id=order_id, content=sealed, sealed_at=made.timestamp_at, now=clock())
