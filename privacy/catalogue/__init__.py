"""What is kept about whom, why, and for how long: one list that a lawyer can read.

The public privacy page, the records of processing (GDPR Article 30), the annex of the data processing agreement, the
answer to a request for access and the retention engine are all made from it. What is not in it fails the tests.
"""

from __future__ import annotations

from privacy.catalogue.accounts import TABLES as _ACCOUNTS
from privacy.catalogue.billing import TABLES as _BILLING
from privacy.catalogue.billing_payments import TABLES as _BILLING_PAYMENTS
from privacy.catalogue.framework import TABLES as _FRAMEWORK
from privacy.catalogue.kernel import TABLES as _KERNEL
from privacy.catalogue.pending import PENDING
from privacy.catalogue.privacy import TABLES as _PRIVACY
from privacy.catalogue.purposes import PURPOSE, PURPOSES
from privacy.catalogue.rules import RULE, RULES
from privacy.catalogue.sealing import TABLES as _SEALING
from privacy.catalogue.stores import STORES
from privacy.catalogue.trust import TABLES as _TRUST
from privacy.rules.inventory import Table

TABLES: tuple[Table, ...] = (
    *_ACCOUNTS,
    *_BILLING,
    *_BILLING_PAYMENTS,
    *_TRUST,
    *_SEALING,
    *_PRIVACY,
    *_KERNEL,
    *_FRAMEWORK,
)

__all__ = ["PENDING", "PURPOSE", "PURPOSES", "RULE", "RULES", "STORES", "TABLES"]
