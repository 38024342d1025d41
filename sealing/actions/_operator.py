"""The operator's own seal, for what the operator publishes or states: no customer's transaction, and not charged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.utils.translation import gettext as _

from kernel.errors import Outage
from kernel.tenancy.context import find_customer
from sealing.actions._trial import seal_and_verify
from trust.queries import CertificateExpired, NoActiveCertificate, SealingCertificate, sealing_certificate


class OperatorSealMissing(Outage):
    """The operator's customer has no certificate that seals. Its documents wait."""

    code: ClassVar[str] = "operator_seal_missing"


def operators_certificate(now: datetime) -> SealingCertificate:
    """The certificate of the customer that `OPERATOR_CUSTOMER` names; raises `OperatorSealMissing`."""
    operator = find_customer("slug", settings.OPERATOR_CUSTOMER)
    if operator is None:
        raise OperatorSealMissing(_("OPERATOR_CUSTOMER names no customer."))
    try:
        return sealing_certificate(customer_id=operator.id, live=True, certificate_id=None, now=now)
    except (NoActiveCertificate, CertificateExpired) as missing:
        raise OperatorSealMissing(str(missing.detail)) from missing


def sealed_by_operator(pdf: bytes, *, reason: str, clock: Callable[[], datetime]) -> bytes:
    """The PDF with the operator's seal at B-LT, accepted by a second implementation.

    Raises `OperatorSealMissing` and the outages of sealing.
    """
    return seal_and_verify(pdf, certificate=operators_certificate(clock()), clock=clock, reason=reason)[1]
