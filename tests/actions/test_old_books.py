"""Books go whole years of one customer at a time, and never in pieces; the sums still hold afterwards (D4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Customer
from billing.actions.allocate_payment import allocate_payment
from billing.actions.close_period import close_period
from billing.actions.erase_books import erase_books
from billing.actions.open_period import open_period
from billing.actions.start_subscription import start_subscription
from billing.models import (
    Allocation,
    BillingPeriod,
    Invoice,
    JournalEntry,
    MeterReading,
    Payment,
    Posting,
    Subscription,
    UsageEvent,
)
from billing.queries.old_books import count_all, count_due, oldest
from kernel.actor import Actor
from tests.cast import Cast
from tests.factories.billing import finalised_invoice, received_payment
from tests.invariants import assert_invariants
from tests.sweeping import set_database_clock

SYSTEM = Actor.system("tests")
STAFF = Actor.staff(person_id="1", name="Sam", reason="They asked.")
NOVEMBER = datetime(2026, 11, 10, 9, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 14, 9, tzinfo=UTC)
JANUARY = datetime(2027, 1, 11, 9, tzinfo=UTC)
LAST_OF_2036 = datetime(2036, 12, 31, 9, tzinfo=UTC)
# The first day on which 2026 is gone, in the operator's zone; the database waits for it, too.
NEW_YEAR_2037 = datetime(2037, 1, 1, 9, tzinfo=UTC)
GONE_BEFORE = datetime(2026, 12, 31, 22, tzinfo=UTC)


def paid(customer_id: str, *, issued: datetime, at: datetime, net: str = "100.00") -> Invoice:
    """An invoice, and what paid it."""
    invoice = finalised_invoice(customer_id, net=net, now=issued)
    payment = received_payment(customer_id, str(invoice.gross), now=at)
    allocate_payment(actor=STAFF, payment_id=payment.pk, number=str(invoice.number), now=at)
    return invoice


def erase(*spared: str) -> int:
    return erase_books(before=GONE_BEFORE, limit=1_000, spared=spared)


def numbers(customer_id: str) -> set[str]:
    return {str(number) for number in Invoice.objects.filter(customer_id=customer_id).values_list("number", flat=True)}


def test_a_year_goes_with_all_that_hangs_together_and_what_reaches_beyond_it_stays(cast: Cast) -> None:
    acme, evil = cast.acme.id, cast.mallory.customer.id
    old, late = paid(acme, issued=NOVEMBER, at=DECEMBER), paid(acme, issued=DECEMBER, at=JANUARY)
    unpaid, young = finalised_invoice(acme, net="7.00", now=DECEMBER), paid(acme, issued=JANUARY, at=JANUARY)
    theirs = paid(evil, issued=NOVEMBER, at=NOVEMBER)
    set_database_clock(LAST_OF_2036)
    assert erase() == 0
    set_database_clock(NEW_YEAR_2037)
    assert (erase(acme, evil), count_due(before=GONE_BEFORE)) == (0, 6)  # an invoice, its charge and its payment, twice
    assert (erase(acme), numbers(evil)) == (3, set())
    assert (erase(), numbers(acme)) == (3, {str(each.number) for each in (late, unpaid, young)})
    assert not JournalEntry.objects.filter(document_type="invoice", document_id__in=[old.id, theirs.id]).exists()
    assert Payment.objects.count() == Allocation.objects.count() == 2
    assert Posting.objects.filter(account="receivable", customer_id=acme).count() == 5  # three issued, two settled
    assert (erase(), count_due(before=GONE_BEFORE), count_all()) == (0, 0, 8)
    assert oldest() == DECEMBER


def test_what_a_living_customer_owes_stays_and_of_one_that_is_gone_nothing(cast: Cast) -> None:
    acme = cast.acme.id
    finalised_invoice(acme, now=NOVEMBER)
    received_payment(acme, "5.00", now=NOVEMBER)
    set_database_clock(NEW_YEAR_2037)
    assert erase() == 0
    Customer.objects.filter(id=acme).update(status="closed")
    assert erase() == 3
    assert (Invoice.objects.count(), Payment.objects.count(), Posting.objects.count()) == (0, 0, 0)


def test_one_payment_for_two_years_and_a_credit_note_hold_everything_together(cast: Cast) -> None:
    acme = cast.acme.id
    first, second = (finalised_invoice(acme, now=at) for at in (NOVEMBER, JANUARY))
    payment = received_payment(acme, str(first.gross + second.gross), now=JANUARY)
    for invoice in (first, second):
        allocate_payment(actor=STAFF, payment_id=payment.pk, number=str(invoice.number), now=JANUARY)
    set_database_clock(NEW_YEAR_2037)
    assert erase() == 0
    set_database_clock(NEW_YEAR_2037 + timedelta(days=366))
    assert erase_books(before=GONE_BEFORE + timedelta(days=366), limit=1_000, spared=()) == 5


@pytest.mark.parametrize("closed", [False, True])
def test_months_go_in_order_with_their_usage_and_the_next_begins_the_chain(cast: Cast, closed: bool) -> None:
    acme = cast.acme.id
    start_subscription(actor=SYSTEM, customer_id=acme, plan_code="1", interval="month", now=NOVEMBER)
    record_usage_on(acme, NOVEMBER)
    for now in (DECEMBER, JANUARY, JANUARY + timedelta(days=31)):
        for period in BillingPeriod.objects.filter(customer_id=acme, state="open").order_by("starts_at"):
            open_period(actor=SYSTEM, subscription_id=period.subscription_id, now=now)
        for period in BillingPeriod.objects.filter(customer_id=acme, ends_at__lte=now, state="open"):
            close_period(actor=SYSTEM, period_id=period.pk, now=now)
    if closed:
        Customer.objects.filter(id=acme).update(status="closed")
    before = BillingPeriod.objects.order_by("starts_at").values_list("id", flat=True)
    first, *rest = before
    gone = {p.pk for p in BillingPeriod.objects.filter(ends_at__lt=GONE_BEFORE)}
    assert gone
    set_database_clock(NEW_YEAR_2037)
    erase()
    left = BillingPeriod.objects.order_by("starts_at")
    assert gone.isdisjoint(left.values_list("id", flat=True))
    assert left[0].previous_ends_at is None
    assert left.count() == len(rest) + 1 - len(gone)
    assert not UsageEvent.objects.filter(billing_period_id=first).exists()
    assert not MeterReading.objects.filter(billing_period_id__in=gone).exists()
    assert Subscription.objects.count() == 1


def record_usage_on(customer_id: str, at: datetime) -> None:
    UsageEvent.objects.create(
        customer_id=customer_id,
        billing_period=BillingPeriod.objects.get(customer_id=customer_id, starts_at__lte=at, ends_at__gt=at),
        meter="seal",
        source_type="tests",
        source_id="seal-1",
        occurred_at=at,
        recorded_at=at,
    )


def test_numbers_of_a_year_that_is_gone_are_missed_from_the_first_minute_of_the_new_one(cast: Cast) -> None:
    """In the operator's zone, where the new year begins hours before that of UTC."""
    paid(cast.acme.id, issued=NOVEMBER, at=DECEMBER)
    set_database_clock(GONE_BEFORE.replace(year=2036))
    assert erase() == 3
    assert_invariants()
