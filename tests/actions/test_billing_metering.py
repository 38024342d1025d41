"""What is delivered is counted once, in one billing period, whatever happens at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.db.transaction import TransactionManagementError

from billing import queries
from billing.actions.close_ended_periods import close_ended_periods
from billing.actions.close_period import EarlierPeriodOpen, PeriodAlreadyClosed, PeriodNotEnded, close_period
from billing.actions.open_period import open_period
from billing.actions.open_periods import open_periods
from billing.actions.record_usage import AlreadyMetered, NoPlan, record_usage
from billing.actions.start_subscription import start_subscription
from billing.models import BillingPeriod, MeterReading, Subscription, UsageEvent
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.models import AuditEntry, Event, Job
from tests.cast import Customers

SYSTEM = Actor.system("tests")
NOVEMBER_ENDS = datetime(2026, 11, 30, 22, tzinfo=UTC)  # midnight in Vilnius
TICK = timedelta(microseconds=1)


@pytest.fixture
def customer_id(customers: Customers, now: datetime) -> str:
    """A customer on plan 1 since November 2026."""
    return subscribed(customers, now)


def subscribed(customers: Customers, now: datetime, plan_code: str = "1") -> str:
    customer_id = customers.customer("Acme", customers.person("Alice")).customer.id
    start_subscription(actor=SYSTEM, customer_id=customer_id, plan_code=plan_code, interval="month", now=now)
    return str(customer_id)


def deliver(customer_id: str, source_id: str, at: datetime, now: datetime | None = None) -> UsageEvent:
    with transaction.atomic():
        event_id = record_usage(
            customer_id=customer_id, source_type="delivery", source_id=source_id, occurred_at=at, now=now or at
        )
    return UsageEvent.objects.select_related("billing_period").get(pk=event_id)


def period_beginning(customer_id: str, on: str) -> BillingPeriod:
    month = queries.usage(customer_id=customer_id, month=date.fromisoformat(on), now=NOVEMBER_ENDS)
    return BillingPeriod.objects.get(customer_id=customer_id, starts_at=month.period_start)


def test_a_delivery_is_counted_in_the_period_that_contains_it(customer_id: str, now: datetime) -> None:
    event = deliver(customer_id, "seal_1", now)

    assert event.billing_period.span.contains(now)
    assert (event.meter, event.quantity, event.late) == ("seal", 1, False)
    assert queries.usage(customer_id=customer_id, now=now).used == 1


def test_the_same_delivery_is_counted_once_and_its_second_transaction_is_refused(
    customer_id: str, now: datetime
) -> None:
    deliver(customer_id, "seal_1", now)

    with pytest.raises(AlreadyMetered):
        deliver(customer_id, "seal_1", now)

    assert UsageEvent.objects.count() == 1


def test_a_delivery_that_is_rolled_back_is_not_counted(customer_id: str, now: datetime) -> None:
    with transaction.atomic():
        deliver(customer_id, "seal_1", now)
        transaction.set_rollback(True)

    assert UsageEvent.objects.count() == 0


@pytest.mark.usefixtures("transactional_db")
def test_usage_is_never_recorded_outside_the_publishing_transaction(now: datetime) -> None:
    with pytest.raises(TransactionManagementError):
        record_usage(customer_id="cus_none", source_id="seal_1", occurred_at=now, now=now)


def test_without_a_plan_nothing_is_delivered(customers: Customers, now: datetime) -> None:
    customer = customers.customer("Acme", customers.person("Alice")).customer

    with pytest.raises(NoPlan):
        deliver(customer.id, "seal_1", now)


def test_counting_takes_two_statements(
    customer_id: str, now: datetime, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    with django_assert_num_queries(2):  # type: ignore[operator]  # pytest-django's context manager
        record_usage(customer_id=customer_id, source_type="delivery", source_id="seal_1", occurred_at=now, now=now)


@pytest.mark.parametrize(
    ("ends_at", "month"),
    [
        (datetime(2026, 11, 30, 22, tzinfo=UTC), 11),
        (datetime(2027, 3, 31, 21, tzinfo=UTC), 3),  # summer time
        (datetime(2027, 10, 31, 22, tzinfo=UTC), 10),  # and back: a month of 745 hours
        (datetime(2027, 12, 31, 22, tzinfo=UTC), 12),
    ],
)
def test_the_month_changes_at_midnight_in_vilnius(customer_id: str, ends_at: datetime, month: int) -> None:
    before, at, after = (
        deliver(customer_id, f"seal_{n}", moment).billing_period
        for n, moment in enumerate([ends_at - TICK, ends_at, ends_at + TICK])
    )

    assert before.ends_at == at.starts_at == ends_at
    assert at == after
    assert queries.usage(customer_id=customer_id, month=date(ends_at.year, month, 1), now=ends_at).used == 1
    assert queries.usage(customer_id=customer_id, now=ends_at).used == 2


def test_a_month_that_nobody_opened_is_opened_by_the_first_delivery(customer_id: str, now: datetime) -> None:
    later = now + timedelta(days=100)

    event = deliver(customer_id, "seal_1", later)

    assert event.billing_period.span.contains(later)
    assert not event.late
    assert BillingPeriod.objects.filter(customer_id=customer_id).count() == 5  # with those between


def test_a_late_delivery_goes_to_the_next_open_month_and_says_so(customer_id: str) -> None:
    november = period_beginning(customer_id, "2026-11-01")
    close_period(actor=SYSTEM, period_id=november.pk, now=NOVEMBER_ENDS)

    event = deliver(customer_id, "seal_1", NOVEMBER_ENDS - TICK, now=NOVEMBER_ENDS + TICK)
    december = queries.usage(customer_id=customer_id, now=NOVEMBER_ENDS)

    assert event.late
    assert event.billing_period.starts_at == NOVEMBER_ENDS
    assert (december.used, december.late, sum(day.quantity for day in december.days)) == (1, 1, 0)
    assert november.readings.get().quantity == 0


def test_a_delivery_of_an_ended_month_still_counts_in_it_until_it_is_closed(customer_id: str) -> None:
    event = deliver(customer_id, "seal_1", NOVEMBER_ENDS - TICK, now=NOVEMBER_ENDS + TICK)

    assert not event.late
    assert event.billing_period.ends_at == NOVEMBER_ENDS


def test_a_subscription_that_fails_holds_up_no_other(
    customers: Customers, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, later = {subscribed(customers, now), subscribed(customers, now)}, now + timedelta(days=40)
    for broken in both:
        subscription = Subscription.objects.get(customer_id=broken)

        def open_or_fail(*, actor: Actor, subscription_id: str, now: datetime, broken: str = subscription.pk) -> int:
            if subscription_id == broken:
                raise RuntimeError(broken)
            return open_period(actor=actor, subscription_id=subscription_id, now=now)

        monkeypatch.setattr("billing.actions.open_periods.open_period", open_or_fail)
        with pytest.raises(RuntimeError, match=subscription.pk):
            open_periods(actor=SYSTEM, now=later)
        (other,) = both - {broken}
        assert BillingPeriod.objects.filter(customer_id=other, ends_at__gt=later).exists()
        later += timedelta(days=40)


def test_opening_periods_twice_or_months_late_gives_the_same_periods(customers: Customers, now: datetime) -> None:
    on_time, late = subscribed(customers, now), subscribed(customers, now)
    later = now + timedelta(days=100)
    for days in range(101):
        open_period(
            actor=SYSTEM,
            subscription_id=Subscription.objects.get(customer_id=on_time).pk,
            now=now + timedelta(days=days),
        )

    assert open_periods(actor=SYSTEM, now=later) == 4
    assert open_periods(actor=SYSTEM, now=later) == 0
    assert open_periods(actor=SYSTEM, now=now) == 0
    spans = [
        list(BillingPeriod.objects.filter(customer_id=customer_id).order_by("starts_at").values("starts_at", "ends_at"))
        for customer_id in (on_time, late)
    ]
    assert spans[0] == spans[1]
    assert len(spans[0]) == 5


def test_usage_of_a_month_that_nobody_opened_is_shown_with_its_plan(customer_id: str, now: datetime) -> None:
    figures = queries.usage(customer_id=customer_id, now=now + timedelta(days=30))

    assert (figures.plan_name, figures.used, figures.period_start) == ("Plan 1", 0, NOVEMBER_ENDS)


def test_closing_fixes_the_quantity_for_good(customer_id: str, now: datetime) -> None:
    for n in range(3):
        deliver(customer_id, f"seal_{n}", now)
    november = period_beginning(customer_id, "2026-11-01")

    close_period(actor=SYSTEM, period_id=november.pk, now=NOVEMBER_ENDS)

    assert november.readings.get().quantity == 3
    assert queries.usage(customer_id=customer_id, month=date(2026, 11, 1), now=NOVEMBER_ENDS).closed
    assert Event.objects.filter(name="billing_period.closed", customer_id=customer_id).count() == 1
    assert AuditEntry.objects.filter(action="billing_period.closed", customer_id=customer_id).count() == 1
    with pytest.raises(PeriodAlreadyClosed):
        close_period(actor=SYSTEM, period_id=november.pk, now=NOVEMBER_ENDS)


def test_a_period_is_closed_after_its_last_instant_and_after_the_ones_before_it(customer_id: str) -> None:
    january = datetime(2027, 1, 15, tzinfo=UTC)
    open_periods(actor=SYSTEM, now=january)
    november, december, _ = BillingPeriod.objects.filter(customer_id=customer_id).order_by("starts_at")

    with pytest.raises(PeriodNotEnded):
        close_period(actor=SYSTEM, period_id=november.pk, now=NOVEMBER_ENDS - TICK)
    with pytest.raises(EarlierPeriodOpen):
        close_period(actor=SYSTEM, period_id=december.pk, now=january)
    with pytest.raises(NotFound):
        close_period(actor=SYSTEM, period_id=0, now=january)
    close_period(actor=SYSTEM, period_id=november.pk, now=NOVEMBER_ENDS)
    close_period(actor=SYSTEM, period_id=december.pk, now=january)


def test_missed_months_are_queued_one_at_a_time_and_only_once(customer_id: str) -> None:
    january = datetime(2027, 1, 15, tzinfo=UTC)
    open_periods(actor=SYSTEM, now=january)
    november, december, _ = BillingPeriod.objects.filter(customer_id=customer_id).order_by("starts_at")

    def queued() -> list[int]:
        jobs = Job.objects.filter(kind="billing.close_period").order_by("id")
        return [job.payload["period_id"] for job in jobs]

    close_ended_periods(actor=SYSTEM, now=january)
    close_ended_periods(actor=SYSTEM, now=january)
    assert queued() == [november.pk]
    close_period(actor=SYSTEM, period_id=november.pk, now=january)
    close_ended_periods(actor=SYSTEM, now=january)
    assert queued() == [november.pk, december.pk]


def refused(statement: str, *parameters: object) -> bool:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
    return True


def test_the_database_refuses_to_change_what_was_counted(customer_id: str, now: datetime) -> None:
    deliver(customer_id, "seal_1", now)
    november = period_beginning(customer_id, "2026-11-01")
    close_period(actor=SYSTEM, period_id=november.pk, now=NOVEMBER_ENDS)

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in ("billing_usageevent", "billing_meterreading", "billing_planversion", "billing_billingperiod"):
        assert refused(f"DELETE FROM {table}")
        assert refused(f"TRUNCATE {table} CASCADE")
    assert refused("UPDATE billing_usageevent SET quantity = 2")
    assert refused("UPDATE billing_meterreading SET quantity = 2")
    assert refused("UPDATE billing_planversion SET monthly_fee = 1")
    assert refused("UPDATE billing_billingperiod SET state = 'open', closed_at = NULL WHERE id = %s", november.pk)
    assert refused("UPDATE billing_billingperiod SET closed_at = closed_at + interval '1 day'")


def test_the_database_refuses_events_that_do_not_fit_their_period(
    customers: Customers, customer_id: str, now: datetime
) -> None:
    deliver(customer_id, "seal_1", now)
    november = period_beginning(customer_id, "2026-11-01")
    stranger = subscribed(customers, now)
    columns = "customer_id, billing_period_id, meter, source_type, source_id, quantity, occurred_at, recorded_at, late"
    insert = (
        f"INSERT INTO billing_usageevent ({columns}, member_id, token_id)"
        " VALUES (%s, %s, 'seal', 'delivery', 'seal_2', %s, %s, %s, %s, '', '')"
    )

    assert refused(insert, stranger, november.pk, 1, now, now, False)
    assert refused(insert, customer_id, november.pk, 0, now, now, False)
    assert refused(insert, customer_id, november.pk, 1, now, now, True)
    assert refused(insert, customer_id, november.pk, 1, november.starts_at - TICK, now, False)
    assert refused(insert, customer_id, november.pk, 1, november.ends_at, now, False)
    close_period(actor=SYSTEM, period_id=november.pk, now=NOVEMBER_ENDS)
    assert refused(insert, customer_id, november.pk, 1, now, now, False)


def test_the_database_refuses_periods_that_overlap_leave_a_gap_or_fork(customer_id: str) -> None:
    november = period_beginning(customer_id, "2026-11-01")
    other = Subscription.objects.create(
        customer_id=customer_id,
        plan_version=november.plan_version,
        interval="once",
        anchor_on=date(2026, 11, 15),
        time_zone="Europe/Vilnius",
        started_at=november.starts_at,
        ended_at=november.ends_at,
    )
    insert = (
        "INSERT INTO billing_billingperiod (subscription_id, customer_id, plan_version_id, starts_at, ends_at,"
        " previous_ends_at, state) VALUES (%s, %s, %s, %s, %s, %s, 'open')"
    )
    own = (november.subscription_id, customer_id, november.plan_version_id)
    day = timedelta(days=1)

    def next_period(starts_at: datetime, previous_ends_at: datetime | None) -> bool:
        return refused(insert, *own, starts_at, starts_at + 30 * day, previous_ends_at)

    assert next_period(november.ends_at + day, november.ends_at + day)
    assert next_period(november.ends_at + day, november.ends_at)
    assert next_period(november.ends_at - day, november.ends_at - day)
    assert next_period(november.ends_at + day, None)
    assert refused(
        insert,
        other.pk,
        customer_id,
        november.plan_version_id,
        november.starts_at - day,
        november.starts_at + day,
        None,
    )
    assert refused(insert, *own, november.ends_at, november.ends_at, november.ends_at)
    other.delete()  # a customer has one subscription at a time


@pytest.mark.usefixtures("transactional_db")
def test_eight_publishers_and_a_closing_never_disagree_about_a_month(now: datetime) -> None:
    """Each delivery is in the closed quantity or in the next month; the quantity never changes after closing."""
    customer_id = subscribed(Customers(), now)
    november = period_beginning(customer_id, "2026-11-01")
    open_periods(actor=SYSTEM, now=NOVEMBER_ENDS)
    closed = threading.Event()

    def publish(worker: int) -> int:
        count, after = 0, 0
        try:
            while after < 5:
                after += closed.is_set()
                deliver(customer_id, f"seal_{worker}_{count}", NOVEMBER_ENDS - TICK, now=NOVEMBER_ENDS)
                count += 1
        finally:
            connection.close()
        return count

    def close() -> None:
        try:
            while UsageEvent.objects.count() < 80:
                pass
            close_period(actor=SYSTEM, period_id=november.pk, now=NOVEMBER_ENDS)
        finally:
            closed.set()
            connection.close()

    with ThreadPoolExecutor(9) as threads:
        publishing = [threads.submit(publish, worker) for worker in range(8)]
        threads.submit(close).result()
        delivered = sum(publisher.result() for publisher in publishing)

    counted = dict(UsageEvent.objects.values_list("late").annotate(Sum("quantity")).order_by())
    reading = MeterReading.objects.get(billing_period=november).quantity
    assert reading == counted[False] >= 80
    assert counted[True] >= 8 * 5 - 8
    assert counted[False] + counted[True] == delivered


@pytest.mark.usefixtures("transactional_db")
def test_a_month_opened_by_many_deliveries_at_once_is_one_month(now: datetime) -> None:
    customer_id = subscribed(Customers(), now)

    def publish(worker: int) -> None:
        try:
            deliver(customer_id, f"seal_{worker}", NOVEMBER_ENDS + timedelta(days=40))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(publish, range(8)))

    assert BillingPeriod.objects.filter(customer_id=customer_id).count() == 3
    assert UsageEvent.objects.filter(late=False).count() == 8


@pytest.mark.usefixtures("transactional_db")
def test_the_same_delivery_published_by_many_at_once_is_counted_once(now: datetime) -> None:
    customer_id = subscribed(Customers(), now)

    def publish(_: int) -> bool:
        try:
            deliver(customer_id, "seal_1", now)
        except AlreadyMetered:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(publish, range(8)))

    assert outcomes.count(True) == UsageEvent.objects.count() == 1
