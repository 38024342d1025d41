"""By which retention rule each class of the audit trail goes, and with which period of the customer's choice (D5)."""

from __future__ import annotations

from kernel.audit_periods import Retention
from privacy.rules.retention import Span

AUDIT_RULES: dict[Retention, tuple[str, Span | None]] = {
    Retention.ACTIVITY: ("activity", None),
    Retention.HOSTED: ("hosted_audit", None),
    Retention.HOSTED_5: ("hosted_audit", Span(years=5)),
    Retention.HOSTED_10: ("hosted_audit", Span(years=10)),
    Retention.PLATFORM: ("hosted_audit", None),
}
"""The rule's key, and the period where it is not the rule's own. `kernel.audit_periods` says the same in SQL."""
