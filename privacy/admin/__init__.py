"""Privacy for staff."""

from privacy.admin.consent import ConsentRecordAdmin

__all__ = ["ConsentRecordAdmin"]
