"""What trust keeps: keys, certificates and orders of them, timestamp authorities and serials, revocation."""

from trust.models.audit import AuditKey
from trust.models.certificates import OfCustomer, SealCertificate, SealKey
from trust.models.orders import CeremonyMinutes, CeremonyStep, CertificateOrder, CertificateReminder
from trust.models.receipts import ReceiptKey
from trust.models.revocation import RevocationAnswer, RevocationSource, RevocationWatch
from trust.models.timestamps import TimestampAuthority, TimestampDay, TimestampIssued
from trust.models.trusted_lists import TrustedEntry, TrustedList

__all__ = [
    "AuditKey",
    "CeremonyMinutes",
    "CeremonyStep",
    "CertificateOrder",
    "CertificateReminder",
    "OfCustomer",
    "ReceiptKey",
    "RevocationAnswer",
    "RevocationSource",
    "RevocationWatch",
    "SealCertificate",
    "SealKey",
    "TimestampAuthority",
    "TimestampDay",
    "TimestampIssued",
    "TrustedEntry",
    "TrustedList",
]
