"""The costs of counting, inside one process. Started by `metering`."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402 - after the set-up

from benchmarks.figures import report  # noqa: E402
from billing.actions.close_period import close_period  # noqa: E402
from billing.actions.record_usage import record_usage  # noqa: E402
from billing.actions.start_subscription import start_subscription  # noqa: E402
from billing.models import BillingPeriod, MeterReading, UsageEvent  # noqa: E402
from billing.queries import usage  # noqa: E402
from kernel import clock  # noqa: E402
from kernel.actor import Actor  # noqa: E402
from tests.cast import Customers  # noqa: E402

SYSTEM = Actor.system("benchmarks")
THREADS, ROWS_EACH, ROUNDS = 8, 400, 3
FULL_MONTH = 12_000

# A row of the size of what publishing writes besides, in a table that nothing guards.
_ROW = "INSERT INTO kernel_event (name, at, customer_id, subject, payload) VALUES (%s, %s, %s, %s, '{}')"
_EVENTS = """
    INSERT INTO billing_usageevent (customer_id, billing_period_id, meter, source_type, source_id, quantity,
                                    occurred_at, recorded_at, late, member_id, token_id)
    SELECT customer_id, id, 'seal', 'benchmark', id || '-' || n, 1, starts_at + n * interval '1 second',
           starts_at + n * interval '1 second', false, '', ''
      FROM billing_billingperiod, generate_series(1, %s) n WHERE id = %s
"""


def subscribed(since: datetime) -> str:
    made = Customers()
    customer_id = str(made.customer("Hot", made.person("Hot"), plan_code=None).customer.id)
    start_subscription(actor=SYSTEM, customer_id=customer_id, plan_code="4", interval="month", now=since)
    return customer_id


def publish(customer_id: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ROW, ["customer.migrated", clock.now(), customer_id, name])


def rate(work: Callable[[str], None], label: str) -> float:
    """Transactions a second, by so many threads at once."""

    def some(worker: int) -> None:
        try:
            for number in range(ROWS_EACH):
                with transaction.atomic():
                    work(f"{label}-{worker}-{number}")
        finally:
            connection.close()

    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(some, range(THREADS)))
    return THREADS * ROWS_EACH / (time.perf_counter() - began)


def metering() -> None:
    now = clock.now()
    customer_id = subscribed(now)

    def publish_and_meter(name: str) -> None:
        publish(customer_id, name)
        record_usage(customer_id=customer_id, source_type="benchmark", source_id=name, occurred_at=now, now=now)

    bare, metered = [], []
    for number in range(ROUNDS):  # turn by turn, so that a busy machine slows down both
        bare.append(rate(lambda name: publish(customer_id, name), f"bare-{number}"))
        metered.append(rate(publish_and_meter, f"metered-{number}"))
    counted = UsageEvent.objects.filter(billing_period__customer_id=customer_id).count()
    assert counted == usage(customer_id=customer_id, now=now).used == ROUNDS * THREADS * ROWS_EACH
    report("published_rows", statistics.median(bare), "rows/s")
    report("published_and_metered_rows", statistics.median(metered), "rows/s")
    report("metered_beside_bare", statistics.median(metered) / statistics.median(bare), "of the bare rate", 0.5)


def closing() -> None:
    now, taken = clock.now(), []
    for _ in range(ROUNDS):
        customer_id = subscribed(now - timedelta(days=40))
        [period, *_later] = BillingPeriod.objects.filter(customer_id=customer_id).order_by("starts_at")
        with connection.cursor() as cursor:
            cursor.execute(_EVENTS, [FULL_MONTH, period.pk])
        began = time.perf_counter()
        close_period(actor=SYSTEM, period_id=period.pk, now=now)
        taken.append(time.perf_counter() - began)
        assert MeterReading.objects.get(billing_period=period).quantity == FULL_MONTH
    report("close_12000_events", statistics.median(taken), "s", 0.5)


if __name__ == "__main__":
    metering()
    closing()
