"""The only place that reads the wall clock. Doors read it once and pass `now` down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection


def now() -> datetime:
    """This moment in UTC."""
    return datetime.now(UTC)


def legal_zone() -> ZoneInfo:
    """The operator's time zone, in which every date of a contract is meant."""
    return ZoneInfo(settings.OPERATOR_TIME_ZONE)


def legal_date(moment: datetime) -> date:
    """The date that `moment` has in the operator's time zone."""
    return moment.astimezone(legal_zone()).date()


def legal_midnight(day: date) -> datetime:
    """When `day` begins in the operator's time zone."""
    return datetime.combine(day, time.min, tzinfo=legal_zone())


def database_clock() -> Callable[[], datetime]:
    """A clock set by the database's, the one that all workers share; it runs on by itself for the length of a job."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        started_at: datetime = cursor.fetchone()[0]
    started = monotonic()
    return lambda: started_at + timedelta(seconds=monotonic() - started)
