"""The costs of a month's billing run, inside one process. Started by `billing_run`."""

from __future__ import annotations

import os
import resource
import sys
import time
from datetime import datetime, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.db import connection  # noqa: E402 - after the set-up
from django.db.models import Sum  # noqa: E402

from accounts.models import Customer  # noqa: E402
from benchmarks.figures import report  # noqa: E402
from billing.actions.close_period import close_period  # noqa: E402
from billing.actions.invoice_customer import invoice_customer  # noqa: E402
from billing.actions.start_subscription import start_subscription  # noqa: E402
from billing.models import BillingPeriod, Invoice, InvoiceLine  # noqa: E402
from kernel import clock  # noqa: E402
from kernel.actor import Actor  # noqa: E402
from portal.invariants import broken_invariants  # noqa: E402
from tests.cast import Customers  # noqa: E402

SYSTEM = Actor.system("benchmarks")
EVENTS, INCLUDED = 1_000, 500
_EVENTS = """
    INSERT INTO billing_usageevent (customer_id, billing_period_id, meter, source_type, source_id, quantity,
                                    occurred_at, recorded_at, late, member_id, token_id)
    SELECT customer_id, id, 'seal', 'benchmark', id || '-' || n, 1, starts_at + n * interval '1 second',
           starts_at + n * interval '1 second', false, '', ''
      FROM billing_billingperiod, generate_series(1, %s) n WHERE id = %s
"""


def prepared(count: int, now: datetime) -> list[BillingPeriod]:
    """The month that has ended, of so many customers who used up twice what plan 1 includes."""
    made = Customers()
    owner = made.person("Owner")
    for number in range(count):
        customer_id = made.customer(f"Customer{number}", owner, plan_code=None).customer.id
        month = clock.legal_midnight(clock.legal_date(now).replace(day=1)) - timedelta(days=1)
        start_subscription(actor=SYSTEM, customer_id=customer_id, plan_code="1", interval="month", now=month)
    Customer.objects.update(register_number="1", street="Gatvė 1", city="Vilnius")
    periods = list(BillingPeriod.objects.filter(ends_at__lte=now).order_by("pk"))
    for period in periods:
        with connection.cursor() as cursor:
            cursor.execute(_EVENTS, [EVENTS, period.pk])
    return periods


def main(count: int) -> None:
    now = clock.now()
    periods = prepared(count, now)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, began_cpu = time.perf_counter(), time.process_time()
    for period in periods:
        close_period(actor=SYSTEM, period_id=period.pk, now=now)
        invoice_customer(actor=SYSTEM, customer_id=period.customer_id, now=now)
    took, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    overage = InvoiceLine.objects.filter(kind="overage").aggregate(total=Sum("quantity"))["total"]
    assert Invoice.objects.finalised().count() == len(periods) == count
    assert overage == count * (EVENTS - INCLUDED)
    assert broken_invariants() == {}
    report("billing_run_customers", count, "customers")
    report("billing_run", took, "s", 60 * count / 1_000)
    report("billing_run_each", took / count * 1_000, "ms")
    report("billing_run_each_cpu", cpu / count * 1_000, "ms")
    report("billing_run_memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024, "MiB")
    report("billing_run_memory_more", (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1_024, "MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1_000)
