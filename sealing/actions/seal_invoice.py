"""Seals a finalised invoice with the operator's own certificate, and has it filed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.utils.translation import gettext as _

from billing.actions.file_invoice import file_invoice
from billing.queries.invoice_printing import printed_invoice
from kernel.actor import Actor
from kernel.errors import Outage
from kernel.tenancy.context import find_customer
from sealing.actions._trial import seal_and_verify
from trust.queries import CertificateExpired, NoActiveCertificate, SealingCertificate, sealing_certificate


class OperatorSealMissing(Outage):
    """The operator's customer has no certificate that seals. Its documents wait."""

    code: ClassVar[str] = "operator_seal_missing"


def seal_invoice(*, actor: Actor, invoice_id: str, clock: Callable[[], datetime]) -> None:
    """Print, seal at B-LT and file it; nothing happens when it is filed.

    It is no transaction of any customer's (clause A1) and is not charged. Raises NotFound for what is not finalised,
    `OperatorSealMissing` and the outages of sealing, to be tried again: the invoice keeps its number and waits.
    """
    printed = printed_invoice(invoice_id, now=clock())
    if printed is None:
        return
    certificate = _operators_certificate(clock())
    _made, sealed = seal_and_verify(printed.pdf, certificate=certificate, clock=clock, reason=printed.seal_reason)
    file_invoice(actor=actor, invoice_id=invoice_id, pdf=sealed, ubl=printed.ubl, cii=printed.cii, now=clock())


def _operators_certificate(now: datetime) -> SealingCertificate:
    operator = find_customer("slug", settings.OPERATOR_CUSTOMER)
    if operator is None:
        raise OperatorSealMissing(_("OPERATOR_CUSTOMER names no customer."))
    try:
        return sealing_certificate(customer_id=operator.id, live=True, certificate_id=None, now=now)
    except (NoActiveCertificate, CertificateExpired) as missing:
        raise OperatorSealMissing(str(missing.detail)) from missing
