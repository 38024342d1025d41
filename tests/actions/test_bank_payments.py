"""Money that comes in by bank: imported once, assigned by what its payer wrote, taken back, paid back, used."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Notice
from billing.actions._receipts import PaymentAssignedAlready
from billing.actions.allocate_payment import NothingToSettle, allocate_payment
from billing.actions.apply_credit import NoCreditToUse, apply_credit
from billing.actions.assign_payment import NoReceipt, assign_payment
from billing.actions.clear_payment_flag import clear_payment_flag
from billing.actions.import_statement import Imported, StatementImportedAlready, import_statement
from billing.actions.match_payment import match_payment
from billing.actions.record_refund import MoreThanCredit, RefundRecordedAlready, record_refund
from billing.actions.record_return import ReturnMisfit, record_return
from billing.actions.undo_allocation import AllocationUndone, undo_allocation
from billing.models import Allocation, BankStatement, Invoice, Payment, PaymentFlag, Posting, UnfitEntry
from billing.queries.ledger import journal, trial_balance
from billing.queries.payments import free_amount, payments_seen_by, suggestions_for
from billing.queries.receivables import credit_of, receivable
from billing.queries.statements import StatementOfOtherAccount, StatementUnreadable, preview_statement
from billing.rules.matching import Outcome
from kernel.actor import Actor
from kernel.errors import Forbidden, InvalidInput, NotFound
from kernel.models import Event
from tests.cast import Cast
from tests.doubles.bank import OTHER_ACCOUNT, PAYER, Booked, batch, booked, camt
from tests.factories.billing import finalised_invoice, received_payment

SYSTEM = Actor.system("tests")
STAFF = Actor.staff(person_id="1", name="Sam", reason="They rang")
GROSS = "121.00"


def imported(rows: list[Booked], now: datetime, **more: str) -> Imported:
    return import_statement(actor=SYSTEM, content=camt(rows, **more), file_name="s.xml", now=now)  # type: ignore[arg-type]  # text only


def matched(now: datetime) -> list[Outcome]:
    """The outcome of every payment that nobody has assigned yet, in the order of the statement."""
    waiting = Payment.objects.filter(customer=None).order_by("id").values_list("pk", flat=True)
    return [match_payment(actor=SYSTEM, payment_id=pk, now=now) for pk in waiting]


def left_open(invoice: Invoice) -> Decimal:
    found = receivable(invoice.pk)
    assert found is not None
    return found.open


@pytest.fixture
def today(now: datetime) -> date:
    return now.date()


def test_a_payment_with_its_reference_settles_its_invoice_as_of_its_value_date(
    cast: Cast, now: datetime, today: date
) -> None:
    invoice = finalised_invoice(cast.acme.id, now=now)
    imported([booked(GROSS, today + timedelta(days=3), reference=invoice.reference)], now)
    assert matched(now) == [Outcome.EXACT]
    found = receivable(invoice.pk)
    assert found is not None
    assert (found.open, found.settled_on) == (0, today + timedelta(days=3))
    payment = Payment.objects.get()
    assert payment.customer_id == cast.acme.id
    told = Event.objects.filter(customer_id=cast.acme.id, name__in=["payment.received", "invoice.paid"])
    assert sorted(told.values_list("name", flat=True)) == ["invoice.paid", "payment.received"]
    notice = Notice.objects.get(kind="payment.received", customer=cast.acme)
    assert notice.facts["settled"] == [{"number": invoice.number, "amount": GROSS}]
    assert notice.facts["credit"] == ""


def test_part_too_much_twice_and_for_somebody_else(cast: Cast, now: datetime, today: date) -> None:
    first, second = (finalised_invoice(cast.acme.id, now=now) for _ in range(2))
    other = finalised_invoice(cast.globex.id, now=now)
    rows = [
        booked("21.00", today, reference=first.reference),
        booked("150.00", today, text=f"{first.number} {second.number}"),
        booked("80.00", today, text=f"for {second.number}"),
        booked("80.00", today, reference=second.reference),
        booked(GROSS, today, reference=other.reference),  # from the account that acme pays from
        booked("5.00", today, text=f"{first.number} and {other.number}"),
    ]
    imported(rows, now)
    assert matched(now) == [
        Outcome.PART,
        Outcome.PART,
        Outcome.OVER,
        Outcome.SETTLED,
        Outcome.EXACT,
        Outcome.QUEUE,
    ]
    assert [left_open(each) for each in (first, second, other)] == [0, 0, 0]
    assert credit_of(cast.acme.id) == Decimal("89.00")
    assert credit_of(cast.globex.id) == 0
    flagged = PaymentFlag.objects.get()
    assert (flagged.kind, flagged.payment.amount) == ("duplicate", Decimal("80.00"))
    clear_payment_flag(actor=STAFF, flag_id=flagged.pk, now=now)
    with pytest.raises(NotFound):
        clear_payment_flag(actor=STAFF, flag_id=flagged.pk, now=now)
    told = Notice.objects.filter(kind="payment.received", customer=cast.acme).order_by("at", "id")
    assert [notice.facts["credit"] for notice in told if notice.facts["credit"]] == ["9.00", "80.00"]


def test_without_a_reference_a_known_account_pays_its_one_invoice_and_never_the_amount_alone(
    cast: Cast, now: datetime, today: date
) -> None:
    invoice = finalised_invoice(cast.acme.id, now=now)
    imported([booked(GROSS, today, payer_account=OTHER_ACCOUNT)], now)
    assert matched(now) == [Outcome.QUEUE]
    received_payment(cast.acme.id, "1.00", now=now, payer_account=PAYER)
    imported([booked(GROSS, today)], now)
    assert Outcome.PAYER in matched(now)
    assert left_open(invoice) == 0


def test_a_statement_is_imported_once_and_what_overlaps_makes_no_second_payment(
    cast: Cast, now: datetime, today: date
) -> None:
    twins = [booked("10.00", today, bank_reference="") for _ in range(2)]
    parts = batch([booked("10.00", today), booked("10.00", today), booked("7.00", today)])
    later = [booked("10.00", today + timedelta(days=1), bank_reference=""), booked("3.00", today, out=True)]
    first = imported([*twins, parts], now)
    assert (first.entries, first.new_entries) == (5, 5)
    with pytest.raises(StatementImportedAlready):
        imported([*twins, parts], now)
    again = imported([parts, *later, *twins], now)
    assert (again.entries, again.new_entries) == (6, 1)
    assert BankStatement.objects.get(pk=again.statement_id).new_entries == 1
    assert sum(Payment.objects.values_list("amount", flat=True)) == Decimal("57.00")


def test_what_is_not_ours_or_unreadable_imports_nothing_and_other_currencies_are_named(
    cast: Cast, now: datetime, today: date
) -> None:
    with pytest.raises(StatementOfOtherAccount, match="LT94 7300"):
        imported([booked("1.00", today)], now, account=OTHER_ACCOUNT)
    with pytest.raises(StatementUnreadable, match="add up"):
        imported([booked("1.00", today)], now, closing="7.00")
    with pytest.raises(Forbidden):
        import_statement(actor=cast.bob.actor, content=camt([]), file_name="s.xml", now=now)
    assert not BankStatement.objects.exists()
    done = imported([booked("9.00", today, currency="SEK"), booked("1.00", today)], now)
    assert (done.entries, done.new_entries, done.unfit) == (1, 1, 1)
    assert UnfitEntry.objects.get().currency == "SEK"
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        UnfitEntry.objects.update(currency="EUR")


def test_staff_assign_what_nobody_knows_and_settle_what_they_name(cast: Cast, now: datetime, today: date) -> None:
    first, second = (finalised_invoice(cast.acme.id, now=now) for _ in range(2))
    imported([booked("200.00", today, text="thanks", payer="acme")], now)
    payment = Payment.objects.get()
    assert matched(now) == [Outcome.QUEUE]
    assert [each.customer_id for each in suggestions_for(payment)] == [cast.acme.id]

    def assign(**given: str) -> None:
        assign_payment(**{"actor": STAFF, "payment_id": payment.pk, "now": now, **given})  # type: ignore[arg-type]  # by name

    with pytest.raises(InvalidInput):
        assign(customer="nobody")
    with pytest.raises(InvalidInput):
        assign(customer=cast.globex.slug, invoices=str(first.number))
    with pytest.raises(Forbidden):
        assign_payment(actor=cast.carol.actor, payment_id=payment.pk, customer=cast.acme.id, now=now)
    assign(customer=cast.acme.slug, invoices=f" {second.number} ")
    assert (left_open(first), left_open(second)) == (Decimal(GROSS), 0)
    with pytest.raises(PaymentAssignedAlready):
        assign(customer=cast.acme.slug)

    settled = allocate_payment(actor=STAFF, payment_id=payment.pk, number=str(first.number), now=now)
    assert (settled, left_open(first)) == (Decimal("79.00"), Decimal("42.00"))
    with pytest.raises(NothingToSettle):
        allocate_payment(actor=STAFF, payment_id=payment.pk, number=str(first.number), now=now)

    wrong = Allocation.objects.get(invoice=second)
    undo_allocation(actor=STAFF, allocation_id=wrong.pk, now=now)
    assert (left_open(second), credit_of(cast.acme.id)) == (Decimal(GROSS), Decimal(GROSS))
    assert Event.objects.filter(name="invoice.reopened", subject=second.pk).count() == 1
    for undone in (wrong, Allocation.objects.get(reverses=wrong)):
        with pytest.raises(AllocationUndone):
            undo_allocation(actor=STAFF, allocation_id=undone.pk, now=now)


def test_another_customers_invoice_is_not_found_for_a_payment(cast: Cast, now: datetime) -> None:
    other = finalised_invoice(cast.globex.id, now=now)
    payment = received_payment(cast.acme.id, GROSS, now=now)
    with pytest.raises(NotFound):
        allocate_payment(actor=STAFF, payment_id=payment.pk, number=str(other.number), now=now)


def test_a_returned_payment_opens_its_invoice_again_with_the_old_due_date(
    cast: Cast, now: datetime, today: date
) -> None:
    invoice = finalised_invoice(cast.acme.id, now=now)
    paid = booked("150.00", today, reference=invoice.reference)
    back = booked("150.00", today + timedelta(days=2), reference=invoice.reference, out=True, returned=True)
    imported([paid], now)
    assert matched(now) == [Outcome.OVER]
    imported([paid, back], now)
    assert matched(now) == [Outcome.EXACT]
    found = receivable(invoice.pk)
    assert found is not None
    assert (found.open, found.due_on, credit_of(cast.acme.id)) == (Decimal(GROSS), invoice.due_on, 0)
    receipt = Payment.objects.get(kind="receipt")
    assert free_amount(receipt) == 0
    with pytest.raises(IntegrityError, match="does not fit"), transaction.atomic():
        Allocation.objects.create(
            customer=cast.acme, invoice=invoice, payment=receipt, amount=1, value_on=today, made_at=now, made_by="x"
        )
    assert Notice.objects.get(kind="payment.returned").facts["numbers"] == [invoice.number]


def test_a_return_that_is_told_before_its_receipt_is_known_is_placed_with_it(
    cast: Cast, now: datetime, today: date
) -> None:
    invoice = finalised_invoice(cast.acme.id, now=now)
    back = booked(GROSS, today, out=True, returned=True)
    imported([back, booked(GROSS, today, reference=invoice.reference)], now)
    assert matched(now) == [Outcome.QUEUE, Outcome.EXACT]
    assert left_open(invoice) == Decimal(GROSS)
    assert Payment.objects.get(kind="return").reverses == Payment.objects.get(reference=invoice.reference)
    assert Event.objects.filter(name="invoice.reopened", subject=invoice.pk).count() == 1


def test_a_return_that_nobody_can_place_waits_for_staff(cast: Cast, now: datetime, today: date) -> None:
    invoice = finalised_invoice(cast.acme.id, now=now)
    back = booked(GROSS, today, out=True, returned=True, payer_account=OTHER_ACCOUNT)
    imported([booked(GROSS, today, reference=invoice.reference), back], now)
    receipt, returned = Payment.objects.get(kind="receipt"), Payment.objects.get(kind="return")
    with pytest.raises(NoReceipt):
        assign_payment(actor=STAFF, payment_id=returned.pk, customer=cast.acme.id, now=now)
    with pytest.raises(NotFound):  # nobody knows yet whose the receipt is
        record_return(actor=STAFF, return_id=returned.pk, payment_id=receipt.pk, now=now)
    assert match_payment(actor=SYSTEM, payment_id=receipt.pk, now=now) == Outcome.EXACT
    small = received_payment(cast.acme.id, "120.99", now=now)
    late = received_payment(cast.acme.id, GROSS, now=now + timedelta(days=1))
    for misfit in (small, late):
        with pytest.raises(ReturnMisfit):
            record_return(actor=STAFF, return_id=returned.pk, payment_id=misfit.pk, now=now)
    record_return(actor=STAFF, return_id=returned.pk, payment_id=receipt.pk, now=now)
    assert left_open(invoice) == Decimal(GROSS)


def test_credit_is_paid_back_up_to_what_there_is_and_once_a_day(cast: Cast, now: datetime) -> None:
    received_payment(cast.acme.id, "30.00", now=now)
    received_payment(cast.acme.id, "20.00", now=now)

    def refund(amount: str) -> None:
        record_refund(actor=STAFF, customer_id=cast.acme.id, amount=Decimal(amount), now=now)

    for wrong in ("50.01", "0.00", "-1.00"):
        with pytest.raises(MoreThanCredit):
            refund(wrong)
    refund("35.00")
    with pytest.raises(RefundRecordedAlready):
        refund("35.00")
    assert credit_of(cast.acme.id) == Decimal("15.00")
    assert sorted(Payment.objects.filter(kind="refund").values_list("amount", flat=True)) == [-30, -5]
    refund("15.00")
    assert credit_of(cast.acme.id) == 0
    with pytest.raises(IntegrityError, match="paid back"), transaction.atomic():
        Payment.objects.create(
            customer=cast.acme, kind="refund", method="bank", amount=-1, currency="EUR", value_on=now.date(),
            recorded_at=now, dedupe_key="x",
        )  # fmt: skip
    with pytest.raises(Forbidden):
        record_refund(actor=cast.carol.actor, customer_id=cast.acme.id, amount=Decimal(1), now=now)


def test_credit_pays_what_is_due_first_and_counts_from_when_it_was_there(cast: Cast, now: datetime) -> None:
    early = finalised_invoice(cast.acme.id, now=now)
    received_payment(cast.acme.id, "150.00", now=now - timedelta(days=5))
    paid_late = received_payment(cast.acme.id, "60.00", now=now + timedelta(days=2))
    late = finalised_invoice(cast.acme.id, now=now + timedelta(days=1))
    assert apply_credit(actor=cast.carol.actor, customer_id=cast.acme.id, now=now) == Decimal("210.00")
    assert (left_open(early), left_open(late), credit_of(cast.acme.id)) == (0, Decimal("32.00"), 0)
    days = Allocation.objects.order_by("id").values_list("invoice", "payment", "value_on")
    assert [(invoice, on) for invoice, payment, on in days if payment != paid_late.pk] == [
        (early.pk, early.issued_on),
        (late.pk, late.issued_on),
    ]
    with pytest.raises(NoCreditToUse):
        apply_credit(actor=SYSTEM, customer_id=cast.acme.id, now=now)
    with pytest.raises(NotFound):
        apply_credit(actor=cast.carol.actor, customer_id=cast.globex.id, now=now)
    with pytest.raises(Forbidden):
        apply_credit(actor=cast.bob.actor, customer_id=cast.acme.id, now=now)


def test_a_refund_leaves_that_much_less_to_settle_with(cast: Cast, now: datetime) -> None:
    received_payment(cast.acme.id, "100.00", now=now)
    record_refund(actor=STAFF, customer_id=cast.acme.id, amount=Decimal("60.00"), now=now)
    invoice = finalised_invoice(cast.acme.id, now=now)
    assert apply_credit(actor=SYSTEM, customer_id=cast.acme.id, now=now) == Decimal("40.00")
    assert left_open(invoice) == Decimal("81.00")


def test_the_books_follow_every_step(cast: Cast, now: datetime, today: date) -> None:
    invoice = finalised_invoice(cast.acme.id, now=now)
    imported([booked("150.00", today, reference=invoice.reference), booked("7.00", today)], now)
    matched(now)
    record_refund(actor=STAFF, customer_id=cast.acme.id, amount=Decimal("29.00"), now=now)
    balances = {each.account: each.balance for each in trial_balance() if each.balance}
    assert balances == {"bank": 128, "unassigned": -7, "services": -100, "vat": -21}
    assert sum(each.balance for each in trial_balance(until=today)) == 0
    assert all(each.balance == 0 for each in trial_balance(until=today - timedelta(days=1)))
    lines = list(journal(first=today, last=today))
    assert len(lines) == Posting.objects.count()
    assert not list(journal(first=today + timedelta(days=1), last=today + timedelta(days=9)))
    assert ("issued", "receivable", Decimal(GROSS), "") in [(each[3], each[6], each[8], each[9]) for each in lines]


def test_a_customer_sees_what_its_payments_settled_and_how_to_pay_the_rest(
    cast: Cast, now: datetime, today: date
) -> None:
    invoice, other = finalised_invoice(cast.acme.id, now=now), finalised_invoice(cast.acme.id, now=now)
    imported([booked("150.00", today, reference=invoice.reference)], now)
    matched(now)
    page = payments_seen_by(cast.carol.actor, on=date(2026, 11, 28))
    (payment,) = page.payments
    assert [(part.number, part.amount) for part in payment.settled] == [(invoice.number, Decimal(GROSS))]
    assert (payment.free, page.credit, page.open) == (29, 29, Decimal(GROSS))
    (pay,) = page.to_pay
    assert (pay.number, pay.amount, pay.reference.replace(" ", "")) == (other.number, Decimal(GROSS), other.reference)
    assert "<svg" in pay.qr
    assert "style=" not in pay.qr
    with pytest.raises(Forbidden):
        payments_seen_by(cast.bob.actor, on=date(2026, 11, 28))
    assert not payments_seen_by(cast.mallory.actor, on=date(2026, 11, 28)).payments


def test_a_statement_can_be_looked_at_before_it_is_imported(cast: Cast, now: datetime, today: date) -> None:
    invoice = finalised_invoice(cast.acme.id, now=now)
    known = booked("1.00", today)
    imported([known], now)
    seen = preview_statement(camt([known, booked(GROSS, today, reference=invoice.reference)]))
    assert (seen.entries, seen.new_entries) == (2, 1)
    assert [(each.new, each.match.outcome, each.numbers) for each in seen.foreseen] == [
        (False, Outcome.QUEUE, ()),
        (True, Outcome.EXACT, (invoice.number,)),
    ]
    assert cast.acme.slug in seen.foreseen[1].customer
    assert Payment.objects.count() == 1
