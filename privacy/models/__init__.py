"""Rows of privacy: what is kept, what has to go, and what was erased."""

from privacy.models.consent import ConsentRecord
from privacy.models.exports import RightsExport
from privacy.models.registers import (
    BreachNotice,
    ContactMessage,
    DataBreach,
    Disclosure,
    PublishedFigure,
    SubProcessor,
    SubProcessorNotice,
)
from privacy.models.restrictions import Restriction
from privacy.models.retention import (
    ErasureLedgerEntry,
    ErasureReceipt,
    Hold,
    RetentionItem,
    RetentionNotice,
    RetentionRun,
)
from privacy.models.rights import ForwardedRequest, RightsRequest, RightsStep
from privacy.models.wishes import ErasureWish

__all__ = [
    "BreachNotice",
    "ConsentRecord",
    "ContactMessage",
    "DataBreach",
    "Disclosure",
    "ErasureLedgerEntry",
    "ErasureReceipt",
    "ErasureWish",
    "ForwardedRequest",
    "Hold",
    "PublishedFigure",
    "Restriction",
    "RetentionItem",
    "RetentionNotice",
    "RetentionRun",
    "RightsExport",
    "RightsRequest",
    "RightsStep",
    "SubProcessor",
    "SubProcessorNotice",
]
