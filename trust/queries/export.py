"""What trust adds to a customer's complete export (clause C8)."""

from __future__ import annotations

import ssl

from kernel.exporting import Table
from trust.models import SealCertificate

_COLUMNS = (
    "id",
    "live",
    "state",
    "subject",
    "issuer",
    "serial",
    "fingerprint",
    "not_before",
    "not_after",
    "requested_at",
    "activated_at",
    "ended_at",
)


def certificate_table(customer_id: str) -> Table:
    """Every certificate the customer ever had. Its keys never leave the hardware security module."""
    found = SealCertificate.objects.filter(customer_id=customer_id).order_by("requested_at")
    return Table("certificates", "The seal certificates, from request to end.", _COLUMNS, found.values_list(*_COLUMNS))


def certificates_pem(customer_id: str) -> str:
    """Every certificate with its chain, the oldest first, in PEM."""
    found = SealCertificate.objects.filter(customer_id=customer_id).exclude(certificate=None).order_by("requested_at")
    return "".join(
        ssl.DER_cert_to_PEM_cert(bytes(der)) for each in found for der in (each.certificate, *each.chain) if der
    )
