"""What trust keeps: keys, certificates, timestamp authorities and their serials, revocation answers, trusted lists."""

from trust.models.certificates import SealCertificate, SealKey
from trust.models.receipts import ReceiptKey
from trust.models.revocation import RevocationAnswer, RevocationSource, RevocationWatch
from trust.models.timestamps import TimestampAuthority, TimestampDay, TimestampIssued
from trust.models.trusted_lists import TrustedEntry, TrustedList

__all__ = [
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
