"""What was counted wrongly is taken back once, and a month is reconciled figure by figure."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from billing.actions.close_period import close_period
from billing.actions.correct_usage import AlreadyCorrected, NotCorrectable, correct_usage
from billing.actions.record_usage import record_usage
from billing.actions.start_subscription import start_subscription
from billing.models import BillingPeriod, UsageCorrection, UsageEvent
from billing.queries import usage
from billing.queries.events import events_page
from billing.queries.reconciliation import ReconciledMonth, reconcile
from kernel import clock
from kernel.actor import Actor
from kernel.audit import payload_of
from kernel.errors import Forbidden, NotFound
from kernel.models import AuditEntry, Event
from tests.cast import Cast, Customers, Member
from tests.factories.documents import MONTH, issued, line

SYSTEM = Actor.system("tests")
SAM = Actor.staff(person_id="7", name="Sam", reason="Sealed twice by our mistake")
NOVEMBER_ENDS = datetime(2026, 11, 30, 22, tzinfo=UTC)  # midnight in Vilnius


@pytest.fixture
def alice(customers: Customers, now: datetime) -> Member:
    return subscribed(customers, now)


def subscribed(customers: Customers, now: datetime) -> Member:
    owner = customers.customer("Acme", customers.person("Alice"), plan_code=None)
    start_subscription(actor=SYSTEM, customer_id=owner.customer.id, plan_code="1", interval="month", now=now)
    return owner


def deliver(customer_id: str, count: int, at: datetime, *, name: str = "d", source_type: str = "delivery") -> list[int]:
    with transaction.atomic():
        return [
            record_usage(
                customer_id=customer_id,
                source_type=source_type,
                source_id=f"{name}_{number}",
                occurred_at=at,
                now=max(at, NOVEMBER_ENDS),
            )
            for number in range(count)
        ]


def close_november(customer_id: str) -> BillingPeriod:
    period = BillingPeriod.objects.get(customer_id=customer_id, ends_at=NOVEMBER_ENDS)
    close_period(actor=SYSTEM, period_id=period.pk, now=NOVEMBER_ENDS)
    return period


def november_of(customer_id: str, *, now: datetime = NOVEMBER_ENDS) -> ReconciledMonth:
    [found] = [each for each in reconcile(month=date(2026, 11, 1), now=now) if each.customer_id == customer_id]
    return found


def test_in_an_open_month_the_reversal_cancels_what_it_reverses(alice: Member, now: datetime) -> None:
    first, *_ = deliver(alice.customer.id, 3, now)

    reversal = UsageEvent.objects.get(pk=correct_usage(actor=SAM, event_id=first, now=now))

    assert (reversal.quantity, reversal.late, reversal.occurred_at) == (-1, False, now)
    assert usage(customer_id=alice.customer.id, now=now).used == 2
    row = UsageCorrection.objects.get()
    assert (row.corrected_id, row.reversal_id, row.reason, row.corrected_by) == (first, reversal.pk, SAM.reason, "Sam")
    assert payload_of(AuditEntry.objects.get(action="usage.corrected")).details["quantity"] == -1
    assert Event.objects.get(name="usage.corrected").subject == str(first)
    page = events_page(alice.actor, month=None, now=now)
    assert [(line.quantity, line.reason, line.taken_back) for line in page.lines] == [
        (-1, SAM.reason, False),
        (1, "", False),
        (1, "", False),
        (1, "", True),
    ]


def test_of_a_closed_month_the_next_one_is_lowered_and_the_reading_stays(alice: Member, now: datetime) -> None:
    first, *_ = deliver(alice.customer.id, 502, now)
    november = close_november(alice.customer.id)

    reversal = UsageEvent.objects.get(pk=correct_usage(actor=SAM, event_id=first, now=NOVEMBER_ENDS))
    december = usage(customer_id=alice.customer.id, now=NOVEMBER_ENDS)

    assert november.readings.get().quantity == 502
    assert (reversal.late, reversal.billing_period.starts_at) == (True, NOVEMBER_ENDS)
    assert (december.used, december.late, december.cost_so_far) == (-1, -1, Decimal("125.00"))
    assert november_of(alice.customer.id).differences == []


def test_each_event_is_taken_back_once_and_no_reversal_is(alice: Member, now: datetime) -> None:
    [event] = deliver(alice.customer.id, 1, now)
    reversal = correct_usage(actor=SAM, event_id=event, now=now)
    with pytest.raises(AlreadyCorrected):
        correct_usage(actor=SAM, event_id=event, now=now)
    with pytest.raises(NotCorrectable):
        correct_usage(actor=SAM, event_id=reversal, now=now)
    with pytest.raises(NotFound):
        correct_usage(actor=SAM, event_id=0, now=now)
    for actor in (alice.actor, SYSTEM, Actor.staff(person_id="7", name="Sam", reason="")):
        with pytest.raises(Forbidden):
            correct_usage(actor=actor, event_id=event, now=now)
    assert usage(customer_id=alice.customer.id, now=now).used == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        UsageCorrection.objects.update(reason="Another")


@pytest.mark.usefixtures("transactional_db")
def test_of_many_who_take_it_back_at_once_one_does(now: datetime) -> None:
    customer_id = subscribed(Customers(), now).customer.id
    [event] = deliver(customer_id, 1, now)

    def correct(_: int) -> bool:
        try:
            correct_usage(actor=SAM, event_id=event, now=now)
        except AlreadyCorrected:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(correct, range(4))) == [False, False, False, True]
    assert usage(customer_id=customer_id, now=now).used == 0


def test_a_month_with_late_events_corrections_and_an_invoice_agrees(alice: Member, now: datetime) -> None:
    first, *_ = deliver(alice.customer.id, 505, now)
    correct_usage(actor=SAM, event_id=first, now=now)
    period = close_november(alice.customer.id)
    deliver(alice.customer.id, 2, now, name="late")
    overage = line("overage", 4, "0.250000", billing_period=period, meter="seal", used=504, included=500, **MONTH)
    issued(alice.customer.id, [overage], now=NOVEMBER_ENDS)

    found = november_of(alice.customer.id)
    figures = found.figures

    assert found.differences == []
    assert (figures.counted, figures.carried_over, figures.corrections, figures.events) == (507, 2, -1, 504)
    assert (figures.reading, figures.overage_due, figures.overage_invoiced) == (504, 4, 4)
    [december] = reconcile(month=date(2026, 12, 1), customer=alice.customer.slug, now=NOVEMBER_ENDS)
    assert (december.figures.taken_over, december.figures.events, december.differences) == (2, 2, [])
    assert (december.closed, december.figures.reading, december.figures.overage_due) == (False, None, None)


def test_what_only_one_side_knows_is_named_and_the_command_fails(
    sealing_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    with transaction.atomic():
        record_usage(customer_id=sealing_cast.acme.id, source_id="seal_counted", occurred_at=now, now=now)
        monkeypatch.setattr("sealing.queries.delivered.delivered_sources", _delivering("seal_delivered"))
        month = f"{clock.legal_date(now):%Y-%m}"
        [found] = reconcile(month=clock.legal_date(now), customer=sealing_cast.acme.slug, now=now)

        assert found.differences == ["not_counted", "not_delivered"]
        assert found.unmatched == ["seal_counted", "seal_delivered"]
        with pytest.raises(SystemExit, match="1"):
            call_command(
                "reconcile", month=month, customer=sealing_cast.acme.slug, stdout=StringIO(), stderr=StringIO()
            )
        monkeypatch.setattr("sealing.queries.delivered.delivered_sources", _delivering("seal_counted"))
        said = StringIO()
        call_command("reconcile", month=month, customer=sealing_cast.acme.slug, stdout=said)
        assert f"{sealing_cast.acme.slug}: 1, 1, 0, 0, 0, 1, -, -, -" in said.getvalue()
        transaction.set_rollback(True)  # the invariants know that this seal was never made


def _delivering(*sources: str) -> Callable[[str, datetime, datetime], set[str]]:
    return lambda _customer, _since, _until: set(sources)
