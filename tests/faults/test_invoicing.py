"""Many at once, killed anywhere, twice and out of order: each thing owed is on one document, numbered without a gap."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from accounts.models import Customer
from billing.actions import finalise_invoice as finalising
from billing.actions.close_period import close_period
from billing.actions.credit_cut_term import credit_cut_term
from billing.actions.credit_invoice import NothingToCredit, credit_invoice
from billing.actions.draft_invoice import draft_invoice
from billing.actions.invoice_customer import invoice_customer
from billing.actions.open_period import open_period
from billing.actions.reverse_charge import reverse_charge
from billing.actions.start_subscription import start_subscription
from billing.models import BillingPeriod, Charge, Invoice, InvoiceLine, Item, Posting, SubscriptionTerm
from billing.queries.claims import next_boundary
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import Refusal
from tests.cast import Customers

SYSTEM = Actor.system("tests")
OCTOBER = datetime(2026, 10, 12, 9, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 0, 10, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("transactional_db")


class Broken(Exception):
    """The process dies here."""


def customer(name: str = "Acme") -> str:
    customers = Customers()
    made = customers.customer(name, customers.person("Alice")).customer
    Customer.objects.filter(pk=made.pk).update(register_number="1", street="Gatvė 1", city="Vilnius")
    return str(made.pk)


def charge(customer_id: str, number: int, at: datetime = OCTOBER) -> None:
    Charge.objects.create(
        customer_id=customer_id,
        item=Item.ADD_ON,
        amount=Decimal("10.00") + number,
        currency="EUR",
        source_type="tests",
        source_id=f"{customer_id}-{number}",
        occurred_at=at,
    )


def two_months(customer_id: str) -> None:
    start_subscription(actor=SYSTEM, customer_id=customer_id, plan_code="1", interval="month", now=OCTOBER)
    reverse_charge(actor=SYSTEM, source_type="setup", source_id=customer_id, now=OCTOBER)
    period = BillingPeriod.objects.get(customer_id=customer_id)
    open_period(actor=SYSTEM, subscription_id=period.subscription_id, now=DECEMBER)
    ended = BillingPeriod.objects.filter(customer_id=customer_id, ends_at__lte=DECEMBER).order_by("starts_at")
    for period_id in list(ended.values_list("pk", flat=True)):
        close_period(actor=SYSTEM, period_id=period_id, now=DECEMBER)
    charge(customer_id, 1)


def at_once(work: Callable[[int], object], count: int) -> list[object]:
    def one(number: int) -> object:
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))


def serials(series: str = "INV") -> list[int]:
    return list(Invoice.objects.filter(series=series).order_by("serial").values_list("serial", flat=True))


def state() -> list[tuple[object, ...]]:
    """Everything that counts, without ids and times of making."""
    documents = Invoice.objects.order_by("serial").values_list("run_key", "number", "state", "net", "vat", "issued_on")
    lines = InvoiceLine.objects.order_by("invoice__serial", "position").values_list("kind", "net", "position")
    postings = Posting.objects.order_by("account", "amount").values_list("account", "amount")
    return [*documents, *lines, *postings]


def test_sixteen_finalisers_that_fail_now_and_then_leave_no_gap() -> None:
    drafts: list[str] = []
    ids = [customer(f"Acme{number}") for number in range(8)]
    for customer_id in ids:
        charge(customer_id, 1)
        boundary = next_boundary(customer_id, DECEMBER)
        assert boundary is not None
        draft = draft_invoice(
            actor=SYSTEM, customer_id=customer_id, key=boundary.key, until=boundary.until, now=DECEMBER
        )
        assert draft is not None
        drafts.append(draft.id)
    chance = random.Random(7)
    fates = [[chance.random() < 0.1 for _ in drafts] for _ in range(16)]

    def finalise_all(number: int) -> None:
        mine = random.Random(number).sample(list(enumerate(drafts)), len(drafts))
        for place, draft_id in mine:
            with suppress(Refusal, Broken), transaction.atomic():
                finalising.finalise_invoice(actor=SYSTEM, invoice_id=draft_id, now=DECEMBER)
                if fates[number][place]:
                    raise Broken

    at_once(finalise_all, 16)
    for draft_id in Invoice.objects.filter(state="draft").values_list("pk", flat=True):
        finalising.finalise_invoice(actor=SYSTEM, invoice_id=draft_id, now=DECEMBER)
    assert serials() == list(range(1, 9))


def test_many_runs_of_one_customer_at_once_bill_once() -> None:
    customer_id = customer()
    two_months(customer_id)
    issued = at_once(lambda _: invoice_customer(actor=SYSTEM, customer_id=customer_id, now=DECEMBER), 8)
    assert sum(int(str(count)) for count in issued) == 2
    assert [(row[0], str(row[3])) for row in state()[:2]] == [("2026-10", "136.00"), ("2026-11", "125.00")]


def test_a_charge_that_is_taken_back_meanwhile_is_not_owed_in_the_end() -> None:
    customer_id = customer()
    for number in range(6):
        charge(customer_id, number)

    def work(number: int) -> None:
        if number % 2:
            reverse_charge(actor=SYSTEM, source_type="tests", source_id=f"{customer_id}-{number}", now=DECEMBER)
        else:
            invoice_customer(actor=SYSTEM, customer_id=customer_id, now=DECEMBER)

    at_once(work, 6)
    invoice_customer(actor=SYSTEM, customer_id=customer_id, now=DECEMBER + timedelta(hours=1))
    demanded, credited = (
        sum(Invoice.objects.filter(kind=kind).values_list("net", flat=True), Decimal(0))
        for kind in ("invoice", "credit_note")
    )
    assert demanded - credited == Decimal("36.00")  # 10 + 12 + 14


def test_an_invoice_is_credited_once_however_many_ask() -> None:
    customer_id = customer()
    charge(customer_id, 0)
    invoice_customer(actor=SYSTEM, customer_id=customer_id, now=DECEMBER)
    invoice_id = Invoice.objects.get().id

    def credit(number: int) -> bool:
        try:
            credit_invoice(actor=SYSTEM, invoice_id=invoice_id, key=f"credit:{number}", reason="Twice", now=DECEMBER)
        except NothingToCredit:
            return False
        return True

    assert at_once(credit, 6).count(True) == 1
    assert serials("CRN") == [1]


def test_a_term_that_is_cut_while_it_is_being_invoiced_is_credited() -> None:
    customer_id = customer()
    start_subscription(actor=SYSTEM, customer_id=customer_id, plan_code="1", interval="year", now=OCTOBER)
    term = SubscriptionTerm.objects.get()
    ends_at = datetime(2026, 10, 31, 22, tzinfo=UTC)

    def cut() -> Invoice | None:
        try:
            SubscriptionTerm.objects.filter(pk=term.pk).update(ends_at=ends_at, cancel_until=ends_at)
            return credit_cut_term(
                actor=SYSTEM, term_id=term.pk, ends_at=ends_at, months=11, net=Decimal("1375.00"), now=OCTOBER
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            invoice_customer(actor=SYSTEM, customer_id=customer_id, now=OCTOBER)
            credited = thread.submit(cut)
            with suppress(TimeoutError):  # it waits for us
                credited.result(timeout=0.5)
        note = credited.result()
    assert note is not None
    assert note.net == Decimal("1375.00")


def test_killed_at_every_step_and_run_again_it_comes_to_the_same_end(monkeypatch: pytest.MonkeyPatch) -> None:
    expected_id, customer_id = customer("Smooth"), customer("Rough")
    two_months(expected_id)
    invoice_customer(actor=SYSTEM, customer_id=expected_id, now=DECEMBER)
    smooth = [(row.run_key, row.net, row.vat, row.lines.count()) for row in Invoice.objects.order_by("serial")]
    two_months(customer_id)
    true_record, true_emit, steps = audit.record, outbox.emit, 0

    for fatal in range(1, 30):
        steps = 0

        def dying(true: Callable[..., None], after: bool, fatal: int = fatal) -> Callable[..., None]:
            def step(*args: object, **options: object) -> None:
                nonlocal steps
                steps += 1
                if steps == fatal and not after:
                    raise Broken
                true(*args, **options)
                if steps == fatal and after:
                    raise Broken

            return step

        monkeypatch.setattr(audit, "record", dying(true_record, after=bool(fatal % 2)))
        monkeypatch.setattr(outbox, "emit", dying(true_emit, after=bool(fatal % 2)))
        try:
            invoice_customer(actor=SYSTEM, customer_id=customer_id, now=DECEMBER)
        except Broken:
            continue
        break
    rough = Invoice.objects.filter(customer_id=customer_id).order_by("serial")
    assert [(row.run_key, row.net, row.vat, row.lines.count()) for row in rough] == smooth
    assert serials() == [1, 2, 3, 4]
    assert fatal > 3
