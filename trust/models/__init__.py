"""What trust keeps: keys, certificates and orders of them, timestamp authorities and serials, revocation."""

from trust.models.certificates import OfCustomer, SealCertificate, SealKey
from trust.models.orders import CeremonyMinutes, CeremonyStep, CertificateOrder, CertificateReminder
from trust.models.receipts import ReceiptKey
from trust.models.revocation import RevocationAnswer
from trust.models.timestamps import TimestampAuthority, TimestampIssued

__all__ = [
    "CeremonyMinutes",
    "CeremonyStep",
    "CertificateOrder",
    "CertificateReminder",
    "OfCustomer",
    "ReceiptKey",
    "RevocationAnswer",
    "SealCertificate",
    "SealKey",
    "TimestampAuthority",
    "TimestampIssued",
]
