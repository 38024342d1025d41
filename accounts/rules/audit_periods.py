"""Which period for its audit trail a customer may have, and who decides it (D5)."""

from __future__ import annotations

from kernel.audit_periods import HOSTED, Retention


def choices(current: Retention, *, by_staff: bool) -> tuple[Retention, ...]:
    """What it may be instead. A customer of hosted services chooses between the floor of 18 months and the ceiling of
    ten years; who is one, staff say.
    """
    if by_staff:
        return (
            (Retention.ACTIVITY, Retention.HOSTED) if current is Retention.ACTIVITY else (Retention.ACTIVITY, *HOSTED)
        )
    return HOSTED if current in HOSTED else ()
