"""A closed customer is gone from every table after its ten years; sweeps may meet, be killed, and be held back (D4)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from accounts.models import Customer
from billing.actions.allocate_payment import allocate_payment
from billing.actions.assign_payment import assign_payment
from billing.actions.erase_books import erase_books
from billing.actions.erase_unassigned_payments import erase_unassigned_payments
from billing.actions.order_add_on import order_add_on
from billing.actions.publish_add_on import publish_add_on
from billing.actions.record_special_terms import record_special_terms
from billing.actions.start_subscription import start_subscription
from billing.models import (
    BillingDetails,
    BillingRun,
    Invoice,
    InvoiceLine,
    JournalEntry,
    Payment,
    PaymentFlag,
    SavedCard,
    VatEvidence,
)
from billing.rules.rating import SpecialTerms
from kernel import runner
from kernel.actor import Actor
from portal.invariants import broken_invariants
from privacy.actions._retention import Spared
from privacy.actions._sweeps import SWEEPS
from tests.cast import Cast, Customers
from tests.erasing import carried_out, ended, seized
from tests.factories.billing import finalised_invoice, received_payment
from tests.sweeping import boundary, set_database_clock

SYSTEM = Actor.system("tests")
STAFF = Actor.staff(person_id="1", name="Sam", reason="They asked.")
NOVEMBER = datetime(2026, 11, 10, 9, tzinfo=UTC)
GONE_BEFORE = datetime(2026, 12, 31, 22, tzinfo=UTC)
NEW_YEAR_2037 = datetime(2037, 1, 1, 9, tzinfo=UTC)
SIGNED = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF canary"
# Dropped by whole days of all customers, against checkpoints (`tests/doors/test_audit.py`).
BY_DAYS = "kernel_audit%"


def paid(customer_id: str, *, now: datetime = NOVEMBER) -> Invoice:
    invoice = finalised_invoice(customer_id, now=now)
    payment = received_payment(customer_id, str(invoice.gross), now=now)
    allocate_payment(actor=STAFF, payment_id=payment.pk, number=str(invoice.number), now=now)
    return invoice


def sweep_all(now: datetime) -> int:
    """Every sweep of rows, as long as any takes anything."""
    set_database_clock(now)
    gone, went = 0, -1
    while went:
        went = 0
        for sweep in SWEEPS:
            if sweep.store != "kernel_auditentry" and not sweep.due.__module__.endswith("_sweeps_files"):
                went += sweep.erase(before=boundary(sweep, now), limit=10_000, spared=Spared())
        gone += went
    return gone


def traces(*words: str) -> list[tuple[str, str]]:
    """Tables with a row that has one of the words anywhere, also in what is written as bytes."""
    forms = [form for word in words for form in (word.lower(), word.encode().hex(), word.lower().encode().hex())]
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema'"
            " AND c.relname NOT LIKE %s",
            [BY_DAYS],
        )
        for (table,) in cursor.fetchall():
            cursor.execute(
                f"SELECT t::text FROM {table} t WHERE lower(t::text) LIKE ANY (%s) LIMIT 1",
                [[f"%{form}%" for form in forms]],
            )
            found += [(table, row[:300]) for (row,) in cursor.fetchall()]
    return found


def test_a_customer_that_was_closed_eleven_years_ago_is_gone_from_every_table(
    customers: Customers, now: datetime
) -> None:
    member = customers.customer("Canary", customers.person("Owen"))
    customer_id, actor = member.customer.id, member.actor
    record_special_terms(
        actor=STAFF,
        customer_id=customer_id,
        overrides=SpecialTerms(monthly_fee=Decimal(1900), included=20_000, overage_unit_price=Decimal("0.09")),
        starts_on=date(2026, 11, 1),
        ends_on=None,
        signed_on=date(2026, 10, 1),
        document=SIGNED,
        document_name="canary.pdf",
        now=NOVEMBER,
    )
    start_subscription(actor=SYSTEM, customer_id=customer_id, plan_code="5", interval="month", now=NOVEMBER)
    publish_add_on(
        actor=STAFF,
        code="canary-desk",
        name="Canary desk",
        description="",
        interval="month",
        amount=Decimal(10),
        customer_id=customer_id,
        now=NOVEMBER,
    )
    order_add_on(actor=actor, code="canary-desk", quantity=1, agreed_amount=Decimal(10), request_key="1", now=NOVEMBER)
    BillingDetails.objects.create(customer_id=customer_id, emails=["books@canary.example"], changed_at=NOVEMBER)
    SavedCard.objects.create(
        customer_id=customer_id,
        provider="stripe",
        consent="Canary",
        consent_sha256="0" * 64,
        consented_at=NOVEMBER,
        consented_by="Canary",
    )
    VatEvidence.objects.create(
        customer_id=customer_id, vat_number="LT1", valid=True, name="Canary", checked_at=NOVEMBER, answer={}
    )
    BillingRun.objects.create(customer_id=customer_id, key="2026-10", until=NOVEMBER, begun_at=NOVEMBER)
    paid(customer_id)
    finalised_invoice(customer_id, now=NOVEMBER)  # never paid
    received_payment(customer_id, "5.00", now=NOVEMBER)  # never used
    other = customers.customer("Globex", customers.person("Mallory"))
    kept = paid(other.customer.id, now=datetime(now.year + 1, 12, 15, tzinfo=UTC))

    ended(member, now=now)
    runner.drain()
    carried_out(seized(customer_id, now=now), now=now)
    assert Customer.objects.get(id=customer_id).status == "closed"
    words = (customer_id, "canary")
    assert len(traces(*words)) > 15, "or nothing is looked for"

    sweep_all(datetime(now.year + 11, 12, 31, 9, tzinfo=UTC))
    left = traces(*words)
    assert [table for table, _row in left] == [], left
    assert Invoice.objects.get() == kept
    assert broken_invariants() == {}


@pytest.fixture
def in_2037(transactional_db: None) -> Iterator[None]:
    """The database's own limits count from 2037, for every connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('kernel_erasing_clock()'::regprocedure)")
        usual = cursor.fetchone()[0]
    set_database_clock(NEW_YEAR_2037)
    yield
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(usual)
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM billing_documentseries")  # it is no longer ten years after them


class Killed(Exception):
    """The worker is gone."""


def erase(_number: int = 0, limit: int = 1_000, spared: tuple[str, ...] = ()) -> int:
    try:
        return erase_books(before=GONE_BEFORE, limit=limit, spared=spared)
    finally:
        if _number:
            connection.close()


@transaction.atomic
def killed_in_the_middle() -> None:
    assert erase() == 6
    raise Killed


def whole(invoice: Invoice) -> bool:
    """Whether all of it is there; fails if only a part is."""
    there = Invoice.objects.filter(pk=invoice.pk).exists()
    assert InvoiceLine.objects.filter(invoice_id=invoice.pk).exists() is there
    assert JournalEntry.objects.filter(document_id=invoice.pk).exists() is there
    assert Payment.objects.filter(customer_id=invoice.customer_id).exists() is there
    return there


def test_sweeps_that_meet_or_are_killed_take_everything_once_and_nothing_by_half(in_2037: None) -> None:
    cast = Customers().cast()
    invoices = [paid(customer.id) for customer in (cast.acme, cast.globex)]
    with pytest.raises(Killed):
        killed_in_the_middle()
    assert [whole(invoice) for invoice in invoices] == [True, True]
    assert erase(limit=1) == 3, "killed after the first customer"
    assert sorted(whole(invoice) for invoice in invoices) == [False, True]
    left = next(invoice for invoice in invoices if whole(invoice))
    assert erase(spared=(left.customer_id,)) == 0, "a hold was placed meanwhile"
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(erase, range(1, 5))) == [0, 0, 0, 3]
    assert [whole(invoice) for invoice in invoices] == [False, False]
    assert broken_invariants() == {}


def test_a_payment_of_nobody_goes_with_its_year_unless_somebody_is_found_or_it_is_held(cast: Cast) -> None:
    mine, held, gone, _other = (received_payment(None, amount, now=NOVEMBER) for amount in ("1", "2", "3", "4"))
    received_payment(None, "5", now=GONE_BEFORE)
    PaymentFlag.objects.create(payment=gone, kind="duplicate", raised_at=NOVEMBER)
    assign_payment(actor=STAFF, payment_id=mine.pk, customer=cast.acme.id, now=GONE_BEFORE)

    january = received_payment(None, "6", now=datetime(2027, 1, 2, tzinfo=UTC))

    def take(limit: int = 10, *, before: datetime = GONE_BEFORE) -> int:
        return erase_unassigned_payments(actor=SYSTEM, before=before, limit=limit, spared=[held.pk])

    set_database_clock(NEW_YEAR_2037 - timedelta(days=1))
    assert take() == 0, "the database has its own limit"
    set_database_clock(NEW_YEAR_2037)
    assert [take(limit=1), take(), take(), take(before=NEW_YEAR_2037)] == [1, 1, 0, 1], (
        "the database's year is of no zone"
    )
    assert set(Payment.objects.values_list("pk", flat=True)) == {mine.pk, held.pk, january.pk}
    assert erase_books(before=GONE_BEFORE, limit=9, spared=()) == 0, "it was assigned a year later, and is owed"
    assert broken_invariants() == {}
