"""The pools of timestamp authorities: who may be asked, and how each is doing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q

from kernel.clock import legal_date
from trust.gateways.pool import pool_entries
from trust.models import TimestampAuthority, TimestampDay
from trust.rules.authorities import Authority, pool_out_since
from trust.rules.latency import percentile_ms
from trust.rules.pool import PoolEntry, quota_window

RATED_OVER = timedelta(days=30)
_FIELDS = (
    "id",
    "name",
    "url",
    "position",
    "failures",
    "rest_until",
    "last_ok_at",
    "held_until",
    "failing_since",
    "last_error_at",
    "window_starts_at",
    "window_used",
)


@dataclass(frozen=True, slots=True)
class AuthorityHealth:
    """A timestamp authority as staff see it. Counts, rate and latencies are of the last 30 days; `cost` of this month,
    at today's price; `success_percent` is None when nothing was asked. `out` says why it is not asked now:
    "resting", "held", "used_up" or ""."""

    id: str
    name: str
    live: bool
    position: int
    failures: int
    resting: bool
    out: str
    rests_until: datetime | None
    failing_since: datetime | None
    last_ok_at: datetime | None
    last_error: str
    last_error_at: datetime | None
    asked: int
    failed: int
    stood_in: int
    success_percent: float | None
    p50_ms: int | None
    p95_ms: int | None
    price: Decimal
    cost: Decimal
    used: int
    quota: int | None
    quota_ends_at: datetime


def authorities(*, live: bool, silent_since: datetime | None = None) -> list[Authority]:
    """The enlisted authorities of a pool; with `silent_since` only those with no success since then."""
    rows = TimestampAuthority.objects.filter(live=live, enlisted=True).order_by("position")
    if silent_since:
        rows = rows.filter(Q(last_ok_at=None) | Q(last_ok_at__lt=silent_since) | Q(failures__gt=0))
    terms = {entry.url: entry for entry in pool_entries(live=live)}
    return [replace(Authority(*row), terms=terms.get(row[2])) for row in rows.values_list(*_FIELDS)]


def pool_outage(*, live: bool, now: datetime) -> tuple[list[str], datetime] | None:
    """The names of a pool's authorities and since when none of them answers; None while one may."""
    pool = authorities(live=live)
    since = pool_out_since(pool, now=now)
    return ([one.name for one in pool], since) if since else None


def timestamp_authorities(*, now: datetime) -> list[AuthorityHealth]:
    """The enlisted authorities of both pools, live first, in the order in which they are asked."""
    rows = list(TimestampAuthority.objects.filter(enlisted=True).order_by("-live", "position"))
    days: dict[str, list[TimestampDay]] = {row.id: [] for row in rows}
    for day in TimestampDay.objects.filter(authority__in=rows, on__gt=legal_date(now - RATED_OVER)):
        days[day.authority_id].append(day)
    terms = {live: {entry.url: entry for entry in pool_entries(live=live)} for live in (True, False)}
    return [_health(row, terms[row.live].get(row.url), days[row.id], now) for row in rows]


def _health(
    row: TimestampAuthority, terms: PoolEntry | None, days: list[TimestampDay], now: datetime
) -> AuthorityHealth:
    breaker = replace(Authority(*(getattr(row, name) for name in _FIELDS)), terms=terms)
    terms = terms or PoolEntry(row.url, row.name)
    resting, held = breaker.is_resting(now=now), breaker.is_held(now=now)
    issued, failed = _sum(day.issued for day in days), _sum(day.failed for day in days)
    counts = [sum(column) for column in zip(*(day.latencies for day in days), strict=True)]
    this_month = [day for day in days if day.on >= legal_date(now).replace(day=1)]
    return AuthorityHealth(
        id=row.id,
        name=row.name,
        live=row.live,
        position=row.position,
        failures=row.failures,
        resting=resting,
        out="held" if held else "used_up" if breaker.is_used_up(now=now) else "resting" if resting else "",
        rests_until=row.held_until if held else row.rest_until if resting else None,
        failing_since=row.failing_since,
        last_ok_at=row.last_ok_at,
        last_error=row.last_error,
        last_error_at=row.last_error_at,
        asked=issued + failed,
        failed=failed,
        stood_in=_sum(day.stood_in for day in days),
        success_percent=100 * issued / (issued + failed) if issued + failed else None,
        p50_ms=percentile_ms(counts, 0.5) if counts else None,
        p95_ms=percentile_ms(counts, 0.95) if counts else None,
        price=terms.price,
        cost=terms.price * _sum(day.issued for day in this_month),
        used=breaker.used(now=now),
        quota=terms.quota,
        quota_ends_at=quota_window(terms.window, now=now)[1],
    )


def _sum(values: Iterable[int]) -> int:
    return sum(values)
