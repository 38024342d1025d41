"""Rows of privacy: what is kept, what has to go, and what was erased."""

from privacy.models.consent import ConsentRecord
from privacy.models.retention import (
    ErasureLedgerEntry,
    ErasureReceipt,
    Hold,
    RetentionItem,
    RetentionNotice,
    RetentionRun,
)

__all__ = [
    "ConsentRecord",
    "ErasureLedgerEntry",
    "ErasureReceipt",
    "Hold",
    "RetentionItem",
    "RetentionNotice",
    "RetentionRun",
]
