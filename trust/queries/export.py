"""What trust adds to a customer's complete export (clause C8)."""

from __future__ import annotations

import ssl

from kernel.exporting import LeftOut, Table
from trust.models import CertificateOrder, SealCertificate

LEFT_OUT = (
    LeftOut(
        (
            *("trust_sealkey", "trust_ceremonystep", "trust_ceremonyminutes", "trust_sealcertificate.request"),
            "trust_sealcertificate.requested_subject",
        ),
        "Keys, which never leave the hardware security module, and the operator's own record of who of its staff made, "
        "confirmed and destroyed them.",
    ),
)

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


def certificate_order_table(customer_id: str) -> Table:
    """What certificates were ordered, with what they were to state."""
    columns = (
        *("id", "legal_name", "country", "registration_number", "seal_name", "years", "amount", "renews_id"),
        *("certificate_id", "state", "ordered_at"),
    )
    found = CertificateOrder.objects.filter(customer_id=customer_id).order_by("ordered_at")
    return Table("certificate-orders", "The certificates that were ordered.", columns, found.values_list(*columns))


def certificates_pem(customer_id: str) -> str:
    """Every certificate with its chain, the oldest first, in PEM."""
    found = SealCertificate.objects.filter(customer_id=customer_id).exclude(certificate=None).order_by("requested_at")
    return "".join(
        ssl.DER_cert_to_PEM_cert(bytes(der)) for each in found for der in (each.certificate, *each.chain) if der
    )
