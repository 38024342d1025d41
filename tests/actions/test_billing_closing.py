"""Closing under fire, with real commits: many closers against publishers, deaths between steps, jumping clocks."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.db import connection, transaction
from django.db.models import Sum

from billing.actions import close_period as closing
from billing.actions.close_ended_periods import close_ended_periods
from billing.actions.close_period import EarlierPeriodOpen, PeriodAlreadyClosed, PeriodNotEnded, close_period
from billing.actions.open_periods import open_periods
from billing.actions.record_usage import record_usage
from billing.actions.start_subscription import start_subscription
from billing.models import BillingPeriod, MeterReading, UsageEvent
from kernel import jobs, runner
from kernel.actor import Actor
from kernel.models import AuditEntry, Event, Job
from tests.cast import Customers

SYSTEM = Actor.system("tests")
NOVEMBER_ENDS = datetime(2026, 11, 30, 22, tzinfo=UTC)  # midnight in Vilnius
TICK = timedelta(microseconds=1)

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def november(transactional_db: None, now: datetime) -> BillingPeriod:
    """November of a customer on plan 1; December is open, too."""
    customers = Customers()
    customer_id = customers.customer("Acme", customers.person("Alice"), plan_code=None).customer.id
    start_subscription(actor=SYSTEM, customer_id=customer_id, plan_code="1", interval="month", now=now)
    open_periods(actor=SYSTEM, now=NOVEMBER_ENDS)
    return BillingPeriod.objects.get(customer_id=customer_id, ends_at=NOVEMBER_ENDS)


def deliver(period: BillingPeriod, source_id: str, at: datetime, now: datetime | None = None) -> None:
    with transaction.atomic():
        record_usage(
            customer_id=period.customer_id,
            source_type="delivery",
            source_id=source_id,
            occurred_at=at,
            now=now or at,
        )


def reading(period: BillingPeriod) -> int | None:
    return MeterReading.objects.filter(billing_period=period).values_list("quantity", flat=True).first()


def test_of_eight_closers_one_closes_and_no_event_is_lost_or_counted_twice(november: BillingPeriod) -> None:
    begun, over = threading.Barrier(12), threading.Event()

    def publish(worker: int) -> int:
        begun.wait()
        count, after = 0, 0
        try:
            while after < 5:
                after += over.is_set()
                deliver(november, f"{worker}_{count}", NOVEMBER_ENDS - TICK, now=NOVEMBER_ENDS)
                count += 1
        finally:
            connection.close()
        return count

    def close(_: int) -> bool:
        begun.wait()
        try:
            while UsageEvent.objects.count() < 40:
                pass
            close_period(actor=SYSTEM, period_id=november.pk, now=NOVEMBER_ENDS)
        except PeriodAlreadyClosed:
            return False
        finally:
            over.set()
            connection.close()
        return True

    with ThreadPoolExecutor(12) as threads:
        publishing = [threads.submit(publish, worker) for worker in range(4)]
        closed = list(threads.map(close, range(8)))
        delivered = sum(each.result() for each in publishing)

    late = UsageEvent.objects.filter(late=True).aggregate(total=Sum("quantity"))["total"] or 0
    assert closed.count(True) == 1
    assert MeterReading.objects.count() == 1
    assert reading(november) == UsageEvent.objects.filter(billing_period=november).count() >= 40
    assert (reading(november) or 0) + late == delivered == UsageEvent.objects.count()
    assert Event.objects.filter(name="billing_period.closed").count() == 1


@pytest.mark.parametrize("step", ["record", "emit"])
def test_a_closer_that_dies_between_its_steps_leaves_the_month_open_and_the_next_one_closes_it(
    november: BillingPeriod, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    deliver(november, "one", NOVEMBER_ENDS - TICK)
    monkeypatch.setattr(closing, step, die)
    with pytest.raises(Killed):
        close_period(actor=SYSTEM, period_id=november.pk, now=NOVEMBER_ENDS)

    monkeypatch.undo()
    assert BillingPeriod.objects.get(pk=november.pk).state == "open"
    assert reading(november) is None
    deliver(november, "two", NOVEMBER_ENDS - TICK)
    close_period(actor=SYSTEM, period_id=november.pk, now=NOVEMBER_ENDS)
    assert reading(november) == 2
    assert Event.objects.filter(name="billing_period.closed").count() == 1
    assert AuditEntry.objects.filter(action="billing_period.closed").count() == 1


def test_a_clock_that_jumps_closes_nothing_early_and_opens_nothing_twice(november: BillingPeriod) -> None:
    deliver(november, "one", NOVEMBER_ENDS - TICK)
    close_period(actor=SYSTEM, period_id=november.pk, now=NOVEMBER_ENDS + timedelta(days=2))

    back = NOVEMBER_ENDS - timedelta(days=3)  # what is published now happened in a month that is closed
    deliver(november, "two", back)
    assert open_periods(actor=SYSTEM, now=back) == 0
    assert close_ended_periods(actor=SYSTEM, now=back) == 0
    [december] = BillingPeriod.objects.filter(state="open")
    with pytest.raises(PeriodNotEnded):
        close_period(actor=SYSTEM, period_id=december.pk, now=back)
    assert reading(november) == 1

    forth = NOVEMBER_ENDS + timedelta(days=75)
    deliver(november, "three", forth)
    assert open_periods(actor=SYSTEM, now=forth) == 0
    assert UsageEvent.objects.get(source_id="three").billing_period.span.contains(forth)
    assert UsageEvent.objects.get(source_id="two").billing_period == december
    assert close_ended_periods(actor=SYSTEM, now=forth) == 1


def test_months_of_standstill_are_caught_up_in_order_one_at_a_time(november: BillingPeriod) -> None:
    later = NOVEMBER_ENDS + timedelta(days=120)
    for number, at in enumerate([NOVEMBER_ENDS - TICK, NOVEMBER_ENDS, later - timedelta(days=40)]):
        deliver(november, str(number), at, now=later)
    open_periods(actor=SYSTEM, now=later)
    ended = list(BillingPeriod.objects.filter(ends_at__lte=later).order_by("starts_at"))
    with pytest.raises(EarlierPeriodOpen):
        close_period(actor=SYSTEM, period_id=ended[-1].pk, now=later)

    rounds = []
    while close_ended_periods(actor=SYSTEM, now=later):
        close_ended_periods(actor=SYSTEM, now=later)  # the schedule may run twice
        job = Job.objects.filter(kind="billing.close_period", state="queued").get()
        rounds.append(job.payload["period_id"])
        close_period(actor=SYSTEM, period_id=job.payload["period_id"], now=later)
        Job.objects.filter(pk=job.pk).update(state="done", lease_until=None)

    assert rounds == [period.pk for period in ended]
    assert [reading(period) for period in ended] == [1, 1, 0, 1]
    assert all(first.ends_at == second.starts_at for first, second in pairwise(ended))


def test_the_job_that_runs_twice_closes_once_and_the_second_has_nothing_to_do(
    november: BillingPeriod, now: datetime
) -> None:
    Job.objects.all().delete()
    for key in ("first", "again"):
        jobs.enqueue("billing.close_period", now=now, key=key, payload={"period_id": november.pk})
    with time_machine.travel(NOVEMBER_ENDS, tick=False):
        runner.drain()

    states = Job.objects.filter(kind="billing.close_period").order_by("id").values_list("state", flat=True)
    assert list(states) == ["done", "refused"]
    assert MeterReading.objects.get().quantity == 0
    assert Event.objects.filter(name="billing_period.closed").count() == 1
