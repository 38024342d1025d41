"""The trusted lists that are kept, for staff and the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from trust.models import TrustedList
from trust.rules.trusted_lists import is_too_old


@dataclass(frozen=True, slots=True)
class ListHealth:
    """One list. `too_old`: it may no longer be believed, or was never had."""

    territory: str
    url: str
    version: int | None
    sequence_number: int | None
    issued_at: datetime | None
    next_update_at: datetime | None
    checked_at: datetime | None
    services: int
    too_old: bool
    is_test: bool
    last_error: str
    last_error_at: datetime | None


def trusted_lists(*, now: datetime) -> list[ListHealth]:
    """The lists that are pointed to, the one above all first."""
    rows = TrustedList.objects.filter(pointed_at=True).defer("content", "signers").annotate(count=Count("services"))
    return [
        ListHealth(
            territory=row.territory,
            url=row.url,
            version=row.version,
            sequence_number=row.sequence_number,
            issued_at=row.issued_at,
            next_update_at=row.next_update_at,
            checked_at=row.checked_at,
            services=row.count,
            too_old=is_too_old(row.next_update_at, now=now),
            is_test=row.is_test,
            last_error=row.last_error,
            last_error_at=row.last_error_at,
        )
        for row in sorted(rows, key=lambda row: (row.territory != "EU", row.territory))
    ]
