"""Where revocation is asked about, and how fresh the answers are, for staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from trust.models import RevocationAnswer, RevocationSource, RevocationWatch


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """An address with the answers kept from it: how many, when the oldest was fetched, when the first of them ends."""

    kind: str
    url: str
    answers: int
    oldest_at: datetime | None
    next_update_at: datetime | None
    ended: bool
    failing_since: datetime | None
    last_ok_at: datetime | None
    last_error: str
    last_error_at: datetime | None


def revocation_sources(*, now: datetime) -> list[SourceHealth]:
    """All addresses that were ever asked, the failing ones first."""
    kept = {
        (kind, url): (count, oldest, ends)
        for kind, url, count, oldest, ends in RevocationAnswer.objects.values_list("kind", "url").annotate(
            Count("id"), Min("fetched_at"), Min("next_update")
        )
    }
    rows = RevocationSource.objects.order_by("-failures", "url", "kind")
    return [_health(row, *kept.get((row.kind, row.url), (0, None, None)), now=now) for row in rows]


def certificates_unanswered_for() -> int:
    """How many active certificates can seal nothing because nobody says whether they are revoked."""
    return RevocationWatch.objects.filter(unknown_since__isnull=False, certificate__state="active").count()


def _health(
    row: RevocationSource, count: int, oldest: datetime | None, ends: datetime | None, *, now: datetime
) -> SourceHealth:
    return SourceHealth(
        kind=row.kind,
        url=row.url,
        answers=count,
        oldest_at=oldest,
        next_update_at=ends,
        ended=ends is not None and ends <= now,
        failing_since=row.failing_since,
        last_ok_at=row.last_ok_at,
        last_error=row.last_error,
        last_error_at=row.last_error_at,
    )
