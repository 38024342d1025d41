"""Privacy for staff."""

from __future__ import annotations

from privacy.admin.breaches import DataBreachAdmin
from privacy.admin.consent import ConsentRecordAdmin
from privacy.admin.contact import ContactMessageAdmin, PublishedFigureAdmin
from privacy.admin.disclosures import DisclosureAdmin
from privacy.admin.receipts import ErasureReceiptAdmin
from privacy.admin.retention import HoldAdmin, RetentionItemAdmin, RetentionRunAdmin
from privacy.admin.rights import RightsRequestAdmin
from privacy.admin.sub_processors import SubProcessorAdmin

__all__ = [
    "ConsentRecordAdmin",
    "ContactMessageAdmin",
    "DataBreachAdmin",
    "DisclosureAdmin",
    "ErasureReceiptAdmin",
    "HoldAdmin",
    "PublishedFigureAdmin",
    "RetentionItemAdmin",
    "RetentionRunAdmin",
    "RightsRequestAdmin",
    "SubProcessorAdmin",
]
