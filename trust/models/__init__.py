"""What trust keeps: keys, certificates, timestamp authorities and their serials, revocation answers."""

from trust.models.certificates import SealCertificate, SealKey
from trust.models.receipts import ReceiptKey
from trust.models.revocation import RevocationAnswer
from trust.models.timestamps import TimestampAuthority, TimestampIssued

__all__ = ["ReceiptKey", "RevocationAnswer", "SealCertificate", "SealKey", "TimestampAuthority", "TimestampIssued"]
